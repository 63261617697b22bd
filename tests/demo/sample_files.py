# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Real files of many types: those of the running Python and of this tree, and generated ones."""

from __future__ import annotations

import bz2
import csv
import gzip
import json
import lzma
import os
import py_compile
import sqlite3
import struct
import sysconfig
import tarfile
import wave
import zipfile
import zlib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
STDLIB = Path(sysconfig.get_path("stdlib"))

TEXTS = {
    "page.html": """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>Models</title>
<link rel="stylesheet" href="style.css"></head>
<body><h1>Models</h1><ul><li><a href="/magika">magika</a></li></ul>
<script>document.title = "ready";</script></body></html>
""",
    "style.css": """body { margin: 0; font-family: sans-serif; color: #222; }
h1 { font-size: 2rem; padding: 1em 0; }
ul > li a:hover { text-decoration: underline; color: rgb(20, 80, 160); }
@media (max-width: 600px) { h1 { font-size: 1.2rem; } }
""",
    "deployment.yaml": """apiVersion: apps/v1
kind: Deployment
metadata:
  name: triton
  labels: {app: triton}
spec:
  replicas: 2
  template:
    spec:
      containers:
        - name: server
          image: registry/triton:1
          ports:
            - containerPort: 8000
""",
    "feed.xml": """<?xml version="1.0" encoding="UTF-8"?>
<catalog><book id="b1"><author>A. Author</author><title>On Serving</title>
<price currency="EUR">12.50</price></book><book id="b2"><author>B. Author</author>
<title>On Batching</title><price currency="EUR">9.00</price></book></catalog>
""",
    "app.js": """'use strict';
const http = require('http');
function handler(request, response) {
  const {url, method} = request;
  response.writeHead(200, {'Content-Type': 'application/json'});
  response.end(JSON.stringify({url, method}));
}
module.exports = {handler};
http.createServer(handler).listen(8080, () => console.log('listening'));
""",
    "Main.java": """package org.example;
import java.util.List;
public final class Main {
    private Main() {}
    public static void main(String[] args) {
        List<String> names = List.of("magika", "identity");
        for (String name : names) { System.out.println(name.toUpperCase()); }
    }
}
""",
    "main.go": """package main
import (
\t"fmt"
\t"net/http"
)
func main() {
\thttp.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { fmt.Fprintln(w, r.URL) })
\tif err := http.ListenAndServe(":8080", nil); err != nil { panic(err) }
}
""",
    "lib.rs": """use std::collections::HashMap;
#[derive(Debug, Clone)]
pub struct Batch<'a> { requests: Vec<&'a str>, limit: usize }
impl<'a> Batch<'a> {
    pub fn new(limit: usize) -> Self { Batch { requests: Vec::new(), limit } }
    pub fn push(&mut self, r: &'a str) -> Result<(), String> {
        if self.requests.len() == self.limit { return Err("full".into()); }
        self.requests.push(r); Ok(())
    }
}
pub fn count(b: &Batch) -> HashMap<&str, usize> { b.requests.iter().map(|r| (*r, 1)).collect() }
""",
    "query.sql": """CREATE TABLE requests (id INTEGER PRIMARY KEY, model TEXT NOT NULL, ns BIGINT);
INSERT INTO requests (model, ns) VALUES ('magika', 1200), ('identity', 90);
SELECT model, COUNT(*) AS n, AVG(ns) FROM requests GROUP BY model HAVING COUNT(*) > 1 ORDER BY n;
""",
    "Dockerfile": """FROM debian:12
RUN apt-get update && apt-get install -y python3-venv gcc && rm -rf /var/lib/apt/lists/*
WORKDIR /srv
COPY models /srv/models
EXPOSE 8000 8001 8002
ENTRYPOINT ["triton-py", "serve", "--model-repository=/srv/models"]
""",
    "notes.txt": "Remember to ask about the second delivery; the first one came on Tuesday.\n" * 4,
    "settings.ini": "[server]\nport = 8000\nname = triton\n\n[log]\nlevel = info\nfile = a.log\n",
}


def _png() -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        crc = struct.pack(">I", zlib.crc32(kind + data))
        return struct.pack(">I", len(data)) + kind + data + crc

    rows = b"".join(b"\0" + bytes((x * y) % 256 for x in range(96)) for y in range(32))
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 32, 32, 8, 2, 0, 0, 0))
            + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


def _gif() -> bytes:
    palette = bytes(range(256)) * 3
    pixels = b"\x08" + b"\x09\x00\x01\x02\x04\x08\x10\x20\x40\x80" * 12 + b"\x00"
    return (b"GIF89a" + struct.pack("<HHBBB", 16, 16, 0xF7, 0, 0) + palette
            + b"," + struct.pack("<HHHHB", 0, 0, 16, 16, 0) + pixels + b";")


def _bmp() -> bytes:
    pixels = bytes((x * 7) % 256 for x in range(32 * 32 * 3))
    head = struct.pack("<IiiHHIIiiII", 40, 32, 32, 1, 24, 0, len(pixels), 2835, 2835, 0, 0)
    return b"BM" + struct.pack("<IHHI", 54 + len(pixels), 0, 0, 54) + head + pixels


def _pdf() -> bytes:
    content = b"BT /F1 24 Tf 72 720 Td (Served by triton-py) Tj ET"
    objects = [b"<< /Type /Catalog /Pages 2 0 R >>",
               b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
               (b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R "
                b"/Resources << /Font << /F1 5 0 R >> >> >>"),
               b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content),
               b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"]
    out, offsets = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, 1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"xref\n0 6\n0000000000 65535 f \n"
    table += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    return (out + table + b"trailer\n<< /Size 6 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n"
            % len(out))


def _archives(folder: Path) -> None:
    source = STDLIB / "argparse.py"
    with zipfile.ZipFile(folder / "code.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(source, "argparse.py")
    with tarfile.open(folder / "code.tar", "w") as tar:
        tar.add(source, "argparse.py")
    data = source.read_bytes()
    (folder / "code.tar.gz").write_bytes(gzip.compress((folder / "code.tar").read_bytes(), mtime=0))
    (folder / "code.py.bz2").write_bytes(bz2.compress(data))
    (folder / "code.py.xz").write_bytes(lzma.compress(data))


def _made_by_python(folder: Path) -> None:
    with wave.open(str(folder / "tone.wav"), "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes(b"".join(struct.pack("<h", (i * 331) % 20000) for i in range(8000)))
    database = sqlite3.connect(folder / "data.sqlite")
    database.execute("CREATE TABLE t (a INTEGER, b TEXT)")
    database.executemany("INSERT INTO t VALUES (?, ?)", ((i, f"row {i}") for i in range(100)))
    database.commit()
    database.close()
    with open(folder / "table.csv", "w", newline="") as file:
        csv.writer(file).writerows([["id", "name", "score"],
                                    *([i, f"model {i}", i / 7] for i in range(60))])
    (folder / "index.json").write_text(json.dumps(
        {"models": [{"name": f"m{i}", "version": i, "ready": True} for i in range(20)]}, indent=2))
    py_compile.compile(str(STDLIB / "argparse.py"), str(folder / "argparse.pyc"), doraise=True)


def make(folder: Path) -> list[Path]:
    """Writes and collects the files; some lie in ``folder``, some elsewhere."""
    for name, text in TEXTS.items():
        (folder / name).write_text(text)
    for name, data in (("image.png", _png()), ("image.gif", _gif()), ("image.bmp", _bmp()),
                       ("paper.pdf", _pdf()), ("random.bin", os.urandom(20000)),
                       ("empty", b""), ("tiny", b"ab\n"), ("tiny.bin", b"\xff\xfe\x00"),
                       ("blank", b" " * 5000), ("late.py", b"\n" * 3000 + b"import os\n" * 20),
                       ("edge", b"0123456789abcdef" * 64)):
        (folder / name).write_bytes(data)
    _archives(folder)
    _made_by_python(folder)
    stdlib = [STDLIB / name for name in ("argparse.py", "ast.py", "json/decoder.py", "csv.py",
                                         "asyncio/base_events.py", "typing.py")]
    tree = [*(ROOT / "cbackend" / "include").rglob("*.h"), *ROOT.glob("examples/*"),
            *(ROOT / name for name in ("README.md", "pyproject.toml", "LICENSE", ".ci/run",
                                       "docs/architecture.md", "setup.py"))]
    import numpy

    binaries = sorted(Path(numpy.__file__).parent.rglob("*.so"))[:3]
    return sorted(p for p in [*folder.iterdir(), *stdlib, *tree, *binaries] if p.is_file())
