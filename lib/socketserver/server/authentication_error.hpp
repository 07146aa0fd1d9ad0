// What is thrown for a peer that does not prove who it is.
#pragma once

#include <stdexcept>

namespace socketserver {

/// For prepare_request(), handlers and clients. what() is the reason alone, and never holds a key or an
/// answer. BaseServer::handle_error() counts it as `unauthenticated`, and logs a line. Python:
/// multiprocessing.AuthenticationError.
class AuthenticationError : public std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// The client's source has failed too often lately, and was not asked again; or the client said nothing, like
/// others of its source. Logged as kDebug alone: whoever can cause these without limit should not fill a log.
class TooManyFailures : public AuthenticationError {
  using AuthenticationError::AuthenticationError;
};

}  // namespace socketserver
