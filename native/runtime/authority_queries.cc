// SPDX-License-Identifier: Apache-2.0
// Methods about tool calls: query, wait for and decide an approval, status, events.
#include <unistd.h>

#include "../lib/wire_json.h"
#include "authority_call.h"

namespace aegis::runtime {

using wire::RpcCode;

namespace {
constexpr std::size_t max_listed_agents = 500;
constexpr std::size_t max_tool_name = 256;

void append_member(std::string& members, std::string_view name, std::string_view value) {
  if (!members.empty()) members += ',';
  wire::append_quoted(members, name);
  members += ':';
  wire::append_quoted(members, value);
}
}  // namespace

// As members of a JSON object: what events tell as well, and what goes only to who asked.
struct Authority::QueryAnswer {
  std::string told, more;
};

std::optional<Authority::Failure> Authority::query(Call& call) {
  const json& params = call.request.params;
  Agent* agent = authenticated(params);
  if (!agent) return Failure{RpcCode::unauthorized, "unknown agent or wrong token"};
  std::string error;
  const std::string tool = text_of(params, "tool", max_tool_name, error);
  if (error.empty() && tool.empty()) error = "\"tool\" must not be empty";
  const auto args = params.find("args");
  if (error.empty() && args == params.end()) error = "\"args\" is missing; send {} for none";
  if (!error.empty()) return Failure{RpcCode::invalid_params, error};

  ++queries_;
  ++agent->queries;
  const QueryAnswer answer = answer_query(*agent, tool, *args);
  call.result_text.append(1, '{').append(answer.told).append(answer.more).append(1, '}');
  std::string event;
  append_member(event, "agentId", agent->id);
  append_member(event, "tool", tool);
  event.append(1, ',').append(answer.told);
  outbox_.publish(events_.append("tool.decided", event));
  return std::nullopt;
}

Authority::QueryAnswer Authority::answer_query(const Agent& agent, const std::string& tool, const json& args) {
  QueryAnswer answer;
  const auto undecided = [&](std::string_view reason) {
    ++undecided_;
    answer.told.clear();
    append_member(answer.told, "decision", "error");
    append_member(answer.told, "reason", reason);
    return answer;
  };
  if (!policy_) return undecided(policy_error_);
  const Decision decision = policy_->decide(tool, args);
  if (decision.undecided) return undecided(decision.reason);
  append_member(answer.told, "decision", word_of(decision.action));
  append_member(answer.told, "reason", decision.reason);
  answer.told.append(",\"rule\":").append(std::to_string(decision.line));
  switch (decision.action) {
    case Action::allow: ++allowed_; break;
    case Action::deny: ++denied_; break;
    case Action::redact: {
      ++redacted_;
      json rules = json::array();
      for (const std::string& pointer : decision.redact)
        rules.push_back({{"path", pointer}, {"replacement", "[redacted]"}});
      answer.more.append(",\"rules\":").append(wire::dump_json(rules));
      break;
    }
    case Action::pending: {
      std::string error;
      Approval* approval =
          approvals_.open(agent.id, tool, wire::dump_json(args), decision.reason, clock_(), error);
      if (!approval) return undecided(error);
      ++pending_;
      due(approval->expires);
      append_member(answer.told, "approvalId", approval->id);
      answer.more.append(",\"expiresInMs\":").append(std::to_string(options_.approval_lifetime));
      emit("approval.requested",
           {{"approvalId", approval->id}, {"agentId", agent.id}, {"tool", tool}, {"reason", decision.reason}});
      break;
    }
  }
  return answer;
}

std::optional<Authority::Failure> Authority::wait_for_approval(Call& call) {
  const json& params = call.request.params;
  Agent* agent = authenticated(params);
  if (!agent) return Failure{RpcCode::unauthorized, "unknown agent or wrong token"};
  std::string error;
  const std::string id = text_of(params, "approvalId", max_name_bytes, error);
  const auto timeout =
      number_of(params, "timeoutMs", 1, options_.approval_lifetime, options_.approval_lifetime, error);
  if (!error.empty()) return Failure{RpcCode::invalid_params, error};
  if (!call.request.id) return Failure{RpcCode::invalid_request, "approval.wait needs an id to be answered to"};
  Approval* approval = approvals_.find(id);
  if (!approval || approval->agent_id != agent->id)
    return Failure{RpcCode::no_such_approval, "no such approval of this agent"};
  if (!approval->decision.empty()) {
    call.result = {{"decision", approval->decision}, {"approvalId", id}};
    approvals_.erase(id);
    return std::nullopt;
  }
  if (approval->waiter) return Failure{RpcCode::duplicate_id, "somebody waits for this approval already"};
  for (const auto& [other_id, other] : approvals_.all())
    if (other.waiter && other.waiter->connection == call.peer.connection && other.waiter->request_id == *call.request.id)
      return Failure{RpcCode::duplicate_id, "a request of this connection with the same id is not yet answered"};
  approval->waiter = Waiter{call.peer.connection, *call.request.id, clock_() + timeout};
  due(approval->waiter->deadline);
  call.is_deferred = true;
  emit("approval.awaited", {{"approvalId", id}, {"agentId", agent->id}});
  return std::nullopt;
}

std::optional<Authority::Failure> Authority::decide_approval(Call& call) {
  if (!is_operator(call.peer))
    return Failure{RpcCode::not_an_operator,
                   "only an operator decides: a process that is not an agent's, of the runtime's user or root"};
  const json& params = call.request.params;
  std::string error;
  const std::string id = text_of(params, "approvalId", max_name_bytes, error);
  const std::string decision = text_of(params, "decision", max_name_bytes, error);
  if (error.empty() && decision != "allow" && decision != "deny") error = "\"decision\" must be \"allow\" or \"deny\"";
  if (!error.empty()) return Failure{RpcCode::invalid_params, error};
  Approval* approval = approvals_.find(id);
  if (!approval) return Failure{RpcCode::no_such_approval, "no such approval; it may have expired"};
  if (!approval->decision.empty())
    return Failure{RpcCode::no_such_approval, "this approval was decided already: " + approval->decision};
  approval->decision = decision;
  call.result = {{"approvalId", id}, {"decision", decision}, {"tool", approval->tool}, {"agentId", approval->agent_id}};
  emit("approval.decided", {{"approvalId", id},
                            {"agentId", approval->agent_id},
                            {"tool", approval->tool},
                            {"decision", decision},
                            {"operatorPid", call.peer.pid},
                            {"operatorUid", call.peer.uid}});
  if (approval->waiter) {
    answer_waiter(*approval, *approval->waiter, decision);
    approvals_.erase(id);
  }
  return std::nullopt;
}

std::optional<Authority::Failure> Authority::status(Call& call) {
  const Milliseconds now = clock_();
  std::string error;
  const std::string approval_id = text_of(call.request.params, "approvalId", max_name_bytes, error);
  if (!error.empty()) return Failure{RpcCode::invalid_params, error};
  json policy = {{"loaded", policy_.has_value()}, {"error", policy_error_}};
  if (policy_) {
    policy["rules"] = policy_->rule_count();
    policy["default"] = word_of(policy_->default_action().value_or(Action::deny));
  }
  json& status = call.result;
  status = {{"instance", options_.instance},
            {"pid", getpid()},
            {"uptimeMs", now - started_},
            {"policy", policy},
            {"agentCount", registry_.agents().size()},
            {"approvalCount", approvals_.all().size()},
            {"lastEvent", events_.last()},
            {"socket", outbox_.describe()},
            {"counters",
             {{"queries", queries_},
              {"allowed", allowed_},
              {"denied", denied_},
              {"redacted", redacted_},
              {"pending", pending_},
              {"undecided", undecided_},
              {"refusedRequests", refused_}}}};
  // Who else runs, and with which arguments somebody calls, is no business of an agent.
  status["isOperator"] = is_operator(call.peer);
  if (!status["isOperator"].get<bool>()) return std::nullopt;
  if (!approval_id.empty()) {
    const Approval* approval = approvals_.find(approval_id);
    if (!approval) return Failure{RpcCode::no_such_approval, "no such approval; it may have expired"};
    status["approval"] = approval->describe(now, true);
    return std::nullopt;
  }
  json agents = json::array(), approvals = json::array();
  for (const auto& [id, agent] : registry_.agents()) {
    if (agents.size() == max_listed_agents) break;
    agents.push_back(agent.describe(now));
  }
  for (const auto& [id, approval] : approvals_.all())
    if (approval.decision.empty()) approvals.push_back(approval.describe(now, false));
  status["agents"] = std::move(agents);
  status["approvals"] = std::move(approvals);
  return std::nullopt;
}

std::optional<Authority::Failure> Authority::subscribe(Call& call) {
  if (!is_operator(call.peer)) return Failure{RpcCode::not_an_operator, "only an operator follows events"};
  std::string error;
  const auto after = number_of(call.request.params, "after", 0, INT64_MAX, static_cast<std::int64_t>(events_.last()), error);
  if (!error.empty()) return Failure{RpcCode::invalid_params, error};
  // The answer goes first, so that a follower knows from which number on the events are complete.
  const std::uint64_t from = events_.kept().empty() ? events_.last() + 1 : events_.kept().front().sequence;
  if (call.request.id)
    outbox_.send(call.peer.connection, wire::result_frame(*call.request.id, {{"subscribed", true},
                                                                             {"oldestKept", from},
                                                                             {"last", events_.last()}}));
  call.is_deferred = true;
  for (const Event& event : events_.kept())
    if (event.sequence > static_cast<std::uint64_t>(after))
      outbox_.send(call.peer.connection, wire::notification_frame("event", event.json));
  outbox_.subscribe(call.peer.connection);
  return std::nullopt;
}

}  // namespace aegis::runtime
