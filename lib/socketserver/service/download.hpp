// The server's side of `get` and `ls` (transfer.hpp).
#pragma once

#include <cstdint>

#include "socketserver/net/socket.hpp"
#include "socketserver/service/file_store.hpp"
#include "socketserver/service/transfer.hpp"

namespace socketserver {

/// Answers with the file; returns how many of its bytes were sent. Without a digest they go from the file to
/// the socket inside the kernel. RefusedError and OSError of the file while nothing was sent;
/// std::runtime_error when it got shorter meanwhile, and what Socket throws, after which the connection is of
/// no use.
std::uint64_t send_file(Socket& socket, const FileStore& store, const GetRequest& request);

/// Answers with what is there, page by page; memory does not depend on how much that is. RefusedError and
/// OSError while nothing was sent.
void send_listing(Socket& socket, const FileStore& store, const ListRequest& request);

/// Sends `count` bytes of a file from `offset` on. std::runtime_error when it has not so many.
void send_range(Socket& socket, const FileReader& file, std::uint64_t offset, std::uint64_t count);

}  // namespace socketserver
