// SPDX-License-Identifier: Apache-2.0
#include "wire_client.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

namespace aegis::wire {

namespace {
constexpr std::size_t max_outstanding = 65'536;
constexpr std::size_t max_unsent = std::size_t{16} << 20;
}  // namespace

std::string_view word_of(Failure failure) {
  switch (failure) {
    case Failure::none: return "none";
    case Failure::not_connected: return "not_connected";
    case Failure::unreachable: return "unreachable";
    case Failure::squatted: return "squatted";
    case Failure::timeout: return "timeout";
    case Failure::closed: return "channel_closed";
    case Failure::protocol_error: return "protocol_error";
    case Failure::refused: return "refused";
    case Failure::bad_argument: return "bad_argument";
  }
  return "protocol_error";
}

std::int64_t monotonic_ms() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1000 + now.tv_nsec / 1'000'000;
}

Client::~Client() {
  if (fd_ >= 0) ::close(fd_);
}

Reply Client::open(const std::string& path, uid_t expected_uid) {
  if (fd_ >= 0) return {Failure::bad_argument, "the client is connected already"};
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty() || path[0] != '/') return {Failure::unreachable, "the socket's path must be absolute"};
  if (path.size() >= sizeof address.sun_path)
    return {Failure::unreachable, "the socket's path has " + std::to_string(path.size()) + " bytes; at most 107 work"};
  if (path.find('\0') != std::string::npos) return {Failure::unreachable, "the socket's path holds a NUL byte"};
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);

  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return {Failure::unreachable, std::string("no socket to be had: ") + std::strerror(errno)};
  if (connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    const int error = errno;
    ::close(fd);
    const char* cause = error == EAGAIN ? "its queue of connections is full" : std::strerror(error);
    return {Failure::unreachable, "cannot connect to " + path + ": " + cause};
  }
  // The kernel noted who called listen(); the file's owner or mode would say nothing about who answers.
  ucred peer{};
  socklen_t length = sizeof peer;
  if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &length) != 0 || (peer.uid != 0 && peer.uid != expected_uid)) {
    ::close(fd);
    return {Failure::squatted, "user " + std::to_string(peer.uid) + " listens at " + path + "; only root or user " +
                                   std::to_string(expected_uid) + " is trusted"};
  }
  fd_ = fd;
  frames_ = FrameReader();
  unsent_.clear();
  sent_ = 0;
  server_nonce_.clear();
  return {};
}

void Client::close(Reply why) {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
  if (!token_.empty()) previous_token_ = std::move(token_);
  token_.clear();
  credentials_.clear();
  std::map<std::uint64_t, Call> calls;
  calls.swap(calls_);
  for (auto& [id, call] : calls) call.done(why);
}

std::uint64_t Client::start(std::string_view method, std::string_view params, std::int64_t deadline_ms, Done done) {
  const std::uint64_t id = next_id_++;
  calls_.emplace(id, Call{deadline_ms, std::move(done)});
  unsent_ += "{\"jsonrpc\":\"2.0\",\"id\":";
  unsent_ += std::to_string(id);
  unsent_ += ",\"method\":\"";
  unsent_ += method;
  unsent_ += "\",\"params\":";
  unsent_ += params;
  unsent_ += "}\n";
  return id;
}

void Client::call(std::string_view method, std::string_view params, std::int64_t deadline_ms, Done done) {
  if (fd_ < 0) return done({Failure::not_connected, "not connected to the runtime"});
  if (calls_.size() >= max_outstanding || unsent_.size() - sent_ + params.size() > max_unsent)
    return done({Failure::timeout, "too many calls wait for the runtime"});
  start(method, params, deadline_ms, std::move(done));
  if (!is_corked_) on_writable();
}

void Client::uncork() {
  is_corked_ = false;
  on_writable();
}

Reply Client::call_and_wait(std::string_view method, std::string_view params, std::int64_t deadline_ms) {
  if (fd_ < 0) return {Failure::not_connected, "not connected to the runtime"};
  std::optional<Reply> reply;
  const std::uint64_t id = start(method, params, deadline_ms, [&reply](Reply got) { reply = std::move(got); });
  on_writable();
  while (!reply) {
    const std::int64_t left = deadline_ms - monotonic_ms();
    if (left <= 0) {
      on_readable();  // an answer that lies here already is an answer in time
      if (!reply) finish(id, {Failure::timeout, "the runtime did not answer in time"});
      break;
    }
    pollfd watched{fd_, static_cast<short>(wants_write() ? POLLIN | POLLOUT : POLLIN), 0};
    if (poll(&watched, 1, static_cast<int>(std::min<std::int64_t>(left, 60'000))) <= 0) continue;
    if (watched.revents & POLLOUT) on_writable();
    if (fd_ >= 0 && (watched.revents & (POLLIN | POLLHUP | POLLERR))) read_once();
  }
  return std::move(*reply);
}

void Client::on_writable() {
  while (wants_write()) {
    const ssize_t put = send(fd_, unsent_.data() + sent_, unsent_.size() - sent_, MSG_NOSIGNAL);
    if (put > 0) {
      sent_ += static_cast<std::size_t>(put);
    } else if (errno == EAGAIN) {
      return;
    } else if (errno != EINTR) {
      // What the peer wrote before it went is still to be read; the end of the stream then closes the channel.
      break;
    }
  }
  unsent_.clear();
  sent_ = 0;
}

void Client::on_readable() {
  // Bounded, so that a peer that talks without end cannot hold its client.
  for (int i = 0; i < 16 && fd_ >= 0; ++i) {
    pollfd watched{fd_, POLLIN, 0};
    if (poll(&watched, 1, 0) <= 0) return;
    read_once();
  }
}

void Client::read_once() {
  std::array<char, 16384> chunk;
  const ssize_t got = recv(fd_, chunk.data(), chunk.size(), 0);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (got <= 0) return close({Failure::closed, "the runtime closed the channel"});
  frames_.feed({chunk.data(), static_cast<std::size_t>(got)});
  while (fd_ >= 0) {
    const auto frame = frames_.next();
    if (!frame) return;
    if (frame->oversized) return close({Failure::protocol_error, "the runtime sent a frame larger than 1 MiB"});
    const auto answer = read_answer(frame->text);
    if (!answer) return close({Failure::protocol_error, "the runtime sent what is no answer"});
    if (answer->id.is_discarded()) {
      if (notification_) notification_(frame->text);
    } else {
      take(*answer);
    }
  }
}

void Client::take(const Answer& answer) {
  // An id that nobody waits for: a late answer, a second one, or one made up. None of them is anybody's answer.
  if (!answer.id.is_number_unsigned()) return;
  const auto id = answer.id.get<std::uint64_t>();
  if (answer.error)
    finish(id, {Failure::refused, answer.error->message, static_cast<int>(answer.error->code)});
  else
    finish(id, {Failure::none, answer.result});
}

void Client::finish(std::uint64_t id, Reply reply) {
  const auto found = calls_.find(id);
  if (found == calls_.end()) return;
  const Done done = std::move(found->second.done);
  calls_.erase(found);
  done(std::move(reply));
}

void Client::expire(std::int64_t now_ms) {
  on_readable();  // an answer that lies here already is an answer in time
  std::map<std::uint64_t, Call> late;
  for (auto at = calls_.begin(); at != calls_.end();)
    if (at->second.deadline <= now_ms) late.insert(calls_.extract(at++));
    else ++at;
  for (auto& [id, call] : late) call.done({Failure::timeout, "the runtime did not answer in time"});
}

std::optional<std::int64_t> Client::next_deadline() const {
  std::optional<std::int64_t> earliest;
  for (const auto& [id, call] : calls_)
    if (!earliest || call.deadline < *earliest) earliest = call.deadline;
  return earliest;
}

}  // namespace aegis::wire
