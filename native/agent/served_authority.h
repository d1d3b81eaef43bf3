// SPDX-License-Identifier: Apache-2.0
// The runtime authority beside enforcement: a child process of the daemon with
// privileges of its own, told each policy that comes into force, started again
// when it dies, and gone when the daemon goes.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>

#include "lib/result.h"
#include "lib/supervision.h"
#include "lib/unique_fd.h"

namespace aegis {

class ServedAuthority {
 public:
  // An empty path: nothing is served, and every call below does nothing.
  ServedAuthority(std::string socket_path, std::string instance);
  ~ServedAuthority() { stop(); }
  ServedAuthority(const ServedAuthority&) = delete;
  ServedAuthority& operator=(const ServedAuthority&) = delete;

  // Starts it and returns when it listens, or with its reason why it cannot.
  Status start();
  // Has it serve the file's [tool] section and returns when it does, or with its reason why not.
  Status serve(const std::string& policy_path);
  // The same without waiting; what it answers is seen by look().
  void follow(const std::string& policy_path);

  // Becomes readable when it said something or ended; -1 when nothing is served.
  int fd() const { return poll_.get(); }
  // Takes in what it said, notices its end, and starts it again when that is due.
  void look();
  // Why it does not serve the policy in force; "" while it does.
  const std::string& fault() const { return fault_; }
  bool is_down() const { return is_wanted() && !socket_; }
  // Milliseconds until it may be started again.
  int retry_ms() const;

  // Ends it, by force when it does not go by itself.
  void stop();

 private:
  bool is_wanted() const { return !socket_path_.empty(); }
  Status spawn();
  void take(const supervision::Packet& packet);
  Status await(std::string_view word);
  void reap();

  const std::string socket_path_, instance_;
  std::string policy_path_, fault_;
  UniqueFd poll_, socket_;
  pid_t pid_ = -1;
  std::int64_t next_start_ms_ = 0;
  int failures_ = 0;  // starts in a row that did not come to listening
};

}  // namespace aegis
