# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Credentials for object storage: from environment variables, or from Triton's credential file.

The file is what TRITON_CLOUD_CREDENTIAL_PATH names; where that is set, the variables of the services
don't count. It is read whenever credentials are needed, so that changed ones are taken up.
"""

from __future__ import annotations

import json
import os
from typing import Any

from triton_py.errors import InvalidArgumentError

CREDENTIAL_FILE = "TRITON_CLOUD_CREDENTIAL_PATH"

#: scheme -> field of the credential file -> environment variable ("": the file alone has it)
FIELDS: dict[str, dict[str, str]] = {
    "s3": {
        "secret_key": "AWS_SECRET_ACCESS_KEY",
        "key_id": "AWS_ACCESS_KEY_ID",
        "region": "AWS_DEFAULT_REGION",
        "session_token": "AWS_SESSION_TOKEN",
        "profile": "AWS_PROFILE",
    },
    "gs": {"path": "GOOGLE_APPLICATION_CREDENTIALS"},
    "as": {
        "account_str": "AZURE_STORAGE_ACCOUNT",
        "auth_type": "AZURE_STORAGE_AUTH_TYPE",
        "account_key": "AZURE_STORAGE_KEY",
        "client_id": "AZURE_STORAGE_CLIENT_ID",
        "connection_string": "AZURE_STORAGE_CONNECTION_STRING",
    },
}

Credential = dict[str, str]


def credential_for(scheme: str, path: str) -> Credential:
    """What a path is opened with: the fields of ``FIELDS`` that have a value.

    Raises:
        InvalidArgumentError: the credential file can't be read, says something that is no
            credential, or has none for this path.
    """
    file = os.environ.get(CREDENTIAL_FILE)
    if file is None:
        values = {field: os.environ.get(name, "") for field, name in FIELDS[scheme].items()}
    else:
        values = _matching(_entries(file, scheme), path, file)
    return {field: value for field, value in values.items() if value}


def _entries(file: str, scheme: str) -> dict[str, Credential]:
    """Path prefix to credential, of one service."""
    try:
        with open(file, encoding="utf-8") as stream:
            content = json.load(stream)
    except OSError as error:
        raise InvalidArgumentError(
            f"{CREDENTIAL_FILE}: '{file}' can't be read: {error.strerror}"
        ) from error
    except ValueError as error:
        raise InvalidArgumentError(f"{CREDENTIAL_FILE}: '{file}' is no JSON: {error}") from error
    entries = content.get(scheme, {}) if isinstance(content, dict) else None
    if not isinstance(entries, dict):
        raise InvalidArgumentError(
            f"{CREDENTIAL_FILE}: '{file}' must hold an object with an object '{scheme}' of "
            "credentials by path"
        )
    return {prefix: _credential(file, scheme, prefix, value) for prefix, value in entries.items()}


def _credential(file: str, scheme: str, prefix: str, value: Any) -> Credential:
    where = f"{CREDENTIAL_FILE}: '{file}': the credential '{prefix}' of '{scheme}'"
    if scheme == "gs":
        value = {"path": value}
    if not isinstance(value, dict):
        raise InvalidArgumentError(f"{where} must be an object")
    unknown = sorted(value.keys() - FIELDS[scheme].keys())
    if unknown:
        raise InvalidArgumentError(
            f"{where} has the unknown field '{unknown[0]}'; there are "
            f"{', '.join(sorted(FIELDS[scheme]))}"
        )
    for field, text in value.items():
        if not isinstance(text, str):
            raise InvalidArgumentError(f"{where}: '{field}' must be a string")
    return dict(value)


def _matching(entries: dict[str, Credential], path: str, file: str) -> Credential:
    """The credential whose name is the longest beginning of the path."""
    names = [name for name in entries if path.startswith(name)]
    if not names:
        raise InvalidArgumentError(f"{CREDENTIAL_FILE}: '{file}' has no credential for '{path}'")
    return entries[max(names, key=len)]
