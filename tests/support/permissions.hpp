// For tests of what may not be read: root may read everything.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace socketserver::testing {

/// What to put in front of a program so that permissions count for it; empty where they do anyhow, nullopt
/// where that is not possible.
std::optional<std::vector<std::string>> with_permissions_checked();

/// True where `unreadable`, a file without any permission, cannot be read, as the running test needs it. Else
/// the test is run again in a process of its own for which permissions count, and fails or is skipped as
/// that does: it has no more to do itself.
bool permissions_count(const std::string& unreadable);

}  // namespace socketserver::testing
