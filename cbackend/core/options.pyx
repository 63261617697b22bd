# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""TRITONSERVER_ServerOptions (see options.pxd)."""

import struct

from libc.stdint cimport int64_t, uint64_t
from libc.stdlib cimport calloc, free
from libcpp cimport bool as cbool
from libcpp.string cimport string
from libcpp.vector cimport vector

from triton_py.abi.types cimport (
    TRITONSERVER_ERROR_INTERNAL,
    TRITONSERVER_Error,
    TRITONSERVER_LogCallbackFn_t,
    TRITONSERVER_InstanceGroupKind,
    TRITONSERVER_ModelControlMode,
    TRITONSERVER_RateLimitMode,
    TRITONSERVER_ServerOptions,
)
from triton_py.core.counters cimport LIVE_OPTIONS, live
from triton_py.core.error cimport error_new, error_null
from triton_py.core.text cimport Text, text_init, text_int, text_str


cdef vector[string]* _setting(TRITONSERVER_ServerOptions* options, const char* name) noexcept nogil:
    cdef vector[vector[string]]* settings = (<Options*>options).settings
    settings.push_back(vector[string]())
    settings.back().push_back(string(name))
    return &settings.back()


cdef void _text(vector[string]* entry, const char* value) noexcept nogil:
    cdef string text = string(b"s")
    text.append(value)
    entry.push_back(text)


cdef void _integer(vector[string]* entry, int64_t value) noexcept nogil:
    cdef Text digits
    cdef string text = string(b"i")
    text_init(&digits)
    text_int(&digits, value)
    text.append(text_str(&digits))
    entry.push_back(text)


cdef void _real(vector[string]* entry, double value) noexcept nogil:
    cdef string text = string(b"d")
    text.append(<const char*>&value, sizeof(value))
    entry.push_back(text)


cdef object _value(string text):
    cdef bytes data = text
    if data[0] == 105:  # i
        return int(data[1:])
    if data[0] == 100:  # d
        return struct.unpack("=d", data[1:])[0]
    return data[1:].decode("utf-8", "surrogateescape")


cdef list options_python(Options* options):
    cdef size_t i, j
    cdef bytes name
    result = []
    for i in range(options.settings.size()):
        name = options.settings.at(i).at(0)
        entry = [name.decode()]
        for j in range(1, options.settings.at(i).size()):
            entry.append(_value(options.settings.at(i).at(j)))
        result.append(tuple(entry))
    return result


cdef public TRITONSERVER_Error* TRITONSERVER_ServerOptionsNew(
    TRITONSERVER_ServerOptions** options
) noexcept nogil:
    cdef Options* o
    if options == NULL:
        return error_null(b"TRITONSERVER_ServerOptionsNew", b"options")
    o = <Options*>calloc(1, sizeof(Options))
    if o == NULL:
        return error_new(TRITONSERVER_ERROR_INTERNAL, b"out of memory for server options")
    o.settings = new vector[vector[string]]()
    live(LIVE_OPTIONS, 1)
    options[0] = <TRITONSERVER_ServerOptions*>o
    return NULL


cdef public TRITONSERVER_Error* TRITONSERVER_ServerOptionsDelete(
    TRITONSERVER_ServerOptions* options
) noexcept nogil:
    if options != NULL:
        del (<Options*>options).settings
        free(options)
        live(LIVE_OPTIONS, -1)
    return NULL


cdef public TRITONSERVER_Error* TRITONSERVER_ServerOptionsSetLogCallback(
    TRITONSERVER_ServerOptions* options, TRITONSERVER_LogCallbackFn_t callback_fn, void* userp
) noexcept nogil:
    if options == NULL:
        return error_null(b"TRITONSERVER_ServerOptionsSetLogCallback", b"options")
    (<Options*>options).has_log_callback = True
    (<Options*>options).log_callback = callback_fn
    (<Options*>options).log_userp = userp
    return NULL


cdef public TRITONSERVER_Error* TRITONSERVER_ServerOptionsSetServerId(
    TRITONSERVER_ServerOptions* options, const char* server_id
) noexcept nogil:
    cdef vector[string]* entry
    if options == NULL or server_id == NULL:
        return error_null(b"TRITONSERVER_ServerOptionsSetServerId",
                          b"options and server_id")
    entry = _setting(options, b"ServerId")
    _text(entry, server_id)
    return NULL


cdef public TRITONSERVER_Error* TRITONSERVER_ServerOptionsSetModelRepositoryPath(
    TRITONSERVER_ServerOptions* options, const char* model_repository_path
) noexcept nogil:
    cdef vector[string]* entry
    if options == NULL or model_repository_path == NULL:
        return error_null(b"TRITONSERVER_ServerOptionsSetModelRepositoryPath",
                          b"options and model_repository_path")
    entry = _setting(options, b"ModelRepositoryPath")
    _text(entry, model_repository_path)
    return NULL


cdef public TRITONSERVER_Error* TRITONSERVER_ServerOptionsSetModelControlMode(
    TRITONSERVER_ServerOptions* options, TRITONSERVER_ModelControlMode mode
) noexcept nogil:
    cdef vector[string]* entry
    if options == NULL:
        return error_null(b"TRITONSERVER_ServerOptionsSetModelControlMode",
                          b"options")
    entry = _setting(options, b"ModelControlMode")
    _integer(entry, <int64_t>mode)
    return NULL


cdef public TRITONSERVER_Error* TRITONSERVER_ServerOptionsSetStartupModel(
    TRITONSERVER_ServerOptions* options, const char* model_name
) noexcept nogil:
    cdef vector[string]* entry
    if options == NULL or model_name == NULL:
        return error_null(b"TRITONSERVER_ServerOptionsSetStartupModel",
                          b"options and model_name")
    entry = _setting(options, b"StartupModel")
    _text(entry, model_name)
    return NULL


cdef public TRITONSERVER_Error* TRITONSERVER_ServerOptionsSetStrictModelConfig(
    TRITONSERVER_ServerOptions* options, cbool strict
) noexcept nogil:
    cdef vector[string]* entry
    if options == NULL:
        return error_null(b"TRITONSERVER_ServerOptionsSetStrictModelConfig",
                          b"options")
    entry = _setting(options, b"StrictModelConfig")
    _integer(entry, <int64_t>strict)
    return NULL


cdef public TRITONSERVER_Error* TRITONSERVER_ServerOptionsSetModelConfigName(
    TRITONSERVER_ServerOptions* options, const char* model_config_name
) noexcept nogil:
    cdef vector[string]* entry
    if options == NULL or model_config_name == NULL:
        return error_null(b"TRITONSERVER_ServerOptionsSetModelConfigName",
                          b"options and model_config_name")
    entry = _setting(options, b"ModelConfigName")
    _text(entry, model_config_name)
    return NULL


cdef public TRITONSERVER_Error* TRITONSERVER_ServerOptionsSetRateLimiterMode(
    TRITONSERVER_ServerOptions* options, TRITONSERVER_RateLimitMode mode
) noexcept nogil:
    cdef vector[string]* entry
    if options == NULL:
        return error_null(b"TRITONSERVER_ServerOptionsSetRateLimiterMode",
                          b"options")
    entry = _setting(options, b"RateLimiterMode")
    _integer(entry, <int64_t>mode)
    return NULL


cdef public TRITONSERVER_Error* TRITONSERVER_ServerOptionsAddRateLimiterResource(
    TRITONSERVER_ServerOptions* options,
    const char* resource_name,
    const size_t resource_count,
    const int device,
) noexcept nogil:
    cdef vector[string]* entry
    if options == NULL or resource_name == NULL:
        return error_null(b"TRITONSERVER_ServerOptionsAddRateLimiterResource",
                          b"options and resource_name")
    entry = _setting(options, b"RateLimiterResource")
    _text(entry, resource_name)
    _integer(entry, <int64_t>resource_count)
    _integer(entry, <int64_t>device)
    return NULL


cdef public TRITONSERVER_Error* TRITONSERVER_ServerOptionsSetPinnedMemoryPoolByteSize(
    TRITONSERVER_ServerOptions* options, uint64_t size
) noexcept nogil:
    cdef vector[string]* entry
    if options == NULL:
        return error_null(b"TRITONSERVER_ServerOptionsSetPinnedMemoryPoolByteSize",
                          b"options")
    entry = _setting(options, b"PinnedMemoryPoolByteSize")
    _integer(entry, <int64_t>size)
    return NULL


cdef public TRITONSERVER_Error* TRITONSERVER_ServerOptionsSetCudaMemoryPoolByteSize(
    TRITONSERVER_ServerOptions* options, int gpu_device, uint64_t size
) noexcept nogil:
    cdef vector[string]* entry
    if options == NULL:
        return error_null(b"TRITONSERVER_ServerOptionsSetCudaMemoryPoolByteSize",
                          b"options")
    entry = _setting(options, b"CudaMemoryPoolByteSize")
    _integer(entry, <int64_t>gpu_device)
    _integer(entry, <int64_t>size)
    return NULL


cdef public TRITONSERVER_Error* TRITONSERVER_ServerOptionsSetCudaVirtualAddressSize(
    TRITONSERVER_ServerOptions* options, int gpu_device, size_t cuda_virtual_address_size
) noexcept nogil:
    cdef vector[string]* entry
    if options == NULL:
        return error_null(b"TRITONSERVER_ServerOptionsSetCudaVirtualAddressSize",
                          b"options")
    entry = _setting(options, b"CudaVirtualAddressSize")
    _integer(entry, <int64_t>gpu_device)
    _integer(entry, <int64_t>cuda_virtual_address_size)
    return NULL


cdef public TRITONSERVER_Error* TRITONSERVER_ServerOptionsSetResponseCacheByteSize(
    TRITONSERVER_ServerOptions* options, uint64_t size
) noexcept nogil:
    cdef vector[string]* entry
    if options == NULL:
        return error_null(b"TRITONSERVER_ServerOptionsSetResponseCacheByteSize",
                          b"options")
    entry = _setting(options, b"ResponseCacheByteSize")
    _integer(entry, <int64_t>size)
    return NULL


cdef public TRITONSERVER_Error* TRITONSERVER_ServerOptionsSetCacheConfig(
    TRITONSERVER_ServerOptions* options, const char* cache_name, const char* config_json
) noexcept nogil:
    cdef vector[string]* entry
    if options == NULL or cache_name == NULL or config_json == NULL:
        return error_null(b"TRITONSERVER_ServerOptionsSetCacheConfig",
                          b"options and cache_name and config_json")
    entry = _setting(options, b"CacheConfig")
    _text(entry, cache_name)
    _text(entry, config_json)
    return NULL


cdef public TRITONSERVER_Error* TRITONSERVER_ServerOptionsSetCacheDirectory(
    TRITONSERVER_ServerOptions* options, const char* cache_dir
) noexcept nogil:
    cdef vector[string]* entry
    if options == NULL or cache_dir == NULL:
        return error_null(b"TRITONSERVER_ServerOptionsSetCacheDirectory",
                          b"options and cache_dir")
    entry = _setting(options, b"CacheDirectory")
    _text(entry, cache_dir)
    return NULL


cdef public TRITONSERVER_Error* TRITONSERVER_ServerOptionsSetMinSupportedComputeCapability(
    TRITONSERVER_ServerOptions* options, double cc
) noexcept nogil:
    cdef vector[string]* entry
    if options == NULL:
        return error_null(b"TRITONSERVER_ServerOptionsSetMinSupportedComputeCapability",
                          b"options")
    entry = _setting(options, b"MinSupportedComputeCapability")
    _real(entry, cc)
    return NULL


cdef public TRITONSERVER_Error* TRITONSERVER_ServerOptionsSetExitOnError(
    TRITONSERVER_ServerOptions* options, cbool exit
) noexcept nogil:
    cdef vector[string]* entry
    if options == NULL:
        return error_null(b"TRITONSERVER_ServerOptionsSetExitOnError",
                          b"options")
    entry = _setting(options, b"ExitOnError")
    _integer(entry, <int64_t>exit)
    return NULL


cdef public TRITONSERVER_Error* TRITONSERVER_ServerOptionsSetStrictReadiness(
    TRITONSERVER_ServerOptions* options, cbool strict
) noexcept nogil:
    cdef vector[string]* entry
    if options == NULL:
        return error_null(b"TRITONSERVER_ServerOptionsSetStrictReadiness",
                          b"options")
    entry = _setting(options, b"StrictReadiness")
    _integer(entry, <int64_t>strict)
    return NULL


cdef public TRITONSERVER_Error* TRITONSERVER_ServerOptionsSetExitTimeout(
    TRITONSERVER_ServerOptions* options, unsigned int timeout
) noexcept nogil:
    cdef vector[string]* entry
    if options == NULL:
        return error_null(b"TRITONSERVER_ServerOptionsSetExitTimeout",
                          b"options")
    entry = _setting(options, b"ExitTimeout")
    _integer(entry, <int64_t>timeout)
    return NULL


cdef public TRITONSERVER_Error* TRITONSERVER_ServerOptionsSetBufferManagerThreadCount(
    TRITONSERVER_ServerOptions* options, unsigned int thread_count
) noexcept nogil:
    cdef vector[string]* entry
    if options == NULL:
        return error_null(b"TRITONSERVER_ServerOptionsSetBufferManagerThreadCount",
                          b"options")
    entry = _setting(options, b"BufferManagerThreadCount")
    _integer(entry, <int64_t>thread_count)
    return NULL


cdef public TRITONSERVER_Error* TRITONSERVER_ServerOptionsSetModelLoadThreadCount(
    TRITONSERVER_ServerOptions* options, unsigned int thread_count
) noexcept nogil:
    cdef vector[string]* entry
    if options == NULL:
        return error_null(b"TRITONSERVER_ServerOptionsSetModelLoadThreadCount",
                          b"options")
    entry = _setting(options, b"ModelLoadThreadCount")
    _integer(entry, <int64_t>thread_count)
    return NULL


cdef public TRITONSERVER_Error* TRITONSERVER_ServerOptionsSetModelLoadRetryCount(
    TRITONSERVER_ServerOptions* options, unsigned int retry_count
) noexcept nogil:
    cdef vector[string]* entry
    if options == NULL:
        return error_null(b"TRITONSERVER_ServerOptionsSetModelLoadRetryCount",
                          b"options")
    entry = _setting(options, b"ModelLoadRetryCount")
    _integer(entry, <int64_t>retry_count)
    return NULL


cdef public TRITONSERVER_Error* TRITONSERVER_ServerOptionsSetModelNamespacing(
    TRITONSERVER_ServerOptions* options, cbool enable_namespace
) noexcept nogil:
    cdef vector[string]* entry
    if options == NULL:
        return error_null(b"TRITONSERVER_ServerOptionsSetModelNamespacing",
                          b"options")
    entry = _setting(options, b"ModelNamespacing")
    _integer(entry, <int64_t>enable_namespace)
    return NULL


cdef public TRITONSERVER_Error* TRITONSERVER_ServerOptionsSetEnablePeerAccess(
    TRITONSERVER_ServerOptions* options, cbool enable_peer_access
) noexcept nogil:
    cdef vector[string]* entry
    if options == NULL:
        return error_null(b"TRITONSERVER_ServerOptionsSetEnablePeerAccess",
                          b"options")
    entry = _setting(options, b"EnablePeerAccess")
    _integer(entry, <int64_t>enable_peer_access)
    return NULL


cdef public TRITONSERVER_Error* TRITONSERVER_ServerOptionsSetMetrics(
    TRITONSERVER_ServerOptions* options, cbool metrics
) noexcept nogil:
    cdef vector[string]* entry
    if options == NULL:
        return error_null(b"TRITONSERVER_ServerOptionsSetMetrics",
                          b"options")
    entry = _setting(options, b"Metrics")
    _integer(entry, <int64_t>metrics)
    return NULL


cdef public TRITONSERVER_Error* TRITONSERVER_ServerOptionsSetGpuMetrics(
    TRITONSERVER_ServerOptions* options, cbool gpu_metrics
) noexcept nogil:
    cdef vector[string]* entry
    if options == NULL:
        return error_null(b"TRITONSERVER_ServerOptionsSetGpuMetrics",
                          b"options")
    entry = _setting(options, b"GpuMetrics")
    _integer(entry, <int64_t>gpu_metrics)
    return NULL


cdef public TRITONSERVER_Error* TRITONSERVER_ServerOptionsSetCpuMetrics(
    TRITONSERVER_ServerOptions* options, cbool cpu_metrics
) noexcept nogil:
    cdef vector[string]* entry
    if options == NULL:
        return error_null(b"TRITONSERVER_ServerOptionsSetCpuMetrics",
                          b"options")
    entry = _setting(options, b"CpuMetrics")
    _integer(entry, <int64_t>cpu_metrics)
    return NULL


cdef public TRITONSERVER_Error* TRITONSERVER_ServerOptionsSetMetricsInterval(
    TRITONSERVER_ServerOptions* options, uint64_t metrics_interval_ms
) noexcept nogil:
    cdef vector[string]* entry
    if options == NULL:
        return error_null(b"TRITONSERVER_ServerOptionsSetMetricsInterval",
                          b"options")
    entry = _setting(options, b"MetricsInterval")
    _integer(entry, <int64_t>metrics_interval_ms)
    return NULL


cdef public TRITONSERVER_Error* TRITONSERVER_ServerOptionsSetBackendDirectory(
    TRITONSERVER_ServerOptions* options, const char* backend_dir
) noexcept nogil:
    cdef vector[string]* entry
    if options == NULL or backend_dir == NULL:
        return error_null(b"TRITONSERVER_ServerOptionsSetBackendDirectory",
                          b"options and backend_dir")
    entry = _setting(options, b"BackendDirectory")
    _text(entry, backend_dir)
    return NULL


cdef public TRITONSERVER_Error* TRITONSERVER_ServerOptionsSetRepoAgentDirectory(
    TRITONSERVER_ServerOptions* options, const char* repoagent_dir
) noexcept nogil:
    cdef vector[string]* entry
    if options == NULL or repoagent_dir == NULL:
        return error_null(b"TRITONSERVER_ServerOptionsSetRepoAgentDirectory",
                          b"options and repoagent_dir")
    entry = _setting(options, b"RepoAgentDirectory")
    _text(entry, repoagent_dir)
    return NULL


cdef public TRITONSERVER_Error* TRITONSERVER_ServerOptionsSetModelLoadDeviceLimit(
    TRITONSERVER_ServerOptions* options,
    const TRITONSERVER_InstanceGroupKind kind,
    const int device_id,
    const double fraction,
) noexcept nogil:
    cdef vector[string]* entry
    if options == NULL:
        return error_null(b"TRITONSERVER_ServerOptionsSetModelLoadDeviceLimit",
                          b"options")
    entry = _setting(options, b"ModelLoadDeviceLimit")
    _integer(entry, <int64_t>kind)
    _integer(entry, <int64_t>device_id)
    _real(entry, fraction)
    return NULL


cdef public TRITONSERVER_Error* TRITONSERVER_ServerOptionsSetBackendConfig(
    TRITONSERVER_ServerOptions* options,
    const char* backend_name,
    const char* setting,
    const char* value,
) noexcept nogil:
    cdef vector[string]* entry
    if options == NULL or backend_name == NULL or setting == NULL or value == NULL:
        return error_null(b"TRITONSERVER_ServerOptionsSetBackendConfig",
                          b"options and backend_name and setting and value")
    entry = _setting(options, b"BackendConfig")
    _text(entry, backend_name)
    _text(entry, setting)
    _text(entry, value)
    return NULL


cdef public TRITONSERVER_Error* TRITONSERVER_ServerOptionsSetHostPolicy(
    TRITONSERVER_ServerOptions* options,
    const char* policy_name,
    const char* setting,
    const char* value,
) noexcept nogil:
    cdef vector[string]* entry
    if options == NULL or policy_name == NULL or setting == NULL or value == NULL:
        return error_null(b"TRITONSERVER_ServerOptionsSetHostPolicy",
                          b"options and policy_name and setting and value")
    entry = _setting(options, b"HostPolicy")
    _text(entry, policy_name)
    _text(entry, setting)
    _text(entry, value)
    return NULL


cdef public TRITONSERVER_Error* TRITONSERVER_ServerOptionsSetMetricsConfig(
    TRITONSERVER_ServerOptions* options, const char* name, const char* setting, const char* value
) noexcept nogil:
    cdef vector[string]* entry
    if options == NULL or name == NULL or setting == NULL or value == NULL:
        return error_null(b"TRITONSERVER_ServerOptionsSetMetricsConfig",
                          b"options and name and setting and value")
    entry = _setting(options, b"MetricsConfig")
    _text(entry, name)
    _text(entry, setting)
    _text(entry, value)
    return NULL
