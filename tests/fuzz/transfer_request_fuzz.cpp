// What a hostile client says to an upload server: a stream of requests of every kind.
#include "fuzz/fuzz.hpp"
#include "socketserver/io/framing.hpp"
#include "socketserver/service/transfer.hpp"

using namespace socketserver;

namespace {

// What was understood is written and understood again as the same.
void look_at(const UploadHeader& header) {
  fuzz::must(!header.resume || (header.wants_reply && header.sha256), "who resumes reads, and has a digest");
  const UploadForm form = header.message ? UploadForm::kMsg : UploadForm::kCmd;
  const UploadHeader again = parse_upload_header(Json::parse(header.to_json(form).dump()));
  fuzz::must(again.name == header.name && again.size == header.size && again.path == header.path &&
                 again.message == header.message && again.md5 == header.md5 &&
                 again.wants_reply == header.wants_reply,
             "a header comes back from its text");
}

void look_at(const GetRequest& request) {
  fuzz::must(request.offset == 0 || request.prefix, "an offset has a digest");
  const std::string path = request.file().text();
  fuzz::must(!path.empty() && path.front() != '/' && path.find('\0') == path.npos, "a path is relative");
  fuzz::must(("/" + path + "/").find("/../") == path.npos, "a path leads nowhere else");
}

void look_at(const ListRequest& request) { request.to_json().dump(); }

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Reader reader(std::string(fuzz::text(data, size)));
  try {
    while (const auto request = read_transfer_request(reader)) {
      try {
        std::visit([](const auto& one) { look_at(one); }, *request);
      } catch (const RefusedError&) {
      }
    }
  } catch (const FramingError&) {
  } catch (const EOFError&) {
  } catch (const JsonError&) {
  }
  return 0;
}
