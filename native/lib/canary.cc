// SPDX-License-Identifier: Apache-2.0
#include "lib/canary.h"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <string_view>

#include "lib/canary_acts.h"
#include "lib/mount_table.h"

namespace aegis {
namespace {

constexpr std::string_view prefix = "canary-";
constexpr std::string_view content = "aegis canary\n";
constexpr int child_deadline_ms = 2000;

// Exit codes of the child: 0 allowed, otherwise the errno of the call.
[[noreturn]] void run_child(const CanaryAct& act, const CanaryFile& file) {
  // Expected to be killed: default actions, nothing blocked, no core.
  sigset_t none;
  ::sigemptyset(&none);
  ::signal(SIGTERM, SIG_DFL);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  const rlimit no_core{0, 0};
  ::setrlimit(RLIMIT_CORE, &no_core);
  ::_exit(act.run(file));
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

Feeling try_act(const CanaryAct& act, const CanaryFile& file, int signal) {
  Feeling feeling{act.hook, act.name, Outcome::could_not};
  const pid_t child = ::fork();
  if (child < 0) {
    feeling.error = errno;
    return feeling;
  }
  if (child == 0) run_child(act, file);
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

bool wants(const CanaryAct& act, Mechanism mechanism, uint32_t hooks, bool only_open) {
  if (mechanism == Mechanism::tracepoint || only_open) return act.hook == AEGIS_HOOK_FILE_OPEN;
  return (hooks >> act.hook & 1) != 0;
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
  return canary;
}

Canary::~Canary() = default;

std::vector<Feeling> Canary::feel(Mechanism mechanism, uint32_t hooks, int signal, bool only_open) const {
  const std::string second = path_ + ".link";
  const std::string third = path_ + ".moved";
  const CanaryFile file{path_.c_str(), second.c_str(), third.c_str(), file_.get()};
  std::vector<Feeling> feelings;
  for (size_t i = 0; i < canary_act_count; i++)
    if (wants(canary_acts[i], mechanism, hooks, only_open)) feelings.push_back(try_act(canary_acts[i], file, signal));
  if (mechanism == Mechanism::tracepoint)
    for (auto& feeling : feelings) feeling.hook = AEGIS_HOOK_SYSCALL_PATH;
  return feelings;
}

bool Canary::wait_until_unfelt(Mechanism mechanism, uint32_t hooks, int signal) const {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(5);
  for (;;) {
    const auto feelings = feel(mechanism, hooks, signal, false);
    const bool is_stopped = std::any_of(feelings.begin(), feelings.end(), [](const Feeling& feeling) {
      return feeling.outcome == Outcome::denied || feeling.outcome == Outcome::killed;
    });
    if (!is_stopped) return true;
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

bool is_felt(const std::vector<Feeling>& feelings, Mechanism mechanism) {
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
