# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The page: self-contained, in order, and nothing of a library's text is markup."""

from __future__ import annotations

from html.parser import HTMLParser

import report_samples as samples

from triton_py.conformance.report import as_html
from triton_py.conformance.report.event_text import CALL, ENTER, FOUND, OTHER, RETURN, parse
from triton_py.conformance.report.html_parts import slug, timeline
from triton_py.conformance.results import RunResult

_EMPTY = {"meta"}
#: What loads something or runs something.
_ACTIVE = {"script", "link", "img", "iframe", "object", "embed", "base", "form", "svg", "audio",
           "video"}  # fmt: skip


class Page(HTMLParser):
    """Tags with attributes, text, and whether each element is closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.words = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in _EMPTY:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open and self.open[-1] == tag, (tag, self.open)
        self.open.pop()

    def handle_data(self, data):
        self.words += data


def page(run: RunResult) -> Page:
    # As it is written into a file.
    return Page(as_html.dumps(run).encode("utf-8").decode())


def test_foreign_text_is_text() -> None:
    found = page(samples.hostile())
    assert found.open == []
    tags = {tag for tag, _ in found.tags}
    assert not tags & _ACTIVE
    assert "<script>alert('x')</script>" in found.words
    for bad in "\x00\x1b\x07\u202e\ud800":
        assert bad not in found.words
    for _, attributes in found.tags:
        assert not any(name.startswith("on") for name in attributes)


def test_nothing_is_loaded() -> None:
    found = page(samples.hostile())
    for tag, attributes in found.tags:
        assert "src" not in attributes
        assert (attributes.get("href") or "#").startswith("#"), (tag, attributes)
    text = as_html.dumps(samples.hostile())
    assert "url(" not in text and "@import" not in text and "default-src 'none'" in text


def test_links_lead_somewhere() -> None:
    found = page(samples.hostile())
    ids = [a["id"] for _, a in found.tags if "id" in a]
    assert len(ids) == len(set(ids))
    links = [a["href"] for _, a in found.tags if "href" in a]
    assert links and all(link.removeprefix("#") in ids for link in links)


def test_all_that_was_found_is_there() -> None:
    run = samples.hostile()
    found = page(run)
    cells = [a["class"] for tag, a in found.tags if tag == "a" and "cell" in (a.get("class") or "")]
    assert len(cells) == len(run.results)
    assert sorted(c.split()[1] for c in cells) == sorted(
        ["fail", "pass", "tolerated", "advice", "error", "blocked", "not-run"]
    )
    for part in ("No request is released twice.", "Observed:", "r/a.c", "not run: no GPU",
                 "a warning", "a problem", "2999-12-31", "x86_64", "Once more"):  # fmt: skip
        assert part in found.words, part
    assert "prefers-color-scheme: dark" in as_html.dumps(run)


def test_a_clean_run_has_no_list_of_failures() -> None:
    assert "What does not hold" not in page(samples.conformant()).words
    assert "What does not hold" in page(samples.hostile()).words


def test_only_the_last_event_is_marked() -> None:
    text = timeline(samples.EVENTS)
    found = Page(text)
    rows = [a["class"] or "" for tag, a in found.tags if tag == "li"]
    assert len(rows) == len(samples.EVENTS)
    assert [i for i, row in enumerate(rows) if "last" in row.split()] == [len(rows) - 1]
    styles = {a["style"] for tag, a in found.tags if a.get("class") == "obj"}
    assert len(styles) == 3  # modelinstance#1, request#1, response#1


def test_events_are_understood() -> None:
    kinds = [parse(event).kind for event in samples.EVENTS]
    assert kinds[0] == ENTER and kinds[2] == CALL and kinds[3] == RETURN and kinds[4] == FOUND
    assert parse(samples.EVENTS[3]).thread == 2
    assert parse(samples.EVENTS[3]).text == "response = response#1"
    assert parse(samples.EVENTS[2]).objects == ["request#1"]
    assert parse(samples.HOSTILE).kind == OTHER and parse("").kind == OTHER


def test_ids_differ() -> None:
    assert slug("a.b") != slug("a-b") != slug("a b")
