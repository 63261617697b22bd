# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""reproduce.py: the check that failed, with the value that it failed with."""

from __future__ import annotations

import json
import textwrap
from pathlib import Path

from ..results import ClauseResult, Violation
from ..target import ModelUnderTest, Target

#: Longer values lie in a file of their own.
LONGEST_VALUE = 40_000

_TEMPLATE = '''\
"""{title}

{sentence}

Observed: {summary}

    pip install 'triton-py[conformance]'
    python reproduce.py [--library libtriton_{backend}.so]

Exit status: 1 it shows, 0 it does not, 2 it could not be tried.
"""

from pathlib import Path

from triton_py.conformance.cases import CaseRequest, TensorData  # noqa: F401 the value's names
from triton_py.conformance.reproducers.main import main

HERE = Path(__file__).resolve().parent

# What the check was made with.
{value}

main(
    clause={clause!r},
    library={library!r},
    model=HERE / "model" / {model!r},
    property={property!r},  # of triton_py.conformance.properties
    number={number},
    value=VALUE,
    before={before},
    deterministic={deterministic},
    reference={reference!r},
)
'''


def text(
    target: Target, clause: ClauseResult, violation: Violation, model: ModelUnderTest, place: Path
) -> str:
    """The script. Writes what is too large for it into files beside it, in ``place``."""
    origin = violation.origin
    assert origin is not None
    literal = origin.value
    value = f"VALUE = {literal}"
    if len(literal) > LONGEST_VALUE:
        (place / "value.txt").write_text(literal)
        value = 'VALUE = eval((HERE / "value.txt").read_text())  # too long to be read here'
    before = "()"
    if origin.before:
        (place / "before.json").write_text(json.dumps(list(origin.before)))
        before = 'HERE / "before.json"'
    return _TEMPLATE.format(
        title=_safe(f"{clause.clause.id} ({clause.clause.level})"),
        sentence=_safe(clause.clause.sentence),
        summary=_safe(violation.summary),
        backend=target.backend, value=value, clause=clause.clause.id,
        library=str(target.library), model=model.name, property=origin.property,
        number=origin.number, before=before, deterministic=model.deterministic,
        reference=model.reference_text,
    )  # fmt: skip


def _safe(text: str) -> str:
    """Fit for the script's docstring, whatever a library's messages hold."""
    plain = text.encode("ascii", "backslashreplace").decode().replace("\\", "\\\\").replace('"', "'")
    return textwrap.fill(plain, 96)
