// Whom one can talk to: names, and where each is.
#pragma once

#include <istream>
#include <string>
#include <string_view>
#include <vector>

#include "socketserver/net/address.hpp"

namespace socketserver {

struct Person {
  std::string name;
  std::string where;  ///< as place() reads it
};

/// "anna=127.0.0.1:8015", with spaces around either part left out. Throws std::invalid_argument that says
/// what is wrong; whether `where` is known is seen when somebody is called.
Person parse_person(std::string_view text);

/// A line for each; '#' begins a remark, at the beginning of a line or after a space, and empty lines count
/// for nothing. Throws std::invalid_argument, "line
/// 3: ...", also for a name that was there before.
std::vector<Person> read_people(std::istream& file);

/// "HOST:PORT", "[IPv6]:PORT" or "unix:PATH". A name is looked up now, see Address. Throws
/// std::invalid_argument for what is none of these, and what Address throws.
Address place(std::string_view where);

}  // namespace socketserver
