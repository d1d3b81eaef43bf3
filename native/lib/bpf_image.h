// SPDX-License-Identifier: Apache-2.0
// The BPF object: the embedded one, or a loose one that is known or consented to.
#pragma once

#include <string>
#include <string_view>

#include "lib/result.h"
#include "lib/seams.h"

namespace aegis {

// The object this binary carries.
std::string_view embedded_object();

struct BpfImage {
  std::string loose;  // content, when it came from AEGIS_BPF_OBJ
  std::string sha256;

  std::string_view bytes() const { return loose.empty() ? embedded_object() : loose; }
};

// AEGIS_BPF_OBJ is taken only when its digest is the built-in one or the one in
// AEGIS_BPF_OBJ_HASH_PATH, or AEGIS_ALLOW_UNSIGNED_BPF=1 consents.
Result<BpfImage> read_bpf_image(const Seams& seams);

}  // namespace aegis
