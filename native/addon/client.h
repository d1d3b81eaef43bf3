// SPDX-License-Identifier: Apache-2.0
// The class JavaScript sees. Thin: it turns arguments into calls of wire::Client and replies into promises.
#pragma once

#include <napi.h>

#include <string>
#include <vector>

#include "../lib/wire_client.h"
#include "watcher.h"

namespace aegis::addon {

class NativeClient : public Napi::ObjectWrap<NativeClient> {
 public:
  static Napi::Function define(Napi::Env env);
  explicit NativeClient(const Napi::CallbackInfo& info);
  ~NativeClient() override;

 private:
  using Info = const Napi::CallbackInfo&;
  Napi::Value open(Info info);
  Napi::Value close(Info info);
  Napi::Value hello(Info info);
  Napi::Value register_agent(Info info);
  Napi::Value query(Info info);
  Napi::Value query_sync(Info info);
  Napi::Value wait_for_approval(Info info);
  Napi::Value heartbeat(Info info);
  Napi::Value deregister(Info info);
  Napi::Value request(Info info);
  Napi::Value set_notification_handler(Info info);
  Napi::Value set_close_handler(Info info);
  Napi::Value is_open(Info info);

  template <typename Send>
  Napi::Value promised(Napi::Env env, Send send);
  void on_ready(bool is_timer);
  void follow_channel();
  void call_quietly(const Napi::FunctionReference& handler, const std::vector<napi_value>& arguments);
  void shut(wire::Reply why);
  static void on_environment_end(napi_async_cleanup_hook_handle handle, void* self);

  wire::Client client_;
  Watcher* watcher_ = nullptr;
  Napi::AsyncContext context_;
  Napi::FunctionReference notification_, closed_;
  napi_async_cleanup_hook_handle cleanup_ = nullptr;
  bool is_ending_ = false;
};

}  // namespace aegis::addon
