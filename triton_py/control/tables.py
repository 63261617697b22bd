# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The tables that a server prints when it is ready: options, backends, models."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence
from typing import Any

from triton_py.control.options import ServerOptions

#: Of a cell, in characters.
_WIDTH = 80


def table(headers: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A text table in Triton's style; a cell may have several lines."""
    cells = [[_lines(str(cell)) for cell in row] for row in [headers, *rows]]
    widths = [
        max(len(line) for row in cells for line in row[column]) for column in range(len(headers))
    ]
    rule = "+" + "+".join("-" * (width + 2) for width in widths) + "+"
    lines = [rule]
    for index, row in enumerate(cells):
        for line in range(max(len(cell) for cell in row)):
            parts = [cell[line] if line < len(cell) else "" for cell in row]
            padded = (f" {part:<{width}} " for part, width in zip(parts, widths, strict=True))
            lines.append("|" + "|".join(padded) + "|")
        if index == 0:
            lines.append(rule)
    if len(cells) > 1:
        lines.append(rule)
    return "\n".join(lines)


def _lines(text: str) -> list[str]:
    """The lines of a cell: wrapped for a terminal, and what it would act upon made visible.

    Words (paths) stay whole.
    """
    visible = "".join(
        c if c.isprintable() or c == "\n" else c.encode("unicode_escape").decode() for c in text
    )
    return [
        part
        for line in visible.split("\n")
        for part in textwrap.wrap(line, _WIDTH, break_on_hyphens=False, break_long_words=False)
        or [""]
    ]


def models_table(index: Iterable[dict[str, Any]]) -> str:
    """Model, version and status of each entry of a repository index.

    Entries without a state (models that were not asked for) are left out.
    """
    rows = []
    for entry in index:
        state = entry.get("state")
        if state is None:
            continue
        reason = entry.get("reason", "")
        version = str(entry.get("version", "-"))
        if version == "-":
            status = f"Not loaded: {reason or 'No model version was found'}"
        else:
            status = f"{state}: {reason}" if reason else str(state)
        rows.append((str(entry["name"]), version, status.strip()))
    return table(("Model", "Version", "Status"), rows)


def backends_table(backends: Iterable[tuple[str, str, str]]) -> str:
    """Name, library and configuration of each loaded backend."""
    return table(("Backend", "Path", "Config"), backends)


def options_table(
    options: ServerOptions,
    server_version: str,
    extensions: Sequence[str],
    min_compute_capability: float,
) -> str:
    """What the server was started with."""
    rows: list[tuple[str, str]] = [
        ("server_id", options.server_id),
        ("server_version", server_version),
        ("server_extensions", " ".join(extensions)),
    ]
    rows += [
        (f"model_repository_path[{index}]", path)
        for index, path in enumerate(options.model_repository_paths)
    ]
    rows.append(("model_control_mode", options.model_control_mode.label))
    rows += [(f"startup_models_{index}", name) for index, name in enumerate(options.startup_models)]
    rows += [
        ("strict_model_config", str(int(options.strict_model_config))),
        ("model_config_name", options.model_config_name),
        ("rate_limit", "EXEC_COUNT" if options.rate_limiter_mode else "OFF"),
        ("pinned_memory_pool_byte_size", str(options.pinned_memory_pool_byte_size)),
    ]
    rows += [
        (f"cuda_memory_pool_byte_size{{{device}}}", str(size))
        for device, size in sorted(options.cuda_memory_pool_byte_size.items())
    ]
    rows += [
        ("min_supported_compute_capability", f"{min_compute_capability:.1f}"),
        ("strict_readiness", str(int(options.strict_readiness))),
        ("exit_timeout", str(options.exit_timeout)),
        ("cache_enabled", str(int(bool(options.cache_config)))),
    ]
    return table(("Option", "Value"), rows)
