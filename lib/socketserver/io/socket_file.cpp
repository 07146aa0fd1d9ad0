#include "socketserver/io/socket_file.hpp"

namespace socketserver {

SocketFile Socket::makefile(std::size_t buffer_size) { return SocketFile(*this, buffer_size); }
SocketFile Socket::makefile() { return makefile(Reader::kDefaultBufferSize); }

}  // namespace socketserver
