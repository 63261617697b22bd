# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The forms of a report that are files."""

from __future__ import annotations

from collections.abc import Callable

from . import as_html, as_json, junit, markdown
from .document import Document

#: By the name of their option.
FORMS: dict[str, Callable[[Document], str]] = {
    "json": as_json.dumps,
    "junit": junit.dumps,
    "markdown": markdown.dumps,
    "html": as_html.dumps,
}
