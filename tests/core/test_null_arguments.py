# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Every function of the ABI survives null handles and says so.

Each function is called with every pointer null and every number zero, all in one child process
per header: a crash names the last function that was announced.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

import triton_py.core

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

CHILD = r"""
import ctypes, json, sys
import triton_py.core
lib = ctypes.CDLL(triton_py.core.LIBRARY)
lib.TRITONSERVER_ErrorMessage.restype = ctypes.c_char_p
for f in json.load(open(sys.argv[1])):
    print("call", f["name"], flush=True)
    function = getattr(lib, f["name"])
    returns_error = f["returns"].endswith("TRITONSERVER_Error *")
    returns_text = f["returns"] == "const char *"
    function.restype = (ctypes.c_void_p if f["returns"].endswith("*") else
                        None if f["returns"] == "void" else ctypes.c_int)
    arguments = [ctypes.c_double(0) if a.replace("const ", "").startswith("double ")
                 and "*" not in a else ctypes.c_void_p(0) for a in f["args"]]
    result = function(*arguments)
    if returns_error and f["name"] != "TRITONSERVER_ErrorNew":
        message = ctypes.string_at(
            lib.TRITONSERVER_ErrorMessage(ctypes.c_void_p(result))) if result else None
        print("result", f["name"], json.dumps(message.decode() if message else None), flush=True)
        if result:
            lib.TRITONSERVER_ErrorDelete(ctypes.c_void_p(result))
"""

# What is allowed to say nothing about nulls: deleting nothing is fine, and these change the
# process's log or ask nothing of their handle.
SILENT = {
    "TRITONSERVER_BufferAttributesDelete",
    "TRITONSERVER_InferenceRequestDelete",
    "TRITONSERVER_InferenceTraceDelete",
    "TRITONSERVER_MessageDelete",
    "TRITONSERVER_MetricArgsDelete",
    "TRITONSERVER_MetricsDelete",
    "TRITONSERVER_ResponseAllocatorDelete",
    "TRITONSERVER_ServerDelete",
    "TRITONSERVER_ServerOptionsDelete",
    "TRITONSERVER_ServerOptionsSetLogError",
    "TRITONSERVER_ServerOptionsSetLogFormat",
    "TRITONSERVER_ServerOptionsSetLogInfo",
    "TRITONSERVER_ServerOptionsSetLogVerbose",
    "TRITONSERVER_ServerOptionsSetLogWarn",
    "TRITONBACKEND_ModelInstanceResponseStatisticsDelete",
}


def functions(header: str) -> list[dict]:
    with open(os.path.join(ROOT, "cbackend", "abi", "abi.json")) as f:
        table = json.load(f)["functions"]
    return [f for f in table if f["implemented_by"] == "server" and f["header"] == header]


@pytest.mark.parametrize(
    "header", ["tritonserver.h", "tritonbackend.h", "tritoncache.h", "tritonrepoagent.h"]
)
def test_null_arguments(header, tmp_path):
    wanted = functions(header)
    assert wanted
    listing = tmp_path / "functions.json"
    listing.write_text(json.dumps(wanted))
    package = os.path.dirname(os.path.dirname(triton_py.core.__path__[0]))
    done = subprocess.run(
        [sys.executable, "-c", CHILD, str(listing)], capture_output=True, text=True, timeout=60,
        check=False,  # a crash is reported below, with the function it happened in
        env={**os.environ, "PYTHONPATH": package},
    )
    lines = done.stdout.splitlines()
    assert done.returncode == 0, f"died in {lines[-1] if lines else '?'}: {done.stderr[-2000:]}"
    answers = {}
    for line in lines:
        if line.startswith("result "):
            _, name, text = line.split(" ", 2)
            answers[name] = json.loads(text)
    silent = {name for name, message in answers.items() if message is None}
    assert silent <= SILENT
    # A sentence, not a bare word.
    assert not {n: m for n, m in answers.items() if m is not None and len(m.split()) < 3}
