#include "socketserver/service/upload.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>

#include "socketserver/io/framing.hpp"
#include "socketserver/net/error.hpp"
#include "socketserver/service/linger.hpp"
#include "socketserver/service/md5_pipe.hpp"
#include "socketserver/service/text.hpp"

namespace socketserver {
namespace {

class WrongDigest : public RefusedError {
  using RefusedError::RefusedError;
};

// Not a rate: that of five bytes tells nothing.
std::string bytes_and_time(std::uint64_t bytes, Clock::duration time) {
  char text[64];
  std::snprintf(text, sizeof text, "%llu bytes in %.3f s", static_cast<unsigned long long>(bytes),
                std::chrono::duration<double>(time).count());
  return text;
}

}  // namespace

void UploadHandler::handle() {
  while (const auto header = read_upload_header(rfile())) {
    if (!receive(*header)) return end_politely(request());
    connection().end_message();  // a person may take their time to choose the next file
  }
}

// False when what follows cannot be served.
bool UploadHandler::receive(const UploadHeader& header) {
  const auto began = Clock::now();
  missing_ = header.size;
  try {
    const std::string name = store(header);
    server().log_message(LogLevel::kInfo, client_address().to_string() + " stored " + printable(name) + ", " +
                                              bytes_and_time(header.size, Clock::now() - began) +
                                              (header.message ? ": " + printable(*header.message) : ""));
    reply(header, Json::object({{"ok", true}, {"filename", name}, {"size", header.size}}));
    return true;
  } catch (const RefusedError& error) {
    return refuse(header, error.what());
  } catch (const ConnectionError&) {
    throw;
  } catch (const TimeoutError&) {
    throw;
  } catch (const OSError& error) {
    return refuse(header, error.what());
  }
}

std::string UploadHandler::store(const UploadHeader& header) {
  if (header.size > options_.max_file_size)
    throw RefusedError("the file is larger than " + std::to_string(options_.max_file_size) + " bytes");
  FilePart part(*options_.store, header.name);
  copy(part, header);
  part.commit();
  return part.name();
}

void UploadHandler::copy(FilePart& part, const UploadHeader& header) {
  if (!header.md5) {
    std::string block(std::min<std::uint64_t>(kBlockSize, header.size), '\0');
    while (missing_ > 0) part.write({block.data(), read_some(block)});
    return;
  }
  Md5Pipe md5(header.size, std::min<std::uint64_t>(kBlockSize, header.size));
  while (missing_ > 0) {
    std::string& block = md5.block();
    const std::size_t got = read_some(block);
    part.write({block.data(), got});
    md5.push(got);
  }
  if (const auto digest = md5.digest(); digest != *header.md5)
    throw WrongDigest("the MD5 of what came is " + hex(digest) + ", not " + hex(*header.md5));
}

std::size_t UploadHandler::read_some(std::string& block) {
  const std::size_t got = rfile().readinto1({block.data(), std::min<std::uint64_t>(block.size(), missing_)});
  if (got == 0)
    throw EOFError("the stream ended " + std::to_string(missing_) + " bytes before the end of the file");
  missing_ -= got;
  return got;
}

bool UploadHandler::refuse(const UploadHeader& header, const std::string& why) {
  server().log_message(LogLevel::kWarning, client_address().to_string() + " refused " +
                                               printable(header.name) + ": " + printable(why));
  reply(header, Json::object({{"ok", false}, {"error", printable(why)}}));
  if (missing_ > kDiscardLimit) return false;
  std::string block(kBlockSize, '\0');
  while (missing_ > 0) read_some(block);
  return true;
}

void UploadHandler::reply(const UploadHeader& header, const Json& answer) {
  if (header.wants_reply) wfile().write(frame(answer.dump()));
}

}  // namespace socketserver
