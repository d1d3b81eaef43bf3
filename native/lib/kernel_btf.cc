// SPDX-License-Identifier: Apache-2.0
#include "lib/kernel_btf.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>

#include <cerrno>
#include <memory>
#include <optional>

#include "lib/btf_blob.h"
#include "lib/text.h"
#include "lib/unique_fd.h"

namespace aegis {
namespace {

constexpr size_t max_btf_bytes = 256u << 20;
constexpr std::string_view cache_head = "aegis kernel types 2\n";

struct Field {
  std::string name;
  uint32_t bit_offset;
  uint32_t bytes;  // 0 for a pointer
  bool is_opaque;  // a structure, union or array: its place alone is of interest
};

// Finds members by name, also inside anonymous structures and unions.
void find_fields(const BtfBlob& blob, uint32_t structure, uint32_t base,
                 const std::set<std::string, std::less<>>& wanted, std::vector<Field>& fields, int depth) {
  const btf_type type = blob.type(structure);
  for (uint32_t i = 0; i < BTF_INFO_VLEN(type.info); i++) {
    const btf_member member = blob.member(structure, i);
    const uint32_t offset = base + (BTF_INFO_KFLAG(type.info) ? BTF_MEMBER_BIT_OFFSET(member.offset) : member.offset);
    const uint32_t target = blob.resolve(member.type);
    const uint32_t kind = BTF_INFO_KIND(blob.type(target).info);
    const auto name = blob.name(member.name_off);
    if (name.empty() && (kind == BTF_KIND_STRUCT || kind == BTF_KIND_UNION) && depth > 0)
      find_fields(blob, target, offset, wanted, fields, depth - 1);
    else if (wanted.contains(name) && kind == BTF_KIND_PTR)
      fields.push_back({std::string(name), offset, 0, false});
    else if (const uint32_t bytes = blob.bytes_of(target); wanted.contains(name) && bytes > 0)
      fields.push_back({std::string(name), offset, bytes, kind != BTF_KIND_INT});
  }
}

struct BtfCloser {
  void operator()(struct btf* btf) const { btf__free(btf); }
};

// Collects the wanted structures into a blob of their own.
class SmallBtf {
 public:
  SmallBtf() : btf_(btf__new_empty()) {}

  bool add(const std::string& name, uint32_t bytes, const std::vector<Field>& fields) {
    std::vector<int> types;
    for (const auto& field : fields) types.push_back(type_of(field));
    if (!btf_ || btf__add_struct(btf_.get(), name.c_str(), bytes) < 0) return false;
    for (size_t i = 0; i < fields.size(); i++)
      if (btf__add_field(btf_.get(), fields[i].name.c_str(), types[i], fields[i].bit_offset, 0) != 0) return false;
    return true;
  }

  std::string bytes() const {
    uint32_t size = 0;
    const void* data = btf_ ? btf__raw_data(btf_.get(), &size) : nullptr;
    return data == nullptr ? std::string() : std::string(static_cast<const char*>(data), size);
  }

 private:
  int type_of(const Field& field) {
    auto& id = types_[{field.bytes, field.is_opaque}];
    if (id == 0 && field.is_opaque)
      id = btf__add_struct(btf_.get(), "", field.bytes);
    else if (id == 0)
      id = field.bytes == 0 ? btf__add_ptr(btf_.get(), 0)
                            : btf__add_int(btf_.get(), ("u" + std::to_string(field.bytes * 8)).c_str(), field.bytes, 0);
    return id;
  }

  std::unique_ptr<struct btf, BtfCloser> btf_;
  std::map<std::pair<uint32_t, bool>, int> types_;
};

constexpr const char* own_btf_path = "/sys/kernel/btf/vmlinux";

// The running kernel's BTF in one copy. The file in sysfs hands out a page a
// read, which takes far longer; the call exists since 5.11 and "" says it did not work.
std::string ask_kernel_btf() {
  constexpr uint32_t vmlinux_id = 1;  // registered before any module's
  const UniqueFd fd(bpf_btf_get_fd_by_id(vmlinux_id));
  if (!fd) return {};
  char name[16] = {};
  bpf_btf_info info{};
  info.name = reinterpret_cast<uintptr_t>(name);
  info.name_len = sizeof name;
  uint32_t length = sizeof info;
  if (bpf_obj_get_info_by_fd(fd.get(), &info, &length) != 0 || !info.kernel_btf || std::string_view(name) != "vmlinux")
    return {};
  std::string blob(info.btf_size, '\0');
  info = {};
  info.btf = reinterpret_cast<uintptr_t>(blob.data());
  info.btf_size = static_cast<uint32_t>(blob.size());
  length = sizeof info;
  return bpf_obj_get_info_by_fd(fd.get(), &info, &length) == 0 ? blob : std::string();
}

Result<std::string> read_btf(const std::string& path) {
  if (path == own_btf_path)
    if (auto blob = ask_kernel_btf(); !blob.empty()) return blob;
  return read_file(path, max_btf_bytes);
}

std::string render_numbers(const Numbers& numbers) {
  std::string text;
  for (const auto& [name, value] : numbers) text += name + " " + std::to_string(value) + "\n";
  return text + "\n";
}

std::string render_cache(const KernelTypes& types) {
  std::string text(cache_head);
  for (const auto& [name, function] : types.functions)
    text += name + " " + std::to_string(function.id) + " " + std::to_string(function.parameters) + "\n";
  return text + "\n" + render_numbers(types.structure_ids) + render_numbers(types.enumerators) + types.btf;
}

// Takes lines off the front of `text` up to an empty one, each of `count` fields.
std::optional<std::vector<std::vector<std::string_view>>> take_lines(std::string_view& text, size_t count) {
  std::vector<std::vector<std::string_view>> lines;
  for (;;) {
    const auto end = text.find('\n');
    if (end == std::string_view::npos) return std::nullopt;
    auto fields = split(text.substr(0, end), ' ');
    text.remove_prefix(end + 1);
    if (fields.size() == 1 && fields[0].empty()) return lines;
    if (fields.size() != count) return std::nullopt;
    lines.push_back(std::move(fields));
  }
}

bool parse_numbers(std::string_view& text, Numbers& numbers) {
  const auto lines = take_lines(text, 2);
  if (!lines) return false;
  for (const auto& line : *lines) {
    const auto value = parse_decimal(line[1], UINT32_MAX);
    if (!value) return false;
    numbers[std::string(line[0])] = static_cast<uint32_t>(*value);
  }
  return true;
}

std::optional<KernelTypes> parse_cache(std::string_view text) {
  if (!text.starts_with(cache_head)) return std::nullopt;
  text.remove_prefix(cache_head.size());
  KernelTypes types;
  const auto functions = take_lines(text, 3);
  if (!functions) return std::nullopt;
  for (const auto& line : *functions) {
    const auto id = parse_decimal(line[1], UINT32_MAX);
    const auto parameters = parse_decimal(line[2], 255);
    if (!id || !parameters) return std::nullopt;
    types.functions[std::string(line[0])] = {static_cast<uint32_t>(*id), static_cast<uint32_t>(*parameters)};
  }
  if (!parse_numbers(text, types.structure_ids) || !parse_numbers(text, types.enumerators)) return std::nullopt;
  if (!BtfBlob::parse(text)) return std::nullopt;
  types.btf = text;
  return types;
}

}  // namespace

Result<KernelTypes> find_kernel_types(std::string_view bytes, const WantedTypes& wanted) {
  const Error malformed{"cannot read the kernel's BTF: malformed", "Boot a kernel built with CONFIG_DEBUG_INFO_BTF",
                        "CORE_UNSUPPORTED"};
  const auto blob = BtfBlob::parse(bytes);
  if (!blob) return malformed;
  KernelTypes types;
  SmallBtf small;
  std::set<std::string_view> done;
  for (uint32_t id = 1; id < blob->size(); id++) {
    const btf_type type = blob->type(id);
    const uint32_t kind = BTF_INFO_KIND(type.info);
    if (kind == BTF_KIND_FUNC || kind == BTF_KIND_TYPEDEF) {
      const auto found = wanted.functions.find(blob->name(type.name_off));
      if (found == wanted.functions.end()) continue;
      types.functions[*found] = {id, kind == BTF_KIND_FUNC ? BTF_INFO_VLEN(blob->type(type.type).info) : 0};
    } else if (kind == BTF_KIND_ENUM && type.name_off != 0) {
      const auto found = wanted.enumerations.find(blob->name(type.name_off));
      if (found == wanted.enumerations.end()) continue;
      for (const auto& name : found->second)
        if (const auto value = blob->enumerator(id, name)) types.enumerators[name] = *value;
    } else if (kind == BTF_KIND_STRUCT && type.name_off != 0) {
      if (const auto named = wanted.structure_ids.find(blob->name(type.name_off)); named != wanted.structure_ids.end())
        types.structure_ids[*named] = id;
      const auto found = wanted.structures.find(blob->name(type.name_off));
      if (found == wanted.structures.end() || !done.insert(found->first).second) continue;
      std::vector<Field> fields;
      find_fields(*blob, id, 0, found->second, fields, 8);
      if (!fields.empty() && !small.add(found->first, type.size, fields)) return malformed;
    }
  }
  types.btf = small.bytes();
  return types;
}

Result<KernelTypes> load_kernel_types(const std::string& path, const std::string& cache_file,
                                      const WantedTypes& wanted) {
  if (!cache_file.empty())
    if (const auto cached = read_file(cache_file, 1u << 20))
      if (auto types = parse_cache(*cached)) return std::move(*types);
  const auto blob = read_btf(path);
  if (!blob) {
    Error error = blob.error();
    error.blocker = "CORE_UNSUPPORTED";
    error.way_out = "Boot a kernel built with CONFIG_DEBUG_INFO_BTF";
    return error;
  }
  auto types = find_kernel_types(*blob, wanted);
  // A cache that cannot be written costs time at the next start and nothing else.
  if (types && !cache_file.empty()) (void)write_file_atomically(cache_file, render_cache(*types), 0600, false);
  return types;
}

}  // namespace aegis
