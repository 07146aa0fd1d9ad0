#include "socketserver/service/upload_header.hpp"

#include <string_view>

#include "socketserver/io/framing.hpp"
#include "socketserver/service/text.hpp"

namespace socketserver {
namespace {

std::string quoted(const char* key) { return "\"" + std::string(key) + "\""; }

// A value that has two spellings, of which peers use one.
template <class Get>
auto either(const Json& object, const char* a, const char* b, Get get) {
  const auto one = get(object, a);
  const auto other = get(object, b);
  if (one && other && *one != *other)
    throw FramingError(quoted(a) + " and " + quoted(b) + " contradict each other");
  if (!one && !other) throw FramingError("there is neither " + quoted(a) + " nor " + quoted(b));
  return one ? *one : *other;
}

template <std::size_t N>
std::optional<Digest<N>> find_digest(const Json& object, const char* key) {
  const auto text = object.find_string(key);
  if (!text) return std::nullopt;
  const auto digest = parse_hexdigest<N>(*text);
  if (!digest)
    throw FramingError(quoted(key) + " is '" + printable(*text, 40) + "', not " + std::to_string(2 * N) +
                       " hexadecimal digits");
  return digest;
}

}  // namespace

std::optional<Sha256::Digest> find_sha256(const Json& object) {
  return find_digest<Sha256::kDigestSize>(object, "sha256");
}

UploadHeader parse_upload_header(const Json& object) {
  if (const auto cmd = object.find_string("cmd"); cmd && *cmd != "put")
    throw FramingError("\"cmd\" is '" + printable(*cmd, 40) + "'; this server knows \"put\"");
  UploadHeader header;
  header.name = either(object, "filename", "file_name",
                       [](const Json& o, const char* key) { return o.find_string(key); });
  const std::int64_t size =
      either(object, "filesize", "file_size", [](const Json& o, const char* key) { return o.find_int(key); });
  if (size < 0) throw FramingError("the file size " + std::to_string(size) + " is negative");
  header.size = static_cast<std::uint64_t>(size);
  header.message = object.find_string("msg");
  header.md5 = find_digest<Md5::kDigestSize>(object, "md5");
  header.wants_reply = object.find_bool("reply").value_or(false);
  header.path = object.find_string("path");
  header.sha256 = find_sha256(object);
  header.resume = object.find_bool("resume").value_or(false);
  if (header.resume && !(header.wants_reply && header.sha256))
    throw FramingError(R"("resume" needs "reply" and "sha256")");
  return header;
}

Json UploadHeader::to_json(UploadForm form) const {
  Json object = form == UploadForm::kCmd
                    ? Json::object({{"cmd", "put"}, {"filename", name}, {"filesize", size}})
                    : Json::object({{"file_name", name}, {"file_size", size}});
  if (message) object.set("msg", *message);
  if (md5) object.set("md5", hex(*md5));
  if (wants_reply) object.set("reply", true);
  if (path) object.set("path", *path);
  if (sha256) object.set("sha256", hex(*sha256));
  if (resume) object.set("resume", true);
  return object;
}

}  // namespace socketserver
