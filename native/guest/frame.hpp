// SPDX-License-Identifier: Apache-2.0
// Frames of the guest channel: [type u8][length u32 little-endian][payload]. src/vm/frames.ts is the other end.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace guest {

// A longer frame is a broken or hostile peer: the reader refuses it before it allocates anything.
inline constexpr uint32_t kMaxPayload = 64 * 1024;
inline constexpr size_t kHeaderSize = 5;
inline constexpr uint8_t kProtocolVersion = 1;

enum class FrameType : uint8_t {
    // guest to host
    hello = 1,   // version u8, then NUL-terminated: kernel release, name of PID 1
    out = 2,     // bytes of the command's standard output
    err = 3,     // bytes of its standard error
    ended = 4,   // exit status u32: the exit code, or 128 plus the signal
    refused = 5, // text: what could not be done, and why
    copied = 6,  // the file begun by copy_begin is complete
    // host to guest
    copy_begin = 16, // mode u32, then the absolute path
    copy_data = 17,
    copy_end = 18,
    run = 19, // argument count u32, variable count u32, then that many NUL-terminated strings
};

struct Frame {
    FrameType type;
    std::string payload;
};

// Takes bytes as they arrive and gives whole frames. Once a header is malformed it stays broken.
class FrameReader {
  public:
    void feed(std::string_view bytes) { buffer_.append(bytes); }
    // The next whole frame, or nothing yet. Check broken() when there is nothing.
    std::optional<Frame> next();
    [[nodiscard]] bool broken() const { return broken_; }

  private:
    std::string buffer_;
    bool broken_ = false;
};

// The bytes of one frame. The payload must not be longer than kMaxPayload.
std::string encode(FrameType type, std::string_view payload);

// A command to run, as a `run` frame carries it.
struct Command {
    std::vector<std::string> arguments;
    std::vector<std::string> environment; // NAME=value
};
// Nothing when counts and strings do not match exactly or there is no argument.
std::optional<Command> parse_command(std::string_view payload);

uint32_t read_u32(std::string_view bytes);
std::string write_u32(uint32_t value);

} // namespace guest
