// What both ends of an upload say: a frame (io/framing.hpp) that holds a JSON object, then exactly as many
// raw bytes as the object tells. Any number of these follow one another on a connection.
//
// The objects that peers use, all of which are understood:
//   {"cmd": "put", "filename": "a.txt", "filesize": 5}
//   {"file_name": "a.txt", "file_size": 5, "msg": "for you"}
//   {"file_name": "/a/b/a.txt", "file_size": 5, "md5": "5d41402abc4b2a76b9719d911017c592"}
// Keys may be mixed; unknown ones are passed over. Those peers never read an answer, so there is none, unless
// the object has "reply": true, which old servers pass over: then the server sends, for each file, a frame
// with
// {"ok": true, "filename": the name it has there, "size": 5} or {"ok": false, "error": why}.
//
// More keys that old servers pass over:
//   "path": "d/e/a.txt"   where the file goes, with directories, which are made; "filename" is its last part
//   "sha256": 64 digits   of the contents, which are checked
//   "resume": true        what arrives is kept where the connection breaks, to go on with it later. Needs
//                         "reply" and "sha256", which together with path and size tells what belongs together
// With "resume" the server speaks first: {"offset": bytes that it has, "sha256": their digest}, or an answer
// with "ok": false, which ends the matter. The client then says {"offset": 0}, or the server's offset where
// it has the same bytes there, and sends the file from there on. An old server stays silent instead.
//
// What else a client may ask for, files and listings, is in transfer.hpp.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "socketserver/crypto/md5.hpp"
#include "socketserver/crypto/sha256.hpp"
#include "socketserver/json/json.hpp"

namespace socketserver {

/// A name and a message of some KiB each fit; a peer that needs more is none of ours.
inline constexpr std::size_t kUploadHeaderLimit = 65536;

enum class UploadForm { kCmd, kMsg, kMd5 };

struct UploadHeader {
  std::string name;  ///< as the peer has it: with directories, and not to be trusted
  std::uint64_t size = 0;
  std::optional<std::string> message;
  std::optional<Md5::Digest> md5;
  bool wants_reply = false;
  std::optional<std::string> path;  ///< not to be trusted, either
  std::optional<Sha256::Digest> sha256;
  bool resume = false;

  /// The object in one of the forms above; kMsg needs a message (may be empty), kMd5 a digest. What a form
  /// lacks is added to it all the same, since old servers pass over it.
  Json to_json(UploadForm form) const;
};

/// The value of "sha256"; FramingError when it is no digest.
std::optional<Sha256::Digest> find_sha256(const Json& object);

/// The header that `object` is. Throws JsonError for what is none, and FramingError for wrong sizes, a digest
/// that is none, a "cmd" other than "put", and names or sizes that contradict each other: after any of these
/// nothing on the connection can be trusted.
UploadHeader parse_upload_header(const Json& object);

}  // namespace socketserver
