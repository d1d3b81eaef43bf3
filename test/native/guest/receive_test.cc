// SPDX-License-Identifier: Apache-2.0
#include "guest/frame.hpp"
#include "guest/receive.hpp"

#include <csignal>
#include <cstdlib>
#include <doctest/doctest.h>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sys/resource.h>

using namespace guest;
namespace fs = std::filesystem;

namespace {

// A folder of its own, gone with the test.
struct Folder {
    fs::path path;
    Folder() {
        std::string pattern = (fs::temp_directory_path() / "aegis-receive-XXXXXX").string();
        REQUIRE(mkdtemp(pattern.data()) != nullptr);
        path = pattern;
    }
    ~Folder() { fs::remove_all(path); }
};

std::string begin(uint32_t mode, const fs::path &path) { return write_u32(mode) + path.string(); }

std::string contents(const fs::path &path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
}

} // namespace

TEST_CASE("a file arrives with its folders, contents and mode") {
    const Folder folder;
    const auto path = folder.path / "new" / "folders" / "file";
    Receiver receiver;
    CHECK(receiver.begin(begin(0640, path)) == "");
    CHECK(receiver.data("one ") == "");
    CHECK(receiver.data("two") == "");
    CHECK(receiver.end() == "");
    CHECK(contents(path) == "one two");
    CHECK(static_cast<unsigned>(fs::status(path).permissions()) == 0640);

    CHECK(receiver.begin(begin(0755, path)) == "");
    CHECK(receiver.end() == "");
    CHECK(contents(path).empty());
    CHECK(static_cast<unsigned>(fs::status(path).permissions()) == 0755);
}

TEST_CASE("what cannot be written is told") {
    const Folder folder;
    std::ofstream(folder.path / "file") << "x";
    fs::create_symlink(folder.path / "elsewhere", folder.path / "link");
    Receiver receiver;
    CHECK(receiver.begin(begin(0600, folder.path / "file" / "below")) != "");
    CHECK(receiver.begin(begin(0600, folder.path)) != "");
    CHECK(receiver.begin(begin(0600, folder.path / "link")) != "");
    CHECK_FALSE(fs::exists(folder.path / "elsewhere"));
    CHECK(receiver.begin(begin(0600, "relative")) != "");
    CHECK(receiver.begin(begin(0600, "/" + std::string(5000, 'x'))) != "");
    CHECK(receiver.begin(begin(0600, std::string("/tmp/a\0b", 8))) != "");
    CHECK(receiver.begin("") != "");
    CHECK(receiver.begin(begin(0600, "/dev/null")).find("no regular file") != std::string::npos);
}

TEST_CASE("a file that cannot be written to its end is told") {
    const Folder folder;
    rlimit old{};
    getrlimit(RLIMIT_FSIZE, &old);
    const rlimit small{4, old.rlim_max};
    std::signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &small);
    Receiver receiver;
    CHECK(receiver.begin(begin(0600, folder.path / "file")) == "");
    const std::string error = receiver.data("longer than that");
    setrlimit(RLIMIT_FSIZE, &old);
    CHECK(error.find("File too large") != std::string::npos);
}

TEST_CASE("frames out of order are refused") {
    const Folder folder;
    Receiver receiver;
    CHECK(receiver.data("x") != "");
    CHECK(receiver.end() != "");
    CHECK(receiver.begin(begin(0600, folder.path / "one")) == "");
    CHECK(receiver.begin(begin(0600, folder.path / "two")) != "");
}
