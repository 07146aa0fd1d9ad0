// Addresses as the system gives them, of peers who chose theirs: paths of Unix sockets are any bytes.
#include <stdexcept>

#include "fuzz/fuzz.hpp"
#include "socketserver/net/address.hpp"

using namespace socketserver;

namespace {

void look_at(const Address& address) {
  const Address copy = address;
  fuzz::must(copy == address, "a copy is the same address");
  fuzz::must(copy.to_string() == address.to_string(), "a copy is called the same");
  fuzz::must(address.size() <= Address::capacity, "an address fits its storage");
  if (address.family() == AF_UNIX) fuzz::must(address.port() == 0, "a path has no port");
  address.host();
  address.is_loopback();
  address.is_wildcard();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes = fuzz::text(data, size);
  if (size > 0) look_at(Address(reinterpret_cast<const sockaddr*>(data), static_cast<socklen_t>(size)));
  try {
    const Address unix_address(bytes);
    look_at(unix_address);
    fuzz::must(unix_address.path() == bytes, "a path is what it was made of");
  } catch (const std::length_error&) {
  } catch (const std::invalid_argument&) {
  }
  return 0;
}
