// What tests of uploads need: files, what clients send, and upload_server with a directory of its own.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/socket.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "socketserver/crypto/md5.hpp"
#include "socketserver/io/framing.hpp"
#include "socketserver/json/json.hpp"
#include "socketserver/socketserver.hpp"
#include "support/program.hpp"
#include "support/serving.hpp"

namespace socketserver::testing {

using Names = std::set<std::string>;

inline std::string contents(const std::string& path) {
  std::ostringstream all;
  all << std::ifstream(path, std::ios::binary).rdbuf();
  return std::move(all).str();
}

inline void put(const std::string& path, const std::string& text) {
  std::ofstream(path, std::ios::binary) << text;
}

inline Names names_in(const std::string& directory) {
  Names names;
  for (const auto& entry : std::filesystem::directory_iterator(directory))
    names.insert(entry.path().filename().string());
  return names;
}

/// Every value a byte can have, in another order for another `seed`.
inline std::string bytes_of(std::size_t size, std::size_t seed = 0) {
  std::string bytes(size, '\0');
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<char>((i + seed) * 7 + i / 256 + seed);
  return bytes;
}

inline std::string md5_of(const std::string& bytes) {
  Md5 md5;
  md5.update(bytes);
  return hex(md5.digest());
}

/// What a client sends for a file; `object` is the header in JSON.
inline std::string upload(const std::string& object, const std::string& bytes) {
  return frame(object) + bytes;
}

/// In the put form, with a reply.
inline Json header_of(const std::string& name, std::size_t size) {
  return Json::object({{"cmd", "put"}, {"filename", name}, {"filesize", size}, {"reply", true}});
}
inline std::string upload_of(const std::string& name, const std::string& bytes) {
  return upload(header_of(name, bytes.size()).dump(), bytes);
}
/// With the digest, in the form that has it.
inline std::string checked_upload(const std::string& name, const std::string& bytes, const std::string& md5) {
  return upload(
      Json::object({{"file_name", name}, {"file_size", bytes.size()}, {"md5", md5}, {"reply", true}}).dump(),
      bytes);
}

inline Json read_reply(Socket& socket) {
  Reader reader(socket, 0);
  return Json::parse(read_frame(reader, 65'536));
}

/// Ends the connection by a reset.
inline void reset(Socket& socket) {
  const linger at_once{1, 0};
  socket.setsockopt(SOL_SOCKET, SO_LINGER, {reinterpret_cast<const char*>(&at_once), sizeof at_once});
  socket.close();
}

/// Sends, says that this is all, and returns all that comes back. When it returns, the server is done.
inline std::string send_all(Socket socket, const std::string& bytes) {
  socket.sendall(bytes);
  socket.shutdown(SHUT_WR);
  return read_all(socket);
}

/// Nobody holds the lock of this part any more.
inline bool is_abandoned(const std::string& part) {
  const Fd file(::open(part.c_str(), O_WRONLY | O_CLOEXEC));
  return file && ::flock(file.get(), LOCK_EX | LOCK_NB) == 0;
}

class UploadServer : public ::testing::Test {
 protected:
  void start(const std::string& model, std::vector<std::string> options = {}) {
    std::vector<std::string> argv{
        our_program("upload_server"), "--port", "0", "--model", model, "--directory", stored()};
    argv.insert(argv.end(), options.begin(), options.end());
    server_ = std::make_unique<Program>(argv);
    address_ = server_->wait_until_listening();
  }
  /// Ends it and its children by SIGKILL; returns when nothing is left of them.
  void kill_all() {
    ::kill(-server_->pid(), SIGKILL);
    EXPECT_EQ(server_->wait().status, 128 + SIGKILL);
    // A child that is not ours may let go of its files a little later than of its standard error.
    EXPECT_TRUE(eventually([&] {
      for (const std::string& name : names_in(stored()))
        if (!is_abandoned(stored(name))) return false;
      return true;
    }));
  }
  Program& server() { return *server_; }
  const Address& address() const { return address_; }
  Socket connect() { return create_connection(address_, kWatchdog); }
  std::string stored() const { return directory_ / "stored"; }
  std::string stored(const std::string& name) const { return stored() + "/" + name; }
  /// A path beside the directory of stored files.
  std::string beside(const std::string& name) const { return directory_ / name; }
  /// What it logged; it must have ended as asked.
  std::string log() {
    server_->kill(SIGTERM);
    const Outcome outcome = server_->wait();
    EXPECT_EQ(outcome.status, 0);
    return outcome.err;
  }

 private:
  TemporaryDirectory directory_;
  std::unique_ptr<Program> server_;
  Address address_;
};

}  // namespace socketserver::testing
