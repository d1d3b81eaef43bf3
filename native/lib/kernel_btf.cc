// SPDX-License-Identifier: Apache-2.0
#include "lib/kernel_btf.h"

#include <linux/btf.h>

#include <algorithm>
#include <cstring>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "lib/text.h"

namespace aegis {
namespace {

constexpr size_t max_btf_bytes = 256u << 20;
const Error malformed{"cannot read the kernel's BTF: malformed", "Boot a kernel built with CONFIG_DEBUG_INFO_BTF",
                      "CORE_UNSUPPORTED"};

// Bytes that follow the common header of a type; negative for an unknown kind.
// Kinds up to 19 (ENUM64, kernel 6.0) are all there are.
int64_t trailing_bytes(uint32_t info) {
  const auto vlen = static_cast<int64_t>(BTF_INFO_VLEN(info));
  switch (BTF_INFO_KIND(info)) {
    case BTF_KIND_INT: return 4;
    case BTF_KIND_ARRAY: return sizeof(btf_array);
    case BTF_KIND_STRUCT:
    case BTF_KIND_UNION: return vlen * static_cast<int64_t>(sizeof(btf_member));
    case BTF_KIND_ENUM: return vlen * static_cast<int64_t>(sizeof(btf_enum));
    case BTF_KIND_FUNC_PROTO: return vlen * static_cast<int64_t>(sizeof(btf_param));
    case BTF_KIND_VAR: return 4;
    case BTF_KIND_DATASEC: return vlen * static_cast<int64_t>(sizeof(btf_var_secinfo));
    case BTF_KIND_DECL_TAG: return 4;
    case 19: return vlen * 12;  // BTF_KIND_ENUM64
    case BTF_KIND_PTR:
    case BTF_KIND_FWD:
    case BTF_KIND_TYPEDEF:
    case BTF_KIND_VOLATILE:
    case BTF_KIND_CONST:
    case BTF_KIND_RESTRICT:
    case BTF_KIND_FUNC:
    case BTF_KIND_FLOAT:
    case BTF_KIND_TYPE_TAG: return 0;
    default: return -1;
  }
}

// Offsets in the string section of the wanted names. A name may be stored as
// the tail of a longer one, so only functions are compared against these.
std::unordered_map<uint32_t, std::string_view> find_names(std::string_view strings,
                                                          const std::set<std::string, std::less<>>& wanted) {
  std::unordered_map<uint32_t, std::string_view> offsets;
  for (size_t at = 0; at < strings.size();) {
    const size_t end = strings.find('\0', at);
    if (end == std::string_view::npos) break;
    const auto found = wanted.find(strings.substr(at, end - at));
    if (found != wanted.end()) offsets.emplace(static_cast<uint32_t>(at), *found);
    at = end + 1;
  }
  return offsets;
}

}  // namespace

Result<KernelFunctions> find_functions_in_btf(const uint8_t* data, size_t size,
                                              const std::set<std::string, std::less<>>& wanted) {
  btf_header header;
  if (size < sizeof header) return malformed;
  std::memcpy(&header, data, sizeof header);
  if (header.magic != BTF_MAGIC || header.hdr_len < sizeof header || header.hdr_len > size) return malformed;
  const size_t body = size - header.hdr_len;
  if (header.type_off > body || header.type_len > body - header.type_off || header.str_off > body ||
      header.str_len > body - header.str_off)
    return malformed;
  const uint8_t* types = data + header.hdr_len + header.type_off;
  const std::string_view strings(reinterpret_cast<const char*>(data + header.hdr_len + header.str_off),
                                 header.str_len);
  const auto names = find_names(strings, wanted);

  struct Pending {
    std::string_view name;
    uint32_t id, prototype;
  };
  std::vector<Pending> functions;
  // Prototypes come before or after their functions; remember all counts that may matter.
  std::vector<uint8_t> counts;
  counts.reserve(header.type_len / 16);
  counts.push_back(0);
  uint32_t id = 1;
  for (size_t at = 0; at < header.type_len; id++) {
    btf_type type;
    if (header.type_len - at < sizeof type) return malformed;
    std::memcpy(&type, types + at, sizeof type);
    const int64_t trailing = trailing_bytes(type.info);
    if (trailing < 0 || static_cast<uint64_t>(trailing) > header.type_len - at - sizeof type) return malformed;
    const uint32_t kind = BTF_INFO_KIND(type.info);
    counts.push_back(kind == BTF_KIND_FUNC_PROTO
                         ? static_cast<uint8_t>(std::min<uint32_t>(BTF_INFO_VLEN(type.info), 255))
                         : 0);
    if (kind == BTF_KIND_FUNC)
      if (const auto name = names.find(type.name_off); name != names.end())
        functions.push_back({name->second, id, type.type});
    at += sizeof type + static_cast<size_t>(trailing);
  }
  KernelFunctions found;
  for (const auto& function : functions)
    found[std::string(function.name)] = {function.id, function.prototype < counts.size() ? counts[function.prototype] : 0u};
  return found;
}

Result<KernelFunctions> find_kernel_functions(const std::string& path,
                                              const std::set<std::string, std::less<>>& wanted) {
  const auto blob = read_file(path, max_btf_bytes);
  if (!blob) {
    Error error = blob.error();
    error.blocker = "CORE_UNSUPPORTED";
    error.way_out = "Boot a kernel built with CONFIG_DEBUG_INFO_BTF";
    return error;
  }
  return find_functions_in_btf(reinterpret_cast<const uint8_t*>(blob->data()), blob->size(), wanted);
}

}  // namespace aegis
