-- SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
-- SPDX-License-Identifier: BSD-3-Clause

-- For wrk: one inference of 16 floats in, 16 out, both as binary tensors (docs/performance.md).
local header = '{"inputs":[{"name":"INPUT0","shape":[16],"datatype":"FP32",'
  .. '"parameters":{"binary_data_size":64}}],'
  .. '"outputs":[{"name":"OUTPUT0","parameters":{"binary_data":true}}]}'

wrk.method = "POST"
wrk.body = header .. string.rep("\0\0\128\63", 16) -- 1.0, little-endian
wrk.headers["Inference-Header-Content-Length"] = tostring(#header)
wrk.headers["Content-Type"] = "application/octet-stream"
