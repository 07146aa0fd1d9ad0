#include "support/permissions.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "support/program.hpp"

namespace socketserver::testing {
namespace {

void skip_for_root() { GTEST_SKIP() << "root may read everything, and setpriv cannot take that away"; }

}  // namespace

std::optional<std::vector<std::string>> with_permissions_checked() {
  if (::geteuid() != 0) return std::vector<std::string>();
  const auto setpriv = find_program("setpriv");
  if (!setpriv) return std::nullopt;
  std::vector<std::string> prefix{*setpriv, "--bounding-set=-dac_override,-dac_read_search"};
  if (run({prefix[0], prefix[1], "/bin/true"}).status != 0) return std::nullopt;
  return prefix;
}

bool permissions_count(const std::string& unreadable) {
  if (::access(unreadable.c_str(), R_OK) != 0) return true;
  const auto prefix = with_permissions_checked();
  if (!prefix || prefix->empty() || run({(*prefix)[0], (*prefix)[1], "/bin/cat", unreadable}).status == 0) {
    skip_for_root();
    return false;
  }
  const auto* test = ::testing::UnitTest::GetInstance()->current_test_info();
  const Outcome outcome =
      run({(*prefix)[0], (*prefix)[1], std::filesystem::read_symlink("/proc/self/exe").string(),
           std::string("--gtest_filter=") + test->test_suite_name() + "." + test->name()});
  EXPECT_EQ(outcome.status, 0) << outcome.out << outcome.err;
  return false;
}

}  // namespace socketserver::testing
