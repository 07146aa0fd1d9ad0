// How much memory a server takes.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>

namespace socketserver::apps {

/// Bytes of the process and all that descend from it; what several share counts once. nullopt where the
/// system does not tell: it is Linux's /proc/PID/smaps_rollup.
std::optional<std::uint64_t> memory_of(pid_t process);

}  // namespace socketserver::apps
