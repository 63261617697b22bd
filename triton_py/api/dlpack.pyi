# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
from typing import Any

def export(
    owner: Any,
    data_ptr: int,
    shape: tuple[int, ...],
    type_code: int,
    bits: int,
    device_type: int,
    device_id: int,
    versioned: bool,
) -> Any:
    """A DLPack capsule over compact row-major memory; ``owner`` lives as long as the consumer's
    tensor. ``versioned``: the capsule of DLPack 1.0 instead of the older one."""

class Imported:
    """A tensor taken over from a DLPack capsule; gives it back to its producer when it dies."""

    def __init__(self, capsule: Any) -> None: ...
    @property
    def data_ptr(self) -> int: ...
    @property
    def shape(self) -> tuple[int, ...]: ...
    @property
    def type_code(self) -> int: ...
    @property
    def bits(self) -> int: ...
    @property
    def lanes(self) -> int: ...
    @property
    def device_type(self) -> int: ...
    @property
    def device_id(self) -> int: ...
    @property
    def byte_size(self) -> int: ...
    @property
    def contiguous(self) -> bool:
        """Whether the elements lie in row-major order without gaps."""
    @property
    def read_only(self) -> bool: ...
