// The client's side of the upload service.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "socketserver/io/reader.hpp"
#include "socketserver/service/file_reader.hpp"
#include "socketserver/service/upload_header.hpp"

namespace socketserver {

/// What a server said about a file.
struct UploadReply {
  bool ok = false;
  std::string name;   ///< what it is called there
  std::string error;  ///< why it was refused
};

/// A file to be sent.
struct UploadFile {
  std::string path;                    ///< here
  std::optional<std::string> name;     ///< there, with directories; without: the last part of its path
  std::optional<std::string> message;  ///< for the server's log
  bool digest = false;                 ///< SHA-256 goes with it; it is read twice then
  /// Go on where an earlier try broke off, and have what arrives kept if this one does. Needs a server that
  /// knows of it, and `digest`.
  bool resume = false;
};

/// A file that is open, with what has to be known of it before it is sent: that may take long, and a server
/// that waits meanwhile may close the connection.
struct PreparedUpload {
  /// kMd5 reads the file, since the digest goes first. Throws OSError that names its path, and
  /// std::runtime_error when its name is not UTF-8 or it got shorter meanwhile.
  PreparedUpload(const UploadFile& file, UploadForm as);

  FileReader reader;
  UploadForm form;
  UploadHeader header;
};

/// Sends files on a connection, one after the other. Borrows the socket, which must outlive it and whose
/// timeouts bound every wait; those for a server that has to read or write much are longer by as much as a
/// slow disk takes. One thread.
///
/// Replies are asked for, and come back in order; a server that does not know of them just closes the
/// connection when finish() has told it that nothing more comes.
class UploadClient {
 public:
  /// Called now and then with the bytes sent so far and in all.
  using Progress = std::function<void(std::uint64_t sent, std::uint64_t size)>;

  explicit UploadClient(Socket& socket) : socket_(socket), reader_(socket) {}

  /// Returns how much of it an earlier try had brought there. Throws OSError (of the file: named by its path;
  /// of the connection), and std::runtime_error when it got shorter meanwhile, the server had closed the
  /// connection before, or does not say where to go on; usable() tells whether further files can follow.
  /// Replies that came while it sent are kept for finish().
  std::uint64_t send(const PreparedUpload& file, const Progress& progress);

  /// Takes what the server has said meanwhile, without waiting; so usable() knows whether it has closed.
  /// Throws as send().
  void hear();

  /// Waits for the replies that have not come yet. Throws TimeoutError where none comes, EOFError where the
  /// server closes, and as finish() does; then the connection is of no use.
  void settle();
  /// For what else is asked on the connection, after settle().
  Reader& reader() noexcept { return reader_; }

  /// False when the server has closed the connection, when a file was sent in part (what follows would be
  /// taken for the rest of it), and after an answer that is none.
  bool usable() const noexcept { return usable_; }

  /// Has the server closed the connection after it had answered everything? Who has more connects anew.
  bool ended() const noexcept { return ended_; }

  /// Has the server said anything at all? Then it answers, and who hears nothing of a file has lost it.
  bool answers() const noexcept { return answers_; }

  /// Says that nothing more comes, and returns what the server said: a reply for each file, in order, or
  /// fewer where it closes without. Throws TimeoutError where it does neither, FramingError and JsonError for
  /// replies that are none; replies() has what came before.
  std::vector<UploadReply> finish();

  /// After send() has failed: what the server says before it closes the connection; never throws.
  std::vector<UploadReply> last_words() noexcept;
  /// What the server has said so far.
  const std::vector<UploadReply>& replies() const noexcept { return replies_; }

 private:
  std::uint64_t unanswered_bytes() const;
  bool read_reply();
  void note_reply(const Json& answer);
  std::optional<std::uint64_t> agree_where_to_go_on(const FileReader& file);
  void send_bytes(const FileReader& file, std::uint64_t offset, const Progress& progress);

  Socket& socket_;
  Reader reader_;
  std::vector<UploadReply> replies_;
  std::vector<std::uint64_t> asked_;  // for replies: the sizes of what was sent
  bool usable_ = true, answers_ = false, ended_ = false;
};

}  // namespace socketserver
