/* SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors */
/* SPDX-License-Identifier: BSD-3-Clause */

/* The part of ONNX Runtime's C API that this backend calls.
 *
 * The library hands out a table of function pointers, to which versions only ever append. So a
 * function is known by its place in that table: ORT_FUNCTIONS lists place, return type, name and
 * arguments of each one used here, and ort_library.c copies those pointers out. Nothing of ONNX
 * Runtime is needed to build the backend. */

#ifndef ORT_API_H
#define ORT_API_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The oldest version whose table holds every function below: GetResizedStringTensorElementBuffer,
 * without which a string with a NUL in it can't be passed, came with 1.15. Version 1.N of the
 * library has version N of the table. */
#define ORT_API_VERSION_NEEDED 15

typedef enum {
  ORT_TYPE_UNDEFINED = 0,
  ORT_TYPE_FLOAT = 1,
  ORT_TYPE_UINT8 = 2,
  ORT_TYPE_INT8 = 3,
  ORT_TYPE_UINT16 = 4,
  ORT_TYPE_INT16 = 5,
  ORT_TYPE_INT32 = 6,
  ORT_TYPE_INT64 = 7,
  ORT_TYPE_STRING = 8,
  ORT_TYPE_BOOL = 9,
  ORT_TYPE_FLOAT16 = 10,
  ORT_TYPE_DOUBLE = 11,
  ORT_TYPE_UINT32 = 12,
  ORT_TYPE_UINT64 = 13,
  ORT_TYPE_BFLOAT16 = 16
} OrtElementType;

typedef enum { ORT_KIND_UNKNOWN = 0, ORT_KIND_TENSOR = 1 } OrtValueKind;
typedef enum {
  ORT_LOG_VERBOSE,
  ORT_LOG_INFO,
  ORT_LOG_WARNING,
  ORT_LOG_ERROR,
  ORT_LOG_FATAL
} OrtLogLevel;
typedef enum {
  ORT_DISABLE_ALL = 0,
  ORT_ENABLE_BASIC = 1,
  ORT_ENABLE_EXTENDED = 2,
  ORT_ENABLE_ALL = 99
} OrtOptimizationLevel;
typedef enum { ORT_SEQUENTIAL = 0, ORT_PARALLEL = 1 } OrtExecutionMode;
typedef enum { ORT_DEVICE_ALLOCATOR = 0, ORT_ARENA_ALLOCATOR = 1 } OrtAllocatorKind;
typedef enum { ORT_MEMORY_DEFAULT = 0 } OrtMemoryKind;
enum { ORT_CODE_INVALID_ARGUMENT = 2, ORT_CODE_NO_SUCH_FILE = 3, ORT_CODE_NOT_IMPLEMENTED = 9 };

typedef struct OrtAllocator OrtAllocator;
typedef struct OrtCudaOptions OrtCudaOptions;
typedef struct OrtEnv OrtEnv;
typedef struct OrtMemoryInfo OrtMemoryInfo;
typedef struct OrtRunOptions OrtRunOptions;
typedef struct OrtSession OrtSession;
typedef struct OrtSessionOptions OrtSessionOptions;
typedef struct OrtStatus OrtStatus;
typedef struct OrtTensorInfo OrtTensorInfo;
typedef struct OrtTensorRtOptions OrtTensorRtOptions;
typedef struct OrtThreadingOptions OrtThreadingOptions;
typedef struct OrtTypeInfo OrtTypeInfo;
typedef struct OrtValue OrtValue;

typedef void (*OrtLogFunction)(void *param, OrtLogLevel level, const char *category, const char *id,
                               const char *location, const char *message);

/* What the one exported symbol, OrtGetApiBase, returns. */
typedef struct {
  const void *(*GetApi)(uint32_t version);
  const char *(*GetVersionString)(void);
} OrtApiBase;

/* A NULL OrtStatus is success; any other is owned by the caller. "Options" stand for session
 * options where nothing else is said. */
#define ORT_FUNCTIONS(F)                                                                           \
  F(1, int, GetErrorCode, (const OrtStatus *))                                                     \
  F(2, const char *, GetErrorMessage, (const OrtStatus *))                                         \
  F(4, OrtStatus *, CreateEnvWithCustomLogger,                                                     \
    (OrtLogFunction, void *, OrtLogLevel, const char *, OrtEnv **))                                \
  F(7, OrtStatus *, CreateSession,                                                                 \
    (const OrtEnv *, const char *, const OrtSessionOptions *, OrtSession **))                      \
  F(9, OrtStatus *, Run,                                                                           \
    (OrtSession *, const OrtRunOptions *, const char *const *, const OrtValue *const *, size_t,    \
     const char *const *, size_t, OrtValue **))                                                    \
  F(10, OrtStatus *, CreateSessionOptions, (OrtSessionOptions **))                                 \
  F(13, OrtStatus *, SetSessionExecutionMode, (OrtSessionOptions *, OrtExecutionMode))             \
  F(14, OrtStatus *, EnableProfiling, (OrtSessionOptions *, const char *))                         \
  F(16, OrtStatus *, EnableMemPattern, (OrtSessionOptions *))                                      \
  F(17, OrtStatus *, DisableMemPattern, (OrtSessionOptions *))                                     \
  F(18, OrtStatus *, EnableCpuMemArena, (OrtSessionOptions *))                                     \
  F(19, OrtStatus *, DisableCpuMemArena, (OrtSessionOptions *))                                    \
  F(20, OrtStatus *, SetSessionLogId, (OrtSessionOptions *, const char *))                         \
  F(23, OrtStatus *, SetSessionGraphOptimizationLevel,                                             \
    (OrtSessionOptions *, OrtOptimizationLevel))                                                   \
  F(24, OrtStatus *, SetIntraOpNumThreads, (OrtSessionOptions *, int))                             \
  F(25, OrtStatus *, SetInterOpNumThreads, (OrtSessionOptions *, int))                             \
  F(30, OrtStatus *, SessionGetInputCount, (const OrtSession *, size_t *))                         \
  F(31, OrtStatus *, SessionGetOutputCount, (const OrtSession *, size_t *))                        \
  F(32, OrtStatus *, SessionGetOverridableInitializerCount, (const OrtSession *, size_t *))        \
  F(33, OrtStatus *, SessionGetInputTypeInfo, (const OrtSession *, size_t, OrtTypeInfo **))        \
  F(34, OrtStatus *, SessionGetOutputTypeInfo, (const OrtSession *, size_t, OrtTypeInfo **))       \
  F(35, OrtStatus *, SessionGetOverridableInitializerTypeInfo,                                     \
    (const OrtSession *, size_t, OrtTypeInfo **))                                                  \
  F(36, OrtStatus *, SessionGetInputName, (const OrtSession *, size_t, OrtAllocator *, char **))   \
  F(37, OrtStatus *, SessionGetOutputName, (const OrtSession *, size_t, OrtAllocator *, char **))  \
  F(38, OrtStatus *, SessionGetOverridableInitializerName,                                         \
    (const OrtSession *, size_t, OrtAllocator *, char **))                                         \
  F(39, OrtStatus *, CreateRunOptions, (OrtRunOptions **))                                         \
  F(48, OrtStatus *, CreateTensorAsOrtValue,                                                       \
    (OrtAllocator *, const int64_t *, size_t, OrtElementType, OrtValue **))                        \
  F(49, OrtStatus *, CreateTensorWithDataAsOrtValue,                                               \
    (const OrtMemoryInfo *, void *, size_t, const int64_t *, size_t, OrtElementType, OrtValue **)) \
  F(50, OrtStatus *, IsTensor, (const OrtValue *, int *))                                          \
  F(51, OrtStatus *, GetTensorMutableData, (OrtValue *, void **))                                  \
  F(53, OrtStatus *, GetStringTensorDataLength, (const OrtValue *, size_t *))                      \
  F(54, OrtStatus *, GetStringTensorContent, (const OrtValue *, void *, size_t, size_t *, size_t)) \
  F(55, OrtStatus *, CastTypeInfoToTensorInfo, (const OrtTypeInfo *, const OrtTensorInfo **))      \
  F(56, OrtStatus *, GetOnnxTypeFromTypeInfo, (const OrtTypeInfo *, OrtValueKind *))               \
  F(60, OrtStatus *, GetTensorElementType, (const OrtTensorInfo *, OrtElementType *))              \
  F(61, OrtStatus *, GetDimensionsCount, (const OrtTensorInfo *, size_t *))                        \
  F(62, OrtStatus *, GetDimensions, (const OrtTensorInfo *, int64_t *, size_t))                    \
  F(63, OrtStatus *, GetSymbolicDimensions, (const OrtTensorInfo *, const char **, size_t))        \
  F(65, OrtStatus *, GetTensorTypeAndShape, (const OrtValue *, OrtTensorInfo **))                  \
  F(68, OrtStatus *, CreateMemoryInfo,                                                             \
    (const char *, OrtAllocatorKind, int, OrtMemoryKind, OrtMemoryInfo **))                        \
  F(69, OrtStatus *, CreateCpuMemoryInfo, (OrtAllocatorKind, OrtMemoryKind, OrtMemoryInfo **))     \
  F(76, OrtStatus *, AllocatorFree, (OrtAllocator *, void *))                                      \
  F(78, OrtStatus *, GetAllocatorWithDefaultOptions, (OrtAllocator **))                            \
  F(92, void, ReleaseEnv, (OrtEnv *))                                                              \
  F(93, void, ReleaseStatus, (OrtStatus *))                                                        \
  F(94, void, ReleaseMemoryInfo, (OrtMemoryInfo *))                                                \
  F(95, void, ReleaseSession, (OrtSession *))                                                      \
  F(96, void, ReleaseValue, (OrtValue *))                                                          \
  F(97, void, ReleaseRunOptions, (OrtRunOptions *))                                                \
  F(98, void, ReleaseTypeInfo, (OrtTypeInfo *))                                                    \
  F(99, void, ReleaseTensorTypeAndShapeInfo, (OrtTensorInfo *))                                    \
  F(100, void, ReleaseSessionOptions, (OrtSessionOptions *))                                       \
  F(110, OrtStatus *, SessionEndProfiling, (OrtSession *, OrtAllocator *, char **))                \
  F(120, OrtStatus *, DisablePerSessionThreads, (OrtSessionOptions *))                             \
  F(121, OrtStatus *, CreateThreadingOptions, (OrtThreadingOptions **))                            \
  F(122, void, ReleaseThreadingOptions, (OrtThreadingOptions *))                                   \
  F(125, OrtStatus *, GetAvailableProviders, (char ***, int *))                                    \
  F(126, OrtStatus *, ReleaseAvailableProviders, (char **, int))                                   \
  F(130, OrtStatus *, AddSessionConfigEntry, (OrtSessionOptions *, const char *, const char *))    \
  F(147, OrtStatus *, SetGlobalIntraOpNumThreads, (OrtThreadingOptions *, int))                    \
  F(148, OrtStatus *, SetGlobalInterOpNumThreads, (OrtThreadingOptions *, int))                    \
  F(151, OrtStatus *, CreateEnvWithCustomLoggerAndGlobalThreadPools,                               \
    (OrtLogFunction, void *, OrtLogLevel, const char *, const OrtThreadingOptions *, OrtEnv **))   \
  F(165, OrtStatus *, AddRunConfigEntry, (OrtRunOptions *, const char *, const char *))            \
  F(170, OrtStatus *, SessionOptionsAppendExecutionProvider_TensorRT_V2,                           \
    (OrtSessionOptions *, const OrtTensorRtOptions *))                                             \
  F(171, OrtStatus *, CreateTensorRTProviderOptions, (OrtTensorRtOptions **))                      \
  F(172, OrtStatus *, UpdateTensorRTProviderOptions,                                               \
    (OrtTensorRtOptions *, const char *const *, const char *const *, size_t))                      \
  F(174, void, ReleaseTensorRTProviderOptions, (OrtTensorRtOptions *))                             \
  F(204, OrtStatus *, SessionOptionsAppendExecutionProvider_CUDA_V2,                               \
    (OrtSessionOptions *, const OrtCudaOptions *))                                                 \
  F(205, OrtStatus *, CreateCUDAProviderOptions, (OrtCudaOptions **))                              \
  F(206, OrtStatus *, UpdateCUDAProviderOptions,                                                   \
    (OrtCudaOptions *, const char *const *, const char *const *, size_t))                          \
  F(208, void, ReleaseCUDAProviderOptions, (OrtCudaOptions *))                                     \
  F(216, OrtStatus *, SessionOptionsAppendExecutionProvider,                                       \
    (OrtSessionOptions *, const char *, const char *const *, const char *const *, size_t))         \
  F(228, OrtStatus *, RegisterCustomOpsLibrary_V2, (OrtSessionOptions *, const char *))            \
  F(252, OrtStatus *, GetResizedStringTensorElementBuffer, (OrtValue *, size_t, size_t, char **))

/* In the table from version 24 on; NULL where the library is older. */
#define ORT_OPTIONAL_FUNCTIONS(F) F(390, bool, TensorTypeAndShape_HasShape, (const OrtTensorInfo *))
#define ORT_OPTIONAL_VERSION 24

typedef struct {
#define ORT_DECLARE(place, result, name, arguments) result(*name) arguments;
  ORT_FUNCTIONS(ORT_DECLARE)
  ORT_OPTIONAL_FUNCTIONS(ORT_DECLARE)
#undef ORT_DECLARE
} OrtFunctions;

#endif
