// Talks to people, each at a chat server of his own, or in rooms.
#include <algorithm>
#include <fstream>
#include <stdexcept>

#include "common/connect.hpp"
#include "common/main.hpp"
#include "common/talk.hpp"
#include "socketserver/net/error.hpp"
#include "socketserver/service/chat_name.hpp"
#include "socketserver/service/text.hpp"

using namespace socketserver;

namespace {

constexpr char kProgram[] = "chat_client";

void add_file(const std::string& path, std::vector<Person>& people) {
  std::ifstream file(path);
  if (!file) throw std::runtime_error("cannot read " + path + ": " + OSError(errno, "").code().message());
  try {
    for (Person& person : read_people(file)) people.push_back(std::move(person));
  } catch (const std::invalid_argument& error) {
    throw std::runtime_error(path + ", " + error.what());
  }
}

// What is said on the command line counts more than what stands in a file.
void add_person(const std::string& text, std::vector<Person>& people) {
  try {
    Person person = parse_person(text);
    std::erase_if(people, [&](const Person& other) { return other.name == person.name; });
    people.push_back(std::move(person));
  } catch (const std::invalid_argument& error) {
    throw apps::UsageError("--to: " + std::string(error.what()));
  }
}

int run(int argc, char** argv) {
  apps::Options options(
      kProgram, "[OPTION]... [NAME]",
      "Sends each line of standard input as a datagram to the person NAME, and shows what "
      "comes back. 'q' ends a conversation; where several people are known and none was named, "
      "another can be chosen then. Without people, talks to the server at host and port.");
  apps::ClientOptions where;
  where.may_authenticate = false;  // that is for connections
  where.port = 8015;               // as chat_server's
  std::string file, own_name;
  std::vector<std::string> to;
  options.each("to", "NAME=HOST:PORT", to, "a person; may be given several times; or NAME=unix:PATH");
  options.path("people", "FILE", file, "a file of such people, one on each line; '#' begins a remark");
  options.path("name", "NAME", own_name,
               "our own name, for a room (chat_server --room), which is entered at once");
  where.add_to(options);
  options.excludes("to", {"host", "port", "unix"}).excludes("people", {"host", "port", "unix"});
  const std::vector<std::string> words = options.parse(argc, argv);
  if (words.size() > 1) throw apps::UsageError("talks to one person at a time (see --help)");
  if (!own_name.empty() && !is_chat_name(own_name))
    throw apps::UsageError("--name: '" + printable(own_name) +
                           "' cannot be a name: up to 32 bytes without spaces, ':' and ','");
  std::vector<Person> people;
  if (!file.empty()) add_file(file, people);
  for (const std::string& text : to) add_person(text, people);
  if (people.empty() && !file.empty()) throw std::runtime_error(file + " names nobody");
  if (people.empty()) people.push_back({where.where(), where.where()});
  apps::Talk(std::move(people), own_name, where.timeout).run(words.empty() ? "" : words.front());
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  return apps::run_main(kProgram, [&] { return run(argc, argv); });
}
