// SPDX-License-Identifier: Apache-2.0
// Who has registered, and by which token it is known again.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace aegis::runtime {

using Milliseconds = std::int64_t;  // on CLOCK_MONOTONIC: a wall clock that jumps expires nobody

struct ProcessId {
  pid_t pid = 0;
  std::uint64_t start_time = 0;  // clock ticks since boot; tells a recycled pid from the process that had it
  bool operator==(const ProcessId&) const = default;
};

struct Agent {
  std::string id, name, framework, version, mode, team, parent, delegation_reason, spawned_by;
  int depth = 0;
  std::string token;  // 64 hexadecimal digits
  ProcessId process;
  uid_t uid = 0;
  std::uint64_t connection = 0;  // the one it registered on, 0 when that one is closed
  Milliseconds last_seen = 0;
  std::uint64_t queries = 0;

  nlohmann::json describe(Milliseconds now) const;  // without the token
};

enum class RegisterFailure { none, identity_taken, full, no_randomness };

class Registry {
 public:
  Registry(std::size_t capacity, Milliseconds heartbeat_ttl) : capacity_(capacity), ttl_(heartbeat_ttl) {}

  // Takes the agent in and fills in its token. An identity that is live on another connection is only handed over
  // to whom presents its token.
  RegisterFailure add(Agent agent, std::string_view previous_token, Milliseconds now, Agent** registered,
                      bool* replaced);

  // The agent when the token is its own; takes the same time for every wrong token.
  Agent* authenticate(std::string_view id, std::string_view token, Milliseconds now);

  bool remove(const std::string& id);
  void connection_closed(std::uint64_t connection);

  // Removes those not heard of for the heartbeat time-to-live.
  void expire(Milliseconds now, const std::function<void(const Agent&)>& on_expired);
  std::optional<Milliseconds> next_expiry() const;

  const std::map<std::string, Agent, std::less<>>& agents() const { return agents_; }
  Milliseconds heartbeat_ttl() const { return ttl_; }

 private:
  std::size_t capacity_;
  Milliseconds ttl_;
  std::map<std::string, Agent, std::less<>> agents_;
};

// 32 random bytes of the kernel, in hexadecimal; empty when there are none to be had.
std::string random_token();

// Compares without telling by its duration where the first difference lies.
bool equal_in_constant_time(std::string_view a, std::string_view b);

}  // namespace aegis::runtime
