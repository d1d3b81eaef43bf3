// SPDX-License-Identifier: Apache-2.0
// Bounds-checked reading of a BTF blob (Documentation/bpf/btf.rst).
#pragma once

#include <linux/btf.h>

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace aegis {

class BtfBlob {
 public:
  // Checks the header and indexes the types; nothing when anything is out of bounds.
  static std::optional<BtfBlob> parse(std::string_view blob);

  size_t size() const { return offsets_.size(); }  // ids run from 1 to size() - 1
  btf_type type(uint32_t id) const;                // void for an id out of range
  std::string_view name(uint32_t offset) const;    // "" when out of range
  btf_member member(uint32_t id, uint32_t index) const;

  struct btf_array array(uint32_t id) const;  // zeros when it is none
  // Value of an enumerator by name, nothing when the type is no (32-bit) enumeration or lacks it.
  std::optional<uint32_t> enumerator(uint32_t id, std::string_view name) const;

  // Size in bytes of a type that has one (integer, enumeration, structure, union, array), else 0.
  uint32_t bytes_of(uint32_t id) const;

  // Follows typedefs and qualifiers to what a type really is.
  uint32_t resolve(uint32_t id) const;

 private:
  std::string_view types_, strings_;
  std::vector<uint32_t> offsets_;
};

}  // namespace aegis
