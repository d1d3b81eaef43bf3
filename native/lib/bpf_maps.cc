// SPDX-License-Identifier: Apache-2.0
#include "lib/bpf_maps.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <utility>
#include <vector>

#include "lib/pin_directory.h"
#include "lib/program_kind.h"

namespace aegis {
namespace {

constexpr size_t max_message_bytes = 8192;
std::mutex message_lock;
std::string messages;

int keep_message(libbpf_print_level level, const char* format, va_list arguments) {
  if (level == LIBBPF_DEBUG) return 0;
  char* line = nullptr;  // a verifier log is one message, and its end is what matters
  if (::vasprintf(&line, format, arguments) < 0) return 0;
  const std::lock_guard guard(message_lock);
  messages += line;
  std::free(line);
  if (messages.size() > max_message_bytes) messages.erase(0, messages.size() - max_message_bytes);
  return 0;
}

// Pins may not hold dots, and the control section's name is not ours to choose.
std::string map_name(const bpf_map* map) {
  const std::string name = bpf_map__name(map);
  return name == ".data.control" ? "control" : name;
}

bool is_shared(const std::string& name) { return name != ".rodata" && name.find(".rodata") == std::string::npos; }

// A template for the inner maps, as the outer map demands one at creation.
UniqueFd create_inner_template(bpf_map* outer) {
  const bpf_map* inner = bpf_map__inner_map(outer);
  if (inner == nullptr) return UniqueFd();
  LIBBPF_OPTS(bpf_map_create_opts, options);
  options.map_flags = bpf_map__map_flags(inner);
  return UniqueFd(bpf_map_create(bpf_map__type(inner), "template", bpf_map__key_size(inner), bpf_map__value_size(inner),
                                 1, &options));
}

Result<UniqueFd> create_map(bpf_map* map, const std::string& name) {
  LIBBPF_OPTS(bpf_map_create_opts, options);
  options.map_flags = bpf_map__map_flags(map);
  if (name == "control") options.map_flags |= BPF_F_MMAPABLE;
  const UniqueFd inner = create_inner_template(map);
  if (inner) options.inner_map_fd = static_cast<__u32>(inner.get());
  UniqueFd fd(bpf_map_create(bpf_map__type(map), name.c_str(), bpf_map__key_size(map), bpf_map__value_size(map),
                             bpf_map__max_entries(map), &options));
  if (!fd) {
    const int error = errno;
    return system_error("create the BPF map " + name, error, "Run as root with CAP_BPF, and outside of what the policy in force denies bpf",
                        error == EPERM ? "PERMISSION_MISSING" : "");
  }
  return fd;
}

bool has_shape(int fd, const bpf_map* map) {
  bpf_map_info info{};
  __u32 length = sizeof info;
  return bpf_obj_get_info_by_fd(fd, &info, &length) == 0 && info.type == bpf_map__type(map) &&
         info.key_size == bpf_map__key_size(map) && info.value_size == bpf_map__value_size(map) &&
         info.max_entries == bpf_map__max_entries(map);
}

enum class Missing { create, leave };

Result<SharedMaps> open_maps(bpf_object* object, const std::string& pin_root, Missing missing, Pinning pinning) {
  SharedMaps maps;
  const std::string directory = pin_root + "/maps";
  bpf_map* map;
  bpf_object__for_each_map(map, object) {
    const std::string name = map_name(map);
    if (!is_shared(name)) continue;
    const std::string path = directory + "/" + name;
    UniqueFd fd;
    if (pinning == Pinning::pinned) fd = UniqueFd(bpf_obj_get(path.c_str()));
    if (fd && !has_shape(fd.get(), map))
      return Error{"cannot use the pinned map " + path + ": another version of aegis made it",
                   "Take the old instance down with `aegis-agent detach`, then apply the policy again"};
    if (!fd && missing == Missing::leave) return SharedMaps{};
    if (!fd) {
      auto created = create_map(map, name);
      if (!created) return created.error();
      fd = std::move(*created);
      if (pinning == Pinning::pinned && bpf_obj_pin(fd.get(), path.c_str()) != 0)
        return system_error("pin " + path, errno, "Mount bpffs: mount -t bpf bpf /sys/fs/bpf", "BPFFS_UNMOUNTED");
    }
    maps.fds[name] = std::move(fd);
  }
  auto control = ControlPage::map(maps.fd("control"));
  if (!control) return control.error();
  maps.control = std::move(*control);
  return maps;
}

}  // namespace

void ObjectCloser::operator()(bpf_object* object) const { bpf_object__close(object); }

std::string take_libbpf_messages() {
  const std::lock_guard guard(message_lock);
  return std::exchange(messages, {});
}

Result<ObjectPtr> open_object(const BpfImage& image, const std::string& kernel_btf) {
  libbpf_set_print(keep_message);
  take_libbpf_messages();
  if (auto registered = register_program_kinds(); !registered) return registered.error();
  LIBBPF_OPTS(bpf_object_open_opts, options);
  options.object_name = "aegis";
  // libbpf takes the structures by path only, and reads them at load.
  std::string path;
  ObjectPtr object;
  object.get_deleter().kernel_btf = UniqueFd(::memfd_create("kernel-btf", MFD_CLOEXEC));
  if (!kernel_btf.empty()) {
    const int fd = object.get_deleter().kernel_btf.get();
    if (fd < 0 || ::write(fd, kernel_btf.data(), kernel_btf.size()) != static_cast<ssize_t>(kernel_btf.size()))
      return system_error("hold the kernel's types", errno);
    path = "/proc/self/fd/" + std::to_string(fd);
    options.btf_custom_path = path.c_str();
  }
  object.reset(bpf_object__open_mem(image.bytes().data(), image.bytes().size(), &options));
  if (!object) return Error{"cannot read the BPF object: " + take_libbpf_messages(), "Build it again: make -C native"};
  return object;
}

ControlPage::ControlPage(ControlPage&& other) noexcept : page_(std::exchange(other.page_, nullptr)) {}
ControlPage& ControlPage::operator=(ControlPage&& other) noexcept {
  std::swap(page_, other.page_);
  return *this;
}
ControlPage::~ControlPage() {
  if (page_ != nullptr) ::munmap(page_, sizeof(aegis_control));
}

Result<ControlPage> ControlPage::map(int fd) {
  void* page = ::mmap(nullptr, sizeof(aegis_control), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (page == MAP_FAILED) return system_error("map the control page", errno);
  return ControlPage(static_cast<aegis_control*>(page));
}

const aegis_settings& ControlPage::settings() const {
  const auto slot = std::atomic_ref(page_->settings_slot).load(std::memory_order_acquire);
  return page_->settings[slot & 1];
}

void ControlPage::switch_settings(const aegis_settings& next) const {
  std::atomic_ref slot(page_->settings_slot);
  const auto unused = (slot.load(std::memory_order_acquire) + 1) & 1;
  page_->settings[unused] = next;
  slot.store(unused, std::memory_order_release);
}

uint64_t ControlPage::generation() const { return std::atomic_ref(page_->generation).load(std::memory_order_acquire); }

void ControlPage::switch_generation(uint64_t next) const {
  std::atomic_ref(page_->generation).store(next, std::memory_order_release);
}

int SharedMaps::fd(const std::string& name) const {
  const auto found = fds.find(name);
  return found == fds.end() ? -1 : found->second.get();
}

Status set_scope(const SharedMaps& maps, uint32_t place, const Cgroup& cgroup) {
  const int fd = cgroup.directory.get();
  if (bpf_map_update_elem(maps.fd("cgroups"), &place, &fd, BPF_ANY) != 0)
    return system_error("confine enforcement to cgroup " + cgroup.path, errno);
  return Done{};
}

Result<SharedMaps> open_shared_maps(bpf_object* object, const std::string& pin_root, Pinning pinning) {
  if (pinning == Pinning::pinned)
    if (auto made = make_pin_directory(pin_root + "/maps"); !made) return made.error();
  return open_maps(object, pin_root, Missing::create, pinning);
}

Result<SharedMaps> find_shared_maps(bpf_object* object, const std::string& pin_root) {
  return open_maps(object, pin_root, Missing::leave, Pinning::pinned);
}

Status reuse_shared_maps(bpf_object* object, const SharedMaps& maps) {
  bpf_map* map;
  bpf_object__for_each_map(map, object) {
    const int fd = maps.fd(map_name(map));
    if (fd < 0) continue;
    if (const int error = bpf_map__reuse_fd(map, fd)) return system_error("reuse the map " + map_name(map), -error);
  }
  return Done{};
}

}  // namespace aegis
