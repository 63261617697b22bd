// SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
// SPDX-License-Identifier: BSD-3-Clause

// The cache C API: how the server and a response cache work together. A response cache is a shared
// library, libtritoncache_NAME.so, that implements the four entry points below:
//
//   gcc -shared -fPIC -I$(triton-py config --include) x.c -o libtritoncache_x.so
//
// It may, but need not, be linked against libtritonserver.so. C++ code gets the entry points with C
// linkage from this header.
//
// Versions. The major version changes when something is removed or changes its meaning, the minor
// version when something is added. While the major version is 0, every minor version may do either.
// A cache checks TRITONCACHE_ApiVersion first, in TRITONCACHE_CacheInitialize.
//
// Ownership, errors and threads are described with the same words as in tritonserver.h: [owned],
// [borrowed until X], [transferred], [callback-scoped], [static]. For an entry point the server is
// the caller and the cache is the callee: an error that it returns is owned by the server then.

#ifndef TRITON_CORE_TRITONCACHE_H_
#define TRITON_CORE_TRITONCACHE_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "triton/core/tritonserver.h"

#ifdef __cplusplus
extern "C" {
#endif

// _DECLSPEC marks what the server exports, _ISPEC what a plugin implements. Both are visible even
// with -fvisibility=hidden; in C++, only where the definition is in no namespace.
#if defined(__GNUC__)
#define TRITONCACHE_DECLSPEC __attribute__((__visibility__("default")))
#define TRITONCACHE_ISPEC __attribute__((__visibility__("default")))
#else
#define TRITONCACHE_DECLSPEC
#define TRITONCACHE_ISPEC
#endif

// The version of the API that this header describes.
#define TRITONCACHE_API_VERSION_MAJOR 0
#define TRITONCACHE_API_VERSION_MINOR 1

// Opaque objects: only ever handled by pointer. C code may leave out the word struct.
typedef struct TRITONCACHE_Allocator TRITONCACHE_Allocator;
typedef struct TRITONCACHE_Cache TRITONCACHE_Cache;
typedef struct TRITONCACHE_CacheEntry TRITONCACHE_CacheEntry;

// -------------------------------------------------------------------------------------------------
// Version
// -------------------------------------------------------------------------------------------------

/// Tells which version of this API the running server implements.
///
/// \param major [borrowed until return] Receives the major version.
/// \param minor [borrowed until return] Receives the minor version.
/// \return [owned] Null, or an error: INVALID_ARG where a pointer that is needed is null.
/// Threads: any.
TRITONCACHE_DECLSPEC struct TRITONSERVER_Error* TRITONCACHE_ApiVersion(
    uint32_t* major, uint32_t* minor);

// -------------------------------------------------------------------------------------------------
// What the cache implements
// -------------------------------------------------------------------------------------------------

/// Creates the cache.
///
/// \param cache [borrowed until TRITONCACHE_CacheFinalize] Receives the cache, which is whatever
///     the implementation makes of it.
/// \param config [callback-scoped] A JSON object: the configuration given to
///     TRITONSERVER_ServerOptionsSetCacheConfig.
/// \return [owned] Null, or an error: INVALID_ARG for a configuration that doesn't fit; whatever
///     makes the cache unusable. The server doesn't start then.
/// Threads: called once.
TRITONCACHE_ISPEC struct TRITONSERVER_Error* TRITONCACHE_CacheInitialize(
    struct TRITONCACHE_Cache** cache, const char* config);

/// Frees the cache and all that it holds.
///
/// \param cache [transferred] The cache; the server doesn't use it again, on error neither.
/// \return [owned] Null, or an error: whatever shall be logged.
/// Threads: called once, after everything else.
TRITONCACHE_ISPEC struct TRITONSERVER_Error* TRITONCACHE_CacheFinalize(
    struct TRITONCACHE_Cache* cache);

/// Looks for an entry. If there is one, its buffers are set in the entry with
/// TRITONCACHE_CacheEntryAddBuffer, and TRITONCACHE_Copy copies them to the server before this
/// function returns.
///
/// \param cache [borrowed until return] The cache.
/// \param key [callback-scoped] The key.
/// \param entry [callback-scoped] An entry without buffers.
/// \param allocator [callback-scoped] Prepares the other side's buffers: see TRITONCACHE_Copy.
/// \return [owned] Null, or an error: NOT_FOUND where there is no such entry; INTERNAL for other
///     failures. The request is then executed.
/// Threads: called from any thread, at the same time too.
TRITONCACHE_ISPEC struct TRITONSERVER_Error* TRITONCACHE_CacheLookup(
    struct TRITONCACHE_Cache* cache, const char* key, struct TRITONCACHE_CacheEntry* entry,
    struct TRITONCACHE_Allocator* allocator);

/// Keeps an entry. Its buffers tell how much memory is needed; the cache sets its own memory in
/// their place with TRITONCACHE_CacheEntrySetBuffer, and TRITONCACHE_Copy fills it before this
/// function returns.
///
/// \param cache [borrowed until return] The cache.
/// \param key [callback-scoped] The key.
/// \param entry [callback-scoped] The entry, with the size of each buffer.
/// \param allocator [callback-scoped] Prepares the other side's buffers: see TRITONCACHE_Copy.
/// \return [owned] Null, or an error: ALREADY_EXISTS where the key is taken; whatever keeps the
///     entry from being kept. It is logged.
/// Threads: called from any thread, at the same time too.
TRITONCACHE_ISPEC struct TRITONSERVER_Error* TRITONCACHE_CacheInsert(
    struct TRITONCACHE_Cache* cache, const char* key, struct TRITONCACHE_CacheEntry* entry,
    struct TRITONCACHE_Allocator* allocator);

// -------------------------------------------------------------------------------------------------
// What the server offers
// -------------------------------------------------------------------------------------------------

/// Tells how many buffers an entry has.
///
/// \param entry [borrowed until return] The entry.
/// \param count [borrowed until return] Receives the number.
/// \return [owned] Null, or an error: INVALID_ARG where a pointer that is needed is null.
/// Threads: only within TRITONCACHE_CacheLookup or TRITONCACHE_CacheInsert that got the entry.
TRITONCACHE_DECLSPEC struct TRITONSERVER_Error* TRITONCACHE_CacheEntryBufferCount(
    struct TRITONCACHE_CacheEntry* entry, size_t* count);

/// Adds a buffer to an entry. The bytes are not copied.
///
/// \param entry [borrowed until return] The entry.
/// \param base [borrowed until the lookup returns] The buffer, in ordinary memory.
/// \param buffer_attributes [borrowed until return] The buffer's size and memory type. They are
///     copied.
/// \return [owned] Null, or an error: INVALID_ARG for memory other than TRITONSERVER_MEMORY_CPU;
///     INVALID_ARG where a pointer that is needed is null.
/// Threads: only within TRITONCACHE_CacheLookup or TRITONCACHE_CacheInsert that got the entry.
TRITONCACHE_DECLSPEC struct TRITONSERVER_Error* TRITONCACHE_CacheEntryAddBuffer(
    struct TRITONCACHE_CacheEntry* entry, void* base,
    struct TRITONSERVER_BufferAttributes* buffer_attributes);

/// Gives a buffer of an entry.
///
/// \param entry [borrowed until return] The entry.
/// \param index The buffer's number, from 0.
/// \param base [callback-scoped] Receives the buffer, which must not be changed; null where only
///     its size is known yet.
/// \param buffer_attributes [borrowed until return] Attributes that the cache created; they receive
///     the buffer's size and memory type.
/// \return [owned] Null, or an error: INVALID_ARG for a number out of range; INVALID_ARG where a
///     pointer that is needed is null.
/// Threads: only within TRITONCACHE_CacheLookup or TRITONCACHE_CacheInsert that got the entry.
TRITONCACHE_DECLSPEC struct TRITONSERVER_Error* TRITONCACHE_CacheEntryGetBuffer(
    struct TRITONCACHE_CacheEntry* entry, size_t index, void** base,
    struct TRITONSERVER_BufferAttributes* buffer_attributes);

/// Replaces a buffer of an entry. The bytes are not copied.
///
/// \param entry [borrowed until return] The entry.
/// \param index The buffer's number, from 0.
/// \param new_base [borrowed until the insertion or lookup returns] The buffer, in ordinary memory.
/// \param buffer_attributes [borrowed until return] The buffer's size and memory type, or null to
///     keep those that it has. They are copied.
/// \return [owned] Null, or an error: INVALID_ARG for a number out of range; INVALID_ARG where a
///     pointer that is needed is null.
/// Threads: only within TRITONCACHE_CacheLookup or TRITONCACHE_CacheInsert that got the entry.
TRITONCACHE_DECLSPEC struct TRITONSERVER_Error* TRITONCACHE_CacheEntrySetBuffer(
    struct TRITONCACHE_CacheEntry* entry, size_t index, void* new_base,
    struct TRITONSERVER_BufferAttributes* buffer_attributes);

/// Copies between the buffers of an entry and the server: from them in a lookup, into them in an
/// insertion.
///
/// \param allocator [borrowed until return] The allocator that the cache was given.
/// \param entry [borrowed until return] The entry.
/// \return [owned] Null, or an error: whatever the server failed with; INVALID_ARG where a pointer
///     that is needed is null.
/// Threads: only within TRITONCACHE_CacheLookup or TRITONCACHE_CacheInsert that got the entry.
TRITONCACHE_DECLSPEC struct TRITONSERVER_Error* TRITONCACHE_Copy(
    struct TRITONCACHE_Allocator* allocator, struct TRITONCACHE_CacheEntry* entry);

#ifdef __cplusplus
}  // extern "C"
#endif

#endif  // TRITON_CORE_TRITONCACHE_H_
