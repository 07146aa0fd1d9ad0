// What Socket::makefile() gives: one file for both directions.
#pragma once

#include "socketserver/io/reader.hpp"
#include "socketserver/io/writer.hpp"

namespace socketserver {

/// A Reader and a Writer over one socket; see there. Python: socket.makefile("rwb"). Unlike there it borrows
/// the socket, which must outlive it, and what was not flushed is lost with it.
class SocketFile : public Reader, public Writer {
 public:
  SocketFile(Socket& socket, std::size_t buffer_size)
      : Reader(socket, buffer_size), Writer(socket, buffer_size) {}
};

}  // namespace socketserver
