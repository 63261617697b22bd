# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The messages are the protocol's, the generated files are current, and the pool is our own."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from google.protobuf.internal import api_implementation

from triton_py.proto import _pool, grpc_service, model_config

ROOT = Path(__file__).resolve().parents[2]
TABLE = json.loads((Path(__file__).parent / "protocol.json").read_text())
MODULES = {"model_config.proto": model_config, "grpc_service.proto": grpc_service}

SCALARS = {
    1: "double", 2: "float", 3: "int64", 4: "uint64", 5: "int32",
    8: "bool", 9: "string", 12: "bytes", 13: "uint32",
}  # fmt: skip


def type_name(field):
    """A field's type as the table spells it."""
    message = field.message_type
    if message is not None and message.GetOptions().map_entry:
        key, value = (type_name(message.fields_by_name[name]) for name in ("key", "value"))
        return f"map<{key}, {value}>"
    if message is not None:
        return message.full_name
    return field.enum_type.full_name if field.enum_type is not None else SCALARS[field.type]


def is_repeated(field):
    """`label` is gone from newer protobuf, `is_repeated` is missing from older."""
    return field.is_repeated if hasattr(field, "is_repeated") else field.label == 3


def is_map(field):
    return field.message_type is not None and field.message_type.GetOptions().map_entry


def describe_enum(enum):
    return {"name": enum.full_name, "values": [[v.name, v.number] for v in enum.values]}


def describe_message(message):
    """A descriptor in the table's form, with fields and nested types sorted."""
    fields = []
    for field in message.fields:
        entry = {"number": field.number, "name": field.name, "type": type_name(field)}
        if is_repeated(field) and not is_map(field):
            entry["repeated"] = True
        if field.containing_oneof is not None:
            entry["oneof"] = field.containing_oneof.name
        fields.append(entry)
    return normal({
        "name": message.full_name,
        "fields": fields,
        "nested": [
            describe_message(n) for n in message.nested_types if not n.GetOptions().map_entry
        ],
        "enums": [describe_enum(e) for e in message.enum_types],
    })  # fmt: skip


def normal(message):
    """One spelling for what the table may leave out."""
    return {
        "name": message["name"],
        "fields": sorted(message["fields"], key=lambda f: f["number"]),
        "nested": sorted((normal(n) for n in message.get("nested", [])), key=lambda n: n["name"]),
        "enums": sorted(message.get("enums", []), key=lambda e: e["name"]),
    }


def test_table_covers_both_files():
    assert set(TABLE) == set(MODULES)
    assert len(TABLE["grpc_service.proto"]["messages"]) > 40
    assert len(TABLE["model_config.proto"]["messages"]) > 20


@pytest.mark.parametrize("file", MODULES)
def test_messages_and_enums_equal_the_table(file):
    descriptor, table = MODULES[file].DESCRIPTOR, TABLE[file]
    assert descriptor.package == table["package"]
    assert {n: describe_message(m) for n, m in descriptor.message_types_by_name.items()} == {
        m["name"].removeprefix("inference."): normal(m) for m in table["messages"]
    }
    assert [describe_enum(e) for e in descriptor.enum_types_by_name.values()] == table["enums"]


@pytest.mark.parametrize("file", MODULES)
def test_services_equal_the_table(file):
    services = [
        {
            "name": service.full_name,
            "methods": [
                {
                    "name": m.name,
                    "request": m.input_type.full_name,
                    "response": m.output_type.full_name,
                    "client_streaming": m.client_streaming,
                    "server_streaming": m.server_streaming,
                }
                for m in service.methods
            ],
        }
        for service in MODULES[file].DESCRIPTOR.services_by_name.values()
    ]
    assert services == TABLE[file]["services"]


def test_methods_name_path_classes_and_streaming():
    service = TABLE["grpc_service.proto"]["services"][0]
    assert list(grpc_service.METHODS) == [m["name"] for m in service["methods"]]
    method = grpc_service.METHODS["ModelStreamInfer"]
    assert method.path == "/inference.GRPCInferenceService/ModelStreamInfer"
    assert method.request is grpc_service.ModelInferRequest
    assert method.response is grpc_service.ModelStreamInferResponse
    assert (method.client_streaming, method.server_streaming) == (True, True)


def test_field_types_share_the_classes_of_the_modules():
    response = grpc_service.ModelConfigResponse()
    response.config.CopyFrom(model_config.ModelConfig(name="m"))
    assert type(response.config) is model_config.ModelConfig


def test_enums_and_nested_types_are_attributes():
    assert model_config.TYPE_FP32 == 11 == model_config.DataType.Value("TYPE_FP32")
    group = model_config.ModelInstanceGroup
    assert group(kind=group.KIND_CPU).kind == group.Kind.Value("KIND_CPU")
    assert grpc_service.ModelInferRequest.InferInputTensor(shape=[1, 2]).shape == [1, 2]


def test_private_pool_knows_nothing_of_the_default_one():
    with pytest.raises(KeyError):
        _pool.POOL.FindFileByName("google/protobuf/descriptor.proto")


# Both register "inference.ModelInferRequest": in one pool the second would raise or, worse, win.
@pytest.mark.parametrize("ours_first", [True, False], ids=["ours-first", "tritonclient-first"])
def test_lives_beside_tritonclient(ours_first):
    pytest.importorskip("tritonclient.grpc")
    imports = [
        "from triton_py.proto import grpc_service, model_config",
        "import tritonclient.grpc as client",
    ]
    lines = imports if ours_first else imports[::-1]
    lines += [
        "theirs = client.service_pb2.ModelInferRequest",
        "ours = grpc_service.ModelInferRequest",
        "assert theirs is not ours",
        "m = theirs(model_name='m', raw_input_contents=[b'ab'])",
        "m.parameters['p'].double_param = 0.5",
        "back = ours.FromString(m.SerializeToString())",
        "assert back.parameters['p'].double_param == 0.5",
        "assert theirs.FromString(back.SerializeToString()) == m",
        "config = client.model_config_pb2.ModelConfig(name='m', max_batch_size=4)",
        "assert model_config.ModelConfig.FromString(config.SerializeToString()).name == 'm'",
        "print('both live')",
    ]
    run = subprocess.run(
        [sys.executable, "-c", "\n".join(lines)],
        cwd=ROOT, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert run.stdout == "both live\n", run.stderr


def test_generated_files_are_current():
    pytest.importorskip("grpc_tools", reason="protoc is needed to compare")
    sys.path.insert(0, str(ROOT / "cbackend" / "tools"))
    try:
        import gen_proto
    finally:
        sys.path.pop(0)
    # The stubs' spelling depends on protoc's version; what they declare is compared below.
    path, text = next(iter(gen_proto.generate().items()))
    assert path.name == "_descriptors.py"
    assert path.read_text() == text, "run cbackend/tools/gen_proto.py"


def declared(body, prefix=""):
    """The dotted names that a stub declares."""
    for node in body:
        if isinstance(node, ast.ClassDef):
            yield prefix + node.name
            yield from declared(node.body, f"{prefix}{node.name}.")
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            yield prefix + node.target.id


def expected(message, prefix):
    yield prefix
    for name, nested in message.nested_types_by_name.items():
        if not nested.GetOptions().map_entry:
            yield from expected(nested, f"{prefix}.{name}")
    for name in message.enum_types_by_name:
        yield f"{prefix}.{name}"
    for name, field in message.fields_by_name.items():
        yield f"{prefix}.{name.upper()}_FIELD_NUMBER"
        if name != "global":  # a keyword: reached with getattr only
            yield f"{prefix}.{field.name}"


@pytest.mark.parametrize("file", MODULES)
def test_stubs_declare_every_message_and_field(file):
    tree = ast.parse((ROOT / "triton_py/proto" / file).with_suffix(".pyi").read_text())
    names = set(declared(tree.body))
    for name, message in MODULES[file].DESCRIPTOR.message_types_by_name.items():
        assert set(expected(message, name)) <= names


def test_nested_types_with_protobuf_in_pure_python():
    """Which it is where its wheel has no binary for the platform."""
    code = (
        "from triton_py.proto import grpc_service, model_config\n"
        "from google.protobuf.internal import api_implementation\n"
        "spec = model_config.ModelOptimizationPolicy.Cuda.GraphSpec\n"
        "assert spec.LowerBound(batch_size=2).batch_size == 2\n"
        "assert model_config.ModelInstanceGroup.Kind.Value('KIND_CPU') == 2\n"
        "assert grpc_service.ModelInferRequest.InferInputTensor(name='a').name == 'a'\n"
        "print(api_implementation.Type())\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=120,
        env=os.environ | {"PROTOCOL_BUFFERS_PYTHON_IMPLEMENTATION": "python"}, check=False,
    )  # fmt: skip
    assert run.stdout == "python\n", run.stderr


@pytest.mark.skipif(
    api_implementation.Type() != "upb", reason="protobuf in pure Python isn't quick"
)
def test_import_is_quick():
    """Under 60 ms beyond protobuf itself: it stands in the way of every start of the CLI."""
    code = (
        "import time, google.protobuf.descriptor_pb2, google.protobuf.message_factory\n"
        "import triton_py\n"
        "start = time.process_time()\n"
        "import triton_py.proto\n"
        "print(time.process_time() - start)\n"
    )
    times = [
        float(subprocess.run(
            [sys.executable, "-c", code],
            cwd=ROOT, capture_output=True, text=True, timeout=60, check=True,
        ).stdout)
        for _ in range(3)
    ]  # fmt: skip
    assert min(times) < 0.06, times
