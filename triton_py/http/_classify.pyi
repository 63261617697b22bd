# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
def classes_of(datatype: str, data: bytes, batch: int, classes: int) -> list[str]:
    """The strings that the server answers for an output without labels.

    :raises HttpError: the data type can't be classified, or there are too many elements.
    """
