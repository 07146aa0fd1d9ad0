// Addresses: their families, limits and text.
#include "socketserver/net/address.hpp"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <stdexcept>

#include "net/sockets.hpp"
#include "support/serving.hpp"

namespace socketserver::testing {
namespace {

using namespace std::string_literals;

TEST(Address, is_none_by_default) {
  const Address none;
  EXPECT_EQ(none.family(), AF_UNSPEC);
  EXPECT_EQ(none.host(), "");
  EXPECT_EQ(none.port(), 0);
  EXPECT_EQ(none.path(), "");
  EXPECT_EQ(none.to_string(), "(no address)");
  EXPECT_FALSE(none.is_loopback());
  EXPECT_FALSE(none.is_wildcard());
}

TEST(Address, of_IPv4) {
  const Address address("127.0.0.1", 80);
  EXPECT_EQ(address.family(), AF_INET);
  EXPECT_EQ(address.host(), "127.0.0.1");
  EXPECT_EQ(address.port(), 80);
  EXPECT_EQ(address.to_string(), "127.0.0.1:80");
}

TEST(Address, of_IPv6_takes_its_family_from_the_text) {
  const Address address("2001:db8:0::1", 65535);
  EXPECT_EQ(address.family(), AF_INET6);
  EXPECT_EQ(address.host(), "2001:db8::1");
  EXPECT_EQ(address.to_string(), "[2001:db8::1]:65535");
}

// The scope was lost in the text once, and a link-local address cannot be reached without it.
TEST(Address, of_IPv6_keeps_its_scope) {
  const Address address("fe80::1%lo", 80);
  sockaddr_in6 in6{};
  std::memcpy(&in6, address.data(), sizeof in6);
  EXPECT_NE(in6.sin6_scope_id, 0u);
  EXPECT_EQ(address.host(), "fe80::1%lo");
  EXPECT_EQ(address.to_string(), "[fe80::1%lo]:80");
  EXPECT_EQ(Address(address.host(), 80), address);
}

TEST(Address, of_a_name_is_looked_up) { EXPECT_TRUE(Address("localhost", 80).is_loopback()); }

TEST(Address, of_an_unknown_name_says_which) {
  const std::string message = message_of<gaierror>([] { Address("nowhere.invalid", 80); });
  EXPECT_TRUE(message.starts_with("resolve nowhere.invalid: ")) << message;
}

TEST(Address, of_every_interface_is_dual_stack) {
  for (const char* host : {"", "*"}) {
    const Address all(host, 80);
    EXPECT_TRUE(all.is_wildcard());
    EXPECT_FALSE(all.is_loopback());
    EXPECT_EQ(all.to_string(), all.family() == AF_INET6 ? "[::]:80" : "0.0.0.0:80");
  }
  EXPECT_TRUE(Address("0.0.0.0", 1).is_wildcard());
  EXPECT_TRUE(Address("::", 1).is_wildcard());
  EXPECT_FALSE(Address("::1", 1).is_wildcard());
}

TEST(Address, refuses_ports_out_of_range) {
  EXPECT_EQ(message_of<std::out_of_range>([] { Address("127.0.0.1", -1); }), "port -1 is not in 0..65535");
  EXPECT_EQ(message_of<std::out_of_range>([] { Address("::1", 70000); }), "port 70000 is not in 0..65535");
  EXPECT_THROW(Address("nowhere.invalid", 65536), std::out_of_range);
  EXPECT_THROW(resolve("127.0.0.1", -1), std::out_of_range);
  EXPECT_EQ(Address("127.0.0.1", 65535).port(), 65535);
}

// It was cut at the NUL once, so that "127.0.0.1\0evil" passed for 127.0.0.1.
TEST(Address, refuses_a_NUL_in_a_host) {
  EXPECT_THROW(Address("127.0.0.1\0evil"s, 80), std::invalid_argument);
  EXPECT_THROW(Address("localhost\0"s, 80), std::invalid_argument);
  EXPECT_THROW(resolve("127.0.0.1\0evil"s, 80), std::invalid_argument);
}

TEST(Address, of_a_path) {
  const Address address("/run/some.sock");
  EXPECT_EQ(address.family(), AF_UNIX);
  EXPECT_EQ(address.path(), "/run/some.sock");
  EXPECT_EQ(address.host(), "");
  EXPECT_EQ(address.port(), 0);
  EXPECT_TRUE(address.is_loopback());
  EXPECT_EQ(address.to_string(), "unix:/run/some.sock");
}

TEST(Address, of_a_path_has_at_most_107_bytes) {
  EXPECT_EQ(Address(std::string(107, 'p')).path(), std::string(107, 'p'));
  const std::string message = message_of<std::length_error>([] { Address(std::string(108, 'p')); });
  EXPECT_TRUE(message.starts_with("the path of a Unix socket is longer than 107 bytes: ppp")) << message;
}

TEST(Address, of_the_longest_path_can_be_bound_and_comes_back_whole) {
  const TemporaryDirectory directory;
  const std::string path = directory / std::string(107 - directory.path().size() - 1, 'p');
  Socket socket = Socket::udp();
  socket.bind(Address(path));
  EXPECT_EQ(socket.getsockname(), Address(path));
}

TEST(Address, of_a_path_without_terminator_ends_where_the_kernel_says) {
  sockaddr_un un{};
  un.sun_family = AF_UNIX;
  std::ranges::fill(un.sun_path, 'q');  // Linux lets others bind 108 bytes
  EXPECT_EQ(Address(reinterpret_cast<const sockaddr*>(&un), sizeof un).path(), std::string(108, 'q'));
}

TEST(Address, refuses_paths_that_are_empty_or_hold_a_NUL) {
  EXPECT_THROW(Address(""), std::invalid_argument);
  EXPECT_THROW(Address("/run/a\0b"s), std::invalid_argument);
  EXPECT_THROW(Address("\0a\0b"s), std::invalid_argument);
}

TEST(Address, of_an_abstract_name) {
  const Address address("\0name"s);
  EXPECT_EQ(address.path(), "\0name"s);
  EXPECT_EQ(address.to_string(), "unix:@name");
  EXPECT_EQ(Address("\0"s + std::string(107, 'a')).path().size(), 108u);
  EXPECT_THROW(Address("\0"s + std::string(108, 'a')), std::length_error);
}

TEST(Address, of_an_abstract_name_can_be_bound) {
  Socket socket = Socket::tcp();
  const Address name("\0socketserver-test-"s + std::to_string(::getpid()));
  socket.bind(name);
  EXPECT_EQ(socket.getsockname(), name);
}

TEST(Address, of_an_unnamed_Unix_socket_is_empty) {
  const Address unnamed = unix_pair().ours.getsockname();
  EXPECT_EQ(unnamed.family(), AF_UNIX);
  EXPECT_EQ(unnamed.path(), "");
  EXPECT_EQ(unnamed.to_string(), "unix:");
}

TEST(Address, knows_loopback_in_every_form) {
  for (const char* host : {"127.0.0.1", "127.255.0.9", "::1", "::ffff:127.0.0.1", "::ffff:127.8.8.8"})
    EXPECT_TRUE(Address(host, 1).is_loopback()) << host;
  for (const char* host :
       {"128.0.0.1", "126.255.255.255", "0.0.0.0", "::", "::2", "::ffff:10.0.0.1", "::127.0.0.1"})
    EXPECT_FALSE(Address(host, 1).is_loopback()) << host;
}

TEST(Address, compares_by_host_port_and_path) {
  EXPECT_EQ(Address("127.0.0.1", 1), Address("127.0.0.1", 1));
  EXPECT_NE(Address("127.0.0.1", 1), Address("127.0.0.1", 2));
  EXPECT_NE(Address("127.0.0.1", 1), Address("127.0.0.2", 1));
  EXPECT_NE(Address("127.0.0.1", 1), Address("::ffff:127.0.0.1", 1));
  EXPECT_NE(Address("a"), Address("ab"));
  EXPECT_EQ(Address(), Address());
}

TEST(Resolve, gives_numbers_as_they_are) {
  EXPECT_EQ(resolve("127.0.0.1", 7), std::vector{Address("127.0.0.1", 7)});
  EXPECT_EQ(resolve("::1", 7), std::vector{Address("::1", 7)});
  EXPECT_EQ(resolve("", 7), std::vector{Address("", 7)});
}

TEST(Resolve, gives_each_address_of_a_name_once) {
  auto all = resolve("localhost", 7);
  ASSERT_FALSE(all.empty());
  for (const Address& one : all) EXPECT_EQ(std::ranges::count(all, one), 1) << one.to_string();
}

TEST(Resolve, throws_gaierror_for_what_is_no_host) {
  EXPECT_THROW(resolve("nowhere.invalid", 7), gaierror);
  EXPECT_THROW(resolve("no host at all", 7), gaierror);
  EXPECT_THROW(resolve(std::string(10'000, 'a'), 7), gaierror);
}

}  // namespace
}  // namespace socketserver::testing
