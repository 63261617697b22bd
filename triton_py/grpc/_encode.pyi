# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
from collections.abc import Iterable, Mapping, Sequence

def encode_response(
    model_name: str,
    model_version: str,
    request_id: str,
    params: Mapping[str, bool | int | float | str | None],
    outputs: Sequence[tuple[str, str, Iterable[int], bytes]],
    *,
    stream: bool = False,
    error: str = "",
) -> bytes: ...
