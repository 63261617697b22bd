# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The reference function that a conformance.toml names: ``reference = "file.py:function"``."""

from __future__ import annotations

import difflib
import importlib.util
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from .configs import Declared
from .pool import HarnessError
from .results import ERROR, FAIL, RunResult
from .target import Arrays, ModelUnderTest, Reference

CLAUSE = "tensors.reference"


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


class Guarded:
    """The function with its mistakes as HarnessError: they are none of the library's.

    It gets copies, so that it may change them.
    """

    def __init__(self, function: Reference, text: str, declared: Declared) -> None:
        self._function = function
        self._name = f"the reference function {text}"
        self._declared = declared
        #: What went wrong, if anything has.
        self.failure = ""

    def __call__(self, inputs: Arrays) -> Arrays | Sequence[Arrays]:
        try:
            found: Any = self._function({name: array.copy() for name, array in inputs.items()})
            if self._declared.decoupled and isinstance(found, list | tuple):
                return [self._outputs(each) for each in found]
            return self._outputs(found)
        except HarnessError:
            raise
        except Exception as error:  # noqa: BLE001 whatever the function does
            raise self._failed(f"failed: {_words(error)}") from None

    def _outputs(self, found: Any) -> Arrays:
        if not isinstance(found, Mapping) or not found:
            raise TypeError(f"it returned {type(found).__name__}, not a dict of output arrays")
        outputs = {name: np.asarray(array) for name, array in found.items()}
        known = self._declared.outputs
        for name in outputs:
            if name not in known:
                raise self._failed(
                    f"returned '{name}', which is no output of the model; there are "
                    + ", ".join(known)
                )
        return outputs

    def _failed(self, what: str) -> HarnessError:
        self.failure = f"{self._name} {what}"
        return HarnessError(self.failure)


def settle(run: RunResult, models: Sequence[ModelUnderTest]) -> None:
    """A clause that a reference function could not decide is in error, whatever else it is."""
    failures = [m.reference.failure for m in models if isinstance(m.reference, Guarded)]
    for result in run.results:
        if result.clause.id == CLAUSE and any(failures) and result.status != FAIL:
            result.status, result.reason = ERROR, next(f for f in failures if f)


def _words(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"
