// SPDX-License-Identifier: Apache-2.0
#include "approvals.h"

#include <algorithm>

#include "../lib/wire_json.h"

namespace aegis::runtime {

namespace {
// A cut inside a character is mended when the preview is written (dump_json replaces what is not UTF-8).
constexpr std::size_t preview_bytes = 1024;
}  // namespace

nlohmann::json Approval::describe(Milliseconds now, bool whole) const {
  const bool is_cut = !whole && arguments.size() > preview_bytes;
  return {{"approvalId", id},
          {"agentId", agent_id},
          {"tool", tool},
          {"arguments", is_cut ? arguments.substr(0, preview_bytes) : arguments},
          {"argumentsCut", is_cut},
          {"reason", reason},
          {"decision", decision.empty() ? "pending" : decision},
          {"waitingMs", now - requested},
          {"expiresInMs", expires - now}};
}

Approval* Approvals::open(const std::string& agent_id, std::string tool, std::string arguments, std::string reason,
                          Milliseconds now, std::string& error) {
  if (arguments.size() > max_approval_arguments) {
    error = "the arguments are longer than a person can be asked about (" +
            std::to_string(max_approval_arguments) + " bytes)";
    return nullptr;
  }
  const auto of_agent = std::count_if(approvals_.begin(), approvals_.end(),
                                      [&](const auto& entry) { return entry.second.agent_id == agent_id; });
  if (approvals_.size() >= capacity_ || static_cast<std::size_t>(of_agent) >= per_agent_) {
    error = "too many calls are waiting for approval";
    return nullptr;
  }
  std::string token = random_token();
  if (token.empty()) {
    error = "no randomness for an approval id";
    return nullptr;
  }
  Approval approval;
  approval.id = token.substr(0, 16);
  approval.agent_id = agent_id;
  approval.tool = std::move(tool);
  approval.arguments = std::move(arguments);
  approval.reason = std::move(reason);
  approval.requested = now;
  approval.expires = now + lifetime_;
  std::string id = approval.id;
  return &approvals_.insert_or_assign(std::move(id), std::move(approval)).first->second;
}

Approval* Approvals::find(const std::string& id) {
  auto found = approvals_.find(id);
  return found == approvals_.end() ? nullptr : &found->second;
}

void Approvals::expire(Milliseconds now, const Answer& answer, const Expired& expired) {
  for (auto at = approvals_.begin(); at != approvals_.end();) {
    Approval& approval = at->second;
    const bool is_over = approval.expires <= now;
    if (approval.waiter && (is_over || approval.waiter->deadline <= now)) {
      answer(approval, *approval.waiter, "timeout");
      approval.waiter.reset();
    }
    if (is_over) {
      if (approval.decision.empty()) expired(approval);
      at = approvals_.erase(at);
    } else {
      ++at;
    }
  }
}

void Approvals::drop_agent(const std::string& agent_id, const Answer& answer) {
  for (auto at = approvals_.begin(); at != approvals_.end();) {
    if (at->second.agent_id != agent_id) {
      ++at;
      continue;
    }
    if (at->second.waiter) answer(at->second, *at->second.waiter, "channel_closed");
    at = approvals_.erase(at);
  }
}

void Approvals::connection_closed(std::uint64_t connection) {
  for (auto& [id, approval] : approvals_)
    if (approval.waiter && approval.waiter->connection == connection) approval.waiter.reset();
}

std::optional<Milliseconds> Approvals::next_expiry() const {
  std::optional<Milliseconds> earliest;
  const auto take = [&](Milliseconds at) {
    if (!earliest || at < *earliest) earliest = at;
  };
  for (const auto& [id, approval] : approvals_) {
    take(approval.expires);
    if (approval.waiter) take(approval.waiter->deadline);
  }
  return earliest;
}

}  // namespace aegis::runtime
