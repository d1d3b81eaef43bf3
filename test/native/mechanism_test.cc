// SPDX-License-Identifier: Apache-2.0
#include "lib/mechanism.h"

#include <doctest/doctest.h>

using namespace aegis;

TEST_CASE("a class brings its own hooks and nobody else's") {
  for (const auto mechanism : {Mechanism::lsm, Mechanism::fmod_ret, Mechanism::fentry, Mechanism::tracepoint})
    for (size_t rule_class = 0; rule_class < AEGIS_CLASS_COUNT; rule_class++) {
      CAPTURE(mechanism_name(mechanism));
      CAPTURE(class_names[rule_class]);
      const HookSet hooks = hooks_of(mechanism, class_bit(rule_class));
      CHECK(required_hooks(mechanism, class_bit(rule_class)) != 0);
      for (size_t i = 0; i < hook_table.size(); i++)
        if ((hooks & hook_bit(i)) != 0) {
          CHECK(hook_table[i].rule_class == rule_class);
          CHECK(hook_table[i].is_syscall() == (mechanism == Mechanism::tracepoint));
        }
    }
  CHECK(hooks_of(Mechanism::none, all_classes) == 0);
}

TEST_CASE("asking for a module is answered where it can be, and never with a signal") {
  const ClassSet module = class_bit(AEGIS_CLASS_MODULE);
  CHECK((hooks_of(Mechanism::lsm, module) & hook_bit(AEGIS_HOOK_MODULE_REQUEST)) != 0);
  CHECK((hooks_of(Mechanism::fentry, module) & hook_bit(AEGIS_HOOK_MODULE_REQUEST)) == 0);
}

TEST_CASE("a policy without rules is served by the file class, so that there is something to feel") {
  CHECK(served_classes(0) == class_bit(AEGIS_CLASS_FILE));
  CHECK(served_classes(class_bit(AEGIS_CLASS_BPF)) == class_bit(AEGIS_CLASS_BPF));
}
