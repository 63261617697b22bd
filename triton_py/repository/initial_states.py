# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Data files of implicit states: what a sequence begins with."""

from __future__ import annotations

import os

from triton_py.errors import InvalidArgumentError
from triton_py.repository.paths import escapes

#: The folder of a model that holds them.
FOLDER = "initial_state"


def read_initial_state(
    model_name: str, state: str, model_directory: str, data_file: str, byte_size: int, strings: bool
) -> bytes:
    """Read the data that a state has at the first request of a sequence.

    Args:
        state: the name of the state's input.
        data_file: a file of the model's folder ``initial_state``; "" for zeros.
        byte_size: what the state's shape and data type need.
        strings: the state is of type BYTES: the file's size is the data's size.

    Raises:
        InvalidArgumentError: the file lies outside the folder, can't be read, or is too short; or
            the state is larger than any memory.
    """
    if not data_file:
        try:
            return bytes(byte_size)
        except (MemoryError, OverflowError):
            raise InvalidArgumentError(
                f"state '{state}' of model '{model_name}' is too large: it has {byte_size} bytes"
            ) from None
    folder = os.path.join(model_directory, FOLDER)
    path = os.path.join(folder, data_file)
    if escapes(path, folder):
        raise InvalidArgumentError(
            f"initial_state data file '{path}' of state '{state}' in model '{model_name}' is "
            "outside its folder"
        )
    try:
        with open(path, "rb") as file:
            data = file.read() if strings else file.read(byte_size)
    except OSError as error:
        raise InvalidArgumentError(
            f"failed to open initial_state data file '{path}' of state '{state}' in model "
            f"'{model_name}': {error.strerror}"
        ) from error
    if not strings and len(data) < byte_size:
        raise InvalidArgumentError(
            f"initial_state setting expects {byte_size} bytes for state '{state}' of model "
            f"'{model_name}', but the data provided from '{path}' only has {len(data)} bytes"
        )
    return data
