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
#include "lib/program_kind.h"
#include "lib/program_load.h"

namespace aegis {
namespace {

// Broken on purpose for the proofs.
#ifdef AEGIS_MUTANT_NO_PINS
constexpr bool pins_links = false;
#else
constexpr bool pins_links = true;
#endif

// Takes a link into the attachment.
void add_link(Attachment& attachment, size_t index, const std::string& program, UniqueFd link) {
  HookState& hook = attachment.hooks[index];
  (is_guard(program) ? hook.is_guarded : hook.is_attached) = true;
  bpf_link_info info{};
  __u32 length = sizeof info;
  if (bpf_obj_get_info_by_fd(link.get(), &info, &length) == 0) {
    UniqueFd held(bpf_prog_get_fd_by_id(info.prog_id));  // refused without CAP_SYS_ADMIN
    if (held) attachment.programs.push_back({index, is_guard(program), std::move(held)});
    if (!is_guard(program)) {
      hook.link_id = info.id;
      hook.program_id = info.prog_id;
    }
  }
  attachment.links.push_back(std::move(link));
}

// Whether what is attached is guarded as it was meant to be: every hook, or it does not count.
Safeguard felt_safeguard(const Attachment& attachment) {
  bool all = true, any = false;
  for (const auto& hook : attachment.hooks) {
    if (!hook.is_attached) continue;
    any |= hook.is_guarded;
    all &= hook.is_guarded;
  }
  if (any && all) return attachment.mechanism == Mechanism::tracepoint ? Safeguard::perf : Safeguard::backstop;
  return may_be_skipped(attachment.mechanism) ? Safeguard::none : Safeguard::not_needed;
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
  UniqueFd link = link_program(program);
  if (!link) return attach_error(name, errno);
  if (!attachment.pin_dir.empty() && pins_links) {
    const std::string path = attachment.pin_dir + "/" + name;
    if (bpf_obj_pin(link.get(), path.c_str()) != 0)
      return system_error("pin " + path, errno, "Mount bpffs: mount -t bpf bpf /sys/fs/bpf", "BPFFS_UNMOUNTED");
    attachment.pins.push_back(name);
  }
  add_link(attachment, *hook_of_program(name, attachment.mechanism), name, std::move(link));
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
  attachment.programs.clear();
  (void)wait_until_gone(programs);
}

HookSet Attachment::attached_hooks() const {
  HookSet attached = 0;
  for (size_t i = 0; i < hooks.size(); i++)
    if (hooks[i].is_attached) attached |= hook_bit(i);
  return attached;
}

namespace {

Result<Attachment> attach_as(const BpfImage& image, const SharedMaps& maps, const KernelTypes& types,
                             const AttachRequest& request) {
  Attachment attachment;
  attachment.mechanism = request.mechanism;
  attachment.safeguard = request.safeguard;
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

}  // namespace

Result<Attachment> attach(const BpfImage& image, const SharedMaps& maps, const KernelTypes& types,
                          const AttachRequest& request) {
  AttachRequest guarded = request;
  guarded.safeguard = find_safeguard(request.mechanism, types);
  auto attachment = attach_as(image, maps, types, guarded);
  if (attachment || !is_guarded(guarded.safeguard)) return attachment;
  guarded.safeguard = Safeguard::none;
  return attach_as(image, maps, types, guarded);
}

Status extend(Attachment& attachment, const BpfImage& image, const SharedMaps& maps, const KernelTypes& types,
              HookSet hooks) {
  const HookSet missing = hooks & ~attachment.attached_hooks();
  if (missing == 0) return Done{};
  auto more = attach(image, maps, types, {attachment.mechanism, missing, attachment.pin_dir});
  if (!more) return more.error();
  for (size_t i = 0; i < attachment.hooks.size(); i++)
    if (more->hooks[i].is_wanted) attachment.hooks[i] = more->hooks[i];
  for (auto& program : more->programs) attachment.programs.push_back(std::move(program));
  for (auto& pin : more->pins) attachment.pins.push_back(std::move(pin));
  for (auto& link : more->links) attachment.links.push_back(std::move(link));
  attachment.safeguard = felt_safeguard(attachment);
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
    hook.is_wanted = hook.is_present = true;
    add_link(attachment, *index, name, std::move(link));
    attachment.pins.push_back(name);
  }
  attachment.safeguard = felt_safeguard(attachment);
  return attachment;
}

Status release(Attachment& attachment) {
  Status removed = Done{};
  if (!attachment.pin_dir.empty()) removed = remove_pin_directory(attachment.pin_dir);
  attachment.links.clear();
  attachment.programs.clear();
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

std::array<Skipped, AEGIS_HOOK_COUNT> read_skipped(const Attachment& attachment) {
  std::array<Skipped, AEGIS_HOOK_COUNT> skipped;
  for (const auto& program : attachment.programs) {
    bpf_prog_info info{};
    __u32 length = sizeof info;
    if (bpf_obj_get_info_by_fd(program.fd.get(), &info, &length) != 0) continue;
    auto& count = program.is_guard ? skipped[program.hook].guards : skipped[program.hook].own;
    count = count.value_or(0) + info.recursion_misses;
  }
  return skipped;
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
