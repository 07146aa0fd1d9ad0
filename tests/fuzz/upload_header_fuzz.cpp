// The head of an upload, as a server reads it.
#include "fuzz/fuzz.hpp"
#include "socketserver/io/framing.hpp"
#include "socketserver/service/upload_header.hpp"

using namespace socketserver;

namespace {

void check(const UploadHeader& header, std::string_view stream) {
  const UploadForm form = header.message ? UploadForm::kMsg : UploadForm::kCmd;
  Reader again(frame(header.to_json(form).dump()));
  const auto back = read_upload_header(again);
  fuzz::must(back && back->name == header.name && back->size == header.size &&
                 back->message == header.message && back->md5 == header.md5 &&
                 back->wants_reply == header.wants_reply,
             "a header comes back from its text");
  fuzz::must(header.name.size() <= stream.size(), "a name is part of what came");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view stream = fuzz::text(data, size);
  Reader reader{std::string(stream)};
  try {
    while (const auto header = read_upload_header(reader)) {
      check(*header, stream);
      reader.read(static_cast<std::size_t>(header->size));
    }
  } catch (const FramingError&) {
  } catch (const EOFError&) {
  } catch (const JsonError&) {
  }
  return 0;
}
