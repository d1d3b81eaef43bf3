// SPDX-License-Identifier: Apache-2.0
// What a client says of itself: hello, registration, and the token that goes with every later call.
#include <sys/random.h>

#include <array>

#include "wire_client.h"
#include "wire_json.h"

namespace aegis::wire {

namespace {

std::string fresh_nonce() {
  std::array<unsigned char, 16> bytes{};
  if (getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size())) return {};
  constexpr std::string_view digits = "0123456789abcdef";
  std::string nonce;
  for (const unsigned char byte : bytes) {
    nonce += digits[byte >> 4];
    nonce += digits[byte & 15];
  }
  return nonce;
}

std::string text_of(const nlohmann::json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

}  // namespace

void Client::hello(std::int64_t deadline_ms, Done done) {
  const std::string nonce = fresh_nonce();
  if (nonce.empty()) return done({Failure::unreachable, "the kernel gave no randomness for a nonce"});
  const nlohmann::json params = {{"protocol", protocol_version}, {"client", "aegis-native"}, {"nonce", nonce}};
  call("runtime.hello", dump_json(params), deadline_ms, [this, nonce, done = std::move(done)](Reply reply) {
    if (reply.failure == Failure::none) {
      const ParsedJson parsed = parse_json(reply.text);
      const bool is_ours = parsed.ok() && parsed.value.is_object() && text_of(parsed.value, "nonce") == nonce &&
                           parsed.value.value("protocol", nlohmann::json()) == protocol_version;
      if (is_ours) server_nonce_ = text_of(parsed.value, "serverNonce");
      else reply = {Failure::protocol_error, "the answer to hello does not carry our nonce and version"};
    }
    done(std::move(reply));
  });
}

void Client::register_agent(std::string_view identity, std::int64_t deadline_ms, Done done) {
  ParsedJson parsed = parse_json(identity);
  if (!parsed.ok() || !parsed.value.is_object())
    return done({Failure::bad_argument, "the identity must be a JSON object"});
  parsed.value["nonce"] = server_nonce_;
  const std::string& known = token_.empty() ? previous_token_ : token_;
  if (!known.empty()) parsed.value["previousToken"] = known;
  call("agent.register", dump_json(parsed.value), deadline_ms, [this, done = std::move(done)](Reply reply) {
    if (reply.failure == Failure::none) {
      ParsedJson answer = parse_json(reply.text);
      const bool is_object = answer.ok() && answer.value.is_object();
      const std::string token = is_object ? text_of(answer.value, "token") : std::string();
      if (!is_object || answer.value.value("registered", nlohmann::json()) != true || token.empty()) {
        reply = {Failure::protocol_error, "the answer to the registration carries no token"};
      } else {
        token_ = token;
        agent_id_ = text_of(answer.value, "agentId");
        credentials_ = "{\"agentId\":" + dump_json(agent_id_) + ",\"token\":" + dump_json(token_);
        answer.value.erase("token");
        reply.text = dump_json(answer.value);
      }
    }
    done(std::move(reply));
  });
}

std::string Client::authenticated(std::string_view members) const {
  std::string params = credentials_.empty() ? "{\"agentId\":\"\",\"token\":\"\"" : credentials_;
  if (!members.empty()) {
    params += ',';
    params += members;
  }
  params += '}';
  return params;
}

}  // namespace aegis::wire
