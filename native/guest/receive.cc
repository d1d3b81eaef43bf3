// SPDX-License-Identifier: Apache-2.0
#include "receive.hpp"
#include "frame.hpp"

#include <cerrno>
#include <climits>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>

namespace guest {

namespace {

std::string failure(const std::string &what) { return what + ": " + std::strerror(errno); }

std::string make_parents(const std::string &path) {
    for (size_t slash = path.find('/', 1); slash != std::string::npos; slash = path.find('/', slash + 1)) {
        const std::string parent = path.substr(0, slash);
        if (mkdir(parent.c_str(), 0755) != 0 && errno != EEXIST) return failure("cannot create " + parent);
    }
    return {};
}

} // namespace

std::string Receiver::begin(std::string_view payload) {
    if (file_.open()) return "a file was begun before " + path_ + " was complete";
    if (payload.size() < 6 || payload[4] != '/' || payload.size() - 4 >= PATH_MAX ||
        payload.find('\0', 4) != std::string_view::npos)
        return "a file's path must be absolute and shorter than 4096 bytes";
    const mode_t mode = read_u32(payload) & 07777;
    path_ = std::string(payload.substr(4));
    if (auto error = make_parents(path_); !error.empty()) return error;
    file_ = Fd(open(path_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600));
    if (!file_.open()) return failure("cannot create " + path_);
    struct stat found;
    if (fstat(file_.get(), &found) != 0 || !S_ISREG(found.st_mode)) {
        file_.close();
        return path_ + " is no regular file";
    }
    // The mode is set explicitly: open(2) would apply the umask to it, and an existing file keeps its own.
    if (fchmod(file_.get(), mode) != 0) return failure("cannot set the mode of " + path_);
    return {};
}

std::string Receiver::data(std::string_view bytes) {
    if (!file_.open()) return "bytes of a file arrived before its name";
    while (!bytes.empty()) {
        const ssize_t written = write(file_.get(), bytes.data(), bytes.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return failure("cannot write " + path_);
        bytes.remove_prefix(static_cast<size_t>(written));
    }
    return {};
}

std::string Receiver::end() {
    if (!file_.open()) return "a file ended that was never begun";
    file_.close();
    return {};
}

} // namespace guest
