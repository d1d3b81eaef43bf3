// SPDX-License-Identifier: Apache-2.0
#include "guest/frame.hpp"

#include <doctest/doctest.h>
#include <random>

using namespace guest;

namespace {

std::string header(uint8_t type, uint32_t length) {
    return std::string(1, static_cast<char>(type)) + write_u32(length);
}

std::string command(uint32_t arguments, uint32_t variables, std::string_view strings) {
    return write_u32(arguments) + write_u32(variables) + std::string(strings);
}

using namespace std::string_view_literals;

} // namespace

TEST_CASE("frames come out whole, however the bytes arrive") {
    const std::string stream = encode(FrameType::copy_begin, "first") + encode(FrameType::copy_end, "") +
                               encode(FrameType::copy_data, std::string(kMaxPayload, 'x'));
    for (const size_t size : {size_t{1}, size_t{4}, size_t{6}, size_t{4096}, stream.size()}) {
        CAPTURE(size);
        FrameReader reader;
        std::vector<Frame> frames;
        for (size_t at = 0; at < stream.size(); at += size) {
            reader.feed(std::string_view(stream).substr(at, size));
            while (auto frame = reader.next()) frames.push_back(std::move(*frame));
        }
        REQUIRE(frames.size() == 3);
        CHECK(frames[0].type == FrameType::copy_begin);
        CHECK(frames[0].payload == "first");
        CHECK(frames[1].payload.empty());
        CHECK(frames[2].payload.size() == kMaxPayload);
        CHECK_FALSE(reader.broken());
    }
}

TEST_CASE("a malformed header breaks the reader for good, before any payload") {
    const std::string bad[] = {header(static_cast<uint8_t>(FrameType::run), kMaxPayload + 1),
                               header(static_cast<uint8_t>(FrameType::run), 0xffffffff), header(0, 0),
                               header(static_cast<uint8_t>(FrameType::hello), 0), header(20, 0), header(255, 0)};
    for (const auto &bytes : bad) {
        FrameReader reader;
        reader.feed(bytes);
        CHECK_FALSE(reader.next());
        CHECK(reader.broken());
        reader.feed(encode(FrameType::copy_end, ""));
        CHECK_FALSE(reader.next());
    }
    FrameReader longest;
    longest.feed(header(static_cast<uint8_t>(FrameType::run), kMaxPayload));
    CHECK_FALSE(longest.next());
    CHECK_FALSE(longest.broken());
}

TEST_CASE("a command is taken only when its counts are exact") {
    const auto good = parse_command(command(2, 1, "echo\0a b\0A=1\0"sv));
    REQUIRE(good);
    CHECK(good->arguments == std::vector<std::string>{"echo", "a b"});
    CHECK(good->environment == std::vector<std::string>{"A=1"});
    CHECK(parse_command(command(2, 0, "echo\0\0"sv)));

    CHECK_FALSE(parse_command(""));
    CHECK_FALSE(parse_command("\1\0\0\0\0\0\0"sv));
    CHECK_FALSE(parse_command(command(0, 0, "")));
    CHECK_FALSE(parse_command(command(0, 1, "A=1\0"sv)));
    CHECK_FALSE(parse_command(command(2, 0, "echo\0"sv)));
    CHECK_FALSE(parse_command(command(1, 0, "echo\0more\0"sv)));
    CHECK_FALSE(parse_command(command(1, 0, "echo")));
    CHECK_FALSE(parse_command(command(0xffffffff, 0xffffffff, "echo\0"sv)));
}

TEST_CASE("no bytes whatever make the parsers do more than parse") {
    std::mt19937 random(20261121);
    size_t broken = 0;
    for (int round = 0; round < 20000; round++) {
        std::string bytes(random() % 48, '\0');
        for (auto &byte : bytes) byte = static_cast<char>(random() % (round % 2 ? 256 : 24));
        FrameReader reader;
        reader.feed(bytes);
        size_t total = 0;
        while (auto frame = reader.next()) total += kHeaderSize + frame->payload.size();
        CHECK(total <= bytes.size());
        broken += reader.broken();
        if (const auto parsed = parse_command(bytes)) CHECK(parsed->arguments.size() <= bytes.size());
    }
    CHECK(broken > 1000);
}
