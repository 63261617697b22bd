# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Rules about everything else: what a model is called, what runs it, versions, warm-up, metrics."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import Any

from google.protobuf.message import Message

from triton_py.proto import model_config
from triton_py.proto.model_config import ModelConfig, ModelWarmup

from ..names import ELEMENT_SIZES, ENSEMBLE_PLATFORM, platforms_of
from ..places import is_map, is_repeated
from .problem import (
    MAX_ELEMENTS,
    VARIABLE,
    Problem,
    Problems,
    duplicates,
    element_count,
    escapes,
    problem,
)


def identity_problems(config: ModelConfig) -> Problems:
    """Problems of name, platform and backend."""
    name, platform, backend = config.name, config.platform, config.backend
    if not name:
        yield Problem("model configuration must specify 'name'", "name")
    if not backend:
        if platform != ENSEMBLE_PLATFORM and not config.HasField("ensemble_scheduling"):
            yield Problem(
                f"unexpected platform type '{platform}' for {name}"
                + ("" if platform else ": must specify 'platform' or 'backend'"),
                "platform",
            )
        return
    if platform == ENSEMBLE_PLATFORM:
        yield Problem(
            f"Ensemble model '{name}' must have platform type '{platform}' and empty backend type, "
            f"got backend '{backend}'",
            "backend",
        )
        return
    if "/" in backend or "\0" in backend or backend in (".", ".."):
        yield Problem(
            f"backend name '{backend}' of model '{name}' is no name: it would lead out of the "
            "backend directory",
            "backend",
        )
    known = platforms_of(backend)
    if known and platform not in known:
        yield Problem(
            f"unexpected 'platform' and 'backend' pair, got:{platform}, {backend} for {name}; "
            f"platforms of backend '{backend}' are {', '.join(sorted(known))}",
            "platform",
        )


def enum_problems(config: ModelConfig) -> Problems:
    """Enum fields that hold a number without a name, which the text form lets pass."""
    for path, field, value in _enums(config, ""):
        if value not in field.enum_type.values_by_number:
            yield Problem(
                f"{path} has the value {value}, which {field.enum_type.name} doesn't have, for "
                f"{config.name}",
                path,
            )


def _enums(message: Message, prefix: str) -> Iterator[tuple[str, Any, int]]:
    for field, value in message.ListFields():
        path = f"{prefix}{field.name}"
        if is_map(field):
            for key in sorted(value):
                if isinstance(value[key], Message):
                    shown = f'"{key}"' if isinstance(key, str) else key
                    yield from _enums(value[key], f"{path}[{shown}].")
        elif field.message_type is not None:
            items = value if is_repeated(field) else [value]
            for index, item in enumerate(items):
                at = f"{path}[{index}]" if is_repeated(field) else path
                yield from _enums(item, f"{at}.")
        elif field.enum_type is not None:
            yield path, field, value


def general_problems(config: ModelConfig) -> Problems:
    """Problems of single fields at the top of the configuration."""
    name = config.name
    if config.max_batch_size < 0:
        yield problem(
            f"'max_batch_size' must be non-negative value for {name}",
            "max_batch_size",
            config.max_batch_size,
        )
    yield from _versions(config)
    if config.model_transaction_policy.decoupled and config.response_cache.enable:
        yield Problem(
            f"Response Cache does not currently support model {name} with 'decoupled' transaction "
            "policy. Please disable the response cache.",
            "response_cache.enable",
        )
    for tag in sorted(config.metric_tags):
        if not re.fullmatch(r"[A-Za-z0-9_]+", tag):
            yield Problem(
                f"metric tag '{tag}' of {name} can't be a label: only letters, digits and "
                "underscores are allowed",
                f'metric_tags["{tag}"]',
            )
    for index, agent in enumerate(config.model_repository_agents.agents):
        if not agent.name:
            yield Problem(
                f"repository agent must specify 'name' for {name}",
                f"model_repository_agents.agents[{index}]",
            )
    for capability in sorted(config.cc_model_filenames):
        if not re.fullmatch(r"\d+\.\d+", capability):
            yield Problem(
                f"'{capability}' in cc_model_filenames of {name} is no CUDA compute capability, "
                "such as 8.0",
                f'cc_model_filenames["{capability}"]',
            )


def _versions(config: ModelConfig) -> Problems:
    policy, name = config.version_policy, config.name
    if not config.HasField("version_policy"):
        yield Problem(f"must specify 'version policy' for {name}", "version_policy")
    elif policy.HasField("latest") and policy.latest.num_versions == 0:
        yield Problem(
            f"version policy of {name} must serve at least one of the latest versions",
            "version_policy.latest.num_versions",
        )
    elif policy.HasField("specific"):
        if not policy.specific.versions:
            yield Problem(
                f"version policy of {name} must name at least one specific version",
                "version_policy.specific",
            )
        for index, version in enumerate(policy.specific.versions):
            if version < 0:
                yield problem(
                    f"version policy of {name} must not name negative versions",
                    f"version_policy.specific.versions[{index}]",
                    version,
                )


def warmup_problems(config: ModelConfig) -> Problems:
    """Problems of the warm-up samples. A sample of batch size 0 is skipped, whatever is in it."""
    for index, sample in enumerate(config.model_warmup):
        path = f"model_warmup[{index}]"
        if config.max_batch_size >= 1 and sample.batch_size > config.max_batch_size:
            yield problem(
                f"warmup sample '{sample.name}' batch size must be <= max batch size "
                f"{config.max_batch_size} for {config.name}",
                f"{path}.batch_size",
                sample.batch_size,
            )
        if sample.batch_size == 0:
            continue
        for key in sorted(sample.inputs):
            yield from _warmup_input(
                sample.inputs[key], key, f'{path}.inputs["{key}"]', config.name
            )


def _warmup_input(tensor: ModelWarmup.Input, key: str, path: str, name: str) -> Problems:
    if tensor.data_type == model_config.TYPE_INVALID:
        yield Problem(f"warmup setting for input '{key}' must specify 'data_type' for {name}", path)
    dims = list(tensor.dims)
    if VARIABLE in dims:
        yield Problem(
            "warmup setting expects all variable-size dimensions are specified for input "
            f"'{key}' for {name}, got {dims}",
            f"{path}.dims",
        )
    elif any(dim < 0 for dim in dims):
        yield Problem(
            f"warmup setting for input '{key}' for {name} contains an invalid dimension in shape "
            f"{dims}",
            f"{path}.dims",
        )
    elif element_count(dims) * ELEMENT_SIZES.get(tensor.data_type, 4) > MAX_ELEMENTS:
        yield Problem(
            f"byte size for tensor '{key}' exceeds maximum size of {MAX_ELEMENTS} in the warmup "
            f"setting for {name}",
            f"{path}.dims",
        )
    if tensor.WhichOneof("input_data_type") is None:
        yield Problem(
            f"warmup setting expects input '{key}' to have input_data_type set, one of "
            f"'zero_data', 'random_data' and 'input_data_file', for {name}",
            path,
        )
    if escapes(tensor.input_data_file):
        yield Problem(
            f"warmup data file '{tensor.input_data_file}' of input '{key}' for {name} is outside "
            "model directory",
            f"{path}.input_data_file",
        )


def metrics_problems(config: ModelConfig) -> Problems:
    """Problems of the settings of single metrics."""
    controls = config.model_metrics.metric_control
    for index, control in enumerate(controls):
        path = f"model_metrics.metric_control[{index}]"
        family = control.metric_identifier.family
        if not control.HasField("metric_identifier"):
            yield Problem(
                f"metric control must specify 'metric_identifier' for {config.name}", path
            )
        elif not family:
            yield Problem(
                f"metric identifier must specify non-empty 'family' for {config.name}",
                f"{path}.metric_identifier",
            )
        buckets = list(control.histogram_options.buckets)
        where = f"{path}.histogram_options.buckets"
        if not control.HasField("histogram_options"):
            yield Problem(
                f"metric control must specify 'histogram_options' for {config.name}", path
            )
        elif not buckets:
            yield Problem(
                f"histogram options must specify non-empty 'buckets' for {config.name}",
                f"{path}.histogram_options",
            )
        elif any(math.isnan(b) for b in buckets) or sorted(set(buckets)) != buckets:
            yield problem(
                f"histogram options must specify 'buckets' in ascending order for {config.name}",
                where,
                buckets,
            )
    for index, family in duplicates(control.metric_identifier.family for control in controls):
        yield Problem(
            f"metric family '{family}' is configured more than once for {config.name}",
            f"model_metrics.metric_control[{index}].metric_identifier.family",
        )
