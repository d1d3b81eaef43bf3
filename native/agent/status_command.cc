// SPDX-License-Identifier: Apache-2.0
#include <cstdio>
#include <nlohmann/json.hpp>

#include "agent/commands.h"
#include "lib/instance.h"
#include "lib/kernel_facts.h"
#include "lib/text.h"

namespace aegis {
namespace {

using Json = nlohmann::ordered_json;

template <class Value>
Value member(const Json& json, const char* name, Value otherwise) {
  const auto found = json.find(name);
  if (found == json.end()) return otherwise;
  try {
    return found->get<Value>();
  } catch (const Json::exception&) {
    return otherwise;
  }
}

// Alive means: the very process that wrote the report, on this boot.
bool is_alive(const Json& report, const std::string& boot_id) {
  const auto pid = member<int>(report, "pid", 0);
  return pid > 0 && member<std::string>(report, "boot_id", "") == boot_id &&
         process_start_ticks(pid) == member<uint64_t>(report, "process_start_ticks", 1);
}

}  // namespace

// Exit code 0 when the agent lives and its report was read; 1 otherwise.
int show_status(const Arguments& arguments) {
  const auto instance = name_instance(arguments.instance, read_seams());
  if (!instance) return fail(instance.error());
  const auto text = read_file(instance->report_path, 4u << 20);
  if (!text)
    return fail(
        {text.error().what, "No agent of instance " + instance->name + " has run here; start one: aegis-agent run"});
  const Json report = Json::parse(*text, nullptr, false);
  if (!report.is_object())
    return fail({"cannot read " + instance->report_path + ": not a JSON object", "Start the agent again"});
  const auto boot_id = read_file("/proc/sys/kernel/random/boot_id", 64);
  const bool alive = is_alive(report, boot_id ? std::string(trim(split(*boot_id, '\n').front())) : "");
  if (arguments.json) {
    std::puts(Json{{"alive", alive}, {"report", report}}.dump(2).c_str());
    return alive ? 0 : 1;
  }
  std::printf("instance   %s\nagent      %s (pid %d)\nstate      %s%s\nmechanism  %s\nguarantee  %s\n",
              instance->name.c_str(), alive ? "alive" : "not running", member<int>(report, "pid", 0),
              member<std::string>(report, "runtime_state", "unknown").c_str(),
              alive ? "" : " (as last reported; stale)", member<std::string>(report, "mechanism", "unknown").c_str(),
              member<std::string>(report, "guarantee", "unknown").c_str());
  for (const auto& seam : member<std::vector<std::string>>(report, "seams", {}))
    std::printf("seam       %s\n", seam.c_str());
  for (const auto& blocker : member<std::vector<std::string>>(report, "enforce_blockers", {}))
    std::printf("blocker    %s\n", blocker.c_str());
  const auto message = member<std::string>(report, "message", "");
  if (!message.empty()) std::printf("message    %s\n", message.c_str());
  return alive ? 0 : 1;
}

}  // namespace aegis
