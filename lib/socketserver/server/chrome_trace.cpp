#include "socketserver/server/chrome_trace.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cinttypes>
#include <cstdarg>
#include <cstdio>
#include <exception>

namespace socketserver {
namespace {

// Some hundred events: a system call for them all together is nothing, and they cost no memory to speak of.
constexpr std::size_t kFlushSize = std::size_t{64} << 10;
// What a SIGKILL may lose.
constexpr std::chrono::seconds kFlushAge{1};

[[gnu::format(printf, 1, 2)]] std::string formatted(const char* format, ...) {
  std::array<char, 256> text;  // all of ours are numbers and short words
  va_list arguments;
  va_start(arguments, format);
  std::vsnprintf(text.data(), text.size(), format, arguments);
  va_end(arguments);
  return text.data();
}

// A string of JSON. Bytes of a path that are not ASCII are shown as those of Latin-1.
std::string quoted(const std::string& text) {
  std::string json = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < ' ' || byte > '~' || c == '"' || c == '\\')
      json += formatted("\\u%04x", unsigned{byte});
    else
      json += c;
  }
  return json + '"';
}

double microseconds(Clock::time_point time) {
  return std::chrono::duration<double, std::micro>(time.time_since_epoch()).count();
}

bool is_wait(ConnectionState state) {
  return state == ConnectionState::kQueued || state == ConnectionState::kWaitingToRead ||
         state == ConnectionState::kWaitingToWrite;
}

}  // namespace

// The first event is written here, so that all others can bring the comma in front of them.
ChromeTrace::ChromeTrace(const std::string& path, const std::string& name)
    : file_(path, LogFile::Begin::kEmpty),
      name_(name),
      server_pid_(::getpid()),
      pid_(server_pid_),
      flush_(Deadline::after(kFlushAge)) {
  add_metadata_locked(0, "process_name", name_);
  collected_.front() = '[';
  flush_locked();
}

ChromeTrace::~ChromeTrace() {
  const std::lock_guard lock(mutex_);
  flush_locked();
  if (pid_ == server_pid_ && !given_up_) file_.write("\n]\n");
}

void ChromeTrace::on_change(const ConnectionEvent& event) noexcept {
  const std::lock_guard lock(mutex_);
  if (given_up_) return;
  const std::size_t before = collected_.size();
  try {
    add_locked(event);
  } catch (const std::exception&) {  // no memory for the event: not half of it either
    collected_.resize(before);
  }
  if (collected_.size() >= kFlushSize) flush_locked();
}

void ChromeTrace::on_turn() noexcept {
  const std::lock_guard lock(mutex_);
  if (flush_.expired()) flush_locked();
}

// What is collected is the parent's.
void ChromeTrace::on_fork() noexcept {
  const std::lock_guard lock(mutex_);
  collected_.clear();
  lanes_.clear();
  pid_ = ::getpid();
  try {
    add_metadata_locked(0, "process_name", name_ + " (child)");
  } catch (const std::exception&) {
    collected_.clear();
  }
}

void ChromeTrace::on_child_end() noexcept {
  const std::lock_guard lock(mutex_);
  flush_locked();
}

void ChromeTrace::flush_locked() noexcept {
  given_up_ = given_up_ || !file_.write(collected_);
  collected_.clear();
  flush_ = Deadline::after(kFlushAge);
}

void ChromeTrace::add_locked(const ConnectionEvent& event) {
  Lane& lane = lane_locked(event.worker);
  if (event.previous == ConnectionState::kHandling) add_slice_locked(event, lane);
  if (is_wait(event.previous)) add_async_locked('e', to_string(event.previous), event);
  if (is_wait(event.state)) add_async_locked('b', to_string(event.state), event);
  const std::string client = event.client.to_string();
  if (event.state == ConnectionState::kAccepted) add_async_locked('b', client, event);
  if (event.state == ConnectionState::kClosed || event.state == ConnectionState::kRefused)
    add_async_locked('e', client, event,
                     formatted(R"("outcome":"%s","received":%)" PRIu64 R"(,"sent":%)" PRIu64,
                               to_string(event.outcome), event.received, event.sent));
}

ChromeTrace::Lane& ChromeTrace::lane_locked(std::uint32_t worker) {
  if (worker >= lanes_.size()) lanes_.resize(worker + 1);
  Lane& lane = lanes_[worker];
  if (!lane.named) add_metadata_locked(worker, "thread_name", "worker " + std::to_string(worker));
  lane.named = true;
  return lane;
}

void ChromeTrace::add_metadata_locked(std::uint32_t worker, const char* kind, const std::string& name) {
  collected_ +=
      formatted(",\n{\"ph\":\"M\",\"pid\":%d,\"tid\":%" PRIu32 ",\"name\":\"%s\",\"args\":{\"name\":", pid_,
                worker, kind);
  collected_ += quoted(name) + "}}";
}

// The time it ran for the connection since the last wait.
void ChromeTrace::add_slice_locked(const ConnectionEvent& event, Lane& lane) {
  const double begin = microseconds(std::max(event.since, lane.end));
  lane.end = std::max(event.time, lane.end);
  const double end = microseconds(lane.end);
  collected_ += ",\n{\"ph\":\"X\",\"name\":" + quoted(event.client.to_string());
  collected_ +=
      formatted(R"(,"pid":%d,"tid":%)" PRIu32 R"(,"ts":%.3f,"dur":%.3f,"args":{"connection":%)" PRIu64 "}}",
                pid_, event.worker, begin, end - begin, event.connection);
}

// Of the server, also where a child tells it: a connection has one track.
void ChromeTrace::add_async_locked(char phase, const std::string& name, const ConnectionEvent& event,
                                   const std::string& args) {
  collected_ +=
      ",\n{\"ph\":\"" + std::string(1, phase) + "\",\"cat\":\"connection\",\"name\":" + quoted(name);
  collected_ += formatted(R"(,"id":%)" PRIu64 R"(,"pid":%d,"tid":%)" PRIu32 R"(,"ts":%.3f,"args":{)",
                          event.connection, server_pid_, event.worker, microseconds(event.time));
  collected_ += args + "}}";
}

}  // namespace socketserver
