// What a hostile server says to who lists its files and gets them. The first byte chooses what was asked.
#include "fuzz/fuzz.hpp"
#include "socketserver/io/framing.hpp"
#include "socketserver/service/transfer.hpp"

using namespace socketserver;

namespace {

void list(Reader& reader, bool recursive) {
  const Listing listing = read_listing(reader, recursive);
  for (const ListedFile& file : listing.files) {
    fuzz::must(!file.path.empty() && (recursive || file.path.directories().empty()),
               "only what was asked for is listed");
    for (const std::string& name : file.path.names())
      fuzz::must(!name.empty() && name != "." && name != ".." && name.find('/') == name.npos,
                 "a name leads nowhere else");
  }
}

void get(Reader& reader, std::uint64_t offered) {
  const GetReply reply = read_get_reply(reader, offered);
  fuzz::must(reply.offset <= reply.size && (reply.offset == 0 || reply.offset == offered),
             "nobody goes on where nobody is");
  if (reply.ok && reply.size < 1000) reader.read_exactly(reply.size);
  read_digest(reader);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  Reader reader(std::string(fuzz::text(data + 1, size - 1)));
  try {
    data[0] < 2 ? list(reader, data[0] == 1) : get(reader, data[0]);
  } catch (const FramingError&) {
  } catch (const EOFError&) {
  } catch (const JsonError&) {
  } catch (const RefusedError&) {
  }
  return 0;
}
