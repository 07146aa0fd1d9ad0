#include "socketserver/service/store_quota.hpp"

#include <algorithm>
#include <charconv>
#include <ctime>

#include "socketserver/net/error.hpp"
#include "socketserver/service/directory_walk.hpp"

namespace socketserver {
namespace {

constexpr std::int64_t kDay = std::chrono::seconds(std::chrono::hours(24)).count();

std::uint64_t sum(std::uint64_t a, std::uint64_t b) {
  return a > StoreLimits::kNone - b ? StoreLimits::kNone : a + b;
}

void subtract(std::atomic<std::uint64_t>& from, std::uint64_t what) {
  from = from - std::min<std::uint64_t>(from, what);
}

}  // namespace

StoreQuota::StoreQuota(int store, const KeptParts& kept, const StoreLimits& limits)
    : store_(store), kept_(kept), limits_(limits), state_(make_shared_object<State>()) {
  if (!counts()) return;
  const DirectoryLock lock(store_);
  count();
}

void StoreQuota::count() const {
  remove_stale_parts(store_);
  std::uint64_t bytes = sum(bytes_of_parts(store_), kept_.bytes()), files = 0;
  for (DirectoryWalk walk(open_directories(store_, {}), true); const auto entry = walk.next();) {
    if (entry->kind != DirectoryWalk::Kind::kFile) continue;
    bytes = sum(bytes, entry->size);
    ++files;
  }
  state_->bytes = bytes;
  state_->files = files;
  state_->counted = std::time(nullptr);
}

bool StoreQuota::has_room(const Share& share) const {
  return sum(state_->bytes, share.size - share.there) <= limits_.bytes &&
         (!share.new_file || state_->files < limits_.files);
}

void StoreQuota::refuse(const Share& share) const {
  if (share.new_file && state_->files >= limits_.files)
    throw RefusedError("the server has " + std::to_string(state_->files) + " files, and takes no more");
  throw RefusedError(
      "the quota of the server has no room for it: of " + std::to_string(limits_.bytes) + " bytes " +
      std::to_string(limits_.bytes - std::min<std::uint64_t>(limits_.bytes, state_->bytes)) + " are left");
}

void StoreQuota::take(const Share& share) const {
  if (!counts() && !counts(share)) return;
  const std::uint64_t more = share.size - share.there;
  if (counts() && !has_room(share)) {
    if (state_->counted + kRecount.count() <= std::time(nullptr)) {
      count();
      if (share.there > 0) subtract(state_->bytes, more);  // it counted the open part as if it were whole
    }
    if (!has_room(share)) refuse(share);
  }
  if (counts(share)) {
    Client& client = find(share.client);
    if (sum(client.used, more) > limits_.client_bytes)
      throw RefusedError("your quota has no room for it: of " + std::to_string(limits_.client_bytes) +
                         " bytes a day " + std::to_string(limits_.client_bytes - client.used) + " are left");
    client.used += more;
  }
  state_->bytes = sum(state_->bytes, more);
  if (share.new_file) ++state_->files;
}

std::optional<DirectoryLock> StoreQuota::lock(const Share& share) const {
  if (!counts() && !counts(share)) return std::nullopt;
  return std::optional<DirectoryLock>(std::in_place, store_);
}

void StoreQuota::settle(const Share& share, std::uint64_t bytes) const noexcept {
  const std::uint64_t unused = share.size - std::min(share.size, bytes);
  subtract(state_->bytes, unused);
  if (share.new_file) subtract(state_->files, 1);
  if (counts(share)) subtract(find(share.client).used, std::min(unused, share.size - share.there));
}

// Whether it would replace one was looked at when it began; others may have stored, or removed, one since.
void StoreQuota::settle_stored(const Share& share, std::optional<std::uint64_t> replaced) const noexcept {
  subtract(state_->bytes, replaced.value_or(0));
  if (share.new_file && replaced) subtract(state_->files, 1);
  if (!share.new_file && !replaced) ++state_->files;
}

// Its place in the table, or one that is free, or whose day is over, or the oldest.
StoreQuota::Client& StoreQuota::find(const std::string& client) const {
  std::uint64_t key = 0;
  std::from_chars(client.data(), client.data() + std::min<std::size_t>(client.size(), 16), key, 16);
  const std::int64_t now = std::time(nullptr);
  Client* place = &state_->clients.front();
  for (Client& one : state_->clients) {
    if (one.key == key && one.began + kDay > now) return one;
    if (one.began < place->began) place = &one;
  }
  place->key = key;
  place->used = 0;
  place->began = now;
  return *place;
}

}  // namespace socketserver
