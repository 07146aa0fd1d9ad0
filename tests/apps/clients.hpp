// A server program and its client.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "support/program.hpp"

namespace socketserver::testing {

using Argv = std::vector<std::string>;

/// A server program, and its client with what belongs to it.
class Clients : public ::testing::Test {
 protected:
  void start(const std::string& service, const Argv& of_server = {}, const Argv& of_client = {}) {
    Argv argv{our_program(service + "_server"), "--port", "0"};
    argv.insert(argv.end(), of_server.begin(), of_server.end());
    server_ = std::make_unique<Program>(argv, Argv{"TZ=ABC-5:30"});
    client_ = {our_program(service + "_client")};
    for (const std::string& option : options_for(server_->wait_until_listening())) client_.push_back(option);
    client_.insert(client_.end(), of_client.begin(), of_client.end());
  }
  Outcome ask(const Argv& words, const std::string& input = {}) {
    Argv argv = client_;
    argv.insert(argv.end(), words.begin(), words.end());
    return run(argv, input);
  }
  std::unique_ptr<Program> server_;
  Argv client_;
};

}  // namespace socketserver::testing
