// Messages of people to people: text that comes in datagrams.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "socketserver/net/address.hpp"

namespace socketserver {

/// Without the line ends behind it, "\n" or "\r\n", which programs that send whole lines (`nc -u`) leave
/// there.
std::string_view without_line_end(std::string_view text) noexcept;

/// A message as it is shown to a person: "[127.0.0.1:4711] hello", on one line and whole, with everything
/// escaped by which a stranger could make lines of its own or talk to the terminal.
std::string shown_message(const Address& from, std::string_view text);

/// How a line begins, in quotes, for the person who wrote it to know which one is meant.
std::string quoted_start(std::string_view line);

/// For that person: "not said: a line of 70000 bytes ('and so it ...'); a room takes 1024".
std::string told_too_long(std::string_view line, std::string_view taker, std::size_t most);

}  // namespace socketserver
