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

UploadForm form_named(const std::string& name) {
  return name == "cmd" ? UploadForm::kCmd : name == "msg" ? UploadForm::kMsg : UploadForm::kMd5;
}

// Files and what became of them; the connection is made when the first file can be read.
class Upload {
 public:
  Upload(const apps::ClientOptions& where, UploadForm form, std::optional<std::string> message)
      : socket_(where.connect()), client_(socket_, form), message_(std::move(message)) {}

  /// False when the connection is of no more use.
  bool send(const std::string& path) {
    const auto began = Clock::now();
    try {
      apps::ProgressBar bar;
      client_.send(path, message_, [&](std::uint64_t sent, std::uint64_t size) {
        bar.show(sent, size);
        bytes_ = size;
      });
    } catch (const ConnectionError& error) {
      failed(path, error.what());
      return false;
    } catch (const TimeoutError& error) {
      failed(path, error.what());
      return false;
    } catch (const OSError& error) {  // of the file, before anything was sent
      failed(path, error.what());
      return true;
    }
    sent_.push_back({path, bytes_, std::chrono::duration<double>(Clock::now() - began).count()});
    return true;
  }

  /// Prints what the server said; the exit status.
  int finish(bool connected) {
    const auto replies = connected ? client_.finish() : client_.last_words();
    for (std::size_t i = 0; i < replies.size(); ++i) report(i, replies[i]);
    for (std::size_t i = replies.size(); i < sent_.size(); ++i)
      std::cout << printable(sent_[i].path) << ": sent " << facts(sent_[i])
                << "; the server does not say whether it was stored\n";
    return failed_ ? 1 : 0;
  }

 private:
  struct Sent {
    std::string path;
    std::uint64_t bytes;
    double seconds;
  };

  static std::string facts(const Sent& sent) {
    const auto bytes = static_cast<double>(sent.bytes);
    return apps::size_text(bytes) + ", " + apps::size_text(bytes / std::max(sent.seconds, 1e-6)) + "/s";
  }
  void report(std::size_t i, const UploadReply& reply) {
    const std::string path = i < sent_.size() ? sent_[i].path : "the last file";
    if (!reply.ok) return failed(path, "refused: " + reply.error);
    std::cout << printable(path) << ": stored as " << printable(reply.name) << ", " << facts(sent_[i])
              << "\n";
  }
  void failed(const std::string& path, const std::string& why) {
    std::cout << std::flush;
    std::cerr << kProgram << ": " << printable(path) << ": " << printable(why) << "\n";
    failed_ = true;
  }

  Socket socket_;
  UploadClient client_;
  std::optional<std::string> message_;
  std::vector<Sent> sent_;
  std::uint64_t bytes_ = 0;
  bool failed_ = false;
};

int run(int argc, char** argv) {
  apps::Options options(kProgram, "[OPTION]... [FILE]...",
                        "Sends the files, or else those named by the lines of standard input.");
  apps::ClientOptions where;
  where.port = 8021;
  std::string form = "cmd", message;
  options.choice("form", form, {"cmd", "msg", "md5"},
                 "the header's: with cmd and filename; with a message; or with the MD5 of the contents, "
                 "which the server "
                 "then checks");
  options.value("msg", "TEXT", message, "a message for the server's log");
  where.add_to(options);
  const std::vector<std::string> files = options.parse(argc, argv);
  Upload upload(where, form_named(form), options.given("msg") ? std::optional(message) : std::nullopt);
  bool connected = true;
  for (const std::string& file : files)
    if (connected) connected = upload.send(file);
  if (files.empty())
    for (apps::Prompt prompt("file> "); const auto line = connected ? prompt.next() : std::nullopt;)
      if (!line->empty()) connected = upload.send(*line);
  return upload.finish(connected);
}

}  // namespace

int main(int argc, char** argv) {
  return apps::run_main(kProgram, [&] { return run(argc, argv); });
}
