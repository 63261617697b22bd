# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Model configurations: the text of a config.pbtxt, its bytes in a file, the JSON form, any message.

The first byte of an input says which of these the rest is. What must hold: either a ``ConfigError``,
one line that is fit to print, with a place that is inside the text, or a configuration that survives
every change of form, of which validation says what is wrong, and which the core's form can be made of
if nothing is.
"""

from __future__ import annotations

import json
import random
import shutil
import tempfile
import warnings
from pathlib import Path
from typing import Any

import test_roundtrip
from fuzz_loop import Violation
from google.protobuf import json_format
from google.protobuf.message import DecodeError

from triton_py.config import (
    ConfigError,
    check_name,
    compile_spec,
    complete,
    from_json,
    load_config,
    locate,
    metadata,
    normalize,
    normalize_instance_groups,
    parse_text,
    problems,
    to_json,
    to_text,
)
from triton_py.config.places import find, places
from triton_py.proto.model_config import ModelConfig

TEXT, FILE, JSON, MESSAGE, FORMS, CHECKS = range(6)

#: Of an error's text; names in it may be long.
MOST_TEXT = 16 * 1024

_folder: Path | None = None


def open_target() -> None:
    global _folder
    _folder = Path(tempfile.mkdtemp(prefix="triton-py-fuzz-"))
    (_folder / "1").mkdir()


def close_target() -> None:
    assert _folder is not None
    shutil.rmtree(_folder)


# --- what must hold --------------------------------------------------------------------------


def _check_error(error: ConfigError, text: str | None) -> None:
    said = str(error)
    if not error.reason or not said.isprintable() or len(said) > MOST_TEXT:
        raise Violation(f"no sentence: {said!r}")
    if text is None or error.line is None:
        return
    lines = text.split("\n")
    if not 1 <= error.line <= len(lines) or not (
            error.column is None or 1 <= error.column <= len(lines[error.line - 1]) + 2):
        raise Violation(f"{said}: line {error.line}, column {error.column} of {text!r}")


def _same(a: Any, b: Any) -> bool:
    # NaN is not itself, but its text is.
    return bool(a == b) or str(a) == str(b)


def _check_forms(config: Any) -> None:
    """Text and JSON lead back to the configuration."""
    text = to_text(config)
    form = to_json(config)
    json.loads(form, parse_constant=lambda name: _fail(f"{name} in {form}"))
    try:
        again, also = parse_text(text), from_json(form)
    except ConfigError as error:
        raise Violation(f"{error}: {text!r} {form!r}") from None
    if not _same(again, config) or not _same(also, config):
        raise Violation(f"{config} becomes {again} or {also}")
    if to_json(again) != form or to_text(also) != text:
        raise Violation(f"{form} becomes {to_json(again)}")


def _fail(text: str) -> None:
    raise Violation(text)


def _check_places(text: str) -> None:
    """Every place is where it says."""
    found = places(text, ModelConfig.DESCRIPTOR)
    starts = [0]
    for line in text.split("\n"):
        starts.append(starts[-1] + len(line) + 1)
    for place in found:
        if not 0 <= place.offset < max(1, len(text)) or (
                starts[place.line - 1] + place.column - 1 != place.offset):
            raise Violation(f"{place} in {text!r}")
    for path in [place.path for place in found[:3] + found[-3:]]:
        if find(found, path) is None:
            raise Violation(f"{path} is not found again in {text!r}")


def _check_rules(config: Any) -> None:
    """Everything that a load does with a configuration before the backend gets it."""
    assert _folder is not None
    try:
        complete(config, "m", _folder)
    except ConfigError as error:
        _check_error(error, None)
        return
    normalize(config)
    once = to_json(config)
    normalize(config)
    if to_json(config) != once:
        raise Violation(f"normalized again {once} is {to_json(config)}")
    normalize_instance_groups(config, gpus=2)
    found = problems(config, gpus=2)
    for problem in found:
        _check_error(problem, None)
        if not problem.field:
            raise Violation(f"{problem} has no field")
    try:
        check_name(config, "m")
    except ConfigError as error:
        _check_error(error, None)
    if not found:
        compile_spec(config)
        metadata(config, [1])


# --- the kinds of inputs ---------------------------------------------------------------------


def _text(data: bytes) -> None:
    text = data.decode("utf-8", "replace")
    try:
        config = parse_text(text)
    except ConfigError as error:
        _check_error(error, text)
        _check_places(text)
        return
    _check_places(text)
    _check_forms(config)
    _check_rules(config)


def _file(data: bytes) -> None:
    assert _folder is not None
    path = _folder / "config.pbtxt"
    path.write_bytes(data)
    try:
        config = load_config(path)
    except ConfigError as error:
        _check_error(error, data.decode("utf-8-sig", "replace"))
        if str(path) not in str(error):
            raise Violation(f"{error} does not name the file") from None
        return
    text = data.decode("utf-8-sig")
    for problem in problems(config):
        _check_error(locate(problem, path), text)


def _json(data: bytes) -> None:
    try:
        config = from_json(data)
    except ConfigError as error:
        _check_error(error, data.decode("utf-8", "replace"))
        return
    theirs = ModelConfig()
    try:
        json_format.Parse(data, theirs)
    except json_format.ParseError:
        pass        # which numbers may stand in quotes, and the like
    else:
        if not _same(theirs, config):
            raise Violation(f"{data!r} is {config}, to protobuf {theirs}")
    _check_forms(config)
    _check_rules(config)


def _message(data: bytes) -> None:
    try:
        config = ModelConfig.FromString(data)
    except DecodeError:
        return
    config.DiscardUnknownFields()
    # Numbers that an enum doesn't have exist in no other form.
    form = to_json(config)
    try:
        from_json(form)
    except ConfigError:
        return
    _check_forms(config)
    _check_rules(config)


def one_input(data: bytes) -> None:
    kind, rest = (data[0] % 6 if data else 0), data[1:]
    with warnings.catch_warnings():
        # Protobuf's parser warns of escapes before we refuse them.
        warnings.simplefilter("ignore")
        if kind == FORMS:
            test_roundtrip.test_text_and_json_and_back.hypothesis.fuzz_one_input(rest)
        elif kind == CHECKS:
            test_roundtrip.test_checks_and_defaults_never_crash.hypothesis.fuzz_one_input(rest)
        else:
            (_text, _file, _json, _message)[kind](rest)


# --- seeds and mutations ---------------------------------------------------------------------

TEXTS = [
    """name: "m"
backend: "identity"
max_batch_size: 8
input [ { name: "IN" data_type: TYPE_FP32 dims: [ -1, 3 ] optional: true
          reshape { shape: [ 3 ] } } ]
output { name: "OUT" data_type: TYPE_STRING dims: [ 1 ] label_filename: "l" }
dynamic_batching { preferred_batch_size: [ 2, 4 ] max_queue_delay_microseconds: 100
  priority_levels: 2 default_priority_level: 1
  default_queue_policy { timeout_action: DELAY default_timeout_microseconds: 5 max_queue_size: 3 }
  priority_queue_policy { key: 1 value { allow_timeout_override: true } } }
instance_group [ { count: 2 kind: KIND_CPU }, { gpus: [ 0, 1 ] kind: KIND_GPU
  rate_limiter { resources { name: "r" count: 1 } priority: 2 } } ]
""",
    """# a model of sequences
backend: 'x' platform: ""
max_batch_size: 2
sequence_batching {
  max_sequence_idle_microseconds: 5000
  control_input [ { name: "START" control [ { kind: CONTROL_SEQUENCE_START int32_false_true: [ 0, 1 ] } ] },
                  { name: "CORRID" control { kind: CONTROL_SEQUENCE_CORRID data_type: TYPE_UINT64 } } ]
  state [ { input_name: "S" output_name: "T" data_type: TYPE_FP32 dims: [ 2 ]
            initial_state { name: "z" data_type: TYPE_FP32 dims: [ 2 ] zero_data: true } } ]
  oldest { max_candidate_sequences: 4 preferred_batch_size: 2 }
}
version_policy { specific { versions: [ 1, 3 ] } }
parameters { key: "k" value { string_value: "a\\n\\x41\\u00e9" "b" } }
parameters: < key: "l" value: < string_value: "\\"" > >
optimization { priority: PRIORITY_MAX cuda { graphs: true } }
model_warmup [ { name: "w" batch_size: 1 inputs { key: "IN" value { data_type: TYPE_FP32 dims: 3 random_data: true } } } ]
""",
    """platform: "ensemble"
input [ { name: "A" data_type: TYPE_INT8 dims: [ 1 ] } ]
output [ { name: "B" data_type: TYPE_INT8 dims: [ 1 ] } ]
ensemble_scheduling { step [ { model_name: "x" model_version: -1
  input_map { key: "i" value: "A" } output_map { key: "o" value: "B" } } ] }
response_cache { enable: true }
model_transaction_policy { decoupled: false }
model_metrics { metric_control [ { metric_identifier { family: "f" }
  histogram_options { buckets: [ 0.1, 2.5e3, inf ] } } ] }
cc_model_filenames [ { key: "7.5" value: "f" } ]
""",
]


def _parts() -> list[str]:
    """The texts, and each field of them alone, which is done sooner."""
    out = list(TEXTS)
    for text in TEXTS:
        config = parse_text(text)
        for descriptor, _ in config.ListFields():
            alone = ModelConfig()
            alone.CopyFrom(config)
            for other, _ in config.ListFields():
                if other.name != descriptor.name:
                    alone.ClearField(other.name)
            out.append(to_text(alone))
    return out


def seeds() -> list[bytes]:
    out = []
    for text in _parts():
        config = parse_text(text)
        out += [bytes([kind]) + text.encode() for kind in (TEXT, FILE)]
        out.append(bytes([JSON]) + to_json(config).encode())
        out.append(bytes([JSON]) + json_format.MessageToJson(config).encode())
        out.append(bytes([MESSAGE]) + config.SerializeToString())
    out += [bytes([kind]) + random.Random(kind).randbytes(200) for kind in (FORMS, CHECKS)]
    out.append(bytes([FILE]) + b"\xef\xbb\xbf" + TEXTS[0].encode("utf-8"))
    return out


def mutate(data: bytes, random_seed: int, generic: Any) -> bytes:
    """The generic one, or one word or one bracketed part of the text moved, repeated or replaced."""
    rng = random.Random(random_seed)
    if rng.random() < 0.5 or not data or data[0] % 6 > JSON:
        return generic(data)
    words = data[1:].split(b" ")
    at = rng.randrange(len(words))
    match rng.randrange(5):
        case 0:
            del words[at]
        case 1:
            words[at] = rng.choice(DICTIONARY)
        case 2:
            words.insert(at, rng.choice(DICTIONARY))
        case 3:
            words.insert(at, rng.choice(words))
        case 4:
            end = at + rng.randrange(1, 12)
            words[at:at] = words[at:end]
    return data[:1] + b" ".join(words)


def _names() -> list[bytes]:
    """Fields and enum values of the configuration."""
    out: set[str] = set()
    seen: set[str] = set()
    todo = [ModelConfig.DESCRIPTOR]
    while todo:
        message = todo.pop()
        if message.full_name in seen:
            continue
        seen.add(message.full_name)
        for field in message.fields:
            out.add(field.name)
            if field.message_type is not None:
                todo.append(field.message_type)
            if field.enum_type is not None:
                out.update(value.name for value in field.enum_type.values)
    return [name.encode() for name in sorted(out)]


DICTIONARY = [*_names(), b"{", b"}", b"[", b"]", b":", b'"', b"\\x", b"nan", b"-inf", b"1e400",
              b"-1", b"9223372036854775808", b"#", b"<", b">", b"'", b"null", b"\\ud800", b"\\U0010ffff"]
