// SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
// SPDX-License-Identifier: BSD-3-Clause

// The in-process C API of the server: what a front end, a language binding or an embedding program
// calls. Plugins (backends, caches, repository agents) use its errors, messages, parameters and
// buffer attributes too.
//
// Building a plugin needs nothing but this folder:
//
//   gcc -shared -fPIC -I$(triton-py config --include) x.c -o libtriton_x.so
//
// The symbols of the server may stay undefined: they are found in the process that loads the
// plugin. A program that embeds the server links against -L$(triton-py config --libdir)
// -ltritonserver.
//
// Versions. The major version changes when something is removed or changes its meaning, the minor
// version when something is added. Code that was built against version M.n works with a server of
// version M.m if m >= n; check it first, with TRITONSERVER_ApiVersion.
//
// Ownership. Each pointer in these headers carries one of five words in brackets:
// - [owned]: the receiver owns what it gets and frees it with the function that is named there.
// - [borrowed until X]: the lender keeps it. The receiver may use it until X, and frees nothing.
//   "until return" means during this call only: what is needed later is copied.
// - [transferred]: ownership goes to the function that is called; the caller doesn't touch it
//   again. Who owns it on error is said there.
// - [callback-scoped]: valid until the callback that received it returns.
// - [static]: valid as long as the library is loaded.
//
// For a parameter of type T** the word tells about the pointer that is stored through it. The place
// where a function stores its results belongs to the caller and is needed during the call only.
// After an error such a place holds nothing that may be used or freed.
//
// Errors. Functions return null for success, or else an error that the caller owns and frees with
// TRITONSERVER_ErrorDelete. The codes are named below without their prefix TRITONSERVER_ERROR_. A
// function that this version doesn't implement returns UNSUPPORTED with its own name in the
// message.
//
// Threads. "any" means that threads may call the function at the same time, for the same object
// too. "one per X" means that calls for the same X must not overlap; different ones may. Callbacks
// come from threads of the server, or from within the call that caused them; they should return
// soon, and no exception may leave them.

#ifndef TRITON_CORE_TRITONSERVER_H_
#define TRITON_CORE_TRITONSERVER_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// _DECLSPEC marks what the server exports.
#if defined(__GNUC__)
#define TRITONSERVER_DECLSPEC __attribute__((__visibility__("default")))
#else
#define TRITONSERVER_DECLSPEC
#endif

// The version of the API that this header describes.
#define TRITONSERVER_API_VERSION_MAJOR 1
#define TRITONSERVER_API_VERSION_MINOR 34

// Opaque objects: only ever handled by pointer. C code may leave out the word struct.
typedef struct TRITONSERVER_BufferAttributes TRITONSERVER_BufferAttributes;
typedef struct TRITONSERVER_Error TRITONSERVER_Error;
typedef struct TRITONSERVER_InferenceRequest TRITONSERVER_InferenceRequest;
typedef struct TRITONSERVER_InferenceResponse TRITONSERVER_InferenceResponse;
typedef struct TRITONSERVER_InferenceTrace TRITONSERVER_InferenceTrace;
typedef struct TRITONSERVER_Message TRITONSERVER_Message;
typedef struct TRITONSERVER_Metric TRITONSERVER_Metric;
typedef struct TRITONSERVER_MetricArgs TRITONSERVER_MetricArgs;
typedef struct TRITONSERVER_MetricFamily TRITONSERVER_MetricFamily;
typedef struct TRITONSERVER_Metrics TRITONSERVER_Metrics;
typedef struct TRITONSERVER_Parameter TRITONSERVER_Parameter;
typedef struct TRITONSERVER_ResponseAllocator TRITONSERVER_ResponseAllocator;
typedef struct TRITONSERVER_Server TRITONSERVER_Server;
typedef struct TRITONSERVER_ServerOptions TRITONSERVER_ServerOptions;

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
TRITONSERVER_DECLSPEC struct TRITONSERVER_Error* TRITONSERVER_ApiVersion(
    uint32_t* major, uint32_t* minor);

// -------------------------------------------------------------------------------------------------
// Errors
//
// An error is a code and a sentence. Whoever receives one owns it, unless it is said otherwise.
// -------------------------------------------------------------------------------------------------

/// What kind of failure an error describes.
typedef enum TRITONSERVER_errorcode_enum {
  /// No other code fits.
  TRITONSERVER_ERROR_UNKNOWN = 0,
  /// A fault inside the server or a plugin; the caller did nothing wrong.
  TRITONSERVER_ERROR_INTERNAL = 1,
  /// What was named doesn't exist.
  TRITONSERVER_ERROR_NOT_FOUND = 2,
  /// An argument, or the moment of the call, is wrong.
  TRITONSERVER_ERROR_INVALID_ARG = 3,
  /// It exists, but can't serve now: not ready, stopping, full, timed out.
  TRITONSERVER_ERROR_UNAVAILABLE = 4,
  /// Not offered by this server, model or kind of object.
  TRITONSERVER_ERROR_UNSUPPORTED = 5,
  /// What should be created is there already.
  TRITONSERVER_ERROR_ALREADY_EXISTS = 6,
  /// The request was cancelled.
  TRITONSERVER_ERROR_CANCELLED = 7
} TRITONSERVER_Error_Code;

/// Creates an error.
///
/// \param code The kind of failure.
/// \param msg [borrowed until return] The sentence, null-terminated. It is copied.
/// \return [owned] The error; free it with TRITONSERVER_ErrorDelete.
/// Threads: any.
TRITONSERVER_DECLSPEC struct TRITONSERVER_Error* TRITONSERVER_ErrorNew(
    TRITONSERVER_Error_Code code, const char* msg);

/// Frees an error.
///
/// \param error [transferred] The error, or null, which does nothing.
/// Threads: one per error.
TRITONSERVER_DECLSPEC void TRITONSERVER_ErrorDelete(struct TRITONSERVER_Error* error);

/// Tells an error's code.
///
/// \param error [borrowed until return] The error.
/// \return The code.
/// Threads: any.
TRITONSERVER_DECLSPEC TRITONSERVER_Error_Code TRITONSERVER_ErrorCode(
    struct TRITONSERVER_Error* error);

/// Tells an error's code as a word, such as "Invalid argument".
///
/// \param error [borrowed until return] The error.
/// \return [static] The word.
/// Threads: any.
TRITONSERVER_DECLSPEC const char* TRITONSERVER_ErrorCodeString(struct TRITONSERVER_Error* error);

/// Tells an error's sentence.
///
/// \param error [borrowed until return] The error.
/// \return [borrowed until the error is deleted] The sentence, null-terminated.
/// Threads: any.
TRITONSERVER_DECLSPEC const char* TRITONSERVER_ErrorMessage(struct TRITONSERVER_Error* error);

// -------------------------------------------------------------------------------------------------
// Types of tensors, memory, parameters and instances
// -------------------------------------------------------------------------------------------------

/// The type of a tensor's elements. BYTES elements are strings of any length: each is stored as its
/// length in 4 bytes, little-endian, and then its bytes.
typedef enum TRITONSERVER_datatype_enum {
  TRITONSERVER_TYPE_INVALID = 0,
  TRITONSERVER_TYPE_BOOL = 1,
  TRITONSERVER_TYPE_UINT8 = 2,
  TRITONSERVER_TYPE_UINT16 = 3,
  TRITONSERVER_TYPE_UINT32 = 4,
  TRITONSERVER_TYPE_UINT64 = 5,
  TRITONSERVER_TYPE_INT8 = 6,
  TRITONSERVER_TYPE_INT16 = 7,
  TRITONSERVER_TYPE_INT32 = 8,
  TRITONSERVER_TYPE_INT64 = 9,
  TRITONSERVER_TYPE_FP16 = 10,
  TRITONSERVER_TYPE_FP32 = 11,
  TRITONSERVER_TYPE_FP64 = 12,
  TRITONSERVER_TYPE_BYTES = 13,
  TRITONSERVER_TYPE_BF16 = 14
} TRITONSERVER_DataType;

/// Names a data type the way protocols and configurations do: "INT32", "BYTES".
///
/// \param datatype The type.
/// \return [static] The name; "<invalid>" for a value that is no type.
/// Threads: any.
TRITONSERVER_DECLSPEC const char* TRITONSERVER_DataTypeString(TRITONSERVER_DataType datatype);

/// Finds the data type with a name.
///
/// \param dtype [borrowed until return] The name, in upper case, such as "FP32".
/// \return The type, or TRITONSERVER_TYPE_INVALID where none has that name.
/// Threads: any.
TRITONSERVER_DECLSPEC TRITONSERVER_DataType TRITONSERVER_StringToDataType(const char* dtype);

/// Tells how many bytes an element takes.
///
/// \param datatype The type.
/// \return The size; 0 for BYTES, whose elements differ in size, and for TRITONSERVER_TYPE_INVALID.
/// Threads: any.
TRITONSERVER_DECLSPEC uint32_t TRITONSERVER_DataTypeByteSize(TRITONSERVER_DataType datatype);

/// Where a buffer lies. The id that goes with it is the number of the GPU; for the others it is 0
/// or the number of a NUMA node.
typedef enum TRITONSERVER_memorytype_enum {
  /// Ordinary memory.
  TRITONSERVER_MEMORY_CPU = 0,
  /// Page-locked memory, which a GPU copies from and to directly.
  TRITONSERVER_MEMORY_CPU_PINNED = 1,
  /// Memory of a GPU.
  TRITONSERVER_MEMORY_GPU = 2
} TRITONSERVER_MemoryType;

/// Names a memory type.
///
/// \param memtype The memory type.
/// \return [static] The name; "<invalid>" for a value that is no memory type.
/// Threads: any.
TRITONSERVER_DECLSPEC const char* TRITONSERVER_MemoryTypeString(TRITONSERVER_MemoryType memtype);

/// The type of a parameter's value, and so what a pointer to the value points to.
typedef enum TRITONSERVER_parametertype_enum {
  /// A null-terminated string: const char*.
  TRITONSERVER_PARAMETER_STRING = 0,
  /// int64_t.
  TRITONSERVER_PARAMETER_INT = 1,
  /// bool.
  TRITONSERVER_PARAMETER_BOOL = 2,
  /// double.
  TRITONSERVER_PARAMETER_DOUBLE = 3,
  /// Any bytes; their number is known to the parameter.
  TRITONSERVER_PARAMETER_BYTES = 4
} TRITONSERVER_ParameterType;

/// Names a parameter type.
///
/// \param paramtype The parameter type.
/// \return [static] The name; "<invalid>" for a value that is no parameter type.
/// Threads: any.
TRITONSERVER_DECLSPEC const char* TRITONSERVER_ParameterTypeString(
    TRITONSERVER_ParameterType paramtype);

/// Creates a named value. The value is copied.
///
/// \param name [borrowed until return] The name, null-terminated. It is copied.
/// \param type The value's type, any but TRITONSERVER_PARAMETER_BYTES.
/// \param value [borrowed until return] Points to the value, as TRITONSERVER_ParameterType says for
///     the type.
/// \return [owned] The parameter, to be freed with TRITONSERVER_ParameterDelete; null for
///     TRITONSERVER_PARAMETER_BYTES.
/// Threads: any.
TRITONSERVER_DECLSPEC struct TRITONSERVER_Parameter* TRITONSERVER_ParameterNew(
    const char* name, const TRITONSERVER_ParameterType type, const void* value);

/// Creates a named value of type TRITONSERVER_PARAMETER_BYTES. The bytes are not copied.
///
/// \param name [borrowed until return] The name, null-terminated. It is copied.
/// \param byte_ptr [borrowed until the parameter is deleted] The bytes.
/// \param size How many bytes there are.
/// \return [owned] The parameter, to be freed with TRITONSERVER_ParameterDelete.
/// Threads: any.
TRITONSERVER_DECLSPEC struct TRITONSERVER_Parameter* TRITONSERVER_ParameterBytesNew(
    const char* name, const void* byte_ptr, const uint64_t size);

/// Frees a parameter. Functions that take parameters copy what they need, so it may be freed as
/// soon as they return.
///
/// \param parameter [transferred] The parameter, or null, which does nothing.
/// Threads: one per parameter.
TRITONSERVER_DECLSPEC void TRITONSERVER_ParameterDelete(struct TRITONSERVER_Parameter* parameter);

/// What the instances of a group run on.
typedef enum TRITONSERVER_instancegroupkind_enum {
  /// The server chooses: GPU where there is one and the backend can, or else CPU.
  TRITONSERVER_INSTANCEGROUPKIND_AUTO = 0,
  /// CPUs.
  TRITONSERVER_INSTANCEGROUPKIND_CPU = 1,
  /// One GPU for each instance.
  TRITONSERVER_INSTANCEGROUPKIND_GPU = 2,
  /// The model or its backend decides.
  TRITONSERVER_INSTANCEGROUPKIND_MODEL = 3
} TRITONSERVER_InstanceGroupKind;

/// Names a kind of instance group.
///
/// \param kind The kind.
/// \return [static] The name; "<invalid>" for a value that is no kind.
/// Threads: any.
TRITONSERVER_DECLSPEC const char* TRITONSERVER_InstanceGroupKindString(
    TRITONSERVER_InstanceGroupKind kind);

// -------------------------------------------------------------------------------------------------
// Log
// -------------------------------------------------------------------------------------------------

/// How much a log message matters.
typedef enum TRITONSERVER_loglevel_enum {
  TRITONSERVER_LOG_INFO = 0,
  TRITONSERVER_LOG_WARN = 1,
  TRITONSERVER_LOG_ERROR = 2,
  /// Details, in numbered levels: see TRITONSERVER_ServerOptionsSetLogVerbose.
  TRITONSERVER_LOG_VERBOSE = 3
} TRITONSERVER_LogLevel;

/// How a line of the log begins.
typedef enum TRITONSERVER_logformat_enum {
  /// Level and date without separators: I0731 12:00:00.000000 1 file.cc:1]
  TRITONSERVER_LOG_DEFAULT = 0,
  /// A date after ISO 8601, then the level: 2026-07-31T12:00:00Z I 1 file.cc:1]
  TRITONSERVER_LOG_ISO8601 = 1
} TRITONSERVER_LogFormat;

/// Receives each message that would be logged, instead of the log. Set with
/// TRITONSERVER_ServerOptionsSetLogCallback. It is not part of version 1.34 of the API.
///
/// \param level The level.
/// \param filename [callback-scoped] The source file that logs, null-terminated.
/// \param line The line in that file.
/// \param timestamp_us When, in microseconds since the epoch.
/// \param message [callback-scoped] The message, null-terminated.
/// \param userp [borrowed until the callback is replaced or cleared] The pointer given with the
///     callback.
/// Threads: called from any thread, at the same time too.
typedef void (*TRITONSERVER_LogCallbackFn_t)(
    TRITONSERVER_LogLevel level, const char* filename, int line, uint64_t timestamp_us,
    const char* message, void* userp);

/// Tells whether messages of a level are logged, so that nobody need make up a message in vain.
///
/// \param level The level.
/// \return Whether they are.
/// Threads: any.
TRITONSERVER_DECLSPEC bool TRITONSERVER_LogIsEnabled(TRITONSERVER_LogLevel level);

/// Logs a message if its level is enabled.
///
/// \param level The level.
/// \param filename [borrowed until return] The source file that logs, null-terminated.
/// \param line The line in that file.
/// \param msg [borrowed until return] The message, null-terminated.
/// \return [owned] Null, or an error: INVALID_ARG where the message is null.
/// Threads: any.
TRITONSERVER_DECLSPEC struct TRITONSERVER_Error* TRITONSERVER_LogMessage(
    TRITONSERVER_LogLevel level, const char* filename, const int line, const char* msg);

// -------------------------------------------------------------------------------------------------
// Messages
//
// A message is a JSON document: metadata, configurations, statistics, an index.
// -------------------------------------------------------------------------------------------------

/// Creates a message from JSON text.
///
/// \param message [owned] Receives the message; free it with TRITONSERVER_MessageDelete.
/// \param base [borrowed until return] The text, which need not end with a null byte. It is copied.
/// \param byte_size The text's length in bytes.
/// \return [owned] Null, or an error: INVALID_ARG where the text is no JSON; INVALID_ARG where a
///     pointer that is needed is null.
/// Threads: any.
TRITONSERVER_DECLSPEC struct TRITONSERVER_Error* TRITONSERVER_MessageNewFromSerializedJson(
    struct TRITONSERVER_Message** message, const char* base, size_t byte_size);

/// Frees a message.
///
/// \param message [transferred] The message, or null, which does nothing.
/// \return [owned] Null: this function has no errors.
/// Threads: one per message.
TRITONSERVER_DECLSPEC struct TRITONSERVER_Error* TRITONSERVER_MessageDelete(
    struct TRITONSERVER_Message* message);

/// Gives a message as JSON text.
///
/// \param message [borrowed until return] The message.
/// \param base [borrowed until the message is deleted or serialized again] Receives the start of
///     the text, which does not end with a null byte.
/// \param byte_size [borrowed until return] Receives the text's length in bytes.
/// \return [owned] Null, or an error: INVALID_ARG where a pointer that is needed is null.
/// Threads: one per message.
TRITONSERVER_DECLSPEC struct TRITONSERVER_Error* TRITONSERVER_MessageSerializeToJson(
    struct TRITONSERVER_Message* message, const char** base, size_t* byte_size);

// -------------------------------------------------------------------------------------------------
// Buffer attributes
//
// Where a buffer lies and how large it is. A new object says: 0 bytes in ordinary memory with id 0,
// without a CUDA IPC handle.
// -------------------------------------------------------------------------------------------------

/// Creates buffer attributes.
///
/// \param buffer_attributes [owned] Receives the attributes; free them with
///     TRITONSERVER_BufferAttributesDelete.
/// \return [owned] Null, or an error: INVALID_ARG where a pointer that is needed is null.
/// Threads: any.
TRITONSERVER_DECLSPEC struct TRITONSERVER_Error* TRITONSERVER_BufferAttributesNew(
    struct TRITONSERVER_BufferAttributes** buffer_attributes);

/// Frees buffer attributes, but not the buffer or the handle that they describe.
///
/// \param buffer_attributes [transferred] The attributes, or null, which does nothing.
/// \return [owned] Null: this function has no errors.
/// Threads: one per object.
TRITONSERVER_DECLSPEC struct TRITONSERVER_Error* TRITONSERVER_BufferAttributesDelete(
    struct TRITONSERVER_BufferAttributes* buffer_attributes);

/// Sets the memory type's id.
///
/// \param buffer_attributes [borrowed until return] The attributes.
/// \param memory_type_id The id.
/// \return [owned] Null, or an error: INVALID_ARG where a pointer that is needed is null.
/// Threads: one per object.
TRITONSERVER_DECLSPEC struct TRITONSERVER_Error* TRITONSERVER_BufferAttributesSetMemoryTypeId(
    struct TRITONSERVER_BufferAttributes* buffer_attributes, int64_t memory_type_id);

/// Sets the memory type.
///
/// \param buffer_attributes [borrowed until return] The attributes.
/// \param memory_type The memory type.
/// \return [owned] Null, or an error: INVALID_ARG where a pointer that is needed is null.
/// Threads: one per object.
TRITONSERVER_DECLSPEC struct TRITONSERVER_Error* TRITONSERVER_BufferAttributesSetMemoryType(
    struct TRITONSERVER_BufferAttributes* buffer_attributes, TRITONSERVER_MemoryType memory_type);

/// Sets the CUDA IPC handle through which another process can open the buffer.
///
/// \param buffer_attributes [borrowed until return] The attributes.
/// \param cuda_ipc_handle [borrowed until the attributes are deleted or get another handle] The
///     cudaIpcMemHandle_t, or null for none. It is not copied.
/// \return [owned] Null, or an error: INVALID_ARG where a pointer that is needed is null.
/// Threads: one per object.
TRITONSERVER_DECLSPEC struct TRITONSERVER_Error* TRITONSERVER_BufferAttributesSetCudaIpcHandle(
    struct TRITONSERVER_BufferAttributes* buffer_attributes, void* cuda_ipc_handle);

/// Sets the buffer's size.
///
/// \param buffer_attributes [borrowed until return] The attributes.
/// \param byte_size The size in bytes.
/// \return [owned] Null, or an error: INVALID_ARG where a pointer that is needed is null.
/// Threads: one per object.
TRITONSERVER_DECLSPEC struct TRITONSERVER_Error* TRITONSERVER_BufferAttributesSetByteSize(
    struct TRITONSERVER_BufferAttributes* buffer_attributes, size_t byte_size);

/// Tells the memory type's id.
///
/// \param buffer_attributes [borrowed until return] The attributes.
/// \param memory_type_id [borrowed until return] Receives the id.
/// \return [owned] Null, or an error: INVALID_ARG where a pointer that is needed is null.
/// Threads: one per object.
TRITONSERVER_DECLSPEC struct TRITONSERVER_Error* TRITONSERVER_BufferAttributesMemoryTypeId(
    struct TRITONSERVER_BufferAttributes* buffer_attributes, int64_t* memory_type_id);

/// Tells the memory type.
///
/// \param buffer_attributes [borrowed until return] The attributes.
/// \param memory_type [borrowed until return] Receives the memory type.
/// \return [owned] Null, or an error: INVALID_ARG where a pointer that is needed is null.
/// Threads: one per object.
TRITONSERVER_DECLSPEC struct TRITONSERVER_Error* TRITONSERVER_BufferAttributesMemoryType(
    struct TRITONSERVER_BufferAttributes* buffer_attributes, TRITONSERVER_MemoryType* memory_type);

/// Tells the CUDA IPC handle.
///
/// \param buffer_attributes [borrowed until return] The attributes.
/// \param cuda_ipc_handle [borrowed until the attributes are deleted or get another handle]
///     Receives the handle that was set, or null.
/// \return [owned] Null, or an error: INVALID_ARG where a pointer that is needed is null.
/// Threads: one per object.
TRITONSERVER_DECLSPEC struct TRITONSERVER_Error* TRITONSERVER_BufferAttributesCudaIpcHandle(
    struct TRITONSERVER_BufferAttributes* buffer_attributes, void** cuda_ipc_handle);

/// Tells the buffer's size.
///
/// \param buffer_attributes [borrowed until return] The attributes.
/// \param byte_size [borrowed until return] Receives the size in bytes.
/// \return [owned] Null, or an error: INVALID_ARG where a pointer that is needed is null.
/// Threads: one per object.
TRITONSERVER_DECLSPEC struct TRITONSERVER_Error* TRITONSERVER_BufferAttributesByteSize(
    struct TRITONSERVER_BufferAttributes* buffer_attributes, size_t* byte_size);

// -------------------------------------------------------------------------------------------------
// Server options
//
// Set everything, call TRITONSERVER_ServerNew, delete the options. Strings are copied. The log
// belongs to the process: its setters take effect at once, and their options may be null.
// -------------------------------------------------------------------------------------------------

/// Who decides which models are loaded.
typedef enum tritonserver_modelcontrolmode_enum {
  /// All models are loaded at the start, and then nothing changes.
  TRITONSERVER_MODEL_CONTROL_NONE = 0,
  /// All models are loaded at the start; polling loads, reloads and unloads what changed.
  TRITONSERVER_MODEL_CONTROL_POLL = 1,
  /// Only startup models are loaded; the rest is up to load and unload calls.
  TRITONSERVER_MODEL_CONTROL_EXPLICIT = 2
} TRITONSERVER_ModelControlMode;

/// Whether executions wait for the resources that instance groups declare.
typedef enum tritonserver_ratelimitmode_enum {
  /// They don't.
  TRITONSERVER_RATE_LIMIT_OFF = 0,
  /// They do, and instances that executed less often, weighted by priority, come first.
  TRITONSERVER_RATE_LIMIT_EXEC_COUNT = 1
} TRITONSERVER_RateLimitMode;

/// Creates options with their defaults.
///
/// \param options [owned] Receives the options; free them with TRITONSERVER_ServerOptionsDelete.
/// \return [owned] Null, or an error: INVALID_ARG where a pointer that is needed is null.
/// Threads: any.
TRITONSERVER_DECLSPEC struct TRITONSERVER_Error* TRITONSERVER_ServerOptionsNew(
    struct TRITONSERVER_ServerOptions** options);

/// Frees options. Servers that were created with them are not affected.
///
/// \param options [transferred] The options, or null, which does nothing.
/// \return [owned] Null: this function has no errors.
/// Threads: one per options object.
TRITONSERVER_DECLSPEC struct TRITONSERVER_Error* TRITONSERVER_ServerOptionsDelete(
    struct TRITONSERVER_ServerOptions* options);

/// Sets the name under which the server shows itself in its metadata.
///
/// \param options [borrowed until return] The options.
/// \param server_id [borrowed until return] The name. The default is "triton".
/// \return [owned] Null, or an error: INVALID_ARG where a pointer that is needed is null.
/// Threads: one per options object.
TRITONSERVER_DECLSPEC struct TRITONSERVER_Error* TRITONSERVER_ServerOptionsSetServerId(
    struct TRITONSERVER_ServerOptions* options, const char* server_id);

/// Adds a model repository. May be called for several; a model that is found in more than one of
/// them is not served.
///
/// \param options [borrowed until return] The options.
/// \param model_repository_path [borrowed until return] The repository's folder.
/// \return [owned] Null, or an error: INVALID_ARG where a pointer that is needed is null.
/// Threads: one per options object.
TRITONSERVER_DECLSPEC struct TRITONSERVER_Error* TRITONSERVER_ServerOptionsSetModelRepositoryPath(
    struct TRITONSERVER_ServerOptions* options, const char* model_repository_path);

/// Sets who decides which models are loaded. The default is TRITONSERVER_MODEL_CONTROL_NONE.
///
/// \param options [borrowed until return] The options.
/// \param mode The mode.
/// \return [owned] Null, or an error: INVALID_ARG for a value that is no mode; INVALID_ARG where a
///     pointer that is needed is null.
/// Threads: one per options object.
TRITONSERVER_DECLSPEC struct TRITONSERVER_Error* TRITONSERVER_ServerOptionsSetModelControlMode(
    struct TRITONSERVER_ServerOptions* options, TRITONSERVER_ModelControlMode mode);

/// Adds a model to be loaded at the start. Counts in TRITONSERVER_MODEL_CONTROL_EXPLICIT only.
///
/// \param options [borrowed until return] The options.
/// \param model_name [borrowed until return] The model's name; "*", alone, means all.
/// \return [owned] Null, or an error: INVALID_ARG where a pointer that is needed is null.
/// Threads: one per options object.
TRITONSERVER_DECLSPEC struct TRITONSERVER_Error* TRITONSERVER_ServerOptionsSetStartupModel(
    struct TRITONSERVER_ServerOptions* options, const char* model_name);

/// Sets whether a model must bring its complete configuration. Where it need not, missing parts are
/// completed by its backend and by defaults.
///
/// \param options [borrowed until return] The options.
/// \param strict True to demand it. The default is false.
/// \return [owned] Null, or an error: INVALID_ARG where a pointer that is needed is null.
/// Threads: one per options object.
TRITONSERVER_DECLSPEC struct TRITONSERVER_Error* TRITONSERVER_ServerOptionsSetStrictModelConfig(
    struct TRITONSERVER_ServerOptions* options, bool strict);

/// Sets which configuration to load: configs/NAME.pbtxt in a model's folder, or config.pbtxt where
/// there is no such file.
///
/// \param options [borrowed until return] The options.
/// \param model_config_name [borrowed until return] The name; "" for config.pbtxt only, which is
///     the default.
/// \return [owned] Null, or an error: INVALID_ARG where a pointer that is needed is null.
/// Threads: one per options object.
TRITONSERVER_DECLSPEC struct TRITONSERVER_Error* TRITONSERVER_ServerOptionsSetModelConfigName(
    struct TRITONSERVER_ServerOptions* options, const char* model_config_name);

/// Sets whether executions wait for resources.
///
/// \param options [borrowed until return] The options.
/// \param mode The mode. The default is TRITONSERVER_RATE_LIMIT_OFF.
/// \return [owned] Null, or an error: INVALID_ARG for a value that is no mode; INVALID_ARG where a
///     pointer that is needed is null.
/// Threads: one per options object.
TRITONSERVER_DECLSPEC struct TRITONSERVER_Error* TRITONSERVER_ServerOptionsSetRateLimiterMode(
    struct TRITONSERVER_ServerOptions* options, TRITONSERVER_RateLimitMode mode);

/// Says how much there is of a resource that instance groups declare.
///
/// \param options [borrowed until return] The options.
/// \param resource_name [borrowed until return] The resource's name.
/// \param resource_count How much there is of it.
/// \param device The GPU that has it, or -1 for each device. A resource that models declare as
///     global belongs to no device.
/// \return [owned] Null, or an error: INVALID_ARG where a pointer that is needed is null.
/// Threads: one per options object.
TRITONSERVER_DECLSPEC struct TRITONSERVER_Error* TRITONSERVER_ServerOptionsAddRateLimiterResource(
    struct TRITONSERVER_ServerOptions* options, const char* resource_name,
    const size_t resource_count, const int device);

/// Sets the size of the pool of page-locked memory, from which the server and backends allocate.
///
/// \param options [borrowed until return] The options.
/// \param size The size in bytes; 0 for no pool.
/// \return [owned] Null, or an error: INVALID_ARG where a pointer that is needed is null.
/// Threads: one per options object.
TRITONSERVER_DECLSPEC struct TRITONSERVER_Error*
TRITONSERVER_ServerOptionsSetPinnedMemoryPoolByteSize(
    struct TRITONSERVER_ServerOptions* options, uint64_t size);

/// Sets the size of a GPU's memory pool, from which the server and backends allocate.
///
/// \param options [borrowed until return] The options.
/// \param gpu_device The number of the GPU.
/// \param size The size in bytes; 0 for no pool.
/// \return [owned] Null, or an error: INVALID_ARG where a pointer that is needed is null.
/// Threads: one per options object.
TRITONSERVER_DECLSPEC struct TRITONSERVER_Error*
TRITONSERVER_ServerOptionsSetCudaMemoryPoolByteSize(
    struct TRITONSERVER_ServerOptions* options, int gpu_device, uint64_t size);

/// Sets how much address space of a GPU each growing sequence state reserves.
///
/// \param options [borrowed until return] The options.
/// \param gpu_device The number of the GPU.
/// \param cuda_virtual_address_size The size in bytes.
/// \return [owned] Null, or an error: INVALID_ARG where a pointer that is needed is null.
/// Threads: one per options object.
TRITONSERVER_DECLSPEC struct TRITONSERVER_Error*
TRITONSERVER_ServerOptionsSetCudaVirtualAddressSize(
    struct TRITONSERVER_ServerOptions* options, int gpu_device, size_t cuda_virtual_address_size);

/// Sets the size of the "local" response cache. Deprecated in favour of
/// TRITONSERVER_ServerOptionsSetCacheConfig.
///
/// \param options [borrowed until return] The options.
/// \param size The size in bytes; 0 for no cache.
/// \return [owned] Null, or an error: INVALID_ARG where a pointer that is needed is null.
/// Threads: one per options object.
TRITONSERVER_DECLSPEC struct TRITONSERVER_Error* TRITONSERVER_ServerOptionsSetResponseCacheByteSize(
    struct TRITONSERVER_ServerOptions* options, uint64_t size);

/// Chooses the response cache and configures it. The server has at most one.
///
/// \param options [borrowed until return] The options.
/// \param cache_name [borrowed until return] The cache's name: NAME stands for <cache
///     directory>/NAME/libtritoncache_NAME.so.
/// \param config_json [borrowed until return] A JSON object, which the cache receives as it is.
/// \return [owned] Null, or an error: INVALID_ARG where the text is no JSON object; INVALID_ARG
///     where a pointer that is needed is null.
/// Threads: one per options object.
TRITONSERVER_DECLSPEC struct TRITONSERVER_Error* TRITONSERVER_ServerOptionsSetCacheConfig(
    struct TRITONSERVER_ServerOptions* options, const char* cache_name, const char* config_json);

/// Sets where response caches are looked for.
///
/// \param options [borrowed until return] The options.
/// \param cache_dir [borrowed until return] The folder.
/// \return [owned] Null, or an error: INVALID_ARG where a pointer that is needed is null.
/// Threads: one per options object.
TRITONSERVER_DECLSPEC struct TRITONSERVER_Error* TRITONSERVER_ServerOptionsSetCacheDirectory(
    struct TRITONSERVER_ServerOptions* options, const char* cache_dir);

/// Sets what a GPU must be capable of to be used.
///
/// \param options [borrowed until return] The options.
/// \param cc The least CUDA compute capability, such as 6.0.
/// \return [owned] Null, or an error: INVALID_ARG where a pointer that is needed is null.
/// Threads: one per options object.
TRITONSERVER_DECLSPEC struct TRITONSERVER_Error*
TRITONSERVER_ServerOptionsSetMinSupportedComputeCapability(
    struct TRITONSERVER_ServerOptions* options, double cc);

/// Sets whether TRITONSERVER_ServerNew fails when a model fails to load at the start.
///
/// \param options [borrowed until return] The options.
/// \param exit True to fail, which is the default; false to serve the other models.
/// \return [owned] Null, or an error: INVALID_ARG where a pointer that is needed is null.
/// Threads: one per options object.
TRITONSERVER_DECLSPEC struct TRITONSERVER_Error* TRITONSERVER_ServerOptionsSetExitOnError(
    struct TRITONSERVER_ServerOptions* options, bool exit);

/// Sets when the server calls itself ready.
///
/// \param options [borrowed until return] The options.
/// \param strict True for when all models are ready, which is the default; false for as soon as it
///     answers.
/// \return [owned] Null, or an error: INVALID_ARG where a pointer that is needed is null.
/// Threads: one per options object.
TRITONSERVER_DECLSPEC struct TRITONSERVER_Error* TRITONSERVER_ServerOptionsSetStrictReadiness(
    struct TRITONSERVER_ServerOptions* options, bool strict);

/// Sets how long TRITONSERVER_ServerStop waits for requests in flight.
///
/// \param options [borrowed until return] The options.
/// \param timeout The time in seconds. The default is 30.
/// \return [owned] Null, or an error: INVALID_ARG where a pointer that is needed is null.
/// Threads: one per options object.
TRITONSERVER_DECLSPEC struct TRITONSERVER_Error* TRITONSERVER_ServerOptionsSetExitTimeout(
    struct TRITONSERVER_ServerOptions* options, unsigned int timeout);

/// Sets how many threads copy inputs and outputs for the server.
///
/// \param options [borrowed until return] The options.
/// \param thread_count The number; 0, the default, copies in the thread that needs the copy.
/// \return [owned] Null, or an error: INVALID_ARG where a pointer that is needed is null.
/// Threads: one per options object.
TRITONSERVER_DECLSPEC struct TRITONSERVER_Error*
TRITONSERVER_ServerOptionsSetBufferManagerThreadCount(
    struct TRITONSERVER_ServerOptions* options, unsigned int thread_count);

/// Sets how many models are loaded at the same time.
///
/// \param options [borrowed until return] The options.
/// \param thread_count The number, at least 1.
/// \return [owned] Null, or an error: INVALID_ARG where a pointer that is needed is null.
/// Threads: one per options object.
TRITONSERVER_DECLSPEC struct TRITONSERVER_Error* TRITONSERVER_ServerOptionsSetModelLoadThreadCount(
    struct TRITONSERVER_ServerOptions* options, unsigned int thread_count);

/// Sets how often a model that fails to load is tried again.
///
/// \param options [borrowed until return] The options.
/// \param retry_count The number of further attempts. The default is 0.
/// \return [owned] Null, or an error: INVALID_ARG where a pointer that is needed is null.
/// Threads: one per options object.
TRITONSERVER_DECLSPEC struct TRITONSERVER_Error* TRITONSERVER_ServerOptionsSetModelLoadRetryCount(
    struct TRITONSERVER_ServerOptions* options, unsigned int retry_count);

/// Sets whether each repository is a namespace of its own, so that equal names in different
/// repositories are different models.
///
/// \param options [borrowed until return] The options.
/// \param enable_namespace True to do so. The default is false.
/// \return [owned] Null, or an error: INVALID_ARG where a pointer that is needed is null.
/// Threads: one per options object.
TRITONSERVER_DECLSPEC struct TRITONSERVER_Error* TRITONSERVER_ServerOptionsSetModelNamespacing(
    struct TRITONSERVER_ServerOptions* options, bool enable_namespace);

/// Sets whether GPUs may access each other's memory directly, where the machine can.
///
/// \param options [borrowed until return] The options.
/// \param enable_peer_access True to try, which is the default.
/// \return [owned] Null, or an error: INVALID_ARG where a pointer that is needed is null.
/// Threads: one per options object.
TRITONSERVER_DECLSPEC struct TRITONSERVER_Error* TRITONSERVER_ServerOptionsSetEnablePeerAccess(
    struct TRITONSERVER_ServerOptions* options, bool enable_peer_access);

/// Sends the log to a file, or back to the standard streams.
///
/// \param options [borrowed until return] The options; may be null.
/// \param file [borrowed until return] The file's path; "" for the standard streams.
/// \return [owned] Null, or an error: INTERNAL where the file can't be opened.
/// Threads: one per options object.
TRITONSERVER_DECLSPEC struct TRITONSERVER_Error* TRITONSERVER_ServerOptionsSetLogFile(
    struct TRITONSERVER_ServerOptions* options, const char* file);

/// Turns messages of level INFO on or off.
///
/// \param options [borrowed until return] The options; may be null.
/// \param log True to log them, which is the default.
/// \return [owned] Null: this function has no errors.
/// Threads: one per options object.
TRITONSERVER_DECLSPEC struct TRITONSERVER_Error* TRITONSERVER_ServerOptionsSetLogInfo(
    struct TRITONSERVER_ServerOptions* options, bool log);

/// Turns messages of level WARN on or off.
///
/// \param options [borrowed until return] The options; may be null.
/// \param log True to log them, which is the default.
/// \return [owned] Null: this function has no errors.
/// Threads: one per options object.
TRITONSERVER_DECLSPEC struct TRITONSERVER_Error* TRITONSERVER_ServerOptionsSetLogWarn(
    struct TRITONSERVER_ServerOptions* options, bool log);

/// Turns messages of level ERROR on or off.
///
/// \param options [borrowed until return] The options; may be null.
/// \param log True to log them, which is the default.
/// \return [owned] Null: this function has no errors.
/// Threads: one per options object.
TRITONSERVER_DECLSPEC struct TRITONSERVER_Error* TRITONSERVER_ServerOptionsSetLogError(
    struct TRITONSERVER_ServerOptions* options, bool log);

/// Sets how lines of the log begin.
///
/// \param options [borrowed until return] The options; may be null.
/// \param format The format.
/// \return [owned] Null, or an error: INVALID_ARG for a value that is no format.
/// Threads: one per options object.
TRITONSERVER_DECLSPEC struct TRITONSERVER_Error* TRITONSERVER_ServerOptionsSetLogFormat(
    struct TRITONSERVER_ServerOptions* options, const TRITONSERVER_LogFormat format);

/// Sets how many verbose messages are logged.
///
/// \param options [borrowed until return] The options; may be null.
/// \param level 0 for none, which is the default; a larger number shows more.
/// \return [owned] Null: this function has no errors.
/// Threads: one per options object.
TRITONSERVER_DECLSPEC struct TRITONSERVER_Error* TRITONSERVER_ServerOptionsSetLogVerbose(
    struct TRITONSERVER_ServerOptions* options, int level);

/// Hands log messages to a callback instead of the log, as soon as a server is created with these
/// options, for the whole process. It is not part of version 1.34 of the API.
///
/// \param options [borrowed until return] The options.
/// \param callback_fn [borrowed until it is replaced or cleared] The callback, or null to log
///     again.
/// \param userp [borrowed until the callback is replaced or cleared] Passed to each call of the
///     callback.
/// \return [owned] Null, or an error: INVALID_ARG where the options are null.
/// Threads: one per options object.
TRITONSERVER_DECLSPEC struct TRITONSERVER_Error* TRITONSERVER_ServerOptionsSetLogCallback(
    struct TRITONSERVER_ServerOptions* options, TRITONSERVER_LogCallbackFn_t callback_fn,
    void* userp);

/// Sets whether metrics are collected.
///
/// \param options [borrowed until return] The options.
/// \param metrics True to collect them, which is the default.
/// \return [owned] Null, or an error: INVALID_ARG where a pointer that is needed is null.
/// Threads: one per options object.
TRITONSERVER_DECLSPEC struct TRITONSERVER_Error* TRITONSERVER_ServerOptionsSetMetrics(
    struct TRITONSERVER_ServerOptions* options, bool metrics);

/// Sets whether metrics of GPUs are collected; only where metrics are collected at all.
///
/// \param options [borrowed until return] The options.
/// \param gpu_metrics True to collect them, which is the default.
/// \return [owned] Null, or an error: INVALID_ARG where a pointer that is needed is null.
/// Threads: one per options object.
TRITONSERVER_DECLSPEC struct TRITONSERVER_Error* TRITONSERVER_ServerOptionsSetGpuMetrics(
    struct TRITONSERVER_ServerOptions* options, bool gpu_metrics);

/// Sets whether metrics of CPUs and memory are collected; only where metrics are collected at all.
///
/// \param options [borrowed until return] The options.
/// \param cpu_metrics True to collect them, which is the default.
/// \return [owned] Null, or an error: INVALID_ARG where a pointer that is needed is null.
/// Threads: one per options object.
TRITONSERVER_DECLSPEC struct TRITONSERVER_Error* TRITONSERVER_ServerOptionsSetCpuMetrics(
    struct TRITONSERVER_ServerOptions* options, bool cpu_metrics);

/// Sets how often metrics that are polled (GPU, CPU) are renewed.
///
/// \param options [borrowed until return] The options.
/// \param metrics_interval_ms The time in milliseconds. The default is 2000.
/// \return [owned] Null, or an error: INVALID_ARG where a pointer that is needed is null.
/// Threads: one per options object.
TRITONSERVER_DECLSPEC struct TRITONSERVER_Error* TRITONSERVER_ServerOptionsSetMetricsInterval(
    struct TRITONSERVER_ServerOptions* options, uint64_t metrics_interval_ms);

/// Sets where backends are looked for, after the folders of the model's version and of the model:
/// <backend directory>/NAME/libtriton_NAME.so.
///
/// \param options [borrowed until return] The options.
/// \param backend_dir [borrowed until return] The folder.
/// \return [owned] Null, or an error: INVALID_ARG where a pointer that is needed is null.
/// Threads: one per options object.
TRITONSERVER_DECLSPEC struct TRITONSERVER_Error* TRITONSERVER_ServerOptionsSetBackendDirectory(
    struct TRITONSERVER_ServerOptions* options, const char* backend_dir);

/// Sets where repository agents are looked for, before those that ship:
/// <folder>/NAME/libtritonrepoagent_NAME.so.
///
/// \param options [borrowed until return] The options.
/// \param repoagent_dir [borrowed until return] The folder.
/// \return [owned] Null, or an error: INVALID_ARG where a pointer that is needed is null.
/// Threads: one per options object.
TRITONSERVER_DECLSPEC struct TRITONSERVER_Error* TRITONSERVER_ServerOptionsSetRepoAgentDirectory(
    struct TRITONSERVER_ServerOptions* options, const char* repoagent_dir);

/// Refuses to load models on a device when its memory is fuller than this.
///
/// \param options [borrowed until return] The options.
/// \param kind The kind of device; TRITONSERVER_INSTANCEGROUPKIND_GPU is the only one.
/// \param device_id The number of the device.
/// \param fraction The part of the memory that may be in use, from 0 to 1.
/// \return [owned] Null, or an error: INVALID_ARG for another kind or a fraction out of range;
///     INVALID_ARG where a pointer that is needed is null.
/// Threads: one per options object.
TRITONSERVER_DECLSPEC struct TRITONSERVER_Error* TRITONSERVER_ServerOptionsSetModelLoadDeviceLimit(
    struct TRITONSERVER_ServerOptions* options, const TRITONSERVER_InstanceGroupKind kind,
    const int device_id, const double fraction);

/// Sets a setting that a backend reads with TRITONBACKEND_BackendConfig.
///
/// \param options [borrowed until return] The options.
/// \param backend_name [borrowed until return] The backend's name; "" for all backends.
/// \param setting [borrowed until return] The setting's name.
/// \param value [borrowed until return] The value, as text. The last one set for a name holds.
/// \return [owned] Null, or an error: INVALID_ARG where a pointer that is needed is null.
/// Threads: one per options object.
TRITONSERVER_DECLSPEC struct TRITONSERVER_Error* TRITONSERVER_ServerOptionsSetBackendConfig(
    struct TRITONSERVER_ServerOptions* options, const char* backend_name, const char* setting,
    const char* value);

/// Sets a setting of a host policy, which instance groups refer to by name.
///
/// \param options [borrowed until return] The options.
/// \param policy_name [borrowed until return] The policy's name.
/// \param setting [borrowed until return] The setting's name: "numa-node" or "cpu-cores" are known
///     to the server; backends may know others.
/// \param value [borrowed until return] The value, as text.
/// \return [owned] Null, or an error: INVALID_ARG for a value that doesn't fit the setting;
///     INVALID_ARG where a pointer that is needed is null.
/// Threads: one per options object.
TRITONSERVER_DECLSPEC struct TRITONSERVER_Error* TRITONSERVER_ServerOptionsSetHostPolicy(
    struct TRITONSERVER_ServerOptions* options, const char* policy_name, const char* setting,
    const char* value);

/// Sets a setting of the metrics.
///
/// \param options [borrowed until return] The options.
/// \param name [borrowed until return] The group that the setting belongs to; "" for the settings
///     of all.
/// \param setting [borrowed until return] The setting's name.
/// \param value [borrowed until return] The value, as text.
/// \return [owned] Null, or an error: INVALID_ARG where a pointer that is needed is null.
/// Threads: one per options object.
TRITONSERVER_DECLSPEC struct TRITONSERVER_Error* TRITONSERVER_ServerOptionsSetMetricsConfig(
    struct TRITONSERVER_ServerOptions* options, const char* name, const char* setting,
    const char* value);

// -------------------------------------------------------------------------------------------------
// Server
// -------------------------------------------------------------------------------------------------

/// How a model takes batches; the values may be combined.
typedef enum tritonserver_batchflag_enum {
  /// It takes none that the server can form.
  TRITONSERVER_BATCH_UNKNOWN = 1,
  /// Along the first dimension of each input and output.
  TRITONSERVER_BATCH_FIRST_DIM = 2
} TRITONSERVER_ModelBatchFlag;

/// Which models an index lists; the values may be combined.
typedef enum tritonserver_modelindexflag_enum {
  /// Only those that are ready.
  TRITONSERVER_INDEX_FLAG_READY = 1
} TRITONSERVER_ModelIndexFlag;

/// How many responses a model gives to a request; the values may be combined.
typedef enum tritonserver_txn_property_flag_enum {
  /// Exactly one.
  TRITONSERVER_TXN_ONE_TO_ONE = 1,
  /// None, one or many.
  TRITONSERVER_TXN_DECOUPLED = 2
} TRITONSERVER_ModelTxnPropertyFlag;

/// Creates a server and loads the models that its options name; returns when they are loaded or
/// failed.
///
/// \param server [owned] Receives the server; free it with TRITONSERVER_ServerDelete.
/// \param options [borrowed until return] The options. They are copied.
/// \return [owned] Null, or an error: INVALID_ARG for options that don't fit together; what a model
///     failed with, where the server shall exit on errors; INVALID_ARG where a pointer that is
///     needed is null.
/// Threads: any.
TRITONSERVER_DECLSPEC struct TRITONSERVER_Error* TRITONSERVER_ServerNew(
    struct TRITONSERVER_Server** server, struct TRITONSERVER_ServerOptions* options);

/// Stops the server unless it is stopped, and frees it. Requests, responses and traces of the
/// server must be freed before.
///
/// \param server [transferred] The server; gone on error too, unless it was null.
/// \return [owned] Null, or an error: INTERNAL where requests were still in flight after the exit
///     timeout; INVALID_ARG where a pointer that is needed is null.
/// Threads: one per server; no other call may use the server at the same time.
TRITONSERVER_DECLSPEC struct TRITONSERVER_Error* TRITONSERVER_ServerDelete(
    struct TRITONSERVER_Server* server);

/// Takes no new requests, waits up to the exit timeout for those in flight, and unloads all models.
/// A stopped server can't be started again.
///
/// \param server [borrowed until return] The server.
/// \return [owned] Null, or an error: INTERNAL where requests were still in flight after the exit
///     timeout; INVALID_ARG where a pointer that is needed is null.
/// Threads: any.
TRITONSERVER_DECLSPEC struct TRITONSERVER_Error* TRITONSERVER_ServerStop(
    struct TRITONSERVER_Server* server);

/// Changes how long TRITONSERVER_ServerStop waits, also while it is waiting.
///
/// \param server [borrowed until return] The server.
/// \param timeout The time in seconds.
/// \return [owned] Null, or an error: INVALID_ARG where a pointer that is needed is null.
/// Threads: any.
TRITONSERVER_DECLSPEC struct TRITONSERVER_Error* TRITONSERVER_ServerSetExitTimeout(
    struct TRITONSERVER_Server* server, unsigned int timeout);

/// Adds a repository to a running server. Its models are not loaded by that.
///
/// \param server [borrowed until return] The server.
/// \param repository_path [borrowed until return] The repository's folder.
/// \param name_mapping [borrowed until return] An array of string parameters, or null where
///     mapping_count is 0: a model in the folder that is the parameter's name is served under the
///     name that is its value.
/// \param mapping_count The number of elements in name_mapping.
/// \return [owned] Null, or an error: ALREADY_EXISTS for a repository that is registered;
///     UNSUPPORTED unless the control mode is TRITONSERVER_MODEL_CONTROL_EXPLICIT; INVALID_ARG for
///     a path that is no folder or a mapping that doesn't fit; INVALID_ARG where a pointer that is
///     needed is null.
/// Threads: any.
TRITONSERVER_DECLSPEC struct TRITONSERVER_Error* TRITONSERVER_ServerRegisterModelRepository(
    struct TRITONSERVER_Server* server, const char* repository_path,
    const struct TRITONSERVER_Parameter** name_mapping, const uint32_t mapping_count);

/// Removes a repository. Models that were loaded from it stay loaded.
///
/// \param server [borrowed until return] The server.
/// \param repository_path [borrowed until return] The path, as it was registered.
/// \return [owned] Null, or an error: NOT_FOUND or INVALID_ARG for a path that isn't registered;
///     UNSUPPORTED unless the control mode is TRITONSERVER_MODEL_CONTROL_EXPLICIT; INVALID_ARG
///     where a pointer that is needed is null.
/// Threads: any.
TRITONSERVER_DECLSPEC struct TRITONSERVER_Error* TRITONSERVER_ServerUnregisterModelRepository(
    struct TRITONSERVER_Server* server, const char* repository_path);

/// Looks for changes in the repositories and loads, reloads or unloads accordingly.
///
/// \param server [borrowed until return] The server.
/// \return [owned] Null, or an error: UNAVAILABLE unless the control mode is
///     TRITONSERVER_MODEL_CONTROL_POLL; what a model failed with; INVALID_ARG where a pointer that
///     is needed is null.
/// Threads: any.
TRITONSERVER_DECLSPEC struct TRITONSERVER_Error* TRITONSERVER_ServerPollModelRepository(
    struct TRITONSERVER_Server* server);

/// Tells whether the server answers at all.
///
/// \param server [borrowed until return] The server.
/// \param live [borrowed until return] Receives whether it does.
/// \return [owned] Null, or an error: INVALID_ARG where a pointer that is needed is null.
/// Threads: any.
TRITONSERVER_DECLSPEC struct TRITONSERVER_Error* TRITONSERVER_ServerIsLive(
    struct TRITONSERVER_Server* server, bool* live);

/// Tells whether the server takes requests: see TRITONSERVER_ServerOptionsSetStrictReadiness.
///
/// \param server [borrowed until return] The server.
/// \param ready [borrowed until return] Receives whether it does.
/// \return [owned] Null, or an error: INVALID_ARG where a pointer that is needed is null.
/// Threads: any.
TRITONSERVER_DECLSPEC struct TRITONSERVER_Error* TRITONSERVER_ServerIsReady(
    struct TRITONSERVER_Server* server, bool* ready);

/// Tells whether a model takes requests.
///
/// \param server [borrowed until return] The server.
/// \param model_name [borrowed until return] The model's name.
/// \param model_version The version, or -1 for the one that the model's version policy prefers.
/// \param ready [borrowed until return] Receives whether it does; false for a model that isn't
///     known.
/// \return [owned] Null, or an error: UNAVAILABLE where the server is stopping; INVALID_ARG where a
///     pointer that is needed is null.
/// Threads: any.
TRITONSERVER_DECLSPEC struct TRITONSERVER_Error* TRITONSERVER_ServerModelIsReady(
    struct TRITONSERVER_Server* server, const char* model_name, const int64_t model_version,
    bool* ready);

/// Tells how a model takes batches.
///
/// \param server [borrowed until return] The server.
/// \param model_name [borrowed until return] The model's name.
/// \param model_version The version, or -1 for the one that the model's version policy prefers.
/// \param flags [borrowed until return] Receives TRITONSERVER_ModelBatchFlag values, combined.
/// \param voidp [static] Receives null; kept for later versions. The place may be null.
/// \return [owned] Null, or an error: NOT_FOUND or UNAVAILABLE for a model that isn't loaded;
///     INVALID_ARG where a pointer that is needed is null.
/// Threads: any.
TRITONSERVER_DECLSPEC struct TRITONSERVER_Error* TRITONSERVER_ServerModelBatchProperties(
    struct TRITONSERVER_Server* server, const char* model_name, const int64_t model_version,
    uint32_t* flags, void** voidp);

/// Tells how many responses a model gives to a request.
///
/// \param server [borrowed until return] The server.
/// \param model_name [borrowed until return] The model's name.
/// \param model_version The version, or -1 for the one that the model's version policy prefers.
/// \param txn_flags [borrowed until return] Receives TRITONSERVER_ModelTxnPropertyFlag values,
///     combined.
/// \param voidp [static] Receives null; kept for later versions. The place may be null.
/// \return [owned] Null, or an error: NOT_FOUND or UNAVAILABLE for a model that isn't loaded;
///     INVALID_ARG where a pointer that is needed is null.
/// Threads: any.
TRITONSERVER_DECLSPEC struct TRITONSERVER_Error* TRITONSERVER_ServerModelTransactionProperties(
    struct TRITONSERVER_Server* server, const char* model_name, const int64_t model_version,
    uint32_t* txn_flags, void** voidp);

/// Describes the server: name, version, extensions, as the KServe v2 protocol does.
///
/// \param server [borrowed until return] The server.
/// \param server_metadata [owned] Receives the description; free it with
///     TRITONSERVER_MessageDelete.
/// \return [owned] Null, or an error: INVALID_ARG where a pointer that is needed is null.
/// Threads: any.
TRITONSERVER_DECLSPEC struct TRITONSERVER_Error* TRITONSERVER_ServerMetadata(
    struct TRITONSERVER_Server* server, struct TRITONSERVER_Message** server_metadata);

/// Describes a model: name, versions, platform, inputs and outputs, as the KServe v2 protocol does.
///
/// \param server [borrowed until return] The server.
/// \param model_name [borrowed until return] The model's name.
/// \param model_version The version, or -1 for the one that the model's version policy prefers.
/// \param model_metadata [owned] Receives the description; free it with TRITONSERVER_MessageDelete.
/// \return [owned] Null, or an error: NOT_FOUND or UNAVAILABLE for a model that isn't loaded;
///     INVALID_ARG where a pointer that is needed is null.
/// Threads: any.
TRITONSERVER_DECLSPEC struct TRITONSERVER_Error* TRITONSERVER_ServerModelMetadata(
    struct TRITONSERVER_Server* server, const char* model_name, const int64_t model_version,
    struct TRITONSERVER_Message** model_metadata);

/// Gives the statistics of a model, as the statistics extension does.
///
/// \param server [borrowed until return] The server.
/// \param model_name [borrowed until return] The model's name; "" for all models that are loaded.
/// \param model_version The version, or -1 for the one that the model's version policy prefers.
/// \param model_stats [owned] Receives the statistics; free them with TRITONSERVER_MessageDelete.
/// \return [owned] Null, or an error: NOT_FOUND or UNAVAILABLE for a model that isn't loaded;
///     INVALID_ARG where a pointer that is needed is null.
/// Threads: any.
TRITONSERVER_DECLSPEC struct TRITONSERVER_Error* TRITONSERVER_ServerModelStatistics(
    struct TRITONSERVER_Server* server, const char* model_name, const int64_t model_version,
    struct TRITONSERVER_Message** model_stats);

/// Gives a model's configuration as it is in effect, with everything that was completed.
///
/// \param server [borrowed until return] The server.
/// \param model_name [borrowed until return] The model's name.
/// \param model_version The version, or -1 for the one that the model's version policy prefers.
/// \param config_version The version of the format; 1 is the only one.
/// \param model_config [owned] Receives the configuration; free it with TRITONSERVER_MessageDelete.
/// \return [owned] Null, or an error: NOT_FOUND or UNAVAILABLE for a model that isn't loaded;
///     UNSUPPORTED for another format; INVALID_ARG where a pointer that is needed is null.
/// Threads: any.
TRITONSERVER_DECLSPEC struct TRITONSERVER_Error* TRITONSERVER_ServerModelConfig(
    struct TRITONSERVER_Server* server, const char* model_name, const int64_t model_version,
    const uint32_t config_version, struct TRITONSERVER_Message** model_config);

/// Lists the models in the repositories: name, and for each version that was loaded its state and
/// the reason.
///
/// \param server [borrowed until return] The server.
/// \param flags TRITONSERVER_ModelIndexFlag values, combined.
/// \param model_index [owned] Receives the index; free it with TRITONSERVER_MessageDelete.
/// \return [owned] Null, or an error: INVALID_ARG where a pointer that is needed is null.
/// Threads: any.
TRITONSERVER_DECLSPEC struct TRITONSERVER_Error* TRITONSERVER_ServerModelIndex(
    struct TRITONSERVER_Server* server, uint32_t flags, struct TRITONSERVER_Message** model_index);

/// Loads a model, or reloads it; returns when it is loaded or failed. While a new version loads,
/// the old one serves.
///
/// \param server [borrowed until return] The server.
/// \param model_name [borrowed until return] The model's name.
/// \return [owned] Null, or an error: UNAVAILABLE unless the control mode is
///     TRITONSERVER_MODEL_CONTROL_EXPLICIT; NOT_FOUND or INVALID_ARG for a model that is in no
///     repository; what the model failed with; INVALID_ARG where a pointer that is needed is null.
/// Threads: any.
TRITONSERVER_DECLSPEC struct TRITONSERVER_Error* TRITONSERVER_ServerLoadModel(
    struct TRITONSERVER_Server* server, const char* model_name);

/// Loads a model as TRITONSERVER_ServerLoadModel does, with its configuration or files given here.
/// The string parameter "config" holds the configuration as JSON, in place of the one in the
/// repository. A bytes parameter "file:<path>" holds a file of the model's folder; with such files
/// the folder in the repository isn't used, and "config" is needed.
///
/// \param server [borrowed until return] The server.
/// \param model_name [borrowed until return] The model's name.
/// \param parameters [borrowed until return] An array of parameters, or null where parameter_count
///     is 0.
/// \param parameter_count The number of elements in parameters.
/// \return [owned] Null, or an error: as for TRITONSERVER_ServerLoadModel; INVALID_ARG for a
///     parameter that isn't known or has another type; INVALID_ARG where a pointer that is needed
///     is null.
/// Threads: any.
TRITONSERVER_DECLSPEC struct TRITONSERVER_Error* TRITONSERVER_ServerLoadModelWithParameters(
    struct TRITONSERVER_Server* server, const char* model_name,
    const struct TRITONSERVER_Parameter** parameters, const uint64_t parameter_count);

/// Unloads a model: it takes no new requests, finishes those in flight, and is finalized. Returns
/// without waiting for that. A model that isn't loaded is no error.
///
/// \param server [borrowed until return] The server.
/// \param model_name [borrowed until return] The model's name.
/// \return [owned] Null, or an error: UNAVAILABLE unless the control mode is
///     TRITONSERVER_MODEL_CONTROL_EXPLICIT; INVALID_ARG where a pointer that is needed is null.
/// Threads: any.
TRITONSERVER_DECLSPEC struct TRITONSERVER_Error* TRITONSERVER_ServerUnloadModel(
    struct TRITONSERVER_Server* server, const char* model_name);

/// Unloads a model as TRITONSERVER_ServerUnloadModel does, and with an ensemble the models that it
/// consists of, where nothing else needs them.
///
/// \param server [borrowed until return] The server.
/// \param model_name [borrowed until return] The model's name.
/// \return [owned] Null, or an error: UNAVAILABLE unless the control mode is
///     TRITONSERVER_MODEL_CONTROL_EXPLICIT; INVALID_ARG where a pointer that is needed is null.
/// Threads: any.
TRITONSERVER_DECLSPEC struct TRITONSERVER_Error* TRITONSERVER_ServerUnloadModelAndDependents(
    struct TRITONSERVER_Server* server, const char* model_name);

/// Takes a snapshot of the metrics.
///
/// \param server [borrowed until return] The server.
/// \param metrics [owned] Receives the metrics; free them with TRITONSERVER_MetricsDelete.
/// \return [owned] Null, or an error: UNAVAILABLE where metrics are off; INVALID_ARG where a
///     pointer that is needed is null.
/// Threads: any.
TRITONSERVER_DECLSPEC struct TRITONSERVER_Error* TRITONSERVER_ServerMetrics(
    struct TRITONSERVER_Server* server, struct TRITONSERVER_Metrics** metrics);

// -------------------------------------------------------------------------------------------------
// Response allocator
//
// Gives the memory that the outputs of responses are written to. For each response the server calls
// the start function, if there is one, and then the allocation function once for each output, with
// the attributes function after it; when the response is deleted, the release function once for
// each buffer. A query may come at any time before an allocation.
//
// All these functions are called from any thread. State that they need is best kept in the pointer
// that each request gives with TRITONSERVER_InferenceRequestSetResponseCallback, and then needs no
// lock.
// -------------------------------------------------------------------------------------------------

/// Allocates the buffer of an output.
///
/// \param allocator [borrowed until return] The allocator that the request named.
/// \param tensor_name [callback-scoped] The output's name.
/// \param byte_size How many bytes are needed. It may be 0: then a null buffer is fine.
/// \param memory_type The memory type that is preferred.
/// \param memory_type_id The id that is preferred.
/// \param userp [borrowed until the request's final response was delivered] The pointer that the
///     request gave to TRITONSERVER_InferenceRequestSetResponseCallback for its allocator.
/// \param buffer [borrowed until the release function gets it] Receives the buffer.
/// \param buffer_userp [borrowed until the release function gets it] Receives any pointer that
///     shall go with the buffer, or null.
/// \param actual_memory_type [borrowed until return] Receives the memory type of the buffer, which
///     may differ from the preferred one.
/// \param actual_memory_type_id [borrowed until return] Receives the id of the buffer's memory
///     type.
/// \return [owned] Null, or an error: anything that makes the output fail; the server owns it then,
///     ignores what was stored, and calls no release function for it.
/// Threads: called from any thread, for different responses at the same time.
typedef struct TRITONSERVER_Error* (*TRITONSERVER_ResponseAllocatorAllocFn_t)(
    struct TRITONSERVER_ResponseAllocator* allocator, const char* tensor_name, size_t byte_size,
    TRITONSERVER_MemoryType memory_type, int64_t memory_type_id, void* userp, void** buffer,
    void** buffer_userp, TRITONSERVER_MemoryType* actual_memory_type,
    int64_t* actual_memory_type_id);

/// Describes a buffer in more detail, right after it was allocated.
///
/// \param allocator [borrowed until return] The allocator that the request named.
/// \param tensor_name [callback-scoped] The output's name.
/// \param buffer_attributes [callback-scoped] Attributes, filled with what the allocation said; the
///     function completes them, for example with a CUDA IPC handle.
/// \param userp [borrowed until the request's final response was delivered] The pointer that the
///     request gave to TRITONSERVER_InferenceRequestSetResponseCallback for its allocator.
/// \param buffer_userp [borrowed until the release function gets it] The pointer that goes with the
///     buffer.
/// \return [owned] Null, or an error: anything that makes the output fail; the server owns it then.
/// Threads: called from any thread, for different responses at the same time.
typedef struct TRITONSERVER_Error* (*TRITONSERVER_ResponseAllocatorBufferAttributesFn_t)(
    struct TRITONSERVER_ResponseAllocator* allocator, const char* tensor_name,
    struct TRITONSERVER_BufferAttributes* buffer_attributes, void* userp, void* buffer_userp);

/// Tells where a buffer would probably be allocated. The answer binds nobody.
///
/// \param allocator [borrowed until return] The allocator that the request named.
/// \param userp [borrowed until the request's final response was delivered] The pointer that the
///     request gave to TRITONSERVER_InferenceRequestSetResponseCallback for its allocator.
/// \param tensor_name [callback-scoped] The output's name, or null where it isn't known yet.
/// \param byte_size [callback-scoped] The size that is expected, or null where it isn't known yet.
/// \param memory_type [borrowed until return] Holds the memory type that is preferred; receives the
///     probable one.
/// \param memory_type_id [borrowed until return] Holds the id that is preferred; receives the
///     probable one.
/// \return [owned] Null, or an error: anything that makes the query fail; the server owns it then.
/// Threads: called from any thread, for different responses at the same time.
typedef struct TRITONSERVER_Error* (*TRITONSERVER_ResponseAllocatorQueryFn_t)(
    struct TRITONSERVER_ResponseAllocator* allocator, void* userp, const char* tensor_name,
    size_t* byte_size, TRITONSERVER_MemoryType* memory_type, int64_t* memory_type_id);

/// Takes a buffer back: the server refers to it no longer.
///
/// \param allocator [borrowed until return] The allocator that the request named.
/// \param buffer [transferred] The buffer; the server doesn't touch it again, on error neither.
/// \param buffer_userp [transferred] The pointer that goes with the buffer; given back on error
///     too.
/// \param byte_size The size in bytes that was allocated.
/// \param memory_type The buffer's memory type.
/// \param memory_type_id The id of the buffer's memory type.
/// \return [owned] Null, or an error: anything that shall be logged; the server owns it then.
/// Threads: called from any thread, for different responses at the same time.
typedef struct TRITONSERVER_Error* (*TRITONSERVER_ResponseAllocatorReleaseFn_t)(
    struct TRITONSERVER_ResponseAllocator* allocator, void* buffer, void* buffer_userp,
    size_t byte_size, TRITONSERVER_MemoryType memory_type, int64_t memory_type_id);

/// Tells that the allocations that follow belong to a new response.
///
/// \param allocator [borrowed until return] The allocator that the request named.
/// \param userp [borrowed until the request's final response was delivered] The pointer that the
///     request gave to TRITONSERVER_InferenceRequestSetResponseCallback for its allocator.
/// \return [owned] Null, or an error: anything that makes the response fail; the server owns it
///     then.
/// Threads: called from any thread, for different responses at the same time.
typedef struct TRITONSERVER_Error* (*TRITONSERVER_ResponseAllocatorStartFn_t)(
    struct TRITONSERVER_ResponseAllocator* allocator, void* userp);

/// Creates a response allocator.
///
/// \param allocator [owned] Receives the allocator; free it with
///     TRITONSERVER_ResponseAllocatorDelete.
/// \param alloc_fn [borrowed until the allocator is deleted] The allocation function.
/// \param release_fn [borrowed until the allocator is deleted] The release function.
/// \param start_fn [borrowed until the allocator is deleted] The start function, or null.
/// \return [owned] Null, or an error: INVALID_ARG where a pointer that is needed is null.
/// Threads: any.
TRITONSERVER_DECLSPEC struct TRITONSERVER_Error* TRITONSERVER_ResponseAllocatorNew(
    struct TRITONSERVER_ResponseAllocator** allocator,
    TRITONSERVER_ResponseAllocatorAllocFn_t alloc_fn,
    TRITONSERVER_ResponseAllocatorReleaseFn_t release_fn,
    TRITONSERVER_ResponseAllocatorStartFn_t start_fn);

/// Sets the function that describes buffers in more detail. To be called before the allocator is
/// used.
///
/// \param allocator [borrowed until return] The allocator.
/// \param buffer_attributes_fn [borrowed until the allocator is deleted] The function.
/// \return [owned] Null, or an error: INVALID_ARG where a pointer that is needed is null.
/// Threads: one per allocator.
TRITONSERVER_DECLSPEC struct TRITONSERVER_Error*
TRITONSERVER_ResponseAllocatorSetBufferAttributesFunction(
    struct TRITONSERVER_ResponseAllocator* allocator,
    TRITONSERVER_ResponseAllocatorBufferAttributesFn_t buffer_attributes_fn);

/// Sets the function that tells where buffers would be allocated. To be called before the allocator
/// is used.
///
/// \param allocator [borrowed until return] The allocator.
/// \param query_fn [borrowed until the allocator is deleted] The function.
/// \return [owned] Null, or an error: INVALID_ARG where a pointer that is needed is null.
/// Threads: one per allocator.
TRITONSERVER_DECLSPEC struct TRITONSERVER_Error* TRITONSERVER_ResponseAllocatorSetQueryFunction(
    struct TRITONSERVER_ResponseAllocator* allocator,
    TRITONSERVER_ResponseAllocatorQueryFn_t query_fn);

/// Frees an allocator. No request or response may use it any more.
///
/// \param allocator [transferred] The allocator, or null, which does nothing.
/// \return [owned] Null: this function has no errors.
/// Threads: one per allocator.
TRITONSERVER_DECLSPEC struct TRITONSERVER_Error* TRITONSERVER_ResponseAllocatorDelete(
    struct TRITONSERVER_ResponseAllocator* allocator);

// -------------------------------------------------------------------------------------------------
// Inference request
//
// Created for a model, filled, given to TRITONSERVER_ServerInferAsync, and given back by the
// release callback, after which it may be changed and used again, or deleted. Between those two
// moments it belongs to the server: it may be cancelled and read, but what would change it gives
// INVALID_ARG. So does a request that was deleted.
// -------------------------------------------------------------------------------------------------

/// Where a request stands in its sequence; the values may be combined.
typedef enum tritonserver_requestflag_enum {
  /// The first.
  TRITONSERVER_REQUEST_FLAG_SEQUENCE_START = 1,
  /// The last.
  TRITONSERVER_REQUEST_FLAG_SEQUENCE_END = 2
} TRITONSERVER_RequestFlag;

/// What releasing a request means; the values may be combined.
typedef enum tritonserver_requestreleaseflag_enum {
  /// The request and its input data go back to whoever sent it.
  TRITONSERVER_REQUEST_RELEASE_ALL = 1,
  /// A backend gives the request back to the scheduler, to be executed again. Consumed by the
  /// server: callbacks never see it.
  TRITONSERVER_REQUEST_RELEASE_RESCHEDULE = 2
} TRITONSERVER_RequestReleaseFlag;

/// What sending a response tells; the values may be combined.
typedef enum tritonserver_responsecompleteflag_enum {
  /// No response for the request will follow.
  TRITONSERVER_RESPONSE_COMPLETE_FINAL = 1
} TRITONSERVER_ResponseCompleteFlag;

/// Gives a request back to whoever sent it.
///
/// \param request [transferred] The request, where flags has TRITONSERVER_REQUEST_RELEASE_ALL,
///     which is always so in this version: the callback deletes it, or keeps it to use it again.
///     Its input data is no longer referred to. There is no error to return, so the callback owns
///     it in any case.
/// \param flags TRITONSERVER_RequestReleaseFlag values, combined.
/// \param userp [borrowed until this call] The pointer given with the callback.
/// Threads: called once for each TRITONSERVER_ServerInferAsync that succeeded, from any thread,
/// before or after the final response.
typedef void (*TRITONSERVER_InferenceRequestReleaseFn_t)(
    struct TRITONSERVER_InferenceRequest* request, const uint32_t flags, void* userp);

/// Delivers a response, or the news that there will be none.
///
/// \param response [transferred] The response, to be freed with
///     TRITONSERVER_InferenceResponseDelete; null where only flags are delivered. There is no error
///     to return, so the callback owns it in any case.
/// \param flags TRITONSERVER_ResponseCompleteFlag values, combined: with
///     TRITONSERVER_RESPONSE_COMPLETE_FINAL this is the last call for the request.
/// \param userp [borrowed until the final response was delivered] The pointer given with the
///     callback.
/// Threads: called from any thread; for one request, one call after the other.
typedef void (*TRITONSERVER_InferenceResponseCompleteFn_t)(
    struct TRITONSERVER_InferenceResponse* response, const uint32_t flags, void* userp);

/// Creates a request for a model.
///
/// \param inference_request [owned] Receives the request; free it with
///     TRITONSERVER_InferenceRequestDelete.
/// \param server [borrowed until the request is deleted] The server.
/// \param model_name [borrowed until return] The model's name.
/// \param model_version The version, or -1 for the one that the model's version policy prefers.
/// \return [owned] Null, or an error: NOT_FOUND or UNAVAILABLE for a model that isn't loaded;
///     INVALID_ARG where a pointer that is needed is null.
/// Threads: any.
TRITONSERVER_DECLSPEC struct TRITONSERVER_Error* TRITONSERVER_InferenceRequestNew(
    struct TRITONSERVER_InferenceRequest** inference_request, struct TRITONSERVER_Server* server,
    const char* model_name, const int64_t model_version);

/// Frees a request.
///
/// \param inference_request [transferred] The request, or null, which does nothing. On error it is
///     still the caller's.
/// \return [owned] Null, or an error: INVALID_ARG while the request belongs to the server, or where
///     it was deleted before.
/// Threads: one per request.
TRITONSERVER_DECLSPEC struct TRITONSERVER_Error* TRITONSERVER_InferenceRequestDelete(
    struct TRITONSERVER_InferenceRequest* inference_request);

/// Tells the request's id.
///
/// \param inference_request [borrowed until return] The request.
/// \param id [borrowed until the id is set or the request is deleted] Receives the id; "" where
///     there is none.
/// \return [owned] Null, or an error: INVALID_ARG where a pointer that is needed is null.
/// Threads: one per request.
TRITONSERVER_DECLSPEC struct TRITONSERVER_Error* TRITONSERVER_InferenceRequestId(
    struct TRITONSERVER_InferenceRequest* inference_request, const char** id);

/// Sets the request's id, which responses and traces repeat.
///
/// \param inference_request [borrowed until return] The request.
/// \param id [borrowed until return] The id. It is copied.
/// \return [owned] Null, or an error: INVALID_ARG where a pointer that is needed is null.
/// Threads: one per request.
TRITONSERVER_DECLSPEC struct TRITONSERVER_Error* TRITONSERVER_InferenceRequestSetId(
    struct TRITONSERVER_InferenceRequest* inference_request, const char* id);

/// Tells the request's flags.
///
/// \param inference_request [borrowed until return] The request.
/// \param flags [borrowed until return] Receives TRITONSERVER_RequestFlag values, combined.
/// \return [owned] Null, or an error: INVALID_ARG where a pointer that is needed is null.
/// Threads: one per request.
TRITONSERVER_DECLSPEC struct TRITONSERVER_Error* TRITONSERVER_InferenceRequestFlags(
    struct TRITONSERVER_InferenceRequest* inference_request, uint32_t* flags);

/// Sets the request's flags. The default is 0.
///
/// \param inference_request [borrowed until return] The request.
/// \param flags TRITONSERVER_RequestFlag values, combined.
/// \return [owned] Null, or an error: INVALID_ARG where a pointer that is needed is null.
/// Threads: one per request.
TRITONSERVER_DECLSPEC struct TRITONSERVER_Error* TRITONSERVER_InferenceRequestSetFlags(
    struct TRITONSERVER_InferenceRequest* inference_request, uint32_t flags);

/// Tells which sequence the request belongs to, where that is a number.
///
/// \param inference_request [borrowed until return] The request.
/// \param correlation_id [borrowed until return] Receives the number; 0 for no sequence.
/// \return [owned] Null, or an error: INVALID_ARG where the correlation id is a string; INVALID_ARG
///     where a pointer that is needed is null.
/// Threads: one per request.
TRITONSERVER_DECLSPEC struct TRITONSERVER_Error* TRITONSERVER_InferenceRequestCorrelationId(
    struct TRITONSERVER_InferenceRequest* inference_request, uint64_t* correlation_id);

/// Tells which sequence the request belongs to, where that is a string.
///
/// \param inference_request [borrowed until return] The request.
/// \param correlation_id [borrowed until the correlation id is set or the request is deleted]
///     Receives the string.
/// \return [owned] Null, or an error: INVALID_ARG where the correlation id is a number; INVALID_ARG
///     where a pointer that is needed is null.
/// Threads: one per request.
TRITONSERVER_DECLSPEC struct TRITONSERVER_Error* TRITONSERVER_InferenceRequestCorrelationIdString(
    struct TRITONSERVER_InferenceRequest* inference_request, const char** correlation_id);

/// Sets the sequence that the request belongs to, as a number, in place of what was set before.
///
/// \param inference_request [borrowed until return] The request.
/// \param correlation_id The number; 0, the default, for no sequence.
/// \return [owned] Null, or an error: INVALID_ARG where a pointer that is needed is null.
/// Threads: one per request.
TRITONSERVER_DECLSPEC struct TRITONSERVER_Error* TRITONSERVER_InferenceRequestSetCorrelationId(
    struct TRITONSERVER_InferenceRequest* inference_request, uint64_t correlation_id);

/// Sets the sequence that the request belongs to, as a string, in place of what was set before.
///
/// \param inference_request [borrowed until return] The request.
/// \param correlation_id [borrowed until return] The string, of at most 128 bytes; "" for no
///     sequence. It is copied.
/// \return [owned] Null, or an error: INVALID_ARG for a string that is too long; INVALID_ARG where
///     a pointer that is needed is null.
/// Threads: one per request.
TRITONSERVER_DECLSPEC struct TRITONSERVER_Error*
TRITONSERVER_InferenceRequestSetCorrelationIdString(
    struct TRITONSERVER_InferenceRequest* inference_request, const char* correlation_id);

/// Asks that the request be cancelled. A request that waits in a queue is answered with CANCELLED;
/// one that is executed goes on unless its backend looks for it. The callbacks are called as ever.
/// TRITONSERVER_ServerInferAsync forgets what was asked before it.
///
/// \param inference_request [borrowed until return] The request.
/// \return [owned] Null, or an error: INVALID_ARG where a pointer that is needed is null.
/// Threads: any.
TRITONSERVER_DECLSPEC struct TRITONSERVER_Error* TRITONSERVER_InferenceRequestCancel(
    struct TRITONSERVER_InferenceRequest* inference_request);

/// Tells whether cancelling was asked for.
///
/// \param inference_request [borrowed until return] The request.
/// \param is_cancelled [borrowed until return] Receives whether it was.
/// \return [owned] Null, or an error: INVALID_ARG where a pointer that is needed is null.
/// Threads: any.
TRITONSERVER_DECLSPEC struct TRITONSERVER_Error* TRITONSERVER_InferenceRequestIsCancelled(
    struct TRITONSERVER_InferenceRequest* inference_request, bool* is_cancelled);

/// Tells the request's priority. Deprecated in favour of
/// TRITONSERVER_InferenceRequestPriorityUInt64: larger values are cut off.
///
/// \param inference_request [borrowed until return] The request.
/// \param priority [borrowed until return] Receives the priority.
/// \return [owned] Null, or an error: INVALID_ARG where a pointer that is needed is null.
/// Threads: one per request.
TRITONSERVER_DECLSPEC struct TRITONSERVER_Error* TRITONSERVER_InferenceRequestPriority(
    struct TRITONSERVER_InferenceRequest* inference_request, uint32_t* priority);

/// Tells the request's priority.
///
/// \param inference_request [borrowed until return] The request.
/// \param priority [borrowed until return] Receives the priority; 0 for the model's default.
/// \return [owned] Null, or an error: INVALID_ARG where a pointer that is needed is null.
/// Threads: one per request.
TRITONSERVER_DECLSPEC struct TRITONSERVER_Error* TRITONSERVER_InferenceRequestPriorityUInt64(
    struct TRITONSERVER_InferenceRequest* inference_request, uint64_t* priority);

/// Sets the request's priority. Deprecated in favour of
/// TRITONSERVER_InferenceRequestSetPriorityUInt64.
///
/// \param inference_request [borrowed until return] The request.
/// \param priority The priority.
/// \return [owned] Null, or an error: INVALID_ARG where a pointer that is needed is null.
/// Threads: one per request.
TRITONSERVER_DECLSPEC struct TRITONSERVER_Error* TRITONSERVER_InferenceRequestSetPriority(
    struct TRITONSERVER_InferenceRequest* inference_request, uint32_t priority);

/// Sets the request's priority. 1 is the most urgent.
///
/// \param inference_request [borrowed until return] The request.
/// \param priority The priority; 0, the default, and values that the model doesn't know mean its
///     default.
/// \return [owned] Null, or an error: INVALID_ARG where a pointer that is needed is null.
/// Threads: one per request.
TRITONSERVER_DECLSPEC struct TRITONSERVER_Error* TRITONSERVER_InferenceRequestSetPriorityUInt64(
    struct TRITONSERVER_InferenceRequest* inference_request, uint64_t priority);

/// Tells the request's timeout.
///
/// \param inference_request [borrowed until return] The request.
/// \param timeout_us [borrowed until return] Receives the timeout in microseconds; 0 for none.
/// \return [owned] Null, or an error: INVALID_ARG where a pointer that is needed is null.
/// Threads: one per request.
TRITONSERVER_DECLSPEC struct TRITONSERVER_Error* TRITONSERVER_InferenceRequestTimeoutMicroseconds(
    struct TRITONSERVER_InferenceRequest* inference_request, uint64_t* timeout_us);

/// Sets how long the request may wait in a queue, where the model's queue policy allows requests to
/// say so.
///
/// \param inference_request [borrowed until return] The request.
/// \param timeout_us The timeout in microseconds; 0, the default, for none.
/// \return [owned] Null, or an error: INVALID_ARG where a pointer that is needed is null.
/// Threads: one per request.
TRITONSERVER_DECLSPEC struct TRITONSERVER_Error*
TRITONSERVER_InferenceRequestSetTimeoutMicroseconds(
    struct TRITONSERVER_InferenceRequest* inference_request, uint64_t timeout_us);

/// Adds an input without data; see TRITONSERVER_InferenceRequestAppendInputData. Whether it fits
/// the model is checked by TRITONSERVER_ServerInferAsync.
///
/// \param inference_request [borrowed until return] The request.
/// \param name [borrowed until return] The input's name.
/// \param datatype The type of its elements.
/// \param shape [borrowed until return] Its shape, with the batch dimension where the model takes
///     batches. It is copied.
/// \param dim_count The number of dimensions in shape.
/// \return [owned] Null, or an error: INVALID_ARG for a name that was added before, a dimension
///     below -1, or more than 1024 dimensions; INVALID_ARG where a pointer that is needed is null.
/// Threads: one per request.
TRITONSERVER_DECLSPEC struct TRITONSERVER_Error* TRITONSERVER_InferenceRequestAddInput(
    struct TRITONSERVER_InferenceRequest* inference_request, const char* name,
    const TRITONSERVER_DataType datatype, const int64_t* shape, uint64_t dim_count);

/// Adds the only input of a model, whose name, type and shape come from the model's configuration
/// and the amount of data. No other input may be added.
///
/// \param inference_request [borrowed until return] The request.
/// \param name [borrowed until return] A name by which to append the data; the model doesn't see
///     it.
/// \return [owned] Null, or an error: INVALID_ARG where there is another input; INVALID_ARG where a
///     pointer that is needed is null.
/// Threads: one per request.
TRITONSERVER_DECLSPEC struct TRITONSERVER_Error* TRITONSERVER_InferenceRequestAddRawInput(
    struct TRITONSERVER_InferenceRequest* inference_request, const char* name);

/// Removes an input; its data is no longer referred to.
///
/// \param inference_request [borrowed until return] The request.
/// \param name [borrowed until return] The input's name.
/// \return [owned] Null, or an error: INVALID_ARG where there is no such input; INVALID_ARG where a
///     pointer that is needed is null.
/// Threads: one per request.
TRITONSERVER_DECLSPEC struct TRITONSERVER_Error* TRITONSERVER_InferenceRequestRemoveInput(
    struct TRITONSERVER_InferenceRequest* inference_request, const char* name);

/// Removes all inputs; their data is no longer referred to.
///
/// \param inference_request [borrowed until return] The request.
/// \return [owned] Null, or an error: INVALID_ARG where a pointer that is needed is null.
/// Threads: one per request.
TRITONSERVER_DECLSPEC struct TRITONSERVER_Error* TRITONSERVER_InferenceRequestRemoveAllInputs(
    struct TRITONSERVER_InferenceRequest* inference_request);

/// Appends a buffer to an input's data. The bytes are not copied: an input may consist of several
/// buffers.
///
/// \param inference_request [borrowed until return] The request.
/// \param name [borrowed until return] The input's name.
/// \param base [borrowed until the release callback, or until the data is removed or the request is
///     deleted] The buffer, which must not be changed meanwhile.
/// \param byte_size The buffer's size in bytes.
/// \param memory_type The buffer's memory type.
/// \param memory_type_id The id of the buffer's memory type.
/// \return [owned] Null, or an error: INVALID_ARG where there is no such input, or the buffer is
///     null and not empty; INVALID_ARG where a pointer that is needed is null.
/// Threads: one per request.
TRITONSERVER_DECLSPEC struct TRITONSERVER_Error* TRITONSERVER_InferenceRequestAppendInputData(
    struct TRITONSERVER_InferenceRequest* inference_request, const char* name, const void* base,
    size_t byte_size, TRITONSERVER_MemoryType memory_type, int64_t memory_type_id);

/// Appends a buffer to an input's data for instances with a host policy. Instances with another
/// policy use the data appended without one, which is needed too.
///
/// \param inference_request [borrowed until return] The request.
/// \param name [borrowed until return] The input's name.
/// \param base [borrowed until the release callback, or until the data is removed or the request is
///     deleted] The buffer, which must not be changed meanwhile.
/// \param byte_size The buffer's size in bytes.
/// \param memory_type The buffer's memory type.
/// \param memory_type_id The id of the buffer's memory type.
/// \param host_policy_name [borrowed until return] The host policy's name. It is copied.
/// \return [owned] Null, or an error: INVALID_ARG where there is no such input; INVALID_ARG where a
///     pointer that is needed is null.
/// Threads: one per request.
TRITONSERVER_DECLSPEC struct TRITONSERVER_Error*
TRITONSERVER_InferenceRequestAppendInputDataWithHostPolicy(
    struct TRITONSERVER_InferenceRequest* inference_request, const char* name, const void* base,
    size_t byte_size, TRITONSERVER_MemoryType memory_type, int64_t memory_type_id,
    const char* host_policy_name);

/// Appends a buffer to an input's data, described by buffer attributes.
///
/// \param inference_request [borrowed until return] The request.
/// \param name [borrowed until return] The input's name.
/// \param base [borrowed until the release callback, or until the data is removed or the request is
///     deleted] The buffer, which must not be changed meanwhile.
/// \param buffer_attributes [borrowed until return] The buffer's size and memory type. They are
///     copied.
/// \return [owned] Null, or an error: INVALID_ARG where there is no such input; INVALID_ARG where a
///     pointer that is needed is null.
/// Threads: one per request.
TRITONSERVER_DECLSPEC struct TRITONSERVER_Error*
TRITONSERVER_InferenceRequestAppendInputDataWithBufferAttributes(
    struct TRITONSERVER_InferenceRequest* inference_request, const char* name, const void* base,
    struct TRITONSERVER_BufferAttributes* buffer_attributes);

/// Removes an input's data, of all host policies, but keeps the input.
///
/// \param inference_request [borrowed until return] The request.
/// \param name [borrowed until return] The input's name.
/// \return [owned] Null, or an error: INVALID_ARG where there is no such input; INVALID_ARG where a
///     pointer that is needed is null.
/// Threads: one per request.
TRITONSERVER_DECLSPEC struct TRITONSERVER_Error* TRITONSERVER_InferenceRequestRemoveAllInputData(
    struct TRITONSERVER_InferenceRequest* inference_request, const char* name);

/// Asks for an output. A request that asks for none gets all.
///
/// \param inference_request [borrowed until return] The request.
/// \param name [borrowed until return] The output's name. It is copied.
/// \return [owned] Null, or an error: INVALID_ARG for a name that was asked for before; INVALID_ARG
///     where a pointer that is needed is null.
/// Threads: one per request.
TRITONSERVER_DECLSPEC struct TRITONSERVER_Error* TRITONSERVER_InferenceRequestAddRequestedOutput(
    struct TRITONSERVER_InferenceRequest* inference_request, const char* name);

/// Asks for an output no longer. One that wasn't asked for is no error.
///
/// \param inference_request [borrowed until return] The request.
/// \param name [borrowed until return] The output's name.
/// \return [owned] Null, or an error: INVALID_ARG where a pointer that is needed is null.
/// Threads: one per request.
TRITONSERVER_DECLSPEC struct TRITONSERVER_Error* TRITONSERVER_InferenceRequestRemoveRequestedOutput(
    struct TRITONSERVER_InferenceRequest* inference_request, const char* name);

/// Asks for all outputs again.
///
/// \param inference_request [borrowed until return] The request.
/// \return [owned] Null, or an error: INVALID_ARG where a pointer that is needed is null.
/// Threads: one per request.
TRITONSERVER_DECLSPEC struct TRITONSERVER_Error*
TRITONSERVER_InferenceRequestRemoveAllRequestedOutputs(
    struct TRITONSERVER_InferenceRequest* inference_request);

/// Sets the callback that gives the request back. It is needed.
///
/// \param inference_request [borrowed until return] The request.
/// \param request_release_fn [borrowed until the release callback was called] The callback.
/// \param request_release_userp [borrowed until the release callback was called] Passed to the
///     callback; may be null.
/// \return [owned] Null, or an error: INVALID_ARG where the request or the callback is null.
/// Threads: one per request.
TRITONSERVER_DECLSPEC struct TRITONSERVER_Error* TRITONSERVER_InferenceRequestSetReleaseCallback(
    struct TRITONSERVER_InferenceRequest* inference_request,
    TRITONSERVER_InferenceRequestReleaseFn_t request_release_fn, void* request_release_userp);

/// Sets where outputs are allocated and responses are delivered. It is needed.
///
/// \param inference_request [borrowed until return] The request.
/// \param response_allocator [borrowed until the last response is deleted] The allocator.
/// \param response_allocator_userp [borrowed until the final response was delivered] Passed to the
///     allocator's functions; may be null.
/// \param response_fn [borrowed until the final response was delivered] The callback that receives
///     responses.
/// \param response_userp [borrowed until the final response was delivered] Passed to response_fn;
///     may be null.
/// \return [owned] Null, or an error: INVALID_ARG where the request, the allocator or the callback
///     is null.
/// Threads: one per request.
TRITONSERVER_DECLSPEC struct TRITONSERVER_Error* TRITONSERVER_InferenceRequestSetResponseCallback(
    struct TRITONSERVER_InferenceRequest* inference_request,
    struct TRITONSERVER_ResponseAllocator* response_allocator, void* response_allocator_userp,
    TRITONSERVER_InferenceResponseCompleteFn_t response_fn, void* response_userp);

/// Sets a parameter of the request, which the backend can read, in place of one with the same name.
///
/// \param request [borrowed until return] The request.
/// \param key [borrowed until return] The parameter's name. It is copied.
/// \param value [borrowed until return] The value, null-terminated. It is copied.
/// \return [owned] Null, or an error: INVALID_ARG where a pointer that is needed is null.
/// Threads: one per request.
TRITONSERVER_DECLSPEC struct TRITONSERVER_Error* TRITONSERVER_InferenceRequestSetStringParameter(
    struct TRITONSERVER_InferenceRequest* request, const char* key, const char* value);

/// Sets a parameter of the request, which the backend can read, in place of one with the same name.
///
/// \param request [borrowed until return] The request.
/// \param key [borrowed until return] The parameter's name. It is copied.
/// \param value The value.
/// \return [owned] Null, or an error: INVALID_ARG where a pointer that is needed is null.
/// Threads: one per request.
TRITONSERVER_DECLSPEC struct TRITONSERVER_Error* TRITONSERVER_InferenceRequestSetIntParameter(
    struct TRITONSERVER_InferenceRequest* request, const char* key, const int64_t value);

/// Sets a parameter of the request, which the backend can read, in place of one with the same name.
///
/// \param request [borrowed until return] The request.
/// \param key [borrowed until return] The parameter's name. It is copied.
/// \param value The value.
/// \return [owned] Null, or an error: INVALID_ARG where a pointer that is needed is null.
/// Threads: one per request.
TRITONSERVER_DECLSPEC struct TRITONSERVER_Error* TRITONSERVER_InferenceRequestSetBoolParameter(
    struct TRITONSERVER_InferenceRequest* request, const char* key, const bool value);

/// Sets a parameter of the request, which the backend can read, in place of one with the same name.
///
/// \param request [borrowed until return] The request.
/// \param key [borrowed until return] The parameter's name. It is copied.
/// \param value The value.
/// \return [owned] Null, or an error: INVALID_ARG where a pointer that is needed is null.
/// Threads: one per request.
TRITONSERVER_DECLSPEC struct TRITONSERVER_Error* TRITONSERVER_InferenceRequestSetDoubleParameter(
    struct TRITONSERVER_InferenceRequest* request, const char* key, const double value);

// -------------------------------------------------------------------------------------------------
// Inference
// -------------------------------------------------------------------------------------------------

/// Checks a request against its model, puts it into the model's queue and returns. Responses come
/// through the request's response callback, the request comes back through its release callback;
/// both may be called before this function returns.
///
/// \param server [borrowed until return] The server.
/// \param inference_request [transferred] The request, which belongs to the server until its
///     release callback. On error it is still the caller's, and neither callback is called.
/// \param trace [transferred] A trace of the request, or null. On error too it belongs to the
///     server, which gives it back through the trace's release callback.
/// \return [owned] Null, or an error: INVALID_ARG for a request that doesn't fit the model, is
///     without callbacks or belongs to the server already; UNAVAILABLE where the server or the
///     model takes no requests, or the queue is full; UNSUPPORTED for a trace where tracing isn't
///     offered.
/// Threads: any.
TRITONSERVER_DECLSPEC struct TRITONSERVER_Error* TRITONSERVER_ServerInferAsync(
    struct TRITONSERVER_Server* server, struct TRITONSERVER_InferenceRequest* inference_request,
    struct TRITONSERVER_InferenceTrace* trace);

// -------------------------------------------------------------------------------------------------
// Inference response
// -------------------------------------------------------------------------------------------------

/// Frees a response and gives its buffers back to the allocator.
///
/// \param inference_response [transferred] The response; gone on error too, unless it was null.
/// \return [owned] Null, or an error: INVALID_ARG where a pointer that is needed is null.
/// Threads: one per response.
TRITONSERVER_DECLSPEC struct TRITONSERVER_Error* TRITONSERVER_InferenceResponseDelete(
    struct TRITONSERVER_InferenceResponse* inference_response);

/// Tells whether a response is an error. If so, its outputs are of no meaning.
///
/// \param inference_response [borrowed until return] The response.
/// \return [borrowed until the response is deleted] The error, which must not be deleted; null for
///     a good response.
/// Threads: one per response.
TRITONSERVER_DECLSPEC struct TRITONSERVER_Error* TRITONSERVER_InferenceResponseError(
    struct TRITONSERVER_InferenceResponse* inference_response);

/// Tells which model made a response.
///
/// \param inference_response [borrowed until return] The response.
/// \param model_name [borrowed until the response is deleted] Receives the model's name.
/// \param model_version [borrowed until return] Receives the model's version.
/// \return [owned] Null, or an error: INVALID_ARG where a pointer that is needed is null.
/// Threads: one per response.
TRITONSERVER_DECLSPEC struct TRITONSERVER_Error* TRITONSERVER_InferenceResponseModel(
    struct TRITONSERVER_InferenceResponse* inference_response, const char** model_name,
    int64_t* model_version);

/// Tells the id of the request that a response belongs to.
///
/// \param inference_response [borrowed until return] The response.
/// \param request_id [borrowed until the response is deleted] Receives the id; "" where there was
///     none.
/// \return [owned] Null, or an error: INVALID_ARG where a pointer that is needed is null.
/// Threads: one per response.
TRITONSERVER_DECLSPEC struct TRITONSERVER_Error* TRITONSERVER_InferenceResponseId(
    struct TRITONSERVER_InferenceResponse* inference_response, const char** request_id);

/// Tells how many parameters a response has.
///
/// \param inference_response [borrowed until return] The response.
/// \param count [borrowed until return] Receives the number.
/// \return [owned] Null, or an error: INVALID_ARG where a pointer that is needed is null.
/// Threads: one per response.
TRITONSERVER_DECLSPEC struct TRITONSERVER_Error* TRITONSERVER_InferenceResponseParameterCount(
    struct TRITONSERVER_InferenceResponse* inference_response, uint32_t* count);

/// Gives a parameter of a response.
///
/// \param inference_response [borrowed until return] The response.
/// \param index The parameter's number, from 0.
/// \param name [borrowed until the response is deleted] Receives its name.
/// \param type [borrowed until return] Receives its type, which tells what vvalue points to: see
///     TRITONSERVER_ParameterType.
/// \param vvalue [borrowed until the response is deleted] Receives a pointer to the value.
/// \return [owned] Null, or an error: INVALID_ARG for a number out of range; INVALID_ARG where a
///     pointer that is needed is null.
/// Threads: one per response.
TRITONSERVER_DECLSPEC struct TRITONSERVER_Error* TRITONSERVER_InferenceResponseParameter(
    struct TRITONSERVER_InferenceResponse* inference_response, const uint32_t index,
    const char** name, TRITONSERVER_ParameterType* type, const void** vvalue);

/// Tells how many outputs a response has.
///
/// \param inference_response [borrowed until return] The response.
/// \param count [borrowed until return] Receives the number.
/// \return [owned] Null, or an error: INVALID_ARG where a pointer that is needed is null.
/// Threads: one per response.
TRITONSERVER_DECLSPEC struct TRITONSERVER_Error* TRITONSERVER_InferenceResponseOutputCount(
    struct TRITONSERVER_InferenceResponse* inference_response, uint32_t* count);

/// Gives an output of a response.
///
/// \param inference_response [borrowed until return] The response.
/// \param index The output's number, from 0.
/// \param name [borrowed until the response is deleted] Receives its name.
/// \param datatype [borrowed until return] Receives the type of its elements.
/// \param shape [borrowed until the response is deleted] Receives its shape.
/// \param dim_count [borrowed until return] Receives the number of dimensions in shape.
/// \param base [borrowed until the response is deleted] Receives its data.
/// \param byte_size [borrowed until return] Receives the size of its data in bytes.
/// \param memory_type [borrowed until return] Receives the data's memory type.
/// \param memory_type_id [borrowed until return] Receives the id of the data's memory type.
/// \param userp [borrowed until the release function gets it] Receives the pointer that the
///     allocation function stored with the buffer.
/// \return [owned] Null, or an error: INVALID_ARG for a number out of range; INVALID_ARG where a
///     pointer that is needed is null.
/// Threads: one per response.
TRITONSERVER_DECLSPEC struct TRITONSERVER_Error* TRITONSERVER_InferenceResponseOutput(
    struct TRITONSERVER_InferenceResponse* inference_response, const uint32_t index,
    const char** name, TRITONSERVER_DataType* datatype, const int64_t** shape, uint64_t* dim_count,
    const void** base, size_t* byte_size, TRITONSERVER_MemoryType* memory_type,
    int64_t* memory_type_id, void** userp);

/// Tells what a class of an output is called.
///
/// \param inference_response [borrowed until return] The response.
/// \param index The output's number, from 0.
/// \param class_index The number of the class, from 0.
/// \param label [borrowed until the response is deleted] Receives the label; null where the model
///     names none for that class.
/// \return [owned] Null, or an error: INVALID_ARG for a number of an output out of range;
///     INVALID_ARG where a pointer that is needed is null.
/// Threads: one per response.
TRITONSERVER_DECLSPEC struct TRITONSERVER_Error*
TRITONSERVER_InferenceResponseOutputClassificationLabel(
    struct TRITONSERVER_InferenceResponse* inference_response, const uint32_t index,
    const size_t class_index, const char** label);

// -------------------------------------------------------------------------------------------------
// Trace
//
// A trace notes what happens to a request, and when. It is created, given to
// TRITONSERVER_ServerInferAsync, and given back by its release callback when everything about it
// was reported.
// -------------------------------------------------------------------------------------------------

/// What a trace notes; the values may be combined.
typedef enum tritonserver_tracelevel_enum {
  /// Nothing.
  TRITONSERVER_TRACE_LEVEL_DISABLED = 0,
  /// Deprecated, as TIMESTAMPS.
  TRITONSERVER_TRACE_LEVEL_MIN = 1,
  /// Deprecated, as TIMESTAMPS.
  TRITONSERVER_TRACE_LEVEL_MAX = 2,
  /// When the request passes its stations.
  TRITONSERVER_TRACE_LEVEL_TIMESTAMPS = 4,
  /// What its tensors hold.
  TRITONSERVER_TRACE_LEVEL_TENSORS = 8
} TRITONSERVER_InferenceTraceLevel;

/// The stations of a request.
typedef enum tritonserver_traceactivity_enum {
  /// The server received it.
  TRITONSERVER_TRACE_REQUEST_START = 0,
  /// It was put into a queue.
  TRITONSERVER_TRACE_QUEUE_START = 1,
  /// An instance took it.
  TRITONSERVER_TRACE_COMPUTE_START = 2,
  /// Its inputs are ready for the model.
  TRITONSERVER_TRACE_COMPUTE_INPUT_END = 3,
  /// The model made its outputs.
  TRITONSERVER_TRACE_COMPUTE_OUTPUT_START = 4,
  /// Its outputs are ready to be sent.
  TRITONSERVER_TRACE_COMPUTE_END = 5,
  /// The server is done with it.
  TRITONSERVER_TRACE_REQUEST_END = 6,
  /// An input, as it went into the queue.
  TRITONSERVER_TRACE_TENSOR_QUEUE_INPUT = 7,
  /// An input, as the backend gets it.
  TRITONSERVER_TRACE_TENSOR_BACKEND_INPUT = 8,
  /// An output, as the backend made it.
  TRITONSERVER_TRACE_TENSOR_BACKEND_OUTPUT = 9,
  /// Something that TRITONSERVER_InferenceTraceReportActivity reported.
  TRITONSERVER_TRACE_CUSTOM_ACTIVITY = 10
} TRITONSERVER_InferenceTraceActivity;

/// Receives an activity of a trace or of its children.
///
/// \param trace [callback-scoped] The trace that it belongs to.
/// \param activity What happened.
/// \param timestamp_ns When, in nanoseconds of the monotonic clock.
/// \param userp [borrowed until the release callback] The pointer given when the trace was created.
/// Threads: called from any thread; for one trace, one call after the other.
typedef void (*TRITONSERVER_InferenceTraceActivityFn_t)(
    struct TRITONSERVER_InferenceTrace* trace, TRITONSERVER_InferenceTraceActivity activity,
    uint64_t timestamp_ns, void* userp);

/// Receives a tensor of a trace or of its children.
///
/// \param trace [callback-scoped] The trace that it belongs to.
/// \param activity Which tensor it is.
/// \param name [callback-scoped] The tensor's name.
/// \param datatype The type of its elements.
/// \param base [callback-scoped] Its data.
/// \param byte_size The size of its data in bytes.
/// \param shape [callback-scoped] Its shape.
/// \param dim_count The number of dimensions in shape.
/// \param memory_type The data's memory type.
/// \param memory_type_id The id of the data's memory type.
/// \param userp [borrowed until the release callback] The pointer given when the trace was created.
/// Threads: called from any thread; for one trace, one call after the other.
typedef void (*TRITONSERVER_InferenceTraceTensorActivityFn_t)(
    struct TRITONSERVER_InferenceTrace* trace, TRITONSERVER_InferenceTraceActivity activity,
    const char* name, TRITONSERVER_DataType datatype, const void* base, size_t byte_size,
    const int64_t* shape, uint64_t dim_count, TRITONSERVER_MemoryType memory_type,
    int64_t memory_type_id, void* userp);

/// Gives a trace back: nothing more will be reported about it. Called for children too.
///
/// \param trace [transferred] The trace, to be freed with TRITONSERVER_InferenceTraceDelete. There
///     is no error to return, so the callback owns it in any case.
/// \param userp [borrowed until this call] The pointer given when the trace was created.
/// Threads: called once for each trace, from any thread.
typedef void (*TRITONSERVER_InferenceTraceReleaseFn_t)(
    struct TRITONSERVER_InferenceTrace* trace, void* userp);

/// Names a trace level.
///
/// \param level The level; a single value, not a combination.
/// \return [static] The name; "<invalid>" for another value.
/// Threads: any.
TRITONSERVER_DECLSPEC const char* TRITONSERVER_InferenceTraceLevelString(
    TRITONSERVER_InferenceTraceLevel level);

/// Names an activity.
///
/// \param activity The activity.
/// \return [static] The name; "<invalid>" for a value that is no activity.
/// Threads: any.
TRITONSERVER_DECLSPEC const char* TRITONSERVER_InferenceTraceActivityString(
    TRITONSERVER_InferenceTraceActivity activity);

/// Creates a trace of timestamps.
///
/// \param trace [owned] Receives the trace; free it with TRITONSERVER_InferenceTraceDelete, unless
///     it was given to TRITONSERVER_ServerInferAsync.
/// \param level What to note.
/// \param parent_id The id of the trace that this one is part of; 0 for none.
/// \param activity_fn [borrowed until the release callback] Receives the activities.
/// \param release_fn [borrowed until the release callback] Gives the trace back.
/// \param trace_userp [borrowed until the release callback] Passed to the callbacks; may be null.
/// \return [owned] Null, or an error: INVALID_ARG where the trace or a callback is null;
///     UNSUPPORTED where tracing isn't offered.
/// Threads: any.
TRITONSERVER_DECLSPEC struct TRITONSERVER_Error* TRITONSERVER_InferenceTraceNew(
    struct TRITONSERVER_InferenceTrace** trace, TRITONSERVER_InferenceTraceLevel level,
    uint64_t parent_id, TRITONSERVER_InferenceTraceActivityFn_t activity_fn,
    TRITONSERVER_InferenceTraceReleaseFn_t release_fn, void* trace_userp);

/// Creates a trace of timestamps and tensors.
///
/// \param trace [owned] Receives the trace; free it with TRITONSERVER_InferenceTraceDelete, unless
///     it was given to TRITONSERVER_ServerInferAsync.
/// \param level What to note.
/// \param parent_id The id of the trace that this one is part of; 0 for none.
/// \param activity_fn [borrowed until the release callback] Receives the activities.
/// \param tensor_activity_fn [borrowed until the release callback] Receives the tensors.
/// \param release_fn [borrowed until the release callback] Gives the trace back.
/// \param trace_userp [borrowed until the release callback] Passed to the callbacks; may be null.
/// \return [owned] Null, or an error: INVALID_ARG where the trace or a callback is null;
///     UNSUPPORTED where tracing isn't offered.
/// Threads: any.
TRITONSERVER_DECLSPEC struct TRITONSERVER_Error* TRITONSERVER_InferenceTraceTensorNew(
    struct TRITONSERVER_InferenceTrace** trace, TRITONSERVER_InferenceTraceLevel level,
    uint64_t parent_id, TRITONSERVER_InferenceTraceActivityFn_t activity_fn,
    TRITONSERVER_InferenceTraceTensorActivityFn_t tensor_activity_fn,
    TRITONSERVER_InferenceTraceReleaseFn_t release_fn, void* trace_userp);

/// Reports an activity of one's own, as TRITONSERVER_TRACE_CUSTOM_ACTIVITY. The callback finds its
/// name in the trace's context, which becomes a JSON object, or a larger one: the member's key is
/// the timestamp in decimal digits.
///
/// \param trace [borrowed until return] The trace; where it is null nothing happens.
/// \param timestamp When, in nanoseconds of the monotonic clock.
/// \param activity_name [borrowed until return] What happened. It is copied.
/// \return [owned] Null, or an error: INVALID_ARG where the name is null or the trace was deleted.
/// Threads: one per trace.
TRITONSERVER_DECLSPEC struct TRITONSERVER_Error* TRITONSERVER_InferenceTraceReportActivity(
    struct TRITONSERVER_InferenceTrace* trace, uint64_t timestamp, const char* activity_name);

/// Frees a trace that was never given to TRITONSERVER_ServerInferAsync or that the release callback
/// gave back.
///
/// \param trace [transferred] The trace; may be null. On error it is whose it was.
/// \return [owned] Null, or an error: INVALID_ARG where the trace is the server's or was deleted
///     before.
/// Threads: one per trace.
TRITONSERVER_DECLSPEC struct TRITONSERVER_Error* TRITONSERVER_InferenceTraceDelete(
    struct TRITONSERVER_InferenceTrace* trace);

/// Tells a trace's id, which no other trace of the process has.
///
/// \param trace [borrowed until return] The trace.
/// \param id [borrowed until return] Receives the id; never 0.
/// \return [owned] Null, or an error: INVALID_ARG where a pointer that is needed is null.
/// Threads: one per trace.
TRITONSERVER_DECLSPEC struct TRITONSERVER_Error* TRITONSERVER_InferenceTraceId(
    struct TRITONSERVER_InferenceTrace* trace, uint64_t* id);

/// Tells which trace this one is part of.
///
/// \param trace [borrowed until return] The trace.
/// \param parent_id [borrowed until return] Receives the id of that trace; 0 for none.
/// \return [owned] Null, or an error: INVALID_ARG where a pointer that is needed is null.
/// Threads: one per trace.
TRITONSERVER_DECLSPEC struct TRITONSERVER_Error* TRITONSERVER_InferenceTraceParentId(
    struct TRITONSERVER_InferenceTrace* trace, uint64_t* parent_id);

/// Tells the model that the traced request is for.
///
/// \param trace [borrowed until return] The trace.
/// \param model_name [borrowed until the trace is deleted] Receives the model's name.
/// \return [owned] Null, or an error: INVALID_ARG where a pointer that is needed is null.
/// Threads: one per trace.
TRITONSERVER_DECLSPEC struct TRITONSERVER_Error* TRITONSERVER_InferenceTraceModelName(
    struct TRITONSERVER_InferenceTrace* trace, const char** model_name);

/// Tells the version of the model that the traced request is for.
///
/// \param trace [borrowed until return] The trace.
/// \param model_version [borrowed until return] Receives the version.
/// \return [owned] Null, or an error: INVALID_ARG where a pointer that is needed is null.
/// Threads: one per trace.
TRITONSERVER_DECLSPEC struct TRITONSERVER_Error* TRITONSERVER_InferenceTraceModelVersion(
    struct TRITONSERVER_InferenceTrace* trace, int64_t* model_version);

/// Tells the id of the traced request.
///
/// \param trace [borrowed until return] The trace.
/// \param request_id [borrowed until the trace is deleted] Receives the id; "" where there is none.
/// \return [owned] Null, or an error: INVALID_ARG where a pointer that is needed is null.
/// Threads: one per trace.
TRITONSERVER_DECLSPEC struct TRITONSERVER_Error* TRITONSERVER_InferenceTraceRequestId(
    struct TRITONSERVER_InferenceTrace* trace, const char** request_id);

/// Creates a trace that is part of another one, with its callbacks.
///
/// \param trace [borrowed until return] The trace; where it is null, as that of a request that
///     isn't traced, the child is null too.
/// \param child_trace [owned] Receives the new trace; free it with
///     TRITONSERVER_InferenceTraceDelete, unless it was given to TRITONSERVER_ServerInferAsync.
/// \return [owned] Null, or an error: INVALID_ARG where a pointer that is needed is null.
/// Threads: one per trace.
TRITONSERVER_DECLSPEC struct TRITONSERVER_Error* TRITONSERVER_InferenceTraceSpawnChildTrace(
    struct TRITONSERVER_InferenceTrace* trace, struct TRITONSERVER_InferenceTrace** child_trace);

/// Attaches a text of one's own to a trace, such as a W3C trace context.
///
/// \param trace [borrowed until return] The trace.
/// \param trace_context [borrowed until return] The text. It is copied.
/// \return [owned] Null, or an error: INVALID_ARG where a pointer that is needed is null.
/// Threads: one per trace.
TRITONSERVER_DECLSPEC struct TRITONSERVER_Error* TRITONSERVER_InferenceTraceSetContext(
    struct TRITONSERVER_InferenceTrace* trace, const char* trace_context);

/// Tells the text attached to a trace.
///
/// \param trace [borrowed until return] The trace.
/// \param trace_context [borrowed until the context is set or the trace is deleted] Receives the
///     text; "" where none was set.
/// \return [owned] Null, or an error: INVALID_ARG where a pointer that is needed is null.
/// Threads: one per trace.
TRITONSERVER_DECLSPEC struct TRITONSERVER_Error* TRITONSERVER_InferenceTraceContext(
    struct TRITONSERVER_InferenceTrace* trace, const char** trace_context);

// -------------------------------------------------------------------------------------------------
// Metrics
// -------------------------------------------------------------------------------------------------

/// How metrics are written.
typedef enum tritonserver_metricformat_enum {
  /// As the Prometheus text format.
  TRITONSERVER_METRIC_PROMETHEUS = 0
} TRITONSERVER_MetricFormat;

/// What a metric measures.
typedef enum TRITONSERVER_metrickind_enum {
  /// Something that only grows.
  TRITONSERVER_METRIC_KIND_COUNTER = 0,
  /// Something that goes up and down.
  TRITONSERVER_METRIC_KIND_GAUGE = 1,
  /// How many observations fall into which range.
  TRITONSERVER_METRIC_KIND_HISTOGRAM = 2
} TRITONSERVER_MetricKind;

/// Frees a snapshot of metrics.
///
/// \param metrics [transferred] The snapshot; gone on error too, unless it was null.
/// \return [owned] Null, or an error: INVALID_ARG where a pointer that is needed is null.
/// Threads: one per object.
TRITONSERVER_DECLSPEC struct TRITONSERVER_Error* TRITONSERVER_MetricsDelete(
    struct TRITONSERVER_Metrics* metrics);

/// Writes a snapshot of metrics as text.
///
/// \param metrics [borrowed until return] The snapshot.
/// \param format The format.
/// \param base [borrowed until the snapshot is deleted] Receives the start of the text, which does
///     not end with a null byte.
/// \param byte_size [borrowed until return] Receives the text's length in bytes.
/// \return [owned] Null, or an error: INVALID_ARG for a value that is no format; INVALID_ARG where
///     a pointer that is needed is null.
/// Threads: one per object.
TRITONSERVER_DECLSPEC struct TRITONSERVER_Error* TRITONSERVER_MetricsFormatted(
    struct TRITONSERVER_Metrics* metrics, TRITONSERVER_MetricFormat format, const char** base,
    size_t* byte_size);

/// Creates a family of metrics, which each server of the process publishes with its own while the
/// family has metrics. A family may be created again under the same name and kind, also by another
/// backend: both then stand for the same family, with the description that it was first given, and
/// each is to be freed. A name that is one of the server's own families' needs that one's kind.
///
/// \param family [owned] Receives the family; free it with TRITONSERVER_MetricFamilyDelete.
/// \param kind What its metrics measure.
/// \param name [borrowed until return] The family's name, as it is published. It is copied.
/// \param description [borrowed until return] What it is about, as it is published. It is copied.
/// \return [owned] Null, or an error: INVALID_ARG for a value that is no kind, a name that
///     Prometheus doesn't take, or one that is taken by another kind; INVALID_ARG where a pointer
///     that is needed is null.
/// Threads: any.
TRITONSERVER_DECLSPEC struct TRITONSERVER_Error* TRITONSERVER_MetricFamilyNew(
    struct TRITONSERVER_MetricFamily** family, const TRITONSERVER_MetricKind kind, const char* name,
    const char* description);

/// Frees a family. Its metrics must be freed before.
///
/// \param family [transferred] The family. On error it is still the caller's, unless it was null.
/// \return [owned] Null, or an error: INTERNAL where metrics that were created with it are left;
///     INVALID_ARG for a family that was freed before, or where a pointer that is needed is null.
/// Threads: one per object.
TRITONSERVER_DECLSPEC struct TRITONSERVER_Error* TRITONSERVER_MetricFamilyDelete(
    struct TRITONSERVER_MetricFamily* family);

/// Tells what a family's metrics measure.
///
/// \param family [borrowed until return] The family.
/// \param kind [borrowed until return] Receives the kind.
/// \return [owned] Null, or an error: INVALID_ARG where a pointer that is needed is null.
/// Threads: any.
TRITONSERVER_DECLSPEC struct TRITONSERVER_Error* TRITONSERVER_GetMetricFamilyKind(
    struct TRITONSERVER_MetricFamily* family, TRITONSERVER_MetricKind* kind);

/// Creates arguments for TRITONSERVER_MetricNewWithArgs.
///
/// \param args [owned] Receives the arguments; free them with TRITONSERVER_MetricArgsDelete.
/// \return [owned] Null, or an error: INVALID_ARG where a pointer that is needed is null.
/// Threads: any.
TRITONSERVER_DECLSPEC struct TRITONSERVER_Error* TRITONSERVER_MetricArgsNew(
    struct TRITONSERVER_MetricArgs** args);

/// Sets the ranges of a histogram.
///
/// \param args [borrowed until return] The arguments.
/// \param buckets [borrowed until return] The upper bounds of the ranges, in growing order; one
///     without bound is added. They are copied.
/// \param buckets_count The number of elements in buckets.
/// \return [owned] Null, or an error: INVALID_ARG for bounds that don't grow, or where a pointer
///     that is needed is null.
/// Threads: one per object.
TRITONSERVER_DECLSPEC struct TRITONSERVER_Error* TRITONSERVER_MetricArgsSetHistogram(
    struct TRITONSERVER_MetricArgs* args, const double* buckets, const uint64_t buckets_count);

/// Frees arguments. Metrics that were created with them are not affected.
///
/// \param args [transferred] The arguments, or null for nothing; gone on error too.
/// \return [owned] Null.
/// Threads: one per object.
TRITONSERVER_DECLSPEC struct TRITONSERVER_Error* TRITONSERVER_MetricArgsDelete(
    struct TRITONSERVER_MetricArgs* args);

/// Creates a counter or a gauge. Where its family has one with the same labels, in whatever order,
/// both stand for the same metric, and each is to be freed; the last of them takes the value with
/// it. Of a label that is given twice the last value counts.
///
/// \param metric [owned] Receives the metric; free it with TRITONSERVER_MetricDelete.
/// \param family [borrowed until the metric is deleted] The family that it belongs to.
/// \param labels [borrowed until return] An array of string parameters, name and value of each
///     label, or null where label_count is 0.
/// \param label_count The number of elements in labels.
/// \return [owned] Null, or an error: INVALID_ARG for a family of histograms, a label that is no
///     string, or a label's name that Prometheus doesn't take; INVALID_ARG where a pointer that is
///     needed is null.
/// Threads: any.
TRITONSERVER_DECLSPEC struct TRITONSERVER_Error* TRITONSERVER_MetricNew(
    struct TRITONSERVER_Metric** metric, struct TRITONSERVER_MetricFamily* family,
    const struct TRITONSERVER_Parameter** labels, const uint64_t label_count);

/// Creates a metric of any kind. Where its family has one with the same labels, both stand for the
/// same metric, whose ranges are those that it was first given.
///
/// \param metric [owned] Receives the metric; free it with TRITONSERVER_MetricDelete.
/// \param family [borrowed until the metric is deleted] The family that it belongs to.
/// \param labels [borrowed until return] An array of string parameters, name and value of each
///     label, or null where label_count is 0.
/// \param label_count The number of elements in labels.
/// \param args [borrowed until return] The arguments, which a histogram needs and others must not
///     have; null for none.
/// \return [owned] Null, or an error: INVALID_ARG for arguments that don't fit the kind, a label
///     that is no string, or a label's name that Prometheus doesn't take; INVALID_ARG where a
///     pointer that is needed is null.
/// Threads: any.
TRITONSERVER_DECLSPEC struct TRITONSERVER_Error* TRITONSERVER_MetricNewWithArgs(
    struct TRITONSERVER_Metric** metric, struct TRITONSERVER_MetricFamily* family,
    const struct TRITONSERVER_Parameter** labels, const uint64_t label_count,
    const struct TRITONSERVER_MetricArgs* args);

/// Frees a metric: it is published no longer. To be called before its family is freed.
///
/// \param metric [transferred] The metric. On error it is still the caller's, unless it was null.
/// \return [owned] Null, or an error: INVALID_ARG where a pointer that is needed is null.
/// Threads: one per object.
TRITONSERVER_DECLSPEC struct TRITONSERVER_Error* TRITONSERVER_MetricDelete(
    struct TRITONSERVER_Metric* metric);

/// Tells the value of a counter or a gauge.
///
/// \param metric [borrowed until return] The metric.
/// \param value [borrowed until return] Receives the value.
/// \return [owned] Null, or an error: UNSUPPORTED for a histogram; INVALID_ARG where a pointer that
///     is needed is null.
/// Threads: any.
TRITONSERVER_DECLSPEC struct TRITONSERVER_Error* TRITONSERVER_MetricValue(
    struct TRITONSERVER_Metric* metric, double* value);

/// Adds to a counter or a gauge.
///
/// \param metric [borrowed until return] The metric.
/// \param value What to add; for a counter, not less than 0 and not NaN.
/// \return [owned] Null, or an error: INVALID_ARG for any other value of a counter; UNSUPPORTED
///     for a histogram; INVALID_ARG where a pointer that is needed is null.
/// Threads: any.
TRITONSERVER_DECLSPEC struct TRITONSERVER_Error* TRITONSERVER_MetricIncrement(
    struct TRITONSERVER_Metric* metric, double value);

/// Sets a gauge.
///
/// \param metric [borrowed until return] The metric.
/// \param value The value.
/// \return [owned] Null, or an error: UNSUPPORTED for a counter or a histogram; INVALID_ARG where a
///     pointer that is needed is null.
/// Threads: any.
TRITONSERVER_DECLSPEC struct TRITONSERVER_Error* TRITONSERVER_MetricSet(
    struct TRITONSERVER_Metric* metric, double value);

/// Counts an observation of a histogram.
///
/// \param metric [borrowed until return] The metric.
/// \param value What was observed.
/// \return [owned] Null, or an error: UNSUPPORTED for a counter or a gauge; INVALID_ARG where a
///     pointer that is needed is null.
/// Threads: any.
TRITONSERVER_DECLSPEC struct TRITONSERVER_Error* TRITONSERVER_MetricObserve(
    struct TRITONSERVER_Metric* metric, double value);

/// Tells what a metric measures.
///
/// \param metric [borrowed until return] The metric.
/// \param kind [borrowed until return] Receives the kind.
/// \return [owned] Null, or an error: INVALID_ARG where a pointer that is needed is null.
/// Threads: any.
TRITONSERVER_DECLSPEC struct TRITONSERVER_Error* TRITONSERVER_GetMetricKind(
    struct TRITONSERVER_Metric* metric, TRITONSERVER_MetricKind* kind);

#ifdef __cplusplus
}  // extern "C"
#endif

#endif  // TRITON_CORE_TRITONSERVER_H_
