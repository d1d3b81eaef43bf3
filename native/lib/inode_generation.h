// SPDX-License-Identifier: Apache-2.0
// Which file of several that had one inode number, one after the other.
#pragma once

#include <cstdint>
#include <string>

namespace aegis {

// The kernel's i_generation of what `path` leads to, read off its file handle,
// so that nothing has to be opened; 0 when the file system's handles do not
// tell, or tell of another inode than `ino`.
uint32_t inode_generation(const std::string& path, uint64_t ino);

}  // namespace aegis
