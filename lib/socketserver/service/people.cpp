#include "socketserver/service/people.hpp"

#include <algorithm>
#include <charconv>
#include <stdexcept>

#include "socketserver/io/ascii.hpp"
#include "socketserver/service/text.hpp"

namespace socketserver {
namespace {

constexpr std::string_view kUnix = "unix:";

[[noreturn]] void not_this(std::string_view text, const std::string& form) {
  throw std::invalid_argument("'" + printable(text) + "' is not " + form);
}

int parse_port(std::string_view text) {
  int port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  const bool whole = error == std::errc() && end == text.data() + text.size();
  return whole && port >= 1 && port <= 65'535 ? port : -1;
}

/// Throws for what place() would not read, without looking anything up.
struct HostAndPort {
  explicit HostAndPort(std::string_view where) {
    const std::size_t colon = where.rfind(':');
    if (colon == 0 || colon == where.npos) not_this(where, "HOST:PORT");
    host = where.substr(0, colon);
    port = parse_port(where.substr(colon + 1));
    if (host.starts_with('[') && host.ends_with(']'))
      host = host.substr(1, host.size() - 2);
    else if (host.find(':') != host.npos)
      not_this(where, "[IPv6]:PORT");
    if (port < 0 || host.empty()) not_this(where, "HOST:PORT");
  }
  std::string_view host;
  int port;
};

}  // namespace

Person parse_person(std::string_view text) {
  const std::size_t equals = text.find('=');
  if (equals == text.npos) not_this(text, "NAME=HOST:PORT");
  const std::string_view name = strip(text.substr(0, equals)), where = strip(text.substr(equals + 1));
  if (name.empty()) not_this(text, "NAME=HOST:PORT");
  if (!where.starts_with(kUnix)) HostAndPort{where};
  return {std::string(name), std::string(where)};
}

std::vector<Person> read_people(std::istream& file) {
  std::vector<Person> people;
  std::size_t number = 0;
  for (std::string line; std::getline(file, line);) {
    ++number;
    line.insert(0, " ");
    const std::string_view text = strip(std::string_view(line).substr(0, line.find(" #")));
    if (text.empty()) continue;
    try {
      people.push_back(parse_person(text));
      if (std::ranges::count(people, people.back().name, &Person::name) > 1)
        throw std::invalid_argument("'" + printable(people.back().name) + "' is there twice");
    } catch (const std::invalid_argument& error) {
      throw std::invalid_argument("line " + std::to_string(number) + ": " + error.what());
    }
  }
  return people;
}

Address place(std::string_view where) {
  if (where.starts_with(kUnix)) return Address(where.substr(kUnix.size()));
  const HostAndPort parts(where);
  return {parts.host, parts.port};
}

}  // namespace socketserver
