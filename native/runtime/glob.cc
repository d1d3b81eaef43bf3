// SPDX-License-Identifier: Apache-2.0
#include "glob.h"

#include <vector>

namespace aegis::runtime {

bool matches_name(std::string_view glob, std::string_view name) {
  std::size_t g = 0, n = 0, star = std::string_view::npos, resume = 0;
  // Only the last star needs to be retried (a shorter match of an earlier one cannot help), hence no recursion.
  while (n < name.size()) {
    if (g < glob.size() && glob[g] == '*') {
      star = g++;
      resume = n;
    } else if (g < glob.size() && (glob[g] == '?' || glob[g] == name[n])) {
      ++g;
      ++n;
    } else if (star != std::string_view::npos) {
      g = star + 1;
      n = ++resume;
    } else {
      return false;
    }
  }
  while (g < glob.size() && glob[g] == '*') ++g;
  return g == glob.size();
}

bool matches_value(std::string_view glob, std::string_view value) {
  // With two kinds of star one retry point is not enough; the set of reachable glob positions is, in
  // glob length times value length steps at worst.
  std::vector<char> now(glob.size() + 1), next(glob.size() + 1);
  const auto is_star = [&](std::size_t at) { return at < glob.size() && glob[at] == '*'; };
  const auto is_double = [&](std::size_t at) { return is_star(at) && is_star(at + 1); };
  const auto spread = [&](std::vector<char>& set) {
    for (std::size_t at = 0; at < glob.size(); ++at) {
      if (!set[at]) continue;
      if (is_double(at)) set[at + 2] = 1;
      else if (is_star(at)) set[at + 1] = 1;
    }
  };
  now[0] = 1;
  spread(now);
  for (const char c : value) {
    next.assign(glob.size() + 1, 0);
    bool any = false;
    for (std::size_t at = 0; at < glob.size(); ++at) {
      if (!now[at]) continue;
      if (is_double(at)) next[at] = 1;
      else if (is_star(at)) next[at] = c != '/';
      else if (glob[at] == c || (glob[at] == '?' && c != '/')) next[at + 1] = 1;
      any = true;
    }
    if (!any) return false;
    spread(next);
    now.swap(next);
  }
  return now[glob.size()] != 0;
}

bool has_dot_segment(std::string_view value) {
  std::size_t start = 0;
  while (start <= value.size()) {
    std::size_t end = value.find('/', start);
    if (end == std::string_view::npos) end = value.size();
    const std::string_view segment = value.substr(start, end - start);
    if (segment == "." || segment == "..") return true;
    start = end + 1;
  }
  return false;
}

}  // namespace aegis::runtime
