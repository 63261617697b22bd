# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""What becomes of a configuration: completed by a backend, replaced by a newer one."""

from __future__ import annotations

from typing import NamedTuple

from triton_py.errors import InternalError
from triton_py.proto.model_config import ModelConfig, ModelInstanceGroup

from .json_form import CONFIG_VERSION, from_json
from .normalize import normalize

#: What a backend may set, beside a scheduler where there is none and the transaction policy.
_BACKEND_SETS = ("max_batch_size", "input", "output")
_SCHEDULERS = ("dynamic_batching", "sequence_batching", "ensemble_scheduling")
#: Fields that a running model can take over without being loaded again.
_UPDATED_IN_PLACE = ("instance_group", "version_policy")


class Completed(NamedTuple):
    """A configuration that a backend has completed."""

    config: ModelConfig
    changed: list[str]  # top-level fields that the backend has set, normalization included
    ignored: list[str]  # top-level fields that it returned changed, but that aren't its to set


def changed_fields(before: ModelConfig, after: ModelConfig) -> list[str]:
    """The top-level fields in which two configurations differ, in the order of the .proto."""
    return [f.name for f in ModelConfig.DESCRIPTOR.fields if _differs(before, after, f.name)]


def _differs(before: ModelConfig, after: ModelConfig, name: str) -> bool:
    if ModelConfig.DESCRIPTOR.fields_by_name[name].has_presence and (
        before.HasField(name) != after.HasField(name)
    ):
        return True
    return bool(getattr(before, name) != getattr(after, name))


def apply_autocomplete(
    original: ModelConfig, returned_json: str | bytes, version: int = CONFIG_VERSION
) -> Completed:
    """Take over what a backend handed to TRITONBACKEND_ModelSetConfig; `original` stays as it is.

    A backend sets the maximum batch size, inputs and outputs, the scheduler where the configuration
    has none, and whether the model is decoupled. All else that differs in what it returned is
    ignored, and named in the result: name and backend are settled by then, and instance groups are
    made from the configuration that the model was created with. The result is normalized, not
    validated.

    Raises ConfigError when the JSON can't be read, InternalError when it has another scheduler than
    the configuration.
    """
    returned = from_json(returned_json, version)
    config = ModelConfig()
    config.CopyFrom(original)
    config.max_batch_size = returned.max_batch_size
    for name in ("input", "output"):
        config.ClearField(name)  # type: ignore[arg-type]
        getattr(config, name).extend(getattr(returned, name))
    taken = [*_BACKEND_SETS, *_take_scheduler(config, returned)]
    if returned.HasField("model_transaction_policy"):
        config.model_transaction_policy.decoupled = returned.model_transaction_policy.decoupled
        taken.append("model_transaction_policy")
    given = {field.name for field, _ in returned.ListFields()}.difference(taken)
    ignored = [name for name in changed_fields(original, returned) if name in given]
    normalize(config)
    return Completed(config, changed_fields(original, config), ignored)


def _take_scheduler(config: ModelConfig, returned: ModelConfig) -> list[str]:
    has, wants = (c.WhichOneof("scheduling_choice") for c in (config, returned))
    if has is None and wants is not None:
        getattr(config, wants).CopyFrom(getattr(returned, wants))
        return [wants]
    if has != wants:
        raise InternalError(
            f"Cannot update scheduling choice from {has} to {wants or 'none'} when auto-completing "
            f"model '{config.name}'."
        )
    return []


def requires_reload(before: ModelConfig, after: ModelConfig) -> bool:
    """Whether a model has to be loaded again for a new configuration to take effect.

    A change of nothing but instance groups and version policy is made while the model goes on
    serving. Both configurations have to be in the same state: as read, or normalized.
    """
    return any(name not in _UPDATED_IN_PLACE for name in changed_fields(before, after))


def instance_signature(group: ModelInstanceGroup) -> bytes:
    """A key that two instance groups share if an instance of the one can serve as one of the other.

    Name and count make no difference to an instance.
    """
    plain = ModelInstanceGroup()
    plain.CopyFrom(group)
    plain.name = ""
    plain.count = 1
    return plain.SerializeToString(deterministic=True)
