// SPDX-License-Identifier: Apache-2.0
#include "listener.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace aegis::runtime {

namespace {

std::string why(const std::string& act, const std::string& object) {
  return "cannot " + act + " " + object + ": " + std::strerror(errno);
}

std::string folder_of(const std::string& path) {
  const auto slash = path.rfind('/');
  return slash == 0 ? "/" : path.substr(0, slash);
}

// Whoever may write in the folder may replace the socket, so only the runtime's user and root may. A sticky folder
// such as /tmp keeps others from removing what is not theirs.
std::string check_folder(const std::string& folder) {
  struct stat info {};
  if (lstat(folder.c_str(), &info) != 0) return why("use the folder", folder);
  if (!S_ISDIR(info.st_mode)) return "cannot use " + folder + ": it is not a folder (links are not followed)";
  if (info.st_uid != 0 && info.st_uid != geteuid()) return "cannot use " + folder + ": it belongs to another user";
  if ((info.st_mode & 022) != 0 && (info.st_mode & S_ISVTX) == 0)
    return "cannot use " + folder + ": others may write in it. Make it mode 0755 or 0700";
  return {};
}

std::string make_folders(const std::string& folder) {
  for (std::size_t at = folder.find('/', 1); at != std::string::npos; at = folder.find('/', at + 1))
    if (mkdir(folder.substr(0, at).c_str(), 0755) != 0 && errno != EEXIST)
      return why("make the folder", folder.substr(0, at));
  if (mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) return why("make the folder", folder);
  return {};
}

sockaddr_un address_of(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  return address;
}

}  // namespace

Listener::~Listener() { close(); }

std::string Listener::open(const std::string& path, bool make_folder) {
  if (path.empty() || path[0] != '/') return "cannot listen at \"" + path + "\": the socket needs an absolute path";
  if (path.size() >= sizeof(sockaddr_un::sun_path))
    return "cannot listen at " + path + ": the path has " + std::to_string(path.size()) +
           " bytes, a socket's at most 107. Choose a shorter one with AEGIS_RUNTIME_SOCKET";
  const std::string folder = folder_of(path);
  if (make_folder)
    if (std::string error = make_folders(folder); !error.empty()) return error;
  if (std::string error = check_folder(folder); !error.empty()) return error;
  if (std::string error = lock_beside(path); !error.empty()) return error;
  if (std::string error = clear_place(path); !error.empty()) return error;
  return bind_at(path);
}

// The lock, not the socket file, says who owns the place: a file outlives a process that was killed, a lock does not.
std::string Listener::lock_beside(const std::string& path) {
  lock_path_ = path + ".lock";
  for (;;) {
    lock_fd_ = ::open(lock_path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (lock_fd_ < 0) return why("open", lock_path_);
    if (flock(lock_fd_, LOCK_EX | LOCK_NB) != 0) {
      const bool is_held = errno == EWOULDBLOCK;
      std::string error = is_held ? "cannot listen at " + path +
                                        ": another runtime is there. Stop it, or choose another --instance"
                                  : why("lock", lock_path_);
      ::close(lock_fd_);
      lock_fd_ = -1;
      return error;
    }
    // The one who held it may have removed the file between our open and our lock.
    struct stat held {}, there {};
    if (fstat(lock_fd_, &held) == 0 && lstat(lock_path_.c_str(), &there) == 0 && held.st_ino == there.st_ino &&
        held.st_dev == there.st_dev)
      return {};
    ::close(lock_fd_);
    lock_fd_ = -1;
  }
}

std::string Listener::clear_place(const std::string& path) {
  struct stat info {};
  if (lstat(path.c_str(), &info) != 0) return errno == ENOENT ? std::string() : why("look at", path);
  if (!S_ISSOCK(info.st_mode)) return "cannot listen at " + path + ": a file that is no socket is there. Remove it";
  if (info.st_uid != geteuid() && info.st_uid != 0)
    return "cannot listen at " + path + ": a socket of another user is there. Remove it";
  // A listener without our lock is not one of ours, but it lives.
  const int probe = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (probe < 0) return why("make a socket for", path);
  const sockaddr_un address = address_of(path);
  const int refused = connect(probe, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 ? 0 : errno;
  ::close(probe);
  if (refused != ECONNREFUSED)
    return "cannot listen at " + path + ": somebody listens there already. Stop it, or choose another --instance";
  if (unlink(path.c_str()) != 0 && errno != ENOENT) return why("remove the dead socket", path);
  return {};
}

std::string Listener::bind_at(const std::string& path) {
  fd_ = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd_ < 0) return why("make a socket for", path);
  const sockaddr_un address = address_of(path);
  // bind() makes the file with the mode the mask leaves: there is no moment in which others could connect.
  const mode_t mask = umask(0177);
  const int bound = bind(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address);
  const int error = errno;
  umask(mask);
  errno = error;
  struct stat info {};
  if (bound != 0 || lstat(path.c_str(), &info) != 0 || listen(fd_, 4096) != 0) {
    std::string text = why("listen at", path);
    ::close(fd_);
    fd_ = -1;
    return text;
  }
  path_ = path;
  device_ = info.st_dev;
  inode_ = info.st_ino;
  return {};
}

void Listener::close() {
  if (fd_ >= 0) {
    struct stat info {};
    if (lstat(path_.c_str(), &info) == 0 && info.st_dev == device_ && info.st_ino == inode_) unlink(path_.c_str());
    ::close(fd_);
    fd_ = -1;
  }
  if (lock_fd_ >= 0) {
    unlink(lock_path_.c_str());
    ::close(lock_fd_);
    lock_fd_ = -1;
  }
}

}  // namespace aegis::runtime
