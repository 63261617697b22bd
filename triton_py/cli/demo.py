# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The model repository of ``triton-py serve --demo``: magika and identity.

magika tells the type of a file from its first and last bytes. The package of that name ships the
model as ONNX and, beside it, what the numbers mean; all of it goes into the repository, the meaning
as parameters of the model's configuration, where a client finds it.
"""

from __future__ import annotations

import importlib.util
import json
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from triton_py.cli.errors import CliError

_INSTALL = "install what the demo needs: pip install 'triton-py[demo]'"

_MAGIKA = """\
name: "magika"
backend: "onnxruntime"
max_batch_size: 64
input [ {{ name: "bytes" data_type: TYPE_INT32 dims: [ {tokens} ] }} ]
output [ {{
  name: "target_label" data_type: TYPE_FP32 dims: [ {labels} ] label_filename: "labels.txt"
}} ]
dynamic_batching {{ }}
parameters [
  # What the model was trained for: window sizes, padding, labels, thresholds.
  {{ key: "magika_config" value: {{ string_value: {config} }} }},
  # The labels that are kinds of text: an uncertain answer becomes "txt" for these, else "unknown".
  {{ key: "magika_text_labels" value: {{ string_value: {text_labels} }} }}
]
"""

_IDENTITY = """\
name: "identity"
backend: "identity"
max_batch_size: 8
input [ { name: "INPUT0" data_type: TYPE_FP32 dims: [ -1 ] } ]
output [ { name: "OUTPUT0" data_type: TYPE_FP32 dims: [ -1 ] } ]
dynamic_batching { }
"""


@dataclass(frozen=True)
class MagikaFiles:
    """Where the installed magika package keeps the model and its meaning."""

    model: Path
    config: Path
    knowledge: Path


def find_magika() -> MagikaFiles:
    """The files of the installed magika package, which is not imported.

    :raises CliError: magika or onnxruntime is missing; the message says what to install.
    """
    for package in ("onnxruntime", "magika"):
        if importlib.util.find_spec(package) is None:
            raise CliError(f"--demo: the package {package} is not installed; {_INSTALL}")
    spec = importlib.util.find_spec("magika")
    roots = [Path(p) for p in (spec.submodule_search_locations or [])] if spec else []
    for root in roots:
        knowledge = root / "config" / "content_types_kb.min.json"
        for model in sorted(root.glob("models/*/model.onnx"), reverse=True):
            config = model.with_name("config.min.json")
            if config.is_file() and knowledge.is_file():
                return MagikaFiles(model, config, knowledge)
    places = ", ".join(map(str, roots))
    raise CliError(f"--demo: the magika package in {places} ships no models/*/model.onnx with a "
                   f"config.min.json (a version from 1.0 on does); {_INSTALL}")


def write_repository(root: Path, magika: MagikaFiles) -> None:
    """Fills ``root`` with the folders of the two models."""
    config = json.loads(magika.config.read_text())
    knowledge: dict[str, dict[str, Any]] = json.loads(magika.knowledge.read_text())
    labels = config["target_labels_space"]
    text = [label for label, facts in knowledge.items() if facts["is_text"]]
    folder = root / "magika"
    (folder / "1").mkdir(parents=True)
    shutil.copyfile(magika.model, folder / "1" / "model.onnx")
    (folder / "labels.txt").write_text("".join(f"{label}\n" for label in labels))
    (folder / "config.pbtxt").write_text(_MAGIKA.format(
        tokens=config["beg_size"] + config["mid_size"] + config["end_size"], labels=len(labels),
        config=_quoted(config), text_labels=_quoted(text)))
    (root / "identity" / "1").mkdir(parents=True)
    (root / "identity" / "config.pbtxt").write_text(_IDENTITY)


def _quoted(value: Any) -> str:
    """JSON inside a string of protobuf's text format, which escapes as JSON does."""
    return json.dumps(json.dumps(value, separators=(",", ":")))


@contextmanager
def demo_repository() -> Iterator[Path]:
    """A temporary model repository, removed in the end.

    :raises CliError: a package is missing or the disk refuses.
    """
    magika = find_magika()
    try:
        root = Path(tempfile.mkdtemp(prefix="triton-py-demo-"))
    except OSError as error:
        raise CliError(f"--demo: no temporary directory: {error}") from None
    try:
        try:
            write_repository(root, magika)
        except OSError as error:
            raise CliError(f"--demo: cannot write {root}: {error}") from None
        yield root
    finally:
        shutil.rmtree(root, ignore_errors=True)


def next_steps(http: str, grpc: str) -> str:
    """What to try once the demo serves.

    :param http: address of the HTTP port as ``host:port``, empty if there is none.
    :param grpc: likewise of the gRPC port.
    """
    client = Path(__file__).resolve().parents[2] / "examples" / "magika_client.py"
    script = client if client.is_file() else Path("examples") / "magika_client.py"
    lines = ["Try it from another terminal:"]
    if http:
        url = "" if http.endswith((":8000",)) else f" --url {http}"
        lines += [f"  python {script}{url} README.md setup.py",
                  f"  triton-py infer identity INPUT0='[1, 2.5, -3]'{url}",
                  f"  curl http://{http}/v2/models/magika"]
    if grpc:
        lines.append(
            f"  triton-py infer identity INPUT0='[1, 2.5, -3]' --protocol grpc --url {grpc}")
    return "\n".join(lines)
