# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Label files of the classification extension: line i names class i."""

from __future__ import annotations

import os

from triton_py.errors import InvalidArgumentError, UnsupportedError
from triton_py.repository.paths import escapes


def read_labels(
    model_name: str, output: str, model_directory: str, label_filename: str
) -> list[str]:
    """Read an output's label file.

    Raises:
        UnsupportedError: the file lies outside the model's folder.
        InvalidArgumentError: the file can't be read, or is not UTF-8.
    """
    path = os.path.join(model_directory, label_filename)
    if escapes(path, model_directory):
        raise UnsupportedError(
            f"label file path '{path}' for output '{output}' in model '{model_name}' is outside "
            "model directory"
        )
    try:
        with open(path, encoding="utf-8") as file:
            return file.read().splitlines()
    except OSError as error:
        raise InvalidArgumentError(
            f"failed to open label file '{path}' for output '{output}' in model '{model_name}': "
            f"{error.strerror}"
        ) from error
    except UnicodeDecodeError as error:
        raise InvalidArgumentError(
            f"label file '{path}' for output '{output}' in model '{model_name}' is not UTF-8: "
            f"{error}"
        ) from error
