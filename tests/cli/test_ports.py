# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Settings reach the front ends, and the flags' defaults are the front ends' own."""

from __future__ import annotations

import dataclasses

from triton_py.cli import ports
from triton_py.cli.serve_parser import parse
from triton_py.cli.settings import Settings, defaults, flags
from triton_py.cli.values import restricted
from triton_py.frontend.restriction import Restriction
from triton_py.frontend.tls import Tls
from triton_py.grpc.options import CompressionLevel, GrpcOptions, Transport
from triton_py.http.options import HttpOptions, MetricsOptions


def test_defaults_are_the_front_ends():
    assert ports._http_options(Settings()) == HttpOptions()
    assert ports._grpc_options(Settings()) == GrpcOptions()
    assert defaults()["metrics-port"] == MetricsOptions().port


def test_each_http_setting_arrives():
    changed = {"http_max_input_size": 1, "http_max_body_size": 2, "http_max_header_size": 300,
               "http_max_headers": 4, "http_max_chunks": 5, "http_max_inputs": 6,
               "http_max_outputs": 7, "http_max_pipelined": 8, "http_max_connections": 9,
               "http_max_stream_backlog": 10,
               "http_header_timeout": 1.5, "http_body_timeout": 2.5, "http_idle_timeout": 3.5,
               "http_send_timeout": 4.5, "http_address": "127.0.0.2", "http_port": 11,
               "reuse_http_port": True, "http_header_forward_pattern": "x",
               "allow_status_page": False, "model_control_mode": "poll",
               "debug_endpoints": True, "unix_socket_mode": 0o666, "http_use_ssl": True,
               "http_server_cert": "c", "http_server_key": "k",
               "http_restricted_api": [restricted("http-restricted-api", "api")("health:a=b")]}
    made = dataclasses.asdict(ports._http_options(Settings(**changed)))
    plain = dataclasses.asdict(HttpOptions())
    same = {name for name in made if made[name] == plain[name]}
    assert same == {"min_compress_size"}, "settings that did not arrive"


def test_grpc_settings_arrive():
    settings, _ = parse(
        ["--model-repository=/m", "--grpc-use-ssl-mutual=on", "--grpc-server-cert=c",
         "--grpc-server-key=k", "--grpc-root-cert=r", "--grpc-keepalive-time=5",
         "--grpc-infer-response-compression-level=HIGH", "--grpc-header-forward-pattern=x-.*",
         "--grpc-max-concurrent-calls=3", "--grpc-max-tensors=9", "--grpc-transport=grpcio",
         "--grpc-max-streams=7", "--grpc-max-connections=8", "--grpc-max-header-size=2000",
         "--grpc-send-timeout=2.5", "--grpc-reflection=off", "--unix-socket-mode=0660",
         "--grpc-restricted-protocol=health,trace:Key=v", "--grpc-address=unix:/tmp/s"], {})
    made = ports._grpc_options(settings)
    assert made.tls == Tls("c", "k", "r", mutual=True)
    assert made.keep_alive.time_ms == 5
    assert made.compression is CompressionLevel.HIGH
    assert made.header_forward_pattern == "x-.*"
    assert (made.max_concurrent_calls, made.max_tensors) == (3, 9)
    assert made.transport is Transport.GRPCIO
    assert (made.max_streams, made.max_connections) == (7, 8)
    assert (made.max_header_size, made.send_timeout) == (2000, 2.5)
    assert (made.reflection, made.unix_socket_mode) == (False, 0o660)
    assert made.address == made.where == "unix:/tmp/s"
    needed = Restriction("triton-grpc-protocol-key", "v")
    assert made.restricted == {"health": needed, "trace": needed}


def test_http_restrictions_and_tls_arrive():
    settings, _ = parse(
        ["--model-repository=/m", "--http-restricted-api=inference:Key=a=b:c",
         "--http-restricted-api=model-repository,logging:admin=x", "--http-use-ssl-mutual=1",
         "--http-server-cert=c", "--http-server-key=k", "--http-root-cert=r"], {})
    made = ports._http_options(settings)
    admin = Restriction("admin", "x")
    assert made.restricted == {"inference": Restriction("Key", "a=b:c"),
                               "model-repository": admin, "logging": admin}
    assert made.tls == Tls("c", "k", "r", mutual=True)


def test_what_a_hang_up_is_for():
    for arguments, expected in (((), False), (("--access-log=-",), False),
                                (("--access-log=/tmp/l",), True),
                                (("--http-use-ssl=1", "--http-server-cert=c",
                                  "--http-server-key=k"), True),
                                (("--grpc-use-ssl=1", "--grpc-server-cert=c",
                                  "--grpc-server-key=k"), True)):
        settings, _ = parse(["--model-repository=/m", *arguments], {})
        assert ports.Ports(settings).can_reload is expected, arguments


def test_every_limit_has_a_flag():
    for prefix, options in (("http", HttpOptions), ("grpc", GrpcOptions)):
        names = {f.name for f in dataclasses.fields(options) if f.name.startswith("max_")}
        for name in names - {"max_message_bytes"}:
            assert f"{prefix}-{name.replace('_', '-')}" in flags()
