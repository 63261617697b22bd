# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The tables of flags in ``docs/serve.md``, made from the parser's own data.

    python -m triton_py.cli.flag_docs docs/serve.md

rewrites the part of the page between its two markers; without an argument it prints that part.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from pathlib import Path

from triton_py.cli import foreign, trace_flags
from triton_py.cli.settings import GROUPS, LIMITS, defaults, flags

MARKERS = re.compile(r"(<!-- flags: .*? -->\n).*?(<!-- end of flags -->)", re.DOTALL)
#: Flags of our own, besides the limits.
OURS = ("allow-status-page", "demo", "debug-endpoints", "grpc-transport", "watch-backends",
        "unix-socket-mode", "http-use-ssl", "http-use-ssl-mutual", "http-server-cert",
        "http-server-key", "http-root-cert", "grpc-reflection", "access-log", "access-log-format")


def text() -> str:
    """All tables, in Markdown."""
    out: list[str] = []
    default = defaults()
    for group in GROUPS:
        out += ["", f"### {group}", "", "| flag | default | meaning |", "|---|---|---|"]
        for name, flag in flags().items():
            if flag.group != group:
                continue
            spelled = ", ".join(f"`--{n}`" for n in (name, *flag.aliases))
            value = f" {flag.metavar}" if flag.metavar else ""
            plus = " +" if name in OURS or (flag.group == LIMITS) else ""
            shown = flag.default_text or default[name]
            if isinstance(shown, bool):
                shown = str(shown).lower()
            shown = "" if flag.repeat or flag.parse is None else shown
            out.append(f"| {spelled}{value}{plus} | {shown} | {flag.help} |")
    out += ["", "### Deprecated", "", "| flag | instead |", "|---|---|",
            f"| `--{foreign.STRICT_MODEL_CONFIG}` | `--disable-auto-complete-config` |"]
    out += [f"| `--{name}` | `{flag.instead}` |" for name, flag in trace_flags.DEPRECATED.items()]
    out += [f"| `--{name}` | `{instead}`, not supported yet |"
            for name, (_, instead) in foreign.DEPRECATED_MISSING.items()]
    out += ["", "### Without effect", "",
            "Accepted with a warning: they tune parts that triton-py does not have.", "",
            "| flag | why |", "|---|---|"]
    out += [f"| `--{name}` | {item.reason} |" for name, item in foreign.NO_EFFECT.items()]
    out += ["", "### Not supported yet", "",
            "Refused with an error, unless the value leaves the feature off.", "",
            "| feature | flags |", "|---|---|"]
    features: dict[str, list[str]] = {}
    for name, missing in foreign.MISSING.items():
        features.setdefault(missing.feature, []).append(f"`--{name}`")
    out += [f"| {feature} | {', '.join(names)} |" for feature, names in features.items()]
    return "\n".join(out).lstrip("\n") + "\n"


def replaced(page: str) -> str:
    """The page with its part between the markers as it should be."""
    return MARKERS.sub(lambda m: m.group(1) + "\n" + text() + "\n" + m.group(2), page)


def main(arguments: Sequence[str]) -> int:
    """Prints the tables, or rewrites the page that is named."""
    if not arguments:
        print(text(), end="")
        return 0
    page = Path(arguments[0])
    page.write_text(replaced(page.read_text()))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
