// SPDX-License-Identifier: Apache-2.0
#include "frame.hpp"

namespace guest {

uint32_t read_u32(std::string_view bytes) {
    uint32_t value = 0;
    for (size_t i = 4; i-- > 0;) value = (value << 8) | static_cast<uint8_t>(bytes[i]);
    return value;
}

std::string write_u32(uint32_t value) {
    std::string bytes;
    for (int shift = 0; shift < 32; shift += 8) bytes.push_back(static_cast<char>(value >> shift));
    return bytes;
}

std::optional<Frame> FrameReader::next() {
    if (broken_ || buffer_.size() < kHeaderSize) return std::nullopt;
    const auto type = static_cast<uint8_t>(buffer_[0]);
    const uint32_t length = read_u32(std::string_view(buffer_).substr(1, 4));
    if (length > kMaxPayload || type < static_cast<uint8_t>(FrameType::copy_begin) ||
        type > static_cast<uint8_t>(FrameType::run)) {
        broken_ = true;
        return std::nullopt;
    }
    if (buffer_.size() < kHeaderSize + length) return std::nullopt;
    Frame frame{static_cast<FrameType>(type), buffer_.substr(kHeaderSize, length)};
    buffer_.erase(0, kHeaderSize + length);
    return frame;
}

std::string encode(FrameType type, std::string_view payload) {
    std::string bytes(1, static_cast<char>(type));
    bytes += write_u32(static_cast<uint32_t>(payload.size()));
    bytes += payload;
    return bytes;
}

std::optional<Command> parse_command(std::string_view payload) {
    if (payload.size() < 8) return std::nullopt;
    const uint32_t arguments = read_u32(payload);
    const uint32_t variables = read_u32(payload.substr(4));
    payload.remove_prefix(8);
    Command command;
    while (!payload.empty()) {
        const size_t end = payload.find('\0');
        if (end == std::string_view::npos) return std::nullopt;
        auto &list = command.arguments.size() < arguments ? command.arguments : command.environment;
        list.emplace_back(payload.substr(0, end));
        payload.remove_prefix(end + 1);
    }
    if (arguments == 0 || command.arguments.size() != arguments || command.environment.size() != variables)
        return std::nullopt;
    return command;
}

} // namespace guest
