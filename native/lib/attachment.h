// SPDX-License-Identifier: Apache-2.0
// The programs of one rung, loaded and attached: all that are needed, or none.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lib/bpf_maps.h"
#include "lib/kernel_btf.h"
#include "lib/mechanism.h"
#include "lib/preemption.h"

namespace aegis {

struct HookState {
  bool is_wanted = false;
  bool is_present = false;  // the kernel has the function
  bool is_attached = false;
  bool is_guarded = false;  // against preemption; see preemption.h
  uint32_t program_id = 0;
  uint32_t link_id = 0;
};

// A program in force, held for what the kernel counts of it.
struct AttachedProgram {
  size_t hook;
  bool is_guard;
  UniqueFd fd;
};

using HookStates = std::array<HookState, AEGIS_HOOK_COUNT>;

// How often the kernel skipped a hook's programs, and those that guard them,
// because of preemption; nothing where it does not tell.
struct Skipped {
  std::optional<uint64_t> own, guards;
};

struct Attachment {
  Mechanism mechanism = Mechanism::none;
  Safeguard safeguard = Safeguard::not_needed;
  HookStates hooks{};
  std::string pin_dir;            // "" when not pinned
  std::vector<std::string> pins;  // names below pin_dir
  std::vector<UniqueFd> links;
  std::vector<AttachedProgram> programs;

  HookSet attached_hooks() const;
};

struct AttachRequest {
  Mechanism mechanism;
  HookSet hooks;
  std::string pin_dir;  // "" attaches for the life of this process only
  Safeguard safeguard = Safeguard::not_needed;  // attach() finds it
};

// What any program of the object needs of the kernel's BTF.
WantedTypes wanted_types(bpf_object* object);

// Loads and attaches. Anything required that is missing or fails undoes the
// whole, so that a partial attachment never exists. Only the guards against
// preemption are done without where they fail, and `safeguard` says so.
Result<Attachment> attach(const BpfImage& image, const SharedMaps& maps, const KernelTypes& types,
                          const AttachRequest& request);

// Attaches what `hooks` adds to an attachment that is in force, under its own
// mechanism and beside its pins. On an error the attachment is as it was.
Status extend(Attachment& attachment, const BpfImage& image, const SharedMaps& maps, const KernelTypes& types,
              HookSet hooks);

// Takes back what attach() made, and nothing of what else is pinned beside it.
void withdraw(Attachment& attachment);

// Takes over links that an earlier process pinned; enforcement is not interrupted.
Result<Attachment> adopt(const std::string& pin_dir, Mechanism mechanism);

// Removes the pins and closes the links. The kernel takes the programs out of
// its hooks in its own time after that.
Status release(Attachment& attachment);

// The same, and waits until they are out. Needs CAP_SYS_ADMIN to see it.
Status detach(Attachment& attachment);

// What the kernel counts of the programs of each hook.
std::array<Skipped, AEGIS_HOOK_COUNT> read_skipped(const Attachment& attachment);

// Pins that have vanished since they were made.
std::vector<std::string> missing_pins(const Attachment& attachment);

// Puts a vanished pin back from the link still held.
Status restore_pin(const Attachment& attachment, const std::string& pin);

}  // namespace aegis
