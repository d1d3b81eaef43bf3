// SPDX-License-Identifier: Apache-2.0
// The environment variables that redirect what the agent reads or writes. Each
// one in use is reported, so that a posture obtained through one is never taken
// for a plain one.
#pragma once

#include <string>
#include <vector>

namespace aegis {

struct Seams {
  std::string lsm_path = "/sys/kernel/security/lsm";
  std::string bpffs_path = "/sys/fs/bpf";
  std::string pin_root;     // empty: <bpffs>/aegis/<instance>
  std::string report_path;  // empty: /var/lib/aegis/<instance>/capabilities.json
  std::string btf_path;     // empty: /sys/kernel/btf/vmlinux
  std::string object_path;  // empty: the embedded object
  std::string object_hash_path;
  bool allow_unsigned_object = false;

  std::vector<std::string> used;  // names of the variables that are set, in a fixed order
};

// Reads the AEGIS_* variables; an empty value counts as unset.
Seams read_seams();

}  // namespace aegis
