# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Whether outputs are what the model's configuration says: a word in the log where they are not.

Triton takes them as they are, and leaves out those that the configuration does not have: models count on it,
and a misspelled name is hard to find.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


class OutputCheck:
    """Looks at outputs of a kind (name, data type, rank) that it has not seen yet."""

    def __init__(self, model: str, config: dict[str, Any], utils: Any) -> None:
        self._model = model
        self._utils = utils
        self._batched = int(config.get("max_batch_size", 0)) > 0
        self._outputs = {output["name"]: output for output in config.get("output", ())}
        self._seen: set[tuple[str, int, int]] = set()

    def look_at(self, tensors: Sequence[Any], request: int) -> None:
        for tensor in tensors:
            kind = (tensor._name, tensor._type, len(tensor._shape))
            if kind not in self._seen:
                self._seen.add(kind)
                wrong = self._wrong(tensor)
                if wrong:
                    self._utils.Logger.log_warn(
                        f"model '{self._model}': output '{tensor._name}' of request {request} {wrong}")

    def _wrong(self, tensor: Any) -> str:
        output = self._outputs.get(tensor._name)
        if output is None:
            names = ", ".join(self._outputs) or "none"
            return f"is none of the configuration's ({names}), and is left out"
        numpy_type = self._utils.TRITON_STRING_TO_NUMPY.get(output["data_type"])
        number = 14 if output["data_type"] == "TYPE_BF16" else self._utils.numpy_to_triton_type(numpy_type)
        if number != tensor._type:
            return f"is of {_type_name(self._utils, tensor._type)}, where the configuration says {output['data_type']}"
        dims = [int(d) for d in output.get("reshape", {}).get("shape", output["dims"])]
        shape = list(tensor._shape)
        batched = self._batched and not output.get("is_shape_tensor", False)
        rest = shape[1:] if batched else shape
        if (batched and not shape) or len(rest) != len(dims) or any(d not in (-1, n) for d, n in zip(dims, rest)):
            said = f"{['batch', *dims] if batched else dims}".replace("'", "")
            return f"is of shape {shape}, where the configuration says {said}"
        return ""


def _type_name(utils: Any, number: int) -> str:
    if number == 14:
        return "TYPE_BF16"
    kind = utils.triton_to_numpy_type(number)
    return next((name for name, one in utils.TRITON_STRING_TO_NUMPY.items() if one is not None
                 and utils.numpy_to_triton_type(one) == number), str(kind))
