# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""What a backend owns and has to give back: errors, messages, memory of the memory manager."""

from __future__ import annotations

from collections.abc import Iterator

from ..log import CALL, LEAVE, RETURN, LogEvent, functions, number_of
from . import Context, Finding

#: Borrowed until Finalize; the headers say so.
BORROWED_MESSAGES = {"TRITONBACKEND_BackendConfig", "TRITONBACKEND_ModelInstanceHostPolicy"}
_MEMORY_TYPES = ("CPU", "pinned", "GPU")


def errors(context: Context) -> Iterator[Finding]:
    """An error that is returned to the backend, or made by it, is deleted or returned in turn."""
    owned: dict[int, LogEvent] = {}
    ended: dict[int, LogEvent] = {}
    for event in context.events:
        if event.kind == RETURN and event.result and event.error:
            owned[event.result] = event
            ended.pop(event.result, None)
        elif event.kind == LEAVE and event.result:
            if event.result not in owned and ended.get(event.result, event).kind == CALL:
                yield Finding(
                    "hygiene.errors-deleted",
                    f"{event.function} returned an error that was deleted before",
                    event.seq,
                )
            owned.pop(event.result, None)
            ended[event.result] = event
        elif event.kind == CALL and event.function == "TRITONSERVER_ErrorDelete":
            address = event.argument("error")
            if owned.pop(address, None) is None and address in ended:
                yield Finding(
                    "hygiene.errors-deleted", "an error was deleted again", event.seq
                )
            ended[address] = event
    if context.whole:
        for event in owned.values():
            yield Finding(
                "hygiene.errors-deleted",
                f"an error that {event.function} returned was never deleted: '{event.text}'",
                event.seq,
            )


def messages(context: Context) -> Iterator[Finding]:
    owned: dict[int, LogEvent] = {}
    borrowed: dict[int, LogEvent] = {}
    ended: set[int] = set()
    for event in context.events:
        if event.kind == RETURN and not event.error:
            for name, kind in functions()[number_of(event.function)].outs:
                if kind == "TRITONSERVER_Message**" and event.out(name):
                    home = borrowed if event.function in BORROWED_MESSAGES else owned
                    home[event.out(name)] = event
                    ended.discard(event.out(name))
        elif event.kind == CALL and event.function == "TRITONSERVER_MessageDelete":
            address = event.argument("message")
            if address in borrowed:
                yield Finding(
                    "hygiene.messages-deleted",
                    f"a message that {borrowed[address].function} lends was deleted",
                    event.seq,
                )
            elif owned.pop(address, None) is None and address in ended:
                yield Finding(
                    "hygiene.messages-deleted", "a message was deleted again", event.seq
                )
            ended.add(address)
    if context.whole:
        for event in owned.values():
            yield Finding(
                "hygiene.messages-deleted",
                f"a message from {event.function} was never deleted",
                event.seq,
            )


def memory(context: Context) -> Iterator[Finding]:
    owned: dict[int, tuple[LogEvent, int, int]] = {}
    freed: set[int] = set()
    for event in context.events:
        if event.function == "TRITONBACKEND_MemoryManagerAllocate" and event.kind == RETURN:
            if not event.error:
                place = (event.argument("memory_type"), event.argument("memory_type_id"))
                owned[event.out("buffer")] = (event, *place)
                freed.discard(event.out("buffer"))
        elif event.function == "TRITONBACKEND_MemoryManagerFree" and event.kind == CALL:
            address = event.argument("buffer")
            entry = owned.pop(address, None)
            if entry is None and address in freed:
                yield Finding("hygiene.memory-manager", "memory was freed again", event.seq)
            elif entry is not None and entry[1] != event.argument("memory_type"):
                kinds = [_MEMORY_TYPES[k] for k in (entry[1], event.argument("memory_type"))]
                yield Finding(
                    "hygiene.memory-manager",
                    f"{kinds[0]} memory was freed as {kinds[1]} memory",
                    event.seq,
                )
            freed.add(address)
    if context.whole:
        for event, *_ in owned.values():
            yield Finding(
                "hygiene.memory-manager",
                f"{event.argument('byte_size')} bytes of the memory manager were never freed",
                event.seq,
            )


RULES = (errors, messages, memory)
