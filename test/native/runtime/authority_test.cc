// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>
#include <unistd.h>

#include <map>
#include <vector>

#include "../../../native/runtime/authority.h"

using namespace aegis::runtime;
using nlohmann::json;

namespace {

// The authority with a clock that is turned by hand and an outbox that keeps what was sent.
struct Desk : Outbox {
  Milliseconds now = 1000;
  std::map<std::uint64_t, std::vector<json>> sent;
  std::vector<json> events;
  Authority authority;

  explicit Desk(AuthorityOptions options = {}) : authority(options, *this, [this] { return now; }) {
    authority.set_policy(*parse_tool_policy("version=6\n[tool]\ndefault deny\nallow ok\npending ask : look\n", "p"));
  }

  void send(std::uint64_t connection, std::string frame) override { sent[connection].push_back(json::parse(frame)); }
  void subscribe(std::uint64_t) override {}
  void publish(const Event& event) override { events.push_back(json::parse(event.json)); }
  json describe() const override { return json::object(); }

  json ask(Peer& peer, const std::string& method, json params, json id = 1) {
    const std::size_t before = sent[peer.connection].size();
    authority.handle(peer, json{{"jsonrpc", "2.0"}, {"id", id}, {"method", method}, {"params", params}}.dump());
    return sent[peer.connection].size() > before ? sent[peer.connection].back() : json();
  }
};

Peer peer_of(std::uint64_t connection) { return Peer{connection, getpid(), geteuid(), {}, false}; }
// Process 1 is nobody's child and registered nothing: an operator.
Peer operator_of(std::uint64_t connection) { return Peer{connection, 1, geteuid(), {}, false}; }

json enrol(Desk& desk, Peer& peer, const std::string& id = "a") {
  const json result = desk.ask(peer, "agent.register", {{"agentId", id}, {"name", "n"}})["result"];
  return {{"agentId", id}, {"token", result["token"]}};
}

json with(json object, const json& more) {
  object.update(more);
  return object;
}

int code_of(const json& answer) { return answer["error"]["code"].get<int>(); }

}  // namespace

TEST_CASE("a token is good for its agent only, and only while it is registered") {
  Desk desk;
  Peer one = peer_of(1), two = peer_of(2);
  const json a = enrol(desk, one, "a"), b = enrol(desk, two, "b");
  const json call = {{"tool", "ok"}, {"args", json::object()}};
  CHECK(desk.ask(one, "policy.query", with(a, call))["result"]["decision"] == "allow");
  CHECK(code_of(desk.ask(one, "policy.query", with({{"agentId", "a"}, {"token", b["token"]}}, call))) == -32001);
  CHECK(code_of(desk.ask(one, "policy.query", with({{"agentId", "a"}, {"token", ""}}, call))) == -32001);
  CHECK(code_of(desk.ask(one, "policy.query", call)) == -32001);
  CHECK(desk.ask(one, "agent.deregister", a)["result"]["deregistered"] == true);
  CHECK(code_of(desk.ask(one, "policy.query", with(a, call))) == -32001);
}

TEST_CASE("tokens are 256 bits and never the same") {
  const std::string one = random_token(), two = random_token();
  CHECK(one.size() == 64);
  CHECK(one != two);
  CHECK(equal_in_constant_time(one, std::string(one)));
  CHECK_FALSE(equal_in_constant_time(one, two));
  CHECK_FALSE(equal_in_constant_time(one, one.substr(1)));
}

TEST_CASE("an agent that falls silent is forgotten, with what it waits for") {
  Desk desk;
  Peer peer = peer_of(1);
  const json a = enrol(desk, peer);
  const json pending = desk.ask(peer, "policy.query", with(a, {{"tool", "ask"}, {"args", json::object()}}))["result"];
  desk.ask(peer, "approval.wait", with(a, {{"approvalId", pending["approvalId"]}}), 7);
  desk.now += 29'999;
  desk.authority.tick();
  CHECK(desk.ask(peer, "agent.heartbeat", a).contains("result"));
  desk.now += 29'999;
  desk.authority.tick();
  CHECK(desk.sent[1].back()["id"] != 7);
  desk.now += 1;
  desk.authority.tick();
  CHECK(desk.sent[1].back()["id"] == 7);
  CHECK(desk.sent[1].back()["result"]["decision"] == "channel_closed");
  CHECK(code_of(desk.ask(peer, "agent.heartbeat", a)) == -32001);
  CHECK(desk.events.back()["type"] == "agent.expired");
}

TEST_CASE("an identity in use is not given away without its token") {
  Desk desk;
  Peer one = peer_of(1), two = peer_of(2);
  const json a = enrol(desk, one);
  CHECK(code_of(desk.ask(two, "agent.register", {{"agentId", "a"}, {"name", "n"}})) == -32003);
  const json taken = desk.ask(two, "agent.register", {{"agentId", "a"}, {"name", "n"}, {"previousToken", a["token"]}});
  CHECK(taken["result"]["registered"] == true);
  CHECK(code_of(desk.ask(one, "agent.heartbeat", a)) == -32001);
  desk.authority.connection_closed(two);
  CHECK(desk.ask(one, "agent.register", {{"agentId", "a"}, {"name", "n"}}).contains("result"));
}

TEST_CASE("only an operator decides, and an agent is none") {
  Desk desk;
  Peer agent = peer_of(1), operate = operator_of(2), child = peer_of(3), stranger{4, 1, geteuid() + 1, {}, false};
  const json a = enrol(desk, agent);
  const json pending = desk.ask(agent, "policy.query", with(a, {{"tool", "ask"}, {"args", {{"x", 1}}}}))["result"];
  CHECK(pending["decision"] == "pending");
  const json decide = {{"approvalId", pending["approvalId"]}, {"decision", "allow"}};
  CHECK(code_of(desk.ask(agent, "approval.decide", decide)) == -32002);
  CHECK_MESSAGE(code_of(desk.ask(child, "approval.decide", decide)) == -32002, "the agent's process on another connection");
  CHECK(code_of(desk.ask(stranger, "approval.decide", decide)) == -32002);
  CHECK(code_of(desk.ask(agent, "events.subscribe", json::object())) == -32002);
  CHECK_FALSE(desk.ask(agent, "status.get", json::object())["result"].contains("approvals"));
  CHECK(desk.ask(operate, "status.get", json::object())["result"]["approvals"][0]["arguments"] == R"({"x":1})");
  desk.ask(agent, "approval.wait", with(a, {{"approvalId", pending["approvalId"]}}), "w");
  CHECK(desk.ask(operate, "approval.decide", decide).contains("result"));
  CHECK(desk.sent[1].back()["id"] == "w");
  CHECK(desk.sent[1].back()["result"]["decision"] == "allow");
  CHECK_MESSAGE(code_of(desk.ask(agent, "approval.wait", with(a, decide))) == -32005, "an approval is spent by its answer");
}

TEST_CASE("an approval belongs to the agent that asked") {
  Desk desk;
  Peer one = peer_of(1), two = peer_of(2);
  const json a = enrol(desk, one, "a"), b = enrol(desk, two, "b");
  const json pending = desk.ask(one, "policy.query", with(a, {{"tool", "ask"}, {"args", 1}}))["result"];
  CHECK(code_of(desk.ask(two, "approval.wait", with(b, {{"approvalId", pending["approvalId"]}}))) == -32005);
}

TEST_CASE("a request whose id is still in use is refused") {
  Desk desk;
  Peer peer = peer_of(1);
  const json a = enrol(desk, peer);
  for (int i = 0; i < 2; ++i) {
    const json pending = desk.ask(peer, "policy.query", with(a, {{"tool", "ask"}, {"args", i}}))["result"];
    const json answer = desk.ask(peer, "approval.wait", with(a, {{"approvalId", pending["approvalId"]}}), 9);
    if (i == 1) CHECK(code_of(answer) == -32007);
  }
}

TEST_CASE("waiting ends: by its own time, by the approval's, by shutdown") {
  Desk desk;
  Peer peer = peer_of(1);
  const json a = enrol(desk, peer);
  const auto wait = [&](int id, json more) {
    const json pending = desk.ask(peer, "policy.query", with(a, {{"tool", "ask"}, {"args", id}}))["result"];
    desk.ask(peer, "approval.wait", with(with(a, {{"approvalId", pending["approvalId"]}}), more), id);
  };
  wait(1, {{"timeoutMs", 50}});
  desk.now += 50;
  desk.authority.tick();
  CHECK(desk.sent[1].back()["result"]["decision"] == "timeout");
  wait(2, json::object());
  desk.authority.shutdown();
  CHECK(desk.sent[1].back()["id"] == 2);
  CHECK(desk.sent[1].back()["result"]["decision"] == "shutdown");
}

TEST_CASE("waiting calls are bounded, and beyond the bound nobody is allowed") {
  AuthorityOptions options;
  options.max_approvals_per_agent = 2;
  Desk desk(options);
  Peer peer = peer_of(1);
  const json a = enrol(desk, peer);
  const auto decision = [&](json args) {
    return desk.ask(peer, "policy.query", with(a, {{"tool", "ask"}, {"args", args}}))["result"]["decision"];
  };
  CHECK(decision(std::string(40'000, 'x')) == "error");
  CHECK(decision(1) == "pending");
  CHECK(decision(2) == "pending");
  CHECK(decision(3) == "error");
}

TEST_CASE("without a policy nothing is decided, and a bad one does not replace a good one") {
  struct Bare : Desk {
    Bare() { authority.refuse_policy("line 3: bad"); }
  } kept;
  Peer peer = peer_of(1);
  const json a = enrol(kept, peer);
  const json call = {{"tool", "ok"}, {"args", json::object()}};
  CHECK(kept.ask(peer, "policy.query", with(a, call))["result"]["decision"] == "allow");
  CHECK(kept.events.back()["type"] == "tool.decided");
}

TEST_CASE("bad parameters are refused one by one") {
  Desk desk;
  Peer peer = peer_of(1);
  const auto refused = [&](const char* method, json params) { return code_of(desk.ask(peer, method, params)) == -32602; };
  CHECK(refused("agent.register", {{"agentId", ""}, {"name", "n"}}));
  CHECK(refused("agent.register", {{"agentId", 1}, {"name", "n"}}));
  CHECK(refused("agent.register", {{"agentId", "a\nb"}, {"name", "n"}}));
  CHECK(refused("agent.register", {{"agentId", std::string(129, 'x')}, {"name", "n"}}));
  CHECK(refused("agent.register", {{"agentId", "a"}, {"name", "n"}, {"depth", -1}}));
  CHECK(refused("agent.register", {{"agentId", "a"}, {"name", "n"}, {"depth", 18446744073709551615ULL}}));
  CHECK(refused("agent.register", {{"agentId", "a"}, {"name", "n"}, {"delegationReason", std::string(257, 'x')}}));
  const json a = enrol(desk, peer);
  CHECK(refused("policy.query", with(a, {{"tool", "ok"}})));
  CHECK(refused("policy.query", with(a, {{"tool", ""}, {"args", 1}})));
  CHECK(refused("runtime.hello", {{"protocol", "1"}}));
  CHECK(code_of(desk.ask(peer, "runtime.hello", {{"protocol", 2}})) == -32008);
  CHECK(code_of(desk.ask(peer, "nope", json::object())) == -32601);
}

TEST_CASE("who said hello registers with the nonce it was given") {
  Desk desk;
  Peer peer = peer_of(1);
  const json hello = desk.ask(peer, "runtime.hello", {{"protocol", 1}, {"nonce", "mine"}})["result"];
  CHECK(hello["nonce"] == "mine");
  CHECK(code_of(desk.ask(peer, "agent.register", {{"agentId", "a"}, {"name", "n"}})) == -32001);
  CHECK(desk.ask(peer, "agent.register", {{"agentId", "a"}, {"name", "n"}, {"nonce", hello["serverNonce"]}})
            .contains("result"));
}

TEST_CASE("notifications get no answer") {
  Desk desk;
  Peer peer = peer_of(1);
  desk.authority.handle(peer, R"({"jsonrpc":"2.0","method":"nope"})");
  desk.authority.handle(peer, R"({"jsonrpc":"2.0","method":"status.get"})");
  CHECK(desk.sent[1].empty());
}

TEST_CASE("events are numbered without gaps and kept in a bounded ring") {
  EventLog log(3);
  for (int i = 0; i < 5; ++i) log.append("x", "");
  CHECK(log.kept().size() == 3);
  CHECK(log.kept().front().sequence == 3);
  CHECK(log.last() == 5);
}
