# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Small pieces of HTML. Text becomes part of a page by ``text`` and ``mono`` only."""

from __future__ import annotations

import html
import re
import zlib
from collections.abc import Iterable, Mapping

from . import event_text
from .case_text import printable
from .event_text import EventText

#: Who speaks, as a sign.
_WAYS = {
    event_text.ENTER: "\u2192", event_text.LEAVE: "\u2190", event_text.CALL: "\u2197",
    event_text.RETURN: "\u21a9", event_text.REQUEST: "+", event_text.FOUND: "!",
    event_text.OTHER: "",
}  # fmt: skip
_CLASSES = {event_text.FOUND: "found-note"}


def text(value: object) -> str:
    """Anything, for the content of an element or a quoted attribute."""
    return html.escape(printable(str(value)))


def mono(value: object) -> str:
    return f"<code>{text(value)}</code>"


def slug(value: str) -> str:
    """An id for links within the page. Different texts have different ones."""
    plain = re.sub("[^A-Za-z0-9]+", "-", value)[:60]
    return f"c-{plain}-{zlib.crc32(value.encode('utf-8', 'surrogatepass')):08x}"


def pill(what: str) -> str:
    return f'<span class="pill {text(what)}">{text(what)}</span>'


def bullets(lines: Iterable[str]) -> str:
    return "<ul>" + "".join(f"<li>{text(line)}</li>" for line in lines) + "</ul>"


def facts(rows: Mapping[str, str]) -> str:
    """A table of two columns; the values are HTML already."""
    body = "".join(f"<tr><th>{text(k)}</th><td>{v}</td></tr>" for k, v in rows.items())
    return f'<table class="facts">{body}</table>'


def folded(title: str, content: str) -> str:
    """A block of text that opens on a click, without a script."""
    return f"<details><summary>{text(title)}</summary><pre>{text(content)}</pre></details>"


def timeline(lines: list[str]) -> str:
    """The events, the last one marked; each object in a colour of its own."""
    events = [event_text.parse(line) for line in lines]
    objects = dict.fromkeys(name for event in events for name in event.objects)
    # The golden angle keeps neighbours apart.
    hues = {name: round(number * 137.5) % 360 for number, name in enumerate(objects)}
    several = any(event.thread for event in events)
    rows = [
        _row(number, event, hues, several, number == len(events))
        for number, event in enumerate(events, 1)
    ]
    threads = ' threads"' if several else '"'
    return f'<ol class="events{threads}>{"".join(rows)}</ol>'


def _row(number: int, event: EventText, hues: Mapping[str, int], several: bool, last: bool) -> str:
    kind = _CLASSES.get(event.kind, event.kind)
    title = event_text.KINDS[event.kind] + (", where it showed" if last else "")
    thread = f"T{event.thread}" if event.thread else ""
    cells = [f'<span class="no">{number}</span>']
    if several:
        cells.append(f'<span class="thread" title="thread {event.thread}">{thread}</span>')
    cells.append(f'<span class="way">{"▶" if last else _WAYS[event.kind]}</span>')
    cells.append(f'<span class="what">{_objects(event.text, hues)}</span>')
    marked = " last" if last else ""
    return f'<li class="{kind}{marked}" title="{title}">{"".join(cells)}</li>'


def _objects(said: str, hues: Mapping[str, int]) -> str:
    out, at = [], 0
    for match in event_text.OBJECT.finditer(said):
        name = match.group()
        out.append(text(said[at : match.start()]))
        out.append(f'<span class="obj" style="--h:{hues[name]}">{text(name)}</span>')
        at = match.end()
    return "".join([*out, text(said[at:])])
