// SPDX-License-Identifier: Apache-2.0
// Lets a wire::Client live in the event loop of a JavaScript thread, without a thread of its own.
#pragma once

#include <napi.h>
#include <uv.h>

#include <functional>
#include <memory>

#include "../lib/wire_client.h"

namespace aegis::addon {

// Watches the client's socket and its earliest deadline. Keeps the loop alive only while calls are outstanding.
// Deletes itself once libuv has let go of its handles, which is after close().
class Watcher {
 public:
  // `ready` runs in the loop whenever the socket or the clock moved; it must call update() at its end.
  static Watcher* start(uv_loop_t* loop, wire::Client& client, std::function<void(bool is_timer)> ready);

  // Follows what the client wants now.
  void update();
  // `closed` runs once libuv has let go of the handles.
  void close(std::function<void()> closed = nullptr);

 private:
  Watcher() = default;
  static void on_poll(uv_poll_t* handle, int status, int events);
  static void on_timer(uv_timer_t* handle);
  static void on_closed(uv_handle_t* handle);

  wire::Client* client_ = nullptr;
  std::function<void(bool)> ready_;
  std::function<void()> closed_;
  uv_poll_t poll_{};
  uv_timer_t timer_{};
  int open_handles_ = 0, watched_ = 0;
  std::int64_t timer_due_ = 0;  // 0: not running
};

}  // namespace aegis::addon
