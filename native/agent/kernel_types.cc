// SPDX-License-Identifier: Apache-2.0
#include "agent/kernel_types.h"

namespace aegis {

Result<KernelTypes> read_kernel_types(const Seams& seams, const Instance& instance, const BpfImage& image,
                                      bpf_object* object) {
  const WantedTypes wanted = wanted_types(object);
  if (!seams.btf_path.empty()) return load_kernel_types(seams.btf_path, "", wanted);
  // /run is empty at boot, so a cache there is always of this kernel.
  const std::string cache = instance.run_dir + "/kernel-types-" + image.sha256.substr(0, 16);
  return load_kernel_types("/sys/kernel/btf/vmlinux", cache, wanted);
}

}  // namespace aegis
