# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The settings of ``triton-py serve``: one documented structure, from which the flags are made.

A field ``http_port`` is the flag ``--http-port`` and the environment variable
``TRITON_PY_HTTP_PORT``; its help text, parser and default are written here and nowhere else (the
table in ``docs/serve.md`` is generated from this file). Flags of tritonserver that do not do
anything here are in ``foreign.py``.
"""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from triton_py.cli import trace_flags, values
from triton_py.cli.errors import UsageError
from triton_py.frontend.address import unix_path

LOOPBACK = "127.0.0.1"

SERVER = "Server"
REPOSITORY = "Model repository"
HTTP = "HTTP"
GRPC = "gRPC"
METRICS = "Metrics"
LOGGING = "Logging"
TRACING = "Tracing"
LIMITS = "Limits"
BACKEND = "Backend"
DEVICE = "Memory and devices"
_POSITIVE = values.integer(1, 2**31 - 1)
GROUPS = (SERVER, REPOSITORY, HTTP, GRPC, METRICS, BACKEND, DEVICE, LOGGING, TRACING, LIMITS)


@dataclass(frozen=True)
class Flag:
    """How one field of ``Settings`` appears on the command line."""

    group: str
    help: str
    #: Text to value; ``None`` is a flag without a value, which sets ``True``.
    parse: Callable[[str], Any] | None
    metavar: str = ""
    repeat: bool = False
    #: Other names of the same flag.
    aliases: tuple[str, ...] = ()
    #: What the help says the default is, where the value itself says little.
    default_text: str = ""


def _flag(default: Any, group: str, parse: Callable[[str], Any] | None, metavar: str,
          help: str, *, repeat: bool = False, aliases: tuple[str, ...] = (),
          default_text: str = "") -> Any:
    meta = {"flag": Flag(group, help, parse, metavar, repeat, aliases, default_text)}
    if repeat:
        return dataclasses.field(default_factory=list, metadata=meta)
    return dataclasses.field(default=default, metadata=meta)


@dataclass
class Settings:
    """Everything ``triton-py serve`` can be told. Defaults are tritonserver's, but for the
    addresses, which are loopback, and the backend directory, which is the shipped one."""

    demo: bool = _flag(
        False, SERVER, None, "",
        "Serve a real model without any preparation: magika, which tells the type of a file, and "
        "identity. Needs pip install 'triton-py[demo]'.")
    id: str = _flag(
        "triton", SERVER, str, "NAME", "Name of this server in its metadata.")
    exit_timeout_secs: int = _flag(
        30, SERVER, values.count, "SECONDS",
        "On SIGTERM or SIGINT, time for requests in flight to finish and for models to unload. "
        "When it is up the server exits with status 1.")
    strict_readiness: bool = _flag(
        True, SERVER, values.boolean, "BOOL",
        "Ready only while every model is ready; false: ready as soon as the server answers.")
    unix_socket_mode: int = _flag(
        0o600, SERVER, values.file_mode, "MODE",
        "Permissions, in octal, of the sockets that addresses of the form unix:PATH make.",
        default_text="600")

    model_repository: list[str] = _flag(
        None, REPOSITORY, values.nonempty("model-repository"), "DIR",
        "Directory with one folder per model, or a place in object storage (s3://, gs://, as://). "
        "Repeat it for several repositories.",
        repeat=True, aliases=("model-store",))
    exit_on_error: bool = _flag(
        True, REPOSITORY, values.boolean, "BOOL",
        "Exit with status 1 if a model fails to load at start-up; false: serve the others.")
    disable_auto_complete_config: bool = _flag(
        False, REPOSITORY, None, "",
        "Take config.pbtxt as it is: neither the server nor a backend completes it.")
    model_control_mode: str = _flag(
        "none", REPOSITORY, values.choice("model-control-mode", "none", "poll", "explicit"),
        "MODE",
        "none: load every model at start-up; explicit: load those of --load-model, then as the "
        "repository API asks; poll: watch the repository and follow its changes.")
    load_model: list[str] = _flag(
        None, REPOSITORY, values.nonempty("load-model"), "NAME",
        "Model to load at start-up in explicit mode; repeatable; * alone for all.", repeat=True)
    repository_poll_secs: int = _flag(
        15, REPOSITORY, values.integer(1, 2**31 - 1), "SECONDS",
        "Time between two polls in poll mode.")
    model_config_name: str = _flag(
        "", REPOSITORY, values.nonempty("model-config-name"), "NAME",
        "Use configs/NAME.pbtxt of a model where there is one, else its config.pbtxt.",
        default_text="config.pbtxt")
    model_load_thread_count: int = _flag(
        4, REPOSITORY, values.integer(1, 1024), "COUNT", "Models loaded at the same time.")
    model_load_retry_count: int = _flag(
        0, REPOSITORY, values.integer(0, 1000), "COUNT",
        "Further attempts to load a model that failed.")
    model_namespacing: bool = _flag(
        False, REPOSITORY, values.boolean, "BOOL",
        "Load models of one name from several repositories; requests for a name that is not unique "
        "are refused.")

    allow_http: bool = _flag(True, HTTP, values.boolean, "BOOL", "Serve HTTP.")
    http_address: str = _flag(
        LOOPBACK, HTTP, values.address("http-address"), "ADDRESS",
        "Address to listen on; 0.0.0.0 for every interface; unix:PATH for a Unix socket, to which "
        "the port means nothing.")
    http_port: int = _flag(
        8000, HTTP, values.port, "PORT", "Port to listen on; 0 for a free one, which is printed.")
    reuse_http_port: bool = _flag(
        False, HTTP, values.boolean, "BOOL",
        "Let several servers that all have this set listen on one port.")
    http_max_input_size: int = _flag(
        64 * 1024 * 1024, HTTP, values.positive_size("http-max-input-size"), "BYTES",
        "Largest JSON of a request, tensor in JSON, raw input or decompressed body.")

    http_header_forward_pattern: str = _flag(
        "", HTTP, values.pattern, "PATTERN",
        "Headers whose name contains a match of this regular expression (in any case) become "
        "request parameters.", default_text="none")
    http_restricted_api: list[values.Restricted] = _flag(
        None, HTTP, values.restricted("http-restricted-api", "api"), "APIS:KEY=VALUE",
        "Answer calls of these APIs (separated by commas: health, metadata, inference, "
        "shared-memory, model-config, model-repository, statistics, trace, logging) only to "
        "clients whose header KEY is VALUE; repeatable.", repeat=True)
    http_use_ssl: bool = _flag(
        False, HTTP, values.boolean, "BOOL", "Encrypt, with --http-server-cert and its key.")
    http_use_ssl_mutual: bool = _flag(
        False, HTTP, values.boolean, "BOOL",
        "Encrypt, and take only clients with a certificate that --http-root-cert signed.")
    http_server_cert: str = _flag(
        "", HTTP, str, "FILE", "The server's certificate, PEM.", default_text="none")
    http_server_key: str = _flag(
        "", HTTP, str, "FILE", "The certificate's key, PEM.", default_text="none")
    http_root_cert: str = _flag(
        "", HTTP, str, "FILE", "The certificate that signs those of clients, PEM.",
        default_text="none")

    allow_status_page: bool = _flag(
        True, HTTP, values.boolean, "BOOL",
        "Serve a page for people at /: models, live figures, a form that sends a request.")

    allow_grpc: bool = _flag(True, GRPC, values.boolean, "BOOL", "Serve gRPC.")
    grpc_address: str = _flag(
        LOOPBACK, GRPC, values.address("grpc-address"), "ADDRESS",
        "Address to listen on; unix:PATH for a Unix socket, to which the port means nothing.")
    grpc_port: int = _flag(
        8001, GRPC, values.port, "PORT", "Port to listen on; 0 for a free one, which is printed.")
    reuse_grpc_port: bool = _flag(
        False, GRPC, values.boolean, "BOOL",
        "Let several servers that all have this set listen on one port.")
    grpc_transport: str = _flag(
        "auto", GRPC, values.choice("grpc-transport", "auto", "nghttp2", "grpcio"), "TRANSPORT",
        "What carries the calls: nghttp2, grpcio, or auto, which is nghttp2 where that library is "
        "found and grpcio, with a warning, where not.")
    grpc_header_forward_pattern: str = _flag(
        "", GRPC, values.pattern, "PATTERN",
        "Metadata whose name contains a match of this regular expression (in any case) becomes "
        "request parameters.", default_text="none")
    grpc_restricted_protocol: list[values.Restricted] = _flag(
        None, GRPC, values.restricted("grpc-restricted-protocol", "protocol"),
        "PROTOCOLS:KEY=VALUE",
        "Answer calls of these protocols (as --http-restricted-api names them) only to clients "
        "whose metadata triton-grpc-protocol-KEY is VALUE; repeatable.", repeat=True)
    grpc_reflection: bool = _flag(
        True, GRPC, values.boolean, "BOOL",
        "Serve gRPC's server reflection, which describes the services and their messages.")
    grpc_infer_response_compression_level: str = _flag(
        "none", GRPC,
        values.choice("grpc-infer-response-compression-level", "none", "low", "medium", "high"),
        "LEVEL", "Compression of responses: none, low, medium or high.")
    grpc_use_ssl: bool = _flag(
        False, GRPC, values.boolean, "BOOL", "Encrypt, with --grpc-server-cert and its key.")
    grpc_use_ssl_mutual: bool = _flag(
        False, GRPC, values.boolean, "BOOL",
        "Encrypt, and take only clients with a certificate that --grpc-root-cert signed.")
    grpc_server_cert: str = _flag(
        "", GRPC, str, "FILE", "The server's certificate, PEM.", default_text="none")
    grpc_server_key: str = _flag(
        "", GRPC, str, "FILE", "The certificate's key, PEM.", default_text="none")
    grpc_root_cert: str = _flag(
        "", GRPC, str, "FILE", "The certificate that signs those of clients, PEM.",
        default_text="none")
    grpc_keepalive_time: int = _flag(
        7200000, GRPC, values.int32, "MILLISECONDS", "Time after which a ping is sent.")
    grpc_keepalive_timeout: int = _flag(
        20000, GRPC, values.int32, "MILLISECONDS",
        "Time for the answer to a ping before the connection is closed.")
    grpc_keepalive_permit_without_calls: bool = _flag(
        False, GRPC, values.boolean, "BOOL", "Send pings also while no call is in flight.")
    grpc_http2_max_pings_without_data: int = _flag(
        2, GRPC, values.count, "COUNT", "Pings without data in between; 0 for any number.")
    grpc_http2_min_recv_ping_interval_without_data: int = _flag(
        300000, GRPC, values.count, "MILLISECONDS",
        "A client's ping that comes sooner after the last one is a bad one.")
    grpc_http2_max_ping_strikes: int = _flag(
        2, GRPC, values.count, "COUNT",
        "Bad pings before the connection is closed; 0 for any number.")
    grpc_max_connection_age: int = _flag(
        0, GRPC, values.count, "MILLISECONDS", "Age at which a connection is closed; 0 for none.")
    grpc_max_connection_age_grace: int = _flag(
        0, GRPC, values.count, "MILLISECONDS",
        "Time for the calls of a connection that has reached its age; 0 for any.")

    allow_metrics: bool = _flag(
        True, METRICS, values.boolean, "BOOL", "Serve Prometheus metrics at /metrics.")
    metrics_address: str = _flag(
        "", METRICS, values.address("metrics-address"), "ADDRESS",
        "Address to listen on; unix:PATH for a Unix socket.",
        default_text="the address of --http-address, if that is a host")
    metrics_port: int = _flag(
        8002, METRICS, values.port, "PORT",
        "Port to listen on; 0 for a free one, which is printed.")
    allow_gpu_metrics: bool = _flag(
        True, METRICS, values.boolean, "BOOL", "Include GPU metrics where there is a GPU.")
    allow_cpu_metrics: bool = _flag(True, METRICS, values.boolean, "BOOL", "Include CPU metrics.")
    metrics_interval_ms: int = _flag(
        2000, METRICS, values.integer(1, 2**31 - 1), "MILLISECONDS",
        "Least time between two readings of the machine; a page in between shows the last one.")
    metrics_config: list[values.Setting] = _flag(
        None, METRICS, values.metrics_config, "KEY=VALUE",
        "counter_latencies, histogram_latencies or summary_latencies (true or false), or "
        "summary_quantiles (0.5:0.05,...); repeatable.", repeat=True)

    backend_directory: str = _flag(
        "", BACKEND, values.nonempty("backend-directory"), "DIR",
        "Directory searched for <name>/libtriton_<name>.so, after a model's own folders.",
        default_text="the shipped backends (triton-py config --backends)")
    repoagent_directory: str = _flag(
        "", BACKEND, values.nonempty("repoagent-directory"), "DIR",
        "Directory searched for <name>/libtritonrepoagent_<name>.so, before the shipped ones.",
        default_text="the shipped agents (triton-py config --repoagents)")
    backend_config: list[values.Setting] = _flag(
        None, BACKEND, values.backend_config, "[NAME,]KEY=VALUE",
        "A setting for backend NAME, or for every backend; repeatable.", repeat=True)
    watch_backends: bool = _flag(
        False, BACKEND, values.boolean, "BOOL",
        "For developers of backends: load a library anew when it has been built anew, and its models "
        "onto it.")

    host_policy: list[values.Setting] = _flag(
        None, DEVICE, values.named_setting("host-policy", "policy name"), "NAME,KEY=VALUE",
        "A setting (numa-node, cpu-cores) of a host policy that instance groups name; repeatable.",
        repeat=True)
    min_supported_compute_capability: float | None = _flag(
        None, DEVICE, values.number, "VERSION",
        "The least CUDA compute capability that backends are told to support.",
        default_text="6.0 where there is a GPU")
    pinned_memory_pool_byte_size: int = _flag(
        2**28, DEVICE, values.byte_size, "BYTES",
        "Pinned memory that backends may have at a time; 0 for none.")

    log_verbose: int = _flag(
        0, LOGGING, values.verbosity, "LEVEL", "Level of verbose messages; 0 for none.")
    log_info: bool = _flag(True, LOGGING, values.boolean, "BOOL", "Print messages of level info.")
    log_warning: bool = _flag(True, LOGGING, values.boolean, "BOOL", "Print warnings.")
    log_error: bool = _flag(True, LOGGING, values.boolean, "BOOL", "Print errors.")
    log_format: str = _flag(
        "default", LOGGING, values.choice("log-format", "default", "ISO8601", "json", fold=False),
        "FORMAT",
        "default: LMMDD hh:mm:ss.ssssss; ISO8601: YYYY-MM-DDThh:mm:ssZ L; json: an object on each "
        "line.")
    log_file: str = _flag(
        "", LOGGING, values.nonempty("log-file"), "FILE", "Write messages to this file.",
        default_text="the terminal")
    access_log: str = _flag(
        "", LOGGING, values.nonempty("access-log"), "FILE",
        "Write a line for each HTTP request and gRPC call to this file; - for standard output.",
        default_text="none")
    access_log_format: str = _flag(
        "line", LOGGING, values.choice("access-log-format", "line", "json"), "FORMAT",
        "line: fields with spaces between; json: a JSON object a line.")

    trace_config: list[values.Setting] = _flag(
        None, TRACING, trace_flags.trace_config, "[MODE,]KEY=VALUE",
        "A setting of the tracing; repeatable. level: OFF (default), TIMESTAMPS or TENSORS, the last "
        "two also together; rate: one of so many requests (1000); count: so many traces at most "
        "(-1: any number); mode: triton (default) or opentelemetry; triton,file; "
        "triton,log-frequency: traces to a numbered file (0: one file for all); opentelemetry,url; "
        "opentelemetry,resource=KEY=VALUE; opentelemetry,bsp_max_queue_size, "
        "bsp_schedule_delay (milliseconds) and bsp_max_export_batch_size.", repeat=True)

    http_max_body_size: int = _flag(
        2**31 - 1, LIMITS, _POSITIVE, "BYTES", "Largest HTTP request body as it is sent.")
    http_max_header_size: int = _flag(
        64 * 1024, LIMITS, values.integer(256, 16 * 1024 * 1024), "BYTES",
        "Request line and header fields together.")
    http_max_headers: int = _flag(
        100, LIMITS, values.integer(1, 128), "COUNT", "Header fields of an HTTP request.")
    http_max_chunks: int = _flag(
        65536, LIMITS, _POSITIVE, "COUNT", "Chunks of an HTTP request body.")
    http_max_inputs: int = _flag(
        1024, LIMITS, _POSITIVE, "COUNT", "Inputs of an HTTP inference request.")
    http_max_outputs: int = _flag(
        1024, LIMITS, _POSITIVE, "COUNT", "Requested outputs of an HTTP inference request.")
    http_max_pipelined: int = _flag(
        64, LIMITS, _POSITIVE, "COUNT", "Requests of a connection that wait for their answers.")
    http_max_stream_backlog: int = _flag(
        64 * 1024 * 1024, LIMITS, _POSITIVE, "BYTES",
        "Responses of generate_stream that wait on a connection, before the request is cancelled.")
    http_max_connections: int = _flag(
        8192, LIMITS, _POSITIVE, "COUNT", "HTTP connections; one more is answered 503.")
    http_header_timeout: float = _flag(
        30.0, LIMITS, values.seconds, "SECONDS",
        "From the first byte of a request to the end of its header.")
    http_body_timeout: float = _flag(
        60.0, LIMITS, values.seconds, "SECONDS", "Without a further byte of a request's body.")
    http_idle_timeout: float = _flag(
        0.0, LIMITS, values.seconds, "SECONDS",
        "Without a request on a connection; 0 for any time.")
    http_send_timeout: float = _flag(
        60.0, LIMITS, values.seconds, "SECONDS", "Without the client taking a byte of an answer.")
    grpc_max_message_size: int = _flag(
        2**31 - 1, LIMITS, values.integer(1, 2**31 - 1), "BYTES",
        "Largest gRPC message, received or sent.")
    grpc_max_concurrent_calls: int = _flag(
        0, LIMITS, values.count, "COUNT",
        "gRPC calls at a time; one more is answered RESOURCE_EXHAUSTED. 0 for any number.")
    grpc_max_tensors: int = _flag(
        4096, LIMITS, _POSITIVE, "COUNT", "Inputs, outputs or raw contents of a gRPC request.")
    grpc_max_parameters: int = _flag(
        1024, LIMITS, _POSITIVE, "COUNT", "Parameters of a gRPC request or of one of its tensors.")
    grpc_max_stream_backlog: int = _flag(
        1024, LIMITS, _POSITIVE, "COUNT",
        "Requests of a gRPC stream that wait, before no more are read from it.")
    grpc_max_stream_backlog_bytes: int = _flag(
        64 * 1024 * 1024, LIMITS, _POSITIVE, "BYTES",
        "Responses of a gRPC stream that wait for a slow client, before no more requests are read "
        "from it; a decoupled model's request that goes on beyond that is cancelled.")
    grpc_max_connections: int = _flag(
        8192, LIMITS, _POSITIVE, "COUNT",
        "gRPC connections at a time; further ones are closed. With nghttp2 only.")
    grpc_max_streams: int = _flag(
        1024, LIMITS, _POSITIVE, "COUNT",
        "Calls of one gRPC connection at a time; further ones wait at the client. With nghttp2 "
        "only.")
    grpc_max_header_size: int = _flag(
        16 * 1024, LIMITS, values.integer(1024, 60 * 1024), "BYTES",
        "Header fields of a gRPC call together. With nghttp2 only.")
    grpc_send_timeout: float = _flag(
        60.0, LIMITS, values.seconds, "SECONDS",
        "Without the client taking a byte of an answer. With nghttp2 only.")
    debug_endpoints: bool = _flag(
        False, SERVER, values.boolean, "BOOL",
        "Serve GET /v2/debug/objects: how many objects the core has alive.")



def flags() -> dict[str, Flag]:
    """Flag name, as ``http-port``, to its description, in the order of the help."""
    return {
        f.name.replace("_", "-"): f.metadata["flag"] for f in dataclasses.fields(Settings)
    }


def defaults() -> dict[str, Any]:
    """Flag name to default value."""
    settings = Settings()
    return {
        f.name.replace("_", "-"): getattr(settings, f.name) for f in dataclasses.fields(Settings)
    }


def check(settings: Settings) -> None:
    """The rules between flags, as tritonserver has them.

    Fills ``metrics_address`` from ``http_address`` where it was not given.

    :raises UsageError: one sentence naming the flags that do not go together.
    """
    if settings.load_model and settings.model_control_mode != "explicit":
        raise UsageError(
            "Error: Use of '--load-model' requires setting '--model-control-mode=explicit' as well."
        )
    if "*" in settings.load_model and len(set(settings.load_model)) > 1:
        raise UsageError(
            "Error: '--load-model=*' loads every model and must be the only '--load-model'."
        )
    if not settings.model_repository and not settings.demo:
        raise UsageError(
            "Error: no model repository: give --model-repository=DIR, or --demo to see a model "
            "served without any preparation."
        )
    if not (settings.allow_http or settings.allow_grpc):
        raise UsageError("Error: --allow-http=false and --allow-grpc=false leave nothing to serve.")
    _check_tls(settings, "http")
    _check_tls(settings, "grpc")
    _check_restricted("http-restricted-api", "api", settings.http_restricted_api)
    _check_restricted("grpc-restricted-protocol", "protocol", settings.grpc_restricted_protocol)
    settings.metrics_address = settings.metrics_address or (
        settings.http_address if unix_path(settings.http_address) is None else LOOPBACK)
    settings.model_repository = list(dict.fromkeys(settings.model_repository))
    settings.load_model = list(dict.fromkeys(settings.load_model))
    if not settings.allow_metrics:
        settings.allow_gpu_metrics = settings.allow_cpu_metrics = False
    _check_ports(settings)


def _check_tls(settings: Settings, protocol: str) -> None:
    mutual = getattr(settings, f"{protocol}_use_ssl_mutual")
    # As in Triton, mutual authentication turns encryption on.
    used = getattr(settings, f"{protocol}_use_ssl") or mutual
    setattr(settings, f"{protocol}_use_ssl", used)
    for name, needed in (("server_cert", used), ("server_key", used), ("root_cert", mutual)):
        flag = f"--{protocol}-{name.replace('_', '-')}"
        given = getattr(settings, f"{protocol}_{name}")
        if needed and not given:
            raise UsageError(f"Error: --{protocol}-use-ssl needs {flag}=FILE.")
        # tritonserver takes gRPC's files and does nothing with them.
        if given and not used and protocol == "http":
            raise UsageError(f"Error: {flag} does nothing without --{protocol}-use-ssl=true.")


def _check_restricted(flag: str, kind: str, groups: list[values.Restricted]) -> None:
    seen: set[str] = set()
    for group in groups:
        for category in group.categories:
            if category in seen:
                raise UsageError(
                    f'Bad option: "--{flag}".\nrestricted {kind} \'{category}\' can not be '
                    "specified in multiple config groups")
            seen.add(category)


def _check_ports(settings: Settings) -> None:
    for name in ("http", "grpc"):
        if getattr(settings, f"reuse_{name}_port") and unix_path(
                getattr(settings, f"{name}_address")) is not None:
            raise UsageError(
                f"Error: --reuse-{name}-port means nothing to a Unix socket, which one server has.")
    taken: dict[str, str] = {}
    for name, allowed, address, port in (
        ("HTTP", settings.allow_http, settings.http_address, settings.http_port),
        ("GRPC", settings.allow_grpc, settings.grpc_address, settings.grpc_port),
        ("metrics", settings.allow_metrics, settings.metrics_address, settings.metrics_port),
    ):
        path = unix_path(address)
        if not allowed or (path is None and port == 0):
            continue
        where = f"{address}:{port}" if path is None else f"unix:{os.path.abspath(path)}"
        other = taken.setdefault(where, name)
        if other != name:
            raise UsageError(
                f"The server cannot listen to {other} requests and {name} requests at the same "
                f"address and port {where}"
            )
