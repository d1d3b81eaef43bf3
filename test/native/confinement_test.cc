// SPDX-License-Identifier: Apache-2.0
// Each check runs in a child, because what it enters cannot be left.
#include "agent/confinement.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

using namespace aegis;

namespace {

// What `check` answers in a child: its exit code, or -1 when it died.
template <class Check>
int in_child(Check check) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(check());
  int status = 0;
  if (::waitpid(child, &status, 0) != child || !WIFEXITED(status)) return -1;
  return WEXITSTATUS(status);
}

int filtered() {
  ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  return filter_system_calls() ? 0 : 1;
}

}  // namespace

TEST_CASE("a filtered process cannot mount, enter a namespace or replace its root") {
  const auto answer_of = [](long number) {
    return in_child([number] {
      if (filtered() != 0) return 1;
      return ::syscall(number, 0, 0, 0, 0, 0) < 0 ? errno : 0;
    });
  };
  for (const long number : {SYS_mount, SYS_umount2, SYS_setns, SYS_unshare, SYS_pivot_root, SYS_chroot, SYS_reboot,
                            SYS_kexec_load, SYS_perf_event_open, SYS_io_uring_setup, SYS_setuid, SYS_keyctl})
    CHECK(answer_of(number) == ENOSYS);
}

TEST_CASE("a filtered process still does its work, and so do its children") {
  CHECK(in_child([] {
          if (filtered() != 0) return 1;
          const int file = ::open("/proc/self/status", O_RDONLY | O_CLOEXEC);
          char byte;
          if (file < 0 || ::read(file, &byte, 1) != 1) return 2;
          return in_child([] { return ::access("/proc", F_OK) == 0 ? 7 : 8; }) == 7 ? 0 : 3;
        }) == 0);
}

// The address sanitizer itself takes terabytes of address space.
#ifndef __SANITIZE_ADDRESS__
TEST_CASE("memory beyond the limit is refused") {
  CHECK(in_child([] {
          if (!limit_memory()) return 1;
          void* const some = ::mmap(nullptr, 1 << 20, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
          void* const much =
              ::mmap(nullptr, address_space_limit, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
          return some != MAP_FAILED && much == MAP_FAILED && errno == ENOMEM ? 0 : 2;
        }) == 0);
}
#endif
