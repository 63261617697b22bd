# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
# Makes "from triton_py.abi cimport tritonserver" find the declarations in this folder.
