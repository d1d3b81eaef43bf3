// SPDX-License-Identifier: Apache-2.0
#include "lib/events.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <ctime>
#include <nlohmann/json.hpp>

#include "lib/mechanism.h"

namespace aegis {
namespace {

// Wall clock of a CLOCK_BOOTTIME moment, in seconds.
double wall_time(uint64_t boot_ns) {
  timespec boot{}, wall{};
  ::clock_gettime(CLOCK_BOOTTIME, &boot);
  ::clock_gettime(CLOCK_REALTIME, &wall);
  const auto seconds = [](const timespec& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
  };
  return seconds(wall) - seconds(boot) + static_cast<double>(boot_ns) / 1e9;
}

// IPv4 is held as v4-mapped and told as it is written.
std::string address_text(const aegis_address& address) {
  char text[INET6_ADDRSTRLEN] = {};
  const bool is_mapped = address.words[0] == 0 && address.words[1] == 0 && address.words[2] == htonl(0xffff);
  const void* bytes = is_mapped ? static_cast<const void*>(&address.words[3]) : &address;
  ::inet_ntop(is_mapped ? AF_INET : AF_INET6, bytes, text, sizeof text);
  return text;
}

// What the act was about, where it was no file.
void add_subject(nlohmann::ordered_json& json, const aegis_event& event, size_t rule_class) {
  if (rule_class == AEGIS_CLASS_NETWORK) {
    const aegis_address none{};
    if (std::memcmp(&event.address, &none, sizeof none) != 0) json["address"] = address_text(event.address);
    if (event.port != 0) json["port"] = event.port;
    if (event.protocol != 0) json["protocol"] = event.protocol;
  }
  if (rule_class == AEGIS_CLASS_PTRACE) json["target"] = event.detail;
  if (rule_class == AEGIS_CLASS_BPF) json["command"] = event.detail;
}

}  // namespace

void RuleSource::follow(uint64_t generation, const std::string& path) {
  file_ = UniqueFd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  generation_ = generation;
}

std::string RuleSource::path_of(const aegis_event& event) const {
  if (!file_ || event.generation != generation_) return {};
  char line[4097];
  const ssize_t got = ::pread(file_.get(), line, sizeof line, event.rule);
  if (got <= 0 || line[0] != '/') return {};
  const std::string text(line, static_cast<size_t>(got));
  const auto end = text.find('\n');
  const auto last = text.find_last_not_of(" \t\r", end == std::string::npos ? end : end - 1);
  return text.substr(0, last + 1);
}

std::string render_event(const aegis_event& event, const std::string& path, LogFormat format) {
  const HookInfo* hook = event.hook < AEGIS_HOOK_COUNT ? &hook_table[event.hook] : nullptr;
  const std::string comm(event.comm, ::strnlen(event.comm, sizeof event.comm));
  const std::string device = std::to_string(event.dev >> 20) + ":" + std::to_string(event.dev & 0xfffff);
  if (format == LogFormat::text) {
    std::string line = std::string(action_name(event.action)) + " " + std::string(hook ? hook->name : "unknown") +
                       " pid=" + std::to_string(event.pid) + " uid=" + std::to_string(event.uid) + " comm=";
    for (const char c : comm) line += c >= ' ' && c <= '~' ? c : '?';
    return line + " dev=" + device + " ino=" + std::to_string(event.ino) + (path.empty() ? "" : " path=" + path);
  }
  nlohmann::ordered_json json = {
      {"type", "act"},
      {"time", wall_time(event.time_ns)},
      {"pid", event.pid},
      {"tid", event.tid},
      {"uid", event.uid},
      {"cgroup", event.cgroup},
      {"comm", comm},
      {"class", hook ? hook->class_name() : "unknown"},
      {"hook", hook ? hook->name : "unknown"},
      {"action", action_name(event.action)},
      {"mechanism", mechanism_name(static_cast<Mechanism>(event.mechanism % AEGIS_MECHANISM_COUNT))},
      {"generation", event.generation}};
  if (event.ino != 0) {
    json["dev"] = device;
    json["ino"] = event.ino;
  }
  if (!path.empty()) json["path"] = path;
  if (hook != nullptr) add_subject(json, event, hook->rule_class);
  return json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

}  // namespace aegis
