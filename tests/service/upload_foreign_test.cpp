// Uploads between us and Python programs over socket, struct, json and hashlib alone.
#include <signal.h>

#include "service/upload_fixture.hpp"
#include "support/models.hpp"

namespace socketserver::testing {
namespace {

std::string script(const std::string& name) { return SOCKETSERVER_TEST_DIR "/service/" + name; }

class UploadPython : public UploadServer {
 protected:
  void SetUp() override {
    if (!python_) GTEST_SKIP() << "python3 is not installed";
    put(beside("计算机五大.txt"), "hello");
    put(beside("empty"), "");
    put(beside("large"), large_);
  }
  const std::optional<std::string> python_ = find_program("python3");
  const std::string large_ = bytes_of(3'000'000);
};

/// Parameters: the form, as the script calls it, and the model.
class UploadPythonClients : public UploadPython,
                            public ::testing::WithParamInterface<std::tuple<std::string, std::string>> {};

TEST_P(UploadPythonClients, AreServed) {
  const auto& [form, model] = GetParam();
  start(model);
  const Outcome client =
      run({*python_, script("upload_client.py"), form, "127.0.0.1", std::to_string(address().port()),
           beside("计算机五大.txt"), beside("empty"), beside("large") + "=/a/b/c/d/e/a.txt"});
  EXPECT_EQ(client.err, "");
  EXPECT_EQ(client.status, 0);
  server().wait_for_error("stored a.txt");
  EXPECT_EQ(contents(stored("计算机五大.txt")), "hello");
  EXPECT_TRUE(contents(stored("a.txt")) == large_);
  EXPECT_EQ(names_in(stored()), (Names{"计算机五大.txt", "empty", "a.txt"}));
  const std::string lines = log();
  EXPECT_EQ(lines.find("here is empty\n") != lines.npos, form == "msg") << lines;
}

INSTANTIATE_TEST_SUITE_P(AllForms, UploadPythonClients,
                         ::testing::Combine(::testing::Values("put", "msg", "md5"),
                                            ::testing::ValuesIn(kAllModels)),
                         [](const auto& one) {
                           return name_of(std::get<0>(one.param)) + "_" + name_of(std::get<1>(one.param));
                         });

TEST_F(UploadPython, GetsAndPutsBackAndLists) {
  start("threading");
  put(stored("large"), large_);
  const Outcome client =
      run({*python_, script("transfer_client.py"), "127.0.0.1", std::to_string(address().port()), "large"});
  EXPECT_EQ(client.err, "");
  EXPECT_EQ(client.out, "['d', 'd/again', 'd/back', 'large']\n");
  EXPECT_TRUE(contents(stored("d/back")) == large_);
  EXPECT_TRUE(contents(stored("d/again")) == large_);
}

/// Our client's form, and the headers that the server prints for two files.
struct Form {
  const char* name;
  const char* headers;
  friend void PrintTo(const Form& form, std::ostream* out) { *out << form.name; }
};

const Form kForms[] = {
    {"cmd",
     R"({"cmd": "put", "filename": "\u8ba1\u7b97\u673a\u4e94\u5927.txt", "filesize": 5, "reply": true}
{"cmd": "put", "filename": "empty", "filesize": 0, "reply": true}
)"},
    {"msg",
     R"({"file_name": "\u8ba1\u7b97\u673a\u4e94\u5927.txt", "file_size": 5, "msg": "", "reply": true}
{"file_name": "empty", "file_size": 0, "msg": "", "reply": true}
)"},
    {"md5",
     R"({"file_name": "\u8ba1\u7b97\u673a\u4e94\u5927.txt", "file_size": 5, "md5": "5d41402abc4b2a76b9719d911017c592", "reply": true}
{"file_name": "empty", "file_size": 0, "md5": "d41d8cd98f00b204e9800998ecf8427e", "reply": true}
)"},
};

class UploadPythonServers : public UploadPython, public ::testing::WithParamInterface<Form> {};

TEST_P(UploadPythonServers, ServeOurClient) {
  std::filesystem::create_directory(stored());
  Program server({*python_, script("upload_server.py"), "close", stored()});
  const std::string port = std::to_string(server.wait_until_listening().port());
  const Outcome client = run({our_program("upload_client"), "--port", port, "--form", GetParam().name,
                              beside("计算机五大.txt"), beside("empty")});
  const std::string unknown = "; the server does not say whether it was stored\n";
  EXPECT_EQ(client.out,
            beside("计算机五大.txt") + ": sent 5 B" + unknown + beside("empty") + ": sent 0 B" + unknown);
  EXPECT_EQ(client.err, "");
  EXPECT_EQ(client.status, 0);
  const std::string printed = server.wait_for_output("\"empty\"");
  EXPECT_NE(printed.find(GetParam().headers), printed.npos) << printed;
  EXPECT_EQ(contents(stored("计算机五大.txt")), "hello");
  EXPECT_EQ(names_in(stored()), (Names{"计算机五大.txt", "empty"}));
}

INSTANTIATE_TEST_SUITE_P(AllForms, UploadPythonServers, ::testing::ValuesIn(kForms),
                         [](const auto& one) { return std::string(one.param.name); });

TEST_F(UploadPython, ServersGetLargeFilesToo) {
  std::filesystem::create_directory(stored());
  Program server({*python_, script("upload_server.py"), "close", stored()});
  const std::string port = std::to_string(server.wait_until_listening().port());
  EXPECT_EQ(run({our_program("upload_client"), "--port", port, beside("large")}).status, 0);
  EXPECT_TRUE(contents(stored("large")) == large_);
}

TEST_F(UploadPython, ServersThatNeverCloseAreGivenUp) {
  std::filesystem::create_directory(stored());
  Program server({*python_, script("upload_server.py"), "never", stored()});
  const std::string port = std::to_string(server.wait_until_listening().port());
  const Outcome client =
      run({our_program("upload_client"), "--port", port, "--timeout", "0.2", beside("empty")});
  EXPECT_EQ(client.out, beside("empty") + ": sent 0 B; the server does not say whether it was stored\n");
  EXPECT_EQ(client.err,
            "upload_client: 127.0.0.1:" + port + ": the server neither answers nor closes the connection\n");
  EXPECT_EQ(client.status, 1);
}

}  // namespace
}  // namespace socketserver::testing
