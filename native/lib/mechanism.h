// SPDX-License-Identifier: Apache-2.0
// The rungs of the ladder and the hooks, by name.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

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

// Sets by enum aegis_hook and by enum aegis_class, one bit each.
using HookSet = uint64_t;
using ClassSet = uint32_t;

constexpr HookSet hook_bit(size_t hook) { return HookSet{1} << hook; }
constexpr ClassSet class_bit(size_t rule_class) { return ClassSet{1} << rule_class; }

constexpr std::array<const char*, AEGIS_CLASS_COUNT> class_names = {{
#define AEGIS_CLASS_ROW(ID, name) #name,
    AEGIS_CLASSES(AEGIS_CLASS_ROW)
#undef AEGIS_CLASS_ROW
}};

struct HookInfo {
  std::string_view name;
  size_t rule_class;  // enum aegis_class
  bool is_required;

  constexpr const char* class_name() const { return class_names[rule_class]; }
  constexpr bool is_syscall() const { return name.starts_with("syscall_"); }
};

constexpr std::array<HookInfo, AEGIS_HOOK_COUNT> hook_table = {{
#define AEGIS_NEED_REQUIRED true
#define AEGIS_NEED_OPTIONAL false
#define AEGIS_HOOK_ROW(ID, name, CLASS, NEED) {#name, AEGIS_CLASS_##CLASS, AEGIS_NEED_##NEED},
    AEGIS_HOOKS(AEGIS_HOOK_ROW)
#undef AEGIS_HOOK_ROW
}};

constexpr const char* action_name(unsigned action) {
  constexpr const char* names[] = {"audit", "deny", "kill", "unstopped"};
  return action < AEGIS_ACTION_COUNT ? names[action] : "unknown";
}

inline constexpr ClassSet all_classes = class_bit(AEGIS_CLASS_COUNT) - 1;

// The hooks one mechanism carries for the classes. A signal for each module
// that something happens to ask for would be out of proportion; see module.bpf.h.
constexpr HookSet hooks_of(Mechanism mechanism, ClassSet classes) {
  HookSet hooks = 0;
  if (mechanism == Mechanism::none) return hooks;
  for (size_t i = 0; i < hook_table.size(); i++)
    if ((classes >> hook_table[i].rule_class & 1) != 0 &&
        hook_table[i].is_syscall() == (mechanism == Mechanism::tracepoint))
      hooks |= hook_bit(i);
  return mechanism == Mechanism::fentry ? hooks & ~hook_bit(AEGIS_HOOK_MODULE_REQUEST) : hooks;
}

// Those of them without which a class must not be claimed.
constexpr HookSet required_hooks(Mechanism mechanism, ClassSet classes) {
  HookSet hooks = hooks_of(mechanism, classes);
  for (size_t i = 0; i < hook_table.size(); i++)
    if (!hook_table[i].is_required) hooks &= ~hook_bit(i);
  return hooks;
}

// The classes whose hooks are to be attached for a policy; with none applied
// yet, or one without rules, the file class, so that there is something to feel.
constexpr ClassSet served_classes(ClassSet policy) { return policy == 0 ? class_bit(AEGIS_CLASS_FILE) : policy; }

}  // namespace aegis
