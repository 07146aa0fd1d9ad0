// Keys, and the files they come from.
#include "socketserver/service/auth_key.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <stdexcept>

#include "socketserver/net/error.hpp"
#include "support/permissions.hpp"
#include "support/serving.hpp"

namespace socketserver::testing {
namespace {

class AuthKeyFile : public ::testing::Test {
 protected:
  std::string key_in(const std::string& contents) {
    write(contents);
    return std::string(AuthKey::read(path_).bytes());
  }
  void write(const std::string& contents) {
    std::ofstream(path_, std::ios::binary) << contents;
    ::chmod(path_.c_str(), 0600);
  }
  std::string complaint() {
    try {
      AuthKey::read(path_);
    } catch (const std::exception& error) {
      const std::string what = error.what();
      EXPECT_NE(what.find(path_), std::string::npos) << what;
      return what.substr(0, what.find(path_)) + "FILE" + what.substr(what.find(path_) + path_.size());
    }
    return "none";
  }
  TemporaryDirectory directory_;
  const std::string path_ = directory_ / "key";
};

TEST(AuthKey, has_any_bytes_but_not_none_or_too_many) {
  EXPECT_EQ(AuthKey(std::string_view("a\0\n", 3)).bytes(), std::string_view("a\0\n", 3));
  EXPECT_EQ(AuthKey(std::string(AuthKey::kMost, 'x')).bytes().size(), AuthKey::kMost);
  EXPECT_THROW(AuthKey(""), std::invalid_argument);
  EXPECT_THROW(AuthKey(std::string(AuthKey::kMost + 1, 'x')), std::invalid_argument);
}

TEST_F(AuthKeyFile, GivesItsBytesWithoutOneLineEnd) {
  EXPECT_EQ(key_in("secret"), "secret");
  EXPECT_EQ(key_in("secret\n"), "secret");
  EXPECT_EQ(key_in("secret\r\n"), "secret");
  EXPECT_EQ(key_in("secret\n\n"), "secret\n");
  EXPECT_EQ(key_in("secret\r"), "secret\r");
  EXPECT_EQ(key_in(" two words \n"), " two words ");
  EXPECT_EQ(key_in("a\nb"), "a\nb");
  EXPECT_EQ(key_in(std::string(AuthKey::kMost, 'x') + "\r\n").size(), AuthKey::kMost);
}

TEST_F(AuthKeyFile, SaysWhatIsWrong) {
  EXPECT_EQ(complaint(), "cannot read the key file FILE: No such file or directory");
  EXPECT_THROW(AuthKey::read(path_), FileNotFoundError);
  write("");
  EXPECT_EQ(complaint(), "the key file FILE is empty");
  write("\n");
  EXPECT_EQ(complaint(), "the key file FILE is empty");
  write(std::string(AuthKey::kMost + 1, 'x'));
  EXPECT_EQ(complaint(), "the key file FILE is longer than 4096 bytes");
  write(std::string(10 * AuthKey::kMost, 'x'));
  EXPECT_EQ(complaint(), "the key file FILE is longer than 4096 bytes");
  ::unlink(path_.c_str());
  ::mkdir(path_.c_str(), 0700);
  EXPECT_EQ(complaint(), "cannot read the key file FILE: Is a directory");
  ::rmdir(path_.c_str());
}

TEST_F(AuthKeyFile, ThatOthersCanReadIsNone) {
  write("secret");
  for (const mode_t mode : {0640U, 0604U, 0620U, 0644U, 0666U}) {
    ::chmod(path_.c_str(), mode);
    EXPECT_EQ(complaint(), "the key file FILE can be read or changed by others; to cure it: chmod 600");
  }
  ::chmod(path_.c_str(), 0400);
  EXPECT_EQ(AuthKey::read(path_).bytes(), "secret");
}

TEST_F(AuthKeyFile, ThatIsNotOursToReadIsNone) {
  write("secret");
  ::chmod(path_.c_str(), 0000);
  if (!permissions_count(path_)) return;
  EXPECT_THROW(AuthKey::read(path_), PermissionError);
}

TEST_F(AuthKeyFile, MayBeAPipe) {
  ASSERT_EQ(::mkfifo(path_.c_str(), 0600), 0);
  std::thread writer([this] { std::ofstream(path_) << "secret\n"; });
  EXPECT_EQ(AuthKey::read(path_).bytes(), "secret");
  writer.join();
}

}  // namespace
}  // namespace socketserver::testing
