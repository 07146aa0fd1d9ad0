// What a session gets from the server.
#include <algorithm>
#include <ctime>
#include <iostream>
#include <thread>

#include "common/interruption.hpp"
#include "socketserver/net/error.hpp"
#include "socketserver/net/wait.hpp"
#include "socketserver/service/text.hpp"
#include "transfer/session.hpp"

namespace socketserver::apps {
namespace {

// Of what is kept to be resumed: here it is in nobody's way, and whose it is may be long in coming back.
constexpr std::chrono::hours kPartLifetime{30 * 24};

constexpr char kNotAskedFor[] = "not asked for, since the connection ended before";

constexpr int kInterrupted = 130;  // as a shell counts SIGINT

/// While it lives, Ctrl-C ends the connection, so that what is half saved is removed, or kept, before the
/// program ends.
class EndAtInterruption {
 public:
  explicit EndAtInterruption(Socket& socket) : thread_([this, &socket] { watch(socket); }) {}
  ~EndAtInterruption() {
    over_.notify();
    thread_.join();
  }
  EndAtInterruption(const EndAtInterruption&) = delete;
  EndAtInterruption& operator=(const EndAtInterruption&) = delete;
  bool requested() const { return interruption_.requested(); }

 private:
  void watch(Socket& socket) {
    pollfd both[] = {{interruption_.fileno(), POLLIN, 0}, {over_.fileno(), POLLIN, 0}};
    wait_any(both, Deadline());
    if (both[0].revents != 0) socket.interrupt();
  }

  Interruption interruption_;
  Wakeup over_;
  std::thread thread_;
};

StorePath joined(const StorePath& directory, const StorePath& path) {
  return directory.empty() ? path : StorePath::relative(directory.text() + "/" + path.text());
}

std::string time_text(std::int64_t time) {
  const auto seconds = static_cast<std::time_t>(time);
  std::tm local{};
  char text[64];
  if (::localtime_r(&seconds, &local) == nullptr) return "-";  // of a year that no calendar has
  return std::string(text, std::strftime(text, sizeof text, "%Y-%m-%d %H:%M", &local));
}

void print(const ListedFile& file) {
  const std::string size = file.directory ? "" : size_text(static_cast<double>(file.size));
  const std::string time = file.directory ? "" : time_text(file.time);
  constexpr std::size_t kSizeWidth = 9, kTimeWidth = 18;  // "1000.0 MB", "2026-01-31 12:00  "
  std::cout << std::string(kSizeWidth - std::min(kSizeWidth, size.size()), ' ') << size << "  " << time
            << std::string(kTimeWidth - std::min(kTimeWidth, time.size()), ' ')
            << printable(file.path.text(), StorePath::kDeepest * 255) << (file.directory ? "/" : "") << "\n";
}

}  // namespace

void TransferSession::ask(const std::string& what, const std::function<void()>& act) {
  if (usable())
    or_say(what, act);
  else
    failed(what, kNotAskedFor);
}

void TransferSession::get(const std::vector<std::string>& names) {
  get_ready_to_ask();
  const EndAtInterruption end(socket_);
  for (const std::string& name : names) {
    if (end.requested()) break;
    ask(name, [&] { get_all(wanted_files(name)); });
  }
  if (!end.requested()) return;
  complain("interrupted");
  usable_ = false;
  status_ = kInterrupted;
}

std::vector<TransferSession::Wanted> TransferSession::wanted_files(const std::string& name) {
  std::vector<Wanted> wanted;
  if (!is_pattern(name)) {
    const StorePath path = remote_path(name);
    return {{path, path.empty() ? path : StorePath::last_part(path.name()), 0, path.empty()}};
  }
  const StorePath parent = remote_path(parent_of(name));
  for (const ListedFile& file : find(name).files)
    wanted.push_back({joined(parent, file.path), file.path, file.size, file.directory});
  return wanted;
}

std::vector<TransferSession::Wanted> TransferSession::below(const Wanted& directory) {
  const Listing listing = downloads_->list(directory.file, true);
  std::vector<Wanted> wanted;
  for (const ListedFile& file : listing.files)
    if (!file.directory)
      wanted.push_back(
          {joined(directory.file, file.path), joined(directory.to, file.path), file.size, false});
  if (listing.left_out > 0)
    failed(directory.file.text(), std::to_string(listing.left_out) + " of what it holds cannot be had");
  std::ranges::sort(wanted, {}, [](const Wanted& one) { return one.file.text(); });
  return wanted;
}

void TransferSession::get_all(const std::vector<Wanted>& wanted) {
  ProgressBar::Total total{0, wanted.size(), 0, 0};
  for (const Wanted& one : wanted) total.size += one.size;
  for (const Wanted& one : wanted) {
    const std::size_t more = total.files - ++total.file;
    if (!usable())
      return failed(one.file.text() + (more > 0 ? " and " + std::to_string(more) + " more" : ""),
                    kNotAskedFor);
    or_say(one.file.text(), [&] { get_one(one, total); });
    total.done += one.size;
  }
}

// Which can turn out to be a directory; in its turn, what it holds cannot.
void TransferSession::get_one(const Wanted& wanted, const ProgressBar::Total& total) {
  if (wanted.directory) return get_all(below(wanted));
  try {
    save(wanted, total);
  } catch (const IsADirectoryError&) {
    if (wanted.to.names().size() > 1) throw;
    get_all(below(wanted));
  }
}

void TransferSession::save(const Wanted& wanted, const ProgressBar::Total& total) {
  if (!store_) store_.emplace(options_.to, StoreLimits(), kPartLifetime);
  const auto began = Clock::now();
  ProgressBar bar(total);
  const auto result = downloads_->get(wanted.file, *store_, wanted.to, {options_.digest, options_.resume},
                                      [&](std::uint64_t done, std::uint64_t size) { bar.show(done, size); });
  const double seconds = std::chrono::duration<double>(Clock::now() - began).count();
  const auto size = static_cast<double>(result.size), there = static_cast<double>(result.there);
  bar.clear();
  std::cout << printable(wanted.file.text()) << ": saved as " << printable(options_.to) << "/"
            << printable(wanted.to.text()) << ", " << size_text(size) << rate_text(size - there, seconds)
            << (result.there > 0 ? ", of which " + size_text(there) + " were there" : "")
            << (options_.digest && !result.checked ? "; the server gives no digest to check it by" : "")
            << "\n";
}

Listing TransferSession::find(const std::string& name) {
  const auto only = [&](Listing listing, auto wanted) {
    std::erase_if(listing.files, [&](const ListedFile& file) { return !wanted(file.path.name()); });
    if (listing.files.empty()) throw RefusedError("there is no such file");
    return listing;
  };
  if (is_pattern(name))
    return only(downloads_->list(remote_path(parent_of(name)), false),
                [&](const std::string& one) { return matches(name, one); });
  const StorePath path = remote_path(name);
  try {
    return downloads_->list(path, false);
  } catch (const RefusedError&) {
    if (path.empty() || !usable()) throw;
    return only(downloads_->list(remote_path(parent_of(path.text())), false),
                [&](const std::string& one) { return one == path.name(); });
  }
}

void TransferSession::list(const std::vector<std::string>& names) {
  get_ready_to_ask();
  for (const std::string& name : names.empty() ? std::vector<std::string>{""} : names) {
    ask(name.empty() ? where_ : name, [&] {
      Listing listing = find(name);
      std::ranges::sort(listing.files, {}, [](const ListedFile& file) { return file.path.text(); });
      for (const ListedFile& file : listing.files) print(file);
      if (listing.left_out > 0)
        std::cerr << program_ << ": " << listing.left_out << " more cannot be had: links and odd names\n";
    });
  }
}

}  // namespace socketserver::apps
