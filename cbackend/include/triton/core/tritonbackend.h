// SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
// SPDX-License-Identifier: BSD-3-Clause

// The backend C API: how the server and a backend work together. A backend is a shared library,
// libtriton_NAME.so, that implements TRITONBACKEND_ModelInstanceExecute and whichever of the other
// entry points below it needs:
//
//   gcc -shared -fPIC -I$(triton-py config --include) x.c -o libtriton_x.so
//
// It may, but need not, be linked against libtritonserver.so. C++ code gets the entry points with C
// linkage from this header.
//
// Versions. The major version changes when something is removed or changes its meaning, the minor
// version when something is added. A backend that was built against version M.n works with a server
// of version M.m if m >= n, and checks that first, in TRITONBACKEND_Initialize, with
// TRITONBACKEND_ApiVersion. A server doesn't load a backend that lacks
// TRITONBACKEND_ModelInstanceExecute.
//
// Life-cycle. For each backend, model and instance, one call after the other:
//
//   TRITONBACKEND_Initialize                 when the first model needs the backend
//   TRITONBACKEND_GetBackendAttribute
//     TRITONBACKEND_ModelInitialize          for each version of each model
//       TRITONBACKEND_ModelInstanceInitialize    for each instance
//         TRITONBACKEND_ModelInstanceExecute     again and again
//       TRITONBACKEND_ModelInstanceFinalize
//     TRITONBACKEND_ModelFinalize
//   TRITONBACKEND_Finalize                   after the last model that needed it
//
// A Finalize function may be called even where the Initialize function of the same object failed:
// the state that it finds is then what was set before, or null.
//
// Ownership, errors and threads are described with the same words as in tritonserver.h: [owned],
// [borrowed until X], [transferred], [callback-scoped], [static]. For an entry point the server is
// the caller and the backend is the callee: an error that it returns is owned by the server then.

#ifndef TRITON_CORE_TRITONBACKEND_H_
#define TRITON_CORE_TRITONBACKEND_H_

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
#define TRITONBACKEND_DECLSPEC __attribute__((__visibility__("default")))
#define TRITONBACKEND_ISPEC __attribute__((__visibility__("default")))
#else
#define TRITONBACKEND_DECLSPEC
#define TRITONBACKEND_ISPEC
#endif

// The version of the API that this header describes.
#define TRITONBACKEND_API_VERSION_MAJOR 1
#define TRITONBACKEND_API_VERSION_MINOR 19

// Opaque objects: only ever handled by pointer. C code may leave out the word struct.
typedef struct TRITONBACKEND_Backend TRITONBACKEND_Backend;
typedef struct TRITONBACKEND_BackendAttribute TRITONBACKEND_BackendAttribute;
typedef struct TRITONBACKEND_Batcher TRITONBACKEND_Batcher;
typedef struct TRITONBACKEND_Input TRITONBACKEND_Input;
typedef struct TRITONBACKEND_MemoryManager TRITONBACKEND_MemoryManager;
typedef struct TRITONBACKEND_Model TRITONBACKEND_Model;
typedef struct TRITONBACKEND_ModelInstance TRITONBACKEND_ModelInstance;
typedef struct TRITONBACKEND_ModelInstanceResponseStatistics
    TRITONBACKEND_ModelInstanceResponseStatistics;
typedef struct TRITONBACKEND_Output TRITONBACKEND_Output;
typedef struct TRITONBACKEND_Request TRITONBACKEND_Request;
typedef struct TRITONBACKEND_Response TRITONBACKEND_Response;
typedef struct TRITONBACKEND_ResponseFactory TRITONBACKEND_ResponseFactory;
typedef struct TRITONBACKEND_State TRITONBACKEND_State;

// -------------------------------------------------------------------------------------------------
// Version
// -------------------------------------------------------------------------------------------------

/// Tells which version of this API the running server implements.
///
/// \param major [borrowed until return] Receives the major version; it must equal the one compiled
///     against.
/// \param minor [borrowed until return] Receives the minor version; it must not be less than the
///     one compiled against.
/// \return [owned] Null, or an error: INVALID_ARG where a pointer that is needed is null.
/// Threads: any.
TRITONBACKEND_DECLSPEC struct TRITONSERVER_Error* TRITONBACKEND_ApiVersion(
    uint32_t* major, uint32_t* minor);

// -------------------------------------------------------------------------------------------------
// Backend: what the backend implements
// -------------------------------------------------------------------------------------------------

/// Optional. Prepares the backend; state for all its models is attached with
/// TRITONBACKEND_BackendSetState.
///
/// \param backend [borrowed until TRITONBACKEND_Finalize returns] The backend.
/// \return [owned] Null, or an error: whatever makes the backend unusable: the models that need it
///     fail to load with that error.
/// Threads: called once.
TRITONBACKEND_ISPEC struct TRITONSERVER_Error* TRITONBACKEND_Initialize(
    struct TRITONBACKEND_Backend* backend);

/// Optional. Frees what TRITONBACKEND_Initialize made, and joins the backend's threads; the library
/// is unloaded next.
///
/// \param backend [borrowed until TRITONBACKEND_Finalize returns] The backend.
/// \return [owned] Null, or an error: whatever shall be logged.
/// Threads: called once, after everything else.
TRITONBACKEND_ISPEC struct TRITONSERVER_Error* TRITONBACKEND_Finalize(
    struct TRITONBACKEND_Backend* backend);

/// Optional. Tells the server what the backend prefers, with the TRITONBACKEND_BackendAttribute
/// functions.
///
/// \param backend [borrowed until TRITONBACKEND_Finalize returns] The backend.
/// \param backend_attributes [callback-scoped] The attributes.
/// \return [owned] Null, or an error: whatever shall be logged; the attributes set so far are
///     ignored then.
/// Threads: called at any time between TRITONBACKEND_Initialize and TRITONBACKEND_Finalize, several
/// times perhaps.
TRITONBACKEND_ISPEC struct TRITONSERVER_Error* TRITONBACKEND_GetBackendAttribute(
    struct TRITONBACKEND_Backend* backend,
    struct TRITONBACKEND_BackendAttribute* backend_attributes);

// -------------------------------------------------------------------------------------------------
// Backend: attributes
// -------------------------------------------------------------------------------------------------

/// Adds an instance group for models whose configuration names none. The first one added is the one
/// preferred most; the server takes the first that the machine can offer.
///
/// \param backend_attributes [borrowed until return] The attributes.
/// \param kind What the instances run on.
/// \param count How many instances there are on each device; 0 for the server's default.
/// \param device_ids [borrowed until return] The numbers of the devices, or null for the server's
///     default. They are copied.
/// \param id_count The number of elements in device_ids.
/// \return [owned] Null, or an error: INVALID_ARG where the attributes are null or the kind is
///     none.
/// Threads: only within TRITONBACKEND_GetBackendAttribute, in its thread.
TRITONBACKEND_DECLSPEC struct TRITONSERVER_Error*
TRITONBACKEND_BackendAttributeAddPreferredInstanceGroup(
    struct TRITONBACKEND_BackendAttribute* backend_attributes,
    const TRITONSERVER_InstanceGroupKind kind, const uint64_t count, const uint64_t* device_ids,
    const uint64_t id_count);

/// Tells whether instances may be initialized and finalized at the same time.
///
/// \param backend_attributes [borrowed until return] The attributes.
/// \param enabled True if they may. Without this call, one follows the other.
/// \return [owned] Null, or an error: INVALID_ARG where a pointer that is needed is null.
/// Threads: only within TRITONBACKEND_GetBackendAttribute, in its thread.
TRITONBACKEND_DECLSPEC struct TRITONSERVER_Error*
TRITONBACKEND_BackendAttributeSetParallelModelInstanceLoading(
    struct TRITONBACKEND_BackendAttribute* backend_attributes, bool enabled);

// -------------------------------------------------------------------------------------------------
// Backend: what the server offers
// -------------------------------------------------------------------------------------------------

/// How files reach a backend.
typedef enum TRITONBACKEND_artifacttype_enum {
  /// In a folder, whose path is the location.
  TRITONBACKEND_ARTIFACT_FILESYSTEM = 0
} TRITONBACKEND_ArtifactType;

/// How the instances of a backend share devices.
typedef enum TRITONBACKEND_execpolicy_enum {
  /// Each instance executes whenever it is free.
  TRITONBACKEND_EXECUTION_BLOCKING = 0,
  /// Of the instances on a device, one is in TRITONBACKEND_ModelInstanceExecute at a time.
  TRITONBACKEND_EXECUTION_DEVICE_BLOCKING = 1
} TRITONBACKEND_ExecutionPolicy;

/// Tells the backend's name: NAME in libtriton_NAME.so.
///
/// \param backend [borrowed until return] The backend.
/// \param name [borrowed until TRITONBACKEND_Finalize returns] Receives the name.
/// \return [owned] Null, or an error: INVALID_ARG where a pointer that is needed is null.
/// Threads: any.
TRITONBACKEND_DECLSPEC struct TRITONSERVER_Error* TRITONBACKEND_BackendName(
    struct TRITONBACKEND_Backend* backend, const char** name);

/// Gives the settings made for the backend, as {"cmdline": {"SETTING": "VALUE", ...}}.
///
/// \param backend [borrowed until return] The backend.
/// \param backend_config [borrowed until TRITONBACKEND_Finalize returns] Receives the settings; not
///     to be deleted.
/// \return [owned] Null, or an error: INVALID_ARG where a pointer that is needed is null.
/// Threads: any.
TRITONBACKEND_DECLSPEC struct TRITONSERVER_Error* TRITONBACKEND_BackendConfig(
    struct TRITONBACKEND_Backend* backend, struct TRITONSERVER_Message** backend_config);

/// Tells the backend's execution policy.
///
/// \param backend [borrowed until return] The backend.
/// \param policy [borrowed until return] Receives the policy.
/// \return [owned] Null, or an error: INVALID_ARG where a pointer that is needed is null.
/// Threads: any.
TRITONBACKEND_DECLSPEC struct TRITONSERVER_Error* TRITONBACKEND_BackendExecutionPolicy(
    struct TRITONBACKEND_Backend* backend, TRITONBACKEND_ExecutionPolicy* policy);

/// Sets the backend's execution policy. Counts in TRITONBACKEND_Initialize only.
///
/// \param backend [borrowed until return] The backend.
/// \param policy The policy. The default is TRITONBACKEND_EXECUTION_BLOCKING.
/// \return [owned] Null, or an error: INVALID_ARG for a value that is no policy; INVALID_ARG where
///     a pointer that is needed is null.
/// Threads: any.
TRITONBACKEND_DECLSPEC struct TRITONSERVER_Error* TRITONBACKEND_BackendSetExecutionPolicy(
    struct TRITONBACKEND_Backend* backend, TRITONBACKEND_ExecutionPolicy policy);

/// Tells where the backend's files are: the library, and what lies beside it.
///
/// \param backend [borrowed until return] The backend.
/// \param artifact_type [borrowed until return] Receives how they are reached.
/// \param location [borrowed until TRITONBACKEND_Finalize returns] Receives the path of the folder.
/// \return [owned] Null, or an error: INVALID_ARG where a pointer that is needed is null.
/// Threads: any.
TRITONBACKEND_DECLSPEC struct TRITONSERVER_Error* TRITONBACKEND_BackendArtifacts(
    struct TRITONBACKEND_Backend* backend, TRITONBACKEND_ArtifactType* artifact_type,
    const char** location);

/// Gives the memory manager, which allocates from the server's pools.
///
/// \param backend [borrowed until return] The backend.
/// \param manager [borrowed until TRITONBACKEND_Finalize returns] Receives the memory manager.
/// \return [owned] Null, or an error: INVALID_ARG where a pointer that is needed is null.
/// Threads: any.
TRITONBACKEND_DECLSPEC struct TRITONSERVER_Error* TRITONBACKEND_BackendMemoryManager(
    struct TRITONBACKEND_Backend* backend, struct TRITONBACKEND_MemoryManager** manager);

/// Gives the state attached to the backend.
///
/// \param backend [borrowed until return] The backend.
/// \param state [borrowed until the backend frees it] Receives the pointer that was set, or null.
/// \return [owned] Null, or an error: INVALID_ARG where a pointer that is needed is null.
/// Threads: any.
TRITONBACKEND_DECLSPEC struct TRITONSERVER_Error* TRITONBACKEND_BackendState(
    struct TRITONBACKEND_Backend* backend, void** state);

/// Attaches state to the backend. The server only keeps the pointer.
///
/// \param backend [borrowed until return] The backend.
/// \param state [borrowed until TRITONBACKEND_Finalize returns] Any pointer, or null. Freeing what
///     it points to is the backend's task.
/// \return [owned] Null, or an error: INVALID_ARG where the backend is null.
/// Threads: any.
TRITONBACKEND_DECLSPEC struct TRITONSERVER_Error* TRITONBACKEND_BackendSetState(
    struct TRITONBACKEND_Backend* backend, void* state);

// -------------------------------------------------------------------------------------------------
// Memory manager
// -------------------------------------------------------------------------------------------------

/// Allocates memory.
///
/// \param manager [borrowed until return] The memory manager.
/// \param buffer [owned] Receives the memory; free it with TRITONBACKEND_MemoryManagerFree.
/// \param memory_type The memory type.
/// \param memory_type_id The memory type's id; for a GPU, its number.
/// \param byte_size The size in bytes.
/// \return [owned] Null, or an error: UNSUPPORTED where such memory is never to be had here;
///     UNAVAILABLE where there isn't enough now; INVALID_ARG for a value that is no memory type;
///     INVALID_ARG where a pointer that is needed is null.
/// Threads: any.
TRITONBACKEND_DECLSPEC struct TRITONSERVER_Error* TRITONBACKEND_MemoryManagerAllocate(
    struct TRITONBACKEND_MemoryManager* manager, void** buffer,
    const TRITONSERVER_MemoryType memory_type, const int64_t memory_type_id,
    const uint64_t byte_size);

/// Frees memory.
///
/// \param manager [borrowed until return] The memory manager that allocated it.
/// \param buffer [transferred] The memory, or null, which does nothing. On error it is still the
///     backend's.
/// \param memory_type The memory type that it was allocated with.
/// \param memory_type_id The id that it was allocated with.
/// \return [owned] Null, or an error: INVALID_ARG for a memory type that doesn't exist or memory
///     that isn't of it; INVALID_ARG where a pointer that is needed is null.
/// Threads: any.
TRITONBACKEND_DECLSPEC struct TRITONSERVER_Error* TRITONBACKEND_MemoryManagerFree(
    struct TRITONBACKEND_MemoryManager* manager, void* buffer,
    const TRITONSERVER_MemoryType memory_type, const int64_t memory_type_id);

// -------------------------------------------------------------------------------------------------
// Model: what the backend implements
// -------------------------------------------------------------------------------------------------

/// Optional. Prepares a model: checks its configuration or completes it, and attaches state with
/// TRITONBACKEND_ModelSetState.
///
/// \param model [borrowed until TRITONBACKEND_ModelFinalize returns] The model.
/// \return [owned] Null, or an error: whatever makes the model unusable: it fails to load with that
///     error.
/// Threads: called once for each model; for different models at the same time.
TRITONBACKEND_ISPEC struct TRITONSERVER_Error* TRITONBACKEND_ModelInitialize(
    struct TRITONBACKEND_Model* model);

/// Optional. Frees what TRITONBACKEND_ModelInitialize made, and joins the model's threads.
///
/// \param model [borrowed until TRITONBACKEND_ModelFinalize returns] The model.
/// \return [owned] Null, or an error: whatever shall be logged.
/// Threads: called once for each model, after its instances were finalized.
TRITONBACKEND_ISPEC struct TRITONSERVER_Error* TRITONBACKEND_ModelFinalize(
    struct TRITONBACKEND_Model* model);

// -------------------------------------------------------------------------------------------------
// Model: what the server offers
// -------------------------------------------------------------------------------------------------

/// Tells the model's name.
///
/// \param model [borrowed until return] The model.
/// \param name [borrowed until TRITONBACKEND_ModelFinalize returns] Receives the name.
/// \return [owned] Null, or an error: INVALID_ARG where a pointer that is needed is null.
/// Threads: any.
TRITONBACKEND_DECLSPEC struct TRITONSERVER_Error* TRITONBACKEND_ModelName(
    struct TRITONBACKEND_Model* model, const char** name);

/// Tells the model's version.
///
/// \param model [borrowed until return] The model.
/// \param version [borrowed until return] Receives the version.
/// \return [owned] Null, or an error: INVALID_ARG where a pointer that is needed is null.
/// Threads: any.
TRITONBACKEND_DECLSPEC struct TRITONSERVER_Error* TRITONBACKEND_ModelVersion(
    struct TRITONBACKEND_Model* model, uint64_t* version);

/// Tells where the model's files are.
///
/// \param model [borrowed until return] The model.
/// \param artifact_type [borrowed until return] Receives how they are reached.
/// \param location [borrowed until TRITONBACKEND_ModelFinalize returns] Receives the path of the
///     model's folder, which holds a folder for each version.
/// \return [owned] Null, or an error: INVALID_ARG where a pointer that is needed is null.
/// Threads: any.
TRITONBACKEND_DECLSPEC struct TRITONSERVER_Error* TRITONBACKEND_ModelRepository(
    struct TRITONBACKEND_Model* model, TRITONBACKEND_ArtifactType* artifact_type,
    const char** location);

/// Gives the model's configuration as it is now.
///
/// \param model [borrowed until return] The model.
/// \param config_version The version of the format; 1 is the only one.
/// \param model_config [owned] Receives the configuration as JSON; free it with
///     TRITONSERVER_MessageDelete.
/// \return [owned] Null, or an error: UNSUPPORTED for another format; INVALID_ARG where a pointer
///     that is needed is null.
/// Threads: any.
TRITONBACKEND_DECLSPEC struct TRITONSERVER_Error* TRITONBACKEND_ModelConfig(
    struct TRITONBACKEND_Model* model, const uint32_t config_version,
    struct TRITONSERVER_Message** model_config);

/// Tells whether the backend is asked to complete the model's configuration.
///
/// \param model [borrowed until return] The model.
/// \param auto_complete_config [borrowed until return] Receives whether it is.
/// \return [owned] Null, or an error: INVALID_ARG where a pointer that is needed is null.
/// Threads: any.
TRITONBACKEND_DECLSPEC struct TRITONSERVER_Error* TRITONBACKEND_ModelAutoCompleteConfig(
    struct TRITONBACKEND_Model* model, bool* auto_complete_config);

/// Hands the server a completed configuration: inputs, outputs, the largest batch, and a scheduling
/// choice where none was made. Other changes are ignored. The server completes the rest, so the
/// backend reads the configuration again afterwards.
///
/// \param model [borrowed until return] The model.
/// \param config_version The version of the format; 1 is the only one.
/// \param model_config [borrowed until return] The whole configuration as JSON. It is copied.
/// \return [owned] Null, or an error: UNSUPPORTED for another format; INVALID_ARG outside
///     TRITONBACKEND_ModelInitialize. A configuration that isn't valid makes the model fail to load
///     afterwards; INVALID_ARG where a pointer that is needed is null.
/// Threads: only within TRITONBACKEND_ModelInitialize of that model.
TRITONBACKEND_DECLSPEC struct TRITONSERVER_Error* TRITONBACKEND_ModelSetConfig(
    struct TRITONBACKEND_Model* model, const uint32_t config_version,
    struct TRITONSERVER_Message* model_config);

/// Gives the server that the model belongs to.
///
/// \param model [borrowed until return] The model.
/// \param server [borrowed until TRITONBACKEND_ModelFinalize returns] Receives the server; not to
///     be deleted.
/// \return [owned] Null, or an error: INVALID_ARG where a pointer that is needed is null.
/// Threads: any.
TRITONBACKEND_DECLSPEC struct TRITONSERVER_Error* TRITONBACKEND_ModelServer(
    struct TRITONBACKEND_Model* model, struct TRITONSERVER_Server** server);

/// Gives the backend that the model uses.
///
/// \param model [borrowed until return] The model.
/// \param backend [borrowed until TRITONBACKEND_ModelFinalize returns] Receives the backend.
/// \return [owned] Null, or an error: INVALID_ARG where a pointer that is needed is null.
/// Threads: any.
TRITONBACKEND_DECLSPEC struct TRITONSERVER_Error* TRITONBACKEND_ModelBackend(
    struct TRITONBACKEND_Model* model, struct TRITONBACKEND_Backend** backend);

/// Gives the state attached to the model.
///
/// \param model [borrowed until return] The model.
/// \param state [borrowed until the backend frees it] Receives the pointer that was set, or null.
/// \return [owned] Null, or an error: INVALID_ARG where a pointer that is needed is null.
/// Threads: any.
TRITONBACKEND_DECLSPEC struct TRITONSERVER_Error* TRITONBACKEND_ModelState(
    struct TRITONBACKEND_Model* model, void** state);

/// Attaches state to the model. The server only keeps the pointer.
///
/// \param model [borrowed until return] The model.
/// \param state [borrowed until TRITONBACKEND_ModelFinalize returns] Any pointer, or null. Freeing
///     what it points to is the backend's task.
/// \return [owned] Null, or an error: INVALID_ARG where the model is null.
/// Threads: any.
TRITONBACKEND_DECLSPEC struct TRITONSERVER_Error* TRITONBACKEND_ModelSetState(
    struct TRITONBACKEND_Model* model, void* state);

/// Tells the server how much memory the model occupies, without its instances, in place of what was
/// told before.
///
/// \param model [borrowed until return] The model.
/// \param usage [borrowed until return] An array with one element for each memory type and id. They
///     are copied; the backend frees them.
/// \param usage_size The number of elements in usage.
/// \return [owned] Null, or an error: INVALID_ARG where a pointer that is needed is null.
/// Threads: any.
TRITONBACKEND_DECLSPEC struct TRITONSERVER_Error* TRITONBACKEND_ModelReportMemoryUsage(
    struct TRITONBACKEND_Model* model, struct TRITONSERVER_BufferAttributes** usage,
    uint32_t usage_size);

// -------------------------------------------------------------------------------------------------
// Model instance: what the backend implements
// -------------------------------------------------------------------------------------------------

/// Optional. Prepares an instance; state is attached with TRITONBACKEND_ModelInstanceSetState.
///
/// \param instance [borrowed until TRITONBACKEND_ModelInstanceFinalize returns] The instance.
/// \return [owned] Null, or an error: whatever makes the instance unusable: the model fails to load
///     with that error.
/// Threads: called once for each instance; for different instances of a backend at the same time
/// only where TRITONBACKEND_BackendAttributeSetParallelModelInstanceLoading allowed it.
TRITONBACKEND_ISPEC struct TRITONSERVER_Error* TRITONBACKEND_ModelInstanceInitialize(
    struct TRITONBACKEND_ModelInstance* instance);

/// Optional. Frees what TRITONBACKEND_ModelInstanceInitialize made, and joins the instance's
/// threads.
///
/// \param instance [borrowed until TRITONBACKEND_ModelInstanceFinalize returns] The instance.
/// \return [owned] Null, or an error: whatever shall be logged.
/// Threads: called once for each instance, when it executes nothing any more.
TRITONBACKEND_ISPEC struct TRITONSERVER_Error* TRITONBACKEND_ModelInstanceFinalize(
    struct TRITONBACKEND_ModelInstance* instance);

/// Needed. Executes a batch of requests. For each request the backend sends the responses and then
/// releases it, here or later from another thread: an instance gets its next batch as soon as this
/// function returns. Responses that fail are sent with an error; this function returns an error
/// only if it did nothing with the requests.
///
/// \param instance [borrowed until TRITONBACKEND_ModelInstanceFinalize returns] The instance.
/// \param requests [callback-scoped] An array of requests. The requests are [transferred]: the
///     backend releases each of them with TRITONBACKEND_RequestRelease. On error they are still the
///     server's, which answers them with that error and releases them; the backend must not have
///     released any, and doesn't touch them again. The array itself is always the server's.
/// \param request_count The number of requests, at least 1.
/// \return [owned] Null, or an error: whatever shall answer all the requests of the batch.
/// Threads: never called for one instance at the same time; for different instances, yes.
TRITONBACKEND_ISPEC struct TRITONSERVER_Error* TRITONBACKEND_ModelInstanceExecute(
    struct TRITONBACKEND_ModelInstance* instance, struct TRITONBACKEND_Request** requests,
    const uint32_t request_count);

/// Optional. Tells whether an instance can execute.
///
/// \param instance [borrowed until TRITONBACKEND_ModelInstanceFinalize returns] The instance.
/// \return [owned] Null, or an error: why it can't; that is logged, and the model isn't ready.
/// Threads: called from any thread, while the instance executes too.
TRITONBACKEND_ISPEC struct TRITONSERVER_Error* TRITONBACKEND_ModelInstanceReady(
    struct TRITONBACKEND_ModelInstance* instance);

// -------------------------------------------------------------------------------------------------
// Model instance: what the server offers
// -------------------------------------------------------------------------------------------------

/// Tells the instance's name.
///
/// \param instance [borrowed until return] The instance.
/// \param name [borrowed until TRITONBACKEND_ModelInstanceFinalize returns] Receives the name.
/// \return [owned] Null, or an error: INVALID_ARG where a pointer that is needed is null.
/// Threads: any.
TRITONBACKEND_DECLSPEC struct TRITONSERVER_Error* TRITONBACKEND_ModelInstanceName(
    struct TRITONBACKEND_ModelInstance* instance, const char** name);

/// Tells what the instance runs on.
///
/// \param instance [borrowed until return] The instance.
/// \param kind [borrowed until return] Receives the kind; never
///     TRITONSERVER_INSTANCEGROUPKIND_AUTO.
/// \return [owned] Null, or an error: INVALID_ARG where a pointer that is needed is null.
/// Threads: any.
TRITONBACKEND_DECLSPEC struct TRITONSERVER_Error* TRITONBACKEND_ModelInstanceKind(
    struct TRITONBACKEND_ModelInstance* instance, TRITONSERVER_InstanceGroupKind* kind);

/// Tells the number of the GPU that the instance runs on.
///
/// \param instance [borrowed until return] The instance.
/// \param device_id [borrowed until return] Receives the number; 0 where it doesn't run on a GPU.
/// \return [owned] Null, or an error: INVALID_ARG where a pointer that is needed is null.
/// Threads: any.
TRITONBACKEND_DECLSPEC struct TRITONSERVER_Error* TRITONBACKEND_ModelInstanceDeviceId(
    struct TRITONBACKEND_ModelInstance* instance, int32_t* device_id);

/// Gives the settings of the instance's host policy, as {"POLICY": {"SETTING": "VALUE", ...}}.
///
/// \param instance [borrowed until return] The instance.
/// \param host_policy [borrowed until TRITONBACKEND_ModelInstanceFinalize returns] Receives the
///     settings; not to be deleted.
/// \return [owned] Null, or an error: INVALID_ARG where a pointer that is needed is null.
/// Threads: any.
TRITONBACKEND_DECLSPEC struct TRITONSERVER_Error* TRITONBACKEND_ModelInstanceHostPolicy(
    struct TRITONBACKEND_ModelInstance* instance, struct TRITONSERVER_Message** host_policy);

/// Tells whether the instance is passive: it gets no requests from the server.
///
/// \param instance [borrowed until return] The instance.
/// \param is_passive [borrowed until return] Receives whether it is.
/// \return [owned] Null, or an error: INVALID_ARG where a pointer that is needed is null.
/// Threads: any.
TRITONBACKEND_DECLSPEC struct TRITONSERVER_Error* TRITONBACKEND_ModelInstanceIsPassive(
    struct TRITONBACKEND_ModelInstance* instance, bool* is_passive);

/// Tells how many optimization profiles the instance group names.
///
/// \param instance [borrowed until return] The instance.
/// \param count [borrowed until return] Receives the number.
/// \return [owned] Null, or an error: INVALID_ARG where a pointer that is needed is null.
/// Threads: any.
TRITONBACKEND_DECLSPEC struct TRITONSERVER_Error* TRITONBACKEND_ModelInstanceProfileCount(
    struct TRITONBACKEND_ModelInstance* instance, uint32_t* count);

/// Tells the name of an optimization profile.
///
/// \param instance [borrowed until return] The instance.
/// \param index The profile's number, from 0.
/// \param profile_name [borrowed until TRITONBACKEND_ModelInstanceFinalize returns] Receives the
///     name.
/// \return [owned] Null, or an error: INVALID_ARG for a number out of range; INVALID_ARG where a
///     pointer that is needed is null.
/// Threads: any.
TRITONBACKEND_DECLSPEC struct TRITONSERVER_Error* TRITONBACKEND_ModelInstanceProfileName(
    struct TRITONBACKEND_ModelInstance* instance, const uint32_t index, const char** profile_name);

/// Tells how many secondary devices the instance group names.
///
/// \param instance [borrowed until return] The instance.
/// \param count [borrowed until return] Receives the number.
/// \return [owned] Null, or an error: INVALID_ARG where a pointer that is needed is null.
/// Threads: any.
TRITONBACKEND_DECLSPEC struct TRITONSERVER_Error* TRITONBACKEND_ModelInstanceSecondaryDeviceCount(
    struct TRITONBACKEND_ModelInstance* instance, uint32_t* count);

/// Describes a secondary device.
///
/// \param instance [borrowed until return] The instance.
/// \param index The device's number in the list, from 0.
/// \param kind [borrowed until TRITONBACKEND_ModelInstanceFinalize returns] Receives what kind of
///     device it is, such as "KIND_NVDLA".
/// \param id [borrowed until return] Receives the device's id.
/// \return [owned] Null, or an error: INVALID_ARG for a number out of range; INVALID_ARG where a
///     pointer that is needed is null.
/// Threads: any.
TRITONBACKEND_DECLSPEC struct TRITONSERVER_Error*
TRITONBACKEND_ModelInstanceSecondaryDeviceProperties(
    struct TRITONBACKEND_ModelInstance* instance, uint32_t index, const char** kind, int64_t* id);

/// Gives the model that the instance belongs to.
///
/// \param instance [borrowed until return] The instance.
/// \param model [borrowed until TRITONBACKEND_ModelFinalize returns] Receives the model.
/// \return [owned] Null, or an error: INVALID_ARG where a pointer that is needed is null.
/// Threads: any.
TRITONBACKEND_DECLSPEC struct TRITONSERVER_Error* TRITONBACKEND_ModelInstanceModel(
    struct TRITONBACKEND_ModelInstance* instance, struct TRITONBACKEND_Model** model);

/// Gives the state attached to the instance.
///
/// \param instance [borrowed until return] The instance.
/// \param state [borrowed until the backend frees it] Receives the pointer that was set, or null.
/// \return [owned] Null, or an error: INVALID_ARG where a pointer that is needed is null.
/// Threads: any.
TRITONBACKEND_DECLSPEC struct TRITONSERVER_Error* TRITONBACKEND_ModelInstanceState(
    struct TRITONBACKEND_ModelInstance* instance, void** state);

/// Attaches state to the instance. The server only keeps the pointer.
///
/// \param instance [borrowed until return] The instance.
/// \param state [borrowed until TRITONBACKEND_ModelInstanceFinalize returns] Any pointer, or null.
///     Freeing what it points to is the backend's task.
/// \return [owned] Null, or an error: INVALID_ARG where the instance is null.
/// Threads: any.
TRITONBACKEND_DECLSPEC struct TRITONSERVER_Error* TRITONBACKEND_ModelInstanceSetState(
    struct TRITONBACKEND_ModelInstance* instance, void* state);

/// Tells the server how much memory the instance occupies, in place of what was told before.
///
/// \param instance [borrowed until return] The instance.
/// \param usage [borrowed until return] An array with one element for each memory type and id. They
///     are copied; the backend frees them.
/// \param usage_size The number of elements in usage.
/// \return [owned] Null, or an error: INVALID_ARG where a pointer that is needed is null.
/// Threads: any.
TRITONBACKEND_DECLSPEC struct TRITONSERVER_Error* TRITONBACKEND_ModelInstanceReportMemoryUsage(
    struct TRITONBACKEND_ModelInstance* instance, struct TRITONSERVER_BufferAttributes** usage,
    uint32_t usage_size);

// -------------------------------------------------------------------------------------------------
// Batching: what a batching strategy implements
//
// Optional. A model may bring rules of its own for which requests form a batch together, beyond
// those of dynamic batching. They lie in a library of their own: the one that the model's parameter
// TRITON_BATCH_STRATEGY_PATH names, or batchstrategy.so in the folder of the model's version, of
// the model, or of the backend. It implements all five functions.
//
// The server calls TRITONBACKEND_ModelBatchInitialize when it begins a batch,
// TRITONBACKEND_ModelBatchIncludeRequest for each request in the order of the queue until one is
// left out, and TRITONBACKEND_ModelBatchFinalize when the batch is closed. Requests wait while
// these functions run: they must be quick.
// -------------------------------------------------------------------------------------------------

/// Makes what the batches of a model share and don't change.
///
/// \param batcher [borrowed until TRITONBACKEND_ModelBatcherFinalize] Receives any pointer that the
///     backend likes.
/// \param model [borrowed until TRITONBACKEND_ModelFinalize returns] The model, which was
///     initialized before.
/// \return [owned] Null, or an error: whatever makes the model unusable: it fails to load with that
///     error.
/// Threads: never called for one model at the same time; for different models, yes.
TRITONBACKEND_ISPEC struct TRITONSERVER_Error* TRITONBACKEND_ModelBatcherInitialize(
    struct TRITONBACKEND_Batcher** batcher, struct TRITONBACKEND_Model* model);

/// Frees what TRITONBACKEND_ModelBatcherInitialize made.
///
/// \param batcher [transferred] The pointer that TRITONBACKEND_ModelBatcherInitialize stored; the
///     server doesn't use it again, on error neither.
/// \return [owned] Null, or an error: whatever shall be logged.
/// Threads: never called for one model at the same time; for different models, yes.
TRITONBACKEND_ISPEC struct TRITONSERVER_Error* TRITONBACKEND_ModelBatcherFinalize(
    struct TRITONBACKEND_Batcher* batcher);

/// Begins a batch.
///
/// \param batcher [borrowed until TRITONBACKEND_ModelBatcherFinalize] What
///     TRITONBACKEND_ModelBatcherInitialize made.
/// \param userp [borrowed until TRITONBACKEND_ModelBatchFinalize] Receives any pointer that the
///     backend likes, for this batch.
/// \return [owned] Null, or an error: whatever shall be logged.
/// Threads: never called for one model at the same time; for different models, yes.
TRITONBACKEND_ISPEC struct TRITONSERVER_Error* TRITONBACKEND_ModelBatchInitialize(
    const struct TRITONBACKEND_Batcher* batcher, void** userp);

/// Decides whether a request joins the batch.
///
/// \param request [callback-scoped] The request, which may be looked at, but neither answered nor
///     released.
/// \param userp [borrowed until TRITONBACKEND_ModelBatchFinalize] What
///     TRITONBACKEND_ModelBatchInitialize stored.
/// \param should_include [borrowed until return] Receives whether it joins. If not, the batch is
///     closed and the request begins the next one.
/// \return [owned] Null, or an error: whatever shall be logged; should_include counts all the same,
///     and holds false before the call.
/// Threads: never called for one model at the same time; for different models, yes.
TRITONBACKEND_ISPEC struct TRITONSERVER_Error* TRITONBACKEND_ModelBatchIncludeRequest(
    struct TRITONBACKEND_Request* request, void* userp, bool* should_include);

/// Ends a batch: frees what TRITONBACKEND_ModelBatchInitialize made.
///
/// \param userp [transferred] What TRITONBACKEND_ModelBatchInitialize stored; the server doesn't
///     use it again, on error neither.
/// \return [owned] Null, or an error: whatever shall be logged.
/// Threads: never called for one model at the same time; for different models, yes.
TRITONBACKEND_ISPEC struct TRITONSERVER_Error* TRITONBACKEND_ModelBatchFinalize(void* userp);

// -------------------------------------------------------------------------------------------------
// Request
//
// A request lives from TRITONBACKEND_ModelInstanceExecute to TRITONBACKEND_RequestRelease, and with
// it everything that these functions give. A request that was released gives INVALID_ARG.
// -------------------------------------------------------------------------------------------------

/// Tells the request's id.
///
/// \param request [borrowed until return] The request.
/// \param id [borrowed until the request is released] Receives the id; "" where there is none.
/// \return [owned] Null, or an error: INVALID_ARG where a pointer that is needed is null.
/// Threads: one per request.
TRITONBACKEND_DECLSPEC struct TRITONSERVER_Error* TRITONBACKEND_RequestId(
    struct TRITONBACKEND_Request* request, const char** id);

/// Tells which sequence the request belongs to, where that is a number.
///
/// \param request [borrowed until return] The request.
/// \param id [borrowed until return] Receives the number; 0 for no sequence.
/// \return [owned] Null, or an error: INVALID_ARG where the correlation id is a string; INVALID_ARG
///     where a pointer that is needed is null.
/// Threads: one per request.
TRITONBACKEND_DECLSPEC struct TRITONSERVER_Error* TRITONBACKEND_RequestCorrelationId(
    struct TRITONBACKEND_Request* request, uint64_t* id);

/// Tells which sequence the request belongs to, where that is a string.
///
/// \param request [borrowed until return] The request.
/// \param id [borrowed until the request is released] Receives the string.
/// \return [owned] Null, or an error: INVALID_ARG where the correlation id is a number; INVALID_ARG
///     where a pointer that is needed is null.
/// Threads: one per request.
TRITONBACKEND_DECLSPEC struct TRITONSERVER_Error* TRITONBACKEND_RequestCorrelationIdString(
    struct TRITONBACKEND_Request* request, const char** id);

/// Tells the request's flags.
///
/// \param request [borrowed until return] The request.
/// \param flags [borrowed until return] Receives TRITONSERVER_RequestFlag values, combined.
/// \return [owned] Null, or an error: INVALID_ARG where a pointer that is needed is null.
/// Threads: one per request.
TRITONBACKEND_DECLSPEC struct TRITONSERVER_Error* TRITONBACKEND_RequestFlags(
    struct TRITONBACKEND_Request* request, uint32_t* flags);

/// Tells the timeout that the request was sent with.
///
/// \param request [borrowed until return] The request.
/// \param timeout [borrowed until return] Receives the timeout in microseconds; 0 for none.
/// \return [owned] Null, or an error: INVALID_ARG where a pointer that is needed is null.
/// Threads: one per request.
TRITONBACKEND_DECLSPEC struct TRITONSERVER_Error* TRITONBACKEND_InferenceRequestTimeoutMicroseconds(
    struct TRITONBACKEND_Request* request, uint64_t* timeout);

/// Tells whether the request was cancelled. A backend that looks for it ends its work and sends an
/// error with the code CANCELLED.
///
/// \param request [borrowed until return] The request.
/// \param is_cancelled [borrowed until return] Receives whether it was.
/// \return [owned] Null, or an error: INVALID_ARG where a pointer that is needed is null.
/// Threads: any.
TRITONBACKEND_DECLSPEC struct TRITONSERVER_Error* TRITONBACKEND_RequestIsCancelled(
    struct TRITONBACKEND_Request* request, bool* is_cancelled);

/// Tells how many parameters the request has.
///
/// \param request [borrowed until return] The request.
/// \param count [borrowed until return] Receives the number.
/// \return [owned] Null, or an error: INVALID_ARG where a pointer that is needed is null.
/// Threads: one per request.
TRITONBACKEND_DECLSPEC struct TRITONSERVER_Error* TRITONBACKEND_RequestParameterCount(
    struct TRITONBACKEND_Request* request, uint32_t* count);

/// Gives a parameter of the request. Their order may differ from one request to the next.
///
/// \param request [borrowed until return] The request.
/// \param index The parameter's number, from 0.
/// \param key [borrowed until the request is released] Receives its name.
/// \param type [borrowed until return] Receives its type, which tells what vvalue points to: see
///     TRITONSERVER_ParameterType.
/// \param vvalue [borrowed until the request is released] Receives a pointer to the value.
/// \return [owned] Null, or an error: INVALID_ARG for a number out of range; INVALID_ARG where a
///     pointer that is needed is null.
/// Threads: one per request.
TRITONBACKEND_DECLSPEC struct TRITONSERVER_Error* TRITONBACKEND_RequestParameter(
    struct TRITONBACKEND_Request* request, const uint32_t index, const char** key,
    TRITONSERVER_ParameterType* type, const void** vvalue);

/// Tells how many inputs the request has.
///
/// \param request [borrowed until return] The request.
/// \param count [borrowed until return] Receives the number.
/// \return [owned] Null, or an error: INVALID_ARG where a pointer that is needed is null.
/// Threads: one per request.
TRITONBACKEND_DECLSPEC struct TRITONSERVER_Error* TRITONBACKEND_RequestInputCount(
    struct TRITONBACKEND_Request* request, uint32_t* count);

/// Tells the name of an input.
///
/// \param request [borrowed until return] The request.
/// \param index The input's number, from 0.
/// \param input_name [borrowed until the request is released] Receives the name.
/// \return [owned] Null, or an error: INVALID_ARG for a number out of range; INVALID_ARG where a
///     pointer that is needed is null.
/// Threads: one per request.
TRITONBACKEND_DECLSPEC struct TRITONSERVER_Error* TRITONBACKEND_RequestInputName(
    struct TRITONBACKEND_Request* request, const uint32_t index, const char** input_name);

/// Gives an input by its name.
///
/// \param request [borrowed until return] The request.
/// \param name [borrowed until return] The name.
/// \param input [borrowed until the request is released] Receives the input.
/// \return [owned] Null, or an error: INVALID_ARG where there is no such input; INVALID_ARG where a
///     pointer that is needed is null.
/// Threads: one per request.
TRITONBACKEND_DECLSPEC struct TRITONSERVER_Error* TRITONBACKEND_RequestInput(
    struct TRITONBACKEND_Request* request, const char* name, struct TRITONBACKEND_Input** input);

/// Gives an input by its number. The order of inputs may differ from one request to the next.
///
/// \param request [borrowed until return] The request.
/// \param index The input's number, from 0.
/// \param input [borrowed until the request is released] Receives the input.
/// \return [owned] Null, or an error: INVALID_ARG for a number out of range; INVALID_ARG where a
///     pointer that is needed is null.
/// Threads: one per request.
TRITONBACKEND_DECLSPEC struct TRITONSERVER_Error* TRITONBACKEND_RequestInputByIndex(
    struct TRITONBACKEND_Request* request, const uint32_t index,
    struct TRITONBACKEND_Input** input);

/// Tells how many outputs are asked for. Others need not be made.
///
/// \param request [borrowed until return] The request.
/// \param count [borrowed until return] Receives the number.
/// \return [owned] Null, or an error: INVALID_ARG where a pointer that is needed is null.
/// Threads: one per request.
TRITONBACKEND_DECLSPEC struct TRITONSERVER_Error* TRITONBACKEND_RequestOutputCount(
    struct TRITONBACKEND_Request* request, uint32_t* count);

/// Tells the name of an output that is asked for.
///
/// \param request [borrowed until return] The request.
/// \param index The output's number, from 0.
/// \param output_name [borrowed until the request is released] Receives the name.
/// \return [owned] Null, or an error: INVALID_ARG for a number out of range; INVALID_ARG where a
///     pointer that is needed is null.
/// Threads: one per request.
TRITONBACKEND_DECLSPEC struct TRITONSERVER_Error* TRITONBACKEND_RequestOutputName(
    struct TRITONBACKEND_Request* request, const uint32_t index, const char** output_name);

/// Tells where the buffer of an output would probably lie, so that the backend can compute there.
/// Binds nobody: see TRITONBACKEND_OutputBuffer.
///
/// \param request [borrowed until return] The request.
/// \param name [borrowed until return] The output's name, or null where it isn't known yet.
/// \param byte_size [borrowed until return] Points to the size that is expected, or is null where
///     it isn't known yet.
/// \param memory_type [borrowed until return] Holds the memory type that the backend prefers;
///     receives the probable one.
/// \param memory_type_id [borrowed until return] Holds the id that the backend prefers; receives
///     the probable one.
/// \return [owned] Null, or an error: UNAVAILABLE where nobody can tell; INVALID_ARG where a
///     pointer that is needed is null.
/// Threads: one per request.
TRITONBACKEND_DECLSPEC struct TRITONSERVER_Error* TRITONBACKEND_RequestOutputBufferProperties(
    struct TRITONBACKEND_Request* request, const char* name, size_t* byte_size,
    TRITONSERVER_MemoryType* memory_type, int64_t* memory_type_id);

/// Gives the request's trace.
///
/// \param request [borrowed until return] The request.
/// \param trace [borrowed until the request is released] Receives the trace, or null where the
///     request isn't traced; not to be deleted.
/// \return [owned] Null, or an error: UNSUPPORTED where tracing isn't offered; INVALID_ARG where a
///     pointer that is needed is null.
/// Threads: one per request.
TRITONBACKEND_DECLSPEC struct TRITONSERVER_Error* TRITONBACKEND_RequestTrace(
    struct TRITONBACKEND_Request* request, struct TRITONSERVER_InferenceTrace** trace);

/// Gives a request back. Statistics about it are reported before; responses may follow if there is
/// a response factory. Where there is none and the final response was not sent, the server answers
/// with an error.
///
/// \param request [transferred] The request, and everything that it gave. On error it is still the
///     backend's.
/// \param release_flags TRITONSERVER_REQUEST_RELEASE_ALL, or
///     TRITONSERVER_REQUEST_RELEASE_RESCHEDULE to have it executed again, for which the model must
///     be configured and no final response sent.
/// \return [owned] Null, or an error: INVALID_ARG for other flags, or a request that was released
///     before; UNSUPPORTED where the model can't have requests executed again; INVALID_ARG where a
///     pointer that is needed is null.
/// Threads: one per request.
TRITONBACKEND_DECLSPEC struct TRITONSERVER_Error* TRITONBACKEND_RequestRelease(
    struct TRITONBACKEND_Request* request, uint32_t release_flags);

// -------------------------------------------------------------------------------------------------
// Input
// -------------------------------------------------------------------------------------------------

/// Describes an input. Each place may be null where that isn't needed.
///
/// \param input [borrowed until return] The input.
/// \param name [borrowed until the request is released] Receives its name.
/// \param datatype [borrowed until return] Receives the type of its elements.
/// \param shape [borrowed until the request is released] Receives its shape, with the batch
///     dimension where the model takes batches.
/// \param dims_count [borrowed until return] Receives the number of dimensions in shape.
/// \param byte_size [borrowed until return] Receives the size of all its data in bytes.
/// \param buffer_count [borrowed until return] Receives how many buffers the data consists of.
/// \return [owned] Null, or an error: INVALID_ARG where the input is null.
/// Threads: any; what is read doesn't change.
TRITONBACKEND_DECLSPEC struct TRITONSERVER_Error* TRITONBACKEND_InputProperties(
    struct TRITONBACKEND_Input* input, const char** name, TRITONSERVER_DataType* datatype,
    const int64_t** shape, uint32_t* dims_count, uint64_t* byte_size, uint32_t* buffer_count);

/// Describes an input as TRITONBACKEND_InputProperties does, with the data meant for a host policy,
/// or else with the data meant for all.
///
/// \param input [borrowed until return] The input.
/// \param host_policy_name [borrowed until return] The host policy's name, or null for the data
///     meant for all.
/// \param name [borrowed until the request is released] Receives its name.
/// \param datatype [borrowed until return] Receives the type of its elements.
/// \param shape [borrowed until the request is released] Receives its shape, with the batch
///     dimension where the model takes batches.
/// \param dims_count [borrowed until return] Receives the number of dimensions in shape.
/// \param byte_size [borrowed until return] Receives the size of that data in bytes.
/// \param buffer_count [borrowed until return] Receives how many buffers that data consists of.
/// \return [owned] Null, or an error: INVALID_ARG where the input is null.
/// Threads: any; what is read doesn't change.
TRITONBACKEND_DECLSPEC struct TRITONSERVER_Error* TRITONBACKEND_InputPropertiesForHostPolicy(
    struct TRITONBACKEND_Input* input, const char* host_policy_name, const char** name,
    TRITONSERVER_DataType* datatype, const int64_t** shape, uint32_t* dims_count,
    uint64_t* byte_size, uint32_t* buffer_count);

/// Gives one of the buffers of an input, in place: nothing is copied.
///
/// \param input [borrowed until return] The input.
/// \param index The buffer's number, from 0.
/// \param buffer [borrowed until the request is released] Receives the buffer, which must not be
///     changed.
/// \param buffer_byte_size [borrowed until return] Receives the buffer's size in bytes.
/// \param memory_type [borrowed until return] Holds the memory type that is preferred; receives the
///     actual one, which may differ.
/// \param memory_type_id [borrowed until return] Holds the id that is preferred; receives the
///     actual one.
/// \return [owned] Null, or an error: INVALID_ARG for a number out of range; INVALID_ARG where a
///     pointer that is needed is null.
/// Threads: any; what is read doesn't change.
TRITONBACKEND_DECLSPEC struct TRITONSERVER_Error* TRITONBACKEND_InputBuffer(
    struct TRITONBACKEND_Input* input, const uint32_t index, const void** buffer,
    uint64_t* buffer_byte_size, TRITONSERVER_MemoryType* memory_type, int64_t* memory_type_id);

/// Gives one of the buffers of an input as TRITONBACKEND_InputBuffer does, from the data meant for
/// a host policy, or else from the data meant for all.
///
/// \param input [borrowed until return] The input.
/// \param host_policy_name [borrowed until return] The host policy's name, or null for the data
///     meant for all.
/// \param index The buffer's number, from 0.
/// \param buffer [borrowed until the request is released] Receives the buffer, which must not be
///     changed.
/// \param buffer_byte_size [borrowed until return] Receives the buffer's size in bytes.
/// \param memory_type [borrowed until return] Holds the memory type that is preferred; receives the
///     actual one, which may differ.
/// \param memory_type_id [borrowed until return] Holds the id that is preferred; receives the
///     actual one.
/// \return [owned] Null, or an error: INVALID_ARG for a number out of range; INVALID_ARG where a
///     pointer that is needed is null.
/// Threads: any; what is read doesn't change.
TRITONBACKEND_DECLSPEC struct TRITONSERVER_Error* TRITONBACKEND_InputBufferForHostPolicy(
    struct TRITONBACKEND_Input* input, const char* host_policy_name, const uint32_t index,
    const void** buffer, uint64_t* buffer_byte_size, TRITONSERVER_MemoryType* memory_type,
    int64_t* memory_type_id);

/// Gives one of the buffers of an input with its attributes.
///
/// \param input [borrowed until return] The input.
/// \param index The buffer's number, from 0.
/// \param buffer [borrowed until the request is released] Receives the buffer, which must not be
///     changed.
/// \param buffer_attributes [borrowed until the request is released] Receives the buffer's
///     attributes, which must not be changed or deleted.
/// \return [owned] Null, or an error: INVALID_ARG for a number out of range; INVALID_ARG where a
///     pointer that is needed is null.
/// Threads: any; what is read doesn't change.
TRITONBACKEND_DECLSPEC struct TRITONSERVER_Error* TRITONBACKEND_InputBufferAttributes(
    struct TRITONBACKEND_Input* input, const uint32_t index, const void** buffer,
    struct TRITONSERVER_BufferAttributes** buffer_attributes);

// -------------------------------------------------------------------------------------------------
// Response factory
//
// Makes responses for a request, after the request was released too. It is what decoupled models
// need.
// -------------------------------------------------------------------------------------------------

/// Creates the response factory of a request.
///
/// \param factory [owned] Receives the factory; free it with TRITONBACKEND_ResponseFactoryDelete.
/// \param request [borrowed until return] The request, which is not released yet.
/// \return [owned] Null, or an error: INVALID_ARG for a request that was released; INVALID_ARG
///     where a pointer that is needed is null.
/// Threads: one per request.
TRITONBACKEND_DECLSPEC struct TRITONSERVER_Error* TRITONBACKEND_ResponseFactoryNew(
    struct TRITONBACKEND_ResponseFactory** factory, struct TRITONBACKEND_Request* request);

/// Frees a factory. Responses that it made may still be sent. It must have told that no more
/// responses follow, with a response or with TRITONBACKEND_ResponseFactorySendFlags: if not, the
/// server answers with an error, once nothing else refers to the request.
///
/// \param factory [transferred] The factory; gone on error too, unless it was null.
/// \return [owned] Null, or an error: INVALID_ARG where a pointer that is needed is null.
/// Threads: one per factory.
TRITONBACKEND_DECLSPEC struct TRITONSERVER_Error* TRITONBACKEND_ResponseFactoryDelete(
    struct TRITONBACKEND_ResponseFactory* factory);

/// Sends flags without a response.
///
/// \param factory [borrowed until return] The factory.
/// \param send_flags TRITONSERVER_RESPONSE_COMPLETE_FINAL: no response will follow.
/// \return [owned] Null, or an error: INVALID_ARG for other flags, or after the final response or
///     flags; INVALID_ARG where a pointer that is needed is null.
/// Threads: one per factory.
TRITONBACKEND_DECLSPEC struct TRITONSERVER_Error* TRITONBACKEND_ResponseFactorySendFlags(
    struct TRITONBACKEND_ResponseFactory* factory, const uint32_t send_flags);

/// Tells whether the request was cancelled: see TRITONBACKEND_RequestIsCancelled.
///
/// \param factory [borrowed until return] The factory.
/// \param is_cancelled [borrowed until return] Receives whether it was.
/// \return [owned] Null, or an error: INVALID_ARG where a pointer that is needed is null.
/// Threads: any.
TRITONBACKEND_DECLSPEC struct TRITONSERVER_Error* TRITONBACKEND_ResponseFactoryIsCancelled(
    struct TRITONBACKEND_ResponseFactory* factory, bool* is_cancelled);

// -------------------------------------------------------------------------------------------------
// Response
//
// Created for a request, filled, sent. A model that isn't decoupled sends exactly one for each
// request. The outputs and buffers of a response are made before the next response of the same
// request is created, one after the other; responses may be sent in another order than they were
// created in. Different requests may be answered at the same time.
// -------------------------------------------------------------------------------------------------

/// Creates a response.
///
/// \param response [owned] Receives the response; give it to TRITONBACKEND_ResponseSend, or free it
///     with TRITONBACKEND_ResponseDelete.
/// \param request [borrowed until return] The request that it answers, which is not released yet.
/// \return [owned] Null, or an error: INVALID_ARG after the final response; INVALID_ARG where a
///     pointer that is needed is null.
/// Threads: one per request.
TRITONBACKEND_DECLSPEC struct TRITONSERVER_Error* TRITONBACKEND_ResponseNew(
    struct TRITONBACKEND_Response** response, struct TRITONBACKEND_Request* request);

/// Creates a response with a factory.
///
/// \param response [owned] Receives the response; give it to TRITONBACKEND_ResponseSend, or free it
///     with TRITONBACKEND_ResponseDelete.
/// \param factory [borrowed until return] The factory.
/// \return [owned] Null, or an error: INVALID_ARG after the final response or flags; INVALID_ARG
///     where a pointer that is needed is null.
/// Threads: one per request.
TRITONBACKEND_DECLSPEC struct TRITONSERVER_Error* TRITONBACKEND_ResponseNewFromFactory(
    struct TRITONBACKEND_Response** response, struct TRITONBACKEND_ResponseFactory* factory);

/// Frees a response that shall not be sent.
///
/// \param response [transferred] The response; gone on error too, unless it was null.
/// \return [owned] Null, or an error: INVALID_ARG where a pointer that is needed is null.
/// Threads: one per request.
TRITONBACKEND_DECLSPEC struct TRITONSERVER_Error* TRITONBACKEND_ResponseDelete(
    struct TRITONBACKEND_Response* response);

/// Sets a parameter of the response, in place of one with the same name.
///
/// \param response [borrowed until return] The response.
/// \param name [borrowed until return] The parameter's name. It is copied.
/// \param value [borrowed until return] The value, null-terminated. It is copied.
/// \return [owned] Null, or an error: INVALID_ARG where a pointer that is needed is null.
/// Threads: one per request.
TRITONBACKEND_DECLSPEC struct TRITONSERVER_Error* TRITONBACKEND_ResponseSetStringParameter(
    struct TRITONBACKEND_Response* response, const char* name, const char* value);

/// Sets a parameter of the response, in place of one with the same name.
///
/// \param response [borrowed until return] The response.
/// \param name [borrowed until return] The parameter's name. It is copied.
/// \param value The value.
/// \return [owned] Null, or an error: INVALID_ARG where a pointer that is needed is null.
/// Threads: one per request.
TRITONBACKEND_DECLSPEC struct TRITONSERVER_Error* TRITONBACKEND_ResponseSetIntParameter(
    struct TRITONBACKEND_Response* response, const char* name, const int64_t value);

/// Sets a parameter of the response, in place of one with the same name.
///
/// \param response [borrowed until return] The response.
/// \param name [borrowed until return] The parameter's name. It is copied.
/// \param value The value.
/// \return [owned] Null, or an error: INVALID_ARG where a pointer that is needed is null.
/// Threads: one per request.
TRITONBACKEND_DECLSPEC struct TRITONSERVER_Error* TRITONBACKEND_ResponseSetBoolParameter(
    struct TRITONBACKEND_Response* response, const char* name, const bool value);

/// Sets a parameter of the response, in place of one with the same name.
///
/// \param response [borrowed until return] The response.
/// \param name [borrowed until return] The parameter's name. It is copied.
/// \param value The value.
/// \return [owned] Null, or an error: INVALID_ARG where a pointer that is needed is null.
/// Threads: one per request.
TRITONBACKEND_DECLSPEC struct TRITONSERVER_Error* TRITONBACKEND_ResponseSetDoubleParameter(
    struct TRITONBACKEND_Response* response, const char* name, const double value);

/// Adds an output to the response. Its data goes into the buffer that TRITONBACKEND_OutputBuffer
/// gives.
///
/// \param response [borrowed until return] The response.
/// \param output [borrowed until the response is sent or deleted] Receives the output.
/// \param name [borrowed until return] The output's name. It is copied.
/// \param datatype The type of its elements.
/// \param shape [borrowed until return] Its shape, with the batch dimension where the model takes
///     batches. It is copied.
/// \param dims_count The number of dimensions in shape.
/// \return [owned] Null, or an error: INVALID_ARG for more than 1024 dimensions; INVALID_ARG where
///     a pointer that is needed is null.
/// Threads: one per request.
TRITONBACKEND_DECLSPEC struct TRITONSERVER_Error* TRITONBACKEND_ResponseOutput(
    struct TRITONBACKEND_Response* response, struct TRITONBACKEND_Output** output, const char* name,
    const TRITONSERVER_DataType datatype, const int64_t* shape, const uint32_t dims_count);

/// Describes an output of the response.
///
/// \param response [borrowed until return] The response.
/// \param name [borrowed until return] The output's name.
/// \param datatype [borrowed until return] Receives the type of its elements.
/// \param shape [borrowed until the response is sent or deleted] Receives its shape.
/// \param dim_count [borrowed until return] Receives the number of dimensions in shape.
/// \return [owned] Null, or an error: NOT_FOUND where there is no such output; INVALID_ARG where a
///     pointer that is needed is null.
/// Threads: one per request.
TRITONBACKEND_DECLSPEC struct TRITONSERVER_Error* TRITONBACKEND_InferenceResponseOutputByName(
    struct TRITONBACKEND_Response* response, const char* name, TRITONSERVER_DataType* datatype,
    const int64_t** shape, uint64_t* dim_count);

/// Describes an output of the response by its number.
///
/// \param response [borrowed until return] The response.
/// \param index The output's number, from 0, in the order in which they were added.
/// \param name [borrowed until the response is sent or deleted] Receives its name.
/// \param datatype [borrowed until return] Receives the type of its elements.
/// \param shape [borrowed until the response is sent or deleted] Receives its shape.
/// \param dim_count [borrowed until return] Receives the number of dimensions in shape.
/// \return [owned] Null, or an error: INVALID_ARG for a number out of range; INVALID_ARG where a
///     pointer that is needed is null.
/// Threads: one per request.
TRITONBACKEND_DECLSPEC struct TRITONSERVER_Error* TRITONBACKEND_InferenceResponseOutput(
    struct TRITONBACKEND_Response* response, const uint32_t index, const char** name,
    TRITONSERVER_DataType* datatype, const int64_t** shape, uint64_t* dim_count);

/// Sends a response.
///
/// \param response [transferred] The response, with its outputs. It is gone on error too.
/// \param send_flags 0, or TRITONSERVER_RESPONSE_COMPLETE_FINAL where no response for the request
///     follows.
/// \param error [borrowed until return] Null for a good response, or the error that it shall
///     deliver. It is copied: the backend still owns it, and deletes it.
/// \return [owned] Null, or an error: INVALID_ARG for other flags, after the final response or
///     flags, or for a response that was sent or deleted before; INVALID_ARG where a pointer that
///     is needed is null.
/// Threads: one per request.
TRITONBACKEND_DECLSPEC struct TRITONSERVER_Error* TRITONBACKEND_ResponseSend(
    struct TRITONBACKEND_Response* response, const uint32_t send_flags,
    struct TRITONSERVER_Error* error);

// -------------------------------------------------------------------------------------------------
// Output
// -------------------------------------------------------------------------------------------------

/// Allocates the buffer of an output, once. The backend writes the data there, and it is sent from
/// there.
///
/// \param output [borrowed until return] The output.
/// \param buffer [borrowed until the response is sent or deleted] Receives the buffer; null is
///     possible where the size is 0.
/// \param buffer_byte_size The size in bytes.
/// \param memory_type [borrowed until return] Holds the memory type that is preferred; receives the
///     actual one, which may differ.
/// \param memory_type_id [borrowed until return] Holds the id that is preferred; receives the
///     actual one.
/// \return [owned] Null, or an error: ALREADY_EXISTS where it was allocated before; what the
///     allocator of the request failed with; INVALID_ARG where a pointer that is needed is null.
/// Threads: one per request.
TRITONBACKEND_DECLSPEC struct TRITONSERVER_Error* TRITONBACKEND_OutputBuffer(
    struct TRITONBACKEND_Output* output, void** buffer, const uint64_t buffer_byte_size,
    TRITONSERVER_MemoryType* memory_type, int64_t* memory_type_id);

/// Gives the attributes of an output's buffer, after TRITONBACKEND_OutputBuffer.
///
/// \param output [borrowed until return] The output.
/// \param buffer_attributes [borrowed until the response is sent or deleted] Receives the
///     attributes, which must not be changed or deleted.
/// \return [owned] Null, or an error: INVALID_ARG before TRITONBACKEND_OutputBuffer; INVALID_ARG
///     where a pointer that is needed is null.
/// Threads: one per request.
TRITONBACKEND_DECLSPEC struct TRITONSERVER_Error* TRITONBACKEND_OutputBufferAttributes(
    struct TRITONBACKEND_Output* output, struct TRITONSERVER_BufferAttributes** buffer_attributes);

// -------------------------------------------------------------------------------------------------
// Sequence state
//
// What a sequence keeps on the server from one request to the next, where the model's sequence
// batching names states. The state that a request starts with comes as an input.
// -------------------------------------------------------------------------------------------------

/// Creates a new value of a state of the request's sequence.
///
/// \param state [borrowed until it was given to TRITONBACKEND_StateUpdate, or the request is
///     released] Receives the state.
/// \param request [borrowed until return] The request.
/// \param name [borrowed until return] The state's name, as an output, in the model's
///     configuration.
/// \param datatype The type of its elements.
/// \param shape [borrowed until return] Its shape. It is copied.
/// \param dims_count The number of dimensions in shape.
/// \return [owned] Null, or an error: INVALID_ARG where the model names no such state; INVALID_ARG
///     where a pointer that is needed is null.
/// Threads: one per request.
TRITONBACKEND_DECLSPEC struct TRITONSERVER_Error* TRITONBACKEND_StateNew(
    struct TRITONBACKEND_State** state, struct TRITONBACKEND_Request* request, const char* name,
    const TRITONSERVER_DataType datatype, const int64_t* shape, const uint32_t dims_count);

/// Allocates the buffer of a state. The backend writes the data there before
/// TRITONBACKEND_StateUpdate.
///
/// \param state [borrowed until return] The state.
/// \param buffer [borrowed until TRITONBACKEND_StateUpdate, or the request is released] Receives
///     the buffer.
/// \param buffer_byte_size The size in bytes.
/// \param memory_type [borrowed until return] Holds the memory type that is preferred; receives the
///     actual one, which may differ.
/// \param memory_type_id [borrowed until return] Holds the id that is preferred; receives the
///     actual one.
/// \return [owned] Null, or an error: INTERNAL or UNAVAILABLE where there is not enough memory;
///     INVALID_ARG where a pointer that is needed is null.
/// Threads: one per request.
TRITONBACKEND_DECLSPEC struct TRITONSERVER_Error* TRITONBACKEND_StateBuffer(
    struct TRITONBACKEND_State* state, void** buffer, const uint64_t buffer_byte_size,
    TRITONSERVER_MemoryType* memory_type, int64_t* memory_type_id);

/// Gives the attributes of a state's buffer, after TRITONBACKEND_StateBuffer.
///
/// \param state [borrowed until return] The state.
/// \param buffer_attributes [borrowed until TRITONBACKEND_StateUpdate, or the request is released]
///     Receives the attributes, which must not be changed or deleted.
/// \return [owned] Null, or an error: INVALID_ARG where a pointer that is needed is null.
/// Threads: one per request.
TRITONBACKEND_DECLSPEC struct TRITONSERVER_Error* TRITONBACKEND_StateBufferAttributes(
    struct TRITONBACKEND_State* state, struct TRITONSERVER_BufferAttributes** buffer_attributes);

/// Makes this value the one that the next request of the sequence starts with. A state that isn't
/// updated keeps its value.
///
/// \param state [transferred] The state. On error it is still usable until the request is released.
/// \return [owned] Null, or an error: INVALID_ARG where the model names no states; INVALID_ARG
///     where a pointer that is needed is null.
/// Threads: one per request.
TRITONBACKEND_DECLSPEC struct TRITONSERVER_Error* TRITONBACKEND_StateUpdate(
    struct TRITONBACKEND_State* state);

// -------------------------------------------------------------------------------------------------
// Statistics
//
// Times are in nanoseconds of the monotonic clock (CLOCK_MONOTONIC, std::chrono::steady_clock). For
// each execution, in the order in which they pass: execution starts; inputs are ready and computing
// starts; computing ends; outputs are written and execution ends. What a backend doesn't report,
// the server counts by itself, with its own times around TRITONBACKEND_ModelInstanceExecute.
// -------------------------------------------------------------------------------------------------

/// Reports one request, before it is released.
///
/// \param instance [borrowed until return] The instance.
/// \param request [borrowed until return] The request.
/// \param success True if it was answered with a good response. If not, the times are ignored.
/// \param exec_start_ns When execution started.
/// \param compute_start_ns When computing started.
/// \param compute_end_ns When computing ended.
/// \param exec_end_ns When execution ended.
/// \return [owned] Null, or an error: INVALID_ARG for a request that was released or reported
///     before; INVALID_ARG where a pointer that is needed is null.
/// Threads: any.
TRITONBACKEND_DECLSPEC struct TRITONSERVER_Error* TRITONBACKEND_ModelInstanceReportStatistics(
    struct TRITONBACKEND_ModelInstance* instance, struct TRITONBACKEND_Request* request,
    const bool success, const uint64_t exec_start_ns, const uint64_t compute_start_ns,
    const uint64_t compute_end_ns, const uint64_t exec_end_ns);

/// Reports one execution of a batch.
///
/// \param instance [borrowed until return] The instance.
/// \param batch_size The sum of the batch sizes of its requests; not the number of requests.
/// \param exec_start_ns When execution started.
/// \param compute_start_ns When computing started.
/// \param compute_end_ns When computing ended.
/// \param exec_end_ns When execution ended.
/// \return [owned] Null, or an error: INVALID_ARG where a pointer that is needed is null.
/// Threads: any.
TRITONBACKEND_DECLSPEC struct TRITONSERVER_Error* TRITONBACKEND_ModelInstanceReportBatchStatistics(
    struct TRITONBACKEND_ModelInstance* instance, const uint64_t batch_size,
    const uint64_t exec_start_ns, const uint64_t compute_start_ns, const uint64_t compute_end_ns,
    const uint64_t exec_end_ns);

/// Creates statistics of one response of a decoupled model, to be filled and reported.
///
/// \param response_statistics [owned] Receives the statistics; free them with
///     TRITONBACKEND_ModelInstanceResponseStatisticsDelete.
/// \return [owned] Null, or an error: INVALID_ARG where a pointer that is needed is null.
/// Threads: any.
TRITONBACKEND_DECLSPEC struct TRITONSERVER_Error* TRITONBACKEND_ModelInstanceResponseStatisticsNew(
    struct TRITONBACKEND_ModelInstanceResponseStatistics** response_statistics);

/// Frees statistics, but nothing that they refer to.
///
/// \param response_statistics [transferred] The statistics; gone on error too, unless they were
///     null.
/// \return [owned] Null, or an error: INVALID_ARG where a pointer that is needed is null.
/// Threads: one per object.
TRITONBACKEND_DECLSPEC struct TRITONSERVER_Error*
TRITONBACKEND_ModelInstanceResponseStatisticsDelete(
    struct TRITONBACKEND_ModelInstanceResponseStatistics* response_statistics);

/// Sets which instance made the response. Needed.
///
/// \param response_statistics [borrowed until return] The statistics.
/// \param model_instance [borrowed until the statistics are deleted] The instance.
/// \return [owned] Null, or an error: INVALID_ARG where a pointer that is needed is null.
/// Threads: one per object.
TRITONBACKEND_DECLSPEC struct TRITONSERVER_Error*
TRITONBACKEND_ModelInstanceResponseStatisticsSetModelInstance(
    struct TRITONBACKEND_ModelInstanceResponseStatistics* response_statistics,
    struct TRITONBACKEND_ModelInstance* model_instance);

/// Sets which factory made the response. Needed.
///
/// \param response_statistics [borrowed until return] The statistics.
/// \param response_factory [borrowed until the statistics are deleted] The factory.
/// \return [owned] Null, or an error: INVALID_ARG where a pointer that is needed is null.
/// Threads: one per object.
TRITONBACKEND_DECLSPEC struct TRITONSERVER_Error*
TRITONBACKEND_ModelInstanceResponseStatisticsSetResponseFactory(
    struct TRITONBACKEND_ModelInstanceResponseStatistics* response_statistics,
    struct TRITONBACKEND_ResponseFactory* response_factory);

/// Sets when making the response started. Needed.
///
/// \param response_statistics [borrowed until return] The statistics.
/// \param response_start The time.
/// \return [owned] Null, or an error: INVALID_ARG where a pointer that is needed is null.
/// Threads: one per object.
TRITONBACKEND_DECLSPEC struct TRITONSERVER_Error*
TRITONBACKEND_ModelInstanceResponseStatisticsSetResponseStart(
    struct TRITONBACKEND_ModelInstanceResponseStatistics* response_statistics,
    uint64_t response_start);

/// Sets when its outputs were computed and writing them started. Not to be set, or 0, for an empty
/// response.
///
/// \param response_statistics [borrowed until return] The statistics.
/// \param compute_output_start The time.
/// \return [owned] Null, or an error: INVALID_ARG where a pointer that is needed is null.
/// Threads: one per object.
TRITONBACKEND_DECLSPEC struct TRITONSERVER_Error*
TRITONBACKEND_ModelInstanceResponseStatisticsSetComputeOutputStart(
    struct TRITONBACKEND_ModelInstanceResponseStatistics* response_statistics,
    uint64_t compute_output_start);

/// Sets when the response was made. Needed.
///
/// \param response_statistics [borrowed until return] The statistics.
/// \param response_end The time.
/// \return [owned] Null, or an error: INVALID_ARG where a pointer that is needed is null.
/// Threads: one per object.
TRITONBACKEND_DECLSPEC struct TRITONSERVER_Error*
TRITONBACKEND_ModelInstanceResponseStatisticsSetResponseEnd(
    struct TRITONBACKEND_ModelInstanceResponseStatistics* response_statistics,
    uint64_t response_end);

/// Sets the error that the response delivers.
///
/// \param response_statistics [borrowed until return] The statistics.
/// \param error [borrowed until the statistics are deleted] The error; null, the default, for a
///     good response.
/// \return [owned] Null, or an error: INVALID_ARG where the statistics are null.
/// Threads: one per object.
TRITONBACKEND_DECLSPEC struct TRITONSERVER_Error*
TRITONBACKEND_ModelInstanceResponseStatisticsSetError(
    struct TRITONBACKEND_ModelInstanceResponseStatistics* response_statistics,
    struct TRITONSERVER_Error* error);

/// Reports one response.
///
/// \param response_statistics [borrowed until return] The statistics.
/// \return [owned] Null, or an error: INVALID_ARG where something needed isn't set, or the times
///     are out of order; INVALID_ARG where a pointer that is needed is null.
/// Threads: one per object.
TRITONBACKEND_DECLSPEC struct TRITONSERVER_Error*
TRITONBACKEND_ModelInstanceReportResponseStatistics(
    struct TRITONBACKEND_ModelInstanceResponseStatistics* response_statistics);

#ifdef __cplusplus
}  // extern "C"
#endif

#endif  // TRITON_CORE_TRITONBACKEND_H_
