// SPDX-License-Identifier: Apache-2.0
#include "lib/parallel.h"

#include <algorithm>
#include <system_error>
#include <thread>
#include <vector>

namespace aegis {
namespace {

constexpr size_t share_worth_it = 4096;
constexpr size_t most_threads = 8;

}  // namespace

void in_shares(size_t count, const std::function<void(size_t, size_t)>& work) {
  const size_t processors = std::max(std::thread::hardware_concurrency(), 1u);
  const size_t shares = std::max<size_t>(std::min({processors, most_threads, count / share_worth_it}), 1);
  const auto start = [&](size_t share) { return count * share / shares; };
  std::vector<std::jthread> threads;
  for (size_t share = 1; share < shares; share++) {
    try {
      threads.emplace_back(work, start(share), start(share + 1));
    } catch (const std::system_error&) {
      work(start(share), start(share + 1));
    }
  }
  work(0, start(1));
}

}  // namespace aegis
