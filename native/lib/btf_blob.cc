// SPDX-License-Identifier: Apache-2.0
#include "lib/btf_blob.h"

#include <cstring>

namespace aegis {
namespace {

constexpr unsigned kind_enum64 = 19;  // since 6.0, newer than this system's headers

// Bytes that follow the common head of a type; negative for an unknown kind.
int64_t trailing_bytes(uint32_t info) {
  const auto vlen = static_cast<int64_t>(BTF_INFO_VLEN(info));
  switch (BTF_INFO_KIND(info)) {
    case BTF_KIND_INT:
    case BTF_KIND_VAR:
    case BTF_KIND_DECL_TAG:
      return 4;
    case BTF_KIND_ARRAY:
      return sizeof(btf_array);
    case BTF_KIND_STRUCT:
    case BTF_KIND_UNION:
      return vlen * static_cast<int64_t>(sizeof(btf_member));
    case BTF_KIND_ENUM:
      return vlen * static_cast<int64_t>(sizeof(btf_enum));
    case BTF_KIND_FUNC_PROTO:
      return vlen * static_cast<int64_t>(sizeof(btf_param));
    case BTF_KIND_DATASEC:
      return vlen * static_cast<int64_t>(sizeof(btf_var_secinfo));
    case kind_enum64:
      return vlen * 12;
    case BTF_KIND_PTR:
    case BTF_KIND_FWD:
    case BTF_KIND_TYPEDEF:
    case BTF_KIND_VOLATILE:
    case BTF_KIND_CONST:
    case BTF_KIND_RESTRICT:
    case BTF_KIND_FUNC:
    case BTF_KIND_FLOAT:
    case BTF_KIND_TYPE_TAG:
      return 0;
    default:
      return -1;
  }
}

bool is_within(uint32_t offset, uint32_t length, size_t size) { return offset <= size && length <= size - offset; }

}  // namespace

std::optional<BtfBlob> BtfBlob::parse(std::string_view blob) {
  btf_header header;
  if (blob.size() < sizeof header) return std::nullopt;
  std::memcpy(&header, blob.data(), sizeof header);
  if (header.magic != BTF_MAGIC || header.hdr_len < sizeof header || header.hdr_len > blob.size()) return std::nullopt;
  const std::string_view body = blob.substr(header.hdr_len);
  if (!is_within(header.type_off, header.type_len, body.size()) ||
      !is_within(header.str_off, header.str_len, body.size()))
    return std::nullopt;
  BtfBlob parsed;
  parsed.types_ = body.substr(header.type_off, header.type_len);
  parsed.strings_ = body.substr(header.str_off, header.str_len);
  parsed.offsets_.reserve(header.type_len / 24 + 1);
  parsed.offsets_.push_back(0);  // id 0 is void and stored nowhere
  for (size_t at = 0; at < parsed.types_.size();) {
    btf_type type;
    const size_t left = parsed.types_.size() - at;
    if (left < sizeof type) return std::nullopt;
    std::memcpy(&type, parsed.types_.data() + at, sizeof type);
    const int64_t trailing = trailing_bytes(type.info);
    if (trailing < 0 || static_cast<uint64_t>(trailing) > left - sizeof type) return std::nullopt;
    parsed.offsets_.push_back(static_cast<uint32_t>(at));
    at += sizeof type + static_cast<size_t>(trailing);
  }
  return parsed;
}

btf_type BtfBlob::type(uint32_t id) const {
  btf_type type{};
  if (id > 0 && id < offsets_.size()) std::memcpy(&type, types_.data() + offsets_[id], sizeof type);
  return type;
}

std::string_view BtfBlob::name(uint32_t offset) const {
  if (offset >= strings_.size()) return {};
  const std::string_view rest = strings_.substr(offset);
  const auto end = rest.find('\0');
  return end == std::string_view::npos ? std::string_view() : rest.substr(0, end);
}

btf_member BtfBlob::member(uint32_t id, uint32_t index) const {
  btf_member member{};
  if (id > 0 && id < offsets_.size() && index < BTF_INFO_VLEN(type(id).info))
    std::memcpy(&member, types_.data() + offsets_[id] + sizeof(btf_type) + index * sizeof member, sizeof member);
  return member;
}

struct btf_array BtfBlob::array(uint32_t id) const {
  struct btf_array found {};
  if (BTF_INFO_KIND(type(id).info) == BTF_KIND_ARRAY)
    std::memcpy(&found, types_.data() + offsets_[id] + sizeof(btf_type), sizeof found);
  return found;
}

std::optional<uint32_t> BtfBlob::enumerator(uint32_t id, std::string_view wanted) const {
  const btf_type found = type(id);
  if (BTF_INFO_KIND(found.info) != BTF_KIND_ENUM) return std::nullopt;
  for (uint32_t i = 0; i < BTF_INFO_VLEN(found.info); i++) {
    btf_enum value;
    std::memcpy(&value, types_.data() + offsets_[id] + sizeof found + i * sizeof value, sizeof value);
    if (name(value.name_off) == wanted) return static_cast<uint32_t>(value.val);
  }
  return std::nullopt;
}

uint32_t BtfBlob::bytes_of(uint32_t id) const {
  const uint32_t resolved = resolve(id);
  const btf_type found = type(resolved);
  switch (BTF_INFO_KIND(found.info)) {
    case BTF_KIND_INT:
    case BTF_KIND_ENUM:
    case BTF_KIND_STRUCT:
    case BTF_KIND_UNION:
      return found.size;
    case BTF_KIND_ARRAY: {
      const struct btf_array elements = array(resolved);
      const btf_type element = type(resolve(elements.type));  // arrays of arrays are not looked into
      return BTF_INFO_KIND(element.info) == BTF_KIND_INT ? element.size * elements.nelems : 0;
    }
    default:
      return 0;
  }
}

uint32_t BtfBlob::resolve(uint32_t id) const {
  for (int depth = 0; depth < 32; depth++) {
    const btf_type found = type(id);
    switch (BTF_INFO_KIND(found.info)) {
      case BTF_KIND_TYPEDEF:
      case BTF_KIND_VOLATILE:
      case BTF_KIND_CONST:
      case BTF_KIND_RESTRICT:
      case BTF_KIND_TYPE_TAG:
        id = found.type;
        break;
      default:
        return id;
    }
  }
  return 0;
}

}  // namespace aegis
