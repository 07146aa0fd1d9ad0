// The upload service: stores the files that its clients send, and gives them back. upload_header.hpp and
// transfer.hpp say in what form they are asked for and come.
#pragma once

#include <cstdint>
#include <limits>
#include <memory>

#include "socketserver/handler/stream_request_handler.hpp"
#include "socketserver/io/framing.hpp"
#include "socketserver/net/error.hpp"
#include "socketserver/net/pace.hpp"
#include "socketserver/service/file_store.hpp"
#include "socketserver/service/transfer.hpp"

namespace socketserver {

struct UploadOptions {
  std::shared_ptr<const FileStore> store;  ///< where files go; must not be null
  std::uint64_t max_file_size = std::numeric_limits<std::uint64_t>::max();
  bool put = true, get = true;  ///< what clients may do; `ls` goes with get
  /// From the first byte of a header to its end, in all: as the HTTP server's, and headers are as long.
  Timeout header_timeout = std::chrono::seconds(20);
  /// For the bytes of a file, and a second more for every body_rate of them that have come: slower ones come
  /// over no line in use, and whoever drips bytes would keep his worker, his part and his share of the quota
  /// for ever. Only waiting for the client counts. A minute, since lines of phones pause so long.
  Timeout body_timeout = std::chrono::seconds(60);
  std::uint64_t body_rate = 500;
};

/// Stores any number of files from a connection, and sends any number. A file that is not whole, or whose
/// digest is not what was promised, leaves no trace, unless its client asked for what arrives to be kept. A
/// header that cannot be understood ends the connection; a file that is refused (its name, its size, a quota,
/// a full disk) is answered where an answer is wanted, and if it is short, what follows it is still served.
/// Each file, with its message, is logged as kInfo, each refused one as kWarning.
class UploadHandler : public StreamRequestHandler {
 public:
  /// Bytes at a time; a connection takes no more memory than this, or Md5Pipe::kBlocks times as much while it
  /// checks an MD5, and at first no more than has come.
  static constexpr std::size_t kBlockSize = FileReader::kBlockSize;
  /// The rest of a refused file is read and thrown away up to this size; for longer ones it is quicker to
  /// connect anew.
  static constexpr std::uint64_t kDiscardLimit = std::uint64_t{1} << 20;

  explicit UploadHandler(const UploadOptions& options) : options_(options) {
    disable_nagle_algorithm =
        true;  // a file's digest must not wait until the client has acknowledged the file
  }
  void handle() override;

 private:
  bool serve(const UploadHeader& header);
  bool serve(const GetRequest& request);
  bool serve(const ListRequest& request);
  std::string store(const UploadHeader& header);
  PartTerms terms_of(const UploadHeader& header, const StorePath& path) const;
  Sha256 agree_where_to_go_on(FilePart& part);
  void copy(FilePart& part, const UploadHeader& header, Sha256 hash);
  bool refuse(const UploadHeader& header, const std::string& why);
  void log(LogLevel level, const std::string& text);
  void reply(const Json& answer) { wfile().write(frame(answer.dump())); }
  std::size_t read_some(std::string& block);
  std::size_t read_in_time(std::span<char> bytes);

  UploadOptions options_;
  std::string coming_;         // the name of the file, for the log
  std::uint64_t missing_ = 0;  // bytes of it that have not come yet
  Pace pace_;                  // of those that have
};

/// `error` for a peer and for people, one who knows no errno included: that the disk is full comes first.
std::string in_words(const OSError& error);

}  // namespace socketserver
