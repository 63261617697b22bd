# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
MINIMUM: str

class LibraryNotFound(OSError): ...

def load() -> str: ...
