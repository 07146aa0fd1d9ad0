// The upload service: stores the files that its clients send. upload_header.hpp says in what form they come.
#pragma once

#include <cstdint>
#include <limits>
#include <memory>

#include "socketserver/handler/stream_request_handler.hpp"
#include "socketserver/service/file_store.hpp"
#include "socketserver/service/upload_header.hpp"

namespace socketserver {

struct UploadOptions {
  std::shared_ptr<const FileStore> store;  ///< where files go; must not be null
  std::uint64_t max_file_size = std::numeric_limits<std::uint64_t>::max();
};

/// Stores any number of files from a connection. A file that is not whole, or whose digest is not what was
/// promised, leaves no trace. A header that cannot be understood ends the connection; a file that is refused
/// (its name, its size, a full disk) is answered where an answer is wanted, and if it is short, what follows
/// it is still served. Each stored file, with its message, is logged as kInfo, each refused one as kWarning.
class UploadHandler : public StreamRequestHandler {
 public:
  /// Bytes at a time: past 256 KiB nothing gets faster, and a connection takes no more memory than this, or
  /// Md5Pipe::kBlocks times as much while it checks a digest.
  static constexpr std::size_t kBlockSize = std::size_t{256} << 10;
  /// The rest of a refused file is read and thrown away up to this size; for longer ones it is quicker to
  /// connect anew.
  static constexpr std::uint64_t kDiscardLimit = std::uint64_t{1} << 20;

  explicit UploadHandler(const UploadOptions& options) : options_(options) {}
  void handle() override;

 private:
  bool receive(const UploadHeader& header);
  std::string store(const UploadHeader& header);
  void copy(FilePart& part, const UploadHeader& header);
  bool refuse(const UploadHeader& header, const std::string& why);
  void reply(const UploadHeader& header, const Json& answer);
  std::size_t read_some(std::string& block);

  UploadOptions options_;
  std::uint64_t missing_ = 0;  // bytes of the file that have not come yet
};

}  // namespace socketserver
