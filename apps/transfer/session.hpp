// A conversation of upload_client with a server.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "common/connect.hpp"
#include "common/progress.hpp"
#include "socketserver/service/download_client.hpp"
#include "socketserver/service/upload_client.hpp"
#include "transfer/words.hpp"

namespace socketserver::apps {

struct TransferOptions {
  UploadForm form = UploadForm::kCmd;
  std::optional<std::string> message;
  std::string to = ".";  ///< where files from the server go
  bool digest = true;    ///< of what is put and got by name of the command
  bool resume = false;
};

/// Does what a person asks for, one thing after the other, prints what became of each file on standard
/// output, and what went wrong on standard error. Nothing is thrown but by the constructor, which connects.
/// One thread.
class TransferSession {
 public:
  TransferSession(std::string program, const ClientOptions& where, TransferOptions options);

  /// False when nothing more can be asked.
  bool usable() const {
    return usable_ && (uploads_->usable() || can_connect_anew()) && downloads_->usable();
  }

  /// Sends a file as old servers know it. What became of it is told when it is known, by finish() at the
  /// latest.
  void send(const std::string& path);
  /// Sends files and directories.
  void put(const std::vector<std::string>& paths);
  /// Gets files, directories, and what matches patterns.
  void get(const std::vector<std::string>& names);
  /// Lists directories, files, and what matches patterns; without any, all that is at the top.
  void list(const std::vector<std::string>& names);
  /// Waits until it is known what became of everything.
  void settle();

  /// Says that nothing more comes, and tells what became of everything.
  void finish();
  void failed(const std::string& what, const std::string& why);
  /// 0, 1 when anything failed, 130 after Ctrl-C, as a shell has it.
  int status() const { return status_; }

 private:
  struct Sent {
    std::string path;
    std::uint64_t bytes, there;
    double seconds;
  };
  struct Broken {
    std::string path, why;
  };
  struct Wanted {
    StorePath file, to;
    std::uint64_t size = 0;
    bool directory = false;
  };

  void connect();
  bool has_said_nothing() const;
  bool can_connect_anew() const;
  void connect_anew_if_ended();
  void get_ready_to_ask();
  void report_broken();
  std::string why(const std::exception& error) const;
  void complain(const std::string& what);
  bool or_say(const std::string& what, const std::function<void()>& act);
  void send(const UploadFile& file, const ProgressBar::Total& total);
  void hear();
  void report();
  void report(const Sent& sent, const UploadReply& reply);
  void report_without_reply(const Sent& sent);
  std::string hear_the_end();
  void ask(const std::string& what, const std::function<void()>& act);
  std::vector<LocalFile> local_files(const std::vector<std::string>& paths);
  std::vector<Wanted> wanted_files(const std::string& name);
  std::vector<Wanted> below(const Wanted& directory);
  void get_all(const std::vector<Wanted>& wanted);
  void get_one(const Wanted& wanted, const ProgressBar::Total& total);
  void save(const Wanted& wanted, const ProgressBar::Total& total);
  Listing find(const std::string& name);

  std::string program_;
  ClientOptions server_;
  std::string where_;
  TransferOptions options_;
  Socket socket_;
  std::optional<UploadClient> uploads_;
  std::optional<DownloadClient> downloads_;
  std::optional<FileStore> store_;  // where files from the server go, once there are any
  std::vector<Sent> sent_;
  std::size_t reported_ = 0;      // of those
  std::optional<Broken> broken_;  // the file in which the connection became useless
  std::vector<std::string> unsent_;
  bool usable_ = true;
  bool silent_ = false;  // the last connection ended before the server said anything
  int status_ = 0;
};

}  // namespace socketserver::apps
