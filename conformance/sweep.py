# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Models for a library that nobody gave one for: what auto-complete yields, else small configurations
that are tried one after the other."""

from __future__ import annotations

from collections.abc import Iterator

from .cases import Case, CaseRequest, Infer, Load, TensorData, Unload
from .configs import declared
from .pool import HarnessError, Pool
from .target import ModelUnderTest, Target

#: More of them would take the time that their clauses need.
MOST_MODELS = 3
_TIMEOUT_S = 5.0
_NAMES = (("INPUT", "OUTPUT"), ("INPUT0", "OUTPUT0"), ("IN", "OUT"), ("input", "output"))
_TYPES = {"FP32": 4, "INT32": 4, "INT64": 8, "UINT8": 1, "BOOL": 1, "FP16": 2, "FP64": 8, "STRING": 0}
#: An element of each: a small number, or a string.
_ELEMENTS = {
    "FP32": b"\0\0\x80\x3f", "INT32": b"\1\0\0\0", "INT64": b"\1\0\0\0\0\0\0\0", "UINT8": b"\1",
    "BOOL": b"\1", "FP16": b"\0\x3c", "FP64": b"\0\0\0\0\0\0\xf0\x3f", "STRING": b"\1\0\0\0a",
}  # fmt: skip


def models_for(target: Target) -> list[ModelUnderTest]:
    """At most MOST_MODELS models that the library loads and answers.

    Raises HarnessError, with what was tried, where there is none.
    """
    with Pool(target.library, target.backend) as pool:
        found, why = _completed(pool, target.backend)
        if found is not None:
            return [found]
        return _swept(pool, target.backend, why)


def _completed(pool: Pool, backend: str) -> tuple[ModelUnderTest | None, str]:
    """The model that the library makes of a configuration that names it alone."""
    bare = ModelUnderTest("completed", f'backend: "{backend}"\n')
    case = Case((bare.case_model(),), (Load(bare.name), Unload(bare.name)), timeout_s=_TIMEOUT_S)
    outcome, _ = pool.run(case)
    if outcome.ended or not outcome.steps:
        return None, f"a model without files: the process ended with {outcome.ended}"
    step = outcome.steps[0]
    if step.error:
        return None, f"a model without files: {step.error}"
    facts = declared(step.config)
    if not facts.inputs or not facts.outputs:
        return None, "auto-complete leaves the model without inputs or outputs"
    return ModelUnderTest(bare.name, step.config), ""


def _config(
    backend: str, names: tuple[str, str], datatype: str, batch: int, pairs: int, decoupled: bool
) -> str:
    def tensors(kind: str, name: str) -> Iterator[str]:
        for number in range(pairs):
            own = name if pairs == 1 else f"{name.rstrip('0')}{number}"
            yield f'{kind} {{ name: "{own}" data_type: TYPE_{datatype} dims: [ -1 ] }}'

    lines = [f'backend: "{backend}"', f"max_batch_size: {batch}"]
    lines += [*tensors("input", names[0]), *tensors("output", names[1])]
    if decoupled:
        lines.append("model_transaction_policy { decoupled: true }")
    return "\n".join(lines) + "\n"


def _answers(pool: Pool, model: ModelUnderTest) -> str:
    """"" where the model is loaded and answers; else what came instead."""
    facts = model.declared
    shape = (1, 1) if facts.max_batch_size > 0 else (1,)
    inputs = {
        name: TensorData(t.datatype, shape, _ELEMENTS["STRING" if t.datatype == "BYTES" else t.datatype])
        for name, t in facts.inputs.items()
    }
    steps = (Load(model.name), Infer(model.name, (CaseRequest(inputs),), 2.0), Unload(model.name))
    outcome, _ = pool.run(Case((model.case_model(),), steps, timeout_s=_TIMEOUT_S))
    if outcome.ended:
        return f"the process ended with {outcome.ended.partition(chr(10))[0]}"
    if outcome.steps[0].error:
        return outcome.steps[0].error
    answers = outcome.steps[1].answers[0] if outcome.steps[1].answers else ()
    errors = [answer.error for answer in answers if answer.error]
    return errors[0] if errors else "" if answers else "there was no answer"


def _swept(pool: Pool, backend: str, why: str) -> list[ModelUnderTest]:
    tried = [why]
    found: list[ModelUnderTest] = []

    def attempt(names: tuple[str, str], datatype: str, batch: int, pairs: int = 1,
                decoupled: bool = False) -> bool:  # fmt: skip
        text = _config(backend, names, datatype, batch, pairs, decoupled)
        kind = f"{pairs} of {datatype}" + (", batched" if batch else "")
        kind += ", decoupled" if decoupled else ""
        name = f"{datatype.lower()}{'' if pairs == 1 else '_pair'}{'_batched' if batch else ''}"
        model = ModelUnderTest(name + ("_decoupled" if decoupled else ""), text)
        problem = _answers(pool, model)
        if problem:
            tried.append(f"{names[0]} -> {names[1]}, {kind}: {problem}")
        else:
            found.append(model)
        return not problem

    for names in _NAMES:
        for datatype in _TYPES:
            for batch in (8, 0):
                if len(found) >= MOST_MODELS:
                    return found
                # One data type batched and unbatched says little more than one of them.
                if attempt(names, datatype, batch):
                    break
        if found:
            first = found[0].name.partition("_")[0].upper()
            if len(found) < MOST_MODELS:
                attempt(names, first, 8, pairs=2)
            return found
        for datatype in ("FP32", "INT32"):
            if attempt(names, datatype, 0, decoupled=True) or attempt(names, datatype, 8, pairs=2):
                return found
    shown = "\n  ".join(tried[:12])
    raise HarnessError(
        f"no --model was given, and the library takes none of {len(tried)} small models; give one "
        f"with --model DIR. What was tried:\n  {shown}"
    )
