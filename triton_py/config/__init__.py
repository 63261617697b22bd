# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Model configurations: reading, completing, checking, and what the server takes from them.

In the order in which a model goes through it:

    config = load_config(config_path(model_dir))     # or from_json(override), or ModelConfig()
    complete(config, model_name, model_dir)          # name, backend, platform from the files
    normalize(config)                                # defaults
    validate_config(config)
    check_name(config, model_name)
    ...                                              # the backend's library is loaded
    normalize_instance_groups(config, preferred, gpus)
    validate_instance_groups(config, gpus)
    done = apply_autocomplete(config, returned)      # if the backend calls ModelSetConfig
    validate_config(done.config), validate_io(done.config)
    spec = compile_spec(done.config)                 # what the core is given

`prepare` does the part before the backend in one call. Pure Python: nothing here needs the core.
"""

from .autocomplete import (
    Completed,
    apply_autocomplete,
    changed_fields,
    instance_signature,
    requires_reload,
)
from .complete import check_name, complete
from .errors import ConfigError
from .json_form import from_json, to_dict, to_json
from .metadata import metadata
from .names import DEFAULT_MAX_BATCH_SIZE, datatype_string
from .normalize import (
    PreferredGroup,
    add_default_batching,
    normalize,
    normalize_instance_groups,
)
from .prepare import Prepared, prepare, read_config
from .spec import compile_spec, scheduling
from .text import config_path, load_config, locate, parse_text, to_text
from .validate import problems, validate_config, validate_instance_groups, validate_io

__all__ = [
    "DEFAULT_MAX_BATCH_SIZE",
    "Completed",
    "ConfigError",
    "PreferredGroup",
    "Prepared",
    "add_default_batching",
    "apply_autocomplete",
    "changed_fields",
    "check_name",
    "compile_spec",
    "complete",
    "config_path",
    "datatype_string",
    "from_json",
    "instance_signature",
    "load_config",
    "locate",
    "metadata",
    "normalize",
    "normalize_instance_groups",
    "parse_text",
    "prepare",
    "problems",
    "read_config",
    "requires_reload",
    "scheduling",
    "to_dict",
    "to_json",
    "to_text",
    "validate_config",
    "validate_instance_groups",
    "validate_io",
]
