// What a server calls for each of its requests.
#pragma once

#include <functional>

#include "socketserver/server/request.hpp"

namespace socketserver {

class BaseServer;

/// Serves one request; handler<H>() makes one out of a handler class. Called by any number of threads at
/// once.
using RequestHandlerClass = std::function<void(Request&, const Address& client_address, BaseServer&)>;

/// Thrown by a handler to end without handle_error(): out of serve_forever() where the loop itself runs
/// the handler, and of that handler's thread or process elsewhere. Python: SystemExit.
struct ServerExit {};

}  // namespace socketserver
