-- SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
-- SPDX-License-Identifier: BSD-3-Clause

-- For wrk: the same inference again and again.
--
--   wrk -t1 -c8 -d2s -s infer.lua URL -- BODY [HEADER-LENGTH]
--
-- BODY is a file; HEADER-LENGTH the size of its JSON where binary tensors follow. The last line of
-- the output is JSON: how many requests, how many of them failed, and their latencies as
-- [microseconds, count] pairs.

function init(args)
  local file = assert(io.open(args[1], "rb"))
  wrk.method = "POST"
  wrk.body = file:read("*a")
  file:close()
  if args[2] then
    wrk.headers["Inference-Header-Content-Length"] = args[2]
    wrk.headers["Content-Type"] = "application/octet-stream"
  else
    wrk.headers["Content-Type"] = "application/json"
  end
end

function done(summary, latency, requests)
  local errors = summary.errors
  local pairs = {}
  for i = 1, #latency do
    local value, count = latency(i)
    pairs[i] = string.format("[%d, %d]", value, count)
  end
  print(string.format(
    '{"requests": %d, "seconds": %.6f, "failed": %d, "histogram": [%s]}', summary.requests,
    summary.duration / 1e6, errors.status + errors.connect + errors.read + errors.write
    + errors.timeout, table.concat(pairs, ", ")))
end
