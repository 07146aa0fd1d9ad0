#include "socketserver/handler/linger.hpp"

#include <array>

#include "socketserver/net/error.hpp"

namespace socketserver {
namespace {

// Some round trips, within which a peer that reads has seen the end.
constexpr std::chrono::seconds kLinger{1};

constexpr std::size_t kReadSize = 16384;  // fits every stack; speed does not matter here

}  // namespace

void end_politely(Request& request, std::chrono::seconds longest) {
  std::array<char, kReadSize> ignored;
  try {
    request.shutdown(SHUT_WR);
    request.set_deadlines({kLinger, kLinger, kLinger, kLinger, longest});
    while (request.recv_into(ignored) > 0) {
    }
  } catch (const OSError&) {  // too slow, or gone: it has had its chance
  }
}

}  // namespace socketserver
