// SPDX-License-Identifier: Apache-2.0
#include "lib/attachment.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "lib/link_end.h"
#include "lib/pin_directory.h"
#include "lib/program_load.h"

namespace aegis {
namespace {

// Broken on purpose for the proofs.
#ifdef AEGIS_MUTANT_NO_PINS
constexpr bool pins_links = false;
#else
constexpr bool pins_links = true;
#endif

void note_link(HookState& hook, int link_fd) {
  bpf_link_info info{};
  __u32 length = sizeof info;
  if (bpf_obj_get_info_by_fd(link_fd, &info, &length) != 0) return;
  hook.link_id = info.id;
  hook.program_id = info.prog_id;
}

Error attach_error(const std::string& program, int error) {
  std::string cause = take_libbpf_messages();
  while (!cause.empty() && cause.back() == '\n') cause.pop_back();
  return {"cannot attach " + program + ": " + std::strerror(error) + (cause.empty() ? "" : " (" + cause + ")"),
          "See `aegis-agent probe` for what this kernel carries",
          error == EPERM ? "PERMISSION_MISSING" : "HOOK_ATTACH_FAILED"};
}

Status attach_one(bpf_program* program, Attachment& attachment) {
  const std::string name = bpf_program__name(program);
  // One call attaches LSM, tracing and raw tracepoint programs alike and answers a link.
  UniqueFd link(bpf_raw_tracepoint_open(nullptr, bpf_program__fd(program)));
  if (!link) return attach_error(name, errno);
  if (!attachment.pin_dir.empty() && pins_links) {
    const std::string path = attachment.pin_dir + "/" + name;
    if (bpf_obj_pin(link.get(), path.c_str()) != 0)
      return system_error("pin " + path, errno, "Mount bpffs: mount -t bpf bpf /sys/fs/bpf", "BPFFS_UNMOUNTED");
    attachment.pins.push_back(name);
  }
  HookState& hook = attachment.hooks[*hook_of_program(name, attachment.mechanism)];
  hook.is_attached = true;
  note_link(hook, link.get());
  attachment.links.push_back(std::move(link));
  return Done{};
}

}  // namespace

void withdraw(Attachment& attachment) {
  std::vector<uint32_t> programs;
  for (const auto& link : attachment.links)
    if (const uint32_t id = program_of_link(link.get())) programs.push_back(id);
  for (const auto& pin : attachment.pins) ::unlink((attachment.pin_dir + "/" + pin).c_str());
  if (!attachment.pin_dir.empty()) ::rmdir(attachment.pin_dir.c_str());  // fails while others' pins are in it
  attachment.links.clear();
  (void)wait_until_gone(programs);
}

HookSet Attachment::attached_hooks() const {
  HookSet attached = 0;
  for (size_t i = 0; i < hooks.size(); i++)
    if (hooks[i].is_attached) attached |= hook_bit(i);
  return attached;
}

Result<Attachment> attach(const BpfImage& image, const SharedMaps& maps, const KernelTypes& types,
                          const AttachRequest& request) {
  Attachment attachment;
  attachment.mechanism = request.mechanism;
  attachment.pin_dir = request.pin_dir;
  auto object = open_object(image, types.btf);
  if (!object) return object.error();
  if (auto chosen = choose_programs(object->get(), types, request, attachment.hooks); !chosen) return chosen.error();
  if (auto reused = reuse_shared_maps(object->get(), maps); !reused) return reused.error();
  if (auto loaded = load_programs(object->get(), types); !loaded) return loaded.error();
  if (!request.pin_dir.empty())
    if (auto made = make_pin_directory(request.pin_dir); !made) return made.error();

  bpf_program* program;
  bpf_object__for_each_program(program, object->get()) {
    if (!bpf_program__autoload(program)) continue;
    if (auto attached = attach_one(program, attachment); !attached) {
      withdraw(attachment);
      return attached.error();
    }
  }
  return attachment;
}

Status extend(Attachment& attachment, const BpfImage& image, const SharedMaps& maps, const KernelTypes& types,
              HookSet hooks) {
  const HookSet missing = hooks & ~attachment.attached_hooks();
  if (missing == 0) return Done{};
  auto more = attach(image, maps, types, {attachment.mechanism, missing, attachment.pin_dir});
  if (!more) return more.error();
  for (size_t i = 0; i < attachment.hooks.size(); i++)
    if (more->hooks[i].is_wanted) attachment.hooks[i] = more->hooks[i];
  for (auto& pin : more->pins) attachment.pins.push_back(std::move(pin));
  for (auto& link : more->links) attachment.links.push_back(std::move(link));
  return Done{};
}

Result<Attachment> adopt(const std::string& pin_dir, Mechanism mechanism) {
  Attachment attachment;
  attachment.mechanism = mechanism;
  attachment.pin_dir = pin_dir;
  const auto pins = list_pins(pin_dir);
  if (!pins) return pins.error();
  for (const auto& name : *pins) {
    const auto index = hook_of_program(name, mechanism);
    if (!index)
      return Error{"cannot adopt " + pin_dir + "/" + name + ": not one of this agent's programs",
                   "Take the old instance down with `aegis-agent detach`"};
    UniqueFd link(bpf_obj_get((pin_dir + "/" + name).c_str()));
    if (!link) return system_error("open " + pin_dir + "/" + name, errno);
    HookState& hook = attachment.hooks[*index];
    hook.is_wanted = hook.is_present = hook.is_attached = true;
    note_link(hook, link.get());
    attachment.pins.push_back(name);
    attachment.links.push_back(std::move(link));
  }
  return attachment;
}

Status release(Attachment& attachment) {
  Status removed = Done{};
  if (!attachment.pin_dir.empty()) removed = remove_pin_directory(attachment.pin_dir);
  attachment.links.clear();
  attachment.pins.clear();
  for (auto& hook : attachment.hooks) hook.is_attached = false;
  return removed;
}

Status detach(Attachment& attachment) {
  std::vector<uint32_t> programs;
  for (const auto& link : attachment.links)
    if (const uint32_t id = program_of_link(link.get())) programs.push_back(id);
  if (auto released = release(attachment); !released) return released;
  return wait_until_gone(programs);
}

std::vector<std::string> missing_pins(const Attachment& attachment) {
  std::vector<std::string> missing;
  for (const auto& pin : attachment.pins)
    if (::access((attachment.pin_dir + "/" + pin).c_str(), F_OK) != 0) missing.push_back(pin);
  return missing;
}

Status restore_pin(const Attachment& attachment, const std::string& pin) {
  const auto at = std::find(attachment.pins.begin(), attachment.pins.end(), pin);
  if (at == attachment.pins.end()) return Error{"cannot restore " + pin + ": not one of ours"};
  if (auto made = make_pin_directory(attachment.pin_dir); !made) return made;
  const auto index = static_cast<size_t>(at - attachment.pins.begin());
  const std::string path = attachment.pin_dir + "/" + pin;
  if (bpf_obj_pin(attachment.links[index].get(), path.c_str()) != 0)
    return system_error("pin " + path, errno, "Mount bpffs: mount -t bpf bpf /sys/fs/bpf", "BPFFS_UNMOUNTED");
  return Done{};
}

}  // namespace aegis
