# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Which model: names alone, and with ``--model-namespacing`` names within a repository."""

from __future__ import annotations

from typing import Self


class ModelId(str):
    """A model's identity, as text: ``<namespace>::<name>``, or the name where there is no namespace.

    The namespace is the path of the model's repository. Equal texts are equal identities; a plain
    string that is a name is equal to the identity without a namespace.
    """

    name: str
    namespace: str

    def __new__(cls, name: str, namespace: str = "") -> Self:
        identity = super().__new__(cls, f"{namespace}::{name}" if namespace else name)
        identity.name = name
        identity.namespace = namespace
        return identity
