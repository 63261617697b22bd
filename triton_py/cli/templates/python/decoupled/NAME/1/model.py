# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The model NAME: answers one request with several responses, as a language model does.

The server makes one TritonPythonModel for each instance, and calls its methods from one thread.
"""

from __future__ import annotations

import numpy as np
import triton_python_backend_utils as pb_utils


class TritonPythonModel:
    """The class has to have this name. Of its methods only execute() has to be there."""

    def initialize(self, args: dict[str, str]) -> None:
        """Called once, before the first request: the place to load weights. If it raises, the model
        is not served.

        ``args`` has model_name, model_version, model_repository (the model's folder),
        model_instance_name, model_instance_kind and model_instance_device_id, and model_config: the
        configuration as JSON.
        """
        self.name = args["model_name"]

    def execute(self, requests: list[pb_utils.InferenceRequest]) -> None:
        """Called with one or more requests. Responses go through their senders, so it returns None.

        It may hand the senders to a thread, or be ``async``: then the next requests come while the
        responses to these are still being made.
        """
        for request in requests:
            sender = request.get_response_sender()
            text = pb_utils.get_input_tensor_by_name(request, "TEXT").as_numpy()[0]  # bytes
            try:
                words = text.decode().split()
            except UnicodeDecodeError as error:
                sender.send(
                    pb_utils.InferenceResponse(error=pb_utils.TritonError(
                        f"TEXT is not UTF-8: {error}", pb_utils.TritonError.INVALID_ARG)),
                    flags=pb_utils.TRITONSERVER_RESPONSE_COMPLETE_FINAL)
                continue
            for word in words:
                if sender.is_cancelled():  # the client has gone
                    break
                output = pb_utils.Tensor("WORD", np.array([word], np.object_))
                sender.send(pb_utils.InferenceResponse([output]))
            # Each request has to end so, also one without a response. The flag may also go with
            # the last response.
            sender.send(flags=pb_utils.TRITONSERVER_RESPONSE_COMPLETE_FINAL)

    def finalize(self) -> None:
        """Called once, when the model is unloaded: the place to close what initialize() opened."""
