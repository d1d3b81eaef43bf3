// SPDX-License-Identifier: Apache-2.0
#include <bpf/libbpf.h>
#include <doctest/doctest.h>

#include <set>
#include <string>

#include "lib/bpf_image.h"
#include "lib/bpf_maps.h"
#include "lib/mechanism.h"
#include "lib/seams.h"

using namespace aegis;

namespace {

std::set<std::string> programs_of(bpf_object* object) {
  std::set<std::string> names;
  bpf_program* program;
  bpf_object__for_each_program(program, object) names.insert(bpf_program__name(program));
  return names;
}

}  // namespace

TEST_CASE("every hook has its program in each mechanism, and a guard behind those that are skipped") {
  const auto image = read_bpf_image(Seams{});
  REQUIRE(image);
  const auto object = open_object(*image);
  REQUIRE(object);
  const auto programs = programs_of(object->get());
  for (size_t i = 0; i < hook_table.size(); i++) {
    const std::string name(hook_table[i].name);
    CAPTURE(name);
    if (hook_table[i].is_syscall()) {
      CHECK(programs.contains("tracepoint_" + name + "_enter"));
      for (const std::string end : {"_enter", "_exit"})
        CHECK(programs.contains("tracepoint_" + name + end) == programs.contains("tracepoint_" + name + end + "_perf"));
      continue;
    }
    CHECK(programs.contains("lsm_" + name));
    CHECK(programs.contains("fmod_ret_" + name));
    // Needed before 6.5 only, where there is no guard to be had.
    if (i != AEGIS_HOOK_SOCKET_SPLICE) CHECK(programs.contains("backstop_" + name));
  }
}
