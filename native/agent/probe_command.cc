// SPDX-License-Identifier: Apache-2.0
#include <signal.h>

#include <cstdio>
#include <nlohmann/json.hpp>

#include "agent/commands.h"
#include "agent/kernel_types.h"
#include "lib/attachment.h"
#include "lib/canary.h"
#include "lib/instance.h"
#include "lib/kernel_facts.h"
#include "lib/policy_resolve.h"
#include "lib/policy_store.h"
#include "lib/report.h"

namespace aegis {
namespace {

using Json = nlohmann::ordered_json;

Json feelings_json(const std::vector<Feeling>& feelings) {
  Json json = Json::array();
  for (const auto& feeling : feelings)
    json.push_back({{"act", feeling.act}, {"outcome", outcome_name(feeling.outcome)}, {"errno", feeling.error}});
  return json;
}

// One class on one rung, on maps of its own that no policy is in: only the canary is acted on.
Json try_mechanism(const BpfImage& image, const SharedMaps& maps, const KernelTypes& types, const Canary& canary,
                   Mechanism mechanism, size_t rule_class) {
  auto attached = attach(image, maps, types, {mechanism, hooks_of(mechanism, class_bit(rule_class)), ""});
  if (!attached)
    return {
        {"attached", false}, {"felt", false}, {"error", attached.error().what}, {"blocker", attached.error().blocker}};
  const auto feelings =
      canary.feel(attached->attached_hooks(), SIGKILL, Depth::privileged, canary_count(maps, *attached));
  (void)detach(*attached);
  return {{"attached", true},
          {"felt", is_felt(feelings, mechanism)},
          {"safeguard", safeguard_name(attached->safeguard)},
          {"acts", feelings_json(feelings)}};
}

const char* describe(const Json& found) {
  return found["felt"] ? "felt" : found["attached"] ? "attached, not felt" : "cannot attach";
}

}  // namespace

int probe_kernel(const Arguments& arguments) {
  const Seams seams = read_seams();
  const auto instance = name_instance(arguments.instance, seams);
  if (!instance) return fail(instance.error());
  if (auto made = make_directories(*instance); !made) return fail(made.error());
  const auto facts = read_kernel_facts(seams, instance->pin_root);
  Json json = {{"kernel_version", facts.release},    {"lsm_list", facts.lsm_list},
               {"lsm_enabled", facts.lsm_lists_bpf}, {"lockdown", facts.lockdown},
               {"core_supported", facts.has_btf},    {"bpffs", facts.has_bpffs},
               {"cgroup_v2", facts.has_cgroup2},     {"may_load", facts.may_load}};
  const auto image = read_bpf_image(seams);
  if (!image) return fail(image.error());
  const auto object = open_object(*image);
  if (!object) return fail(object.error());
  const auto types = read_kernel_types(seams, *instance, *image, object->get());
  if (!types) return fail(types.error());
  const auto maps = open_shared_maps(object->get(), "", Pinning::transient);
  if (!maps) return fail(maps.error());
  auto canary = Canary::make(instance->run_dir);
  if (!canary) return fail(canary.error());
  aegis_settings settings{};
  settings.canary = canary->inode();
  settings.canary_path = hash_path(canary->path());
  settings.canary_task = canary->task();
  settings.signal = SIGKILL;
  maps->control.switch_settings(settings);
  for (const auto mechanism : {Mechanism::lsm, Mechanism::fmod_ret, Mechanism::fentry, Mechanism::tracepoint}) {
    // The file class stands for the mechanism; every class is told beside it.
    Json& told = json["mechanisms"][mechanism_name(mechanism)];
    told = try_mechanism(*image, *maps, *types, *canary, mechanism, AEGIS_CLASS_FILE);
    for (size_t i = 0; i < AEGIS_CLASS_COUNT; i++)
      if (i != AEGIS_CLASS_FILE)
        told["classes"][class_names[i]] = try_mechanism(*image, *maps, *types, *canary, mechanism, i);
  }
  canary->remove();
  if (arguments.json) {
    std::puts(json.dump(2, ' ', false, Json::error_handler_t::replace).c_str());
    return 0;
  }
  std::printf("kernel %s, lsm %s, lockdown %s\n", facts.release.c_str(), facts.lsm_list.c_str(),
              facts.lockdown.c_str());
  for (const auto& [name, found] : json["mechanisms"].items()) {
    std::printf("%-11s file %s", name.c_str(), describe(found));
    for (const auto& [rule_class, of_class] : found["classes"].items())
      std::printf(", %s %s", rule_class.c_str(), describe(of_class));
    std::puts("");
  }
  return 0;
}

}  // namespace aegis
