# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Opening object storage: an fsspec file system for each service, server and credential."""

from __future__ import annotations

import importlib
import os
import threading
from typing import Any

from triton_py.errors import InvalidArgumentError, UnsupportedError
from triton_py.repository.remote.credentials import Credential
from triton_py.repository.remote.urls import Place

#: scheme -> module and class of the fsspec file system
_CLASSES = {
    "s3": ("s3fs", "S3FileSystem"),
    "gs": ("gcsfs", "GCSFileSystem"),
    "as": ("adlfs", "AzureBlobFileSystem"),
}

_lock = threading.Lock()
_opened: dict[tuple[str, str, str, frozenset[tuple[str, str]]], Any] = {}


def filesystem(place: Place, credential: Credential) -> Any:
    """The file system that a place is in; opened once for all places of one kind.

    Raises:
        UnsupportedError: its package is not installed.
        InvalidArgumentError: the credential makes no sense.
    """
    key = (place.scheme, place.endpoint, place.account, frozenset(credential.items()))
    with _lock:
        found = _opened.get(key)
    if found is None:
        found = open_filesystem(place, credential)
        with _lock:
            found = _opened.setdefault(key, found)
    return found


def open_filesystem(place: Place, credential: Credential) -> Any:
    """A new file system; nothing is asked of the storage yet."""
    module, name = _CLASSES[place.scheme]
    if place.scheme == "gs" and _google_is_emulated():
        # The package's newer class asks Google itself, over gRPC, of what kind a bucket is.
        module = "gcsfs.core"
    create = getattr(_package(module, place.scheme), name)
    options = _OPTIONS[place.scheme](place, credential)
    # Listings have to be those of the moment, and this module does the sharing.
    return create(**options, skip_instance_cache=True, use_listings_cache=False)


def _package(module: str, scheme: str) -> Any:
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise UnsupportedError(
            f"model repositories with {scheme}:// need the package {error.name or module}: "
            f"pip install 'triton-py[cloud]'"
        ) from error


def s3_options(place: Place, credential: Credential) -> dict[str, Any]:
    """Key and secret, else the profile, else what the environment of AWS says, else none."""
    options: dict[str, Any] = {}
    if place.endpoint:
        # Names in front of the server's would have to be known to its DNS.
        options["endpoint_url"] = place.endpoint
        options["config_kwargs"] = {"s3": {"addressing_style": "path"}}
    if "region" in credential:
        options["client_kwargs"] = {"region_name": credential["region"]}
    if "key_id" in credential and "secret_key" in credential:
        options["key"] = credential["key_id"]
        options["secret"] = credential["secret_key"]
        if "session_token" in credential:
            options["token"] = credential["session_token"]
    elif "profile" in credential:
        options["profile"] = credential["profile"]
    elif not _aws_knows_credentials():
        options["anon"] = True
    return options


def _aws_knows_credentials() -> bool:
    """Whether AWS's own chain (its files, the machine's role) has any."""
    from botocore.session import Session

    return Session().get_credentials() is not None


def gs_options(place: Place, credential: Credential) -> dict[str, Any]:
    """A credential file, else what google's own chain finds, which ends with anonymous access."""
    if "path" in credential:
        if not os.path.isfile(credential["path"]):
            raise InvalidArgumentError(
                f"Google's credential file '{credential['path']}' does not exist"
            )
        return {"token": credential["path"]}
    # A server of one's own knows nothing of Google's accounts.
    return {"token": "anon"} if _google_is_emulated() else {}


def _google_is_emulated() -> bool:
    return bool(os.environ.get("STORAGE_EMULATOR_HOST"))


def as_options(place: Place, credential: Credential) -> dict[str, Any]:
    """A connection string, a managed identity, Azure's default chain, the account's key, or none."""
    if "connection_string" in credential:
        return {"connection_string": credential["connection_string"]}
    account = credential.get("account_str", place.account)
    options: dict[str, Any] = {"account_name": account}
    if "." in account:
        # Another cloud's: <account>.blob.<suffix>
        options = {"account_name": account.partition(".")[0], "account_host": account}
    kind = credential.get("auth_type", "key")
    if kind == "managed_identity":
        client = {"client_id": credential["client_id"]} if "client_id" in credential else {}
        options["credential"] = _identity().ManagedIdentityCredential(**client)
    elif kind == "default":
        options["credential"] = _identity().DefaultAzureCredential()
    elif kind != "key":
        raise InvalidArgumentError(
            f"Azure's auth_type '{kind}' is not known; there are key, managed_identity and default"
        )
    elif "account_key" in credential:
        options["account_key"] = credential["account_key"]
    else:
        options["anon"] = True
    return options


def _identity() -> Any:
    return _package("azure.identity.aio", "as")


_OPTIONS = {"s3": s3_options, "gs": gs_options, "as": as_options}
