// SPDX-License-Identifier: Apache-2.0
#include "agent/policy_extension.h"

#include "lib/canary.h"
#include "lib/pin_directory.h"
#include "lib/policy_store.h"
#include "lib/text.h"

namespace aegis {
namespace {

// By the running agent's canary; without one there is nobody to claim anything.
Status feel_extension(const SharedMaps& maps, const Attachment& added) {
  const aegis_settings& settings = maps.control.settings();
  if (settings.canary_task.words[0] == 0) return Done{};
  const auto canary = Canary::make_named(settings.canary_task);
  if (!canary) return canary.error();
  const auto feelings = canary->feel(added.attached_hooks(), static_cast<int>(settings.signal), Depth::privileged,
                                     canary_count(maps, added));
  if (feelings.empty() || is_felt(feelings, added.mechanism)) return Done{};
  return Error{"cannot put the policy into force: its programs are attached, but the canary did not feel them",
               "See `aegis-agent probe`", "HOOK_ATTACH_FAILED"};
}

}  // namespace

Status extend_in_force(const Instance& instance, const SharedMaps& maps, const BpfImage& image,
                       const KernelTypes& types, ClassSet classes) {
  const auto mechanism = static_cast<Mechanism>(maps.control->mechanism);
  const auto directory = instance.links_dir(maps.control->epoch);
  if (maps.control->epoch == 0 || !list_pins(directory)) return Done{};
  const auto in_force = adopt(directory, mechanism);
  if (!in_force) return in_force.error();
  const HookSet attached = in_force->attached_hooks();
  if (attached == 0 || (required_hooks(mechanism, classes) & ~attached) == 0) return Done{};
  if (to_hex(maps.control->object_sha256, 32) != image.sha256)
    return Error{"cannot attach what the policy needs: the programs in force are of another build",
                 "Restart the agent, then apply the policy again", "HOOK_ATTACH_FAILED"};
  auto added = attach(image, maps, types, {mechanism, hooks_of(mechanism, classes) & ~attached, directory});
  if (!added) return added.error();
  if (auto felt = feel_extension(maps, *added); !felt) {
    withdraw(*added);
    return felt;
  }
  maps.control->hooks = attached | added->attached_hooks();
  return Done{};
}

}  // namespace aegis
