// SPDX-License-Identifier: Apache-2.0
// Calls that wait for a person. Bounded in number and in size; an approval belongs to the agent that asked.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "registry.h"

namespace aegis::runtime {

// Somebody who waits for the answer: a request on a connection.
struct Waiter {
  std::uint64_t connection = 0;
  nlohmann::json request_id;
  Milliseconds deadline = 0;
};

struct Approval {
  std::string id, agent_id, tool, arguments, reason;  // arguments: compact JSON
  Milliseconds requested = 0, expires = 0;
  std::string decision;  // empty while nobody has decided
  std::optional<Waiter> waiter;  // one at a time: an approval is spent by the one answer it gives

  nlohmann::json describe(Milliseconds now, bool whole) const;
};

inline constexpr std::size_t max_approval_arguments = std::size_t{32} << 10;

class Approvals {
 public:
  Approvals(std::size_t capacity, std::size_t per_agent, Milliseconds lifetime)
      : capacity_(capacity), per_agent_(per_agent), lifetime_(lifetime) {}

  // The new approval, or nullptr with the reason in `error`.
  Approval* open(const std::string& agent_id, std::string tool, std::string arguments, std::string reason,
                 Milliseconds now, std::string& error);

  Approval* find(const std::string& id);
  void erase(const std::string& id) { approvals_.erase(id); }

  // Calls `answer` for a waiter whose own deadline passed (decision "timeout") and for each approval that expired
  // undecided (decision "timeout", then removed).
  using Answer = std::function<void(const Approval&, const Waiter&, std::string_view decision)>;
  using Expired = std::function<void(const Approval&)>;
  void expire(Milliseconds now, const Answer& answer, const Expired& expired);

  // Ends every approval of an agent that is gone; its waiter gets "channel_closed".
  void drop_agent(const std::string& agent_id, const Answer& answer);
  void connection_closed(std::uint64_t connection);
  std::optional<Milliseconds> next_expiry() const;

  const std::map<std::string, Approval>& all() const { return approvals_; }

 private:
  std::size_t capacity_, per_agent_;
  Milliseconds lifetime_;
  std::map<std::string, Approval> approvals_;
};

}  // namespace aegis::runtime
