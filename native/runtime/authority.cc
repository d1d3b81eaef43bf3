// SPDX-License-Identifier: Apache-2.0
#include "authority.h"

#include <unistd.h>

#include "../lib/wire_json.h"
#include "authority_call.h"
#include "process.h"

namespace aegis::runtime {

using wire::RpcCode;

Authority::Authority(AuthorityOptions options, Outbox& outbox, std::function<Milliseconds()> clock)
    : options_(std::move(options)),
      outbox_(outbox),
      clock_(std::move(clock)),
      registry_(options_.max_agents, options_.heartbeat_ttl),
      approvals_(options_.max_approvals, options_.max_approvals_per_agent, options_.approval_lifetime),
      events_(options_.kept_events),
      policy_error_("no tool policy is loaded"),
      started_(clock_()) {}

void Authority::set_policy(ToolPolicy policy) {
  policy_ = std::move(policy);
  policy_error_.clear();
  emit("policy.loaded", {{"rules", policy_->rule_count()}});
}

void Authority::refuse_policy(std::string error) {
  policy_error_ = std::move(error);
  emit("policy.refused", {{"error", policy_error_}, {"inForce", policy_.has_value()}});
}

void Authority::withdraw_policy(std::string why) {
  policy_.reset();
  refuse_policy(std::move(why));
}

Authority::Method Authority::method_named(std::string_view name) {
  if (name == "policy.query") return &Authority::query;
  if (name == "runtime.hello") return &Authority::hello;
  if (name == "agent.register") return &Authority::register_agent;
  if (name == "agent.deregister") return &Authority::deregister;
  if (name == "agent.heartbeat") return &Authority::heartbeat;
  if (name == "approval.wait") return &Authority::wait_for_approval;
  if (name == "approval.decide") return &Authority::decide_approval;
  if (name == "status.get") return &Authority::status;
  if (name == "events.subscribe") return &Authority::subscribe;
  return nullptr;
}

void Authority::handle(Peer& peer, std::string_view frame) {
  wire::Request request;
  if (auto error = wire::read_request(frame, request)) {
    reject(peer, std::move(*error));
    return;
  }
  const json id = request.id.value_or(nullptr);
  Call call{peer, request, {}, {}, false};
  const Method method = method_named(request.method);
  const auto failure =
      method ? (this->*method)(call)
             : Failure{RpcCode::unknown_method, "unknown method \"" + request.method.substr(0, 64) + "\""};
  if (failure) {
    if (request.id) reject(peer, {failure->code, failure->message, id});
    else ++refused_;
  } else if (request.id && !call.is_deferred) {
    outbox_.send(peer.connection, call.result_text.empty() ? wire::result_frame(id, call.result)
                                                           : wire::result_frame(id, std::string_view(call.result_text)));
  }
}

void Authority::reject(const Peer& peer, wire::RpcError error) {
  ++refused_;
  outbox_.send(peer.connection, wire::error_frame(error));
}

void Authority::connection_closed(const Peer& peer) {
  if (peer.has_registered) registry_.connection_closed(peer.connection);
  approvals_.connection_closed(peer.connection);
}

bool Authority::has_waiter(std::uint64_t connection) const {
  for (const auto& [id, approval] : approvals_.all())
    if (approval.waiter && approval.waiter->connection == connection) return true;
  return false;
}

void Authority::due(Milliseconds at) {
  if (!next_due_ || at < *next_due_) next_due_ = at;
}

void Authority::tick() {
  // Deadlines only ever move away (a heartbeat) or are announced by due(): nothing can be due before next_due_.
  const Milliseconds now = clock_();
  if (!next_due_ || now < *next_due_) return;
  const auto answer = [this](const Approval& approval, const Waiter& waiter, std::string_view decision) {
    answer_waiter(approval, waiter, decision);
  };
  registry_.expire(now, [&](const Agent& agent) {
    emit("agent.expired", {{"agentId", agent.id}});
    approvals_.drop_agent(agent.id, answer);
  });
  approvals_.expire(now, answer, [this](const Approval& approval) {
    emit("approval.expired", {{"approvalId", approval.id}, {"agentId", approval.agent_id}, {"tool", approval.tool}});
  });
  next_due_.reset();
  if (const auto at = registry_.next_expiry()) due(*at);
  if (const auto at = approvals_.next_expiry()) due(*at);
}

void Authority::shutdown() {
  for (const auto& [id, approval] : approvals_.all())
    if (approval.waiter) answer_waiter(approval, *approval.waiter, "shutdown");
  emit("runtime.stopping", json::object());
}

void Authority::answer_waiter(const Approval& approval, const Waiter& waiter, std::string_view decision) {
  const json result = {{"decision", decision}, {"approvalId", approval.id}};
  outbox_.send(waiter.connection, wire::result_frame(waiter.request_id, result));
}

void Authority::emit(std::string_view type, const json& fields) {
  const std::string object = wire::dump_json(fields);
  outbox_.publish(events_.append(type, std::string_view(object).substr(1, object.size() - 2)));
}

bool Authority::is_operator(const Peer& peer) const {
  if (peer.uid != 0 && peer.uid != geteuid()) return false;
  if (peer.has_registered) return false;
  // An agent must not approve its own calls, nor through a program it starts. What cannot be told is refused.
  const auto is_agent = [this](const ProcessId& process) {
    for (const auto& [id, agent] : registry_.agents())
      if (agent.process == process) return true;
    return false;
  };
  return ancestry(peer.pid, is_agent) == Ancestry::clear;
}

}  // namespace aegis::runtime
