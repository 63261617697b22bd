# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The reference function that a conformance.toml names: ``reference = "file.py:function"``."""

from __future__ import annotations

import difflib
import importlib.util
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from .configs import Declared
from .pool import HarnessError
from .target import Reference


def load(text: str, folder: Path) -> Reference:
    """The function; the file is relative to the folder. Raises HarnessError."""
    file, _, name = text.rpartition(":")
    if not file or not name.isidentifier():
        raise HarnessError(f"'{text}' is not written FILE.py:FUNCTION")
    path = folder / file
    if not path.is_file():
        raise HarnessError(f"there is no file '{path}'")
    spec = importlib.util.spec_from_file_location(f"triton_py_reference_{path.stem}", path)
    if spec is None or spec.loader is None:
        raise HarnessError(f"'{path}' is not a Python file")
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:  # noqa: BLE001 whatever the file does
        raise HarnessError(f"'{path}' can't be imported: {_words(error)}") from None
    function = getattr(module, name, None)
    if not callable(function):
        names = [n for n, value in vars(module).items() if callable(value)]
        near = difflib.get_close_matches(name, names, 1)
        hint = f"; did you mean '{near[0]}'?" if near else ""
        raise HarnessError(f"'{path}' has no function '{name}'{hint}")
    return function  # type: ignore[no-any-return]


def guarded(function: Reference, text: str, declared: Declared) -> Reference:
    """The function with its mistakes as HarnessError: they are none of the library's.

    It gets copies, so that it may change them.
    """

    def answer(inputs: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        try:
            found: Any = function({name: array.copy() for name, array in inputs.items()})
            if not isinstance(found, Mapping) or not found:
                raise TypeError(f"it returned {type(found).__name__}, not a dict of output arrays")
            outputs = {name: np.asarray(array) for name, array in found.items()}
        except Exception as error:  # noqa: BLE001 whatever the function does
            raise HarnessError(f"the reference function {text} failed: {_words(error)}") from None
        for name in outputs:
            if name not in declared.outputs:
                raise HarnessError(
                    f"the reference function {text} returned '{name}', which is no output of the "
                    f"model; there are {', '.join(declared.outputs)}"
                )
        return outputs

    return answer


def _words(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"
