# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Python models and GPU memory: inputs, outputs, requests to other models, in both isolations."""

from __future__ import annotations

import ctypes
import gc
import importlib
import itertools
import os
import shutil
import signal
import time
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import python_support
from cuda_calls import DeviceMemory, Runtime
from python_support import add_model, tensors

from triton_py import MemoryBuffer, MemoryType, Server, Tensor, TritonError, UnavailableError
from triton_py.conformance.cuda import runtime as cuda_runtime

pytestmark = pytest.mark.gpu

HERE = Path(__file__).resolve().parent
ECHO = tensors("input", "IN FP32 -1") + tensors("output", "OUT FP32 -1")
STAYS = 'parameters { key: "FORCE_CPU_ONLY_INPUT_TENSORS" value { string_value: "no" } }'
GPU = ECHO + STAYS
HEAD = python_support.HEAD + "import gpu_arrays\nfrom gpu_arrays import GpuArray, content\n"

#: Copied on their way, and shown where they are: an allocation is opened from 1 MiB on.
SHORT = np.arange(1000, dtype=np.float32)
LONG = np.arange(600_000, dtype=np.float32)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    of_processes = metafunc.definition.get_closest_marker("of_processes") is not None
    metafunc.parametrize("isolation", ["process"] if of_processes else ["process", "inprocess"], indirect=True)


@pytest.fixture(autouse=True)
def isolation(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(python_support, "ISOLATION", request.param)
    path = os.environ.get("TRITON_PY_CUDART") or cuda_runtime()._name
    monkeypatch.setenv("GPU_ARRAYS_RUNTIME", path)
    chosen: str = request.param
    return chosen


@pytest.fixture(autouse=True)
def nothing_left_of_cuda(runtime: Runtime) -> Iterator[None]:
    """This process has freed and closed what it had; as far as the runtime says so, which the stand-in does."""
    counter = getattr(cuda_runtime(), "stand_in_count", None)
    before = None if counter is None else (counter(0), counter(1))
    yield
    gc.collect()
    assert counter is None or (counter(0), counter(1)) == before


def add(repository: Path, name: str, code: str, config: str = GPU) -> Path:
    """A model of one instance, however many GPUs there are."""
    folder = add_model(repository, name, code, config + "instance_group { kind: KIND_CPU }", HEAD)
    shutil.copy(HERE / "gpu_arrays.py", folder / "1")
    return folder


def answering(body: str, head: str = "def execute(self, requests):") -> str:
    """Of a class: ``execute`` that makes ``out``, a tensor or an array, of each ``given``."""
    return f"""
{head}
    answers = []
    for request in requests:
        given = request.inputs()[0]
{body}
        if not isinstance(out, pb_utils.Tensor):
            out = pb_utils.Tensor("OUT", np.array(out, np.float32).reshape(-1))
        answers.append(pb_utils.InferenceResponse([out]))
    return answers
"""


def ask(server: Server, model: str, data: Any) -> np.ndarray:
    (response,) = server.model(model).infer(inputs={"IN": data})
    return np.array(response["OUT"].numpy())


def await_true(condition: Callable[[], bool]) -> None:
    """What is let go of in another process is known here a moment later."""
    until = time.monotonic() + 20
    while not condition():
        gc.collect()
        assert time.monotonic() < until
        time.sleep(0.002)


def unshareable(array: np.ndarray, device: int = 0) -> Tensor:
    """A copy in memory that no other process can open."""
    library, pointer = cuda_runtime(), ctypes.c_void_p()
    size = ctypes.c_size_t(array.nbytes)
    assert library.cudaSetDevice(device) == 0
    assert library.cudaMallocAsync(ctypes.byref(pointer), size, None) == 0
    assert library.cudaStreamSynchronize(None) == 0
    assert library.cudaMemcpy(pointer, ctypes.c_void_p(array.ctypes.data), size, 4) == 0
    memory = DeviceMemory()

    def free(address: int) -> None:
        assert library.cudaSetDevice(device) == 0
        assert library.cudaFree(ctypes.c_void_p(address)) == 0

    assert pointer.value is not None
    weakref.finalize(memory, free, pointer.value)
    buffer = MemoryBuffer(pointer.value, MemoryType.GPU, device, array.nbytes, memory)
    return Tensor(Tensor.from_numpy(array).data_type, array.shape, buffer)


# ---- inputs


WHERE = answering("""
        if given.is_cpu():
            out = [-1, given.as_numpy().sum(dtype=np.float64), 0, 0]
        else:
            array, device, place = content(given)
            assert device == given.__dlpack_device__() and device[0] == 2
            assert array.dtype == np.float32 and given.shape() == list(array.shape)
            out = [device[1], array.sum(dtype=np.float64), gpu_arrays.count(1), gpu_arrays.count(0)]
""")


@pytest.mark.parametrize("data", [SHORT, LONG], ids=["short", "long"])
def test_an_input_stays_in_gpu_memory(tmp_path: Path, runtime: Runtime, data: np.ndarray) -> None:
    add(tmp_path, "m", WHERE)
    add(tmp_path, "forced", WHERE, ECHO)
    total = np.float32(data.sum(dtype=np.float64))
    with Server(model_repository=tmp_path) as server:
        for device in range(runtime.devices):
            there = runtime.to_gpu(data, device)
            for _ in range(3):
                assert ask(server, "m", there)[:2].tolist() == [device, total]
        assert ask(server, "m", data)[:2].tolist() == [-1, total]
        # As it is without the parameter.
        assert ask(server, "forced", runtime.to_gpu(data))[:2].tolist() == [-1, total]


def test_a_long_input_is_the_clients_memory(tmp_path: Path, runtime: Runtime, isolation: str) -> None:
    """In a process of its own it is opened while somebody has it, and closed then."""
    if not hasattr(cuda_runtime(), "stand_in_count"):
        pytest.skip("not run: a GPU, but no stand-in, which counts what a process has open")
    add(tmp_path, "m", WHERE)
    with Server(model_repository=tmp_path) as server:
        _, _, opened, allocations = ask(server, "m", runtime.to_gpu(LONG))
        assert (opened, allocations) == ((1, 0) if isolation == "process" else (0, 1))
        # It was closed; what is copied is in buffers of the server's, which stay open: two where the first was not
        # given back when the next request came.
        for _ in range(4):
            _, _, opened, _ = ask(server, "m", runtime.to_gpu(SHORT))
            assert opened in ((1, 2) if isolation == "process" else (0,))


def test_as_numpy_says_where_it_is(tmp_path: Path, runtime: Runtime) -> None:
    add(tmp_path, "m", answering("        out = given.as_numpy()"))
    with (Server(model_repository=tmp_path) as server,
          pytest.raises(TritonError, match="tensor 'IN' is in GPU memory, where numpy can't read it: use to_dlpack")):
        ask(server, "m", runtime.to_gpu(SHORT))


def test_memory_that_no_other_process_can_open(tmp_path: Path, runtime: Runtime) -> None:
    """A copy of it is, on the same device."""
    add(tmp_path, "m", WHERE)
    device = runtime.devices - 1
    with Server(model_repository=tmp_path) as server:
        got = ask(server, "m", unshareable(LONG, device))
        assert got[:2].tolist() == [device, np.float32(LONG.sum(dtype=np.float64))]


def test_strings_are_in_cpu_memory(tmp_path: Path, runtime: Runtime) -> None:
    add(tmp_path, "m", answering("        out = [given.is_cpu(), *map(len, given.as_numpy())]"),
        tensors("input", "IN STRING -1") + tensors("output", "OUT FP32 -1") + STAYS)
    strings = Tensor.from_numpy(np.array([b"a", b"bc" * 50], np.object_))
    raw = np.frombuffer(b"\x01\0\0\0a\x64\0\0\0" + b"bc" * 50, np.uint8)
    there = runtime.to_gpu(raw)
    with Server(model_repository=tmp_path) as server:
        assert ask(server, "m", Tensor(strings.data_type, strings.shape, there.memory_buffer)).tolist() == [1, 1, 100]


def test_an_input_that_is_kept_stays_as_it_was(tmp_path: Path, runtime: Runtime) -> None:
    """Its memory is not the client's to free until the model lets go of it; the next are copies, which hold no
    request up."""
    add(tmp_path, "m", """
        def initialize(self, args):
            self.kept = []

        def execute(self, requests):
            answers = []
            for r in requests:
                given = r.inputs()[0]
                if given.is_cpu():
                    self.kept.clear()
                else:
                    self.kept.append(given)
                sums = np.array([content(kept)[0].sum(dtype=np.float64) for kept in self.kept], np.float32)
                answers.append(pb_utils.InferenceResponse([pb_utils.Tensor("OUT", sums)]))
            return answers
        """)
    expected: list[float] = []
    memories = []
    with Server(model_repository=tmp_path) as server:
        for i in range(4):
            data = LONG + i
            there = runtime.to_gpu(data)
            memories.append(weakref.ref(there.memory_buffer.owner))
            expected.append(np.float32(data.sum(dtype=np.float64)))
            assert ask(server, "m", there).tolist() == expected
            del there
        await_true(lambda: [memory() is None for memory in memories] == [False, True, True, True])
        assert ask(server, "m", SHORT).tolist() == []
        await_true(lambda: memories[0]() is None)


def test_a_value_that_means_nothing(tmp_path: Path) -> None:
    add(tmp_path, "m", WHERE, ECHO + STAYS.replace('"no"', '"never"'))
    with (Server(model_repository=tmp_path, model_control_mode="explicit") as server,
          pytest.raises(TritonError, match="FORCE_CPU_ONLY_INPUT_TENSORS is 'never': 'yes' or 'no' is expected")):
        server.load("m")


# ---- outputs


@pytest.mark.parametrize("made", ["there", "there.capsule()", "GpuArray(data, device, asynchronous=True)"],
                         ids=["object", "capsule", "unshareable"])
@pytest.mark.parametrize("data", [SHORT, LONG], ids=["short", "long"])
def test_an_output_in_gpu_memory(tmp_path: Path, runtime: Runtime, data: np.ndarray, made: str) -> None:
    add(tmp_path, "m", answering(f"""
        data, device = given.as_numpy() * 2, {runtime.devices - 1}
        there = GpuArray(data, device)
        out = pb_utils.Tensor.from_dlpack("OUT", {made})
        assert not out.is_cpu() and out.__dlpack_device__() == (2, device)
        assert all(stream == 1 for stream in there.streams)
        assert len(there.streams) == ({made!r} == "there")
"""), ECHO)
    with Server(model_repository=tmp_path) as server:
        for _ in range(3):
            assert np.array_equal(ask(server, "m", data), data * 2)


def test_what_is_the_servers_is_handed_on(tmp_path: Path, runtime: Runtime, isolation: str) -> None:
    """As a response, to another model, and what that has answered: nothing of it is opened for that."""
    add(tmp_path, "other", answering('        out = pb_utils.Tensor.from_dlpack("OUT", given)'))
    add(tmp_path, "m", answering("""
        opened = gpu_arrays.count(1)
        first = pb_utils.InferenceRequest(model_name="other", requested_output_names=["OUT"], inputs=[given]).exec()
        assert not first.has_error(), first.error().message()
        (got,) = first.output_tensors()
        second = pb_utils.InferenceRequest(
            model_name="other", requested_output_names=["OUT"],
            inputs=[pb_utils.Tensor.from_dlpack("IN", got)]).exec()
        (out,) = second.output_tensors()
        assert [t.is_cpu() for t in (given, got, out)] == [False] * 3
        assert out.__dlpack_device__() == given.__dlpack_device__()
        assert opened < 0 or gpu_arrays.count(1) == opened
        # A capsule is the tensor, too.
        out = pb_utils.Tensor.from_dlpack("OUT", out.to_dlpack())
        assert np.array_equal(content(out)[0], content(given)[0])
        del first, second, got
"""))
    with Server(model_repository=tmp_path) as server:
        for data, device in itertools.product((SHORT, LONG), range(runtime.devices)):
            for _ in range(2):
                there = runtime.to_gpu(data, device)
                memory = weakref.ref(there.memory_buffer.owner)
                assert np.array_equal(ask(server, "m", there), data)
                del there
                await_true(lambda memory=memory: memory() is None)


def test_responses_of_a_decoupled_model(tmp_path: Path) -> None:
    """Sent from a thread, after execute; what was sent is freed when it was copied."""
    add(tmp_path, "m", """
        def execute(self, requests):
            import threading
            for request in requests:
                threading.Thread(target=self.answer, args=(request.get_response_sender(),)).start()

        def answer(self, sender):
            for i in range(4):
                there = pb_utils.Tensor.from_dlpack("OUT", GpuArray(np.full(400_000, i, np.float32)))
                sender.send(pb_utils.InferenceResponse([there]))
                del there
                assert not gpu_arrays.lent
            sender.send(flags=pb_utils.TRITONSERVER_RESPONSE_COMPLETE_FINAL)
        """, ECHO + "model_transaction_policy { decoupled: true }")
    with Server(model_repository=tmp_path) as server:
        *responses, last = server.model("m").infer(inputs={"IN": SHORT})
        got = [response["OUT"].numpy() for response in responses]
        assert [(len(one), set(one.tolist())) for one in got] == [(400_000, {i}) for i in range(4)]
        assert not last.outputs


@pytest.mark.of_processes
def test_a_server_without_gpus_gets_outputs_all_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    add(tmp_path, "m", answering('        out = pb_utils.Tensor.from_dlpack("OUT", GpuArray(given.as_numpy()))'))
    monkeypatch.setenv("TRITON_SERVER_CPU_ONLY", "1")
    with Server(model_repository=tmp_path) as server:
        for data in (SHORT, LONG):
            assert np.array_equal(ask(server, "m", data), data)


# ---- requests to other models


def called(more: str = "", outputs: str = '["OUT"]') -> str:
    return f'pb_utils.InferenceRequest(model_name="other", requested_output_names={outputs}, inputs=[there]{more})'


ON_GPU = ", preferred_memory=pb_utils.PreferredMemory(pb_utils.TRITONSERVER_MEMORY_GPU, device)"
#: Says where its input is by the first element, and answers in GPU memory where the second is 1.
OTHER = answering("""
        array = given.as_numpy() if given.is_cpu() else content(given)[0]
        made = array * 2
        made[0] = -1 if given.is_cpu() else given.__dlpack_device__()[1]
        out = pb_utils.Tensor("OUT", made)
        if array[1]:
            out = pb_utils.Tensor.from_dlpack("OUT", GpuArray(made))
""")


def test_a_request_to_another_model(tmp_path: Path, runtime: Runtime) -> None:
    """Its input stays on the device; its output is where it is wanted, or where the other model has it."""
    device = runtime.devices - 1
    add(tmp_path, "other", OTHER)
    add(tmp_path, "m", answering(f"""
        device, data = {device}, given.as_numpy()
        there = pb_utils.Tensor.from_dlpack("IN", GpuArray(data, device))
        if data[2] < 0:
            got = {called()}.exec()
        else:
            memory = pb_utils.PreferredMemory(int(data[2]), device)
            got = {called(", preferred_memory=memory")}.exec()
        assert not got.has_error(), got.error().message()
        del there
        first = got.output_tensors()[0]
        array = first.as_numpy() if first.is_cpu() else content(first)[0]
        where = -1 if first.is_cpu() else first.__dlpack_device__()[1]
        out = [where, *array]
"""))
    anywhere, cpu, gpu = -1, 0, 2
    with Server(model_repository=tmp_path) as server:
        for size, preferred, answers_on_gpu in itertools.product((1000, 600_000), (anywhere, cpu, gpu), (0, 1)):
            data = np.arange(size, dtype=np.float32)
            data[1:3] = answers_on_gpu, preferred
            expected = data * 2
            expected[0] = device
            where = {gpu: device, cpu: -1, anywhere: 0 if answers_on_gpu else -1}[preferred]
            for _ in range(2):
                got = ask(server, "m", data)
                assert got[0] == where, (size, preferred, answers_on_gpu)
                assert np.array_equal(got[1:], expected)


def test_responses_of_another_model_that_is_decoupled(tmp_path: Path) -> None:
    """One that nobody asks for is dropped, with its memory."""
    add(tmp_path, "other", """
        def execute(self, requests):
            for request in requests:
                sender = request.get_response_sender()
                for i in range(5):
                    there = GpuArray(content(request.inputs()[0])[0] + i)
                    sender.send(pb_utils.InferenceResponse([pb_utils.Tensor.from_dlpack("OUT", there)]))
                sender.send(flags=pb_utils.TRITONSERVER_RESPONSE_COMPLETE_FINAL)
        """, GPU + "model_transaction_policy { decoupled: true }")
    add(tmp_path, "m", answering(f"""
        device = 0
        there = pb_utils.Tensor.from_dlpack("IN", GpuArray(given.as_numpy()))
        responses = {called(ON_GPU)}.exec(decoupled=True)
        del there
        out = []
        for response in responses:
            tensors = response.output_tensors()
            if tensors:
                assert not tensors[0].is_cpu()
                out.append(content(tensors[0])[0][-1])
            if len(out) == given.as_numpy()[0]:
                break
        del responses
"""))
    with Server(model_repository=tmp_path) as server:
        for count in (5, 2, 5):
            data = np.full(500_000, count, np.float32)
            assert ask(server, "m", data).tolist() == [count + i for i in range(count)]


def test_a_response_that_is_kept(tmp_path: Path) -> None:
    """Its memory is the model's as long as it has it, also in the model's process when the server's part of the
    instance is gone."""
    add(tmp_path, "other", answering('        out = pb_utils.Tensor("OUT", given.as_numpy())'))
    add(tmp_path, "m", """
        kept = []

        def execute(self, requests):
            answers = []
            for r in requests:
                device, there = 0, r.inputs()[0]
                request = pb_utils.InferenceRequest(
                    model_name="other", requested_output_names=["OUT"], inputs=[there],
                    preferred_memory=pb_utils.PreferredMemory(pb_utils.TRITONSERVER_MEMORY_GPU))
                self.kept.append(request.exec().output_tensors()[0])
                sums = np.array([content(kept)[0].sum(dtype=np.float64) for kept in self.kept], np.float32)
                answers.append(pb_utils.InferenceResponse([pb_utils.Tensor("OUT", sums)]))
            return answers
        """)
    expected = []
    with Server(model_repository=tmp_path) as server:
        for i in range(3):
            expected.append(np.float32((LONG + i).sum(dtype=np.float64)))
            assert ask(server, "m", LONG + i).tolist() == expected


# ---- what goes wrong


@pytest.mark.of_processes
def test_a_process_ends_with_memory_that_it_has_open(tmp_path: Path, runtime: Runtime) -> None:
    add(tmp_path, "other", answering('        out = pb_utils.Tensor("OUT", given.as_numpy())'), ECHO)
    add(tmp_path, "m", """
        def execute(self, requests):
            import os
            there = requests[0].inputs()[0]
            array = content(there)[0]
            own = GpuArray(array)
            got = pb_utils.InferenceRequest(
                model_name="other", requested_output_names=["OUT"], inputs=[there],
                preferred_memory=pb_utils.PreferredMemory(pb_utils.TRITONSERVER_MEMORY_GPU)).exec()
            assert not got.output_tensors()[0].is_cpu()
            if array[0] < 0:
                os._exit(3)
            return [pb_utils.InferenceResponse([pb_utils.Tensor.from_dlpack("OUT", own)])]
        """)
    with Server(model_repository=tmp_path) as server:
        for _ in range(2):
            there = runtime.to_gpu(-1 - LONG)
            memory = weakref.ref(there.memory_buffer.owner)
            with pytest.raises(UnavailableError, match="the process of model instance 'm_0.*' ended with status 3"):
                ask(server, "m", there)
            del there
            await_true(lambda memory=memory: memory() is None)
            assert np.array_equal(ask(server, "m", runtime.to_gpu(LONG)), LONG)


@pytest.mark.of_processes
def test_a_process_ends_between_two_requests(tmp_path: Path, runtime: Runtime) -> None:
    """What it has kept of an input goes back to the client."""
    add(tmp_path, "m", """
        def execute(self, requests):
            import os
            self.kept = requests[0].inputs()[0]
            return [pb_utils.InferenceResponse([pb_utils.Tensor("OUT", np.array([os.getpid()], np.int32))])]
        """, tensors("input", "IN FP32 -1") + tensors("output", "OUT INT32 1") + STAYS)
    with Server(model_repository=tmp_path) as server:
        there = runtime.to_gpu(LONG)
        memory = weakref.ref(there.memory_buffer.owner)
        pid = int(ask(server, "m", there)[0])
        del there
        gc.collect()
        assert memory() is not None
        os.kill(pid, signal.SIGKILL)
        await_true(lambda: memory() is None)


@pytest.mark.of_processes
def test_a_runtime_that_a_models_process_does_not_find(
    tmp_path: Path, runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The model hears of it where it wants the memory, and lives on."""
    add(tmp_path, "first", WHERE)
    add(tmp_path, "m", WHERE)
    with Server(model_repository=tmp_path, model_control_mode="explicit", startup_models=["first"]) as server:
        # The server has found its own by now.
        monkeypatch.setenv("TRITON_PY_CUDART", "/nowhere/libcudart.so")
        server.load("m")
        for data in (SHORT, LONG):
            with pytest.raises(TritonError, match="needs the CUDA runtime, and '/nowhere/libcudart.so' "
                                                  r"\(TRITON_PY_CUDART\) can't be loaded"):
                ask(server, "m", runtime.to_gpu(data))
            assert ask(server, "m", data)[0] == -1
            assert ask(server, "first", runtime.to_gpu(data))[0] == 0


# ---- frameworks


def package(name: str) -> Any:
    """torch or cupy, if it can use the GPU that is there."""
    try:
        module = importlib.import_module(name)
    except ImportError:
        pytest.skip(f"not run: a GPU, but {name} isn't installed")
    if not module.cuda.is_available():
        pytest.skip(f"not run: a GPU, but {name} can't use it")
    return module


FRAMEWORKS = {
    "torch": """
        import torch
        x = torch.from_dlpack(given)
        assert x.is_cuda and x.dtype == torch.float32
        with torch.cuda.stream(torch.cuda.Stream()):
            y = x.clone()
            for _ in range(50):
                y = y * 1.5 / 1.5
            y = torch.round(y) * 2
            out = pb_utils.Tensor.from_dlpack("OUT", y)
""",
    "cupy": """
        import cupy
        x = cupy.from_dlpack(given)
        assert isinstance(x, cupy.ndarray) and x.dtype == cupy.float32
        with cupy.cuda.Stream(non_blocking=True):
            y = x.copy()
            for _ in range(50):
                y = y * 1.5 / 1.5
            y = cupy.rint(y) * 2
            out = pb_utils.Tensor.from_dlpack("OUT", y)
""",
}


@pytest.mark.parametrize("name", FRAMEWORKS)
def test_a_framework(tmp_path: Path, runtime: Runtime, name: str) -> None:
    """Work on a stream of its own is waited for."""
    package(name)
    add(tmp_path, "m", answering(FRAMEWORKS[name]))
    data = np.arange(4_000_000, dtype=np.float32)
    with Server(model_repository=tmp_path) as server:
        for size in (1000, 4_000_000):
            for _ in range(5):
                assert np.array_equal(ask(server, "m", runtime.to_gpu(data[:size])), data[:size] * 2)
