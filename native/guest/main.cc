// SPDX-License-Identifier: Apache-2.0
// aegis-guest: takes files and one command from the host over a virtio-serial port, runs the command, and tells how it
// ended. Started by a systemd unit of the guest image; the machine is thrown away afterwards.
#include "channel.hpp"
#include "job.hpp"
#include "receive.hpp"

#include <array>
#include <cerrno>
#include <cstdio>
#include <fstream>
#include <poll.h>
#include <sys/utsname.h>

namespace {

constexpr const char *kPortName = "aegis.channel"; // as in src/vm/qemu.ts

using guest::Channel;
using guest::Fd;
using guest::FrameType;

int fail(const std::string &why) {
    std::fprintf(stderr, "aegis-guest: %s\n", why.c_str());
    return 1;
}

// What the host judges the boot by: the kernel that really runs, and whether systemd is PID 1.
std::string hello() {
    utsname names{};
    uname(&names);
    std::ifstream comm("/proc/1/comm");
    std::string init;
    std::getline(comm, init);
    std::string payload(1, static_cast<char>(guest::kProtocolVersion));
    payload.append(names.release).push_back('\0');
    payload.append(init).push_back('\0');
    return payload;
}

// Forwards what a pipe holds now; closes it at its end. False when the host is gone.
bool forward(Channel &channel, Fd &pipe, FrameType type) {
    std::array<char, guest::kMaxPayload> buffer;
    while (pipe.open()) {
        const ssize_t count = read(pipe.get(), buffer.data(), buffer.size());
        if (count < 0 && errno == EINTR) continue;
        if (count < 0 && errno == EAGAIN) return true;
        if (count <= 0) {
            pipe.close();
            return true;
        }
        if (!channel.send(type, {buffer.data(), static_cast<size_t>(count)})) return false;
    }
    return true;
}

// Streams the running command until its end. Empty when the host was told, else why not.
std::string attend(Channel &channel, guest::Job &job) {
    for (;;) {
        std::array<pollfd, 4> ready{{{job.pid.get(), POLLIN, 0},
                                     {job.out.get(), POLLIN, 0},
                                     {job.err.get(), POLLIN, 0},
                                     {channel.fd(), 0, 0}}};
        if (poll(ready.data(), ready.size(), -1) < 0 && errno != EINTR) return "cannot wait for the command";
        if (ready[3].revents & POLLHUP) return "the host is gone";
        // The end is looked at before the pipes are read: what the command wrote before it ended is then in them.
        const bool ended = (ready[0].revents & POLLIN) != 0;
        if (!forward(channel, job.out, FrameType::out) || !forward(channel, job.err, FrameType::err))
            return "the host is gone";
        if (!ended) continue;
        return channel.send(FrameType::ended, guest::write_u32(guest::reap_job(job))) ? "" : "the host is gone";
    }
}

// Obeys one frame. Empty when done, else why it could not be.
std::string obey(Channel &channel, guest::Receiver &receiver, const guest::Frame &frame) {
    switch (frame.type) {
    case FrameType::copy_begin:
        return receiver.begin(frame.payload);
    case FrameType::copy_data:
        return receiver.data(frame.payload);
    case FrameType::copy_end: {
        auto error = receiver.end();
        if (error.empty()) channel.send(FrameType::copied, {});
        return error;
    }
    case FrameType::run: {
        const auto command = guest::parse_command(frame.payload);
        if (!command) return "the command is malformed";
        std::string error;
        auto job = guest::start_job(*command, error);
        return error.empty() ? attend(channel, job) : error;
    }
    default:
        return "unexpected frame";
    }
}

} // namespace

int main() {
    std::string error;
    Channel channel(guest::open_port(kPortName, error));
    if (!error.empty()) return fail(error);
    if (!channel.send(FrameType::hello, hello())) return fail("the host is gone");
    guest::Receiver receiver;
    while (channel.receive()) {
        while (auto frame = channel.next()) {
            error = obey(channel, receiver, *frame);
            if (error.empty()) continue;
            channel.send(FrameType::refused, error);
            return fail(error);
        }
        if (channel.broken()) {
            channel.send(FrameType::refused, "the host sent a malformed frame");
            return fail("the host sent a malformed frame");
        }
    }
    return fail("the host is gone");
}
