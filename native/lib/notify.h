// SPDX-License-Identifier: Apache-2.0
// The service manager's readiness protocol (sd_notify(3)), spoken directly: one
// datagram to the socket that NOTIFY_SOCKET names.
#pragma once

#include <string>

#include "lib/result.h"

namespace aegis {

// Sends `message` such as "READY=1". No NOTIFY_SOCKET: nothing to do, no error.
Status notify_manager(const std::string& message);

}  // namespace aegis
