#include "socketserver/service/download_client.hpp"

#include <algorithm>
#include <stdexcept>

#include "socketserver/io/framing.hpp"
#include "socketserver/service/patience.hpp"

namespace socketserver {

void DownloadClient::ask(const Json& request) {
  if (!usable_) throw std::runtime_error("the connection is of no use any more");
  usable_ = false;
  socket_.sendall(frame(request.dump()));
  if (reader_.peek().empty())
    throw EOFError("the server closed the connection instead of answering; it may only take files");
}

Listing DownloadClient::list(const StorePath& directory, bool recursive) {
  ask(ListRequest{directory.text(), recursive}.to_json());
  try {
    Listing listing = read_listing(reader_, recursive);
    usable_ = answers_ = true;
    return listing;
  } catch (const RefusedError&) {
    usable_ = answers_ = true;
    throw;
  }
}

GetReply DownloadClient::request(const StorePath& file, const FilePart& part, const Options& options,
                                 Sha256& hash) {
  GetRequest request;
  request.name = file.name();
  if (!file.directories().empty()) request.path = file.text();
  request.digest = options.digest;
  request.offset = part.size();
  if (part.size() > 0) request.prefix = (hash = part.sha256(&socket_)).digest();
  const Patience patience(socket_, part.size());
  ask(request.to_json());
  GetReply reply = read_get_reply(reader_, request.offset);
  answers_ = true;
  usable_ = !reply.ok;
  if (reply.directory) throw IsADirectoryError("it is a directory");
  if (!reply.ok) throw RefusedError(reply.error);
  return reply;
}

void DownloadClient::receive(FilePart& part, std::uint64_t size, Sha256* hash, const Progress& progress) {
  std::string block(std::min<std::uint64_t>(FileReader::kBlockSize, size - part.size()), '\0');
  if (progress && part.size() > 0) progress(part.size(), size);
  while (part.size() < size) {
    const std::uint64_t missing = size - part.size();
    const std::size_t got = reader_.readinto1({block.data(), std::min<std::uint64_t>(block.size(), missing)});
    if (got == 0)
      throw EOFError("the connection ended " + std::to_string(missing) + " bytes before the end of the file");
    try {
      part.write({block.data(), got});
    } catch (const OSError&) {
      part.keep(false);  // it would keep the disk full
      throw;
    }
    if (hash != nullptr) hash->update({block.data(), got});
    if (progress) progress(part.size(), size);
  }
}

DownloadClient::Result DownloadClient::get(const StorePath& file, const FileStore& store, const StorePath& to,
                                           const Options& options, const Progress& progress) {
  PartTerms terms;
  if (options.resume) terms.key = Sha256(file.text() + "\n" + to.text()).hexdigest();
  FilePart part(store, to, terms);
  Sha256 hash;
  const GetReply reply = request(file, part, options, hash);
  if (reply.offset == 0) {
    part.clear();
    hash = {};
  }
  const bool checked = options.digest && reply.digest;
  receive(part, reply.size, checked ? &hash : nullptr, progress);
  if (checked) {
    const bool right = read_digest(reader_) == hash.digest();
    usable_ = true;
    part.keep(right);
    if (!right) throw std::runtime_error("its SHA-256 is not what the server says");
  }
  usable_ = true;
  part.commit();
  return {reply.size, reply.offset, checked};
}

}  // namespace socketserver
