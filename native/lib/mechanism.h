// SPDX-License-Identifier: Apache-2.0
// The rungs of the ladder and the hooks, by name.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "aegis.h"

namespace aegis {

enum class Mechanism : uint32_t {
  none = AEGIS_MECHANISM_NONE,
  lsm = AEGIS_MECHANISM_LSM,
  fmod_ret = AEGIS_MECHANISM_FMOD_RET,
  fentry = AEGIS_MECHANISM_FENTRY,
  tracepoint = AEGIS_MECHANISM_TRACEPOINT,
};

constexpr const char* mechanism_name(Mechanism mechanism) {
  constexpr const char* names[] = {"none", "lsm", "fmod_ret", "fentry", "tracepoint"};
  return names[static_cast<size_t>(mechanism)];
}

// Denies before the act, as opposed to signalling after it.
constexpr bool is_synchronous(Mechanism mechanism) {
  return mechanism == Mechanism::lsm || mechanism == Mechanism::fmod_ret;
}

constexpr bool sends_signal(Mechanism mechanism) {
  return mechanism == Mechanism::fentry || mechanism == Mechanism::tracepoint;
}

struct HookInfo {
  const char* name;
  const char* class_name;
  bool is_required;
};

constexpr std::array<HookInfo, AEGIS_HOOK_COUNT> hook_table = {{
#define AEGIS_CLASS_NAME_FILE "file"
#define AEGIS_NEED_REQUIRED true
#define AEGIS_NEED_OPTIONAL false
#define AEGIS_HOOK_ROW(ID, name, CLASS, NEED) {#name, AEGIS_CLASS_NAME_##CLASS, AEGIS_NEED_##NEED},
    AEGIS_HOOKS(AEGIS_HOOK_ROW)
#undef AEGIS_HOOK_ROW
}};

constexpr const char* action_name(unsigned action) {
  constexpr const char* names[] = {"audit", "deny", "kill", "unstopped"};
  return action < AEGIS_ACTION_COUNT ? names[action] : "unknown";
}

// The hooks one mechanism carries, as a set of bits by enum aegis_hook.
constexpr uint32_t hooks_of(Mechanism mechanism) {
  const uint32_t syscall = 1u << AEGIS_HOOK_SYSCALL_PATH;
  const uint32_t all = (1u << AEGIS_HOOK_COUNT) - 1;
  if (mechanism == Mechanism::none) return 0;
  return mechanism == Mechanism::tracepoint ? syscall : all & ~syscall;
}

}  // namespace aegis
