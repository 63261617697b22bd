# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause

from triton_py.errors import TritonError

class NativeOutput:
    """One output tensor; ``memoryview(output)`` shows its bytes without a copy.

    The memory lives as long as this object or any view of it.
    """

    name: str
    datatype: str  #: Triton's name: FP32, BYTES ...
    shape: tuple[int, ...]
    memory_type: int  #: TRITONSERVER_MemoryType: 0 CPU, 1 CPU_PINNED, 2 GPU
    memory_type_id: int
    @property
    def byte_size(self) -> int: ...
    @property
    def data_ptr(self) -> int:
        """Address of the first byte (0 for an empty tensor without memory)."""
    def __buffer__(self, flags: int, /) -> memoryview: ...

class NativeResponse:
    """One response, owned. Its memory is freed with the last view of an output."""

    @property
    def model_name(self) -> str: ...
    @property
    def model_version(self) -> int: ...
    @property
    def id(self) -> str: ...
    @property
    def error(self) -> TritonError | None: ...
    @property
    def parameters(self) -> dict[str, str | int | bool | float | bytes]: ...
    @property
    def outputs(self) -> list[NativeOutput]: ...
    def classification_label(self, output: int, class_index: int) -> str | None: ...
