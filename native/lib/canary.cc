// SPDX-License-Identifier: Apache-2.0
#include "lib/canary.h"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <string_view>

#include "lib/canary_acts.h"
#include "lib/mount_table.h"
#include "lib/text.h"

namespace aegis {
namespace {

constexpr std::string_view prefix = "canary-";
constexpr std::string_view content = "aegis canary\n";
constexpr int child_deadline_ms = 2000;

// Exit codes of the child: 0 allowed, otherwise the errno of the call.
[[noreturn]] void run_child(const CanaryAct& act, const CanaryTools& tools) {
  // Expected to be killed: default actions, nothing blocked, no core.
  sigset_t none;
  ::sigemptyset(&none);
  ::signal(SIGTERM, SIG_DFL);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  const rlimit no_core{0, 0};
  ::setrlimit(RLIMIT_CORE, &no_core);
  if (hook_table[act.hook].rule_class != AEGIS_CLASS_FILE) ::prctl(PR_SET_NAME, tools.task);
  ::_exit(act.run(tools));
}

// Waits for the child with a deadline, by pidfd; kills it when it is over.
bool wait_child(pid_t child, siginfo_t& info) {
  const UniqueFd pidfd(static_cast<int>(::syscall(SYS_pidfd_open, child, 0)));
  bool in_time = true;
  if (pidfd) {
    pollfd wait{pidfd.get(), POLLIN, 0};
    int ready;
    do ready = ::poll(&wait, 1, child_deadline_ms);
    while (ready < 0 && errno == EINTR);
    in_time = ready > 0;
    if (!in_time) ::kill(child, SIGKILL);
  }
  while (::waitid(P_PID, static_cast<id_t>(child), &info, WEXITED) != 0 && errno == EINTR) {
  }
  return in_time;
}

Feeling try_act(const CanaryAct& act, const CanaryTools& tools, int signal) {
  Feeling feeling{act.hook, act.name, Outcome::could_not};
  const pid_t child = ::fork();
  if (child < 0) {
    feeling.error = errno;
    return feeling;
  }
  if (child == 0) run_child(act, tools);
  siginfo_t info{};
  if (!wait_child(child, info)) {
    feeling.error = ETIMEDOUT;
  } else if (info.si_code == CLD_KILLED || info.si_code == CLD_DUMPED) {
    if (info.si_status == signal) feeling.outcome = Outcome::killed;
  } else if (info.si_status == 0) {
    feeling.outcome = Outcome::allowed;
  } else {
    feeling.error = info.si_status;
    if (feeling.error == EPERM) feeling.outcome = Outcome::denied;
  }
  return feeling;
}

bool wants(const CanaryAct& act, HookSet hooks, Depth depth, bool has_file) {
  if ((hooks & hook_bit(act.hook)) == 0 || (depth == Depth::quick && !act.is_quick)) return false;
  if (depth != Depth::privileged && act.need == Need::module_capability) return false;
  return (has_file || hook_table[act.hook].rule_class != AEGIS_CLASS_FILE) && is_met(act.need);
}

bool was_stopped(const Feeling& feeling) {
  return feeling.outcome == Outcome::denied || feeling.outcome == Outcome::killed;
}

// A name nobody else has: fifteen bytes, nine of them drawn.
Result<aegis_name> draw_name() {
  unsigned char drawn[5];
  if (::getrandom(drawn, sizeof drawn, 0) != sizeof drawn) return system_error("draw a name for the canary", errno);
  const std::string text = "aegis-" + to_hex(drawn, sizeof drawn).substr(0, 9);
  aegis_name name{};
  std::memcpy(&name, text.data(), text.size());
  return name;
}

}  // namespace

Result<Canary> Canary::make(const std::string& directory) {
  Canary canary;
  canary.path_ = directory + "/" + std::string(prefix) + "XXXXXX";
  canary.file_ = UniqueFd(::mkostemp(canary.path_.data(), O_CLOEXEC));
  if (!canary.file_) return system_error("create a canary in " + directory, errno);
  if (::write(canary.file_.get(), content.data(), content.size()) != static_cast<ssize_t>(content.size()))
    return system_error("write " + canary.path_, errno);
  const auto mounts = MountTable::read();
  if (!mounts) return mounts.error();
  const auto found = mounts->find(canary.path_);
  if (found.error != 0) return system_error("find " + canary.path_, found.error);
  canary.inode_ = found.inode;
  const auto task = draw_name();
  if (!task) return task.error();
  canary.task_ = *task;
  if (auto made = canary.make_program(); !made) return made.error();
  return canary;
}

Result<Canary> Canary::make_named(const aegis_name& task) {
  Canary canary;
  canary.task_ = task;
  if (auto made = canary.make_program(); !made) return made.error();
  return canary;
}

// In memory, because /run and /var may be mounted noexec, which answers EPERM
// as well. Opened again, because a file open for writing cannot be executed.
Status Canary::make_program() {
  constexpr unsigned executable = 0x10;  // MFD_EXEC: since 6.3, refused before
  UniqueFd made(::memfd_create("aegis-canary", MFD_CLOEXEC | executable));
  if (!made) made = UniqueFd(::memfd_create("aegis-canary", MFD_CLOEXEC));
  if (!made) return system_error("create a canary in memory", errno);
  if (::write(made.get(), content.data(), content.size()) != static_cast<ssize_t>(content.size()))
    return system_error("write the canary in memory", errno);
  program_ = UniqueFd(::open(("/proc/self/fd/" + std::to_string(made.get())).c_str(), O_RDONLY | O_CLOEXEC));
  if (!program_) return system_error("open the canary in memory", errno);
  return Done{};
}

Canary::~Canary() = default;

std::vector<Feeling> Canary::feel(HookSet hooks, int signal, Depth depth, const CanaryCount& count) const {
  const std::string second = path_ + ".link";
  const std::string third = path_ + ".moved";
  char task[sizeof task_ + 1] = {};
  std::memcpy(task, &task_, sizeof task_);
  const CanaryTools tools{path_.c_str(), second.c_str(), third.c_str(), file_.get(), program_.get(), task};
  std::vector<Feeling> feelings;
  for (size_t i = 0; i < canary_act_count; i++) {
    const CanaryAct& act = canary_acts[i];
    if (!wants(act, hooks, depth, static_cast<bool>(file_))) continue;
    const size_t rule_class = hook_table[act.hook].rule_class;
    const CanarySeen before = count ? count(rule_class) : CanarySeen{};
    Feeling feeling = try_act(act, tools, signal);
    if (was_stopped(feeling) && count) {
      const CanarySeen now = count(rule_class);
      if (now.own == before.own || now.guards == before.guards) feeling.outcome = Outcome::could_not;
    }
    feelings.push_back(std::move(feeling));
  }
  return feelings;
}

bool Canary::wait_until_unfelt(HookSet hooks, int signal) const {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(5);
  for (;;) {
    const auto feelings = feel(hooks, signal, Depth::full, {});
    if (std::none_of(feelings.begin(), feelings.end(), was_stopped)) return true;
    if (std::chrono::steady_clock::now() > deadline) return false;
  }
}

void Canary::remove() {
  if (path_.empty()) return;
  ::unlink((path_ + ".link").c_str());
  ::unlink((path_ + ".moved").c_str());
  ::unlink(path_.c_str());
  path_.clear();
  file_.reset();
}

bool is_inconclusive(const std::vector<Feeling>& feelings, Mechanism mechanism) {
  bool any = false;
  for (const auto& feeling : feelings) {
    if (feeling.outcome == Outcome::allowed) return false;
    any |= feeling.outcome == Outcome::could_not || (is_synchronous(mechanism) && feeling.outcome == Outcome::killed);
  }
  return any;
}

bool is_felt(const std::vector<Feeling>& feelings, Mechanism mechanism) {
#ifdef AEGIS_MUTANT_NO_CANARY
  return true;  // broken on purpose for the proofs
#endif
  const Outcome wanted = is_synchronous(mechanism) ? Outcome::denied : Outcome::killed;
  return !feelings.empty() && std::all_of(feelings.begin(), feelings.end(),
                                          [&](const Feeling& feeling) { return feeling.outcome == wanted; });
}

void remove_stale_canaries(const std::string& directory, const std::string& keep) {
  const std::unique_ptr<DIR, int (*)(DIR*)> listing(::opendir(directory.c_str()), ::closedir);
  if (!listing) return;
  while (const dirent* entry = ::readdir(listing.get())) {
    const std::string path = directory + "/" + entry->d_name;
    if (std::string_view(entry->d_name).starts_with(prefix) && (keep.empty() || !path.starts_with(keep)))
      ::unlink(path.c_str());
  }
}

}  // namespace aegis
