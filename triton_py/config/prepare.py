# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""All that happens to a model's configuration before its backend is loaded, in one call."""

from __future__ import annotations

import os
from typing import NamedTuple

from triton_py.proto.model_config import ModelConfig

from .complete import check_name, complete
from .errors import ConfigError
from .json_form import from_json
from .normalize import normalize
from .text import config_path, load_config, locate
from .validate import validate_config, validate_io


class Prepared(NamedTuple):
    """A configuration: from `read_config` as it was written; from `prepare` complete as far as the
    model's files tell, normalized and valid."""

    config: ModelConfig
    provided: bool  # by a file or an override; if not, the backend has to complete it
    path: str | None  # the file it was read from


def read_config(
    model_dir: str | os.PathLike[str],
    *,
    config_name: str = "",
    override_json: str | bytes | None = None,
    strict: bool = False,
) -> Prepared:
    """The configuration of the model in `model_dir` as it was written, for `prepare`.

    `config_name` is `--model-config-name`'s value. `override_json` is the `config` parameter of a
    load request and takes the place of the file. With `strict` there has to be a file.

    Raises ConfigError: the file or the parameter can't be read, or isn't a model configuration.
    """
    path: str | None = None
    if override_json is not None:
        try:
            config = from_json(override_json)
        except ConfigError as error:
            raise ConfigError(
                error.reason,
                line=error.line,
                column=error.column,
                field=error.field,
                prefix="Invalid config override: ",
            ) from None
    else:
        path = config_path(model_dir, config_name)
        if strict or os.path.lexists(path):
            config = load_config(path)
        else:
            config, path = ModelConfig(), None
    return Prepared(config, path is not None or override_json is not None, path)


def prepare(
    model_name: str,
    model_dir: str | os.PathLike[str],
    *,
    config_name: str = "",
    override_json: str | bytes | None = None,
    strict: bool = False,
    renamed: bool = False,
    source: Prepared | None = None,
) -> Prepared:
    """The configuration of the model in `model_dir`, as its backend is to get it.

    `config_name` and `override_json` are `read_config`'s, unless its result is given as `source`,
    whose configuration is modified. `strict` means that nobody completes the configuration
    (`--disable-auto-complete-config`): there has to be a file, and inputs and outputs are checked
    already now. `renamed` is for a repository that is registered with a name mapping: the model
    then takes `model_name`, whatever its configuration says.

    Raises ConfigError; its text names the file and, where it can be told, the line.
    """
    if source is None:
        source = read_config(
            model_dir, config_name=config_name, override_json=override_json, strict=strict
        )
    config, provided, path = source
    try:
        complete(config, model_name, model_dir)
        normalize(config)
        validate_config(config)
        if strict:
            validate_io(config)
        if renamed:
            config.name = model_name
        check_name(config, model_name)
    except ConfigError as error:
        raise (locate(error, path) if path is not None else error) from None
    return Prepared(config, provided, path)
