// What an upload server is asked beside taking files: files of its own, and what it has. Each request is a
// frame with a JSON object, as for an upload (upload_header.hpp), and they may follow one another.
//
// {"cmd": "get", "filename": "a.txt"} asks for a file. "path": "d/a.txt" asks for one in a directory; of a
// "filename" only the last part counts, as for uploads. The answer is of the same form,
//   {"ok": true, "filename": "a.txt", "filesize": 5} and as many bytes, or
//   {"ok": false, "filename": "a.txt", "filesize": 0, "error": why}, with "directory": true where it is one.
// With "offset": n and "sha256" of the n bytes that the client has, the answer says "offset", too: n where
// the server's file begins with just these, else 0; the bytes from there on follow. With "digest": "sha256"
// the answer says the same, and the bytes are followed by a frame {"sha256": that of the whole file}; a
// server that knows nothing of it sends the bytes alone.
//
// {"cmd": "ls"} asks what the store has, with "path" in that directory, with "recursive": true below it, too.
// The answer is some frames, of which all but the last have "more": true:
//   {"ok": true, "files": [{"name": "a.txt", "size": 5, "time": 1700000000}, {"name": "d", "directory":
//   true}],
//    "more": true}
//   {"ok": true, "files": [], "more": false, "left_out": 0}
// or {"ok": false, "error": why} instead of any. "time" is when the file was last written, in seconds since
// 1970, "left_out" how many there are that cannot be asked for: symbolic links, names that are not UTF-8.
//
// An old server closes the connection when it is asked for either.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "socketserver/io/reader.hpp"
#include "socketserver/service/store_path.hpp"
#include "socketserver/service/upload_header.hpp"

namespace socketserver {

struct GetRequest {
  std::string name;                 ///< not to be trusted
  std::optional<std::string> path;  ///< not to be trusted, either
  std::uint64_t offset = 0;
  std::optional<Sha256::Digest> prefix;  ///< of the bytes before the offset; goes with one
  bool digest = false;

  Json to_json() const;
  /// The file that is asked for. RefusedError when it has no name.
  StorePath file() const;
};

struct ListRequest {
  std::string path;  ///< empty: the store itself; not to be trusted
  bool recursive = false;

  Json to_json() const;
};

using TransferRequest = std::variant<UploadHeader, GetRequest, ListRequest>;

/// Reads the next request; nullopt where the stream ends instead. Throws as read_frame() and
/// parse_upload_header() do for what is none, and TimeoutError when it has begun and not all of it comes
/// within `timeout`.
std::optional<TransferRequest> read_transfer_request(Reader& reader, Timeout timeout = {});

struct GetReply {
  bool ok = true;
  std::string name, error;
  bool directory = false;
  std::uint64_t size = 0;
  std::uint64_t offset = 0;
  bool digest = false;  ///< one follows the file

  Json to_json(bool with_offset) const;
};

/// The answer to a get that offered to go on at `offered`. Throws as read_frame() and Json::parse(), and
/// FramingError for sizes and offsets that cannot be.
GetReply read_get_reply(Reader& reader, std::uint64_t offered);
/// The frame behind a file. Throws as read_get_reply().
Sha256::Digest read_digest(Reader& reader);

struct ListedFile {
  StorePath path;
  bool directory = false;
  std::uint64_t size = 0;
  std::int64_t time = 0;

  Json to_json() const;
};

struct Listing {
  std::vector<ListedFile> files;  ///< in the server's order
  std::uint64_t left_out = 0;
};

/// More names than a person can look at, and in all as many bytes as a machine can spare: a server must not
/// be able to fill the memory of who asks it.
inline constexpr std::size_t kMostListed = 1'000'000, kListingLimit = std::size_t{64} << 20;

/// Reads an answer to `ls`. RefusedError with what the server said where that is no; FramingError, EOFError
/// and JsonError for what is no listing, also for one without end, with names that StorePath does not know,
/// or with names in directories where `recursive` was not asked for.
Listing read_listing(Reader& reader, bool recursive);

}  // namespace socketserver
