#include "socketserver/service/transfer.hpp"

#include "socketserver/io/framing.hpp"
#include "socketserver/service/header_framed.hpp"
#include "socketserver/service/text.hpp"

namespace socketserver {
namespace {

std::uint64_t count(const Json& object, const char* key) {
  const std::int64_t value = object.find_int(key).value_or(0);
  if (value < 0) throw FramingError("\"" + std::string(key) + "\" is negative: " + std::to_string(value));
  return static_cast<std::uint64_t>(value);
}

GetRequest parse_get(const Json& object) {
  GetRequest request;
  request.path = object.find_string("path");
  const auto name = object.find_string("filename");
  if (name || !request.path) request.name = name ? *name : object.get_string("file_name");
  request.offset = count(object, "offset");
  request.prefix = find_sha256(object);
  if (request.offset > 0 && !request.prefix) throw FramingError(R"("offset" needs "sha256")");
  if (const auto digest = object.find_string("digest")) {
    if (*digest != "sha256")
      throw FramingError("\"digest\" is '" + printable(*digest, 40) + "'; this server knows \"sha256\"");
    request.digest = true;
  }
  return request;
}

ListRequest parse_list(const Json& object) {
  return {object.find_string("path").value_or(""), object.find_bool("recursive").value_or(false)};
}

TransferRequest parse(const Json& object) {
  const std::string cmd = object.find_string("cmd").value_or("put");
  if (cmd == "put") return parse_upload_header(object);
  if (cmd == "get") return parse_get(object);
  if (cmd == "ls") return parse_list(object);
  throw FramingError("\"cmd\" is '" + printable(cmd, 40) +
                     "'; this server knows \"put\", \"get\" and \"ls\"");
}

Json read_page(Reader& reader, std::size_t& size) {
  const std::string text = read_frame(reader, kUploadHeaderLimit);
  size = text.size();
  Json object = Json::parse(text);
  if (!object.is_object()) throw FramingError("the answer is no JSON object");
  return object;
}

ListedFile parse_listed(const Json& object, bool recursive) {
  ListedFile file;
  try {
    file.path = StorePath::relative(object.get_string("name"));
  } catch (const RefusedError& error) {
    throw FramingError(std::string("the listing names no file: ") + error.what());
  }
  if (!recursive && !file.path.directories().empty())
    throw FramingError("the listing leads into directories that were not asked for");
  file.directory = object.find_bool("directory").value_or(false);
  file.size = count(object, "size");
  file.time = object.find_int("time").value_or(0);
  return file;
}

}  // namespace

Json GetRequest::to_json() const {
  Json object = Json::object({{"cmd", "get"}, {"filename", name}});
  if (path) object.set("path", *path);
  if (offset > 0) object.set("offset", offset);
  if (prefix) object.set("sha256", hex(*prefix));
  if (digest) object.set("digest", "sha256");
  return object;
}

StorePath GetRequest::file() const { return path ? StorePath::relative(*path) : StorePath::last_part(name); }

Json ListRequest::to_json() const {
  Json object = Json::object({{"cmd", "ls"}});
  if (!path.empty()) object.set("path", path);
  if (recursive) object.set("recursive", true);
  return object;
}

std::optional<TransferRequest> read_transfer_request(Reader& reader, Timeout timeout) {
  if (reader.peek().empty()) return std::nullopt;
  return parse(read_header(reader, kUploadHeaderLimit, Deadline::after(timeout)));
}

Json GetReply::to_json(bool with_offset) const {
  Json object = Json::object({{"ok", ok}, {"filename", name}, {"filesize", size}});
  if (!ok) object.set("error", error);
  if (directory) object.set("directory", true);
  if (with_offset) object.set("offset", offset);
  if (digest) object.set("digest", "sha256");
  return object;
}

// A server as one would write it by hand says "filesize" alone.
GetReply read_get_reply(Reader& reader, std::uint64_t offered) {
  const Json object = read_header(reader, kUploadHeaderLimit);
  GetReply reply;
  reply.ok = object.find_bool("ok").value_or(true);
  reply.name = object.find_string("filename").value_or("");
  reply.error = object.find_string("error").value_or("");
  reply.directory = object.find_bool("directory").value_or(false);
  if (!reply.ok) return reply;
  if (!object.contains("filesize")) throw FramingError("the answer does not say how long the file is");
  reply.size = count(object, "filesize");
  reply.offset = count(object, "offset");
  reply.digest = object.find_string("digest") == "sha256";
  if (reply.offset > reply.size || (reply.offset != 0 && reply.offset != offered))
    throw FramingError("the server goes on at " + std::to_string(reply.offset) + ", where nobody is");
  return reply;
}

Sha256::Digest read_digest(Reader& reader) {
  const auto digest = find_sha256(read_header(reader, kUploadHeaderLimit));
  if (!digest) throw FramingError("the digest behind the file is missing");
  return *digest;
}

Json ListedFile::to_json() const {
  if (directory) return Json::object({{"name", path.text()}, {"directory", true}});
  return Json::object({{"name", path.text()}, {"size", size}, {"time", time}});
}

Listing read_listing(Reader& reader, bool recursive) {
  Listing listing;
  std::size_t bytes = 0;
  for (bool more = true; more;) {
    std::size_t size = 0;
    const Json page = read_page(reader, size);
    if (!page.find_bool("ok").value_or(true))
      throw RefusedError(page.find_string("error").value_or("the server does not say why"));
    more = page.find_bool("more").value_or(false);
    const Json::Array& files = page.get_array("files");
    bytes += size;
    if (more && files.empty()) throw FramingError("a page of the listing is empty and not the last");
    if (listing.files.size() + files.size() > kMostListed || bytes > kListingLimit)
      throw FramingError("the listing does not end after " + std::to_string(listing.files.size()) + " names");
    for (const Json& file : files) listing.files.push_back(parse_listed(file, recursive));
    listing.left_out = count(page, "left_out");
  }
  return listing;
}

}  // namespace socketserver
