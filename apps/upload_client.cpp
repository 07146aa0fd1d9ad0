// Sends files to an upload server.
#include "socketserver/service/upload_client.hpp"

#include <iostream>

#include "common/connect.hpp"
#include "common/main.hpp"
#include "common/progress.hpp"
#include "common/prompt.hpp"
#include "socketserver/net/error.hpp"
#include "socketserver/service/text.hpp"

using namespace socketserver;

namespace {

constexpr char kProgram[] = "upload_client";

// A path or two, each as long as Linux has them, and what is wrong with them.
constexpr std::size_t kLongMessage = 10'000;

UploadForm form_named(const std::string& name) {
  return name == "cmd" ? UploadForm::kCmd : name == "msg" ? UploadForm::kMsg : UploadForm::kMd5;
}

// Files and what became of them.
class Upload {
 public:
  Upload(const apps::ClientOptions& where, UploadForm form, std::optional<std::string> message)
      : where_(where.where()),
        socket_(where.connect()),
        client_(socket_, form),
        message_(std::move(message)) {}

  /// False when nothing more can be sent.
  bool usable() const { return client_.usable(); }

  void send(const std::string& path) {
    const auto began = Clock::now();
    std::uint64_t bytes = 0;
    try {
      apps::ProgressBar bar;
      client_.send(path, message_, [&](std::uint64_t sent, std::uint64_t size) {
        bar.show(sent, size);
        bytes = size;
      });
      sent_.push_back({path, bytes, std::chrono::duration<double>(Clock::now() - began).count()});
    } catch (const std::exception& error) {
      if (usable()) return complain(error.what());  // which names the file
      broken_ = {path, error.what()};
    }
  }

  /// Prints what the server said.
  void finish() {
    const std::string complaint = hear_the_end();
    const auto& replies = client_.replies();
    for (std::size_t i = 0; i < sent_.size(); ++i)
      i < replies.size() ? report(sent_[i], replies[i]) : report_without_reply(sent_[i]);
    if (broken_)
      failed(broken_->path, replies.size() > sent_.size() ? why_not(replies.back()) : broken_->why);
    if (!complaint.empty()) failed(where_, complaint);
  }
  void failed(const std::string& what, const std::string& why) {
    complain(printable(what) + ": " + printable(why));
  }
  int status() const { return status_; }

 private:
  struct Sent {
    std::string path;
    std::uint64_t bytes;
    double seconds;
  };
  struct Broken {
    std::string path, why;
  };

  void complain(const std::string& what) {
    std::cout << std::flush;
    std::cerr << kProgram << ": " << printable(what, kLongMessage) << "\n";
    status_ = 1;
  }
  std::string hear_the_end() {
    try {
      usable() ? client_.finish() : client_.last_words();
      return {};
    } catch (const TimeoutError&) {
      return "the server neither answers nor closes the connection";
    } catch (const std::exception& error) {
      return error.what();
    }
  }
  static std::string facts(const Sent& sent) {
    const auto bytes = static_cast<double>(sent.bytes);
    return apps::size_text(bytes) + apps::rate_text(bytes, sent.seconds);
  }
  static std::string why_not(const UploadReply& reply) { return "refused: " + reply.error; }
  void report(const Sent& sent, const UploadReply& reply) {
    if (!reply.ok) return failed(sent.path, why_not(reply));
    std::cout << printable(sent.path) << ": stored as " << printable(reply.name) << ", " << facts(sent)
              << "\n";
  }
  void report_without_reply(const Sent& sent) {
    std::cout << printable(sent.path) << ": sent " << facts(sent)
              << "; the server does not say whether it was stored\n";
  }

  std::string where_;
  Socket socket_;
  UploadClient client_;
  std::optional<std::string> message_;
  std::vector<Sent> sent_;
  std::optional<Broken> broken_;  // the file in which the connection became useless
  int status_ = 0;
};

int run(int argc, char** argv) {
  apps::Options options(kProgram, "[OPTION]... [FILE]...",
                        "Sends the files, or else those named by the lines of standard input.");
  apps::ClientOptions where;
  where.port = 8021;
  std::string form = "cmd", message;
  options.choice("form", form, {"cmd", "msg", "md5"},
                 "the header's: with cmd and filename; with a message; or with the MD5 of the contents, "
                 "which the server then checks");
  options.value("msg", "TEXT", message, "a message for the server's log");
  where.add_to(options);
  const std::vector<std::string> files = options.parse(argc, argv);
  Upload upload(where, form_named(form), options.given("msg") ? std::optional(message) : std::nullopt);
  auto file = files.begin();
  while (file != files.end() && upload.usable()) upload.send(*file++);
  if (files.empty())
    for (apps::Prompt prompt("file> "); const auto line = upload.usable() ? prompt.next() : std::nullopt;)
      if (!line->empty()) upload.send(*line);
  upload.finish();
  for (; file != files.end(); ++file) upload.failed(*file, "not sent, since the connection ended before");
  return upload.status();
}

}  // namespace

int main(int argc, char** argv) {
  return apps::run_main(kProgram, [&] { return run(argc, argv); });
}
