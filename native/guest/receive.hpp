// SPDX-License-Identifier: Apache-2.0
// Files the host sends before the command runs.
#pragma once

#include "fd.hpp"

#include <string>
#include <string_view>

namespace guest {

// Receives one file after the other. Each call returns an empty string, or why it could not be done.
class Receiver {
  public:
    std::string begin(std::string_view payload);
    std::string data(std::string_view bytes);
    std::string end();

  private:
    Fd file_;
    std::string path_;
};

} // namespace guest
