// The map of the library: include this one header, derive a handler, pick a server.
//
//   struct Shout : StreamRequestHandler {
//     void handle() override {
//       while (auto line = rfile().readline()) wfile().write(upper(*line));
//     }
//   };
//   int main() {
//     ThreadingTCPServer server({"127.0.0.1", 8009}, handler<Shout>());
//     server.serve_forever();
//   }
//
//   BaseServer            the loop and every hook; no protocol
//    └ SocketServer       a socket that is bound
//       ├ TCPServer       connections          ── UnixStreamServer
//       └ UDPServer       datagrams            ── UnixDatagramServer
//   BaseRequestHandler    setup, handle, finish
//    ├ StreamRequestHandler    rfile and wfile over a connection
//    │  └ BaseHTTPRequestHandler   do_GET and its like; http/, not included here
//    └ DatagramRequestHandler  rfile and wfile over a datagram
//
// A mix-in changes where requests run, by overriding process_request(); any server class can be its base:
//
//   | concurrency           | class                | each request runs in        | limit           |
//   | iterative             | TCPServer itself     | the loop                    | 1               |
//   | thread per request    | ThreadingMixIn<...>  | a thread of its own         | max_connections |
//   | process per request   | ForkingMixIn<...>    | a child process of its own  | max_children    |
//   | thread pool           | ThreadPoolMixIn<...> | a thread that waits for one | workers         |
//   | fibers                | FiberMixIn<...>      | a fiber on an event loop    | max_connections |
//   | prethreaded           | PrethreadingMixIn<>  | a thread that accepted it   | workers         |
//   | preforked             | PreforkingMixIn<...> | a process that accepted it  | workers         |
//
// ThreadingTCPServer is ThreadingMixIn<TCPServer>, and so on for UDP, UnixStream, UnixDatagram, and Forking.
// Names are those of Python's socketserver; tests/README.md lists where each is and what differs.
#pragma once

#include "socketserver/concurrency/fiber.hpp"
#include "socketserver/concurrency/forking.hpp"
#include "socketserver/concurrency/preforking.hpp"
#include "socketserver/concurrency/prethreading.hpp"
#include "socketserver/concurrency/thread_pool.hpp"
#include "socketserver/concurrency/threading.hpp"
#include "socketserver/handler/base_request_handler.hpp"
#include "socketserver/handler/datagram_request_handler.hpp"
#include "socketserver/handler/handler.hpp"
#include "socketserver/handler/stream_request_handler.hpp"
#include "socketserver/io/ascii.hpp"
#include "socketserver/io/delimited.hpp"
#include "socketserver/io/framing.hpp"
#include "socketserver/io/length_prefixed.hpp"
#include "socketserver/io/socket_file.hpp"
#include "socketserver/net/create_connection.hpp"
#include "socketserver/net/error.hpp"
#include "socketserver/net/wait.hpp"
#include "socketserver/server/access_log.hpp"
#include "socketserver/server/activated_sockets.hpp"
#include "socketserver/server/chrome_trace.hpp"
#include "socketserver/server/observer_list.hpp"
#include "socketserver/server/tcp_server.hpp"
#include "socketserver/server/udp_server.hpp"
#include "socketserver/server/unix_server.hpp"
