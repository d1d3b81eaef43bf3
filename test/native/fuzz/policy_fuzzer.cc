// SPDX-License-Identifier: Apache-2.0
// The policy file, from its bytes to the rules of the kernel's side and of the tools.
#include <cstdint>
#include <cstdlib>

#include "../../../native/lib/policy.h"
#include "../../../native/lib/text.h"
#include "../../../native/runtime/tool_policy.h"

using namespace aegis;

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

// What was taken stands in the source where it is said to stand: events point there.
void check_places(const Policy& policy) {
  require(policy.version >= 1 && policy.version <= max_policy_version);
  for (const auto& entries : policy.sections)
    for (const Entry& entry : entries) {
      require(entry.line >= 1 && entry.column >= 1 && !entry.text.empty());
      require(entry.offset <= policy.source.size());
      require(policy.source.compare(entry.offset, entry.text.size(), entry.text) == 0);
      require(!find_invalid_utf8(entry.text) && entry.text.find('\0') == std::string::npos);
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto policy = parse_policy(text, "p");
  if (!policy) {
    require(policy.error().what.starts_with("cannot apply p: "));
    return 0;
  }
  check_places(*policy);
  const auto tools = runtime::read_tool_policy(*policy, "p");
  if (!tools) return 0;
  require(tools->default_action().has_value());
  for (const char* name : {"", "a", "fs.read"}) {
    const auto decision = tools->decide(name, {{"path", "/srv/a"}, {"n", {1, "x"}}});
    require(decision.action != runtime::Action::redact || !decision.redact.empty());
  }
  return 0;
}
