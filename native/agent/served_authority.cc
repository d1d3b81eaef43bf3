// SPDX-License-Identifier: Apache-2.0
#include "agent/served_authority.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>

#include "lib/wire_client.h"

namespace aegis {
namespace {

constexpr std::int64_t answer_deadline_ms = 10'000;
constexpr int stop_deadline_ms = 2'000;
constexpr std::int64_t first_delay_ms = 250;
constexpr int most_doublings = 7;                  // half a minute between starts that lead nowhere
constexpr std::int64_t settled_after_ms = 10'000;  // who lived so long starts anew without delay
constexpr int supervisor_fd = 3;

std::string describe_end(int status) {
  if (WIFSIGNALED(status)) return "was killed by signal " + std::to_string(WTERMSIG(status));
  return "ended with exit code " + std::to_string(WEXITSTATUS(status));
}

// What the child gets: the socket as descriptor 3, nothing to read, no events mixed up with its words.
class FileActions {
 public:
  explicit FileActions(int socket) {
    ::posix_spawn_file_actions_init(&actions_);
    ::posix_spawn_file_actions_adddup2(&actions_, socket, supervisor_fd);
    ::posix_spawn_file_actions_addopen(&actions_, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    ::posix_spawn_file_actions_adddup2(&actions_, STDERR_FILENO, STDOUT_FILENO);
    ::posix_spawn_file_actions_addclosefrom_np(&actions_, supervisor_fd + 1);
  }
  ~FileActions() { ::posix_spawn_file_actions_destroy(&actions_); }
  FileActions(const FileActions&) = delete;
  FileActions& operator=(const FileActions&) = delete;
  const posix_spawn_file_actions_t* get() const { return &actions_; }

 private:
  posix_spawn_file_actions_t actions_{};
};

}  // namespace

ServedAuthority::ServedAuthority(std::string socket_path, std::string instance)
    : socket_path_(std::move(socket_path)), instance_(std::move(instance)) {}

Status ServedAuthority::start() {
  if (!is_wanted()) return Done{};
  poll_ = UniqueFd(::epoll_create1(EPOLL_CLOEXEC));
  if (!poll_) return system_error("watch the runtime authority", errno);
  if (auto spawned = spawn(); !spawned) return spawned;
  return await(supervision::listening);
}

Status ServedAuthority::serve(const std::string& policy_path) {
  if (!is_wanted()) return Done{};
  follow(policy_path);
  return await(supervision::loaded);
}

void ServedAuthority::follow(const std::string& policy_path) {
  policy_path_ = policy_path;
  if (!socket_) return;  // it is told when it is back
  if (auto said = supervision::say(socket_.get(), supervision::policy, policy_path); !said)
    fault_ = "the runtime authority was not told of the policy in force: " + said.error().what;
}

Status ServedAuthority::spawn() {
  next_start_ms_ = wire::monotonic_ms() + (first_delay_ms << std::min(failures_, most_doublings));
  failures_++;
  int pair[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0)
    return system_error("make a socket to the runtime authority", errno);
  UniqueFd ours(pair[0]);
  const UniqueFd theirs(pair[1]);
  std::string words[] = {"aegis-agent", "runtime", "--socket=" + socket_path_, "--instance=" + instance_,
                         "--supervisor=" + std::to_string(supervisor_fd)};
  char* argv[] = {words[0].data(), words[1].data(), words[2].data(), words[3].data(), words[4].data(), nullptr};
  const FileActions actions(theirs.get());
  const int error = ::posix_spawn(&pid_, "/proc/self/exe", actions.get(), nullptr, argv, environ);
  if (error != 0) {
    pid_ = -1;
    return system_error("start the runtime authority", error);
  }
  epoll_event event{};
  event.events = EPOLLIN;
  socket_ = std::move(ours);
  if (::epoll_ctl(poll_.get(), EPOLL_CTL_ADD, socket_.get(), &event) != 0)
    return system_error("watch the runtime authority", errno);
  return Done{};
}

Status ServedAuthority::await(std::string_view word) {
  const std::int64_t deadline = wire::monotonic_ms() + answer_deadline_ms;
  while (socket_) {
    const std::int64_t left = deadline - wire::monotonic_ms();
    pollfd watched{socket_.get(), POLLIN, 0};
    if (left <= 0) return Error{"cannot start the runtime authority: it says nothing"};
    if (::poll(&watched, 1, static_cast<int>(left)) <= 0) continue;
    const auto packet = supervision::hear(socket_.get());
    take(packet);
    if (packet.word == word) return Done{};
    if (!fault_.empty()) break;
  }
  return Error{"cannot serve tool queries at " + socket_path_ + ": " + fault_,
               "Mend what is named, or leave out --runtime-socket"};
}

void ServedAuthority::look() {
  if (!is_wanted()) return;
  while (socket_) {
    const auto packet = supervision::hear(socket_.get());
    if (packet.state == supervision::Packet::State::none) return;
    take(packet);
  }
  if (retry_ms() > 0) return;
  if (auto spawned = spawn(); !spawned) fault_ = spawned.error().text();
}

void ServedAuthority::take(const supervision::Packet& packet) {
  if (packet.state == supervision::Packet::State::ended) return reap();
  if (packet.word == supervision::failed) {
    fault_ = packet.text;
  } else if (packet.word == supervision::refused) {
    fault_ = "the tool rules of the policy in force are not served: " + packet.text;
  } else if (packet.word == supervision::loaded) {
    fault_.clear();
  } else if (packet.word == supervision::listening) {
    if (policy_path_.empty())
      fault_.clear();
    else
      follow(policy_path_);
  }
}

// The other end is closed: it has ended, or is about to.
void ServedAuthority::reap() {
  socket_.reset();
  int status = 0;
  if (::waitpid(pid_, &status, WNOHANG) == 0) {
    ::kill(pid_, SIGKILL);  // changes nothing for one that is ending already
    ::waitpid(pid_, &status, 0);
  }
  pid_ = -1;
  const std::string reason = fault_;
  fault_ = "the runtime authority " + describe_end(status) + (reason.empty() ? "" : ": " + reason);
  std::fprintf(stderr, "aegis-agent: %s\n", fault_.c_str());
  const std::int64_t now = wire::monotonic_ms();
  if (now - next_start_ms_ > settled_after_ms) failures_ = 0;
  next_start_ms_ = std::max(next_start_ms_, now + first_delay_ms);
}

int ServedAuthority::retry_ms() const {
  return static_cast<int>(std::max<std::int64_t>(next_start_ms_ - wire::monotonic_ms(), 0));
}

void ServedAuthority::stop() {
  if (pid_ < 0) return;
  socket_.reset();  // which it takes for the word to stop
  const UniqueFd process(static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0)));
  pollfd watched{process.get(), POLLIN, 0};
  if (!process || ::poll(&watched, 1, stop_deadline_ms) <= 0) ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

}  // namespace aegis
