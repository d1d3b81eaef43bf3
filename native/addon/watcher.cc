// SPDX-License-Identifier: Apache-2.0
#include "watcher.h"

#include <algorithm>

namespace aegis::addon {

Watcher* Watcher::start(uv_loop_t* loop, wire::Client& client, std::function<void(bool)> ready) {
  auto* self = new Watcher;
  self->client_ = &client;
  self->ready_ = std::move(ready);
  if (uv_poll_init(loop, &self->poll_, client.fd()) != 0) {
    delete self;
    return nullptr;
  }
  uv_timer_init(loop, &self->timer_);
  self->open_handles_ = 2;
  self->poll_.data = self->timer_.data = self;
  uv_unref(reinterpret_cast<uv_handle_t*>(&self->timer_));
  self->update();
  return self;
}

void Watcher::update() {
  if (!client_ || client_->fd() < 0) return;
  const int wanted = UV_READABLE | (client_->wants_write() ? UV_WRITABLE : 0);
  if (wanted != watched_) uv_poll_start(&poll_, watched_ = wanted, on_poll);
  auto* handle = reinterpret_cast<uv_handle_t*>(&poll_);
  const auto due = client_->next_deadline();
  if (!due) {
    uv_unref(handle);
    return;
  }
  uv_ref(handle);
  // A timer that comes too early only looks again; so it is set anew when a deadline is earlier, not at every answer.
  if (timer_due_ != 0 && timer_due_ <= *due) return;
  timer_due_ = *due;
  const std::int64_t left = std::max<std::int64_t>(*due - wire::monotonic_ms(), 0);
  uv_update_time(poll_.loop);  // the loop's idea of now may be as old as the last turn
  uv_timer_start(&timer_, on_timer, static_cast<std::uint64_t>(left), 0);
}

void Watcher::close(std::function<void()> closed) {
  closed_ = std::move(closed);
  client_ = nullptr;
  ready_ = nullptr;
  uv_poll_stop(&poll_);
  uv_timer_stop(&timer_);
  uv_close(reinterpret_cast<uv_handle_t*>(&poll_), on_closed);
  uv_close(reinterpret_cast<uv_handle_t*>(&timer_), on_closed);
}

void Watcher::on_poll(uv_poll_t* handle, int, int) {
  auto* self = static_cast<Watcher*>(handle->data);
  // A copy: what it does may close this watcher.
  if (const auto ready = self->ready_) ready(false);
}

void Watcher::on_timer(uv_timer_t* handle) {
  auto* self = static_cast<Watcher*>(handle->data);
  self->timer_due_ = 0;
  if (const auto ready = self->ready_) ready(true);
}

void Watcher::on_closed(uv_handle_t* handle) {
  auto* self = static_cast<Watcher*>(handle->data);
  if (--self->open_handles_ > 0) return;
  const auto closed = std::move(self->closed_);
  delete self;
  if (closed) closed();
}

}  // namespace aegis::addon
