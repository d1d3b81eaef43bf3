// SPDX-License-Identifier: Apache-2.0
// Methods about agents: hello, register, deregister, heartbeat.
#include <unistd.h>

#include "../lib/wire_frame.h"
#include "authority_call.h"
#include "process.h"

namespace aegis::runtime {

using wire::RpcCode;

namespace {

constexpr std::size_t max_reason_characters = 256;

std::size_t characters(std::string_view utf8) {
  std::size_t count = 0;
  for (const char c : utf8) count += (static_cast<unsigned char>(c) & 0xc0) != 0x80;
  return count;
}

}  // namespace

std::string text_of(const nlohmann::json& params, const char* name, std::size_t limit, std::string& error) {
  const auto found = params.find(name);
  if (found == params.end() || found->is_null()) return {};
  const auto refuse = [&](const std::string& why) {
    if (error.empty()) error = std::string("\"") + name + "\" " + why;
    return std::string();
  };
  if (!found->is_string()) return refuse("must be a string");
  const std::string& text = found->get_ref<const std::string&>();
  if (text.size() > limit) return refuse("is longer than " + std::to_string(limit) + " bytes");
  for (const char c : text)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) return refuse("holds a control character");
  return text;
}

std::int64_t number_of(const nlohmann::json& params, const char* name, std::int64_t least, std::int64_t most,
                       std::int64_t fallback, std::string& error) {
  const auto found = params.find(name);
  if (found == params.end() || found->is_null()) return fallback;
  // An unsigned number beyond the signed range would come out negative, hence out of bounds here as well.
  if (found->is_number_integer()) {
    const auto value = found->get<std::int64_t>();
    if (value >= least && value <= most) return value;
  }
  if (error.empty())
    error = std::string("\"") + name + "\" must be a whole number from " + std::to_string(least) + " to " +
            std::to_string(most);
  return fallback;
}

std::optional<Authority::Failure> Authority::hello(Call& call) {
  const json& params = call.request.params;
  std::string error;
  const std::string nonce = text_of(params, "nonce", max_name_bytes, error);
  const auto version = number_of(params, "protocol", 0, 1'000'000, 0, error);
  if (!error.empty()) return Failure{RpcCode::invalid_params, error};
  if (version != wire::protocol_version)
    return Failure{RpcCode::unsupported_version,
                   "this runtime speaks protocol " + std::to_string(wire::protocol_version) + " only"};
  call.peer.nonce = random_token().substr(0, 32);
  call.result = {{"protocol", wire::protocol_version},
                 {"instance", options_.instance},
                 {"pid", getpid()},
                 {"nonce", nonce},
                 {"serverNonce", call.peer.nonce},
                 {"heartbeatTtlMs", registry_.heartbeat_ttl()},
                 {"maxFrameBytes", wire::max_frame_bytes}};
  return std::nullopt;
}

std::optional<Authority::Failure> Authority::register_agent(Call& call) {
  const json& params = call.request.params;
  std::string error;
  Agent agent;
  const auto text = [&](const char* name) { return text_of(params, name, max_name_bytes, error); };
  agent.id = text("agentId");
  agent.name = text("name");
  agent.framework = text("framework");
  agent.version = text("version");
  agent.mode = text("mode");
  agent.team = text("team");
  agent.parent = text("parent");
  agent.spawned_by = text("spawnedBy");
  agent.delegation_reason = text_of(params, "delegationReason", 4 * max_reason_characters, error);
  agent.depth = static_cast<int>(number_of(params, "depth", 0, 64, 0, error));
  const std::string nonce = text("nonce");
  const std::string previous = text("previousToken");
  if (!error.empty()) return Failure{RpcCode::invalid_params, error};
  if (agent.id.empty() || agent.name.empty())
    return Failure{RpcCode::invalid_params, "\"agentId\" and \"name\" must not be empty"};
  if (characters(agent.delegation_reason) > max_reason_characters)
    return Failure{RpcCode::invalid_params, "\"delegationReason\" is longer than 256 characters"};
  // Whoever said hello proves that it read the answer to it; a client that never did has nothing to prove.
  if (!call.peer.nonce.empty() && !equal_in_constant_time(call.peer.nonce, nonce))
    return Failure{RpcCode::unauthorized, "\"nonce\" is not the one this connection was given"};

  agent.process = identify(call.peer.pid).value_or(ProcessId{call.peer.pid, 0});
  agent.uid = call.peer.uid;
  agent.connection = call.peer.connection;
  Agent* registered = nullptr;
  bool replaced = false;
  switch (registry_.add(std::move(agent), previous, clock_(), &registered, &replaced)) {
    case RegisterFailure::identity_taken:
      return Failure{RpcCode::identity_taken, "this identity is registered on another connection"};
    case RegisterFailure::full:
      return Failure{RpcCode::limit_reached, "the runtime holds as many agents as it may"};
    case RegisterFailure::no_randomness:
      return Failure{RpcCode::internal_error, "the kernel gave no randomness for a token"};
    case RegisterFailure::none: break;
  }
  call.peer.has_registered = true;
  due(clock_() + registry_.heartbeat_ttl());
  if (replaced) {
    // Whatever the former holder of the identity waits for is no longer its to have.
    approvals_.drop_agent(registered->id, [this](const Approval& approval, const Waiter& waiter,
                                                 std::string_view decision) {
      answer_waiter(approval, waiter, decision);
    });
  }
  emit(replaced ? "agent.replaced" : "agent.registered",
       {{"agentId", registered->id}, {"name", registered->name}, {"pid", registered->process.pid}});
  call.result = {{"registered", true},
                 {"agentId", registered->id},
                 {"token", registered->token},
                 {"heartbeatTtlMs", registry_.heartbeat_ttl()}};
  return std::nullopt;
}

Agent* Authority::authenticated(const json& params) {
  const auto id = params.find("agentId");
  const auto token = params.find("token");
  if (id == params.end() || !id->is_string() || token == params.end() || !token->is_string()) return nullptr;
  return registry_.authenticate(id->get_ref<const std::string&>(), token->get_ref<const std::string&>(), clock_());
}

std::optional<Authority::Failure> Authority::deregister(Call& call) {
  Agent* agent = authenticated(call.request.params);
  if (!agent) return Failure{RpcCode::unauthorized, "unknown agent or wrong token"};
  const std::string id = agent->id;
  registry_.remove(id);
  approvals_.drop_agent(id, [this](const Approval& approval, const Waiter& waiter, std::string_view decision) {
    answer_waiter(approval, waiter, decision);
  });
  emit("agent.deregistered", {{"agentId", id}});
  call.result = {{"deregistered", true}};
  return std::nullopt;
}

std::optional<Authority::Failure> Authority::heartbeat(Call& call) {
  if (!authenticated(call.request.params)) return Failure{RpcCode::unauthorized, "unknown agent or wrong token"};
  call.result = {{"heartbeatTtlMs", registry_.heartbeat_ttl()}};
  return std::nullopt;
}

}  // namespace aegis::runtime
