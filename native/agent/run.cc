// SPDX-License-Identifier: Apache-2.0
#include <malloc.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <ctime>
#include <future>

#include "agent/commands.h"
#include "agent/daemon.h"
#include "agent/ladder.h"
#include "agent/kernel_types.h"
#include "agent/privileges.h"
#include "lib/cgroup.h"
#include "lib/notify.h"
#include "lib/pin_directory.h"
#include "lib/policy_store.h"
#include "lib/sha256.h"

namespace aegis {
namespace {

int signal_number(EnforceSignal signal) {
  switch (signal) {
    case EnforceSignal::kill: return SIGKILL;
    case EnforceSignal::term: return SIGTERM;
    case EnforceSignal::none: break;
  }
  return 0;
}

// What no rung can do without. Found before anything is tried.
std::set<std::string> find_blockers(const KernelFacts& facts) {
  std::set<std::string> blockers;
  if (!facts.has_btf) blockers.insert("CORE_UNSUPPORTED");
  if (!facts.has_bpffs) blockers.insert("BPFFS_UNMOUNTED");
  if (!facts.has_cgroup2) blockers.insert("CGROUP_V2_MISSING");
  if (!facts.may_load) blockers.insert("PERMISSION_MISSING");
  return blockers;
}

Result<UniqueFd> block_signals() {
  sigset_t set;
  ::sigemptyset(&set);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) ::sigaddset(&set, signal);
  ::signal(SIGPIPE, SIG_IGN);
  if (::sigprocmask(SIG_BLOCK, &set, nullptr) != 0) return system_error("block signals", errno);
  UniqueFd fd(::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!fd) return system_error("open a signalfd", errno);
  return fd;
}

// One start of the daemon, in the order things must happen.
class Start {
 public:
  explicit Start(const Arguments& arguments) : arguments_(arguments), seams_(read_seams()) {}

  int run() {
    auto own_digest = std::async(std::launch::async, [] { return sha256_file_hex("/proc/self/exe"); });
    const auto instance = name_instance(arguments_.instance, seams_);
    if (!instance) return fail(instance.error());
    instance_ = *instance;
    if (auto made = make_directories(instance_); !made) return fail(made.error());
    const auto lock = lock_instance(instance_, "agent");
    if (!lock) return fail(lock.error());
    begin_report();
    const auto signals = block_signals();
    if (!signals) return give_up(signals.error());
    if (auto raised = raise(); !raised) return give_up(raised.error());
    const auto digest = own_digest.get();
    report_.agent_sha256 = digest ? *digest : "";
    if (report_.verdict.refuses) return refuse();
    return serve(*signals);
  }

 private:
  void begin_report() {
    report_.instance = instance_.name;
    report_.pid = ::getpid();
    report_.process_start_ticks = process_start_ticks(report_.pid);
    report_.request = arguments_.gate;
    report_.scope_cgroup = arguments_.scope_cgroup;
    report_.seams = seams_.used;
    report_.kernel = read_kernel_facts(seams_, instance_.pin_root);
    report_.verdict.runtime_state = "NONE";
    enter_state(report_, "STARTING", "the agent starts");
    publish(false);
  }

  // Object, maps, settings, canary; then the rungs, then the gate.
  Status raise() {
    auto blockers = find_blockers(report_.kernel);
    auto image = read_bpf_image(seams_);
    if (!image) return image.error();
    image_ = std::move(*image);
    report_.bpf_sha256 = image_.sha256;
    GateFacts facts;
    facts.lsm_listed = report_.kernel.lsm_lists_bpf;
    if (blockers.empty()) {
      if (auto prepared = prepare(); !prepared) return prepared;
      facts = climb();
    } else {
      facts.blockers = blockers;
      report_.message = "this machine lacks what every rung needs";
    }
    report_.verdict = with_state(decide_gate(arguments_.gate, facts));
    return Done{};
  }

  Status prepare() {
    const auto object = open_object(image_);
    if (!object) return object.error();
    auto types = read_kernel_types(seams_, instance_, image_, object->get());
    if (!types) return types.error();
    types_ = std::move(*types);
    auto maps = open_shared_maps(object->get(), instance_.pin_root, Pinning::pinned);
    if (!maps) return maps.error();
    maps_ = std::move(*maps);
    auto canary = Canary::make(instance_.run_dir);
    if (!canary) return canary.error();
    canary_.emplace(std::move(*canary));
    return arm();
  }

  // New settings, one switch. What was in force stays so until then.
  Status arm() {
    previous_ = maps_.control.settings();
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
    settings.signal = static_cast<uint32_t>(signal_number(arguments_.gate.signal));
    settings.mode = arguments_.gate.asked == Asked::enforce ? AEGIS_MODE_ENFORCE : AEGIS_MODE_AUDIT;
    maps_.control.switch_settings(settings);
    remove_stale_canaries(instance_.run_dir, canary_->path());
    return Done{};
  }

  GateFacts climb() {
    GateFacts facts;
    facts.lsm_listed = report_.kernel.lsm_lists_bpf;
    ground_.emplace(Ground{image_, instance_, maps_, types_, *canary_, signal_number(arguments_.gate.signal), true});
    Ladder ladder(*ground_);
    ladder.find_existing();
    auto standing = ladder.climb(plan_rungs(arguments_.gate, facts.lsm_listed));
    if (standing) {
      facts.felt = standing->attachment.mechanism;
    } else if (arguments_.gate.asked == Asked::audit || arguments_.gate.mode == GateMode::audit_fallback) {
      set_mode(AEGIS_MODE_AUDIT);
      standing = ladder.observe(plan_observers(arguments_.gate, facts.lsm_listed));
      if (standing) {
        facts.observing = standing->attachment.mechanism;
        if (is_felt(standing->feelings, Mechanism::lsm) && facts.observing == Mechanism::lsm) facts.felt = Mechanism::lsm;
      }
    }
    facts.lsm_tried = ladder.was_tried(Mechanism::lsm);
    facts.blockers = ladder.blockers();
    if (facts.blockers.contains("PERMISSION_MISSING") && report_.kernel.lockdown == "confidentiality")
      facts.blockers.insert("LOCKDOWN_CONFIDENTIALITY");
    if (facts.felt != Mechanism::none) facts.blockers.clear();  // a rung above did not stop this one
    report_.message = ladder.reasons();
    if (standing) {
      standing_ = std::move(*standing);
      report_.hooks = standing_.attachment.hooks;
      report_.canary.feelings = standing_.feelings;
      report_.is_pinned = !standing_.attachment.pin_dir.empty();
      if (facts.felt != Mechanism::none) report_.canary.last_felt_unix = std::time(nullptr);
      report_.canary.rounds = 1;
    }
    return facts;
  }

  void set_mode(uint32_t mode) {
    aegis_settings settings = maps_.control.settings();
    settings.mode = mode;
    maps_.control.switch_settings(settings);
  }

  GateVerdict with_state(GateVerdict verdict) {
    enter_state(report_, verdict.runtime_state, verdict.refuses ? "nothing felt can enforce" : "the gate's decision");
    return verdict;
  }

  int serve(const UniqueFd& signals) {
    if (maps_.control) report_.policy = read_standing(maps_);
    publish(true);
    if (auto dropped = drop_privileges(); !dropped) return give_up(dropped.error());
    ::malloc_trim(0);
    std::fprintf(stderr, "aegis-agent: %s, mechanism %s, instance %s\n", report_.verdict.runtime_state.c_str(),
                 mechanism_name(report_.verdict.mechanism), instance_.name.c_str());
    if (auto told = notify_manager("READY=1\nSTATUS=" + report_.verdict.runtime_state); !told) (void)fail(told.error());
    if (!maps_.control) return wait_without_maps(signals);
    Daemon daemon({arguments_, instance_, maps_, *canary_, standing_, report_, signal_number(arguments_.gate.signal)});
    const auto served = daemon.run(signals);
    return stop(served);
  }

  // Audit fallback on a machine that carries no rung at all: nothing to watch.
  int wait_without_maps(const UniqueFd&) {
    sigset_t set;
    ::sigemptyset(&set);
    ::sigaddset(&set, SIGTERM);
    ::sigaddset(&set, SIGINT);
    int signal;
    ::sigwait(&set, &signal);
    return stop(Done{});
  }

  int stop(const Status& served) {
    (void)notify_manager("STOPPING=1");
    const bool enforces = !report_.verdict.audit_only;
    const bool keeps = arguments_.on_stop == OnStop::keep || (arguments_.on_stop == OnStop::unset && enforces);
    if (!keeps && maps_.control) take_down();
    if (maps_.control) disarm();
    enter_state(report_, "DEGRADED", keeps ? "stopped; the links stay in force unattended" : "stopped and detached");
    if (!keeps) end_claims();
    report_.message = report_.transitions.back().reason;
    publish(true);
    if (!served) return fail(served.error());
    return 0;
  }

  // Stopped means stopped: the process ends only when the canary feels nothing any more.
  void take_down() {
    const auto mechanism = standing_.attachment.mechanism;
    const uint32_t hooks = standing_.attachment.attached_hooks();
    if (auto released = release(standing_.attachment); !released) (void)fail(released.error());
    maps_.control->epoch++;  // the next start finds nothing to adopt
    if (!canary_->wait_until_unfelt(mechanism, hooks, signal_number(arguments_.gate.signal)))
      (void)fail({"cannot see the programs go: the canary still feels them", "Look with bpftool prog"});
  }

  // The canary must be out of the settings before its file is touched.
  void disarm() {
    aegis_settings settings = maps_.control.settings();
    settings.canary = {};
    settings.canary_path = 0;
    maps_.control.switch_settings(settings);
    if (canary_) canary_->remove();
  }

  void end_claims() {
    report_.verdict.audit_only = true;
    report_.verdict.enforce_capable = false;
    report_.verdict.guarantee = "none";
    report_.verdict.mechanism = Mechanism::none;
    report_.hooks = {};
    report_.is_pinned = false;
  }

  int refuse() {
    std::string blockers;
    for (const auto& blocker : report_.verdict.blockers) blockers += (blockers.empty() ? "" : ", ") + blocker;
    const std::string detail = report_.message.empty() ? "" : " (" + report_.message + ")";
    return give_up({"cannot enforce: " + blockers + detail,
                    "Boot with bpf in lsm=, opt in with --enforce-fallback=auto, or start with "
                    "--enforce-gate-mode=audit-fallback", ""});
  }

  // Every failed start ends here: settings as they were, the report true.
  int give_up(const Error& error) {
    if (maps_.control && canary_) {
      aegis_settings before = previous_;
      before.canary = {};
      before.canary_path = 0;
      maps_.control.switch_settings(before);
      canary_->remove();
    }
    enter_state(report_, "DEGRADED", "the start failed");
    report_.verdict.enforce_capable = false;
    report_.verdict.audit_only = true;
    report_.verdict.guarantee = "none";
    report_.message = error.what;
    if (!error.blocker.empty()) report_.verdict.blockers.push_back(error.blocker);
    publish(true);
    return fail(error);
  }

  void publish(bool durable) {
    if (maps_.control) report_.counts = read_counts(maps_);
    if (auto written = write_report(report_, instance_.report_path, durable); !written) (void)fail(written.error());
  }

  const Arguments& arguments_;
  const Seams seams_;
  Instance instance_;
  BpfImage image_;
  KernelTypes types_;
  SharedMaps maps_;
  std::optional<Canary> canary_;
  std::optional<Ground> ground_;
  Standing standing_;
  aegis_settings previous_{};
  Report report_;
};

}  // namespace

int run_daemon(const Arguments& arguments) { return Start(arguments).run(); }

}  // namespace aegis
