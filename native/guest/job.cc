// SPDX-License-Identifier: Apache-2.0
#include "job.hpp"

#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <linux/sched.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace guest {

namespace {

constexpr int kNotExecutable = 126; // the shells' exit codes for a command that cannot be started
constexpr int kNotFound = 127;

// The unit is delegated to this program, which systemd starts in the subgroup `channel`; the command gets `job` beside it.
std::string make_job_cgroup(std::string &error) {
    std::ifstream self("/proc/self/cgroup");
    std::string line;
    std::getline(self, line); // "0::/system.slice/aegis-guest.service/channel"
    const size_t slash = line.rfind('/');
    if (line.rfind("0::/", 0) != 0 || slash < 4) {
        error = "cannot find the unit's cgroup in '" + line + "'";
        return {};
    }
    std::string path = "/sys/fs/cgroup" + line.substr(3, slash - 3) + "/job";
    if (mkdir(path.c_str(), 0755) != 0 && errno != EEXIST) {
        error = "cannot create the cgroup " + path + ": " + std::strerror(errno);
        return {};
    }
    return path;
}

std::vector<char *> pointers(const std::vector<std::string> &strings) {
    std::vector<char *> list;
    for (const auto &text : strings) list.push_back(const_cast<char *>(text.c_str()));
    list.push_back(nullptr);
    return list;
}

[[noreturn]] void become_command(char *const *arguments, char *const *environment, int out, int err) {
    const int null = open("/dev/null", O_RDONLY);
    dup2(null, STDIN_FILENO);
    dup2(out, STDOUT_FILENO);
    dup2(err, STDERR_FILENO);
    setsid();
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
    signal(SIGPIPE, SIG_DFL);
    if (chdir("/root") != 0) _exit(kNotExecutable);
    execvpe(arguments[0], arguments, environment);
    const int reason = errno;
    dprintf(STDERR_FILENO, "cannot run %s: %s\n", arguments[0], std::strerror(reason));
    _exit(reason == ENOENT ? kNotFound : kNotExecutable);
}

} // namespace

Job start_job(const Command &command, std::string &error) {
    const std::string cgroup = make_job_cgroup(error);
    if (!error.empty()) return {};
    const Fd directory(open(cgroup.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    int out[2];
    int err[2];
    if (!directory.open() || pipe2(out, O_CLOEXEC) != 0 || pipe2(err, O_CLOEXEC) != 0) {
        error = std::string("cannot prepare the command: ") + std::strerror(errno);
        return {};
    }
    const auto arguments = pointers(command.arguments);
    const auto environment = pointers(command.environment);
    // execvpe searches the caller's own PATH, and the command's is the one that counts.
    for (const auto &variable : command.environment)
        if (variable.rfind("PATH=", 0) == 0) setenv("PATH", variable.c_str() + 5, 1);

    int pidfd = -1;
    clone_args args{};
    // Into its cgroup at birth (Linux 5.7), so that not one instruction of it runs in the channel's.
    args.flags = CLONE_PIDFD | CLONE_INTO_CGROUP;
    args.pidfd = reinterpret_cast<uintptr_t>(&pidfd);
    args.exit_signal = SIGCHLD;
    args.cgroup = static_cast<uint64_t>(directory.get());
    const long pid = syscall(SYS_clone3, &args, sizeof(args));
    if (pid == 0) become_command(arguments.data(), environment.data(), out[1], err[1]);
    Job job{Fd(out[0]), Fd(err[0]), Fd(pidfd)};
    close(out[1]);
    close(err[1]);
    if (pid < 0) {
        error = std::string("cannot start the command in its cgroup: ") + std::strerror(errno);
        return {};
    }
    // What the command leaves behind may hold the pipes open for ever; only what is there at its end is read.
    fcntl(job.out.get(), F_SETFL, O_NONBLOCK);
    fcntl(job.err.get(), F_SETFL, O_NONBLOCK);
    return job;
}

uint32_t reap_job(const Job &job) {
    siginfo_t info{};
    while (waitid(static_cast<idtype_t>(P_PIDFD), static_cast<id_t>(job.pid.get()), &info, WEXITED) != 0 &&
           errno == EINTR) {
    }
    const auto status = static_cast<uint32_t>(info.si_status);
    return info.si_code == CLD_EXITED ? status : 128 + status;
}

} // namespace guest
