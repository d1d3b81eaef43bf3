// SPDX-License-Identifier: Apache-2.0
// Many system calls that do not depend on each other, on all processors.
#pragma once

#include <cstddef>
#include <functional>

namespace aegis {

// Calls work(begin, end) for shares that together make up 0 to `count`, by a
// thread each, and returns when all are done. A few are not worth a thread;
// neither is a machine that has none to give. `work` must not throw.
void in_shares(size_t count, const std::function<void(size_t begin, size_t end)>& work);

}  // namespace aegis
