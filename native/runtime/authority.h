// SPDX-License-Identifier: Apache-2.0
// The methods of the runtime socket. Knows no sockets: frames leave through an Outbox, time comes in.
#pragma once

#include <sys/types.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "../lib/wire_rpc.h"
#include "approvals.h"
#include "events.h"
#include "registry.h"
#include "tool_policy.h"

namespace aegis::runtime {

// One end of the socket, as the kernel described it when it connected (SO_PEERCRED).
struct Peer {
  std::uint64_t connection = 0;
  pid_t pid = 0;
  uid_t uid = 0;
  std::string nonce;  // ours, of its hello
  bool has_registered = false;
};

class Outbox {
 public:
  virtual ~Outbox() = default;
  virtual void send(std::uint64_t connection, std::string frame) = 0;
  virtual void subscribe(std::uint64_t connection) = 0;
  virtual void publish(const Event& event) = 0;
  virtual nlohmann::json describe() const = 0;
};

struct AuthorityOptions {
  std::string instance = "default";
  std::size_t max_agents = 4096;
  std::size_t max_approvals = 256;
  std::size_t max_approvals_per_agent = 32;
  std::size_t kept_events = 1024;
  Milliseconds heartbeat_ttl = 30'000;
  Milliseconds approval_lifetime = 300'000;
};

class Authority {
 public:
  Authority(AuthorityOptions options, Outbox& outbox, std::function<Milliseconds()> clock);

  // A good policy replaces the one in force; with an error the one in force stays, and with none in force every
  // query is answered "error", which no client may take for an allow.
  void set_policy(ToolPolicy policy);
  void refuse_policy(std::string error);
  // As `refuse_policy`, but none is in force from now on.
  void withdraw_policy(std::string why);

  // Answers one frame; the answer, if any, goes to the outbox.
  void handle(Peer& peer, std::string_view frame);
  void reject(const Peer& peer, wire::RpcError error);
  void connection_closed(const Peer& peer);
  // Whether a request of the connection is still to be answered.
  bool has_waiter(std::uint64_t connection) const;

  // Expires what is due; cheap when nothing is. The next time it wants to be called, if any.
  void tick();
  std::optional<Milliseconds> next_due() const { return next_due_; }

  // Answers everybody who waits with the sentinel "shutdown".
  void shutdown();

 private:
  using json = nlohmann::json;
  struct Failure {
    wire::RpcCode code;
    std::string message;
  };
  struct Call;
  struct QueryAnswer;
  using Method = std::optional<Failure> (Authority::*)(Call&);

  static Method method_named(std::string_view name);
  std::optional<Failure> hello(Call& call);
  std::optional<Failure> register_agent(Call& call);
  std::optional<Failure> deregister(Call& call);
  std::optional<Failure> heartbeat(Call& call);
  std::optional<Failure> query(Call& call);
  std::optional<Failure> wait_for_approval(Call& call);
  std::optional<Failure> decide_approval(Call& call);
  std::optional<Failure> status(Call& call);
  std::optional<Failure> subscribe(Call& call);

  Agent* authenticated(const json& params);
  bool is_operator(const Peer& peer) const;
  QueryAnswer answer_query(const Agent& agent, const std::string& tool, const json& args);
  void answer_waiter(const Approval& approval, const Waiter& waiter, std::string_view decision);
  void emit(std::string_view type, const json& fields);
  void due(Milliseconds at);

  AuthorityOptions options_;
  Outbox& outbox_;
  std::function<Milliseconds()> clock_;
  Registry registry_;
  Approvals approvals_;
  EventLog events_;
  std::optional<ToolPolicy> policy_;
  std::string policy_error_;
  std::optional<Milliseconds> next_due_;
  Milliseconds started_;
  std::uint64_t queries_ = 0, allowed_ = 0, denied_ = 0, pending_ = 0, redacted_ = 0, undecided_ = 0, refused_ = 0;
};

}  // namespace aegis::runtime
