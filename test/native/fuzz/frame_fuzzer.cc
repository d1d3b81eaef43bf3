// SPDX-License-Identifier: Apache-2.0
// What a peer may send, from its bytes to the answer: framing, JSON, JSON-RPC, every method, and the policy parser.
#include <unistd.h>

#include <cstdint>
#include <cstdlib>

#include "../../../native/lib/wire_frame.h"
#include "../../../native/runtime/authority.h"

using namespace aegis;
using namespace aegis::runtime;

namespace {

// Every frame the authority sends has to be one line of JSON-RPC; anything else is a finding.
struct Outlet : Outbox {
  std::string token;  // of the last registration
  void send(std::uint64_t, std::string frame) override {
    constexpr std::string_view before = "\"token\":\"";
    if (const auto at = frame.find(before); at != std::string::npos) token = frame.substr(at + before.size(), 64);
    if (frame.empty() || frame.find('\n') != frame.size() - 1) std::abort();
    if (!nlohmann::json::accept(frame)) std::abort();
  }
  void subscribe(std::uint64_t) override {}
  void publish(const Event& event) override {
    if (!nlohmann::json::accept(event.json)) std::abort();
  }
  nlohmann::json describe() const override { return nlohmann::json::object(); }
};

// A frame cannot guess a token; where it writes the placeholder it gets the real one, and so to what is behind it.
std::string with_token(std::string_view frame, const std::string& token) {
  constexpr std::string_view placeholder = "\"token\":\"t\"";
  std::string text(frame);
  for (auto at = text.find(placeholder); at != std::string::npos; at = text.find(placeholder, at + 1))
    text.replace(at, placeholder.size(), "\"token\":\"" + token + "\"");
  return text;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const auto cut = 1 + (data[0] % 64U);

  Outlet outlet;
  Milliseconds now = 1000;
  AuthorityOptions options;
  options.kept_events = 4;
  Authority authority(options, outlet, [&] { return now; });
  const ToolPolicy usual =
      *parse_tool_policy("version=1\n[tool]\ndefault pending\nallow a /p/*=/x/**\nredact b mask /s/*\n", "p");
  const auto given = parse_tool_policy(input.substr(1), "p");
  const ToolPolicy& policy = given ? *given : usual;
  authority.set_policy(policy);

  // Once as it came, in pieces, through frames of at most 4 KiB; the peer is registered so that queries get through.
  Peer peer{1, getpid(), geteuid(), {}, false};
  authority.handle(peer, R"({"jsonrpc":"2.0","id":0,"method":"agent.register","params":{"agentId":"a","name":"n"}})");
  wire::FrameReader reader(4096);
  for (std::size_t at = 1; at < size; at += cut) {
    reader.feed(input.substr(at, cut));
    while (const auto frame = reader.next()) {
      if (frame->oversized) authority.reject(peer, {wire::RpcCode::frame_too_large, "too large"});
      else authority.handle(peer, with_token(frame->text, outlet.token));
      wire::read_answer(frame->text);
    }
    now += 100;
    authority.tick();
  }
  // And once as the arguments of a call, which no frame above gets to without the token.
  if (const auto args = nlohmann::json::parse(input.substr(1), nullptr, false); !args.is_discarded())
    policy.decide("b", args);
  authority.connection_closed(peer);
  authority.shutdown();
  return 0;
}
