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

Md5::Digest parse_md5(const std::string& text) {
  const auto digest = parse_hexdigest<Md5::kDigestSize>(text);
  if (!digest) throw FramingError("\"md5\" is '" + printable(text, 40) + "', not 32 hexadecimal digits");
  return *digest;
}

UploadHeader parse(const Json& object) {
  if (!object.is_object()) throw FramingError("the header is no JSON object");
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
  if (const auto md5 = object.find_string("md5")) header.md5 = parse_md5(*md5);
  header.wants_reply = object.find_bool("reply").value_or(false);
  return header;
}

}  // namespace

Json UploadHeader::to_json(UploadForm form) const {
  Json object = form == UploadForm::kCmd
                    ? Json::object({{"cmd", "put"}, {"filename", name}, {"filesize", size}})
                    : Json::object({{"file_name", name}, {"file_size", size}});
  if (message) object.set("msg", *message);
  if (md5) object.set("md5", hex(*md5));
  if (wants_reply) object.set("reply", true);
  return object;
}

std::optional<UploadHeader> read_upload_header(Reader& reader) {
  if (reader.peek().empty()) return std::nullopt;
  return parse(Json::parse(read_frame(reader, kUploadHeaderLimit)));
}

}  // namespace socketserver
