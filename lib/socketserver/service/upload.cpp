#include "socketserver/service/upload.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>

#include "socketserver/handler/linger.hpp"
#include "socketserver/server/source.hpp"
#include "socketserver/service/download.hpp"
#include "socketserver/service/header_framed.hpp"
#include "socketserver/service/md5_pipe.hpp"
#include "socketserver/service/patience.hpp"
#include "socketserver/service/text.hpp"

namespace socketserver {
namespace {

class WrongDigest : public RefusedError {
 public:
  WrongDigest(const char* algorithm, const std::string& came, const std::string& promised)
      : RefusedError("the " + std::string(algorithm) + " of what came is " + came + ", not " + promised) {}
};

// Not a rate: that of five bytes tells nothing.
std::string bytes_and_time(std::uint64_t bytes, Clock::duration time) {
  char text[64];
  std::snprintf(text, sizeof text, "%llu bytes in %.3f s", static_cast<unsigned long long>(bytes),
                std::chrono::duration<double>(time).count());
  return text;
}

// Runs `serve`, or returns what it refuses, or an error that is not the connection's.
template <class Serve>
std::string why_not(Serve serve) {
  try {
    serve();
    return {};
  } catch (const RefusedError& error) {
    return error.what();
  } catch (const ConnectionError&) {
    throw;
  } catch (const TimeoutError&) {
    throw;
  } catch (const OSError& error) {
    return in_words(error);
  }
}

Json no(const std::string& why) { return Json::object({{"ok", false}, {"error", printable(why)}}); }

}  // namespace

std::string in_words(const OSError& error) {
  if (error.errnum() == ENOSPC) return std::string("the disk of the server is full: ") + error.what();
  if (error.errnum() == EDQUOT)
    return std::string("the server may not have more of its disk: ") + error.what();
  return error.what();
}

void UploadHandler::handle() {
  while (const auto request = read_transfer_request(rfile(), options_.header_timeout)) {
    if (!std::visit([this](const auto& one) { return serve(one); }, *request))
      return end_politely(this->request());
    connection().end_message();  // a person may take their time to choose the next file
  }
}

void UploadHandler::log(LogLevel level, const std::string& text) {
  server().log_message(level, client_address().to_string() + " " + text);
}

// False when what follows cannot be served.
bool UploadHandler::serve(const UploadHeader& header) {
  const auto began = Clock::now();
  coming_ = printable(header.path.value_or(header.name));
  pace_ = {};
  missing_ = header.resume ? 0 : header.size;  // with `resume` nothing comes before it is asked for
  std::string name;
  const std::string error = why_not([&] { name = store(header); });
  if (!error.empty()) return refuse(header, error);
  log(LogLevel::kInfo, "stored " + printable(name) + ", " +
                           bytes_and_time(header.size, Clock::now() - began) +
                           (header.message ? ": " + printable(*header.message) : ""));
  if (header.wants_reply) reply(Json::object({{"ok", true}, {"filename", name}, {"size", header.size}}));
  return true;
}

std::string UploadHandler::store(const UploadHeader& header) {
  if (!options_.put) throw RefusedError("this server takes no files");
  if (header.size > options_.max_file_size)
    throw RefusedError("the file is larger than " + std::to_string(options_.max_file_size) + " bytes");
  const StorePath path = header.path ? StorePath::relative(*header.path) : StorePath::last_part(header.name);
  FilePart part(*options_.store, path, terms_of(header, path));
  Sha256 hash;
  if (header.resume) {
    if (part.size() > header.size) part.clear();
    hash = agree_where_to_go_on(part);
    missing_ = header.size - part.size();
  }
  copy(part, header, hash);
  part.commit();
  return part.name();
}

PartTerms UploadHandler::terms_of(const UploadHeader& header, const StorePath& path) const {
  PartTerms terms{header.size, Source::key_of(client_address()), {}};
  if (!terms.owner.empty()) terms.owner = Sha256(terms.owner).hexdigest();
  if (header.resume)
    terms.key =
        Sha256(path.text() + "\n" + std::to_string(header.size) + "\n" + hex(*header.sha256)).hexdigest();
  return terms;
}

// Tells what is there and hears what of it counts; returns the hash of that.
Sha256 UploadHandler::agree_where_to_go_on(FilePart& part) {
  const Sha256 hash = part.sha256(&connection());
  reply(Json::object({{"offset", part.size()}, {"sha256", hash.hexdigest()}}));
  const std::int64_t offset = [&] {
    const PatienceOfServer patience(connection(), server().deadlines, part.size());
    rfile().peek();  // whose wait is a patient one
    return read_header(rfile(), kUploadHeaderLimit, Deadline::after(options_.header_timeout))
        .get_int("offset");
  }();
  if (offset == 0)
    part.clear();
  else if (offset < 0 || static_cast<std::uint64_t>(offset) != part.size())
    throw FramingError("the client goes on at " + std::to_string(offset) + ", where nobody is");
  return offset == 0 ? Sha256() : hash;
}

void UploadHandler::copy(FilePart& part, const UploadHeader& header, Sha256 hash) {
  const auto take = [&](std::string& block) {
    const std::size_t got = read_some(block);
    try {
      part.write({block.data(), got});
    } catch (const OSError&) {
      part.keep(false);  // of a disk that is full, nothing is worth keeping
      throw;
    }
    if (header.sha256) hash.update({block.data(), got});
    return got;
  };
  if (header.md5 && !header.resume) {  // which has its digest
    Md5Pipe md5(header.size);
    while (missing_ > 0) md5.push(take(md5.block()));
    if (const auto digest = md5.digest(); digest != *header.md5)
      throw WrongDigest("MD5", hex(digest), hex(*header.md5));
  } else {
    for (std::string block; missing_ > 0;) take(block);
  }
  part.keep(false);
  if (header.sha256 && hash.digest() != *header.sha256)
    throw WrongDigest("SHA-256", hash.hexdigest(), hex(*header.sha256));
}

// Of what is announced, nothing may ever come: the block grows with what did.
std::size_t UploadHandler::read_some(std::string& block) {
  const std::uint64_t room = std::clamp<std::uint64_t>(pace_.came(), Reader::kDefaultBufferSize, kBlockSize);
  const std::size_t size = std::min(room, missing_);
  if (block.size() < size) block.resize(size);
  const std::size_t got = read_in_time({block.data(), size});
  if (got == 0)
    throw EOFError("the stream ended " + std::to_string(missing_) + " bytes before the end of " + coming_);
  missing_ -= got;
  return got;
}

std::size_t UploadHandler::read_in_time(std::span<char> bytes) {
  try {
    return pace_.read(connection(), options_.body_timeout, options_.body_rate,
                      [&] { return rfile().readinto1(bytes); });
  } catch (const TimeoutError&) {
    if (!pace_.exceeded()) throw;
    throw TimeoutError(ETIMEDOUT,
                       coming_ + " came too slowly: " + bytes_and_time(pace_.came(), pace_.waited()));
  }
}

bool UploadHandler::refuse(const UploadHeader& header, const std::string& why) {
  log(LogLevel::kWarning, "refused " + printable(header.name) + ": " + printable(why));
  if (header.wants_reply) reply(no(why));
  if (missing_ > kDiscardLimit) return false;
  for (std::string block; missing_ > 0;) read_some(block);
  return true;
}

bool UploadHandler::serve(const GetRequest& request) {
  const auto began = Clock::now();
  const std::string path = request.path.value_or(request.name), what = printable(path);
  const std::string name = request.name.empty() ? path.substr(path.rfind('/') + 1) : request.name;
  GetReply answer{false, name, "", false, 0, 0};
  std::uint64_t sent = 0;
  answer.error = why_not([&] {
    if (!options_.get) throw RefusedError("this server gives no files away");
    try {
      sent = send_file(connection(), *options_.store, request);
    } catch (const IsADirectoryError&) {
      answer.directory = true;
      throw;
    }
  });
  if (answer.error.empty()) {
    log(LogLevel::kInfo, "sent " + what + ", " + bytes_and_time(sent, Clock::now() - began));
    return true;
  }
  log(LogLevel::kWarning, "refused to send " + what + ": " + printable(answer.error));
  answer.error = printable(answer.error);
  reply(answer.to_json(false));
  return true;
}

bool UploadHandler::serve(const ListRequest& request) {
  const std::string error = why_not([&] {
    if (!options_.get) throw RefusedError("this server does not tell what it has");
    send_listing(connection(), *options_.store, request);
  });
  if (error.empty()) return true;
  const std::string what = request.path.empty() ? "all that it has" : printable(request.path);
  log(LogLevel::kWarning, "refused to list " + what + ": " + printable(error));
  reply(no(error));
  return true;
}

}  // namespace socketserver
