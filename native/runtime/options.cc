// SPDX-License-Identifier: Apache-2.0
#include "options.h"

#include <charconv>
#include <cstdlib>

namespace aegis::runtime {

const char* const usage =
    "usage: aegis-agent runtime [flags]\n"
    "Answers whether an agent's tool call may be made, over JSON-RPC 2.0 on a Unix socket.\n"
    "  --policy FILE              policy with a [tool] section; read again on SIGHUP\n"
    "  --socket PATH              default: AEGIS_RUNTIME_SOCKET, else /run/aegis/<instance>/runtime.sock\n"
    "  --instance NAME            default: default\n"
    "  --heartbeat-ttl SECONDS    an agent not heard of for so long is no agent any more (default 30)\n"
    "  --approval-timeout SECONDS how long a call waits for a person (default 300)\n"
    "  --max-clients N            connections at once (default 4096)\n"
    "  --max-approvals N          calls waiting at once (default 256)\n"
    "  --supervisor FD            of aegis-agent run, which says by this descriptor what to serve\n";

namespace {

bool read_number(const std::string& text, long least, long most, long& number) {
  const char* end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, number);
  return error == std::errc{} && stopped == end && number >= least && number <= most;
}

bool is_instance_name(const std::string& name) {
  if (name.empty() || name.size() > 64 || name[0] == '.') return false;
  for (const char c : name)
    if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
          c == '.'))
      return false;
  return true;
}

struct NumberFlag {
  const char* name;
  long least, most;
  void (*set)(Options&, long);
};

constexpr NumberFlag number_flags[] = {
    {"--heartbeat-ttl", 1, 3600, [](Options& o, long n) { o.authority.heartbeat_ttl = n * 1000; }},
    {"--approval-timeout", 1, 86400, [](Options& o, long n) { o.authority.approval_lifetime = n * 1000; }},
    {"--max-clients", 1, 1'000'000, [](Options& o, long n) { o.server.max_connections = static_cast<std::size_t>(n); }},
    {"--max-approvals", 1, 256, [](Options& o, long n) { o.authority.max_approvals = static_cast<std::size_t>(n); }},
    {"--supervisor", 3, 3, [](Options& o, long n) { o.supervisor = static_cast<int>(n); }},
};

std::string set_flag(Options& options, const std::string& name, const std::string& value) {
  for (const NumberFlag& flag : number_flags) {
    if (name != flag.name) continue;
    long number = 0;
    if (!read_number(value, flag.least, flag.most, number))
      return name + " takes a whole number from " + std::to_string(flag.least) + " to " + std::to_string(flag.most) +
             ", not \"" + value + "\"";
    flag.set(options, number);
    return {};
  }
  if (name == "--policy") options.policy_path = value;
  else if (name == "--socket" || name == "--runtime-socket") options.socket_path = value;
  else if (name == "--instance") options.authority.instance = value;
  else return "unknown flag " + name;
  return {};
}

}  // namespace

std::string read_options(const std::vector<std::string>& arguments, Options& options) {
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string& word = arguments[i];
    if (word == "--help" || word == "-h") {
      options.wants_help = true;
      return {};
    }
    if (!word.starts_with("--")) return "unexpected argument \"" + word + "\"";
    const auto equals = word.find('=');
    std::string value;
    if (equals != std::string::npos) value = word.substr(equals + 1);
    else if (i + 1 < arguments.size()) value = arguments[++i];
    else return word + " needs a value";
    if (std::string error = set_flag(options, word.substr(0, equals), value); !error.empty()) return error;
  }
  if (!is_instance_name(options.authority.instance))
    return "--instance takes letters, digits, '-', '_' and '.', at most 64, not \"" + options.authority.instance + "\"";
  if (options.socket_path.empty())
    if (const char* path = std::getenv("AEGIS_RUNTIME_SOCKET")) options.socket_path = path;
  const std::string usual = "/run/aegis/" + options.authority.instance + "/runtime.sock";
  if (options.socket_path.empty()) options.socket_path = usual;
  options.make_folder = options.socket_path == usual;
  return {};
}

}  // namespace aegis::runtime
