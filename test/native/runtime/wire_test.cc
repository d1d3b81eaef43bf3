// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <vector>

#include "../../../native/lib/wire_frame.h"
#include "../../../native/lib/wire_json.h"
#include "../../../native/lib/wire_rpc.h"

using namespace aegis::wire;

namespace {

std::vector<std::string> drain(FrameReader& reader) {
  std::vector<std::string> frames;
  while (auto frame = reader.next()) frames.push_back(frame->oversized ? "<oversized>" : std::string(frame->text));
  return frames;
}

using Frames = std::vector<std::string>;

}  // namespace

TEST_CASE("frames are the same however the bytes are cut") {
  const std::string bytes = "one\ntwo\r\n\n\nthree\nhalf";
  for (std::size_t step = 1; step <= bytes.size(); ++step) {
    FrameReader reader;
    Frames frames;
    for (std::size_t at = 0; at < bytes.size(); at += step) {
      reader.feed(bytes.substr(at, step));
      for (auto& frame : drain(reader)) frames.push_back(frame);
    }
    CHECK(frames == Frames{"one", "two", "three"});
    CHECK(reader.has_partial());
  }
}

TEST_CASE("a frame beyond the limit costs that frame and no more") {
  FrameReader reader(8);
  reader.feed("12345678\n");
  CHECK(drain(reader) == Frames{"12345678"});
  reader.feed("123456789");
  CHECK(drain(reader) == Frames{"<oversized>"});
  reader.feed("still the same line");
  CHECK(drain(reader).empty());
  CHECK(reader.has_partial());
  reader.feed("\nnext\n123456789\nlast\n");
  CHECK(drain(reader) == Frames{"next", "<oversized>", "last"});
  CHECK_FALSE(reader.has_partial());
}

TEST_CASE("memory of a large frame is given back") {
  FrameReader reader;
  reader.feed(std::string(max_frame_bytes - 1, 'x') + "\n");
  CHECK(drain(reader).size() == 1);
  reader.feed("small\n");
  CHECK(drain(reader) == Frames{"small"});
  CHECK(reader.held() < 100'000);
}

TEST_CASE("JSON is read, and what is not is refused") {
  CHECK(parse_json(R"({"a":[1,-2,0.5,true,null,"x"]})").value["a"][5] == "x");
  for (const char* bad : {"", "{", "[1,]", "{\"a\":1,}", "nul", "01", "'x'", "{} {}", "\"\xff\"", "\"\xc0\x80\"",
                          "\"\xed\xa0\x80\"", "[1e999]", "\"\\ud800\"", "// x\n1"})
    CHECK_MESSAGE(!parse_json(bad).ok(), bad);
}

TEST_CASE("a NUL does not hide what follows it") {
  using namespace std::string_view_literals;
  CHECK(parse_json("{}\0{\"more\":1}"sv).error == "contains a NUL byte");
}

TEST_CASE("a member may be named once") {
  CHECK(parse_json(R"({"tool":"a","tool":"b"})").error.find("twice") != std::string::npos);
  CHECK(parse_json(R"({"a":{"b":1},"c":{"b":1}})").ok());
  CHECK_FALSE(parse_json(R"({"a":1,"\u0061":2})").ok());
}

TEST_CASE("nesting is bounded") {
  const auto nested = [](int depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  CHECK(parse_json(nested(max_json_depth)).ok());
  CHECK_FALSE(parse_json(nested(max_json_depth + 1)).ok());
  CHECK_FALSE(parse_json(std::string(1'000'000, '[')).ok());
}

TEST_CASE("requests: what is not one says why, with the id where it can be read") {
  const auto error_of = [](std::string_view frame) {
    Request request;
    return read_request(frame, request);
  };
  CHECK(error_of("nonsense")->code == RpcCode::parse_error);
  CHECK(error_of("[]")->code == RpcCode::invalid_request);
  CHECK(error_of("1")->code == RpcCode::invalid_request);
  CHECK(error_of(R"({"id":7,"method":"x"})")->id == 7);
  CHECK(error_of(R"({"jsonrpc":"1.0","id":7,"method":"x"})")->code == RpcCode::invalid_request);
  CHECK(error_of(R"({"jsonrpc":"2.0","id":7})")->code == RpcCode::invalid_request);
  CHECK(error_of(R"({"jsonrpc":"2.0","id":7,"method":1})")->code == RpcCode::invalid_request);
  CHECK(error_of(R"({"jsonrpc":"2.0","id":1.5,"method":"x"})")->code == RpcCode::invalid_request);
  CHECK(error_of(R"({"jsonrpc":"2.0","id":{},"method":"x"})")->id == nullptr);
  CHECK(error_of(R"({"jsonrpc":"2.0","id":7,"method":"x","params":[1]})")->code == RpcCode::invalid_params);
}

TEST_CASE("requests: a good one, and a notification") {
  Request request;
  CHECK_FALSE(read_request(R"({"jsonrpc":"2.0","id":"a","method":"m","params":{"x":1}})", request));
  CHECK(request.id == "a");
  CHECK(request.params["x"] == 1);
  Request notification;
  CHECK_FALSE(read_request(R"({"jsonrpc":"2.0","method":"m"})", notification));
  CHECK_FALSE(notification.id.has_value());
  CHECK(notification.params.is_object());
}

TEST_CASE("answers: exactly one of result and error") {
  CHECK(read_answer(R"({"jsonrpc":"2.0","id":1,"result":{"decision":"allow"}})")->result == R"({"decision":"allow"})");
  CHECK(read_answer(R"({"jsonrpc":"2.0","id":1,"error":{"code":-1,"message":"no"}})")->error->message == "no");
  CHECK(read_answer(R"({"jsonrpc":"2.0","method":"event","params":{}})")->id.is_discarded());
  for (const char* bad :
       {"", "x", "[]", R"({"id":1,"result":1})", R"({"jsonrpc":"2.0","result":1})", R"({"jsonrpc":"2.0","id":1})",
        R"({"jsonrpc":"2.0","id":1,"result":1,"error":{"code":1,"message":""}})",
        R"({"jsonrpc":"2.0","id":1,"result":1}})", R"({"jsonrpc":"2.0","id":1,"result":})",
        R"({"jsonrpc":"2.0","id":01,"result":1})", R"({"jsonrpc":"2.0","id":1,"result":1,"result":2})",
        R"({"jsonrpc":"2.0","id":1,"result":{"a":1,"a":2}})", R"({"jsonrpc":"2.0","id":1,"result":1,2})",
        R"({"jsonrpc":"2.0","id":99999999999999999999999,"result":1,})", R"({"jsonrpc":"2.0","id":1,"result":1)",
        R"({"jsonrpc":"2.0","id":1,"error":"no"})", R"({"jsonrpc":"2.0","id":1,"error":{"code":"1","message":""}})"})
    CHECK_MESSAGE(!read_answer(bad), bad);
}

TEST_CASE("answers: however they are laid out, the same is read") {
  for (const char* same : {R"({"jsonrpc":"2.0","id":12,"result":{"b":[1],"a":"}"}})",
                           R"({"id":12,"result":{"b":[1],"a":"}"},"jsonrpc":"2.0"})",
                           R"({"jsonrpc":"2.0","id":12,"result":{"b":[1],"a":"}"} ,"more":1})"}) {
    CAPTURE(same);
    const auto answer = read_answer(same);
    REQUIRE(answer);
    CHECK(answer->id == 12);
    CHECK(nlohmann::json::parse(answer->result) == nlohmann::json::parse(R"({"b":[1],"a":"}"})"));
  }
}

TEST_CASE("texts are quoted as the serializer does") {
  for (const std::string text : {"", "plain", "a\"b", "a\\b", "a\nb", "\x7f", "\xc3\xa4", "\xff", "\x01"}) {
    std::string quoted = "x";
    append_quoted(quoted, text);
    CHECK(quoted == "x" + dump_json(nlohmann::json(text)));
  }
}

TEST_CASE("frames that are written are one line") {
  const std::string frame = result_frame("a\nb", {{"text", "x\ny"}});
  CHECK(frame.find('\n') == frame.size() - 1);
  CHECK(error_frame({RpcCode::internal_error, "\xff\n", nullptr}).find('\n') > 10);
}
