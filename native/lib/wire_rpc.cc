// SPDX-License-Identifier: Apache-2.0
#include "wire_rpc.h"

#include <charconv>

#include "wire_json.h"

namespace aegis::wire {

namespace {

using nlohmann::json;

constexpr std::size_t max_id_bytes = 128;
constexpr std::string_view answer_start = "{\"jsonrpc\":\"2.0\",\"id\":", result_start = ",\"result\":";

bool is_id(const json& id) {
  if (id.is_string()) return id.get_ref<const std::string&>().size() <= max_id_bytes;
  return id.is_number_integer() || id.is_null();
}

RpcError invalid(std::string message, json id = nullptr) {
  return RpcError{RpcCode::invalid_request, std::move(message), std::move(id)};
}

// The usual answer, as result_frame() writes it: everything between its head and its last brace is the result, if that
// is one JSON value. What looks like it and is not is read like any other frame.
std::optional<Answer> read_usual_answer(std::string_view frame) {
  if (!frame.starts_with(answer_start) || !frame.ends_with('}')) return std::nullopt;
  std::uint64_t id = 0;
  const char* const digits = frame.data() + answer_start.size();
  const auto [rest, error] = std::from_chars(digits, frame.data() + frame.size(), id);
  const bool is_canonical = error == std::errc{} && (*digits != '0' || rest == digits + 1);
  std::string_view result = frame.substr(static_cast<std::size_t>(rest - frame.data()));
  if (!is_canonical || !result.starts_with(result_start)) return std::nullopt;
  result.remove_prefix(result_start.size());
  result.remove_suffix(1);
  if (!parse_json(result).ok()) return std::nullopt;
  return Answer{.id = id, .result = std::string(result), .error = {}};
}

}  // namespace

std::optional<RpcError> read_request(std::string_view frame, Request& request) {
  ParsedJson parsed = parse_json(frame);
  if (!parsed.ok()) return RpcError{RpcCode::parse_error, "cannot read the frame: " + parsed.error};
  json& message = parsed.value;
  if (message.is_array()) return invalid("batches are not supported; send one request per line");
  if (!message.is_object()) return invalid("a request is an object");

  json id = nullptr;
  if (auto found = message.find("id"); found != message.end()) {
    if (!is_id(*found)) return invalid("id must be a string of at most 128 bytes, an integer or null");
    id = *found;
    request.id = id;
  }
  auto version = message.find("jsonrpc");
  if (version == message.end() || *version != "2.0") return invalid("\"jsonrpc\" must be \"2.0\"", id);
  auto method = message.find("method");
  if (method == message.end() || !method->is_string()) return invalid("\"method\" must be a string", id);
  request.method = std::move(method->get_ref<std::string&>());
  if (auto params = message.find("params"); params != message.end()) {
    if (!params->is_object())
      return RpcError{RpcCode::invalid_params, "\"params\" must be an object (parameters go by name)", id};
    request.params = std::move(*params);
  }
  return std::nullopt;
}

std::optional<Answer> read_answer(std::string_view frame) {
  if (auto usual = read_usual_answer(frame)) return usual;
  ParsedJson parsed = parse_json(frame);
  if (!parsed.ok() || !parsed.value.is_object()) return std::nullopt;
  json& message = parsed.value;
  auto version = message.find("jsonrpc");
  if (version == message.end() || *version != "2.0") return std::nullopt;

  const bool is_notification = message.contains("method") && !message.contains("id");
  if (is_notification) return Answer{.id = json::value_t::discarded, .result = {}, .error = {}};

  auto id = message.find("id");
  auto result = message.find("result");
  auto error = message.find("error");
  const bool has_result = result != message.end();
  if (id == message.end() || !is_id(*id) || has_result == (error != message.end())) return std::nullopt;

  Answer answer{.id = *id, .result = {}, .error = {}};
  if (has_result) {
    answer.result = dump_json(*result);
    return answer;
  }
  if (!error->is_object()) return std::nullopt;
  auto code = error->find("code");
  auto text = error->find("message");
  if (code == error->end() || !code->is_number_integer() || text == error->end() || !text->is_string())
    return std::nullopt;
  answer.error = RpcError{static_cast<RpcCode>(code->get<int>()), text->get<std::string>(), *id};
  return answer;
}

std::string result_frame(const json& id, const json& result) {
  return result_frame(id, std::string_view(dump_json(result)));
}

std::string result_frame(const json& id, std::string_view result_text) {
  std::string frame(answer_start);
  frame += id.is_number_unsigned() ? std::to_string(id.get<std::uint64_t>()) : dump_json(id);
  frame += result_start;
  frame += result_text;
  frame += "}\n";
  return frame;
}

std::string error_frame(const RpcError& error) {
  const json body = {{"code", static_cast<int>(error.code)}, {"message", error.message}};
  return "{\"jsonrpc\":\"2.0\",\"id\":" + dump_json(error.id) + ",\"error\":" + dump_json(body) + "}\n";
}

std::string notification_frame(std::string_view method, std::string_view params_json) {
  std::string frame = "{\"jsonrpc\":\"2.0\",\"method\":";
  frame += dump_json(json(method));
  frame += ",\"params\":";
  frame += params_json;
  frame += "}\n";
  return frame;
}

}  // namespace aegis::wire
