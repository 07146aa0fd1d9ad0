// Files of people: parsed or refused with a reason, and what is parsed is parsed again to the same.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <sstream>
#include <stdexcept>

#include "socketserver/service/chat_name.hpp"
#include "socketserver/service/people.hpp"

using namespace socketserver;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  static_cast<void>(is_chat_name(text));
  std::istringstream file(text);
  try {
    for (const Person& person : read_people(file)) {
      const Person again = parse_person(person.name + "=" + person.where);
      if (again.name != person.name || again.where != person.where) std::abort();
    }
  } catch (const std::invalid_argument&) {
  }
  return 0;
}
