// SPDX-License-Identifier: Apache-2.0
// The guest's end of the virtio-serial port to the host.
#pragma once

#include "fd.hpp"
#include "frame.hpp"

#include <string>

namespace guest {

class Channel {
  public:
    explicit Channel(Fd port) : port_(std::move(port)) {}

    [[nodiscard]] int fd() const { return port_.get(); }
    // Writes one frame, waiting as long as the host does not read. False when the host is gone.
    bool send(FrameType type, std::string_view payload);
    // Reads what is there. False when the host is gone.
    bool receive();
    std::optional<Frame> next() { return reader_.next(); }
    [[nodiscard]] bool broken() const { return reader_.broken(); }

  private:
    Fd port_;
    FrameReader reader_;
};

// Opens the port of that name. Ports are found in sysfs, so that no udev has to run. The error says what is missing.
Fd open_port(std::string_view name, std::string &error);

} // namespace guest
