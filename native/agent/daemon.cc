// SPDX-License-Identifier: Apache-2.0
#include "agent/daemon.h"

#include <bpf/libbpf.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <memory>
#include <utility>

#include "lib/notify.h"
#include "lib/policy_store.h"
#include "lib/sha256.h"

namespace aegis {
namespace {

constexpr long tick_ms = 250;  // a fault is reported within a second
constexpr uint64_t full_round_ticks = 20;
constexpr uint64_t heartbeat_ticks = 20;

struct RingCloser {
  void operator()(ring_buffer* ring) const { ring_buffer__free(ring); }
};

int forward_event(void* daemon, void* data, size_t size) {
  if (size >= sizeof(aegis_event)) static_cast<Daemon*>(daemon)->take_event(*static_cast<const aegis_event*>(data));
  return 0;
}

std::string describe_unfelt(const std::vector<Feeling>& feelings) {
  for (const auto& feeling : feelings)
    if (feeling.outcome == Outcome::allowed || feeling.outcome == Outcome::could_not)
      return "the canary's " + feeling.act + " was not stopped (" + outcome_name(feeling.outcome) + ")";
  return "the canary was stopped in another way than the mechanism's";
}

Result<UniqueFd> start_timer() {
  UniqueFd timer(::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK));
  if (!timer) return system_error("create a timer", errno);
  const timespec period{0, tick_ms * 1'000'000};
  const itimerspec schedule{period, period};
  if (::timerfd_settime(timer.get(), 0, &schedule, nullptr) != 0) return system_error("start a timer", errno);
  return timer;
}

Status watch(const UniqueFd& poll, int fd) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.fd = fd;
  if (::epoll_ctl(poll.get(), EPOLL_CTL_ADD, fd, &event) != 0) return system_error("watch a descriptor", errno);
  return Done{};
}

}  // namespace

Status Daemon::run(const UniqueFd& signals) {
  const std::unique_ptr<ring_buffer, RingCloser> ring(
      ring_buffer__new(parts_.maps.fd("events"), forward_event, this, nullptr));
  if (!ring) return system_error("read the event ring", errno);
  const auto timer = start_timer();
  if (!timer) return timer.error();
  const UniqueFd poll(::epoll_create1(EPOLL_CLOEXEC));
  if (!poll) return system_error("create an epoll set", errno);
  const int events = ring_buffer__epoll_fd(ring.get());
  for (const int fd : {signals.get(), timer->get(), events, parts_.authority.fd()})
    if (fd >= 0)
      if (auto watched = watch(poll, fd); !watched) return watched;
  follow_policy();

  for (;;) {
    epoll_event ready[4];
    const int count = ::epoll_wait(poll.get(), ready, 4, -1);
    if (count < 0 && errno != EINTR) return system_error("wait for events", errno);
    for (int i = 0; i < count; i++) {
      if (ready[i].data.fd == events) {
        ring_buffer__consume(ring.get());
        std::fflush(stdout);
      } else if (ready[i].data.fd == timer->get()) {
        uint64_t expirations;
        if (::read(timer->get(), &expirations, sizeof expirations) > 0) tick();
      } else if (ready[i].data.fd == parts_.authority.fd()) {
        check_authority();
        settle();
      } else {
        signalfd_siginfo info{};
        if (::read(signals.get(), &info, sizeof info) != sizeof info) continue;
        if (info.ssi_signo != SIGHUP) return Done{};
        follow_policy();
        settle();
      }
    }
  }
}

void Daemon::take_event(const aegis_event& event) {
  const std::string line = render_event(event, rules_.path_of(event), parts_.arguments.log);
  std::fprintf(stdout, "%s\n", line.c_str());
}

void Daemon::tick() {
  ticks_++;
  fault_.clear();
  follow_policy();
  follow_emergency();
  check_settings();
  check_canary();
  check_rules();
  check_pins();
  check_authority();
  settle();
  (void)notify_manager("WATCHDOG=1");
  if (ticks_ % heartbeat_ticks == 0) publish(false);
}

// Feels the open on every tick and every act on a full round. Nothing attached
// means nothing claimed, and then there is nothing to feel.
void Daemon::check_canary() {
  const auto& attachment = parts_.standing.attachment;
  if (claimed_.audit_only || attachment.mechanism == Mechanism::none) return;
  const bool is_full = std::exchange(is_full_due_, false) || ticks_ % full_round_ticks == 0;
  const auto feel = [&] {
    return parts_.canary.feel(attachment.attached_hooks(), parts_.signal, is_full ? Depth::full : Depth::quick,
                              canary_count(parts_.maps, attachment));
  };
  auto feelings = feel();
  if (feelings.empty()) return;  // a class whose acts take privileges; they were tried before those were dropped
  if (is_inconclusive(feelings, attachment.mechanism)) feelings = feel();  // a machine too busy to run the child says nothing
  if (is_felt(feelings, attachment.mechanism))
    parts_.report.canary.last_felt_unix = std::time(nullptr);
  else
    fault_ = describe_unfelt(feelings);
  parts_.report.canary.rounds++;
  if (is_full || !fault_.empty()) parts_.report.canary.feelings = std::move(feelings);
}

// The settings are this process's alone; another root process that changes them
// could switch enforcement off without touching a pin.
void Daemon::check_settings() {
  const aegis_settings& now = parts_.maps.control.settings();
  if (std::memcmp(&now, &settings_, sizeof now) == 0) return;
  parts_.maps.control.switch_settings(settings_);
  note_repair("the settings in the kernel were changed from outside");
}

// Rules are frozen, so that tampering means to put others in their place.
void Daemon::check_rules() {
  const auto& policy = parts_.report.policy;
  const bool is_changed =
      !(read_standing(parts_.maps) == policy) || read_rule_maps(parts_.maps, policy.generation) != rule_maps_;
  // A generation that came meanwhile is looked at with the next tick.
  if (is_changed && parts_.maps.control.generation() == policy.generation)
    fault_ = "the rules in the kernel were replaced from outside; apply the policy again";
  if (!is_stored_) fault_ = "the rules in the kernel are not those of the policy that was applied; apply it again";
  const auto mechanism = parts_.standing.attachment.mechanism;
  const ClassSet classes = served_classes(parts_.report.policy.classes);
  if (mechanism != Mechanism::none &&
      (required_hooks(mechanism, classes) & ~parts_.standing.attachment.attached_hooks()) != 0)
    fault_ = "the policy needs hooks that are not attached; start the agent again";
  if (parts_.standing.attachment.mechanism == Mechanism::tracepoint && !claimed_.audit_only &&
      parts_.report.policy.pathless > 0)
    fault_ = pathless_reason;
}

// Pins that somebody removed are put back from the links still held; without
// them a kill of this process would end enforcement.
void Daemon::check_pins() {
  const auto& attachment = parts_.standing.attachment;
  const auto missing = missing_pins(attachment);
  if (missing.empty()) return;
  const std::string what = std::to_string(missing.size()) + " pins below " + attachment.pin_dir + " were removed";
  std::string failure;
  for (const auto& pin : missing)
    if (auto restored = restore_pin(attachment, pin); !restored) failure = restored.error().what;
  if (!failure.empty()) {
    fault_ = what + " and cannot be put back: " + failure;
    return;
  }
  note_repair(what);
}

// Who answers tool queries is half of what this daemon promises.
void Daemon::check_authority() {
  parts_.authority.look();
  if (!parts_.authority.fault().empty()) fault_ = parts_.authority.fault();
}

// A repaired fault leaves the state as it is, and its trace in the transitions.
void Daemon::note_repair(const std::string& what) {
  auto& report = parts_.report;
  const std::string reason = what + " and were put back";
  report.transitions.push_back(
      {std::time(nullptr), report.verdict.runtime_state, report.verdict.runtime_state, reason});
  if (report.transitions.size() > max_transitions) report.transitions.pop_front();
  std::fprintf(stderr, "aegis-agent: %s\n", reason.c_str());
  publish(true);
}

void Daemon::follow_policy() {
  const uint64_t generation = parts_.maps.control.generation();
  std::atomic_ref served(parts_.maps.control->served);
  if (generation == parts_.report.policy.generation && ticks_ > 0) return;
  parts_.report.policy = read_standing(parts_.maps);
  rule_maps_ = read_rule_maps(parts_.maps, generation);
  const auto stored = sha256_file_hex(parts_.instance.policy_path(generation));
  is_stored_ = generation == 0 || (stored && *stored == parts_.report.policy.sha256) ||
               parts_.maps.control.generation() != generation;  // replaced meanwhile, and followed next
  take_over_hooks();
  if (generation > 0) {
    const std::string path = parts_.instance.policy_path(generation);
    rules_.follow(generation, path);
    if (ticks_ > 0) parts_.authority.follow(path);
  }
  served.store(generation, std::memory_order_release);
  if (ticks_ > 0) publish(true);
}

// What `policy apply` pinned for this generation beside the links held here.
void Daemon::take_over_hooks() {
  auto& attachment = parts_.standing.attachment;
  const ClassSet classes = served_classes(parts_.report.policy.classes);
  if (attachment.pin_dir.empty() || (required_hooks(attachment.mechanism, classes) & ~attachment.attached_hooks()) == 0)
    return;
  auto whole = adopt(attachment.pin_dir, attachment.mechanism);
  if (!whole) {
    std::fprintf(stderr, "aegis-agent: %s\n", whole.error().text().c_str());
    return;
  }
  // Without privileges the new programs can be counted on, but not be looked into.
  for (auto& program : attachment.programs) whole->programs.push_back(std::move(program));
  attachment = std::move(*whole);
  parts_.report.hooks = attachment.hooks;
  parts_.report.safeguard = attachment.safeguard;
  is_full_due_ = true;
}

void Daemon::follow_emergency() {
  is_emergency_ = std::atomic_ref(parts_.maps.control->emergency).load(std::memory_order_acquire) != 0;
}

// Brings the report's state into line with what was found, and writes it on a change.
void Daemon::settle() {
  auto& report = parts_.report;
  GateVerdict next = claimed_;
  std::string reason = "as claimed at start";
  if (!fault_.empty()) {
    next.runtime_state = "DEGRADED";
    next.enforce_capable = false;
    next.guarantee = "none";
    reason = fault_;
  } else if (is_emergency_) {
    next.runtime_state = "AUDIT_FALLBACK";
    next.audit_only = true;
    next.enforce_capable = false;
    next.guarantee = "none";
    reason = "emergency: enforcement is switched off";
  }
  if (next.runtime_state == report.verdict.runtime_state) return;
  std::fprintf(stderr, "aegis-agent: %s -> %s: %s\n", report.verdict.runtime_state.c_str(), next.runtime_state.c_str(),
               reason.c_str());
  enter_state(report, next.runtime_state, reason);
  report.verdict = next;
  report.message = next.runtime_state == claimed_.runtime_state ? "" : reason;
  publish(true);
}

void Daemon::publish(bool durable) {
  parts_.report.counts = read_counts(parts_.maps);
  parts_.report.skipped = read_skipped(parts_.standing.attachment);
  if (auto written = write_report(parts_.report, parts_.instance.report_path, durable); !written)
    std::fprintf(stderr, "aegis-agent: %s\n", written.error().text().c_str());
}

}  // namespace aegis
