# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Server options; one method per setter of the C API."""

from libc.stdint cimport uint64_t

from triton_py.abi.tritonserver cimport (
    TRITONSERVER_ServerOptionsAddRateLimiterResource,
    TRITONSERVER_ServerOptionsDelete,
    TRITONSERVER_ServerOptionsNew,
    TRITONSERVER_ServerOptionsSetBackendConfig,
    TRITONSERVER_ServerOptionsSetBackendDirectory,
    TRITONSERVER_ServerOptionsSetBufferManagerThreadCount,
    TRITONSERVER_ServerOptionsSetCacheConfig,
    TRITONSERVER_ServerOptionsSetCacheDirectory,
    TRITONSERVER_ServerOptionsSetCpuMetrics,
    TRITONSERVER_ServerOptionsSetCudaMemoryPoolByteSize,
    TRITONSERVER_ServerOptionsSetCudaVirtualAddressSize,
    TRITONSERVER_ServerOptionsSetEnablePeerAccess,
    TRITONSERVER_ServerOptionsSetExitOnError,
    TRITONSERVER_ServerOptionsSetExitTimeout,
    TRITONSERVER_ServerOptionsSetGpuMetrics,
    TRITONSERVER_ServerOptionsSetHostPolicy,
    TRITONSERVER_ServerOptionsSetLogError,
    TRITONSERVER_ServerOptionsSetLogFile,
    TRITONSERVER_ServerOptionsSetLogFormat,
    TRITONSERVER_ServerOptionsSetLogInfo,
    TRITONSERVER_ServerOptionsSetLogVerbose,
    TRITONSERVER_ServerOptionsSetLogWarn,
    TRITONSERVER_ServerOptionsSetMetrics,
    TRITONSERVER_ServerOptionsSetMetricsConfig,
    TRITONSERVER_ServerOptionsSetMetricsInterval,
    TRITONSERVER_ServerOptionsSetMinSupportedComputeCapability,
    TRITONSERVER_ServerOptionsSetModelConfigName,
    TRITONSERVER_ServerOptionsSetModelControlMode,
    TRITONSERVER_ServerOptionsSetModelLoadDeviceLimit,
    TRITONSERVER_ServerOptionsSetModelLoadRetryCount,
    TRITONSERVER_ServerOptionsSetModelLoadThreadCount,
    TRITONSERVER_ServerOptionsSetModelNamespacing,
    TRITONSERVER_ServerOptionsSetModelRepositoryPath,
    TRITONSERVER_ServerOptionsSetPinnedMemoryPoolByteSize,
    TRITONSERVER_ServerOptionsSetRateLimiterMode,
    TRITONSERVER_ServerOptionsSetRepoAgentDirectory,
    TRITONSERVER_ServerOptionsSetResponseCacheByteSize,
    TRITONSERVER_ServerOptionsSetServerId,
    TRITONSERVER_ServerOptionsSetStartupModel,
    TRITONSERVER_ServerOptionsSetStrictModelConfig,
    TRITONSERVER_ServerOptionsSetStrictReadiness,
)
from triton_py.abi.types cimport (
    TRITONSERVER_InstanceGroupKind,
    TRITONSERVER_LogFormat,
    TRITONSERVER_ModelControlMode,
    TRITONSERVER_RateLimitMode,
)
from triton_py.inprocess.status cimport c_text, check, swallow

from triton_py.inprocess.log_settings import remember, remember_format


cdef class Options:
    """Server options; one method per ``TRITONSERVER_ServerOptionsSet...`` (or ``Add...``)."""

    def __cinit__(self):
        check(TRITONSERVER_ServerOptionsNew(&self.ptr))

    def __dealloc__(self):
        if self.ptr != NULL:
            swallow(TRITONSERVER_ServerOptionsDelete(self.ptr))

    def set_server_id(self, object server_id):
        cdef bytes c_server_id = c_text(server_id, "server id")
        check(TRITONSERVER_ServerOptionsSetServerId(self.ptr, c_server_id))

    def set_model_repository_path(self, object path):
        cdef bytes c_path = c_text(path, "model repository path")
        check(TRITONSERVER_ServerOptionsSetModelRepositoryPath(self.ptr, c_path))

    def set_model_control_mode(self, int mode):
        check(TRITONSERVER_ServerOptionsSetModelControlMode(
            self.ptr, <TRITONSERVER_ModelControlMode> mode))

    def set_startup_model(self, object name):
        cdef bytes c_name = c_text(name, "startup model")
        check(TRITONSERVER_ServerOptionsSetStartupModel(self.ptr, c_name))

    def set_strict_model_config(self, bint strict):
        check(TRITONSERVER_ServerOptionsSetStrictModelConfig(self.ptr, strict))

    def set_model_config_name(self, object name):
        cdef bytes c_name = c_text(name, "model config name")
        check(TRITONSERVER_ServerOptionsSetModelConfigName(self.ptr, c_name))

    def set_rate_limiter_mode(self, int mode):
        check(TRITONSERVER_ServerOptionsSetRateLimiterMode(
            self.ptr, <TRITONSERVER_RateLimitMode> mode))

    def add_rate_limiter_resource(self, object name, size_t count, int device):
        cdef bytes c_name = c_text(name, "rate limiter resource: name")
        check(TRITONSERVER_ServerOptionsAddRateLimiterResource(self.ptr, c_name, count, device))

    def set_pinned_memory_pool_byte_size(self, uint64_t size):
        check(TRITONSERVER_ServerOptionsSetPinnedMemoryPoolByteSize(self.ptr, size))

    def set_cuda_memory_pool_byte_size(self, int device, uint64_t size):
        check(TRITONSERVER_ServerOptionsSetCudaMemoryPoolByteSize(self.ptr, device, size))

    def set_cuda_virtual_address_size(self, int device, size_t size):
        check(TRITONSERVER_ServerOptionsSetCudaVirtualAddressSize(self.ptr, device, size))

    def set_response_cache_byte_size(self, uint64_t size):
        check(TRITONSERVER_ServerOptionsSetResponseCacheByteSize(self.ptr, size))

    def set_cache_config(self, object cache_name, object config_json):
        cdef bytes c_cache_name = c_text(cache_name, "cache config: cache_name")
        cdef bytes c_config_json = c_text(config_json, "cache config: config_json")
        check(TRITONSERVER_ServerOptionsSetCacheConfig(self.ptr, c_cache_name, c_config_json))

    def set_cache_directory(self, object path):
        cdef bytes c_path = c_text(path, "cache directory")
        check(TRITONSERVER_ServerOptionsSetCacheDirectory(self.ptr, c_path))

    def set_min_supported_compute_capability(self, double capability):
        check(TRITONSERVER_ServerOptionsSetMinSupportedComputeCapability(self.ptr, capability))

    def set_exit_on_error(self, bint exit_on_error):
        check(TRITONSERVER_ServerOptionsSetExitOnError(self.ptr, exit_on_error))

    def set_strict_readiness(self, bint strict):
        check(TRITONSERVER_ServerOptionsSetStrictReadiness(self.ptr, strict))

    def set_exit_timeout(self, unsigned int seconds):
        check(TRITONSERVER_ServerOptionsSetExitTimeout(self.ptr, seconds))

    def set_buffer_manager_thread_count(self, unsigned int count):
        check(TRITONSERVER_ServerOptionsSetBufferManagerThreadCount(self.ptr, count))

    def set_model_load_thread_count(self, unsigned int count):
        check(TRITONSERVER_ServerOptionsSetModelLoadThreadCount(self.ptr, count))

    def set_model_load_retry_count(self, unsigned int count):
        check(TRITONSERVER_ServerOptionsSetModelLoadRetryCount(self.ptr, count))

    def set_model_namespacing(self, bint enable):
        check(TRITONSERVER_ServerOptionsSetModelNamespacing(self.ptr, enable))

    def set_enable_peer_access(self, bint enable):
        check(TRITONSERVER_ServerOptionsSetEnablePeerAccess(self.ptr, enable))

    def set_log_file(self, object path):
        cdef bytes c_path = c_text(path, "log file")
        check(TRITONSERVER_ServerOptionsSetLogFile(self.ptr, c_path))
        remember("log_file", c_path.decode("utf-8", "replace"))

    def set_log_info(self, bint enable):
        check(TRITONSERVER_ServerOptionsSetLogInfo(self.ptr, enable))
        remember("log_info", True if enable else False)

    def set_log_warn(self, bint enable):
        check(TRITONSERVER_ServerOptionsSetLogWarn(self.ptr, enable))
        remember("log_warning", True if enable else False)

    def set_log_error(self, bint enable):
        check(TRITONSERVER_ServerOptionsSetLogError(self.ptr, enable))
        remember("log_error", True if enable else False)

    def set_log_format(self, int format):
        check(TRITONSERVER_ServerOptionsSetLogFormat(self.ptr, <TRITONSERVER_LogFormat> format))
        remember_format(format)

    def set_log_verbose(self, int level):
        check(TRITONSERVER_ServerOptionsSetLogVerbose(self.ptr, level))
        remember("log_verbose_level", level)

    def set_metrics(self, bint enable):
        check(TRITONSERVER_ServerOptionsSetMetrics(self.ptr, enable))

    def set_gpu_metrics(self, bint enable):
        check(TRITONSERVER_ServerOptionsSetGpuMetrics(self.ptr, enable))

    def set_cpu_metrics(self, bint enable):
        check(TRITONSERVER_ServerOptionsSetCpuMetrics(self.ptr, enable))

    def set_metrics_interval(self, uint64_t milliseconds):
        check(TRITONSERVER_ServerOptionsSetMetricsInterval(self.ptr, milliseconds))

    def set_backend_directory(self, object path):
        cdef bytes c_path = c_text(path, "backend directory")
        check(TRITONSERVER_ServerOptionsSetBackendDirectory(self.ptr, c_path))

    def set_repo_agent_directory(self, object path):
        cdef bytes c_path = c_text(path, "repo agent directory")
        check(TRITONSERVER_ServerOptionsSetRepoAgentDirectory(self.ptr, c_path))

    def set_model_load_device_limit(self, int kind, int device, double fraction):
        check(TRITONSERVER_ServerOptionsSetModelLoadDeviceLimit(
            self.ptr, <TRITONSERVER_InstanceGroupKind> kind, device, fraction))

    def set_backend_config(self, object backend, object setting, object value):
        cdef bytes c_backend = c_text(backend, "backend config: backend")
        cdef bytes c_setting = c_text(setting, "backend config: setting")
        cdef bytes c_value = c_text(value, "backend config: value")
        check(TRITONSERVER_ServerOptionsSetBackendConfig(self.ptr, c_backend, c_setting, c_value))

    def set_host_policy(self, object policy, object setting, object value):
        cdef bytes c_policy = c_text(policy, "host policy: policy")
        cdef bytes c_setting = c_text(setting, "host policy: setting")
        cdef bytes c_value = c_text(value, "host policy: value")
        check(TRITONSERVER_ServerOptionsSetHostPolicy(self.ptr, c_policy, c_setting, c_value))

    def set_metrics_config(self, object name, object setting, object value):
        cdef bytes c_name = c_text(name, "metrics config: name")
        cdef bytes c_setting = c_text(setting, "metrics config: setting")
        cdef bytes c_value = c_text(value, "metrics config: value")
        check(TRITONSERVER_ServerOptionsSetMetricsConfig(self.ptr, c_name, c_setting, c_value))
