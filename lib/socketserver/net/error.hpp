// Errors of system calls as exceptions, with the classes of Python's OSError family.
//
// Every one derives from std::system_error: code() tells the errno, what() names the call and the address it
// was made for ("connect 127.0.0.1:80: Connection refused"). A class of its own exists only where callers
// want to tell an error apart; all others are plain OSError.
#pragma once

#include <string>
#include <system_error>

namespace socketserver {

/// A system call failed. Python: OSError.
class OSError : public std::system_error {
 public:
  /// `call` is what failed, and for which address or path; the text of `errnum` is appended to it.
  OSError(int errnum, const std::string& call) : std::system_error(errnum, std::system_category(), call) {}
  int errnum() const noexcept { return code().value(); }

 protected:
  OSError(std::error_code code, const std::string& call) : std::system_error(code, call) {}
};

/// EAGAIN: a socket without blocking (setblocking(false)) would have to wait.
class BlockingIOError : public OSError {
  using OSError::OSError;
};

/// A deadline of ours passed, or the kernel gave up on the peer (ETIMEDOUT).
class TimeoutError : public OSError {
  using OSError::OSError;
};

/// The peer is gone; what all connection errors share.
class ConnectionError : public OSError {
  using OSError::OSError;
};
/// EPIPE, ESHUTDOWN: sent to a peer that has closed. There is never a SIGPIPE.
class BrokenPipeError : public ConnectionError {
  using ConnectionError::ConnectionError;
};
/// ECONNABORTED.
class ConnectionAbortedError : public ConnectionError {
  using ConnectionError::ConnectionError;
};
/// ECONNREFUSED: nobody listens there.
class ConnectionRefusedError : public ConnectionError {
  using ConnectionError::ConnectionError;
};
/// ECONNRESET.
class ConnectionResetError : public ConnectionError {
  using ConnectionError::ConnectionError;
};

/// EACCES, EPERM.
class PermissionError : public OSError {
  using OSError::OSError;
};
/// ENOENT.
class FileNotFoundError : public OSError {
  using OSError::OSError;
};
/// EEXIST.
class FileExistsError : public OSError {
  using OSError::OSError;
};

/// A host name could not be resolved; code() is getaddrinfo's. Python: socket.gaierror.
class gaierror : public OSError {
 public:
  gaierror(int gai_code, const std::string& call);
};

/// Throws the class that belongs to `errnum`.
[[noreturn]] void throw_os_error(int errnum, const std::string& call);

}  // namespace socketserver
