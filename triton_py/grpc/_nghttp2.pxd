# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""nghttp2 as far as a server needs it: its structs, its callbacks, and a table of its functions.

Declared here and not included from its header, so that the package is built where only Python is;
the functions are looked up in the library that is there when the server starts. Names and layouts
are nghttp2's public interface, the same in every version with soname 14.
"""

from libc.stdint cimport int32_t, uint8_t, uint32_t, uint64_t


cdef enum FrameType:
    FRAME_DATA = 0
    FRAME_HEADERS = 1
    FRAME_RST_STREAM = 3
    FRAME_SETTINGS = 4
    FRAME_PING = 6
    FRAME_GOAWAY = 7
    FRAME_WINDOW_UPDATE = 8

cdef enum FrameFlag:
    FLAG_END_STREAM = 0x01
    FLAG_ACK = 0x01         # of SETTINGS and PING
    FLAG_END_HEADERS = 0x04

cdef enum HeadersCategory:
    CATEGORY_REQUEST = 0
    CATEGORY_TRAILERS = 3   # after the first block of a stream

cdef enum SettingsId:
    SETTINGS_MAX_CONCURRENT_STREAMS = 3
    SETTINGS_INITIAL_WINDOW_SIZE = 4
    SETTINGS_MAX_FRAME_SIZE = 5
    SETTINGS_MAX_HEADER_LIST_SIZE = 6

# Error codes of RST_STREAM and GOAWAY.
cdef enum Http2Error:
    NO_ERROR = 0
    PROTOCOL_ERROR = 1
    INTERNAL_ERROR = 2
    REFUSED_STREAM = 7
    CANCEL = 8
    ENHANCE_YOUR_CALM = 11

# What callbacks answer.
cdef enum:
    ERR_WOULDBLOCK = -504                   # of a send callback: ask again later
    ERR_DEFERRED = -508                     # of a read callback: nothing to send yet
    ERR_TEMPORAL_CALLBACK_FAILURE = -521    # the stream is reset, the connection goes on
    ERR_CALLBACK_FAILURE = -902             # the connection ends

# What a read callback says about the bytes that it announces.
cdef enum:
    DATA_FLAG_EOF = 1
    DATA_FLAG_NO_END_STREAM = 2             # the end of the data, but trailers follow
    DATA_FLAG_NO_COPY = 4                   # the send-data callback will write them

# How nghttp2 keeps a header field: both flags, and it borrows the two texts until it is sent.
cdef enum:
    NV_FLAG_NO_INDEX = 1                    # and does not put it into the tables of compression
    NV_FLAG_NO_COPY_NAME = 2
    NV_FLAG_NO_COPY_VALUE = 4


cdef struct Session             # opaque
cdef struct Callbacks           # opaque
cdef struct SessionOptions      # opaque


# A header field; not NUL-terminated.
cdef struct Nv:
    const uint8_t* name         # in lower case
    const uint8_t* value
    size_t name_size
    size_t value_size
    uint8_t flags

# The head that all frames begin with: a Frame* may be cast to each frame below, by `type`.
cdef struct Frame:
    size_t length
    int32_t stream_id
    uint8_t type
    uint8_t flags
    uint8_t reserved

cdef struct HeadersFrame:
    Frame head
    size_t padding
    int32_t parent_id
    int32_t weight
    uint8_t exclusive
    Nv* fields
    size_t field_count
    int category                # HeadersCategory

cdef struct PingFrame:
    Frame head
    uint8_t opaque[8]

cdef struct Setting:
    int32_t id
    uint32_t value

# A union in nghttp2; the pointer is its larger member.
cdef struct DataSource:
    void* ptr

ctypedef ssize_t (*ReadFn)(Session* session, int32_t stream_id, uint8_t* buffer, size_t size,
                           uint32_t* flags, DataSource* source, void* user) noexcept

cdef struct DataProvider:
    DataSource source
    ReadFn read

# The callbacks. Frames, names, values and data are callback-scoped; `user` is the session's.
ctypedef int (*OnFrameFn)(Session* session, const Frame* frame, void* user) noexcept
ctypedef int (*OnHeaderFn)(Session* session, const Frame* frame, const uint8_t* name,
                           size_t name_size, const uint8_t* value, size_t value_size,
                           uint8_t flags, void* user) noexcept
ctypedef int (*OnDataFn)(Session* session, uint8_t flags, int32_t stream_id, const uint8_t* data,
                         size_t size, void* user) noexcept
ctypedef int (*OnCloseFn)(Session* session, int32_t stream_id, uint32_t error_code, void* user
                          ) noexcept
# `head` is the frame's, of 9 bytes, to be written before `size` bytes of the source.
ctypedef int (*SendDataFn)(Session* session, Frame* frame, const uint8_t* head, size_t size,
                           DataSource* source, void* user) noexcept
ctypedef ssize_t (*ReadLengthFn)(Session* session, uint8_t frame_type, int32_t stream_id,
                                 int32_t session_window, int32_t stream_window,
                                 uint32_t max_frame_size, void* user) noexcept


# The functions, under nghttp2's names without their prefix. Those that return int or ssize_t
# return an error below 0.
cdef struct Nghttp2:
    int (*session_callbacks_new)(Callbacks** callbacks) noexcept nogil
    void (*session_callbacks_del)(Callbacks* callbacks) noexcept nogil
    void (*set_on_begin_headers)(Callbacks* callbacks, OnFrameFn fn) noexcept nogil
    void (*set_on_header)(Callbacks* callbacks, OnHeaderFn fn) noexcept nogil
    void (*set_on_frame_recv)(Callbacks* callbacks, OnFrameFn fn) noexcept nogil
    void (*set_on_data_chunk_recv)(Callbacks* callbacks, OnDataFn fn) noexcept nogil
    void (*set_on_stream_close)(Callbacks* callbacks, OnCloseFn fn) noexcept nogil
    void (*set_on_frame_send)(Callbacks* callbacks, OnFrameFn fn) noexcept nogil
    void (*set_send_data)(Callbacks* callbacks, SendDataFn fn) noexcept nogil
    void (*set_read_length)(Callbacks* callbacks, ReadLengthFn fn) noexcept nogil
    int (*option_new)(SessionOptions** option) noexcept nogil
    void (*option_del)(SessionOptions* option) noexcept nogil
    void (*option_set_no_auto_window_update)(SessionOptions* option, int value) noexcept nogil
    void (*option_set_no_closed_streams)(SessionOptions* option, int value) noexcept nogil
    void (*option_set_max_outbound_ack)(SessionOptions* option, size_t value) noexcept nogil
    void (*option_set_max_settings)(SessionOptions* option, size_t value) noexcept nogil
    # NULL where the library has none.
    void (*option_set_stream_reset_rate_limit)(SessionOptions* option, uint64_t burst,
                                               uint64_t rate) noexcept nogil
    # Owned by the caller, to be freed by session_del; `user` goes to each callback.
    int (*session_server_new2)(Session** session, const Callbacks* callbacks, void* user,
                               const SessionOptions* option) noexcept nogil
    void (*session_del)(Session* session) noexcept nogil
    # These three run callbacks, which need the GIL.
    ssize_t (*session_mem_recv)(Session* session, const uint8_t* data, size_t size) noexcept
    # `data` is borrowed until the next call on the session.
    ssize_t (*session_mem_send)(Session* session, const uint8_t** data) noexcept
    int (*session_resume_data)(Session* session, int32_t stream_id) noexcept
    int (*session_want_read)(Session* session) noexcept nogil
    int (*session_want_write)(Session* session) noexcept nogil
    void* (*session_get_stream_user_data)(Session* session, int32_t stream_id) noexcept nogil
    int (*session_set_stream_user_data)(Session* session, int32_t stream_id, void* user
                                        ) noexcept nogil
    int32_t (*session_get_remote_window_size)(Session* session) noexcept nogil
    int32_t (*session_get_stream_remote_window_size)(Session* session, int32_t stream_id
                                                     ) noexcept nogil
    size_t (*session_get_outbound_queue_size)(Session* session) noexcept nogil
    int (*session_get_stream_remote_close)(Session* session, int32_t stream_id) noexcept nogil
    int32_t (*session_get_last_proc_stream_id)(Session* session) noexcept nogil
    int (*session_terminate_session)(Session* session, uint32_t error_code) noexcept nogil
    int (*session_consume_connection)(Session* session, size_t size) noexcept nogil
    int (*session_consume_stream)(Session* session, int32_t stream_id, size_t size) noexcept nogil
    int (*session_set_local_window_size)(Session* session, uint8_t flags, int32_t stream_id,
                                         int32_t size) noexcept nogil
    # The fields' array is copied, their texts unless flagged; the provider's struct is copied.
    int (*submit_response)(Session* session, int32_t stream_id, const Nv* fields, size_t count,
                           const DataProvider* provider) noexcept nogil
    int (*submit_trailer)(Session* session, int32_t stream_id, const Nv* fields, size_t count
                          ) noexcept nogil
    int (*submit_rst_stream)(Session* session, uint8_t flags, int32_t stream_id,
                             uint32_t error_code) noexcept nogil
    int (*submit_settings)(Session* session, uint8_t flags, const Setting* entries, size_t count
                           ) noexcept nogil
    int (*submit_ping)(Session* session, uint8_t flags, const uint8_t* opaque) noexcept nogil
    int (*submit_goaway)(Session* session, uint8_t flags, int32_t last_stream_id,
                         uint32_t error_code, const uint8_t* opaque, size_t size) noexcept nogil


# The table; NULL until load() succeeded. Static from then on.
cdef const Nghttp2* nghttp2() noexcept nogil
