# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""``triton-py model new``: what it writes works as it is, what it says next can be done."""

from __future__ import annotations

import compileall
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from triton_py.cli import model
from triton_py.cli.errors import CliError
from triton_py.cli.model_new import KINDS, TEMPLATES, write

#: Kind to a mistake that its test has to find.
MISTAKES = {
    "simple": ("values * self.factor", "values + self.factor"),
    "batched": ("np.split(outputs, ends[:-1])", "np.split(outputs[::-1], ends[:-1])"),
    "decoupled": ("in words:", "in words[:2]:"),
    "bls": ("argmax", "argmin"),
}


def name_of(kind: str) -> str:
    return f"a-{kind}.model"


def files_below(folder: Path) -> set[str]:
    return {str(file.relative_to(folder)) for file in folder.rglob("*") if file.is_file()}


def pytest_of(repository: Path) -> str:
    done = subprocess.run([sys.executable, "-m", "pytest", "-q", "-rA", "-p", "no:cacheprovider", repository],
                          capture_output=True, text=True, check=False, cwd=repository)
    return done.stdout + done.stderr


def test_the_tests_of_new_models_pass_and_find_mistakes(
        tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for kind in KINDS:
        assert model.main(["new", name_of(kind), "--kind", kind, "--into", str(tmp_path)]) == 0
    text = pytest_of(tmp_path)
    for kind in KINDS:
        assert re.search(rf"^PASSED {name_of(kind)}/test_a_{kind}_model\.py", text, re.MULTILINE), text
    assert "FAILED" not in text and "ERROR" not in text, text
    for kind, (right, wrong) in MISTAKES.items():
        file = tmp_path / name_of(kind) / "1" / "model.py"
        assert right in file.read_text()
        file.write_text(file.read_text().replace(right, wrong))
    text = pytest_of(tmp_path)
    for kind in KINDS:
        assert re.search(rf"^FAILED {name_of(kind)}/test_a_{kind}_model\.py", text, re.MULTILINE), text


@pytest.mark.parametrize(("kind", "outputs"), [
    ("simple", "OUTPUT FP32[3]\n  [2. 4. 6.]\n"),
    ("batched", "OUTPUT FP32[1, 2]\n  [[4. 5.]]\n"),
    ("decoupled", "response 3\nWORD BYTES[1]\n  ['words']\n"),
    ("bls", "BEST INT64[1]\n  [1]\nSCORE FP32[1]\n  [0.5064804]\n"),
])  # fmt: skip
def test_a_new_model_can_be_run_as_is_said(
        tmp_path: Path, capsys: pytest.CaptureFixture[str], kind: str, outputs: str) -> None:
    repository = tmp_path / "my models"  # made, and quoted where it is named
    assert model.main(["new", "m", "--kind", kind, "--into", str(repository)]) == 0
    said = capsys.readouterr().out
    assert {line for line in said.splitlines() if line.startswith(str(repository))} == {
        str(repository / file) for file in files_below(repository)}
    (command,) = re.findall(r"^  triton-py (model run .*)$", said, re.MULTILINE)
    done = subprocess.run([sys.executable, "-m", "triton_py", *shlex.split(command)], capture_output=True,
                          text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.endswith(outputs)


def test_what_is_written_is_the_users(tmp_path: Path) -> None:
    """Also where the templates were compiled, as those of an installed package are."""
    template, repository = tmp_path / "template", tmp_path / "models"
    shutil.copytree(TEMPLATES / "python" / "bls", template)
    compileall.compile_dir(template, quiet=1)
    assert list(template.rglob("*.pyc"))
    made = write("m", template, repository)
    assert {str(file.relative_to(repository)) for file in made} == files_below(repository) == {
        "m/config.pbtxt", "m/1/model.py", "m/test_m.py", "m_scorer/config.pbtxt", "m_scorer/1/model.py"}
    for file in made:
        text = file.read_text()
        assert "SPDX" not in text and "NAME" not in text and text.strip()


@pytest.mark.parametrize(("arguments", "text"), [
    (["there"], "'{0}/there' is there already"),
    (["other", "--kind", "bls"], "'{0}/other_scorer' is there already"),
    (["a/b"], "'a/b' can't be a model's name here"),
    (["a b"], "'a b' can't be a model's name here"),
    ([""], "'' can't be a model's name here"),
    ([".a"], "'.a' can't be a model's name here"),
    (["modèle"], "'modèle' can't be a model's name here"),
    (["12"], "folders of digits are versions"),
    (["m", "--backend", "onnxruntime"], "--backend onnxruntime: there are templates for python"),
    (["m", "--kind", "fast"], "--kind fast: the kinds are simple, batched, decoupled, bls"),
    (["m", "--into", "{0}/file"], "can't write to '{0}/file': File exists"),
])  # fmt: skip
def test_what_can_not_be_is_refused_and_nothing_is_written(
        tmp_path: Path, arguments: list[str], text: str) -> None:
    for folder in ("there", "other_scorer"):
        (tmp_path / folder).mkdir()
    (tmp_path / "file").touch()
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(CliError) as caught:
        model.main(["new", "--into", str(tmp_path), *(a.format(tmp_path) for a in arguments)])
    assert text.format(tmp_path) in str(caught.value)
    assert sorted(tmp_path.rglob("*")) == before
