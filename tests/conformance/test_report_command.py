# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""``triton-py certify`` with its files: real runs, and what is refused before one begins."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
import report_samples as samples
from schema_check import problems

import triton_py
from triton_py import report_files
from triton_py.cli import certify as command
from triton_py.conformance import reproducers as written
from triton_py.conformance.report import as_json, files

IDENTITY = Path(triton_py.__file__).parent / "backends" / "identity" / "libtriton_identity.so"
CONFIG = """
backend: "identity"
max_batch_size: 8
input { name: "INPUT0" data_type: TYPE_INT32 dims: [ -1 ] }
output { name: "OUTPUT0" data_type: TYPE_INT32 dims: [ -1 ] }
"""
WRONG = """
def wrong(inputs):
    return {"OUTPUT0": inputs["INPUT0"] + 1}

def broken(inputs):
    return {"OUTPUT": inputs["INPUT0"]}
"""
NAMES = ("json", "junit", "html", "certificate")


def certify(folder: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    # From the folder, to see what is left in it.
    return subprocess.run(
        [sys.executable, "-m", "triton_py", "certify", "--time-budget=600", *map(str, arguments)],
        cwd=folder,
        capture_output=True, text=True, timeout=600, check=False,
    )  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "config.pbtxt").write_text(CONFIG)
    (tmp_path / "ref.py").write_text(WRONG)
    shutil.copy(IDENTITY, tmp_path)
    return tmp_path


def all_files(folder: Path) -> set[str]:
    return {p.name for p in folder.iterdir()}


@pytest.mark.slow
@pytest.mark.timeout(700)
def test_all_files_of_one_run(folder: Path) -> None:
    (folder / "conformance.toml").write_text(
        "largest = 64\n[ranges]\nINPUT0 = [0, 9]\n[[model]]\npath = 'model'\n"
        "[[tolerate]]\nclause = 'responses.final'\nreason = 'old'\nexpires = 2999-12-31\n"
    )
    before = all_files(folder)
    done = certify(folder, IDENTITY.name, "--examples=3", "--json=a.json", "--junit=a.xml",
                   "--html=a.html", "--certificate=a.cert")  # fmt: skip
    assert (done.returncode, done.stderr) == (0, ""), done.stdout + done.stderr
    assert done.stdout.rstrip().rpartition("\n")[2].startswith("conformant: ")
    assert "written: a.json, a.xml, a.html, a.cert" in done.stdout
    # No violation: no folder of reproducers, nor anything else.
    assert all_files(folder) - before == {"a.json", "a.xml", "a.html", "a.cert"}

    value = json.loads((folder / "a.json").read_text())
    assert problems(value, json.loads(as_json.SCHEMA.read_text())) == []
    assert value["verdict"] == "conformant" and value["counts"]["pass"] > 50
    assert list(value["models"]) == ["model"]
    (warning,) = value["warnings"]
    assert "responses.final is tolerated" in warning and warning in done.stdout.replace("\n  ", " ")

    root = ET.fromstring((folder / "a.xml").read_bytes())
    assert len(list(root.iter("testcase"))) == len(value["clauses"]) + 1
    assert (root.get("failures"), root.get("errors")) == ("0", "0")
    assert "<title>libtriton_identity.so: conformant" in (folder / "a.html").read_text()

    digest = hashlib.sha256((folder / IDENTITY.name).read_bytes()).hexdigest()
    assert json.loads((folder / "a.cert").read_text())["library"]["sha256"] == digest
    verified = certify(folder, "--verify", "a.cert", IDENTITY.name)
    assert verified.returncode == 0, verified.stderr
    with (folder / IDENTITY.name).open("ab") as library:
        library.write(b"\0")
    assert certify(folder, "--verify", "a.cert", IDENTITY.name).returncode == 2


@pytest.mark.slow
@pytest.mark.timeout(700)
@pytest.mark.parametrize(
    ("function", "expires", "code", "verdict", "status"),
    [
        ("wrong", None, 1, "violations", "fail"),
        ("wrong", "2999-12-31", 0, "conformant", "fail"),
        ("wrong", "2020-12-31", 1, "violations", "fail"),
        ("broken", None, 2, "incomplete", "error"),
    ],
)
def test_the_reference_function_decides(
    folder: Path, function: str, expires: str | None, code: int, verdict: str, status: str
) -> None:
    text = f'reference = "ref.py:{function}"\n'
    if expires:
        text += f"[[tolerate]]\nclause = 'tensors.reference'\nreason = 'r'\nexpires = {expires}\n"
    (folder / "other.toml").write_text(text)
    done = certify(folder, IDENTITY.name, "--model=model", "--config=other.toml", "--profile=core",
                   "--examples=2", "--json=-", "--reproducers=r")  # fmt: skip
    assert done.returncode == code, done.stdout + done.stderr
    value = json.loads(done.stdout)
    assert value["verdict"] == verdict
    (clause,) = (c for c in value["clauses"] if c["id"] == "tensors.reference")
    assert clause["status"] == status and clause["reason"]
    assert clause["waived"] == ("r" if expires == "2999-12-31" else "")
    assert bool(value["warnings"]) == (expires == "2020-12-31")
    assert value["settings"]["text"] == text


def refused(capsys, *arguments: object) -> str:
    from triton_py.cli.main import main

    try:
        code = main(["certify", *map(str, arguments)])
    except SystemExit as ended:  # argparse
        code = ended.code  # type: ignore[assignment]
    out, err = capsys.readouterr()
    assert (code, out) == (2, ""), err
    return err


def test_what_is_refused(folder: Path, capsys, monkeypatch) -> None:
    monkeypatch.chdir(folder)
    lib, model = folder / IDENTITY.name, "--model=model"
    (folder / "c.toml").write_text("ranges.INPUT = [0, 1]")
    for arguments, said in (
        ((), "name the library to certify"),
        (("--self-test", "--specimen", "nothing"), "there is no specimen 'nothing'"),
        (("--self-test", "--html=a.html"), "--self-test has no use for --html"),
        (("--self-test", lib), "--self-test takes no library"),
        ((lib, model, "--profile=cor"), "there is no profile 'cor'; did you mean 'core'?"),
        ((lib, "--model=no"), "the model folder 'no' has no config.pbtxt"),
        ((folder / "x.so", model), "is not named as a backend"),
        ((folder / "libtriton_x.so", model), "there is no file"),
        ((lib, model, "--examples=0"), "--examples 0"),
        ((lib, model, "--time-budget=nan"), "--time-budget nan"),
        ((lib, model, "--time-budget=-1"), "--time-budget -1"),
        ((lib, model, "--json=no/a"), "--json 'no/a': there is no folder 'no'"),
        ((lib, model, "--html=model"), "--html 'model' is a folder"),
        ((lib, model, "--html=a", "--junit=./a"), "--junit and --html name the same file"),
        ((lib, model, "--json=-", "--junit=-"), "only one report"),
        ((lib, model, "--reproducers=ref.py"), "--reproducers 'ref.py' is a file"),
        ((lib, model, "--config=no.toml"), "no.toml can't be read"),
        ((lib, model, "--config=c.toml"), "c.toml: ranges.INPUT: no model has such an input; did you"),
        (("--verify=no", lib), "no can't be read"),
        ((lib, model, "--jso=a"), "unrecognized arguments"),
    ):
        assert said in refused(capsys, *arguments), arguments


def test_the_settings_beside_the_library_are_used(folder: Path, capsys) -> None:
    (folder / "conformance.toml").write_text("determinstic = true")
    said = refused(capsys, folder / IDENTITY.name, f"--model={folder / 'model'}")
    assert f"{folder / 'conformance.toml'}: determinstic: there is no such key" in said


def test_the_list_needs_no_library(capsys) -> None:
    assert command.main(["--list", "--profile", "gpu"]) == 0
    assert capsys.readouterr().out.startswith("gpu: tensors in GPU memory (")


def test_the_help_teaches(capsys) -> None:
    with pytest.raises(SystemExit) as ended:
        command.main(["--help"])
    assert ended.value.code == 0
    text = capsys.readouterr().out
    for part in ("examples:", "exit status:", "conformance.toml", "--verify", "[[tolerate]]"):
        assert part in text


def test_a_file_that_can_not_be_written_is_told(tmp_path: Path) -> None:
    paths = {"json": str(tmp_path / "gone" / "a.json"), "html": str(tmp_path / "b.html")}
    written, failed = report_files.write(samples.conformant(), files.FORMS, paths)
    assert written == [paths["html"]]
    (sentence,) = failed
    assert "--json" in sentence and "No such file" in sentence


def test_hostile_text_is_written_by_every_form(tmp_path: Path, capfdbinary) -> None:
    paths = {form: str(tmp_path / form) for form in files.FORMS}
    written, failed = report_files.write(samples.hostile(), files.FORMS, paths)
    assert (sorted(written), failed) == (sorted(paths.values()), [])
    assert sorted(files.FORMS) == sorted(NAMES)
    assert report_files.write(samples.hostile(), files.FORMS, {"junit": "-"}) == ([], [])
    assert ET.fromstring(capfdbinary.readouterr().out).tag == "testsuites"


@pytest.fixture
def reproducers(monkeypatch) -> list[Path]:
    """In place of the module: notes where it was to write."""
    asked: list[Path] = []

    def write(run, target, folder: Path) -> None:
        asked.append(folder)
        for result in run.results:
            for violation in result.violations:
                violation.reproducers["python"] = str(folder / "a.py")

    monkeypatch.setattr(written, "write", write)
    return asked


def test_where_reproducers_are_written(reproducers: list[Path]) -> None:
    run = samples.hostile()
    command._reproduce(run, None, None, [])
    command._reproduce(run, None, None, ["-", "out/a.json", "b.html"])
    command._reproduce(run, None, "here", ["out/a.json"])
    command._reproduce(samples.conformant(), None, "here", [])
    assert reproducers == [Path("triton-py-certify-x"), Path("out/triton-py-certify-x"), Path("here")]
    clause = next(c for c in as_json.to_json(run)["clauses"] if c["status"] == "fail")
    assert clause["reproducer"] == "here/a.py"


def test_reproducers_that_can_not_be_written_are_a_warning(reproducers, monkeypatch) -> None:
    def write(run, target, folder: Path) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(written, "write", write)
    run = samples.hostile()
    command._reproduce(run, None, "here", [])
    assert "No reproducers were written to here: Permission denied." in run.warnings
