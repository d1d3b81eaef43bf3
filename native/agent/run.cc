// SPDX-License-Identifier: Apache-2.0
#include <malloc.h>
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <future>

#include "agent/commands.h"
#include "agent/confinement.h"
#include "agent/daemon.h"
#include "agent/privileges.h"
#include "agent/raising.h"
#include "agent/served_authority.h"
#include "lib/notify.h"
#include "lib/policy_store.h"
#include "lib/sha256.h"

namespace aegis {
namespace {

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

// One life of the daemon, from the lock to the last report.
class Life {
 public:
  Life(const Arguments& arguments, const Instance& instance)
      : arguments_(arguments),
        instance_(instance),
        raising_(arguments, seams_, instance_, report_),
        authority_(arguments.runtime_socket, instance.name) {}

  int run() {
    auto own_digest = std::async(std::launch::async, [] { return sha256_file_hex("/proc/self/exe"); });
    begin_report();
    const auto signals = block_signals();
    if (!signals) return give_up(signals.error());
    const auto raised = raising_.raise();
    const auto digest = own_digest.get();
    report_.agent_sha256 = digest ? *digest : "";
    if (!raised) return give_up(raised.error());
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
    if (auto written = write_report(report_, instance_.report_path, false); !written) (void)fail(written.error());
  }

  int serve(const UniqueFd& signals) {
    if (raising_.has_maps()) report_.policy = read_standing(raising_.maps());
    enforces_ = !report_.verdict.audit_only;
    publish();
    ::malloc_trim(0);
    if (auto confined = confine(); !confined) return give_up(confined.error());
    if (auto started = start_authority(); !started) return give_up(started.error());
    std::fprintf(stderr, "aegis-agent: %s, mechanism %s, instance %s\n", report_.verdict.runtime_state.c_str(),
                 mechanism_name(report_.verdict.mechanism), instance_.name.c_str());
    if (auto told = notify_manager("READY=1\nSTATUS=" + report_.verdict.runtime_state); !told) (void)fail(told.error());
    if (!raising_.has_maps()) return wait_without_maps(signals);
    Daemon daemon({arguments_, instance_, raising_.maps(), raising_.canary(), raising_.standing(), report_,
                   raising_.signal(), authority_});
    return stop(daemon.run(signals));
  }

  // Before readiness is announced, and before anything of others is read.
  static Status confine() {
    if (auto dropped = drop_privileges(); !dropped) return dropped;
    if (auto limited = limit_memory(); !limited) return limited;
    return filter_system_calls();
  }

  // Under the gate that fails closed the daemon answers for both halves of its policy, or does not start.
  Status start_authority() {
    if (arguments_.runtime_socket.empty()) return Done{};
    if (auto started = authority_.start(); !started) return started;
    if (report_.policy.generation == 0) return Done{};
    auto served = authority_.serve(instance_.policy_path(report_.policy.generation));
    if (!served && arguments_.gate.mode == GateMode::audit_fallback) return Done{};
    return served;
  }

  // Audit fallback on a machine that carries no rung at all: no programs to watch, only the authority.
  int wait_without_maps(const UniqueFd& signals) {
    for (;;) {
      pollfd watched[] = {{signals.get(), POLLIN, 0}, {authority_.fd(), POLLIN, 0}};
      if (::poll(watched, 2, authority_.is_down() ? authority_.retry_ms() : -1) < 0 && errno != EINTR)
        return stop(system_error("wait for signals", errno));
      signalfd_siginfo info{};
      if (::read(signals.get(), &info, sizeof info) == sizeof info && info.ssi_signo != SIGHUP) return stop(Done{});
      authority_.look();
    }
  }

  int stop(const Status& served) {
    (void)notify_manager("STOPPING=1");
    authority_.stop();
    const bool keeps = arguments_.on_stop == OnStop::keep || (arguments_.on_stop == OnStop::unset && enforces_);
    if (!keeps)
      if (auto down = raising_.take_down(); !down) (void)fail(down.error());
    raising_.disarm();
    const std::string reason = keeps ? "stopped; the links stay in force unattended" : "stopped and detached";
    enter_state(report_, "DEGRADED", reason);
    if (!keeps) end_claims();
    report_.message = reason;
    publish();
    return served ? 0 : fail(served.error());
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
                    "--enforce-gate-mode=audit-fallback",
                    ""});
  }

  // Every failed start ends here: settings as they were, the report true.
  int give_up(const Error& error) {
    authority_.stop();
    raising_.undo();
    enter_state(report_, "DEGRADED", "the start failed");
    report_.verdict.enforce_capable = false;
    report_.verdict.audit_only = true;
    report_.verdict.guarantee = "none";
    report_.message = error.what;
    auto& blockers = report_.verdict.blockers;
    if (!error.blocker.empty() && std::find(blockers.begin(), blockers.end(), error.blocker) == blockers.end())
      blockers.push_back(error.blocker);
    publish();
    return fail(error);
  }

  void publish() {
    if (raising_.has_maps()) report_.counts = read_counts(raising_.maps());
    if (auto written = write_report(report_, instance_.report_path, true); !written) (void)fail(written.error());
  }

  const Arguments& arguments_;
  const Seams seams_ = read_seams();
  const Instance& instance_;
  Report report_;
  Raising raising_;
  ServedAuthority authority_;
  bool enforces_ = false;  // by the gate's verdict; an emergency does not change it
};

}  // namespace

int run_daemon(const Arguments& arguments) {
  const auto instance = name_instance(arguments.instance, read_seams());
  if (!instance) return fail(instance.error());
  if (auto made = make_directories(*instance); !made) return fail(made.error());
  const auto lock = lock_instance(*instance, "agent");
  if (!lock) return fail(lock.error());
  return Life(arguments, *instance).run();
}

}  // namespace aegis
