// SPDX-License-Identifier: Apache-2.0
// The command of a run: a child in a cgroup of its own, its output on two pipes, its end on a pidfd.
#pragma once

#include "fd.hpp"
#include "frame.hpp"

#include <cstdint>
#include <string>

namespace guest {

struct Job {
    Fd out;
    Fd err;
    Fd pid; // a pidfd: readable once the command has ended
};

// Starts the command. On failure `error` says why and the job has no descriptors.
Job start_job(const Command &command, std::string &error);

// Reaps the ended command: its exit code, or 128 plus the number of the signal that killed it.
uint32_t reap_job(const Job &job);

} // namespace guest
