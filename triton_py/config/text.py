# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The text form of a model configuration: what stands in config.pbtxt."""

from __future__ import annotations

import os
import re
import stat
from typing import TypeVar

from google.protobuf import text_format
from google.protobuf.message import Message

from triton_py.proto.model_config import ModelConfig

from .errors import ConfigError
from .names import CONFIG_FILE, CONFIGS_FOLDER
from .places import field_at, find, places, wrong_escape
from .sentences import syntax_sentence

#: A config.pbtxt larger than this is taken for something else. The largest that serve a purpose,
#: with thousands of warm-up inputs, stay well under a megabyte.
MAX_BYTES = 4 << 20

_Error = TypeVar("_Error", bound=ConfigError)


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
    if wrong := wrong_escape(text):
        sequence, line, column = wrong
        raise _error(
            f"{sequence} is no escape sequence; a backslash in a string is written \\\\",
            file, line, column, _path_at(text, line, column),
        )  # fmt: skip
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
    return _error(
        syntax_sentence(reason, place, _word_at(current, column)), file, line, column, field
    )


def _path_at(text: str, line: int, column: int) -> str | None:
    place = field_at(places(text, ModelConfig.DESCRIPTOR), line, column)
    return place.path if place else None


def _word_at(line: str, column: int) -> str:
    match = re.match(r"\"(?:\\.|[^\"\\])*\"?|'(?:\\.|[^'\\])*'?|[\w.+\-]+|\S", line[column - 1 :])
    return match.group() if match else ""
