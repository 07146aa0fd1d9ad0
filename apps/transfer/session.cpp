#include "transfer/session.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <iostream>
#include <utility>

#include "common/main.hpp"
#include "socketserver/net/error.hpp"
#include "socketserver/net/wait.hpp"
#include "socketserver/service/text.hpp"
#include "socketserver/service/upload.hpp"

namespace socketserver::apps {
namespace {

// A path or two, each as long as Linux has them, and what is wrong with them.
constexpr std::size_t kLongMessage = 10'000;

// Servers refuse a size before the file comes, so that the answer is under way; old ones never answer.
constexpr std::chrono::seconds kRefusalTime{1};

bool is_directory(const std::string& path) {
  struct stat status;
  return ::stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode);
}

std::uint64_t size_of(const std::string& path) {
  struct stat status;
  return ::stat(path.c_str(), &status) == 0 ? static_cast<std::uint64_t>(status.st_size) : 0;
}

std::string why_not(const UploadReply& reply) { return "refused: " + reply.error; }

}  // namespace

TransferSession::TransferSession(std::string program, const ClientOptions& where, TransferOptions options)
    : program_(std::move(program)), server_(where), where_(where.where()), options_(std::move(options)) {
  connect();
}

void TransferSession::connect() {
  Socket socket = server_.connect();
  downloads_.reset();
  uploads_.reset();
  socket_ = std::move(socket);
  uploads_.emplace(socket_);
  downloads_.emplace(socket_, uploads_->reader());
}

bool TransferSession::has_said_nothing() const {
  return uploads_->replies().empty() && !downloads_->answers();
}

// A server closes after it has answered, where it would not read a large file to its end, or since we were
// idle for too long, but one that closes again without a word will not have us.
bool TransferSession::can_connect_anew() const {
  return uploads_->ended() && !(silent_ && has_said_nothing());
}

void TransferSession::connect_anew_if_ended() {
  if (uploads_->usable() || !can_connect_anew()) return;
  report();
  report_broken();
  silent_ = has_said_nothing();
  sent_.clear();
  reported_ = 0;
  connect();
}

void TransferSession::report_broken() {
  if (!broken_) return;
  const auto& replies = uploads_->replies();
  failed(broken_->path, replies.size() > sent_.size() ? why_not(replies.back()) : broken_->why);
  broken_.reset();
}

// A server that has answered wanted no other key, and one that wants any has said something.
std::string TransferSession::why(const std::exception& error) const {
  const bool answered = uploads_->answers() || downloads_->answers();
  return !answered && (server_.auth.wanted() || socket_.received() > 0) ? with_guess(error) : error.what();
}

void TransferSession::complain(const std::string& what) {
  std::cout << std::flush;
  std::cerr << program_ << ": " << printable(what, kLongMessage) << "\n";
  status_ = std::max(status_, 1);
}

void TransferSession::failed(const std::string& what, const std::string& why) {
  complain(printable(what) + ": " + printable(why));
}

// Does something about `what`; false when it throws.
bool TransferSession::or_say(const std::string& what, const std::function<void()>& act) {
  try {
    act();
    return true;
  } catch (const TimeoutError&) {
    failed(what, "the server does not answer");
  } catch (const std::exception& error) {
    failed(what, why(error));
  }
  return false;
}

// ---- to the server ----

// Behind a large file that it refuses, the server reads no other: nothing may follow before we know.
void TransferSession::hear() {
  uploads_->hear();
  if (sent_.empty() || sent_.back().bytes <= UploadHandler::kDiscardLimit) return;
  const auto& replies = uploads_->replies();
  const auto may_close = [&] { return replies.size() < sent_.size() || !replies.back().ok; };
  for (const Deadline end = Deadline::after(kRefusalTime);
       uploads_->usable() && may_close() && wait_readable(socket_.fileno(), end);)
    uploads_->hear();
}

void TransferSession::send(const std::string& path) {
  if (!usable()) return unsent_.push_back(path);
  send({path, {}, options_.message, false, false}, {});
}

void TransferSession::send(const UploadFile& file, const ProgressBar::Total& total) {
  const auto began = Clock::now();
  Sent sent{file.path, 0, 0, 0};
  bool prepared = false;
  try {
    ProgressBar bar(total);
    const PreparedUpload upload(file, options_.form);
    prepared = true;
    hear();
    if (!or_say(file.path, [this] { connect_anew_if_ended(); })) return void(usable_ = false);
    sent.there = uploads_->send(upload, [&](std::uint64_t done, std::uint64_t size) {
      bar.show(done, size);
      sent.bytes = size;
    });
    sent.seconds = std::chrono::duration<double>(Clock::now() - began).count();
    sent_.push_back(sent);
  } catch (const std::exception& error) {
    if (!prepared || uploads_->usable()) return complain(error.what());  // which names the file
    uploads_->last_words();
    broken_ = {file.path, why(error)};
  }
}

std::vector<LocalFile> TransferSession::local_files(const std::vector<std::string>& paths) {
  std::vector<LocalFile> files;
  for (const std::string& path : paths) {
    if (!is_directory(path)) {
      files.push_back({path, path.substr(path.rfind('/') + 1), size_of(path)});
      continue;
    }
    or_say(path, [&] {
      auto below = files_below(
          path, [this](const std::string& odd) { failed(odd, "left out, since it can be no file there"); });
      files.insert(files.end(), below.begin(), below.end());
    });
  }
  return files;
}

void TransferSession::put(const std::vector<std::string>& paths) {
  const std::vector<LocalFile> files = local_files(paths);
  ProgressBar::Total total{0, files.size(), 0, 0};
  for (const LocalFile& file : files) total.size += file.size;
  for (const LocalFile& file : files) {
    if (!usable()) {
      unsent_.push_back(file.path);
      continue;
    }
    ++total.file;
    send({file.path, file.name, options_.message, options_.digest, options_.resume}, total);
    report();
    total.done += file.size;
  }
}

// What has been answered meanwhile, in the order in which it was sent.
void TransferSession::report() {
  const auto& replies = uploads_->replies();
  for (; reported_ < std::min(sent_.size(), replies.size()); ++reported_)
    report(sent_[reported_], replies[reported_]);
}

void TransferSession::report(const Sent& sent, const UploadReply& reply) {
  if (!reply.ok) return failed(sent.path, why_not(reply));
  const auto bytes = static_cast<double>(sent.bytes), there = static_cast<double>(sent.there);
  std::cout << printable(sent.path, kLongMessage) << ": stored as " << printable(reply.name, kLongMessage)
            << ", " << size_text(bytes) << rate_text(bytes - there, sent.seconds)
            << (sent.there > 0 ? ", of which " + size_text(there) + " were there" : "") << "\n";
}

void TransferSession::report_without_reply(const Sent& sent) {
  if (uploads_->answers())
    return failed(sent.path, "the connection ended before the server said that it was stored");
  if (server_.auth.wanted() && !server_.auth.mutual)  // servers of the mutual form say that a key is wrong
    return failed(sent.path, why(EOFError("the connection ended before the server said anything")));
  const auto bytes = static_cast<double>(sent.bytes);
  std::cout << printable(sent.path, kLongMessage) << ": sent " << size_text(bytes)
            << rate_text(bytes, sent.seconds) << "; the server does not say whether it was stored\n";
}

void TransferSession::settle() {
  if (or_say(where_, [this] { uploads_->settle(); })) report();
  if (!or_say(where_, [this] { connect_anew_if_ended(); })) usable_ = false;
}

// A server may have closed since, as one does that was asked nothing for too long.
void TransferSession::get_ready_to_ask() {
  settle();
  const bool ready = or_say(where_, [this] {
    uploads_->hear();
    connect_anew_if_ended();
  });
  if (!ready) usable_ = false;
}

// Returns what is wrong with it.
std::string TransferSession::hear_the_end() {
  if (broken_) return {};
  try {
    usable_ && uploads_->usable() && downloads_->usable() ? uploads_->finish() : uploads_->last_words();
    return {};
  } catch (const TimeoutError&) {
    return "the server neither answers nor closes the connection";
  } catch (const std::exception& error) {
    return why(error);
  }
}

void TransferSession::finish() {
  const std::string complaint = hear_the_end();
  report();
  for (; reported_ < sent_.size(); ++reported_) report_without_reply(sent_[reported_]);
  report_broken();
  if (!complaint.empty()) failed(where_, complaint);
  for (const std::string& path : unsent_) failed(path, "not sent, since the connection ended before");
}

}  // namespace socketserver::apps
