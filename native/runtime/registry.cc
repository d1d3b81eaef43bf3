// SPDX-License-Identifier: Apache-2.0
#include "registry.h"

#include <sys/random.h>

#include <algorithm>
#include <array>

namespace aegis::runtime {

std::string random_token() {
  std::array<unsigned char, 32> bytes{};
  // Up to 256 bytes come whole or not at all (getrandom(2)).
  if (getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size())) return {};
  constexpr std::string_view digits = "0123456789abcdef";
  std::string token;
  for (const unsigned char byte : bytes) {
    token += digits[byte >> 4];
    token += digits[byte & 15];
  }
  return token;
}

bool equal_in_constant_time(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  volatile unsigned char difference = 0;
  for (std::size_t i = 0; i < a.size(); ++i)
    difference = static_cast<unsigned char>(difference | (a[i] ^ b[i]));
  return difference == 0;
}

nlohmann::json Agent::describe(Milliseconds now) const {
  return {{"agentId", id},        {"name", name},         {"framework", framework},
          {"version", version},   {"mode", mode},         {"team", team},
          {"parent", parent},     {"depth", depth},       {"spawnedBy", spawned_by},
          {"pid", process.pid},   {"uid", uid},           {"connected", connection != 0},
          {"queries", queries},   {"idleMs", now - last_seen}};
}

RegisterFailure Registry::add(Agent agent, std::string_view previous_token, Milliseconds now, Agent** registered,
                              bool* replaced) {
  auto found = agents_.find(agent.id);
  *replaced = found != agents_.end();
  if (*replaced) {
    const bool is_holder = equal_in_constant_time(found->second.token, previous_token);
    const bool is_live_elsewhere = found->second.connection != 0 && found->second.connection != agent.connection;
    if (is_live_elsewhere && !is_holder) return RegisterFailure::identity_taken;
  } else if (agents_.size() >= capacity_) {
    return RegisterFailure::full;
  }
  agent.token = random_token();
  if (agent.token.empty()) return RegisterFailure::no_randomness;
  agent.last_seen = now;
  std::string id = agent.id;
  Agent& place = agents_[std::move(id)];
  place = std::move(agent);
  *registered = &place;
  return RegisterFailure::none;
}

Agent* Registry::authenticate(std::string_view id, std::string_view token, Milliseconds now) {
  auto found = agents_.find(id);
  if (found == agents_.end() || !equal_in_constant_time(found->second.token, token)) return nullptr;
  found->second.last_seen = now;
  return &found->second;
}

bool Registry::remove(const std::string& id) { return agents_.erase(id) > 0; }

void Registry::connection_closed(std::uint64_t connection) {
  for (auto& [id, agent] : agents_)
    if (agent.connection == connection) agent.connection = 0;
}

void Registry::expire(Milliseconds now, const std::function<void(const Agent&)>& on_expired) {
  for (auto at = agents_.begin(); at != agents_.end();) {
    if (now - at->second.last_seen < ttl_) {
      ++at;
      continue;
    }
    on_expired(at->second);
    at = agents_.erase(at);
  }
}

std::optional<Milliseconds> Registry::next_expiry() const {
  std::optional<Milliseconds> earliest;
  for (const auto& [id, agent] : agents_)
    if (!earliest || agent.last_seen + ttl_ < *earliest) earliest = agent.last_seen + ttl_;
  return earliest;
}

}  // namespace aegis::runtime
