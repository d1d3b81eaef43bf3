// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "lib/attachment.h"
#include "lib/instance.h"

namespace aegis {

// The kernel's types for this object, from this boot's cache where possible. A
// BTF named by seam is never cached.
Result<KernelTypes> read_kernel_types(const Seams& seams, const Instance& instance, const BpfImage& image,
                                      bpf_object* object);

}  // namespace aegis
