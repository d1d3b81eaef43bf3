// SPDX-License-Identifier: Apache-2.0
#include "lib/preemption.h"

#include <sys/utsname.h>

#include <cstdio>

#include "lib/pseudo_file.h"
#include "lib/text.h"

namespace aegis {
namespace {

struct Release {
  int major = 0, minor = 0;
  bool operator<(const Release& other) const {
    return major != other.major ? major < other.major : minor < other.minor;
  }
};

Release parse_release(std::string_view text) {
  Release release;
  (void)std::sscanf(std::string(text).c_str(), "%d.%d", &release.major, &release.minor);
  return release;
}

std::optional<std::string> preempt_parameter(std::string_view command_line) {
  constexpr std::string_view key = "preempt=";
  std::optional<std::string> value;
  for (const auto word : split(split(command_line, '\n').front(), ' '))
    if (word.starts_with(key)) value = std::string(word.substr(key.size()));
  return value;
}

bool is_preempting(const std::string& model) { return model != "none" && model != "voluntary"; }

}  // namespace

const char* safeguard_name(Safeguard safeguard) {
  switch (safeguard) {
    case Safeguard::not_needed:
      return "not_needed";
    case Safeguard::backstop:
      return "backstop";
    case Safeguard::perf:
      return "perf";
    case Safeguard::none:
      break;
  }
  return "none";
}

std::optional<std::string> selected_preemption(std::string_view sched_preempt) {
  const auto open = sched_preempt.find('(');
  const auto close = sched_preempt.find(')');
  if (open == std::string_view::npos || close == std::string_view::npos || close < open) return std::nullopt;
  return std::string(sched_preempt.substr(open + 1, close - open - 1));
}

bool may_preempt(std::string_view version, std::string_view command_line, const std::optional<std::string>& model) {
  if (version.find("PREEMPT") == std::string_view::npos) return false;
  if (version.find("PREEMPT_RT") != std::string_view::npos) return true;
  if (model) return is_preempting(*model);
  const auto asked = preempt_parameter(command_line);
  return !asked || is_preempting(*asked);
}

bool kernel_may_preempt() {
  static const bool may = [] {
    utsname name{};
    if (::uname(&name) != 0) return true;
    const auto text = read_pseudo_file("debugfs", "sched/preempt");
    const auto command_line = read_file("/proc/cmdline", 65536);
    return may_preempt(name.version, command_line ? *command_line : std::string(),
                       text ? selected_preemption(*text) : std::nullopt);
  }();
  return may;
}

bool skips_when_preempted(Mechanism mechanism, std::string_view release) {
  const Release running = parse_release(release);
  switch (mechanism) {
    case Mechanism::lsm:
      return !(running < Release{5, 12}) && running < Release{6, 2};
    case Mechanism::fmod_ret:
    case Mechanism::fentry:
      return !(running < Release{5, 12});
    case Mechanism::tracepoint:
      return !(running < Release{6, 19});
    case Mechanism::none:
      break;
  }
  return false;
}

bool may_be_skipped(Mechanism mechanism) {
  utsname name{};
  return ::uname(&name) != 0 || (skips_when_preempted(mechanism, name.release) && kernel_may_preempt());
}

Safeguard find_safeguard(Mechanism mechanism, const KernelTypes& types) {
#ifdef AEGIS_MUTANT_NO_GUARDS
  return Safeguard::none;  // broken on purpose for the proofs
#endif
  if (!may_be_skipped(mechanism)) return Safeguard::not_needed;
  if (mechanism == Mechanism::tracepoint)
    return tracepoint_id("raw_syscalls/sys_enter") ? Safeguard::perf : Safeguard::none;
  const bool has_probes = types.functions.contains("bpf_session_cookie") && types.functions.contains("bpf_rdonly_cast");
  return mechanism != Mechanism::lsm && has_probes ? Safeguard::backstop : Safeguard::none;
}

std::optional<uint64_t> tracepoint_id(const std::string& name) {
  const auto text = read_pseudo_file("tracefs", "events/" + name + "/id");
  return text ? parse_decimal(split(*text, '\n').front(), UINT32_MAX) : std::nullopt;
}

}  // namespace aegis
