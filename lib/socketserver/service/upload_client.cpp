#include "socketserver/service/upload_client.hpp"

#include <algorithm>
#include <stdexcept>

#include "socketserver/io/framing.hpp"
#include "socketserver/net/error.hpp"
#include "socketserver/net/wait.hpp"
#include "socketserver/service/download.hpp"
#include "socketserver/service/header_framed.hpp"
#include "socketserver/service/patience.hpp"
#include "socketserver/service/text.hpp"

namespace socketserver {
namespace {

template <class Hash>
auto digest_of(const std::optional<Hash>& hash) {
  if (!hash) FileReader::fail_shorter();
  return hash->digest();
}

}  // namespace

PreparedUpload::PreparedUpload(const UploadFile& file, UploadForm as) : reader(file.path), form(as) {
  const std::string& name = file.name ? *file.name : file.path;
  header.name = name.substr(name.rfind('/') + 1);
  header.size = reader.size();
  header.message = form == UploadForm::kMsg ? file.message.value_or("") : file.message;
  header.wants_reply = true;
  if (file.name && file.name != header.name) header.path = file.name;
  header.resume = file.resume;
  if (!is_utf8(name)) throw std::runtime_error("the name of " + printable(file.path) + " is not UTF-8");
  if (form == UploadForm::kMd5) header.md5 = digest_of(reader.md5(header.size));
  if (file.digest || file.resume) header.sha256 = digest_of(reader.sha256(header.size));
}

std::uint64_t UploadClient::send(const PreparedUpload& file, const Progress& progress) {
  const UploadHeader& header = file.header;
  hear();
  if (usable_ && header.resume) settle();
  if (!usable_) throw EOFError("the server has closed the connection");
  usable_ = false;
  asked_.push_back(header.size);
  const std::string object = frame(header.to_json(file.form).dump());
  socket_.sendall(object, header.size > 0 && !header.resume ? MSG_MORE : 0);
  const auto offset = header.resume ? agree_where_to_go_on(file.reader) : std::optional<std::uint64_t>(0);
  if (offset) send_bytes(file.reader, *offset, progress);
  usable_ = true;
  hear();
  return offset.value_or(0);
}

// Nothing where the server refuses the file.
std::optional<std::uint64_t> UploadClient::agree_where_to_go_on(const FileReader& file) try {
  const Patience patience(socket_, file.size());
  const Json offer = read_header(reader_, kUploadHeaderLimit);
  answers_ = true;
  if (offer.contains("ok")) return note_reply(offer), std::nullopt;
  const std::int64_t there = offer.get_int("offset");
  if (there < 0 || static_cast<std::uint64_t>(there) > file.size())
    throw FramingError("the server goes on at " + std::to_string(there) + ", where nobody is");
  auto offset = static_cast<std::uint64_t>(there);
  if (const auto hash = file.sha256(offset, &socket_); !hash || find_sha256(offer) != hash->digest())
    offset = 0;
  socket_.sendall(frame(Json::object({{"offset", offset}}).dump()), offset < file.size() ? MSG_MORE : 0);
  return offset;
} catch (const TimeoutError&) {
  throw std::runtime_error("the server does not say where to go on; it may take whole files alone");
} catch (const EOFError&) {
  throw EOFError("the server closed the connection instead of saying where to go on");
}

// A server that has closed its side takes nothing more, though it may let us send.
void UploadClient::hear() {
  try {
    while (usable_ && wait_readable(socket_.fileno(), Deadline::now())) usable_ = read_reply();
  } catch (...) {
    usable_ = false;
    throw;
  }
}

void UploadClient::send_bytes(const FileReader& file, std::uint64_t offset, const Progress& progress) {
  if (progress && offset > 0) progress(offset, file.size());
  while (offset < file.size()) {
    const std::uint64_t size = std::min<std::uint64_t>(FileReader::kBlockSize, file.size() - offset);
    send_range(socket_, file, offset, size);
    offset += size;
    if (progress) progress(offset, file.size());
  }
}

void UploadClient::note_reply(const Json& answer) {
  UploadReply reply;
  reply.ok = answer.get_bool("ok");
  reply.name = answer.find_string("filename").value_or("");
  reply.error = answer.find_string("error").value_or("");
  replies_.push_back(reply);
  answers_ = true;
}

bool UploadClient::read_reply() {
  if (reader_.peek().empty()) {
    ended_ = replies_.size() == asked_.size();
    return false;
  }
  if (replies_.size() == asked_.size()) throw FramingError("the server says more than it was asked");
  note_reply(read_header(reader_, kUploadHeaderLimit));
  return true;
}

// Which the server may still have to bring to its disk before it answers.
std::uint64_t UploadClient::unanswered_bytes() const {
  std::uint64_t all = 0;
  for (std::size_t i = replies_.size(); i < asked_.size(); ++i) all += asked_[i];
  return all;
}

void UploadClient::settle() {
  try {
    const Patience patience(socket_, unanswered_bytes());
    while (replies_.size() < asked_.size())
      if (!read_reply()) throw EOFError("the server closed the connection before it answered");
  } catch (...) {
    usable_ = false;
    throw;
  }
}

std::vector<UploadReply> UploadClient::finish() {
  socket_.shutdown(SHUT_WR);
  const Patience patience(socket_, unanswered_bytes());
  while (read_reply()) {
  }
  return replies_;
}

std::vector<UploadReply> UploadClient::last_words() noexcept {
  try {
    socket_.shutdown(SHUT_WR);  // a server that still waits for the rest of a file would say nothing
  } catch (const OSError&) {    // it is down already
  }
  try {
    while (read_reply()) {
    }
  } catch (const std::exception&) {
    ended_ = !replies_.empty() && replies_.size() == asked_.size() && !replies_.back().ok;
  }
  return replies_;
}

}  // namespace socketserver
