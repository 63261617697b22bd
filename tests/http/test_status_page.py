# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The page for people: what it is told, and what somebody sees who opens it."""

from __future__ import annotations

import json
import re
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sanitized import SANITIZED

from triton_py.http.status_page import pending

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parent.parent / "client"))
import chromium
from serving import ServerProcess, add_model, identity_config

PAGE = Path(__file__).parents[2] / "triton_py" / "http" / "status_page.html"


def get(address: str, path: str) -> tuple[bytes, dict[str, str]]:
    with urllib.request.urlopen(f"http://{address}{path}", timeout=30) as answer:
        return answer.read(), {k.lower(): v for k, v in answer.headers.items()}


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    models = tmp_path_factory.mktemp("models")
    add_model(models, "copy", identity_config(["FP32", "BYTES"], "-1", 0))
    add_model(models, "<b>odd&name", identity_config(["INT32"], "2", 0))
    add_model(models, "broken", 'backend: "there_is_none"')
    with ServerProcess(models, "--model-control-mode=explicit", "--load-model=*",
                       "--exit-on-error=false", "--strict-readiness=false") as server:
        yield server


# --- without a browser -----------------------------------------------------------------------


def test_it_needs_nothing_from_elsewhere() -> None:
    text = PAGE.read_text()
    assert not re.search(r"(?:src|href)\s*=|url\(|@import|https?://(?!www\.w3\.org/2000/svg)", text)
    # Names and reasons are other people's text: they are never taken as markup.
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(", text)


def test_the_page_and_its_headers(served: ServerProcess) -> None:
    body, headers = get(served.http, "/")
    assert body == PAGE.read_bytes()
    assert headers["content-type"] == "text/html; charset=utf-8"
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy and "connect-src 'self'" in policy


def test_what_it_is_told(served: ServerProcess) -> None:
    state = json.loads(get(served.http, "/status")[0])
    assert state["server"]["name"] == "triton" and state["live"] and state["ready"]
    assert state["control"] == "explicit"
    models = {entry["name"]: entry for entry in state["models"]}
    assert models["copy"]["state"] == "READY" and models["broken"]["state"] == "UNAVAILABLE"
    assert {entry["name"] for entry in state["statistics"]} == {"copy", "<b>odd&name"}
    assert state["pending"]["copy/1"] == 0


def test_pending_requests_out_of_the_metrics() -> None:
    text = ('nv_inference_pending_request_count{model="a",version="1"} 3\n'
            'nv_inference_pending_request_count{model="q\\"\\\\",version="2",_t="x"} 4\n'
            'other{model="a",version="1"} 5\n')
    assert pending(text) == {"a/1": 3, 'q"\\/2': 4}
    assert pending("") == {}


def test_it_can_be_turned_off(tmp_path: Path) -> None:
    add_model(tmp_path, "copy", identity_config(["FP32"], "-1", 0))
    with ServerProcess(tmp_path, "--allow-status-page=false", "--allow-metrics=false") as server:
        for path in ("/", "/status"):
            with pytest.raises(urllib.error.HTTPError) as caught:
                get(server.http, path)
            assert caught.value.code == 404


def test_it_goes_without_metrics(tmp_path: Path) -> None:
    add_model(tmp_path, "copy", identity_config(["FP32"], "-1", 0))
    with ServerProcess(tmp_path, "--allow-metrics=false") as server:
        assert json.loads(get(server.http, "/status")[0])["pending"] == {}


# --- in a browser ----------------------------------------------------------------------------

needs_browser = pytest.mark.skipif(
    chromium.PROGRAM is None or SANITIZED,
    reason="chromium is not installed (apt-get install chromium), or would be run under a sanitizer")


@pytest.fixture(params=[(1100, 800), (390, 800)], ids=["wide", "phone"])
def page(request: pytest.FixtureRequest, tmp_path: Path, served: ServerProcess
         ) -> Iterator[chromium.Page]:
    with chromium.Page(tmp_path / "profile", *request.param) as made:
        made.open(f"http://{served.http}/")
        made.wait("document.body && document.body.dataset.shown")
        yield made
        assert made.complaints() == []
        assert all(url.startswith(f"http://{served.http}/") for url in made.requested())


def box(name: str) -> str:
    return f"[...document.querySelectorAll('details')].find(d => d.dataset.model === {name!r})"


@pytest.mark.slow
@needs_browser
def test_models_their_states_and_reasons(page: chromium.Page) -> None:
    text = page.text()
    assert "ready" in text and "model control: explicit" in text
    assert re.search(r"copy 1\s+READY", text)
    assert "there_is_none" in text and "UNAVAILABLE" in text
    assert "<b>odd&name 1" in text, "a name is text, whatever it looks like"
    # With everything open: a page that is wider than a phone is no use there.
    page.run("document.querySelectorAll('details').forEach(it => { it.open = true; })")
    page.wait(f"{box('copy/1')}.querySelector('form')")
    assert page.run("document.documentElement.scrollWidth") <= page.width


@pytest.mark.slow
@needs_browser
def test_a_request_from_the_form_and_its_figures(page: chromium.Page) -> None:
    page.run(f"{box('copy/1')}.open = true")
    page.wait(f"{box('copy/1')}.querySelector('form')")
    assert "INPUT0" in page.text() and "BYTES" in page.text()
    before: Any = page.run(f"known.get('copy/1').last.count")  # noqa: F541
    page.run(f"(() => {{ const it = {box('copy/1')}; const areas = it.querySelectorAll('textarea');"
             "areas[0].value = '[1.5]'; areas[1].value = '[\"hello\"]';"
             "it.querySelector('form').requestSubmit(); })()")
    answer: str = page.wait(f"(t => t.includes('outputs') && t)({box('copy/1')}"
                            ".querySelector('pre').textContent)")
    assert "1.5" in answer and "hello" in answer and answer.split()[1] == "ms"
    page.wait(f"known.get('copy/1').last.count === {before + 1}")
    page.wait("known.get('copy/1').rate.length > 0")
    assert page.run(f"{box('copy/1')}.querySelectorAll('svg polyline').length") == 2
    assert "on average" in page.text()


@pytest.mark.slow
@needs_browser
def test_a_wrong_value_says_what_is_wrong(page: chromium.Page) -> None:
    page.may_fail = "/infer"
    page.run(f"{box('copy/1')}.open = true")
    page.wait(f"{box('copy/1')}.querySelector('form')")
    page.run(f"(() => {{ const it = {box('copy/1')};"
             "it.querySelectorAll('textarea')[0].value = '[1, 2, 3]';"
             "it.querySelector('form').requestSubmit(); })()")
    answer: str = page.wait(f"{box('copy/1')}.querySelector('pre').textContent")
    assert "INPUT0" in answer


@pytest.mark.slow
@needs_browser
def test_unloading_and_loading(page: chromium.Page) -> None:
    name = "<b>odd&name/1"
    # It is described when it is opened; not while it goes.
    page.run(f"{box(name)}.open = true")
    page.wait(f"{box(name)}.querySelector('form')")
    page.run(f"{box(name)}.querySelector('button').click()")
    page.wait(f"{box(name)}.innerText.includes('UNAVAILABLE')")
    assert "unloaded" in page.run(f"{box(name)}.innerText")
    page.run(f"{box(name)}.querySelector('button').click()")
    page.wait(f"{box(name)}.innerText.includes('READY')")
    page.wait(f"{box(name)}.querySelector('form')")


@pytest.mark.slow
@needs_browser
def test_why_a_model_did_not_load_stays(page: chromium.Page) -> None:
    page.may_fail = "/load"
    page.run(f"{box('broken/1')}.querySelector('button').click()")
    page.wait("document.getElementById('trouble').textContent.includes('there_is_none')")
    shown = page.run("Number(document.body.dataset.shown)")
    page.wait(f"Number(document.body.dataset.shown) > {shown + 1}")
    assert "there_is_none" in page.run("document.getElementById('trouble').textContent")
