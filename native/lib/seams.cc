// SPDX-License-Identifier: Apache-2.0
#include "lib/seams.h"

#include <stdlib.h>

namespace aegis {

Seams read_seams() {
  Seams seams;
  const auto take = [&](const char* name, std::string& into) {
    const char* value = ::getenv(name);
    if (value == nullptr || *value == '\0') return;
    into = value;
    seams.used.emplace_back(name);
  };
  std::string consent;
  std::string runtime_socket;  // used by the runtime authority; reported here with the rest
  take("AEGIS_LSM_PATH", seams.lsm_path);
  take("AEGIS_CAPABILITIES_REPORT_PATH", seams.report_path);
  take("AEGIS_PIN_ROOT", seams.pin_root);
  take("AEGIS_BPFFS_PATH", seams.bpffs_path);
  take("AEGIS_BTF_VMLINUX_PATH", seams.btf_path);
  take("AEGIS_BPF_OBJ", seams.object_path);
  take("AEGIS_BPF_OBJ_HASH_PATH", seams.object_hash_path);
  take("AEGIS_ALLOW_UNSIGNED_BPF", consent);
  take("AEGIS_RUNTIME_SOCKET", runtime_socket);
  seams.allow_unsigned_object = consent == "1";
  return seams;
}

}  // namespace aegis
