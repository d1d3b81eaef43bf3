// SPDX-License-Identifier: Apache-2.0
#include "wire_json.h"

#include <algorithm>
#include <vector>

namespace aegis::wire {

namespace {

using nlohmann::json;

// Builds the value while the text is read, so that a refused text is dropped at its first bad byte.
class Builder : public nlohmann::json_sax<json> {
 public:
  explicit Builder(ParsedJson& out) : out_(out) {}

  bool null() override { return put(nullptr); }
  bool boolean(bool value) override { return put(value); }
  bool number_integer(number_integer_t value) override { return put(value); }
  bool number_unsigned(number_unsigned_t value) override { return put(value); }
  bool number_float(number_float_t value, const string_t&) override { return put(value); }
  bool string(string_t& value) override { return put(std::move(value)); }
  bool binary(binary_t&) override { return fail("binary values are not JSON"); }

  bool start_object(std::size_t) override { return open(json::object()); }
  bool start_array(std::size_t) override { return open(json::array()); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }

  bool key(string_t& name) override {
    auto [place, is_new] = stack_.back()->get_ref<json::object_t&>().emplace(std::move(name), nullptr);
    if (!is_new) return fail("member \"" + place->first.substr(0, 64) + "\" appears twice in one object");
    member_ = &place->second;
    return true;
  }

  bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception&) override {
    return fail("not valid JSON at byte " + std::to_string(position));
  }

 private:
  json* place(json value) {
    if (stack_.empty()) {
      out_.value = std::move(value);
      return &out_.value;
    }
    if (stack_.back()->is_array()) {
      auto& items = stack_.back()->get_ref<json::array_t&>();
      items.push_back(std::move(value));
      return &items.back();
    }
    *member_ = std::move(value);
    return member_;
  }

  bool put(json value) {
    place(std::move(value));
    return true;
  }

  bool open(json value) {
    if (stack_.size() >= max_json_depth) return fail("nested deeper than " + std::to_string(max_json_depth));
    stack_.push_back(place(std::move(value)));
    return true;
  }

  bool close() {
    stack_.pop_back();
    return true;
  }

  bool fail(std::string why) {
    out_.error = std::move(why);
    return false;
  }

  ParsedJson& out_;
  std::vector<json*> stack_;
  json* member_ = nullptr;
};

}  // namespace

ParsedJson parse_json(std::string_view text) {
  ParsedJson out;
  // The library's lexer takes a NUL for the end of its input and would ignore whatever follows.
  if (text.find('\0') != std::string_view::npos) {
    out.error = "contains a NUL byte";
    return out;
  }
  Builder builder(out);
  if (!json::sax_parse(text.begin(), text.end(), &builder) && out.error.empty()) out.error = "not valid JSON";
  return out;
}

void append_quoted(std::string& out, std::string_view text) {
  // Nearly every text is plain, and the serializer costs several allocations.
  const bool is_plain =
      std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c < 0x7f && c != '"' && c != '\\'; });
  if (is_plain) out.append(1, '"').append(text).append(1, '"');
  else out += dump_json(json(text));
}

std::string dump_json(const nlohmann::json& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

}  // namespace aegis::wire
