// The exceptions: which class belongs to which errno, and what they say.
#include "socketserver/net/error.hpp"

#include <gtest/gtest.h>
#include <netdb.h>

#include <cerrno>

#include "net/sockets.hpp"

namespace socketserver::testing {
namespace {

template <class Error>
bool throws_exactly(int errnum) {
  try {
    throw_os_error(errnum, "call");
  } catch (const OSError& error) {
    return typeid(error) == typeid(Error) && error.errnum() == errnum;
  }
}

TEST(Error, has_the_class_of_its_errno) {
  EXPECT_TRUE(throws_exactly<BlockingIOError>(EAGAIN));
  EXPECT_TRUE(throws_exactly<BlockingIOError>(EINPROGRESS));
  EXPECT_TRUE(throws_exactly<TimeoutError>(ETIMEDOUT));
  EXPECT_TRUE(throws_exactly<BrokenPipeError>(EPIPE));
  EXPECT_TRUE(throws_exactly<BrokenPipeError>(ESHUTDOWN));
  EXPECT_TRUE(throws_exactly<ConnectionAbortedError>(ECONNABORTED));
  EXPECT_TRUE(throws_exactly<ConnectionRefusedError>(ECONNREFUSED));
  EXPECT_TRUE(throws_exactly<ConnectionResetError>(ECONNRESET));
  EXPECT_TRUE(throws_exactly<PermissionError>(EACCES));
  EXPECT_TRUE(throws_exactly<PermissionError>(EPERM));
  EXPECT_TRUE(throws_exactly<FileNotFoundError>(ENOENT));
  EXPECT_TRUE(throws_exactly<FileExistsError>(EEXIST));
  EXPECT_TRUE(throws_exactly<OSError>(EMFILE));
}

TEST(Error, of_a_vanished_peer_is_a_ConnectionError_and_a_system_error) {
  EXPECT_THROW(throw_os_error(EPIPE, "send"), ConnectionError);
  EXPECT_THROW(throw_os_error(ECONNRESET, "recv"), ConnectionError);
  EXPECT_THROW(throw_os_error(ECONNREFUSED, "connect"), std::system_error);
}

TEST(Error, says_the_call_the_address_and_the_reason) {
  EXPECT_STREQ(OSError(EMFILE, "accept").what(), "accept: Too many open files");
  const int port = tcp_listener().getsockname().port();  // closed again
  EXPECT_EQ(message_of<ConnectionRefusedError>([&] { create_connection("127.0.0.1", port); }),
            "connect 127.0.0.1:" + std::to_string(port) + ": Connection refused");
}

TEST(Error, of_a_bind_names_the_address) {
  Socket first = tcp_listener();
  const Address taken = first.getsockname();
  EXPECT_EQ(message_of<OSError>([&] { Socket::tcp().bind(taken); }),
            "bind " + taken.to_string() + ": Address already in use");
}

TEST(Error, of_a_missing_directory_is_FileNotFoundError) {
  EXPECT_THROW(Socket::tcp().bind("/no such directory/socket"), FileNotFoundError);
}

TEST(Error, of_a_closed_socket_is_EBADF) {
  EXPECT_EQ(message_of<OSError>([] { Socket().recv(1); }), "recv: Bad file descriptor");
  EXPECT_EQ(message_of<OSError>([] { Socket().sendall("x"); }), "send: Bad file descriptor");
  EXPECT_EQ(message_of<OSError>([] { Socket().accept(); }), "accept: Bad file descriptor");
}

TEST(Error, of_the_resolver_has_its_own_code_and_text) {
  const gaierror error(EAI_NONAME, "resolve nowhere.invalid");
  EXPECT_EQ(error.errnum(), EAI_NONAME);
  EXPECT_EQ(std::string(error.what()), std::string("resolve nowhere.invalid: ") + gai_strerror(EAI_NONAME));
}

}  // namespace
}  // namespace socketserver::testing
