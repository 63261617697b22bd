# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""serve's flags: every one of tritonserver's is known, and none is swallowed in silence."""

from __future__ import annotations

from argparse import ArgumentTypeError

import pytest

from triton_py.cli import foreign, launch
from triton_py.cli.errors import UsageError
from triton_py.cli.serve_parser import build_parser, parse
from triton_py.cli.settings import Settings, flags
from triton_py.repository import storage

REPOSITORY = "--model-repository=/models"

# tritonserver 2.73's flags, as its --help lists them.
TRITON_FLAGS = """
id exit-timeout-secs model-store model-repository exit-on-error disable-auto-complete-config
strict-readiness model-control-mode repository-poll-secs load-model model-config-name
model-load-thread-count model-load-retry-count model-namespacing enable-peer-access allow-http
http-address http-port reuse-http-port http-header-forward-pattern http-thread-count
http-max-input-size http-restricted-api allow-grpc grpc-address grpc-port reuse-grpc-port
grpc-header-forward-pattern grpc-infer-thread-count grpc-infer-allocation-pool-size
grpc-max-response-pool-size grpc-use-ssl grpc-use-ssl-mutual grpc-server-cert grpc-server-key
grpc-root-cert grpc-infer-response-compression-level grpc-keepalive-time grpc-keepalive-timeout
grpc-keepalive-permit-without-calls grpc-http2-max-pings-without-data
grpc-http2-min-recv-ping-interval-without-data grpc-http2-max-ping-strikes grpc-max-connection-age
grpc-max-connection-age-grace grpc-restricted-protocol log-verbose log-info log-warning log-error
log-format log-file allow-sagemaker sagemaker-port sagemaker-safe-port-range sagemaker-thread-count
allow-vertex-ai vertex-ai-port vertex-ai-thread-count vertex-ai-default-model allow-metrics
allow-gpu-metrics allow-cpu-metrics metrics-address metrics-port metrics-interval-ms metrics-config
trace-config cache-config cache-directory rate-limit rate-limit-resource
pinned-memory-pool-byte-size cuda-memory-pool-byte-size cuda-virtual-address-size
min-supported-compute-capability buffer-manager-thread-count host-policy model-load-gpu-limit
allow-client-shm backend-directory backend-config repoagent-directory strict-model-config
response-cache-byte-size trace-file trace-level trace-rate trace-count trace-log-frequency
""".split()  # noqa: SIM905  a list would be a hundred lines


def settings(*arguments: str, environ: dict[str, str] | None = None) -> Settings:
    return parse(arguments, environ or {})[0]


def failure(*arguments: str, environ: dict[str, str] | None = None) -> str:
    with pytest.raises(UsageError) as caught:
        parse(arguments, environ or {})
    return str(caught.value)


@pytest.mark.parametrize("name", TRITON_FLAGS)
def test_every_triton_flag_is_known_and_in_the_help(name):
    parser = build_parser()
    assert f"--{name}" in parser._option_string_actions
    assert f"--{name}" in parser.format_help()


def test_defaults_are_tritons_but_for_loopback():
    s = settings(REPOSITORY)
    assert (s.http_port, s.grpc_port, s.metrics_port) == (8000, 8001, 8002)
    assert (s.http_address, s.grpc_address, s.metrics_address) == ("127.0.0.1",) * 3
    assert s.exit_timeout_secs == 30
    assert s.exit_on_error is True
    assert s.strict_readiness is True
    assert s.model_control_mode == "none"
    assert s.http_max_input_size == 64 * 1024 * 1024


def test_both_spellings_of_a_value():
    assert settings(REPOSITORY, "--http-port", "9000").http_port == 9000
    assert settings("--model-repository", "/models", "--http-port=9000").http_port == 9000


def test_a_value_may_begin_with_a_dash():
    assert settings(REPOSITORY, "--id", "-x").id == "-x"
    assert "out of bound" in failure(REPOSITORY, "--http-port", "-1")


def test_repeated_flags_keep_their_order_and_drop_doubles():
    s = settings("--model-repository=/b", "--model-store", "/a", "--model-repository=/b",
                 "--backend-config=x,k=1", "--backend-config", "k=2")
    assert s.model_repository == ["/b", "/a"]
    assert s.backend_config == [("x", "k", "1"), ("", "k", "2")]


def test_object_storage_is_told_from_folders_as_the_server_does():
    assert launch.REMOTE_SCHEMES == storage.REMOTE_SCHEMES


def test_namespaces_and_watching_are_off_until_asked_for():
    assert not settings(REPOSITORY).model_namespacing
    assert not settings(REPOSITORY).watch_backends
    given = settings(REPOSITORY, "--model-namespacing=true", "--watch-backends=1")
    assert given.model_namespacing and given.watch_backends


def test_metrics_address_follows_http():
    assert settings(REPOSITORY, "--http-address=0.0.0.0").metrics_address == "0.0.0.0"
    s = settings(REPOSITORY, "--http-address=0.0.0.0", "--metrics-address=127.0.0.1")
    assert s.metrics_address == "127.0.0.1"


def test_an_unambiguous_beginning_of_a_flag_is_enough_as_with_getopt():
    assert settings("--model-repo=/models").model_repository == ["/models"]


@pytest.mark.parametrize("arguments, message", [
    ((REPOSITORY, "--http-port=abc"), 'Bad option: "--http-port".\nInvalid option value. Got abc'),
    ((REPOSITORY, "--allow-http=maybe"), "invalid value for bool option: maybe"),
    ((REPOSITORY, "--model-control-mode=x"), "invalid argument for --model-control-mode"),
    ((REPOSITORY, "--log-format=iso8601"), "invalid argument for --log-format"),
    ((REPOSITORY, "--http-max-input-size=0"), "--http-max-input-size must be greater than 0"),
    ((REPOSITORY, "--grpc-infer-thread-count=1"), "2 to 128"),
    ((REPOSITORY, "--htp-port=1"), 'Unrecognized option: "--htp-port". Did you mean "--http-port"?'),
    ((REPOSITORY, "stray"), "Unexpected argument: stray"),
    ((REPOSITORY, "--http-port"), "The flag needs a value."),
    ((REPOSITORY, "--load-model=m"), "requires setting '--model-control-mode=explicit' as well"),
    ((REPOSITORY, "--model-control-mode=explicit", "--load-model=*", "--load-model=m"),
     "must be the only"),
    ((REPOSITORY, "--http-port=8001"),
     "HTTP requests and GRPC requests at the same address and port 127.0.0.1:8001"),
    ((REPOSITORY, "--metrics-port=8000"), "HTTP requests and metrics requests"),
    ((REPOSITORY, "--allow-http=0", "--allow-grpc=off"), "leave nothing to serve"),
    ((), "no model repository"),
    ((REPOSITORY, "--grpc-use-ssl=true", "--grpc-server-cert=c"), "needs --grpc-server-key=FILE"),
    ((REPOSITORY, "--grpc-use-ssl-mutual=true", "--grpc-server-cert=c", "--grpc-server-key=k"),
     "needs --grpc-root-cert=FILE"),
    ((REPOSITORY, "--grpc-header-forward-pattern=("), "is no regular expression"),
    ((REPOSITORY, "--http-use-ssl=true", "--http-server-key=k"), "needs --http-server-cert=FILE"),
    ((REPOSITORY, "--http-use-ssl-mutual=true", "--http-server-cert=c", "--http-server-key=k"),
     "needs --http-root-cert=FILE"),
    ((REPOSITORY, "--http-server-cert=c"), "--http-server-cert does nothing without --http-use-ssl"),
    ((REPOSITORY, "--http-root-cert=c"), "--http-root-cert does nothing without --http-use-ssl"),
    ((REPOSITORY, "--http-use-ssl=maybe"), "invalid value for bool option"),
    ((REPOSITORY, "--http-restricted-api=health"),
     "--http-restricted-api option format is '<api>[,<api>...]:<key>=<value>'. Got health"),
    ((REPOSITORY, "--http-restricted-api=health:k"), "option format is"),
    ((REPOSITORY, "--http-restricted-api=health=v"), "option format is"),
    ((REPOSITORY, "--http-restricted-api=:k=v"), "option format is"),
    ((REPOSITORY, "--http-restricted-api=health:=v"), "option format is"),
    ((REPOSITORY, "--http-restricted-api=health:k="), "option format is"),
    ((REPOSITORY, "--http-restricted-api=model-reposit,health:k=v"),
     "unknown restricted api 'model-reposit'"),
    ((REPOSITORY, "--http-restricted-api=health,:k=v"), "unknown restricted api ''"),
    ((REPOSITORY, "--http-restricted-api=Health:k=v"), "unknown restricted api 'Health'"),
    ((REPOSITORY, "--http-restricted-api=health:a b=v"), "'a b' can be no header's name"),
    ((REPOSITORY, "--http-restricted-api=health:k= v"), "can't be sent in a header"),
    ((REPOSITORY, "--http-restricted-api=model-repository,health:k1=v1",
      "--http-restricted-api=metadata,health:k2=v2"),
     "restricted api 'health' can not be specified in multiple config groups"),
    ((REPOSITORY, "--http-restricted-api=health,health:k=v"),
     "restricted api 'health' can not be specified in multiple config groups"),
    ((REPOSITORY, "--grpc-restricted-protocol=infer:k=v"), "unknown restricted protocol 'infer'"),
    ((REPOSITORY, "--grpc-restricted-protocol=health:k"), "'<protocol>[,<protocol>...]:<key>=<value>'"),
    ((REPOSITORY, "--grpc-restricted-protocol=health:k-bin=v"), "can be no name of gRPC's metadata"),
    ((REPOSITORY, "--grpc-restricted-protocol=health:k!=v"), "can be no name of gRPC's metadata"),
    ((REPOSITORY, "--grpc-restricted-protocol=health:k=v", "--grpc-restricted-protocol=health:l=w"),
     "restricted protocol 'health' can not be specified in multiple config groups"),
    ((REPOSITORY, "--http-address=unix:"), "--http-address: 'unix:' names no file"),
    ((REPOSITORY, "--http-address="), "empty argument for --http-address"),
    ((REPOSITORY, "--grpc-address=unix://a/b"), "begins with a slash"),
    ((REPOSITORY, "--grpc-address=unix-abstract:a"), "is no address to listen on"),
    ((REPOSITORY, "--metrics-address=unix:/" + "a" * 107), "longer than 107 bytes"),
    ((REPOSITORY, "--http-address=unix:/a", "--grpc-address=unix:///a"),
     "HTTP requests and GRPC requests at the same address and port unix:/a"),
    ((REPOSITORY, "--http-address=unix:/a", "--reuse-http-port=1"), "--reuse-http-port means nothing"),
    ((REPOSITORY, "--grpc-address=unix:/a", "--reuse-grpc-port=1"), "--reuse-grpc-port means nothing"),
    ((REPOSITORY, "--unix-socket-mode=rw"), "expected three octal digits"),
    ((REPOSITORY, "--unix-socket-mode=888"), "expected three octal digits"),
    ((REPOSITORY, "--unix-socket-mode=1777"), "expected three octal digits"),
    ((REPOSITORY, "--unix-socket-mode=77"), "expected three octal digits"),
    ((REPOSITORY, "--access-log="), "empty argument for --access-log"),
    ((REPOSITORY, "--access-log-format=xml"), "invalid argument for --access-log-format"),
    ((REPOSITORY, "--grpc-reflection=perhaps"), "invalid value for bool option"),
])
def test_mistakes_are_named(arguments, message):
    assert message in failure(*arguments)


@pytest.mark.parametrize("argument", [
    "--http-restricted-api=health=s3cret", "--http-restricted-api=health:a b=s3cret",
    "--http-restricted-api=nope:k=s3cret", "--http-restricted-api=health:k=s3cret ",
    "--grpc-restricted-protocol=health:k!=s3cret", "--grpc-restricted-protocol=:k=s3cret"])
def test_mistakes_do_not_tell_secrets(argument):
    assert "s3cret" not in failure(REPOSITORY, argument)


def test_restrictions_from_the_environment():
    s = settings(REPOSITORY, environ={
        "TRITON_PY_HTTP_RESTRICTED_API": "health:a=b;trace,logging:c=d"})
    assert [g.categories for g in s.http_restricted_api] == [("health",), ("trace", "logging")]


def test_the_address_of_metrics_is_a_host_unless_said_otherwise():
    assert settings(REPOSITORY, "--http-address=unix:/a").metrics_address == "127.0.0.1"
    s = settings(REPOSITORY, "--http-address=unix:/a", "--metrics-address=unix:/b")
    assert s.metrics_address == "unix:/b"


def test_unix_sockets_share_no_port():
    s = settings(REPOSITORY, "--http-address=unix:/a", "--grpc-address=unix:/b", "--http-port=8001")
    assert s.http_address == "unix:/a"


def test_equal_ports_are_fine_where_they_cannot_meet():
    assert settings(REPOSITORY, "--http-port=8001", "--grpc-address=127.0.0.2").http_port == 8001
    assert settings(REPOSITORY, "--http-port=8001", "--allow-grpc=false").http_port == 8001
    assert settings(REPOSITORY, "--http-port=0", "--grpc-port=0").http_port == 0


@pytest.mark.parametrize("name", foreign.MISSING)
def test_a_missing_feature_is_refused_and_never_ignored(name):
    flag = foreign.MISSING[name]
    example = next(text for text in ("true", "high", "execution_count", "0:1", "7", "x,a=b")
                   if _parses(flag, text))
    assert flag.parse(example) not in flag.neutral
    message = failure(REPOSITORY, f"--{name}={example}")
    assert f'Bad option: "--{name}"' in message
    assert "not supported yet by triton-py" in message


def _parses(flag: foreign.Missing, text: str) -> bool:
    try:
        flag.parse(text)
    except (ArgumentTypeError, ValueError):
        return False
    return True


@pytest.mark.parametrize("argument", [
    "--allow-sagemaker=false", "--rate-limit=off", "--allow-client-shm=0",
])
def test_the_value_that_leaves_a_missing_feature_off_is_accepted(argument):
    assert parse((REPOSITORY, argument), {})[1] == []


@pytest.mark.parametrize("argument", [
    "--http-thread-count=8", "--grpc-infer-thread-count=4", "--grpc-infer-allocation-pool-size=8",
    "--grpc-max-response-pool-size=1",
])
def test_a_flag_without_effect_warns(argument):
    _, warnings = parse((REPOSITORY, argument), {})
    assert len(warnings) == 1
    assert "has no effect in triton-py" in warnings[0]


@pytest.mark.parametrize("name", foreign.DEPRECATED_MISSING)
def test_deprecated_flags_of_missing_features(name):
    missing, instead = foreign.DEPRECATED_MISSING[name]
    if missing.neutral:
        _, warnings = parse((REPOSITORY, f"--{name}={missing.neutral[0]}"), {})
        assert len(warnings) == 1 and instead in warnings[0]
    assert "not supported yet" in failure(REPOSITORY, f"--{name}=7")


def test_strict_model_config():
    chosen, warnings = parse((REPOSITORY, "--strict-model-config=true"), {})
    assert chosen.disable_auto_complete_config is True
    assert "has been deprecated" in warnings[0]
    assert settings(REPOSITORY, "--strict-model-config=0").disable_auto_complete_config is False
    chosen, warnings = parse(
        (REPOSITORY, "--disable-auto-complete-config", "--strict-model-config=false"), {})
    assert chosen.disable_auto_complete_config is True
    assert any("Overriding deprecated '--strict-model-config'" in w for w in warnings)


def test_environment_is_overlaid_by_the_command_line():
    environ = {"TRITON_PY_HTTP_PORT": "9000", "TRITON_PY_GRPC_PORT": "9001",
               "TRITON_PY_MODEL_REPOSITORY": "/a;/b", "TRITON_PY_DEMO": "false", "HTTP_PORT": "1"}
    s = settings("--grpc-port=9101", environ=environ)
    assert (s.http_port, s.grpc_port, s.model_repository) == (9000, 9101, ["/a", "/b"])
    assert s.demo is False


def test_a_repeated_flag_replaces_its_variable():
    s = settings(REPOSITORY, environ={"TRITON_PY_MODEL_REPOSITORY": "/a;/b"})
    assert s.model_repository == ["/models"]


def test_mistakes_in_the_environment_are_named():
    text = failure(REPOSITORY, environ={"TRITON_PY_HTTP_PORT": "abc"})
    assert 'Bad environment variable: "TRITON_PY_HTTP_PORT"' in text
    _, warnings = parse((REPOSITORY,), {"TRITON_PY_HTP_PORT": "1"})
    assert "did you mean TRITON_PY_HTTP_PORT?" in warnings[0]
    assert parse((REPOSITORY,), {"TRITON_PY_DEBUG": "1", "TRITON_PY_JOBS": "2"})[1] == []


def test_each_setting_is_documented():
    for name, flag in flags().items():
        assert flag.help.endswith("."), name
        assert flag.metavar or flag.parse is None, name
