# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The text form of a model configuration: what stands in config.pbtxt."""

from __future__ import annotations

import difflib
import os
import re
import stat
from typing import Any, TypeVar

from google.protobuf import text_format
from google.protobuf.message import Message

from triton_py.proto.model_config import ModelConfig

from .errors import ConfigError
from .names import CONFIG_FILE, CONFIGS_FOLDER
from .places import Place, field_at, find, is_map, places

#: A config.pbtxt larger than this is taken for something else. The largest that serve a purpose,
#: with thousands of warm-up inputs, stay well under a megabyte.
MAX_BYTES = 4 << 20

_Error = TypeVar("_Error", bound=ConfigError)

_TYPE_WORDS = {
    "int32": "a 32-bit integer",
    "int64": "a 64-bit integer",
    "uint32": "an unsigned 32-bit integer",
    "uint64": "an unsigned 64-bit integer",
    "float": "a number",
    "double": "a number",
    "bool": "true or false",
    "string": "a string in quotes",
}


def config_path(model_dir: str | os.PathLike[str], config_name: str = "") -> str:
    """The configuration file of a model.

    With a `config_name` (`--model-config-name`) it is `configs/<config_name>.pbtxt` where that
    exists. Otherwise, and in all other cases, it is `config.pbtxt`, which need not exist.
    """
    if config_name:
        path = os.path.join(model_dir, CONFIGS_FOLDER, f"{config_name}.pbtxt")
        if os.path.exists(path):
            return path
    return os.path.join(model_dir, CONFIG_FILE)


def load_config(path: str | os.PathLike[str]) -> ModelConfig:
    """Read a config.pbtxt. Nothing is filled in and nothing but the syntax is checked.

    Raises ConfigError: the file can't be read, isn't UTF-8 text, or isn't a model configuration.
    """
    name = os.fspath(path)
    return parse_text(_read(name), name)


def parse_text(text: str, file: str | None = None) -> ModelConfig:
    """Parse the text of a config.pbtxt. `file` is named in errors.

    Raises ConfigError with line, column and, where there is one, the field.
    """
    config = ModelConfig()
    try:
        text_format.Parse(text, config, descriptor_pool=config.DESCRIPTOR.file.pool)
    except text_format.ParseError as error:
        raise _syntax_error(text, error, file) from None
    except (UnicodeError, ValueError, RecursionError) as error:
        raise _error(f"the text can't be parsed: {error}", file) from None
    return config


def to_text(config: Message) -> str:
    """The text form of a message; `parse_text` reads it back. Deterministic: maps are sorted."""
    return text_format.MessageToString(config, as_utf8=True)


def locate(error: _Error, path: str | os.PathLike[str]) -> _Error:
    """The same error with the line of its field in the file `path`, where that can be told.

    For errors that validation finds in a configuration which came from a file: the field is looked
    up in the file's text. An error without a field, or with a place already, comes back unchanged,
    and so does every error when the file can't be read any more.
    """
    if error.field is None or error.line is not None:
        return error
    name = os.fspath(path)
    try:
        text = _read(name)
    except ConfigError:
        return error
    place = find(places(text, ModelConfig.DESCRIPTOR), error.field)
    if place is None:
        return error
    return type(error)(
        error.reason, file=name, line=place.line, column=place.column, field=error.field
    )


def _error(
    reason: str, file: str | None, line: int | None = None, column: int | None = None,
    field: str | None = None,
) -> ConfigError:  # fmt: skip
    # Clients know the words in front from Triton, which says no more than them.
    prefix = "failed to read text proto from " if file is not None else ""
    return ConfigError(reason, file=file, line=line, column=column, field=field, prefix=prefix)


def _open_at_once(name: str, flags: int) -> int:
    """Open without waiting: a pipe by this name would otherwise block until somebody writes."""
    return os.open(name, flags | os.O_NONBLOCK)


def _read(name: str) -> str:
    try:
        with open(name, "rb", opener=_open_at_once) as file:
            info = os.fstat(file.fileno())
            if not stat.S_ISREG(info.st_mode):
                raise _error("it is not a regular file", name)
            if info.st_size > MAX_BYTES:
                raise _error(
                    f"it has {info.st_size} bytes, more than the {MAX_BYTES} that a model "
                    "configuration may have",
                    name,
                )
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise _error(error.strerror or str(error), name) from None
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = data[: error.start].decode("utf-8", "replace")
        line = before.count("\n") + 1
        column = len(before) - (before.rfind("\n") + 1) + 1
        byte = data[error.start]
        raise _error(f"it is not UTF-8 text: byte 0x{byte:02x}", name, line, column) from None


def _syntax_error(text: str, error: text_format.ParseError, file: str | None) -> ConfigError:
    line, column = error.GetLine(), error.GetColumn()
    if line is None:
        return _error(str(error), file)
    column = column or 1
    place = field_at(places(text, ModelConfig.DESCRIPTOR), line, column)
    # The parser's text is "line:column : " and often the whole line of the file, then the reason.
    reason = re.sub(r"^\d+:\d+ : ", "", str(error))
    lines = text.split("\n")
    current = lines[line - 1] if line <= len(lines) else ""
    reason = reason.removeprefix(f"'{current}': ")
    field = place.path if place else None
    return _error(_sentence(reason, place, _word_at(current, column)), file, line, column, field)


def _word_at(line: str, column: int) -> str:
    match = re.match(r"\"(?:\\.|[^\"\\])*\"?|'(?:\\.|[^'\\])*'?|[\w.+\-]+|\S", line[column - 1 :])
    return match.group() if match else ""


def _descriptor(path: str) -> Any:
    """The descriptor of the field at a path's end; None where that isn't known."""
    message: Any = ModelConfig.DESCRIPTOR
    field: Any = None
    for index, part in enumerate(re.findall(r"[A-Za-z_]\w*(?![^\[]*\])", path)):
        if index:
            if field is None or field.message_type is None:
                return None
            message = field.message_type
            if is_map(field) and part not in message.fields_by_name:
                # `parameters["a"].string_value`: the path leaves out the entry's `value`
                message = message.fields_by_name["value"].message_type
                if message is None:
                    return None
        field = message.fields_by_name.get(part)
    return field


def _closest(word: str, names: list[str]) -> str:
    close = difflib.get_close_matches(word, names, 1, 0.6) or difflib.get_close_matches(
        word.lower(), [name.lower() for name in names], 1, 0.6
    )
    for name in names:
        if close and name.lower() == close[0].lower():
            return f", did you mean '{name}'?"
    return ""


def unknown_field(message: Any, name: str) -> str:
    """The sentence for a field that a message doesn't have."""
    names = [field.name for field in message.fields]
    return f"{message.name} has no field '{name}'{_closest(name, names) or _all(names)}"


def unknown_enum_value(enum: Any, name: str) -> str:
    """The sentence for a value that an enum doesn't have."""
    names = [value.name for value in enum.values]
    title = enum.full_name.removeprefix("inference.")
    return f"'{name}' is no {title}{_closest(name, names) or _all(names)}"


def _all(names: list[str]) -> str:
    return f"; it has {', '.join(names)}" if len(names) <= 12 else ""


def expected_type(field: Any) -> str:
    """What a scalar or message field's value has to be, in words."""
    if field.enum_type is not None:
        return f"a name of {field.enum_type.name}, such as {field.enum_type.values[-1].name}"
    if field.message_type is not None:
        return "a message in braces" if not is_map(field) else "an entry { key: ... value: ... }"
    return _TYPE_WORDS[_SCALARS[field.type]]


_SCALARS = {
    1: "double", 2: "float", 3: "int64", 4: "uint64", 5: "int32", 8: "bool", 9: "string",
    13: "uint32",
}  # fmt: skip


def _sentence(reason: str, place: Place | None, word: str) -> str:
    """The parser's reason in words that name the field and, where it helps, what would be right."""
    field = _descriptor(place.path) if place else None
    if match := re.match(r'Message type "([\w.]+)" has no field named "(.+)"\.', reason):
        message = ModelConfig.DESCRIPTOR.file.pool.FindMessageTypeByName(match.group(1))
        return unknown_field(message, match.group(2))
    if match := re.match(r'Message type "[\w.]*?(\w+)" should not have multiple "(\w+)"', reason):
        return f"'{match.group(2)}' is given twice in {match.group(1)}, which takes it once"
    if match := re.match(
        r'Field "[\w.]*?(\w+)" is specified along with field "[\w.]*?(\w+)"', reason
    ):
        return f"'{match.group(1)}' and '{match.group(2)}' exclude each other"
    match = re.match(r'Enum type "[\w.]+" has no value (?:named|with number) (.+)\.$', reason)
    if match and place is not None and field is not None and field.enum_type is not None:
        value = match.group(1)
        if value[0] in "\"'":
            return f"{place.path} must be {expected_type(field)}, without quotes, not {value}"
        return f"{place.path}: {unknown_enum_value(field.enum_type, value)}"
    if not word.isprintable():
        word = ascii(word)
    if not word or reason.endswith('Expected "}".'):
        return f"the text ends too early: {_plain(reason.removeprefix(chr(39) * 2 + ': '))}"
    if field is not None and place is not None and _concerns_value(reason):
        return f"{place.path} must be {expected_type(field)}, not {word}"
    return _plain(reason) + (f" (at {word})" if word not in reason else "")


def _concerns_value(reason: str) -> bool:
    return reason.startswith(
        ("Couldn't parse", "Expected string", "Expected \"true\"", "Value out of range",
         "Enum type", "Invalid octal", "Integer out of range",)
    )  # fmt: skip


def _plain(reason: str) -> str:
    return reason.rstrip(".")[:200]
