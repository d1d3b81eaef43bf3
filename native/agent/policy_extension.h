// SPDX-License-Identifier: Apache-2.0
// A policy that needs more programs than are attached gets them before it is
// switched in, so that no rule is ever in force without its hooks.
#pragma once

#include "lib/attachment.h"
#include "lib/instance.h"

namespace aegis {

// Attaches what the classes (bits by enum aegis_class) need beside what the
// instance has in force, under the same mechanism, and feels it when an agent
// has its canary armed. Nothing in force: nothing to do, the next start
// attaches. On an error nothing was added. Callers hold the "apply" lock.
Status extend_in_force(const Instance& instance, const SharedMaps& maps, const BpfImage& image,
                       const KernelTypes& types, ClassSet classes);

}  // namespace aegis
