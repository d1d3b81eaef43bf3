// SPDX-License-Identifier: Apache-2.0
#include "channel.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <poll.h>

namespace guest {

Fd open_port(std::string_view name, std::string &error) {
    std::error_code code;
    for (const auto &entry : std::filesystem::directory_iterator("/sys/class/virtio-ports", code)) {
        std::ifstream file(entry.path() / "name");
        std::string found;
        std::getline(file, found);
        if (found != name) continue;
        const std::string device = "/dev/" + entry.path().filename().string();
        Fd port(open(device.c_str(), O_RDWR | O_CLOEXEC));
        if (!port.open()) error = "cannot open " + device + ": " + std::strerror(errno);
        return port;
    }
    error = "there is no virtio port named " + std::string(name) +
            (code ? " (" + code.message() + "; is virtio_console loaded?)" : "");
    return {};
}

bool Channel::send(FrameType type, std::string_view payload) {
    const std::string bytes = encode(type, payload);
    std::string_view rest = bytes;
    while (!rest.empty()) {
        const ssize_t written = write(port_.get(), rest.data(), rest.size());
        if (written < 0 && (errno == EINTR || errno == EAGAIN)) {
            pollfd ready{port_.get(), POLLOUT, 0};
            poll(&ready, 1, -1);
            if (ready.revents & POLLHUP) return false;
            continue;
        }
        if (written <= 0) return false;
        rest.remove_prefix(static_cast<size_t>(written));
    }
    return true;
}

bool Channel::receive() {
    std::array<char, kMaxPayload> buffer;
    ssize_t count;
    do count = read(port_.get(), buffer.data(), buffer.size());
    while (count < 0 && errno == EINTR);
    if (count <= 0) return false;
    reader_.feed({buffer.data(), static_cast<size_t>(count)});
    return true;
}

} // namespace guest
