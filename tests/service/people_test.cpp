// Whom one can talk to.
#include "socketserver/service/people.hpp"

#include <gtest/gtest.h>

#include <sstream>
#include <stdexcept>

namespace socketserver::testing {
namespace {

std::string complaint_of(const std::string& file) {
  std::istringstream in(file);
  try {
    read_people(in);
    return "none";
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
}

TEST(People, AreNamesWithPlaces) {
  std::istringstream file(
      "# friends\n\nanna=127.0.0.1:8015 # at home\n  \xe7\x8b\x97\xe5\x93\xa5 alex = [::1]:9 "
      "\r\nbob=unix:/tmp/x=y");
  const std::vector<Person> people = read_people(file);
  ASSERT_EQ(people.size(), 3u);
  EXPECT_EQ(people[0].name, "anna");
  EXPECT_EQ(place(people[0].where), Address("127.0.0.1", 8015));
  EXPECT_EQ(people[1].name, "\xe7\x8b\x97\xe5\x93\xa5 alex");
  EXPECT_EQ(place(people[1].where), Address("::1", 9));
  EXPECT_EQ(place(people[2].where), Address("/tmp/x=y"));
}

TEST(People, ThatCannotBeAreToldWithTheirLine) {
  EXPECT_EQ(complaint_of("\nanna"), "line 2: 'anna' is not NAME=HOST:PORT");
  EXPECT_EQ(complaint_of("=127.0.0.1:1"), "line 1: '=127.0.0.1:1' is not NAME=HOST:PORT");
  for (const std::string where : {"", "host", ":1", "host:", "host:0", "host:65536", "host:1x", "[]:1"})
    EXPECT_EQ(complaint_of("a=" + where), "line 1: '" + where + "' is not HOST:PORT");
  EXPECT_EQ(complaint_of("a=::1:1"), "line 1: '::1:1' is not [IPv6]:PORT");
  EXPECT_EQ(complaint_of("a=b:1\na=c:1"), "line 2: 'a' is there twice");
  EXPECT_EQ(complaint_of("\x1b[2J\n"), "line 1: '\\x1b[2J' is not NAME=HOST:PORT");
}

}  // namespace
}  // namespace socketserver::testing
