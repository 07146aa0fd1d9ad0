#include "socketserver/service/download.hpp"

#include <algorithm>

#include "socketserver/io/framing.hpp"
#include "socketserver/net/error.hpp"
#include "socketserver/service/directory_walk.hpp"

namespace socketserver {
namespace {

// Of names and what belongs to them; then a page is sent. Together with one more of the longest path, and
// escaped, which makes three bytes of one at most, it is within kUploadHeaderLimit.
constexpr std::size_t kPage = 16384;

// Of what comes after the first byte the peer cannot be told any more, so that no error is one of those that
// are answered.
template <class Send>
void to_the_end(Send send, const bool& has_begun) {
  try {
    send();
  } catch (const ConnectionError&) {
    throw;
  } catch (const TimeoutError&) {
    throw;
  } catch (const OSError& error) {
    if (!has_begun) throw;
    throw std::runtime_error(error.what());
  }
}

/// Where to go on with a file, and the digest up to there where one is wanted.
struct Start {
  std::uint64_t offset = 0;
  Sha256 hash;
};

Start find_start(const Socket& socket, const FileReader& file, const GetRequest& request) {
  if (request.offset == 0 || request.offset > file.size()) return {};
  const auto hash = file.sha256(request.offset, &socket);
  return hash && hash->digest() == request.prefix ? Start{request.offset, *hash} : Start();
}

void send_hashed(Socket& socket, const FileReader& file, Start start) {
  std::string block(FileReader::kBlockSize, '\0');
  while (start.offset < file.size()) {
    block.resize(std::min<std::uint64_t>(block.size(), file.size() - start.offset));
    const std::size_t got = file.read_at(block, start.offset);
    if (got == 0) FileReader::fail_shorter();
    start.hash.update({block.data(), got});
    socket.sendall({block.data(), got});
    start.offset += got;
  }
  socket.sendall(frame(Json::object({{"sha256", hex(start.hash.digest())}}).dump()));
}

/// Entries of a listing, sent when there are enough for a page.
class Pages {
 public:
  explicit Pages(Socket& socket) : socket_(socket) {}

  void add(const DirectoryWalk::Entry& entry) {
    if (entry.kind == DirectoryWalk::Kind::kOther) return void(++left_out_);
    const ListedFile file{StorePath::relative(entry.path), entry.kind == DirectoryWalk::Kind::kDirectory,
                          entry.size, entry.time};
    files_.push_back(file.to_json());
    bytes_ += entry.path.size();
    if (bytes_ + kOfEntry * files_.as_array().size() >= kPage) send(true);
  }
  void send(bool more) {
    Json page = Json::object({{"ok", true}, {"files", std::move(files_)}, {"more", more}});
    if (!more) page.set("left_out", left_out_);
    has_begun_ = true;
    socket_.sendall(frame(page.dump()));
    files_ = Json::array();
    bytes_ = 0;
  }

  const bool& has_begun() const { return has_begun_; }

 private:
  static constexpr std::size_t kOfEntry = 64;  // {"name": "", "size": 12345678, "time": 1700000000}

  Socket& socket_;
  Json files_ = Json::array();
  bool has_begun_ = false;
  std::size_t bytes_ = 0;
  std::uint64_t left_out_ = 0;
};

// A path that has grown too long by the names of its directories.
bool is_path(const std::string& text) {
  try {
    StorePath::relative(text);
    return true;
  } catch (const RefusedError&) {
    return false;
  }
}

}  // namespace

void send_range(Socket& socket, const FileReader& file, std::uint64_t offset, std::uint64_t count) {
  if (count > 0 && socket.sendfile(file.fileno(), offset, count) < count) FileReader::fail_shorter();
}

std::uint64_t send_file(Socket& socket, const FileStore& store, const GetRequest& request) {
  const StorePath path = request.file();
  const FileReader file = store.open(path);
  const Start start = find_start(socket, file, request);
  const GetReply reply{true, path.name(), "", false, file.size(), start.offset, request.digest};
  const std::uint64_t left = file.size() - start.offset;
  const bool more = left > 0 || request.digest;
  to_the_end(
      [&] {
        socket.sendall(frame(reply.to_json(request.offset > 0).dump()), more ? MSG_MORE : 0);
        request.digest ? send_hashed(socket, file, start) : send_range(socket, file, start.offset, left);
      },
      true);
  return left;
}

void send_listing(Socket& socket, const FileStore& store, const ListRequest& request) {
  const StorePath path = request.path.empty() ? StorePath() : StorePath::relative(request.path);
  DirectoryWalk walk(store.open_directory(path), request.recursive);
  Pages pages(socket);
  to_the_end(
      [&] {
        while (auto entry = walk.next()) {
          if (!is_path(entry->path)) entry->kind = DirectoryWalk::Kind::kOther;
          pages.add(*entry);
        }
        pages.send(false);
      },
      pages.has_begun());
}

}  // namespace socketserver
