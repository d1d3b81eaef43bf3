// SPDX-License-Identifier: Apache-2.0
// What the authority sends through the server: answers, and events to those who follow them.
#include "server.h"

namespace aegis::runtime {

namespace {
constexpr std::size_t max_event_backlog = std::size_t{1} << 20;
}

void Server::send(std::uint64_t id, std::string frame) {
  const auto found = connections_.find(id);
  if (found == connections_.end()) return;
  found->second->queue(frame);
  to_settle_.push_back(id);
}

void Server::subscribe(std::uint64_t id) {
  const auto found = connections_.find(id);
  if (found == connections_.end()) return;
  found->second->wants_events = true;
  followers_.insert(id);
}

void Server::publish(const Event& event) {
  if (followers_.empty()) return;
  const std::string frame = wire::notification_frame("event", event.json);
  for (const std::uint64_t id : followers_) {
    const auto found = connections_.find(id);
    if (found == connections_.end()) continue;
    Connection& connection = *found->second;
    if (connection.unsent() > max_event_backlog) {
      ++connection.dropped;
      ++events_dropped_;
      continue;
    }
    if (connection.dropped > 0) {
      // The numbers show the gap as well; this says how wide it is before the next event comes.
      connection.queue(wire::notification_frame("events.dropped",
                                                "{\"count\":" + std::to_string(connection.dropped) + "}"));
      connection.dropped = 0;
    }
    connection.queue(frame);
    to_settle_.push_back(id);
  }
}

nlohmann::json Server::describe() const {
  return {{"connections", connections_.size()}, {"maxConnections", options_.max_connections},
          {"refused", refused_},                {"evictedSilent", evicted_},
          {"evictedGreedy", evicted_greedy_},   {"heldBytes", held_},
          {"eventsDropped", events_dropped_}};
}

}  // namespace aegis::runtime
