# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""gen_abi.py: the committed declarations are current; what a core lacks is found and filled."""

from __future__ import annotations

import json
import re

import pytest

CORE = """\
# cdef public TRITONSERVER_Error* TRITONSERVER_ServerStop(TRITONSERVER_Server* s) noexcept nogil
cdef class Thing:
    cdef public object TRITONSERVER_attribute

cdef public TRITONSERVER_Error* TRITONSERVER_ErrorNew(
    TRITONSERVER_Error_Code code, const char* msg
) noexcept nogil:
    return NULL

cdef public const char* TRITONSERVER_ErrorMessage(TRITONSERVER_Error* error) noexcept nogil:
    return TRITONSERVER_ErrorCodeString(error)
"""


def test_committed_declarations_are_current(gen_abi, abi):
    for path, text in gen_abi.pxd_files(abi).items():
        assert path.read_text() == text, f"{path.name}: run cbackend/tools/gen_abi.py"


def test_check_names_what_is_stale(gen_abi, abi, tmp_path, monkeypatch, capsys):
    (tmp_path / "abi.json").write_text((gen_abi.ABI_DIR / "abi.json").read_text())
    monkeypatch.setattr(gen_abi, "ABI_DIR", tmp_path)
    for path, text in gen_abi.pxd_files(abi).items():
        path.write_text(text)
    assert gen_abi.main(["--check"]) == 0
    (tmp_path / "types.pxd").write_text("cdef int nothing\n")
    (tmp_path / "tritoncache.pxd").unlink()
    assert gen_abi.main(["--check"]) == 1
    complaints = capsys.readouterr().err.splitlines()
    assert [re.search(r"(\w+)\.pxd is out of date", line).group(1) for line in complaints] == [
        "types",
        "tritoncache",
    ]


def test_every_name_of_the_table_is_declared_once(gen_abi, abi):
    files = {path.name: text for path, text in gen_abi.pxd_files(abi).items()}
    for function in abi.functions:
        text = files[function.header.replace(".h", ".pxd")]
        assert len(re.findall(rf"\b{function.name}\(", text)) == 1, function.name
    for name in (*abi.structs, *(e.name for e in abi.enums)):
        assert len(re.findall(rf"\b(?:struct|enum) {name}:", files["types.pxd"])) == 1, name
    for function in abi.functions:
        pointer = f"(*{function.name}_t)"
        assert (pointer in files["types.pxd"]) is not function.by_server, function.name


def generate(gen_abi, core_dir) -> tuple[str, dict[str, str]]:
    """Run the generator over a core; returns the .pyx text and the status of each function."""
    pyx, table = core_dir / "unsupported.pyx", core_dir / "table.json"
    arguments = ["--unsupported", pyx, "--implemented-in", core_dir, "--table", table]
    assert gen_abi.main([str(a) for a in arguments]) == 0
    return pyx.read_text(), {name: status for name, _, status in json.loads(table.read_text())}


def test_what_a_core_lacks_answers_unsupported(gen_abi, abi, tmp_path):
    (tmp_path / "error.pyx").write_text(CORE)
    text, table = generate(gen_abi, tmp_path)
    works = {"TRITONSERVER_ErrorNew", "TRITONSERVER_ErrorMessage"}
    server = {f.name for f in abi.functions if f.by_server}
    assert table == {n: "works" if n in works else "unsupported" for n in server}
    defined = re.findall(r"^cdef public [\w *]*?\b(TRITON\w+)\(", text, re.MULTILINE)
    assert sorted(defined) == sorted(server - works)
    for function in abi.functions:
        if function.name in defined and function.returns == "TRITONSERVER_Error*":
            assert f'b"{function.name} is not implemented by this version of triton-py"' in text


def test_functions_without_an_error_return_something_neutral(gen_abi, tmp_path):
    text, _ = generate(gen_abi, tmp_path)

    def body(name: str) -> str:
        return re.search(rf"\b{name}\([^)]*\) noexcept nogil:\n    (.*)", text).group(1)

    assert body("TRITONSERVER_ErrorDelete") == "pass"
    assert body("TRITONSERVER_DataTypeByteSize") == "return 0"
    assert body("TRITONSERVER_LogIsEnabled") == "return False"
    assert body("TRITONSERVER_DataTypeString") == 'return b""'
    assert body("TRITONSERVER_ParameterNew") == "return NULL"
    assert body("TRITONSERVER_ErrorCode") == "return <TRITONSERVER_Error_Code>0"


def test_a_complete_core_needs_no_function(gen_abi, abi, tmp_path):
    lines = [
        f"cdef public void {f.name}(int x) noexcept nogil:\n    pass\n"
        for f in abi.functions
        if f.by_server
    ]
    (tmp_path / "all.pyx").write_text("\n".join(lines))
    text, table = generate(gen_abi, tmp_path)
    assert "cdef public" not in text
    assert set(table.values()) == {"works"}


def test_generating_again_leaves_the_files_alone(gen_abi, tmp_path):
    def times() -> list[int]:
        generate(gen_abi, tmp_path)
        return [(tmp_path / n).stat().st_mtime_ns for n in ("unsupported.pyx", "table.json")]

    assert times() == times()


def test_a_public_function_outside_the_abi_is_refused(gen_abi, tmp_path):
    source = "cdef public void TRITONSERVER_Surprise(int x) noexcept nogil:\n    pass\n"
    (tmp_path / "surprise.pyx").write_text(source)
    with pytest.raises(gen_abi.AbiError, match="TRITONSERVER_Surprise"):
        generate(gen_abi, tmp_path)


def test_the_core_folder_must_be_named(gen_abi, tmp_path, capsys):
    with pytest.raises(SystemExit):
        gen_abi.main(["--unsupported", str(tmp_path / "unsupported.pyx")])
    assert "need --implemented-in" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["const", "", "TRITONSERVER_Error *"])
def test_a_parameter_without_type_or_name_is_refused(gen_abi, text):
    with pytest.raises(gen_abi.AbiError, match="cannot read the parameter"):
        gen_abi.parse_parameter(text)


def test_a_name_of_no_header_is_refused(gen_abi):
    with pytest.raises(gen_abi.AbiError, match="TRITONX_Thing"):
        gen_abi.header_of("TRITONX_Thing")
