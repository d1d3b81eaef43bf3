// SPDX-License-Identifier: Apache-2.0
#include <cstdio>

#include "agent/commands.h"
#include "agent/kernel_types.h"
#include "agent/policy_extension.h"
#include "lib/bpf_maps.h"
#include "lib/instance.h"
#include "lib/policy_resolve.h"
#include "lib/policy_store.h"
#include "lib/text.h"
#include "runtime/tool_policy.h"

namespace aegis {
namespace {

struct Loaded {
  Policy policy;
  ResolvedPolicy resolved;
};

Result<Loaded> load_policy(const std::string& file) {
  const auto text = read_file(file, max_policy_bytes);
  if (!text) return text.error();
  Loaded loaded;
  auto policy = parse_policy(*text, file);
  if (!policy) return policy.error();
  loaded.policy = std::move(*policy);
  auto resolved = resolve_policy(loaded.policy, file);
  if (!resolved) return resolved.error();
  loaded.resolved = std::move(*resolved);
  if (!loaded.policy.entries(Section::tool).empty())
    if (const auto tools = runtime::read_tool_policy(loaded.policy, file); !tools) return tools.error();
  return loaded;
}

}  // namespace

int apply_policy(const Arguments& arguments) {
  const Seams seams = read_seams();
  const auto instance = name_instance(arguments.instance, seams);
  if (!instance) return fail(instance.error());
  const auto loaded = load_policy(arguments.policy_file);
  if (!loaded) return fail(loaded.error());
  if (auto made = make_directories(*instance); !made) return fail(made.error());
  const auto lock = lock_instance(*instance, "apply");
  if (!lock) return fail(lock.error());
  const auto image = read_bpf_image(seams);
  if (!image) return fail(image.error());
  const auto object = open_object(*image);
  if (!object) return fail(object.error());
  // Spares the daemon that starts next the reading of the kernel's types.
  const auto types = read_kernel_types(seams, *instance, *image, object->get());
  const auto maps = open_shared_maps(object->get(), instance->pin_root, Pinning::pinned);
  if (!maps) return fail(maps.error());
  const auto applied = store_policy(*instance, *maps, loaded->policy, loaded->resolved, arguments.reset, [&] {
    if (!types) return maps->control->epoch == 0 ? Status(Done{}) : Status(types.error());
    return extend_in_force(*instance, *maps, *image, *types, served_classes(loaded->resolved.classes));
  });
  if (!applied) return fail(applied.error());
  std::printf("policy generation %llu in force: %s\n", static_cast<unsigned long long>(applied->generation),
              loaded->resolved.summary().c_str());
  return 0;
}

int validate_policy(const Arguments& arguments) {
  const auto loaded = load_policy(arguments.policy_file);
  if (!loaded) return fail(loaded.error());
  std::printf("%s can be applied: %s\n", arguments.policy_file.c_str(), loaded->resolved.summary().c_str());
  return 0;
}

int show_policy(const Arguments& arguments) {
  const Seams seams = read_seams();
  const auto instance = name_instance(arguments.instance, seams);
  if (!instance) return fail(instance.error());
  const auto image = read_bpf_image(seams);
  if (!image) return fail(image.error());
  const auto object = open_object(*image);
  if (!object) return fail(object.error());
  const auto maps = find_shared_maps(object->get(), instance->pin_root);
  if (!maps) return fail(maps.error());
  const uint64_t generation = maps->control ? maps->control.generation() : 0;
  if (generation == 0)
    return fail({"cannot show the policy of instance " + instance->name + ": none is in force",
                 "Apply one: aegis-agent policy apply FILE"});
  const auto text = read_file(instance->policy_path(generation), max_policy_bytes);
  if (!text) return fail(text.error());
  std::fwrite(text->data(), 1, text->size(), stdout);
  return 0;
}

}  // namespace aegis
