#pragma once

#include <ATen/core/dispatch/Dispatcher.h>

namespace qamro::nn {

// An operator that torch registers but has no header for. Throws c10::Error if torch has none of that name.
template <typename Signature>
c10::TypedOperatorHandle<Signature> find_operator(const char* name, const char* overload = "") {
  return c10::Dispatcher::singleton().findSchemaOrThrow(name, overload).typed<Signature>();
}

}  // namespace qamro::nn
