// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <ctime>
#include <nlohmann/json.hpp>

#include "agent/commands.h"
#include "lib/bpf_maps.h"
#include "lib/instance.h"

namespace aegis {
namespace {

// Appends to the audit trail before the switch is thrown; without a record, no switch.
Status record_switch(const Instance& instance, bool disable, const std::string& reason) {
  const std::string path = instance.state_dir + "/audit.jsonl";
  const UniqueFd file(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!file) return system_error("open the audit trail " + path, errno);
  const nlohmann::ordered_json json = {
      {"time", std::time(nullptr)}, {"act", disable ? "emergency_disable" : "emergency_enable"},
      {"uid", ::getuid()},          {"pid", ::getpid()},
      {"parent", ::getppid()},      {"reason", reason}};
  const std::string line = json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
  if (::write(file.get(), line.data(), line.size()) != static_cast<ssize_t>(line.size()) || ::fsync(file.get()) != 0)
    return system_error("write the audit trail " + path, errno);
  return Done{};
}

}  // namespace

// The programs read the switch with every verdict; a running agent notices it
// within a second and rewrites the report.
int switch_emergency(const Arguments& arguments) {
  const bool disable = arguments.command == Command::emergency_disable;
  const Seams seams = read_seams();
  const auto instance = name_instance(arguments.instance, seams);
  if (!instance) return fail(instance.error());
  if (auto made = make_directories(*instance); !made) return fail(made.error());
  const auto image = read_bpf_image(seams);
  if (!image) return fail(image.error());
  const auto object = open_object(*image);
  if (!object) return fail(object.error());
  const auto maps = find_shared_maps(object->get(), instance->pin_root);
  if (!maps) return fail(maps.error());
  if (!maps->control)
    return fail(
        {"cannot switch instance " + instance->name + ": it has nothing in the kernel", "See aegis-agent status"});
  if (auto recorded = record_switch(*instance, disable, arguments.reason); !recorded) return fail(recorded.error());
  std::atomic_ref(maps->control->emergency).store(disable ? 1u : 0u, std::memory_order_release);
  std::printf("instance %s: enforcement %s\n", instance->name.c_str(), disable ? "switched off" : "switched on");
  return 0;
}

}  // namespace aegis
