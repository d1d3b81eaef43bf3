// SPDX-License-Identifier: Apache-2.0
#include "argument_path.h"

namespace aegis::runtime {

namespace {

using nlohmann::json;

std::string escape(std::string_view segment) {
  std::string out;
  for (const char c : segment) {
    if (c == '~') out += "~0";
    else if (c == '/') out += "~1";
    else out += c;
  }
  return out;
}

// An array index as RFC 6901 writes it: digits without a leading zero.
bool parse_index(std::string_view text, std::size_t& index) {
  if (text.empty() || text.size() > 9 || (text.size() > 1 && text[0] == '0')) return false;
  index = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return false;
    index = index * 10 + static_cast<std::size_t>(c - '0');
  }
  return true;
}

void step(const Located& from, std::string_view segment, std::vector<Located>& out, std::size_t limit,
          bool& overflow) {
  const auto add = [&](std::string_view name, const json& value) {
    if (out.size() == limit) overflow = true;
    else out.push_back({from.pointer + "/" + escape(name), &value});
  };
  if (from.value->is_object()) {
    if (segment == "*") {
      for (const auto& [name, value] : from.value->get_ref<const json::object_t&>()) add(name, value);
    } else if (auto found = from.value->find(segment); found != from.value->end()) {
      add(segment, *found);
    }
  } else if (from.value->is_array()) {
    std::size_t index = 0;
    if (segment == "*") {
      for (const json& value : *from.value) add(std::to_string(index++), value);
    } else if (parse_index(segment, index) && index < from.value->size()) {
      add(segment, (*from.value)[index]);
    }
  }
}

}  // namespace

bool parse_path(std::string_view text, ArgumentPath& path) {
  if (text.size() < 2 || text[0] != '/') return false;
  path.segments.assign(1, {});
  for (std::size_t at = 1; at < text.size(); ++at) {
    if (text[at] == '/') {
      path.segments.emplace_back();
    } else if (text[at] == '~') {
      if (++at == text.size() || (text[at] != '0' && text[at] != '1')) return false;
      path.segments.back() += text[at] == '0' ? '~' : '/';
    } else {
      path.segments.back() += text[at];
    }
  }
  return true;
}

std::vector<Located> locate(const ArgumentPath& path, const json& args, std::size_t limit, bool& overflow) {
  std::vector<Located> here{{"", &args}};
  for (const std::string& segment : path.segments) {
    std::vector<Located> below;
    for (const Located& from : here) step(from, segment, below, limit, overflow);
    here = std::move(below);
  }
  return here;
}

}  // namespace aegis::runtime
