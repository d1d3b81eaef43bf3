// SPDX-License-Identifier: Apache-2.0
// The runtime's listening socket: created without a race, never taken over from one that lives.
#pragma once

#include <string>

namespace aegis::runtime {

class Listener {
 public:
  Listener() = default;
  ~Listener();
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  // Listens at `path` with mode 0600. `make_folder`: the folder above it (such as /run/aegis/default) is made when
  // missing, mode 0700. Returns an empty text, or why not and the way out.
  std::string open(const std::string& path, bool make_folder);

  int fd() const { return fd_; }
  // Removes the socket file if it is still ours.
  void close();

 private:
  std::string lock_beside(const std::string& path);
  std::string clear_place(const std::string& path);
  std::string bind_at(const std::string& path);

  int fd_ = -1, lock_fd_ = -1;
  std::string path_, lock_path_;
  unsigned long device_ = 0, inode_ = 0;
};

}  // namespace aegis::runtime
