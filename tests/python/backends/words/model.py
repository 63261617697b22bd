# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""A Python-based backend as those of language models are: an asynchronous engine with arguments from
``model.json``, an event loop on a thread of its own, streams of responses, and a look at who has gone.

The engine makes up words instead of computing them. All else is what a backend needs for a real one.
"""

from __future__ import annotations

import asyncio
import json
import os
import threading
from collections.abc import AsyncIterator
from typing import Any

import numpy as np
import triton_python_backend_utils as pb_utils


class Engine:
    """Gives every request that runs its next word in one step, as engines with continuous batching do."""

    def __init__(self, vocabulary: list[str], step_seconds: float) -> None:
        self._vocabulary = vocabulary
        self._step_seconds = step_seconds
        self._running: dict[asyncio.Queue[str], int] = {}
        self._wanted = asyncio.Event()
        self.widest = 0

    async def run(self) -> None:
        while True:
            await self._wanted.wait()
            self.widest = max(self.widest, len(self._running))
            for queue, number in self._running.items():
                queue.put_nowait(self._vocabulary[number % len(self._vocabulary)])
                self._running[queue] = number + 1
            await asyncio.sleep(self._step_seconds)

    async def generate(self, begin: int) -> AsyncIterator[str]:
        """Words without end; whoever stops listening is no work any more."""
        queue: asyncio.Queue[str] = asyncio.Queue()
        self._running[queue] = begin
        self._wanted.set()
        try:
            while True:
                yield await queue.get()
        finally:
            del self._running[queue]
            if not self._running:
                self._wanted.clear()


class TritonPythonModel:
    @staticmethod
    def auto_complete_config(config: Any) -> Any:
        for name, datatype, optional in (("text_input", "TYPE_STRING", False), ("max_tokens", "TYPE_INT32", True)):
            config.add_input({"name": name, "data_type": datatype, "dims": [1], "optional": optional})
        config.add_output({"name": "text_output", "data_type": "TYPE_STRING", "dims": [1]})
        config.set_model_transaction_policy({"decoupled": True})
        config.set_max_batch_size(0)
        return config

    def initialize(self, args: dict[str, str]) -> None:
        with open(os.path.join(pb_utils.get_model_dir(), "model.json"), encoding="utf-8") as file:
            arguments = json.load(file)
        # The engine's own thread: execute returns at once, so that requests join those that run.
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="engine", daemon=True)
        self._thread.start()
        self._engine = self._on_loop(self._made(arguments)).result()
        self._stepping = self._on_loop(self._engine.run())
        self._answering: set[Any] = set()
        family = pb_utils.MetricFamily(name="words_requests", description="How requests ended.",
                                       kind=pb_utils.MetricFamily.COUNTER)
        self._ended = {how: family.Metric(labels={"model": args["model_name"], "how": how})
                       for how in ("complete", "cancelled", "failed")}

    def execute(self, requests: list[Any]) -> None:
        for request in requests:
            future = self._on_loop(self._answer(request, request.get_response_sender()))
            self._answering.add(future)
            future.add_done_callback(self._answering.discard)

    def finalize(self) -> None:
        """Waits for what is under way, then ends the engine."""
        for future in list(self._answering):
            future.result()
        pb_utils.Logger.log_info(f"words: the widest step was {self._engine.widest}")
        self._stepping.cancel()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def _on_loop(self, coroutine: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop)

    @staticmethod
    async def _made(arguments: dict[str, Any]) -> Engine:
        return Engine(**arguments)  # what belongs to the loop is made on it

    async def _answer(self, request: Any, sender: Any) -> None:
        how, error = "complete", None
        try:
            how = await self._stream(request, sender)
        except Exception as raised:  # noqa: BLE001 - whatever it was, the request gets an answer
            how = "failed"
            error = pb_utils.InferenceResponse(error=pb_utils.TritonError(f"{type(raised).__name__}: {raised}"))
        self._ended[how].increment(1)
        sender.send(error, flags=pb_utils.TRITONSERVER_RESPONSE_COMPLETE_FINAL)

    async def _stream(self, request: Any, sender: Any) -> str:
        prompt = pb_utils.get_input_tensor_by_name(request, "text_input").as_numpy()[0].decode()
        most = pb_utils.get_input_tensor_by_name(request, "max_tokens")
        left = 4 if most is None else int(most.as_numpy()[0])
        if left <= 0:
            raise ValueError(f"max_tokens is {left}, and 1 at least is needed")
        words = self._engine.generate(len(prompt))
        try:
            async for word in words:
                if sender.is_cancelled():
                    return "cancelled"
                text = pb_utils.Tensor("text_output", np.array([word], dtype=object))
                sender.send(pb_utils.InferenceResponse([text]))
                left -= 1
                if left == 0:
                    break
        finally:
            await words.aclose()
        return "complete"
