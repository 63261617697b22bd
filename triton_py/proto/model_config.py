# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Messages of model_config.proto: the model configuration."""

from ._pool import expose

expose("model_config.proto", globals())
