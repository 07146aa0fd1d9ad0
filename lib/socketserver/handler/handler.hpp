// Makes what a server needs out of a handler class.
#pragma once

#include <concepts>
#include <memory>
#include <tuple>
#include <type_traits>
#include <utility>

#include "socketserver/handler/base_request_handler.hpp"

namespace socketserver {

/// For a server's constructor: an H for every request, made of a copy of `args` each time and gone when the
/// request ends. Python passes the handler class itself.
template <std::derived_from<BaseRequestHandler> H, class... Args>
RequestHandlerClass handler(Args&&... args) {
  static_assert(std::constructible_from<H, const std::decay_t<Args>&...>,
                "the handler class has no constructor for these arguments");
  // Shared, since std::function wants to be copied and what it holds may not be.
  return [shared = std::make_shared<const std::tuple<std::decay_t<Args>...>>(std::forward<Args>(args)...)](
             Request& request, const Address& client_address, BaseServer& server) {
    const auto serve = [&](const auto&... each) {
      H made(each...);
      BaseRequestHandler& base = made;  // whatever else H may call run
      base.run(request, client_address, server);
    };
    std::apply(serve, *shared);
  };
}

}  // namespace socketserver
