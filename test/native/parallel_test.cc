// SPDX-License-Identifier: Apache-2.0
#include "lib/parallel.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <vector>

using namespace aegis;

TEST_CASE("shares leave nothing out and do nothing twice") {
  for (const size_t count : {size_t{0}, size_t{1}, size_t{8191}, size_t{8192}, size_t{100003}}) {
    std::vector<int> visits(count);
    in_shares(count, [&](size_t begin, size_t end) {
      for (size_t i = begin; i < end; i++) visits[i]++;
    });
    CHECK(std::all_of(visits.begin(), visits.end(), [](int times) { return times == 1; }));
  }
}
