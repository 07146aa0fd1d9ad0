#include "common/progress.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <iostream>
#include <utility>

namespace socketserver::apps {
namespace {

// Ten pictures a second look smooth and cost nothing.
constexpr std::chrono::milliseconds kRedraw{100};

// What the kernel's buffers take at once, some MB, has left them by then.
constexpr double kWorthARate = 0.1;  // seconds

// Of fewer bytes it would tell how long their round trip took.
constexpr double kEnoughForARate = 1e6;

constexpr std::size_t kUsualWidth = 80;  // of a terminal that does not say

constexpr std::size_t kShortestBar = 5;  // fewer steps say nothing

std::string time_text(double seconds) {
  const auto all = static_cast<long long>(std::min(seconds, 359999.0));  // 99:59:59
  char text[32];
  std::snprintf(text, sizeof text, "%lld:%02lld:%02lld", all / 3600, all / 60 % 60, all % 60);
  return text;
}

}  // namespace

std::string size_text(double bytes) {
  constexpr std::array<const char*, 6> kUnits{"B", "kB", "MB", "GB", "TB", "PB"};
  std::size_t unit = 0;
  for (; bytes >= 999.95 && unit + 1 < kUnits.size(); ++unit) bytes /= 1000;
  char text[32];
  std::snprintf(text, sizeof text, unit == 0 ? "%.0f %s" : "%.1f %s", bytes, kUnits[unit]);
  return text;
}

std::string rate_text(double bytes, double seconds) {
  return seconds < kWorthARate || bytes < kEnoughForARate ? "" : ", " + size_text(bytes / seconds) + "/s";
}

StatusLine::StatusLine() : terminal_(::isatty(STDERR_FILENO) != 0), next_(Clock::now() + kRedraw) {}

void StatusLine::clear() {
  if (std::exchange(drawn_, false)) std::cerr << "\r\033[K" << std::flush;
}

bool StatusLine::due() {
  const auto now = Clock::now();
  if (!terminal_ || now < next_) return false;
  next_ = now + kRedraw;
  return true;
}

void StatusLine::draw(const std::string& text) {
  if (!terminal_) return;
  drawn_ = true;
  std::cerr << "\r" << text.substr(0, width() - 1) << "\033[K" << std::flush;
}

std::size_t StatusLine::width() {
  winsize size{};
  return ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : kUsualWidth;
}

std::string ProgressBar::total_text(std::uint64_t done) const {
  if (total_.files < 2) return "";
  std::string text = "  " + std::to_string(total_.file) + "/" + std::to_string(total_.files);
  if (total_.size == 0) return text;
  const double share = static_cast<double>(total_.done + done) / static_cast<double>(total_.size);
  char all[32];
  std::snprintf(all, sizeof all, ", all %.0f%%", 100 * std::min(share, 1.0));
  return text + all;
}

void ProgressBar::show(std::uint64_t done, std::uint64_t size) {
  if (size == 0 || !line_.due()) return;
  const double share = static_cast<double>(done) / static_cast<double>(size);
  const double rate =
      static_cast<double>(done) / std::chrono::duration<double>(Clock::now() - began_).count();
  const double left = rate > 0 ? static_cast<double>(size - done) / rate : 0;
  char text[160];
  std::snprintf(text, sizeof text, " %3.0f%%  %s of %s  %s/s  %s left", 100 * share,
                size_text(static_cast<double>(done)).c_str(), size_text(static_cast<double>(size)).c_str(),
                size_text(rate).c_str(), time_text(left).c_str());
  const std::string words = text + total_text(done);
  const std::size_t width = StatusLine::width();
  const std::size_t room = width > words.size() + 4 ? std::min<std::size_t>(width - words.size() - 4, 40) : 0;
  const auto full = static_cast<std::size_t>(share * static_cast<double>(room));
  std::string bar;
  if (room >= kShortestBar) bar.append("[").append(full, '#').append(room - full, '.').append("]");
  line_.draw(bar + words);
}

}  // namespace socketserver::apps
