// SPDX-License-Identifier: Apache-2.0
// Against a blob made by libbpf, and against every truncation and many
// corruptions of it: a malformed one is an error, never a crash.
#include "lib/kernel_btf.h"

#include <bpf/btf.h>
#include <doctest/doctest.h>
#include <stdlib.h>
#include <unistd.h>

#include <memory>

#include "lib/btf_blob.h"
#include "lib/text.h"

using namespace aegis;

namespace {

std::string sample_blob() {
  const std::unique_ptr<btf, void (*)(btf*)> made(btf__new_empty(), btf__free);
  btf* b = made.get();
  const int u32 = btf__add_int(b, "unsigned int", 4, 0);
  const int dev = btf__add_typedef(b, "dev_t", u32);
  const int pointer = btf__add_ptr(b, 0);
  btf__add_struct(b, "inode", 24);
  btf__add_field(b, "i_sb", pointer, 64, 0);
  btf__add_field(b, "i_ino", u32, 128, 0);
  const int anonymous = btf__add_union(b, nullptr, 4);
  btf__add_field(b, "s_dev", dev, 0, 0);
  btf__add_struct(b, "super_block", 16);
  btf__add_field(b, "s_list", pointer, 0, 0);
  btf__add_field(b, "", anonymous, 64, 0);
  const int prototype = btf__add_func_proto(b, u32);
  btf__add_func_param(b, "idmap", pointer);
  btf__add_func_param(b, "dentry", pointer);
  btf__add_func_param(b, "attr", pointer);
  btf__add_func(b, "security_inode_setattr", BTF_FUNC_STATIC, prototype);
  btf__add_typedef(b, "btf_trace_sys_enter", pointer);
  const int letter = btf__add_int(b, "unsigned char", 1, 0);
  const int letters = btf__add_array(b, u32, letter, 40);
  const int name = btf__add_struct(b, "qstr", 16);
  btf__add_struct(b, "dentry", 64);
  btf__add_field(b, "d_name", name, 64, 0);
  btf__add_field(b, "d_iname", letters, 192, 0);
  btf__add_enum(b, "kernel_load_data_id", 4);
  btf__add_enum_value(b, "LOADING_UNKNOWN", 0);
  btf__add_enum_value(b, "LOADING_MODULE", 2);
  uint32_t size = 0;
  const void* data = btf__raw_data(b, &size);
  return {static_cast<const char*>(data), size};
}

WantedTypes wanted() {
  WantedTypes types;
  types.functions = {"security_inode_setattr", "btf_trace_sys_enter", "security_absent"};
  types.structures["inode"] = {"i_ino", "i_sb", "i_absent"};
  types.structures["super_block"] = {"s_dev"};
  types.structures["absent"] = {"x"};
  types.structures["dentry"] = {"d_name", "d_iname"};
  types.structure_ids = {"qstr", "absent"};
  types.enumerations["kernel_load_data_id"] = {"LOADING_MODULE", "LOADING_ABSENT"};
  return types;
}

}  // namespace

TEST_CASE("functions with their parameters, structures with their wanted members") {
  const auto types = find_kernel_types(sample_blob(), wanted());
  REQUIRE(types);
  CHECK(types->functions.size() == 2);
  CHECK(types->functions.at("security_inode_setattr").parameters == 3);
  CHECK(types->functions.contains("btf_trace_sys_enter"));
  CHECK_FALSE(types->functions.contains("security_absent"));

  const auto small = BtfBlob::parse(types->btf);
  REQUIRE(small);
  int found = 0;
  for (uint32_t id = 1; id < small->size(); id++) {
    const auto type = small->type(id);
    const auto name = small->name(type.name_off);
    if (name == "super_block") {
      REQUIRE(BTF_INFO_VLEN(type.info) == 1);  // found inside the anonymous union
      CHECK(small->member(id, 0).offset == 64);
      found++;
    }
    if (name == "inode") {
      CHECK(BTF_INFO_VLEN(type.info) == 2);
      found++;
    }
  }
  CHECK(found == 2);
}

TEST_CASE("every truncation is refused") {
  const auto blob = sample_blob();
  for (size_t length = 0; length < blob.size(); length++)
    CHECK_FALSE(find_kernel_types(blob.substr(0, length), wanted()));
}

TEST_CASE("no single corrupted byte reads out of bounds") {
  const auto blob = sample_blob();
  for (size_t at = 0; at < blob.size(); at++)
    for (const char value : {'\0', '\1', '\x7f', '\x80', '\xff'}) {
      std::string corrupt = blob;
      corrupt[at] = value;
      (void)find_kernel_types(corrupt, wanted());  // either answer will do; the sanitizers watch
    }
}

TEST_CASE("the cache gives the same answer, and a corrupt one is replaced") {
  char folder[] = "/tmp/aegis-types.XXXXXX";
  REQUIRE(::mkdtemp(folder) != nullptr);
  const std::string source = std::string(folder) + "/btf", cache = std::string(folder) + "/cache";
  REQUIRE(write_file_atomically(source, sample_blob(), 0600));
  const auto first = load_kernel_types(source, cache, wanted());
  REQUIRE(first);
  ::unlink(source.c_str());
  const auto second = load_kernel_types(source, cache, wanted());
  REQUIRE(second);
  CHECK(second->btf == first->btf);
  CHECK(second->functions.size() == first->functions.size());
  CHECK(second->functions.at("security_inode_setattr").id == first->functions.at("security_inode_setattr").id);

  const auto good = *read_file(cache, 1 << 20);
  for (size_t length = 0; length < good.size(); length += 7) {
    REQUIRE(write_file_atomically(cache, good.substr(0, length), 0600));
    CHECK_FALSE(load_kernel_types(source, cache, wanted()));  // the source is gone, so nothing may come of it
  }
  ::unlink(cache.c_str());
  CHECK(::rmdir(folder) == 0);
}

TEST_CASE("no BTF is the blocker of its own") {
  const auto types = load_kernel_types("/nonexistent/btf", "", wanted());
  REQUIRE_FALSE(types);
  CHECK(types.error().blocker == "CORE_UNSUPPORTED");
}

TEST_CASE("members that are structures or arrays keep their place and size, nothing else") {
  const auto types = find_kernel_types(sample_blob(), wanted());
  REQUIRE(types);
  const auto small = BtfBlob::parse(types->btf);
  REQUIRE(small);
  for (uint32_t id = 1; id < small->size(); id++) {
    const auto type = small->type(id);
    if (small->name(type.name_off) != "dentry") continue;
    REQUIRE(BTF_INFO_VLEN(type.info) == 2);
    for (uint32_t i = 0; i < 2; i++) {
      const auto member = small->member(id, i);
      const bool is_letters = small->name(member.name_off) == "d_iname";
      CHECK(member.offset == (is_letters ? 192 : 64));
      CHECK(small->bytes_of(member.type) == (is_letters ? 40 : 16));
      CHECK(BTF_INFO_VLEN(small->type(member.type).info) == 0);
    }
    return;
  }
  FAIL("no dentry");
}

TEST_CASE("ids of structures and values of enumerations, only those that are there, also by the cache") {
  const auto types = find_kernel_types(sample_blob(), wanted());
  REQUIRE(types);
  CHECK(types->structure_ids.size() == 1);
  CHECK(types->enumerators == Numbers{{"LOADING_MODULE", 2}});
  char folder[] = "/tmp/aegis-btf.XXXXXX";
  REQUIRE(::mkdtemp(folder) != nullptr);
  const std::string blob = std::string(folder) + "/blob", cache = std::string(folder) + "/cache";
  REQUIRE(write_file_atomically(blob, sample_blob(), 0600, false));
  REQUIRE(load_kernel_types(blob, cache, wanted()));
  ::unlink(blob.c_str());
  const auto cached = load_kernel_types(blob, cache, wanted());
  REQUIRE(cached);
  CHECK(cached->structure_ids == types->structure_ids);
  CHECK(cached->enumerators == types->enumerators);
  CHECK(cached->btf == types->btf);
  ::unlink(cache.c_str());
  CHECK(::rmdir(folder) == 0);
}
