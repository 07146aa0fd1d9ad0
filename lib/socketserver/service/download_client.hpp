// The client's side of `get` and `ls` (transfer.hpp). The server is not trusted: whatever it says, files
// appear where the caller said, whole and with the right digest, or not at all.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "socketserver/io/reader.hpp"
#include "socketserver/service/file_store.hpp"
#include "socketserver/service/transfer.hpp"

namespace socketserver {

/// Asks on a connection, one thing after the other. Borrows the socket, whose timeouts bound every wait, and
/// its reader; both must outlive it. One thread.
class DownloadClient {
 public:
  /// Called now and then with the bytes there are so far and in all.
  using Progress = std::function<void(std::uint64_t there, std::uint64_t size)>;

  struct Options {
    bool digest = true;   ///< the server sends a SHA-256 behind the file
    bool resume = false;  ///< go on with what an earlier try left in the store, and leave it there again
  };
  struct Result {
    std::uint64_t size = 0;
    std::uint64_t there = 0;  ///< how much of it an earlier try had left
    bool checked = false;     ///< by a digest, which not every server gives
  };

  DownloadClient(Socket& socket, Reader& reader) : socket_(socket), reader_(reader) {}

  /// Gets the server's file into `store`, as `to`. IsADirectoryError and other RefusedError when the server
  /// does not send it, after which it can be asked again; usable() tells. OSError of the connection and of
  /// the store; EOFError, FramingError, JsonError, and std::runtime_error for a wrong digest.
  Result get(const StorePath& file, const FileStore& store, const StorePath& to, const Options& options,
             const Progress& progress);

  /// What a directory of the server holds. Throws as read_listing(), and OSError of the connection.
  Listing list(const StorePath& directory, bool recursive);

  /// False after anything but an answer: nobody knows where the next one begins.
  bool usable() const noexcept { return usable_; }
  /// Has the server answered anything at all?
  bool answers() const noexcept { return answers_; }

 private:
  void ask(const Json& request);
  GetReply request(const StorePath& file, const FilePart& part, const Options& options, Sha256& hash);
  void receive(FilePart& part, std::uint64_t size, Sha256* hash, const Progress& progress);

  Socket& socket_;
  Reader& reader_;
  bool usable_ = true, answers_ = false;
};

}  // namespace socketserver
