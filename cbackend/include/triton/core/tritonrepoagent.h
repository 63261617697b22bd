// SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
// SPDX-License-Identifier: BSD-3-Clause

// The repository agent C API: how the server and an agent work together that sees a model's files
// before they are loaded, and may replace them: to check a signature, to decrypt, to download. An
// agent is a shared library, libtritonrepoagent_NAME.so, that implements
// TRITONREPOAGENT_ModelAction and whichever of the other entry points below it needs:
//
//   gcc -shared -fPIC -I$(triton-py config --include) x.c -o libtritonrepoagent_x.so
//
// It may, but need not, be linked against libtritonserver.so. C++ code gets the entry points with C
// linkage from this header.
//
// Versions. The major version changes when something is removed or changes its meaning, the minor
// version when something is added. While the major version is 0, every minor version may do either.
// An agent checks TRITONREPOAGENT_ApiVersion first, in TRITONREPOAGENT_Initialize.
//
// Life-cycle. TRITONREPOAGENT_Initialize, then for each model whose configuration names the agent
// TRITONREPOAGENT_ModelInitialize, TRITONREPOAGENT_ModelAction several times, and
// TRITONREPOAGENT_ModelFinalize; at the end TRITONREPOAGENT_Finalize. The end comes with the last
// model that uses the agent; for the next one the library is loaded and initialized anew.
//
// Ownership, errors and threads are described with the same words as in tritonserver.h: [owned],
// [borrowed until X], [transferred], [callback-scoped], [static]. For an entry point the server is
// the caller and the agent is the callee: an error that it returns is owned by the server then.

#ifndef TRITON_CORE_TRITONREPOAGENT_H_
#define TRITON_CORE_TRITONREPOAGENT_H_

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
#define TRITONREPOAGENT_DECLSPEC __attribute__((__visibility__("default")))
#define TRITONREPOAGENT_ISPEC __attribute__((__visibility__("default")))
#else
#define TRITONREPOAGENT_DECLSPEC
#define TRITONREPOAGENT_ISPEC
#endif

// The version of the API that this header describes.
#define TRITONREPOAGENT_API_VERSION_MAJOR 0
#define TRITONREPOAGENT_API_VERSION_MINOR 1

// Opaque objects: only ever handled by pointer. C code may leave out the word struct.
typedef struct TRITONREPOAGENT_Agent TRITONREPOAGENT_Agent;
typedef struct TRITONREPOAGENT_AgentModel TRITONREPOAGENT_AgentModel;

// -------------------------------------------------------------------------------------------------
// Version
// -------------------------------------------------------------------------------------------------

/// Tells which version of this API the running server implements.
///
/// \param major [borrowed until return] Receives the major version.
/// \param minor [borrowed until return] Receives the minor version.
/// \return [owned] Null, or an error: INVALID_ARG where a pointer that is needed is null.
/// Threads: any.
TRITONREPOAGENT_DECLSPEC struct TRITONSERVER_Error* TRITONREPOAGENT_ApiVersion(
    uint32_t* major, uint32_t* minor);

// -------------------------------------------------------------------------------------------------
// Artifacts and actions
// -------------------------------------------------------------------------------------------------

/// How files reach an agent.
typedef enum TRITONREPOAGENT_artifacttype_enum {
  /// In a folder, whose path is the location.
  TRITONREPOAGENT_ARTIFACT_FILESYSTEM = 0,
  /// In a remote store, whose address is the location, such as s3://...
  TRITONREPOAGENT_ARTIFACT_REMOTE_FILESYSTEM = 1
} TRITONREPOAGENT_ArtifactType;

/// What happens to a model. LOAD comes first; LOAD_COMPLETE or LOAD_FAIL follows; after
/// LOAD_COMPLETE come UNLOAD and UNLOAD_COMPLETE.
typedef enum TRITONREPOAGENT_actiontype_enum {
  /// It is about to be loaded: the moment to replace its files.
  TRITONREPOAGENT_ACTION_LOAD = 0,
  /// It was loaded.
  TRITONREPOAGENT_ACTION_LOAD_COMPLETE = 1,
  /// It failed to load, and that ends its life-cycle.
  TRITONREPOAGENT_ACTION_LOAD_FAIL = 2,
  /// It is about to be unloaded.
  TRITONREPOAGENT_ACTION_UNLOAD = 3,
  /// It was unloaded, and that ends its life-cycle.
  TRITONREPOAGENT_ACTION_UNLOAD_COMPLETE = 4
} TRITONREPOAGENT_ActionType;

// -------------------------------------------------------------------------------------------------
// What the agent implements
// -------------------------------------------------------------------------------------------------

/// Optional. Prepares the agent; state for all models is attached with TRITONREPOAGENT_SetState.
///
/// \param agent [borrowed until TRITONREPOAGENT_Finalize returns] The agent.
/// \return [owned] Null, or an error: whatever makes the agent unusable: the models that need it
///     fail to load with that error.
/// Threads: called once.
TRITONREPOAGENT_ISPEC struct TRITONSERVER_Error* TRITONREPOAGENT_Initialize(
    struct TRITONREPOAGENT_Agent* agent);

/// Optional. Frees what TRITONREPOAGENT_Initialize made, and joins the agent's threads; the library
/// is unloaded next.
///
/// \param agent [borrowed until TRITONREPOAGENT_Finalize returns] The agent.
/// \return [owned] Null, or an error: whatever shall be logged.
/// Threads: called once, after everything else.
TRITONREPOAGENT_ISPEC struct TRITONSERVER_Error* TRITONREPOAGENT_Finalize(
    struct TRITONREPOAGENT_Agent* agent);

/// Optional. Prepares for a model; state is attached with TRITONREPOAGENT_ModelSetState.
///
/// \param agent [borrowed until TRITONREPOAGENT_Finalize returns] The agent.
/// \param model [borrowed until TRITONREPOAGENT_ModelFinalize returns] The model.
/// \return [owned] Null, or an error: whatever makes the model unusable: it fails to load with that
///     error.
/// Threads: called once for each model; for different models at the same time.
TRITONREPOAGENT_ISPEC struct TRITONSERVER_Error* TRITONREPOAGENT_ModelInitialize(
    struct TRITONREPOAGENT_Agent* agent, struct TRITONREPOAGENT_AgentModel* model);

/// Optional. Frees what TRITONREPOAGENT_ModelInitialize made, and releases the locations that were
/// acquired for the model.
///
/// \param agent [borrowed until TRITONREPOAGENT_Finalize returns] The agent.
/// \param model [borrowed until TRITONREPOAGENT_ModelFinalize returns] The model.
/// \return [owned] Null, or an error: whatever shall be logged.
/// Threads: called once for each model; for different models at the same time.
TRITONREPOAGENT_ISPEC struct TRITONSERVER_Error* TRITONREPOAGENT_ModelFinalize(
    struct TRITONREPOAGENT_Agent* agent, struct TRITONREPOAGENT_AgentModel* model);

/// Needed. Learns what happens to a model. An action that doesn't concern the agent is answered
/// with null. To replace the model's files on TRITONREPOAGENT_ACTION_LOAD, the agent writes them to
/// a location of its own and names it with TRITONREPOAGENT_ModelRepositoryUpdate.
///
/// \param agent [borrowed until TRITONREPOAGENT_Finalize returns] The agent.
/// \param model [borrowed until TRITONREPOAGENT_ModelFinalize returns] The model.
/// \param action_type What happens.
/// \return [owned] Null, or an error: with TRITONREPOAGENT_ACTION_LOAD, why the model must not be
///     loaded; otherwise whatever shall be logged.
/// Threads: never called for one model at the same time; for different models, yes.
TRITONREPOAGENT_ISPEC struct TRITONSERVER_Error* TRITONREPOAGENT_ModelAction(
    struct TRITONREPOAGENT_Agent* agent, struct TRITONREPOAGENT_AgentModel* model,
    const TRITONREPOAGENT_ActionType action_type);

// -------------------------------------------------------------------------------------------------
// What the server offers
// -------------------------------------------------------------------------------------------------

/// Tells where the model's files are. They must not be changed there.
///
/// \param agent [borrowed until return] The agent.
/// \param model [borrowed until return] The model.
/// \param artifact_type [borrowed until return] Receives how they are reached.
/// \param location [borrowed until TRITONREPOAGENT_ModelFinalize returns] Receives the location.
/// \return [owned] Null, or an error: INVALID_ARG where a pointer that is needed is null.
/// Threads: one per model.
TRITONREPOAGENT_DECLSPEC struct TRITONSERVER_Error* TRITONREPOAGENT_ModelRepositoryLocation(
    struct TRITONREPOAGENT_Agent* agent, struct TRITONREPOAGENT_AgentModel* model,
    TRITONREPOAGENT_ArtifactType* artifact_type, const char** location);

/// Makes an empty place to which the agent may write the model's files. There is one for each
/// model: a second call gives the same place until it is released. One that was not released is
/// removed after TRITONREPOAGENT_ModelFinalize.
///
/// \param agent [borrowed until return] The agent.
/// \param model [borrowed until return] The model.
/// \param artifact_type How the place shall be reached; TRITONREPOAGENT_ARTIFACT_FILESYSTEM is the
///     only way.
/// \param location [borrowed until it is released] Receives the location; give it back with
///     TRITONREPOAGENT_ModelRepositoryLocationRelease.
/// \return [owned] Null, or an error: INVALID_ARG for another way; INTERNAL where the place can't
///     be made; INVALID_ARG where a pointer that is needed is null.
/// Threads: one per model.
TRITONREPOAGENT_DECLSPEC struct TRITONSERVER_Error* TRITONREPOAGENT_ModelRepositoryLocationAcquire(
    struct TRITONREPOAGENT_Agent* agent, struct TRITONREPOAGENT_AgentModel* model,
    const TRITONREPOAGENT_ArtifactType artifact_type, const char** location);

/// Removes an acquired place and all that is in it.
///
/// \param agent [borrowed until return] The agent.
/// \param model [borrowed until return] The model.
/// \param location [transferred] The location, as it was acquired. On error it is still acquired.
/// \return [owned] Null, or an error: UNAVAILABLE where nothing is acquired; INVALID_ARG for
///     another location than the acquired one; INTERNAL where it can't be removed; INVALID_ARG
///     where a pointer that is needed is null.
/// Threads: one per model.
TRITONREPOAGENT_DECLSPEC struct TRITONSERVER_Error* TRITONREPOAGENT_ModelRepositoryLocationRelease(
    struct TRITONREPOAGENT_Agent* agent, struct TRITONREPOAGENT_AgentModel* model,
    const char* location);

/// Names the place that the model shall be loaded from instead. Its files must not be changed until
/// TRITONREPOAGENT_ModelFinalize.
///
/// \param agent [borrowed until return] The agent.
/// \param model [borrowed until return] The model.
/// \param artifact_type How the place is reached.
/// \param location [borrowed until return] The location. It is copied.
/// \return [owned] Null, or an error: INVALID_ARG outside TRITONREPOAGENT_ModelAction with
///     TRITONREPOAGENT_ACTION_LOAD, for an empty location or an unknown way to reach it;
///     INVALID_ARG where a pointer that is needed is null.
/// Threads: only within TRITONREPOAGENT_ModelAction for that model.
TRITONREPOAGENT_DECLSPEC struct TRITONSERVER_Error* TRITONREPOAGENT_ModelRepositoryUpdate(
    struct TRITONREPOAGENT_Agent* agent, struct TRITONREPOAGENT_AgentModel* model,
    const TRITONREPOAGENT_ArtifactType artifact_type, const char* location);

/// Tells how many parameters the model's configuration gives to the agent.
///
/// \param agent [borrowed until return] The agent.
/// \param model [borrowed until return] The model.
/// \param count [borrowed until return] Receives the number.
/// \return [owned] Null, or an error: INVALID_ARG where a pointer that is needed is null.
/// Threads: one per model.
TRITONREPOAGENT_DECLSPEC struct TRITONSERVER_Error* TRITONREPOAGENT_ModelParameterCount(
    struct TRITONREPOAGENT_Agent* agent, struct TRITONREPOAGENT_AgentModel* model, uint32_t* count);

/// Gives a parameter.
///
/// \param agent [borrowed until return] The agent.
/// \param model [borrowed until return] The model.
/// \param index The parameter's number, from 0.
/// \param parameter_name [borrowed until TRITONREPOAGENT_ModelFinalize returns] Receives its name.
/// \param parameter_value [borrowed until TRITONREPOAGENT_ModelFinalize returns] Receives its
///     value.
/// \return [owned] Null, or an error: INVALID_ARG for a number out of range; INVALID_ARG where a
///     pointer that is needed is null.
/// Threads: one per model.
TRITONREPOAGENT_DECLSPEC struct TRITONSERVER_Error* TRITONREPOAGENT_ModelParameter(
    struct TRITONREPOAGENT_Agent* agent, struct TRITONREPOAGENT_AgentModel* model,
    const uint32_t index, const char** parameter_name, const char** parameter_value);

/// Gives the model's configuration as it is in the repository.
///
/// \param agent [borrowed until return] The agent.
/// \param model [borrowed until return] The model.
/// \param config_version The version of the format; 1 is the only one.
/// \param model_config [owned] Receives the configuration as JSON, or null where the repository has
///     none; free it with TRITONSERVER_MessageDelete.
/// \return [owned] Null, or an error: UNSUPPORTED for another format; INVALID_ARG where a pointer
///     that is needed is null.
/// Threads: one per model.
TRITONREPOAGENT_DECLSPEC struct TRITONSERVER_Error* TRITONREPOAGENT_ModelConfig(
    struct TRITONREPOAGENT_Agent* agent, struct TRITONREPOAGENT_AgentModel* model,
    const uint32_t config_version, struct TRITONSERVER_Message** model_config);

/// Gives the state attached to the model.
///
/// \param model [borrowed until return] The model.
/// \param state [borrowed until the agent frees it] Receives the pointer that was set, or null.
/// \return [owned] Null, or an error: INVALID_ARG where a pointer that is needed is null.
/// Threads: one per model.
TRITONREPOAGENT_DECLSPEC struct TRITONSERVER_Error* TRITONREPOAGENT_ModelState(
    struct TRITONREPOAGENT_AgentModel* model, void** state);

/// Attaches state to the model. The server only keeps the pointer.
///
/// \param model [borrowed until return] The model.
/// \param state [borrowed until TRITONREPOAGENT_ModelFinalize returns] Any pointer, or null.
///     Freeing what it points to is the agent's task.
/// \return [owned] Null, or an error: INVALID_ARG where the model is null.
/// Threads: one per model.
TRITONREPOAGENT_DECLSPEC struct TRITONSERVER_Error* TRITONREPOAGENT_ModelSetState(
    struct TRITONREPOAGENT_AgentModel* model, void* state);

/// Gives the state attached to the agent.
///
/// \param agent [borrowed until return] The agent.
/// \param state [borrowed until the agent frees it] Receives the pointer that was set, or null.
/// \return [owned] Null, or an error: INVALID_ARG where a pointer that is needed is null.
/// Threads: one per agent.
TRITONREPOAGENT_DECLSPEC struct TRITONSERVER_Error* TRITONREPOAGENT_State(
    struct TRITONREPOAGENT_Agent* agent, void** state);

/// Attaches state to the agent. The server only keeps the pointer.
///
/// \param agent [borrowed until return] The agent.
/// \param state [borrowed until TRITONREPOAGENT_Finalize returns] Any pointer, or null. Freeing
///     what it points to is the agent's task.
/// \return [owned] Null, or an error: INVALID_ARG where the agent is null.
/// Threads: one per agent.
TRITONREPOAGENT_DECLSPEC struct TRITONSERVER_Error* TRITONREPOAGENT_SetState(
    struct TRITONREPOAGENT_Agent* agent, void* state);

#ifdef __cplusplus
}  // extern "C"
#endif

#endif  // TRITON_CORE_TRITONREPOAGENT_H_
