// SPDX-License-Identifier: Apache-2.0
#include "agent/raising.h"

#include <signal.h>

#include <ctime>

#include "agent/kernel_types.h"
#include "lib/cgroup.h"
#include "lib/policy_resolve.h"
#include "lib/policy_store.h"

namespace aegis {
namespace {

// What no rung can do without. Found before anything is tried.
std::set<std::string> find_blockers(const KernelFacts& facts) {
  std::set<std::string> blockers;
  if (!facts.has_btf) blockers.insert("CORE_UNSUPPORTED");
  if (!facts.has_bpffs) blockers.insert("BPFFS_UNMOUNTED");
  if (!facts.has_cgroup2) blockers.insert("CGROUP_V2_MISSING");
  if (!facts.may_load) blockers.insert("PERMISSION_MISSING");
  return blockers;
}

}  // namespace

int Raising::signal() const {
  switch (arguments_.gate.signal) {
    case EnforceSignal::kill:
      return SIGKILL;
    case EnforceSignal::term:
      return SIGTERM;
    case EnforceSignal::none:
      break;
  }
  return 0;
}

Status Raising::raise() {
  GateFacts facts;
  facts.lsm_listed = report_.kernel.lsm_lists_bpf;
  facts.blockers = find_blockers(report_.kernel);
  auto image = read_bpf_image(seams_);
  if (!image) return image.error();
  image_ = std::move(*image);
  report_.bpf_sha256 = image_.sha256;
  if (facts.blockers.empty()) {
    if (auto prepared = prepare(); !prepared) return prepared;
    facts = climb();
  } else {
    report_.message = "this machine lacks what every rung needs";
  }
  const GateVerdict verdict = decide_gate(arguments_.gate, facts);
  enter_state(report_, verdict.runtime_state, verdict.refuses ? "nothing felt can enforce" : "the gate's decision");
  report_.verdict = verdict;
  return Done{};
}

Status Raising::prepare() {
  const auto object = open_object(image_);
  if (!object) return object.error();
  auto types = read_kernel_types(seams_, instance_, image_, object->get());
  if (!types) return types.error();
  types_ = std::move(*types);
  auto maps = open_shared_maps(object->get(), instance_.pin_root, Pinning::pinned);
  if (!maps) return maps.error();
  auto canary = Canary::make(instance_.run_dir);
  if (!canary) return canary.error();
  maps_ = std::move(*maps);
  canary_.emplace(std::move(*canary));
  previous_ = maps_.control.settings();
  return arm();
}

// New settings, one switch. What was in force stays so until then.
Status Raising::arm() {
  aegis_settings settings{};
  const auto mount = find_cgroup_mount();
  if (!mount) return mount.error();
  const auto own = own_cgroup(*mount);
  if (!own) return own.error();
  settings.exempt_cgroup = own->id;
  if (!arguments_.scope_cgroup.empty()) {
    const auto scope = resolve_cgroup(*mount, arguments_.scope_cgroup);
    if (!scope) return scope.error();
    settings.scope = 1 + (previous_.scope == 1 ? 1 : 0);  // beside the one in use
    if (auto set = set_scope(maps_, settings.scope - 1, *scope); !set) return set;
  }
  settings.canary = canary_->inode();
  settings.canary_path = hash_path(canary_->path());
  settings.canary_task = canary_->task();
  settings.signal = static_cast<uint32_t>(signal());
  settings.mode = arguments_.gate.asked == Asked::enforce ? AEGIS_MODE_ENFORCE : AEGIS_MODE_AUDIT;
  maps_.control.switch_settings(settings);
  remove_stale_canaries(instance_.run_dir, canary_->path());
  return Done{};
}

GateFacts Raising::climb() {
  GateFacts facts;
  facts.lsm_listed = report_.kernel.lsm_lists_bpf;
  ground_.emplace(
      Ground{image_, instance_, maps_, types_, *canary_, signal(), true, served_classes(read_standing(maps_).classes)});
  Ladder ladder(*ground_);
  ladder.find_existing();
  auto standing = ladder.climb(plan_rungs(arguments_.gate, facts.lsm_listed));
  if (standing)
    facts.felt = standing->attachment.mechanism;
  else if (arguments_.gate.asked == Asked::audit || arguments_.gate.mode == GateMode::audit_fallback)
    standing = observe(ladder, facts);
  facts.lsm_tried = ladder.was_tried(Mechanism::lsm);
  facts.blockers = ladder.blockers();
  const bool is_refused =
      facts.blockers.contains("PERMISSION_MISSING") || facts.blockers.contains("NETWORK_HOOK_UNAVAILABLE");
  if (is_refused && report_.kernel.lockdown == "confidentiality") facts.blockers.insert("LOCKDOWN_CONFIDENTIALITY");
  if (facts.felt != Mechanism::none) facts.blockers.clear();  // what stopped a rung above did not stop this one
  report_.message = ladder.reasons();
  if (standing) take_standing(std::move(*standing), facts);
  return facts;
}

// Nothing enforces from here on; the programs only report. BPF-LSM counts as
// felt when it acted on the canary, which it does in every mode.
std::optional<Standing> Raising::observe(Ladder& ladder, GateFacts& facts) {
  set_mode(AEGIS_MODE_AUDIT);
  auto standing = ladder.observe(plan_observers(arguments_.gate, facts.lsm_listed));
  if (!standing) return standing;
  facts.observing = standing->attachment.mechanism;
  if (facts.observing == Mechanism::lsm && is_felt(standing->feelings, Mechanism::lsm)) facts.felt = Mechanism::lsm;
  return standing;
}

void Raising::take_standing(Standing standing, const GateFacts& facts) {
  standing_ = std::move(standing);
  report_.hooks = standing_.attachment.hooks;
  report_.safeguard = standing_.attachment.safeguard;
  report_.is_pinned = !standing_.attachment.pin_dir.empty();
  report_.canary.feelings = standing_.feelings;
  report_.canary.rounds = 1;
  if (facts.felt != Mechanism::none) report_.canary.last_felt_unix = std::time(nullptr);
}

void Raising::set_mode(uint32_t mode) {
  aegis_settings settings = maps_.control.settings();
  settings.mode = mode;
  maps_.control.switch_settings(settings);
}

void Raising::undo() {
  if (!has_maps() || !canary_) return;
  maps_.control.switch_settings(previous_);
  disarm();
}

void Raising::disarm() {
  if (!has_maps()) return;
  aegis_settings settings = maps_.control.settings();
  settings.canary = {};
  settings.canary_path = 0;
  settings.canary_task = {};
  maps_.control.switch_settings(settings);
  if (canary_) canary_->remove();
}

Status Raising::take_down() {
  if (!has_maps()) return Done{};
  const HookSet hooks = standing_.attachment.attached_hooks();
  auto released = release(standing_.attachment);
  maps_.control->epoch++;  // the next start finds nothing to adopt
  if (!released) return released;
  if (!canary_->wait_until_unfelt(hooks, signal()))
    return Error{"cannot see the programs go: the canary still feels them", "Look with bpftool prog"};
  return Done{};
}

}  // namespace aegis
