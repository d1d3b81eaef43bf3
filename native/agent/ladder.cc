// SPDX-License-Identifier: Apache-2.0
#include "agent/ladder.h"

#include <algorithm>
#include <cstring>

#include "lib/pin_directory.h"
#include "lib/policy_store.h"
#include "lib/text.h"

namespace aegis {
namespace {

bool holds_same_object(const SharedMaps& maps, const BpfImage& image) {
  return to_hex(maps.control->object_sha256, 32) == image.sha256;
}

void note_object(const SharedMaps& maps, const BpfImage& image) {
  for (size_t i = 0; i < 32; i++)
    maps.control->object_sha256[i] = static_cast<uint8_t>(std::stoi(image.sha256.substr(i * 2, 2), nullptr, 16));
}

std::string describe_unfelt(const std::vector<Feeling>& feelings) {
  std::string acts;
  for (const auto& feeling : feelings)
    if (feeling.outcome == Outcome::allowed || feeling.outcome == Outcome::could_not)
      acts += (acts.empty() ? " in " : ", ") + feeling.act + " (" + outcome_name(feeling.outcome) + ", errno " +
              std::to_string(feeling.error) + ")";
  return acts;
}

bool was_stopped(const Feeling& feeling) {
  return feeling.outcome == Outcome::denied || feeling.outcome == Outcome::killed;
}

}  // namespace

void Ladder::find_existing() {
  const auto& control = *ground_.maps.control;
  if (!ground_.is_pinned || control.epoch == 0) return;
  auto adopted = adopt(ground_.instance.links_dir(control.epoch), static_cast<Mechanism>(control.mechanism));
  if (adopted && !adopted->links.empty()) existing_ = std::move(*adopted);
}

std::optional<Standing> Ladder::climb(const std::vector<Mechanism>& rungs) {
  for (const auto rung : rungs)
    if (auto standing = stand(rung, true)) return standing;
  return std::nullopt;
}

std::optional<Standing> Ladder::observe(const std::vector<Mechanism>& rungs) {
  for (const auto rung : rungs)
    if (auto standing = stand(rung, false)) return standing;
  return std::nullopt;
}

// While links of another epoch are attached too, the child's fate does not say
// whose programs it met; the counters of this mechanism do, which the canary asks.
bool Ladder::try_felt(Standing& standing, bool is_alone, bool must_be_felt) const {
  const auto mechanism = standing.attachment.mechanism;
  const auto feel = [&] {
    return ground_.canary.feel(standing.attachment.attached_hooks(), ground_.signal,
                               must_be_felt ? Depth::privileged : Depth::quick,
                               canary_count(ground_.maps, standing.attachment));
  };
  standing.feelings = feel();
  if (is_inconclusive(standing.feelings, mechanism)) standing.feelings = feel();
  const auto& feelings = standing.feelings;
  if (!must_be_felt) return std::any_of(feelings.begin(), feelings.end(), was_stopped);
  if (is_alone) return is_felt(feelings, mechanism);
  return !feelings.empty() && std::all_of(feelings.begin(), feelings.end(), was_stopped);
}

std::optional<Standing> Ladder::stand(Mechanism mechanism, bool must_be_felt) {
  tried_.insert(mechanism);
  if (must_be_felt && mechanism == Mechanism::tracepoint && read_standing(ground_.maps).pathless > 0) {
    note(mechanism, pathless_reason, "HOOK_ATTACH_FAILED");
    return std::nullopt;
  }
  if (existing_ && existing_->mechanism == mechanism && holds_same_object(ground_.maps, ground_.image)) {
    Standing standing{std::move(*existing_), {}};
    existing_.reset();
    if (complete(standing.attachment) && try_felt(standing, true, must_be_felt)) return standing;
    existing_ = std::move(standing.attachment);
  }
  const uint64_t epoch = ground_.maps.control->epoch + 1;
  const AttachRequest request{mechanism, hooks_of(mechanism, ground_.classes),
                              ground_.is_pinned ? ground_.instance.links_dir(epoch) : std::string()};
  if (ground_.is_pinned) (void)remove_pin_directory(request.pin_dir);  // of a start that was cut short
  auto attached = attach(ground_.image, ground_.maps, ground_.types, request);
  if (!attached) {
    note(mechanism, attached.error().what, attached.error().blocker);
    return std::nullopt;
  }
  Standing standing{std::move(*attached), {}};
  if (!try_felt(standing, !existing_, must_be_felt)) {
    note(mechanism, "attached, but the canary did not feel it" + describe_unfelt(standing.feelings), "");
    (void)detach(standing.attachment);
    return std::nullopt;
  }
  keep(standing);
  return standing;
}

// Adds what the policy has come to need since the links were pinned.
bool Ladder::complete(Attachment& attachment) {
  const auto mechanism = attachment.mechanism;
  if ((required_hooks(mechanism, ground_.classes) & ~attachment.attached_hooks()) == 0) return true;
  if (auto extended =
          extend(attachment, ground_.image, ground_.maps, ground_.types, hooks_of(mechanism, ground_.classes));
      !extended) {
    note(mechanism, extended.error().what, extended.error().blocker);
    return false;
  }
  ground_.maps.control->hooks = attachment.attached_hooks();
  return true;
}

// The new links are in force; only now do the old ones go.
void Ladder::keep(Standing& standing) {
  if (!ground_.is_pinned) return;
  auto& control = *ground_.maps.control;
  control.epoch++;
  control.mechanism = static_cast<uint32_t>(standing.attachment.mechanism);
  control.hooks = standing.attachment.attached_hooks();
  note_object(ground_.maps, ground_.image);
  if (existing_) (void)detach(*existing_);
  existing_.reset();
}

void Ladder::note(Mechanism mechanism, const std::string& reason, const std::string& blocker) {
  if (!blocker.empty()) blockers_.insert(blocker);
  reasons_ += std::string(reasons_.empty() ? "" : "; ") + mechanism_name(mechanism) + ": " + reason;
}

}  // namespace aegis
