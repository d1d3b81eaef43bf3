// SPDX-License-Identifier: Apache-2.0
#include "runtime_main.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "listener.h"
#include "options.h"

namespace aegis::runtime {

namespace {

// The policy as it is now, or why it cannot be read.
std::string load_policy(const std::string& path, ToolPolicy& policy) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return "cannot read " + path + ": " + std::strerror(errno);
  struct stat info {};
  std::string text, error;
  if (fstat(fd, &info) != 0 || !S_ISREG(info.st_mode)) {
    error = "cannot read " + path + ": not a plain file";
  } else if (info.st_uid != 0 && info.st_uid != geteuid()) {
    error = "cannot trust " + path + ": it belongs to another user";
  } else if ((info.st_mode & 022) != 0) {
    error = "cannot trust " + path + ": others may write it. Make it mode 0644 or 0600";
  } else {
    char chunk[65536];
    ssize_t got = 0;
    while ((got = read(fd, chunk, sizeof chunk)) > 0 && text.size() <= max_policy_bytes)
      text.append(chunk, static_cast<std::size_t>(got));
    if (got < 0) error = "cannot read " + path + ": " + std::strerror(errno);
  }
  close(fd);
  if (!error.empty()) return error;
  if (auto refused = parse_tool_policy(text, policy)) return path + ": " + refused->text();
  return {};
}

void apply_policy(const std::string& path, Authority& authority) {
  if (path.empty()) return;
  ToolPolicy policy;
  std::string error = load_policy(path, policy);
  if (error.empty()) {
    authority.set_policy(std::move(policy));
  } else {
    std::fprintf(stderr, "aegis-runtime: policy refused: %s\n", error.c_str());
    authority.refuse_policy(std::move(error));
  }
}

// Every connection is a descriptor; a few more are the runtime's own.
void fit_descriptors(ServerOptions& options) {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = std::min<rlim_t>(limit.rlim_max, std::max<rlim_t>(limit.rlim_cur, options.max_connections + 64));
  setrlimit(RLIMIT_NOFILE, &limit);
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur > 128)
    options.max_connections = std::min<std::size_t>(options.max_connections, limit.rlim_cur - 64);
}

// Tells a service manager that the socket answers (sd_notify(3)); nothing when there is none.
void announce_ready() {
  const char* path = std::getenv("NOTIFY_SOCKET");
  if (!path || (path[0] != '/' && path[0] != '@') || std::strlen(path) >= sizeof(sockaddr_un::sun_path)) return;
  const int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return;
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path, std::strlen(path));
  if (address.sun_path[0] == '@') address.sun_path[0] = '\0';
  const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + std::strlen(path));
  constexpr std::string_view ready = "READY=1";
  sendto(fd, ready.data(), ready.size(), MSG_NOSIGNAL, reinterpret_cast<const sockaddr*>(&address), length);
  close(fd);
}

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

  // Signals are read like any other input: nothing happens between two instructions.
  sigset_t signals;
  sigemptyset(&signals);
  for (const int number : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&signals, number);
  sigprocmask(SIG_BLOCK, &signals, nullptr);
  const int signal_fd = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
  fit_descriptors(options.server);

  Listener listener;
  if (std::string error = signal_fd < 0 ? "cannot watch signals" : listener.open(options.socket_path, options.make_folder);
      !error.empty()) {
    std::fprintf(stderr, "aegis-runtime: %s\n", error.c_str());
    return 1;
  }
  Server server(listener.fd(), options.server);
  Authority authority(options.authority, server, monotonic_now);
  apply_policy(options.policy_path, authority);
  std::printf("listening on %s\n", options.socket_path.c_str());
  std::fflush(stdout);
  announce_ready();

  const bool stopped = server.run(authority, signal_fd, [&] {
    signalfd_siginfo signal{};
    if (read(signal_fd, &signal, sizeof signal) != sizeof signal) return true;
    if (signal.ssi_signo != SIGHUP) return false;
    apply_policy(options.policy_path, authority);
    return true;
  });
  if (!stopped) std::fprintf(stderr, "aegis-runtime: cannot go on: %s\n", std::strerror(errno));
  listener.close();
  close(signal_fd);
  return stopped ? 0 : 1;
}

}  // namespace aegis::runtime
