// What waiting for an answer before the next question costs.
#pragma once

#include <cstdint>
#include <string_view>

namespace socketserver::apps {

inline constexpr std::string_view kQuestion = "egg", kAnswer = "an answer";

/// Each asks a server of this process so many questions over one connection, checks the answers, and returns
/// how long that took, in nanoseconds. Up to 2000 questions surely fit the buffers of two sockets, where
/// those asked at once wait.
///
/// The server tells the length in decimal digits and waits for "recv_ready" before it sends an answer.
std::uint64_t ask_when_ready(int questions);
/// Questions and answers have their length in front.
std::uint64_t ask_one_by_one(int questions);
/// The same, with all questions sent before an answer is read.
std::uint64_t ask_all_at_once(int questions);

}  // namespace socketserver::apps
