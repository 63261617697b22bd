# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""A response for each element of IN, each DELAY milliseconds after the one before.

A thread sends them. ``execute`` returns after WAIT milliseconds, so that the next request may begin
while this one's responses still come.
"""

import json
import threading
import time

import numpy as np
import triton_python_backend_utils as pb_utils


class TritonPythonModel:
    def initialize(self, args):
        if not pb_utils.using_decoupled_model_transaction_policy(json.loads(args["model_config"])):
            raise pb_utils.TritonModelException(
                f"{args['model_name']} answers a request with any number of responses: "
                "its configuration needs model_transaction_policy { decoupled: true }")
        self.sending = set()

    def execute(self, requests):
        for request in requests:
            values, delays, wait = (
                pb_utils.get_input_tensor_by_name(request, name).as_numpy()
                for name in ("IN", "DELAY", "WAIT"))
            sender = request.get_response_sender()
            if values.shape != delays.shape:
                sender.send(
                    pb_utils.InferenceResponse(error=pb_utils.TritonError(
                        f"IN has {values.size} elements, DELAY has {delays.size}",
                        pb_utils.TritonError.INVALID_ARG)),
                    flags=pb_utils.TRITONSERVER_RESPONSE_COMPLETE_FINAL)
                continue
            thread = threading.Thread(target=self.send, args=(sender, values, delays))
            self.sending.add(thread)
            thread.start()
            time.sleep(wait[0] / 1000)

    def send(self, sender, values, delays):
        for index, (value, delay) in enumerate(zip(values, delays)):
            time.sleep(delay / 1000)
            sender.send(pb_utils.InferenceResponse([
                pb_utils.Tensor("OUT", np.array([value], np.int32)),
                pb_utils.Tensor("IDX", np.array([index], np.uint32))]))
        sender.send(flags=pb_utils.TRITONSERVER_RESPONSE_COMPLETE_FINAL)
        self.sending.discard(threading.current_thread())

    def finalize(self):
        for thread in list(self.sending):
            thread.join()
