// SPDX-License-Identifier: Apache-2.0
#include "server.h"

#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace aegis::runtime {

namespace {
constexpr std::uint64_t listener_tag = 0;
constexpr std::uint64_t input_tags = ~std::uint64_t{0xff};  // the first of them; connections never count so far
constexpr int frames_per_turn = 32;
}  // namespace

Milliseconds monotonic_now() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1000 + now.tv_nsec / 1'000'000;
}

Server::Server(int listen_fd, ServerOptions options) : listen_fd_(listen_fd), options_(options) {}

Server::~Server() {
  if (epoll_fd_ >= 0) close(epoll_fd_);
}

bool Server::run(Authority& authority, const std::vector<Input>& inputs) {
  authority_ = &authority;
  epoll_fd_ = epoll_create1(EPOLL_CLOEXEC);
  if (epoll_fd_ < 0) return false;
  const auto add = [&](int fd, std::uint64_t tag) {
    epoll_event event{.events = EPOLLIN, .data = {.u64 = tag}};
    return epoll_ctl(epoll_fd_, EPOLL_CTL_ADD, fd, &event) == 0;
  };
  if (!add(listen_fd_, listener_tag)) return false;
  for (std::size_t i = 0; i < inputs.size(); ++i)
    if (!add(inputs[i].fd, input_tags + i)) return false;

  std::array<epoll_event, 128> ready;
  for (;;) {
    const int count = epoll_wait(epoll_fd_, ready.data(), ready.size(), wait_timeout(monotonic_now()));
    if (count < 0 && errno != EINTR) return false;
    bool has_new = false;
    for (int i = 0; i < count; ++i) {
      const std::uint64_t tag = ready[static_cast<std::size_t>(i)].data.u64;
      const std::uint32_t what = ready[static_cast<std::size_t>(i)].events;
      if (tag >= input_tags) {
        if (inputs[tag - input_tags].on_ready()) continue;
        authority.shutdown();
        drain();
        return true;
      }
      if (tag == listener_tag) {
        has_new = true;
        continue;
      }
      const auto found = connections_.find(tag);
      if (found == connections_.end()) continue;
      if (what & EPOLLOUT) settle(*found->second);
      if (what & (EPOLLIN | EPOLLHUP | EPOLLERR)) read_from(*found->second, what & (EPOLLHUP | EPOLLERR));
    }
    // What others left over from their last turn comes after what is new, so that nobody waits behind a flood.
    std::vector<std::uint64_t> unfinished;
    unfinished.swap(unfinished_);
    for (const std::uint64_t id : unfinished) {
      if (const auto found = connections_.find(id); found != connections_.end()) {
        found->second->is_queued = false;
        handle_frames(*found->second);
      }
    }
    if (has_new) accept_all();
    authority.tick();
    close_silent(monotonic_now());
    std::vector<std::uint64_t> to_settle;
    to_settle.swap(to_settle_);
    for (const std::uint64_t id : to_settle)
      if (const auto found = connections_.find(id); found != connections_.end()) settle(*found->second);
    close_marked();
  }
}

int Server::wait_timeout(Milliseconds now) const {
  if (!unfinished_.empty()) return 0;
  std::optional<Milliseconds> at = authority_->next_due();
  if (next_silence_check_ && (!at || *next_silence_check_ < *at)) at = next_silence_check_;
  if (!at) return -1;
  return static_cast<int>(std::clamp<Milliseconds>(*at - now, 0, 60'000));
}

void Server::accept_all() {
  // Bounded, so that a storm of connections does not keep the ones that are there waiting.
  for (int i = 0; i < 64; ++i) {
    const int fd = accept4(listen_fd_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) {
      if ((errno == EMFILE || errno == ENFILE) && make_room()) continue;
      return;
    }
    ucred credentials{};
    socklen_t length = sizeof credentials;
    const bool is_known = getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &length) == 0;
    // The socket's mode keeps others out already; this also holds where its folder or mode were changed since.
    if (!is_known || (credentials.uid != 0 && credentials.uid != geteuid())) {
      ++refused_;
      close(fd);
      continue;
    }
    if (connections_.size() >= options_.max_connections && !make_room()) {
      ++refused_;
      close(fd);
      continue;
    }
    const std::uint64_t id = next_id_++;
    Peer peer{id, credentials.pid, credentials.uid, {}, false};
    const Milliseconds now = monotonic_now();
    auto connection = std::make_unique<Connection>(fd, std::move(peer), now);
    epoll_event event{.events = EPOLLIN, .data = {.u64 = id}};
    if (epoll_ctl(epoll_fd_, EPOLL_CTL_ADD, fd, &event) != 0) continue;
    connection->watched = EPOLLIN;
    connections_.emplace(id, std::move(connection));
    const Milliseconds due = now + options_.first_frame_deadline;
    if (!next_silence_check_ || due < *next_silence_check_) next_silence_check_ = due;
  }
}

// Closes the oldest connection that never said anything, so that half-open ones cannot lock others out.
bool Server::make_room() {
  Connection* oldest = nullptr;
  for (const auto& [id, connection] : connections_)
    if (!connection->has_spoken && !marked_.contains(id) && (!oldest || id < oldest->peer.connection))
      oldest = connection.get();
  if (!oldest) return false;
  ++evicted_;
  forget(oldest->peer);
  return true;
}

void Server::forget(const Peer& peer) {
  const std::uint64_t id = peer.connection;
  authority_->connection_closed(peer);
  followers_.erase(id);
  held_ -= connections_.at(id)->accounted;
  connections_.erase(id);
}

void Server::close_silent(Milliseconds now) {
  if (!next_silence_check_ || now < *next_silence_check_) return;
  next_silence_check_.reset();
  for (const auto& [id, connection] : connections_) {
    if (connection->has_spoken) continue;
    const Milliseconds due = connection->accepted + options_.first_frame_deadline;
    if (due <= now) marked_.insert(id);
    else if (!next_silence_check_ || due < *next_silence_check_) next_silence_check_ = due;
  }
}

void Server::read_from(Connection& connection, bool is_hung_up) {
  switch (connection.read()) {
    case Connection::Io::blocked: return;
    case Connection::Io::ok:
      account(connection);
      if (!connection.is_queued) handle_frames(connection);
      return;
    case Connection::Io::closed:
      // A peer may have shut down only its sending side (`echo ... | socat`): it still gets its answers.
      connection.at_end = true;
      if (is_hung_up) marked_.insert(connection.peer.connection);
      else settle(connection);
      return;
  }
}

// All that is kept for peers together stays bounded; the one that makes it keep most goes first.
void Server::account(Connection& connection) {
  const std::size_t held = connection.held();
  held_ += held;
  held_ -= connection.accounted;
  connection.accounted = held;
  if (held_ <= options_.max_held_bytes) return;
  const Connection* largest = nullptr;
  for (const auto& [id, other] : connections_)
    if (!marked_.contains(id) && (!largest || other->accounted > largest->accounted)) largest = other.get();
  if (!largest) return;
  ++evicted_greedy_;
  marked_.insert(largest->peer.connection);
}

void Server::handle_frames(Connection& connection) {
  const std::uint64_t id = connection.peer.connection;
  for (int i = 0; i < frames_per_turn; ++i) {
    // Who does not take answers is not read from: its requests stay in its own socket buffer.
    if (connection.unsent() > max_unsent_bytes) break;
    const auto frame = connection.frames.next();
    if (!frame) {
      settle(connection);
      return;
    }
    connection.has_spoken = true;
    if (frame->oversized)
      authority_->reject(connection.peer, {wire::RpcCode::frame_too_large, "the frame is larger than 1 MiB"});
    else
      authority_->handle(connection.peer, frame->text);
  }
  connection.is_queued = true;
  if (connection.unsent() <= max_unsent_bytes) unfinished_.push_back(id);
  settle(connection);
}

// Sends what can be sent, and asks the kernel for what is needed next.
void Server::settle(Connection& connection) {
  const bool was_full = connection.unsent() > max_unsent_bytes;
  if (connection.flush() == Connection::Io::closed) {
    marked_.insert(connection.peer.connection);
    return;
  }
  account(connection);
  if (was_full && connection.is_queued && connection.unsent() <= max_unsent_bytes)
    unfinished_.push_back(connection.peer.connection);
  watch(connection);
}

void Server::watch(Connection& connection) {
  const bool is_waited_for = connection.is_queued || connection.wants_events;
  if (connection.at_end && connection.unsent() == 0 && !is_waited_for &&
      !authority_->has_waiter(connection.peer.connection)) {
    marked_.insert(connection.peer.connection);
    return;
  }
  std::uint32_t wanted = 0;
  if (!connection.at_end && !connection.is_queued && connection.unsent() <= max_unsent_bytes) wanted |= EPOLLIN;
  if (connection.unsent() > 0) wanted |= EPOLLOUT;
  if (wanted == connection.watched) return;
  epoll_event event{.events = wanted, .data = {.u64 = connection.peer.connection}};
  if (epoll_ctl(epoll_fd_, EPOLL_CTL_MOD, connection.fd, &event) == 0) connection.watched = wanted;
  else marked_.insert(connection.peer.connection);
}

void Server::close_marked() {
  for (const std::uint64_t id : marked_) {
    const auto found = connections_.find(id);
    if (found == connections_.end()) continue;
    forget(found->second->peer);
  }
  marked_.clear();
}

// The last answers ("shutdown") are still delivered to whoever takes them in time.
void Server::drain() {
  const Milliseconds end = monotonic_now() + options_.drain_deadline;
  for (;;) {
    std::vector<pollfd> blocked;
    for (const auto& [id, connection] : connections_)
      if (connection->flush() == Connection::Io::blocked) blocked.push_back({connection->fd, POLLOUT, 0});
    const Milliseconds left = end - monotonic_now();
    if (blocked.empty() || left <= 0) return;
    poll(blocked.data(), blocked.size(), static_cast<int>(left));
  }
}

}  // namespace aegis::runtime
