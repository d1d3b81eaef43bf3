// SPDX-License-Identifier: Apache-2.0
// JSON-RPC 2.0 (https://www.jsonrpc.org/specification) messages of the runtime socket, one per line.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace aegis::wire {

inline constexpr int protocol_version = 1;

// The specification's codes, and ours from its range for implementations (-32000 to -32099).
enum class RpcCode : int {
  parse_error = -32700,
  invalid_request = -32600,
  unknown_method = -32601,
  invalid_params = -32602,
  internal_error = -32603,
  unauthorized = -32001,
  not_an_operator = -32002,
  identity_taken = -32003,
  limit_reached = -32004,
  no_such_approval = -32005,
  frame_too_large = -32006,
  duplicate_id = -32007,
  unsupported_version = -32008,
};

struct RpcError {
  RpcCode code;
  std::string message;
  nlohmann::json id = nullptr;  // null when the request's own could not be read
};

struct Request {
  std::optional<nlohmann::json> id;  // absent: a notification, which gets no answer
  std::string method;
  nlohmann::json params = nlohmann::json::object();
};

// Reads one frame as a request; an error carries the id to answer with.
std::optional<RpcError> read_request(std::string_view frame, Request& request);

// An answer as a client sees it. `error` is set when the peer answered with a JSON-RPC error object.
struct Answer {
  nlohmann::json id;
  std::string result;  // compact JSON text
  std::optional<RpcError> error;
};

// Reads one frame as an answer; nullopt when it is none (the channel cannot be trusted any more).
// A notification of the peer yields an answer whose id is discarded.
std::optional<Answer> read_answer(std::string_view frame);

// Complete frames, with their line end.
std::string result_frame(const nlohmann::json& id, const nlohmann::json& result);
// The same with the result's JSON text at hand.
std::string result_frame(const nlohmann::json& id, std::string_view result_text);
std::string error_frame(const RpcError& error);
std::string notification_frame(std::string_view method, std::string_view params_json);

}  // namespace aegis::wire
