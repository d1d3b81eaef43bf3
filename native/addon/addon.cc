// SPDX-License-Identifier: Apache-2.0
#include <napi.h>

#include "client.h"

static Napi::Object initialize(Napi::Env env, Napi::Object exports) {
  exports.Set("NativeClient", aegis::addon::NativeClient::define(env));
  return exports;
}

NODE_API_MODULE(aegis, initialize)
