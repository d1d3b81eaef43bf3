// SPDX-License-Identifier: Apache-2.0
// The maps that outlive the agent: created once an instance, pinned, and
// reused by every later process of that instance.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "aegis.h"
#include "lib/bpf_image.h"
#include "lib/cgroup.h"
#include "lib/result.h"
#include "lib/unique_fd.h"

struct bpf_object;

namespace aegis {

struct ObjectCloser {
  void operator()(bpf_object* object) const;
  UniqueFd kernel_btf{};  // must outlive the load
};
using ObjectPtr = std::unique_ptr<bpf_object, ObjectCloser>;

// Opens (does not load) the object. `kernel_btf` holds the structures it is
// relocated against; "" when only its maps are of interest.
Result<ObjectPtr> open_object(const BpfImage& image, const std::string& kernel_btf = {});

// The last lines libbpf had to say since the previous call, for error texts.
std::string take_libbpf_messages();

// The control page, mapped.
class ControlPage {
 public:
  ControlPage() = default;
  ControlPage(ControlPage&& other) noexcept;
  ControlPage& operator=(ControlPage&& other) noexcept;
  ~ControlPage();
  static Result<ControlPage> map(int fd);

  aegis_control* operator->() const { return page_; }
  aegis_control& operator*() const { return *page_; }
  explicit operator bool() const { return page_ != nullptr; }

  const aegis_settings& settings() const;
  // Fills the slot not in use, then switches over by one store.
  void switch_settings(const aegis_settings& next) const;
  uint64_t generation() const;
  void switch_generation(uint64_t next) const;

 private:
  explicit ControlPage(aegis_control* page) : page_(page) {}
  aegis_control* page_ = nullptr;
};

struct SharedMaps {
  std::map<std::string, UniqueFd> fds;  // by map name: control, events, counters, deny_inode, ...
  ControlPage control;

  int fd(const std::string& name) const;
};

// Puts a cgroup into one of the two places for the scope.
Status set_scope(const SharedMaps& maps, uint32_t place, const Cgroup& cgroup);

enum class Pinning { pinned, transient };

// Opens the instance's pinned maps, creating what is missing. A pinned map of
// another shape (an older build's) is an error that names the way out.
// `pin_root` is ignored when transient: nothing is then left behind.
Result<SharedMaps> open_shared_maps(bpf_object* object, const std::string& pin_root, Pinning pinning);

// Opens only what is already there; nullptr-like empty control when nothing is.
Result<SharedMaps> find_shared_maps(bpf_object* object, const std::string& pin_root);

// Makes the object use these maps instead of creating its own.
Status reuse_shared_maps(bpf_object* object, const SharedMaps& maps);

}  // namespace aegis
