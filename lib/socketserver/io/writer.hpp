// Writing to a connection: what wfile() is.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "socketserver/net/socket.hpp"

namespace socketserver {

/// Writes to a Socket, at once or through a buffer, or collects in memory. Python:
/// socketserver._SocketWriter, io.BufferedWriter, io.BytesIO. Borrows the socket, which must outlive it; one
/// thread at a time. Throws what Socket::sendall throws.
class Writer {
 public:
  /// A buffer of 0 bytes, as in Python's wbufsize, sends every write() whole before it returns.
  explicit Writer(Socket& socket, std::size_t buffer_size = 0) : socket_(&socket), capacity_(buffer_size) {}
  /// Collects in memory.
  Writer() = default;

  /// Takes all of `data` and returns its size.
  std::size_t write(std::string_view data);
  /// Sends what the buffer holds. When that throws it is lost: nobody knows how much of it the peer has.
  void flush();
  /// What is collected and not yet sent.
  const std::string& getvalue() const noexcept { return buffer_; }
  /// The socket's descriptor; -1 for memory.
  int fileno() const noexcept { return socket_ == nullptr ? -1 : socket_->fileno(); }

 private:
  Socket* socket_ = nullptr;  // none: memory
  std::size_t capacity_ = 0;
  std::string buffer_;
};

}  // namespace socketserver
