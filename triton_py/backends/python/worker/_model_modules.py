# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""What models import of their own: where it is found, and what becomes of it when models share a Python."""

from __future__ import annotations

import importlib.machinery
import os
import sys
import threading
import time
from typing import Any

HERE = os.path.dirname(os.path.abspath(__file__))


class SourceLoader(importlib.machinery.SourceFileLoader):
    """Loads a model's own files, and keeps no bytecode of one that has just been written.

    Python knows bytecode as a file's by the file's size and the second of its time. Of a file that is
    edited again within that second it would run the edit before.
    """

    def set_data(self, path: Any, data: Any, **mode: Any) -> None:
        try:
            settled = time.time() - os.stat(self.path).st_mtime > 2
        except OSError:
            return  # gone meanwhile: there is nothing to keep bytecode of
        if settled:
            super().set_data(path, data, **mode)


#: Folders of models on ``sys.path``, with the number of instances that use them.
_folders: dict[str, int] = {}
#: Held while these change, and while a model is imported: of modules of one name, each gets its own.
importing = threading.RLock()


def _is_models(path: str) -> bool:
    return any(path == folder or path.startswith(folder + os.sep) for folder in _folders)


def _find(path: str) -> Any:
    """What finds modules in a folder, for ``sys.path_hooks``: of the models' folders alone."""
    if not _is_models(path):
        raise ImportError(f"'{path}' is no model's folder", path=path)
    machinery = importlib.machinery
    return machinery.FileFinder.path_hook(
        (machinery.ExtensionFileLoader, machinery.EXTENSION_SUFFIXES),
        (SourceLoader, machinery.SOURCE_SUFFIXES),
        (machinery.SourcelessFileLoader, machinery.BYTECODE_SUFFIXES))(path)


def use(folders: list[str]) -> None:
    """From now on modules are found in these folders, too: behind all else but what lies beside
    this file, before other models'."""
    if _find not in sys.path_hooks:
        sys.path_hooks.insert(0, _find)
    ours = sys.path.index(HERE) if HERE in sys.path else len(sys.path)
    place = min((sys.path.index(folder) for folder in _folders if folder in sys.path), default=ours)
    for folder in reversed(folders):
        if folder in _folders:
            sys.path.remove(folder)
        elif folder in sys.path:
            continue  # by somebody else
        sys.path.insert(place, folder)
        _folders[folder] = _folders.get(folder, 0) + 1
    importlib.invalidate_caches()


def use_no_more(folders: list[str]) -> None:
    """An instance that used these folders is gone."""
    for folder in folders:
        if folder not in _folders:
            continue
        _folders[folder] -= 1
        if _folders[folder] == 0:
            del _folders[folder]
            sys.path.remove(folder)


def forget() -> None:
    """Modules that models have loaded from their folders are loaded anew by the next one that imports them:
    it may be another model's of the same name, or the file may have changed. Who has them keeps them."""
    for name, module in list(sys.modules.items()):
        spec = getattr(module, "__spec__", None)
        if spec is None or "@" in name:
            continue
        places = spec.submodule_search_locations or () if spec.origin is None else ()
        if isinstance(spec.loader, SourceLoader) or any(map(_is_models, places)):
            sys.modules.pop(name, None)
