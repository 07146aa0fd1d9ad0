#include "socketserver/server/source_counts.hpp"

namespace socketserver {

bool SourceCounts::enter(const Address& client, std::size_t most) {
  const auto source = Source::of(client);
  if (!source) return true;
  const std::lock_guard lock(mutex_);
  const auto [at, first] = counts_.try_emplace(*source, 0);
  if (at->second < most) return ++at->second, true;
  if (first) counts_.erase(at);
  return false;
}

void SourceCounts::leave(const Address& client) noexcept {
  const auto source = Source::of(client);
  if (!source) return;
  const std::lock_guard lock(mutex_);
  const auto at = counts_.find(*source);
  if (at != counts_.end() && --at->second == 0) counts_.erase(at);
}

std::size_t SourceCounts::size() const {
  const std::lock_guard lock(mutex_);
  return counts_.size();
}

}  // namespace socketserver
