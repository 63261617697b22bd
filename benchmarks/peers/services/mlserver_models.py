# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""For MLServer, which loads a class by its name in ``model-settings.json``."""

import numpy as np
from mlserver import MLModel
from mlserver.codecs import NumpyCodec, StringCodec
from mlserver.types import InferenceRequest, InferenceResponse, ResponseOutput


class _Model(MLModel):
    async def load(self) -> bool:
        return True

    async def predict(self, payload: InferenceRequest) -> InferenceResponse:
        return InferenceResponse(model_name=self.name, outputs=self.outputs_of(payload))

    def outputs_of(self, payload: InferenceRequest) -> list[ResponseOutput]:
        raise NotImplementedError


class AddSub(_Model):
    """The sum and the difference of two tensors."""

    def outputs_of(self, payload: InferenceRequest) -> list[ResponseOutput]:
        given = {one.name: NumpyCodec.decode_input(one) for one in payload.inputs}
        a, b = given["INPUT0"], given["INPUT1"]
        return [NumpyCodec.encode_output("OUTPUT0", a + b),
                NumpyCodec.encode_output("OUTPUT1", a - b)]


class Passed(_Model):
    """The input as the output."""

    def outputs_of(self, payload: InferenceRequest) -> list[ResponseOutput]:
        given: np.ndarray = NumpyCodec.decode_input(payload.inputs[0])
        return [NumpyCodec.encode_output("OUTPUT0", given)]


class Upper(_Model):
    """Each string in upper case."""

    def outputs_of(self, payload: InferenceRequest) -> list[ResponseOutput]:
        given = StringCodec.decode_input(payload.inputs[0])
        return [StringCodec.encode_output("OUTPUT0", [text.upper() for text in given])]
