// SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
// SPDX-License-Identifier: BSD-3-Clause

// A backend in C++17 with state at each level and exceptions inside: OUTPUT0 is the sum of INPUT0's
// elements (FP32), one per request; the parameters "model" and "executions" say who computed it.

#include <cstring>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "triton/core/tritonbackend.h"

namespace {

// Owns an error until it is handed on.
struct Failure : std::runtime_error {
  explicit Failure(TRITONSERVER_Error* error)
      : std::runtime_error(TRITONSERVER_ErrorMessage(error)), code(TRITONSERVER_ErrorCode(error))
  {
    TRITONSERVER_ErrorDelete(error);
  }
  TRITONSERVER_Error* error() const { return TRITONSERVER_ErrorNew(code, what()); }
  TRITONSERVER_Error_Code code;
};

void check(TRITONSERVER_Error* error)
{
  if (error != nullptr) throw Failure(error);
}

struct Model {
  explicit Model(TRITONBACKEND_Model* handle)
  {
    const char* text;
    check(TRITONBACKEND_ModelName(handle, &text));
    name = text;
  }
  std::string name;
};

struct Instance {
  Model* model;
  int64_t executions = 0;
};

std::vector<float> read(TRITONBACKEND_Request* request)
{
  TRITONBACKEND_Input* input;
  check(TRITONBACKEND_RequestInput(request, "INPUT0", &input));
  uint64_t size;
  uint32_t buffers;
  const char* name;
  TRITONSERVER_DataType datatype;
  const int64_t* shape;
  uint32_t rank;
  check(TRITONBACKEND_InputProperties(input, &name, &datatype, &shape, &rank, &size, &buffers));
  if (datatype != TRITONSERVER_TYPE_FP32) throw std::invalid_argument("INPUT0 must be FP32");
  std::vector<float> values(size / sizeof(float));
  auto* to = reinterpret_cast<char*>(values.data());
  for (uint32_t i = 0; i < buffers; i++) {
    const void* from;
    uint64_t bytes;
    TRITONSERVER_MemoryType type = TRITONSERVER_MEMORY_CPU;
    int64_t type_id = 0;
    check(TRITONBACKEND_InputBuffer(input, i, &from, &bytes, &type, &type_id));
    std::memcpy(to, from, bytes);
    to += bytes;
  }
  return values;
}

void answer(const Instance& instance, TRITONBACKEND_Request* request,
            TRITONBACKEND_Response* response)
{
  float sum = 0;
  for (float value : read(request)) sum += value;
  TRITONBACKEND_Output* output;
  const int64_t shape[] = {1, 1};
  check(
      TRITONBACKEND_ResponseOutput(response, &output, "OUTPUT0", TRITONSERVER_TYPE_FP32, shape, 2));
  void* buffer;
  TRITONSERVER_MemoryType type = TRITONSERVER_MEMORY_CPU;
  int64_t type_id = 0;
  check(TRITONBACKEND_OutputBuffer(output, &buffer, sizeof sum, &type, &type_id));
  std::memcpy(buffer, &sum, sizeof sum);
  check(TRITONBACKEND_ResponseSetStringParameter(response, "model", instance.model->name.c_str()));
  check(TRITONBACKEND_ResponseSetIntParameter(response, "executions", instance.executions));
}

template <class Body>
TRITONSERVER_Error* guarded(Body body)
{
  try {
    body();
    return nullptr;
  } catch (const Failure& failure) {
    return failure.error();
  } catch (const std::invalid_argument& error) {
    return TRITONSERVER_ErrorNew(TRITONSERVER_ERROR_INVALID_ARG, error.what());
  } catch (const std::exception& error) {
    return TRITONSERVER_ErrorNew(TRITONSERVER_ERROR_INTERNAL, error.what());
  }
}

}  // namespace

extern "C" {

TRITONBACKEND_ISPEC TRITONSERVER_Error* TRITONBACKEND_ModelInitialize(TRITONBACKEND_Model* model)
{
  return guarded([&] {
    auto state = std::make_unique<Model>(model);
    check(TRITONBACKEND_ModelSetState(model, state.get()));
    state.release();
  });
}

TRITONBACKEND_ISPEC TRITONSERVER_Error* TRITONBACKEND_ModelFinalize(TRITONBACKEND_Model* model)
{
  return guarded([&] {
    void* state;
    check(TRITONBACKEND_ModelState(model, &state));
    delete static_cast<Model*>(state);
  });
}

TRITONBACKEND_ISPEC TRITONSERVER_Error* TRITONBACKEND_ModelInstanceInitialize(
    TRITONBACKEND_ModelInstance* instance)
{
  return guarded([&] {
    TRITONBACKEND_Model* model;
    void* state;
    check(TRITONBACKEND_ModelInstanceModel(instance, &model));
    check(TRITONBACKEND_ModelState(model, &state));
    check(TRITONBACKEND_ModelInstanceSetState(instance, new Instance{static_cast<Model*>(state)}));
  });
}

TRITONBACKEND_ISPEC TRITONSERVER_Error* TRITONBACKEND_ModelInstanceFinalize(
    TRITONBACKEND_ModelInstance* instance)
{
  return guarded([&] {
    void* state;
    check(TRITONBACKEND_ModelInstanceState(instance, &state));
    delete static_cast<Instance*>(state);
  });
}

TRITONBACKEND_ISPEC TRITONSERVER_Error* TRITONBACKEND_ModelInstanceExecute(
    TRITONBACKEND_ModelInstance* instance, TRITONBACKEND_Request** requests,
    const uint32_t request_count)
{
  void* state = nullptr;
  TRITONSERVER_Error* error = TRITONBACKEND_ModelInstanceState(instance, &state);
  if (error != nullptr) return error;
  auto& self = *static_cast<Instance*>(state);
  self.executions++;
  for (uint32_t i = 0; i < request_count; i++) {
    TRITONBACKEND_Response* response = nullptr;
    error = TRITONBACKEND_ResponseNew(&response, requests[i]);
    if (error == nullptr) {
      error = guarded([&] { answer(self, requests[i], response); });
      TRITONSERVER_Error* sent =
          TRITONBACKEND_ResponseSend(response, TRITONSERVER_RESPONSE_COMPLETE_FINAL, error);
      if (sent != nullptr) TRITONSERVER_ErrorDelete(sent);
    }
    if (error != nullptr) TRITONSERVER_ErrorDelete(error);
    error = TRITONBACKEND_RequestRelease(requests[i], TRITONSERVER_REQUEST_RELEASE_ALL);
    if (error != nullptr) TRITONSERVER_ErrorDelete(error);
  }
  return nullptr;
}

}  // extern "C"
