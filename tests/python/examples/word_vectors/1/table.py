# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""A table of words: a line for each, the word and its numbers."""

import csv

import numpy as np


class Table:
    def __init__(self, place):
        with open(place, encoding="utf-8", newline="") as lines:
            self.rows = {word: np.array(numbers, np.float32) for word, *numbers in csv.reader(lines)}
        self.mean = np.mean(list(self.rows.values()), axis=0, dtype=np.float32)

    def get(self, word):
        return self.rows.get(word.lower())
