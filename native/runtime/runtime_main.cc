// SPDX-License-Identifier: Apache-2.0
#include "runtime_main.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include "../lib/notify.h"
#include "../lib/capabilities.h"
#include "../lib/supervision.h"
#include "../lib/unique_fd.h"
#include "listener.h"
#include "options.h"
#include "policy_file.h"

namespace aegis::runtime {

namespace {

// Every connection is a descriptor; a few more are the runtime's own.
void fit_descriptors(ServerOptions& options) {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = std::min<rlim_t>(limit.rlim_max, std::max<rlim_t>(limit.rlim_cur, options.max_connections + 64));
  setrlimit(RLIMIT_NOFILE, &limit);
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur > 128)
    options.max_connections = std::min<std::size_t>(options.max_connections, limit.rlim_cur - 64);
}

// One life of the authority, alone or as the daemon's child.
class Life {
 public:
  explicit Life(Options options) : options_(std::move(options)), supervisor_(options_.supervisor) {}

  int run() {
    // Signals are read like any other input: nothing happens between two instructions.
    const UniqueFd signals(block_signals());
    fit_descriptors(options_.server);
    if (!signals) return give_up("cannot watch signals");
    if (is_supervised()) prctl(PR_SET_PDEATHSIG, SIGTERM);
    Listener listener;
    if (const std::string error = listener.open(options_.socket_path, options_.make_folder); !error.empty())
      return give_up(error);
    // What is left to do needs the descriptors that are open, and files of its own user.
    if (const auto dropped = keep_capabilities({}); !dropped) return give_up(dropped.error().text());
    Server server(listener.fd(), options_.server);
    Authority authority(options_.authority, server, monotonic_now);
    authority_ = &authority;
    if (!options_.policy_path.empty()) (void)apply_policy(options_.policy_path);
    announce();
    std::vector<Input> inputs = {{signals.get(), [&] { return take_signal(signals.get()); }}};
    if (is_supervised()) inputs.push_back({supervisor_.get(), [&] { return take_word(); }});
    const bool stopped = server.run(authority, inputs);
    if (!stopped) std::fprintf(stderr, "aegis-runtime: cannot go on: %s\n", std::strerror(errno));
    return stopped ? 0 : 1;
  }

 private:
  bool is_supervised() const { return static_cast<bool>(supervisor_); }

  static int block_signals() {
    sigset_t signals;
    sigemptyset(&signals);
    for (const int number : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&signals, number);
    sigprocmask(SIG_BLOCK, &signals, nullptr);
    return signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
  }

  int give_up(const std::string& why) {
    if (is_supervised()) (void)supervision::say(supervisor_.get(), supervision::failed, why);
    else std::fprintf(stderr, "aegis-runtime: %s\n", why.c_str());
    return 1;
  }

  void announce() {
    if (is_supervised()) {
      (void)supervision::say(supervisor_.get(), supervision::listening);
      return;
    }
    std::printf("listening on %s\n", options_.socket_path.c_str());
    std::fflush(stdout);
    if (const auto told = notify_manager("READY=1"); !told)
      std::fprintf(stderr, "aegis-runtime: %s\n", told.error().text().c_str());
  }

  Status apply_policy(const std::string& path) {
    auto policy = load_tool_policy(path);
    if (policy) {
      authority_->set_policy(std::move(*policy));
      return Done{};
    }
    std::fprintf(stderr, "aegis-runtime: policy refused: %s\n", policy.error().text().c_str());
    // Alone, the one in force is the last good one. Beside enforcement it is the one applied there and no other.
    if (is_supervised()) authority_->withdraw_policy(policy.error().text());
    else authority_->refuse_policy(policy.error().text());
    return policy.error();
  }

  // False: stop.
  bool take_signal(int fd) {
    signalfd_siginfo signal{};
    if (read(fd, &signal, sizeof signal) != sizeof signal) return true;
    // A terminal or a service manager signals the daemon as well; the daemon says when to stop, unless it is dead.
    if (is_supervised()) return getppid() == options_.supervisor_pid;
    if (signal.ssi_signo != SIGHUP) return false;
    if (!options_.policy_path.empty()) (void)apply_policy(options_.policy_path);
    return true;
  }

  bool take_word() {
    const auto packet = supervision::hear(supervisor_.get());
    if (packet.state == supervision::Packet::State::ended) return false;
    if (packet.word != supervision::policy) return true;
    const auto applied = apply_policy(packet.text);
    (void)supervision::say(supervisor_.get(), applied ? supervision::loaded : supervision::refused,
                           applied ? std::string() : applied.error().text());
    return true;
  }

  Options options_;
  UniqueFd supervisor_;
  Authority* authority_ = nullptr;
};

}  // namespace

int runtime_main(int argc, char** argv) {
  Options options;
  const std::vector<std::string> arguments(argv + std::min(argc, 1), argv + argc);
  if (std::string error = read_options(arguments, options); !error.empty()) {
    std::fprintf(stderr, "aegis-runtime: %s\n%s", error.c_str(), usage);
    return 2;
  }
  if (options.wants_help) {
    std::fputs(usage, stdout);
    return 0;
  }
  options.supervisor_pid = getppid();
  return Life(std::move(options)).run();
}

}  // namespace aegis::runtime
