// SPDX-License-Identifier: Apache-2.0
// The event loop of the runtime socket. One thread; each connection gets a bounded share of every turn.
#pragma once

#include <functional>
#include <memory>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "authority.h"
#include "connection.h"

namespace aegis::runtime {

struct ServerOptions {
  std::size_t max_connections = 4096;
  Milliseconds first_frame_deadline = 10'000;  // a connection that says nothing is closed after this
  Milliseconds drain_deadline = 500;           // for answers still to be taken at shutdown
  std::size_t max_held_bytes = std::size_t{128} << 20;  // unread frames and untaken answers of all together
};

// Milliseconds on CLOCK_MONOTONIC.
Milliseconds monotonic_now();

// Something beside the clients that the loop listens to.
struct Input {
  int fd;
  std::function<bool()> on_ready;  // called when there is something to read; false ends the loop
};

class Server : public Outbox {
 public:
  Server(int listen_fd, ServerOptions options);
  ~Server() override;

  // Serves until one of the inputs says so. False with errno set when the kernel refuses what the loop needs.
  bool run(Authority& authority, const std::vector<Input>& inputs);

  void send(std::uint64_t connection, std::string frame) override;
  void subscribe(std::uint64_t connection) override;
  void publish(const Event& event) override;
  nlohmann::json describe() const override;

 private:
  void accept_all();
  bool make_room();
  void read_from(Connection& connection, bool is_hung_up);
  void account(Connection& connection);
  void forget(const Peer& peer);
  void handle_frames(Connection& connection);
  void settle(Connection& connection);
  void watch(Connection& connection);
  void close_marked();
  void close_silent(Milliseconds now);
  int wait_timeout(Milliseconds now) const;
  void drain();

  const int listen_fd_;
  const ServerOptions options_;
  int epoll_fd_ = -1;
  Authority* authority_ = nullptr;
  std::uint64_t next_id_ = 1;
  std::unordered_map<std::uint64_t, std::unique_ptr<Connection>> connections_;
  std::vector<std::uint64_t> unfinished_;  // have frames left over
  std::vector<std::uint64_t> to_settle_;   // got something to send outside their own turn
  std::unordered_set<std::uint64_t> marked_, followers_;
  std::uint64_t refused_ = 0, evicted_ = 0, evicted_greedy_ = 0, events_dropped_ = 0;
  std::size_t held_ = 0;
  std::optional<Milliseconds> next_silence_check_;
};

}  // namespace aegis::runtime
