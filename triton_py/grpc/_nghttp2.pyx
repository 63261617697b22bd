# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Finds nghttp2 in the process's surroundings and binds its functions."""

from libc.string cimport memset

import importlib.machinery
import importlib.util
import os


cdef extern from "<dlfcn.h>" nogil:
    void* dlopen(const char* path, int flags)
    void* dlsym(void* handle, const char* name)
    char* dlerror()
    int dlclose(void* handle)
    enum:
        RTLD_NOW
        RTLD_LOCAL


cdef struct Version:
    int age
    int number              # 0xMMmmpp
    const char* text
    const char* protocol

ctypedef const Version* (*VersionFn)(int least) noexcept nogil


# The oldest that the front end was tested with; Debian 12's.
cdef int MINIMUM_NUMBER = 0x013400
MINIMUM = "1.52.0"

cdef Nghttp2 _table
cdef bint _loaded = False
_found = ""


class LibraryNotFound(OSError):
    """No nghttp2 that could be used; the text says what was tried."""


cdef const Nghttp2* nghttp2() noexcept nogil:
    return &_table if _loaded else NULL


cdef struct Symbol:
    const char* name
    void** place


cdef str _reason():
    cdef const char* text = dlerror()
    return (<bytes> text).decode("utf-8", "replace") if text != NULL else "unknown reason"


cdef str _bind(void* handle, Nghttp2* t):
    """Fills the table; returns the name of a function that is missing, or None."""
    cdef Symbol[41] symbols = [
        Symbol(b"session_callbacks_new", <void**> &t.session_callbacks_new),
        Symbol(b"session_callbacks_del", <void**> &t.session_callbacks_del),
        Symbol(b"session_callbacks_set_on_begin_headers_callback",
               <void**> &t.set_on_begin_headers),
        Symbol(b"session_callbacks_set_on_header_callback", <void**> &t.set_on_header),
        Symbol(b"session_callbacks_set_on_frame_recv_callback", <void**> &t.set_on_frame_recv),
        Symbol(b"session_callbacks_set_on_data_chunk_recv_callback",
               <void**> &t.set_on_data_chunk_recv),
        Symbol(b"session_callbacks_set_on_stream_close_callback", <void**> &t.set_on_stream_close),
        Symbol(b"session_callbacks_set_on_frame_send_callback", <void**> &t.set_on_frame_send),
        Symbol(b"session_callbacks_set_send_data_callback", <void**> &t.set_send_data),
        Symbol(b"session_callbacks_set_data_source_read_length_callback",
               <void**> &t.set_read_length),
        Symbol(b"option_new", <void**> &t.option_new),
        Symbol(b"option_del", <void**> &t.option_del),
        Symbol(b"option_set_no_auto_window_update", <void**> &t.option_set_no_auto_window_update),
        Symbol(b"option_set_no_closed_streams", <void**> &t.option_set_no_closed_streams),
        Symbol(b"option_set_max_outbound_ack", <void**> &t.option_set_max_outbound_ack),
        Symbol(b"option_set_max_settings", <void**> &t.option_set_max_settings),
        Symbol(b"session_server_new2", <void**> &t.session_server_new2),
        Symbol(b"session_del", <void**> &t.session_del),
        Symbol(b"session_mem_recv", <void**> &t.session_mem_recv),
        Symbol(b"session_mem_send", <void**> &t.session_mem_send),
        Symbol(b"session_resume_data", <void**> &t.session_resume_data),
        Symbol(b"session_want_read", <void**> &t.session_want_read),
        Symbol(b"session_want_write", <void**> &t.session_want_write),
        Symbol(b"session_get_stream_user_data", <void**> &t.session_get_stream_user_data),
        Symbol(b"session_set_stream_user_data", <void**> &t.session_set_stream_user_data),
        Symbol(b"session_get_remote_window_size", <void**> &t.session_get_remote_window_size),
        Symbol(b"session_get_stream_remote_window_size",
               <void**> &t.session_get_stream_remote_window_size),
        Symbol(b"session_get_outbound_queue_size", <void**> &t.session_get_outbound_queue_size),
        Symbol(b"session_get_stream_remote_close", <void**> &t.session_get_stream_remote_close),
        Symbol(b"session_get_last_proc_stream_id", <void**> &t.session_get_last_proc_stream_id),
        Symbol(b"session_terminate_session", <void**> &t.session_terminate_session),
        Symbol(b"session_consume_connection", <void**> &t.session_consume_connection),
        Symbol(b"session_consume_stream", <void**> &t.session_consume_stream),
        Symbol(b"session_set_local_window_size", <void**> &t.session_set_local_window_size),
        Symbol(b"submit_response", <void**> &t.submit_response),
        Symbol(b"submit_trailer", <void**> &t.submit_trailer),
        Symbol(b"submit_rst_stream", <void**> &t.submit_rst_stream),
        Symbol(b"submit_settings", <void**> &t.submit_settings),
        Symbol(b"submit_ping", <void**> &t.submit_ping),
        Symbol(b"submit_goaway", <void**> &t.submit_goaway),
        Symbol(NULL, NULL),
    ]
    cdef int i
    cdef bytes name
    for i in range(41):
        if symbols[i].name == NULL:
            break
        name = b"nghttp2_" + symbols[i].name
        symbols[i].place[0] = dlsym(handle, name)
        if symbols[i].place[0] == NULL:
            return name.decode()
    (<void**> &t.option_set_stream_reset_rate_limit)[0] = dlsym(
        handle, b"nghttp2_option_set_stream_reset_rate_limit")
    return None


cdef str _try(bytes path, str shown, Nghttp2* table):
    """The version that was bound. Raises ``LibraryNotFound`` with the reason."""
    cdef void* handle = dlopen(path, RTLD_NOW | RTLD_LOCAL)
    cdef VersionFn version
    cdef const Version* info
    if handle == NULL:
        raise LibraryNotFound(_reason())
    (<void**> &version)[0] = dlsym(handle, b"nghttp2_version")
    if version != NULL:
        info = version(0)
        text = (<bytes> info.text).decode("utf-8", "replace")
        problem = None if info.number >= MINIMUM_NUMBER else (
            f"{shown} is nghttp2 {text}, at least {MINIMUM} is needed")
    else:
        # Linked into another library the function may be left out; this one came with 1.60.
        text = "1.60 or newer"
        problem = None if dlsym(handle, b"nghttp2_session_mem_recv2") != NULL else (
            f"{shown} exports no nghttp2")
    if problem is None:
        missing = _bind(handle, table)
        if missing is None:
            # Never closed: the table points into it.
            return text
        problem = f"{shown} lacks {missing}"
    dlclose(handle)
    raise LibraryNotFound(problem)


def _package_file():
    """The path of the extension module in which the package ``ngh2`` carries the library.

    The module is not imported: that would run the package's own code.
    """
    spec = importlib.util.find_spec("ngh2")
    if spec is None or not spec.submodule_search_locations:
        raise LibraryNotFound("the package ngh2 is not installed")
    for folder in spec.submodule_search_locations:
        for suffix in importlib.machinery.EXTENSION_SUFFIXES:
            path = os.path.join(folder, "_core" + suffix)
            if os.path.exists(path):
                return path
    raise LibraryNotFound("the package ngh2 holds no extension module _core")


def _candidates():
    yield "libnghttp2.so.14", lambda: "libnghttp2.so.14"
    yield "package ngh2", _package_file


def load(candidates=None) -> str:
    """Binds the first usable library: the system's, else the one in the package ``ngh2``.

    Returns what was bound, for the log. Raises ``LibraryNotFound``, saying what was tried. A
    second call returns the first one's result. ``candidates`` is for tests: pairs of a name and a
    function that returns a path.
    """
    global _table, _loaded, _found
    cdef Nghttp2 table
    if _loaded and candidates is None:
        return _found
    problems = []
    for shown, find in candidates or _candidates():
        memset(&table, 0, sizeof(table))
        try:
            version = _try(os.fsencode(find()), shown, &table)
        except LibraryNotFound as error:
            problems.append(str(error))
            continue
        found = f"nghttp2 {version} ({shown})"
        if candidates is None:
            _table = table
            _loaded = True
            _found = found
        return found
    raise LibraryNotFound("no usable nghttp2: " + "; ".join(problems))
