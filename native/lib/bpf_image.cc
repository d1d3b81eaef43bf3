// SPDX-License-Identifier: Apache-2.0
#include "lib/bpf_image.h"

#include <cstdint>

#include "lib/sha256.h"
#include "lib/text.h"

extern "C" const char aegis_embedded_object[];
extern "C" const char aegis_embedded_object_end[];

namespace aegis {
namespace {

constexpr size_t max_object_bytes = 16u << 20;

// First word of a file as sha256sum writes it; "" when unreadable.
std::string read_expected_digest(const std::string& path) {
  const auto text = read_file(path, 4096);
  return text ? text->substr(0, text->find_first_of(" \t\r\n")) : std::string();
}

}  // namespace

std::string_view embedded_object() {
  return {aegis_embedded_object, static_cast<size_t>(aegis_embedded_object_end - aegis_embedded_object)};
}

Result<BpfImage> read_bpf_image(const Seams& seams) {
  BpfImage image;
  if (seams.object_path.empty()) {
    image.sha256 = sha256_hex(image.bytes());
    return image;
  }
  auto content = read_file(seams.object_path, max_object_bytes);
  if (!content) return content.error();
  if (content->empty()) return Error{"cannot use " + seams.object_path + ": it is empty", "Build it: make -C native"};
  image.loose = std::move(*content);
  image.sha256 = sha256_hex(image.loose);
  if (image.loose == embedded_object() || seams.allow_unsigned_object) return image;
  if (!seams.object_hash_path.empty() && image.sha256 == read_expected_digest(seams.object_hash_path)) return image;
  return Error{"cannot use " + seams.object_path + ": its sha256 " + image.sha256 + " is not a known one",
               "Put the digest into the file AEGIS_BPF_OBJ_HASH_PATH names, or set AEGIS_ALLOW_UNSIGNED_BPF=1"};
}

}  // namespace aegis
