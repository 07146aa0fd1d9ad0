// Server programs in every model and over every transport.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <tuple>
#include <vector>

#include "socketserver/socketserver.hpp"
#include "support/models.hpp"
#include "support/program.hpp"
#include "support/serving.hpp"

namespace socketserver::testing {

/// Parameters: the model, and "ipv4", "ipv6" or "unix".
class ServicePrograms : public ::testing::TestWithParam<std::tuple<std::string, std::string>> {
 protected:
  void start(const std::string& program, std::vector<std::string> options) {
    const auto& [model, transport] = GetParam();
    std::vector<std::string> argv{our_program(program), "--model", model};
    if (transport == "unix")
      argv.insert(argv.end(), {"--unix", directory_ / ("socket" + std::to_string(++servers_))});
    else
      argv.insert(argv.end(), {"--host", transport == "ipv6" ? "::1" : "127.0.0.1", "--port", "0"});
    argv.insert(argv.end(), options.begin(), options.end());
    server_ = std::make_unique<Program>(argv);
    address_ = server_->wait_until_listening();
  }
  Program& server() { return *server_; }
  const Address& address() const { return address_; }
  Socket connect() { return create_connection(address_, kWatchdog); }
  /// Of datagrams, with a name of its own, so that it can be answered.
  Socket connect_datagram() {
    Socket socket = Socket::udp();
    socket.settimeout(kWatchdog);
    if (address_.family() == AF_UNIX) socket.bind(directory_ / ("client" + std::to_string(++clients_)));
    socket.connect(address_);
    return socket;
  }

 private:
  TemporaryDirectory directory_;
  std::unique_ptr<Program> server_;
  Address address_;
  int servers_ = 0, clients_ = 0;
};

/// Each model over each of `transports`; and over each of `others` a model with threads and one with
/// processes, for no model knows of transports.
inline std::vector<std::tuple<std::string, std::string>> cases(const std::vector<std::string>& models,
                                                               const std::vector<std::string>& transports,
                                                               const std::vector<std::string>& others) {
  std::vector<std::tuple<std::string, std::string>> all;
  for (const std::string& model : models)
    for (const std::string& transport : transports) all.emplace_back(model, transport);
  for (const char* model : {"threading", "forking"})
    for (const std::string& transport : others) all.emplace_back(model, transport);
  return all;
}

inline std::string name_of_case(const ::testing::TestParamInfo<ServicePrograms::ParamType>& info) {
  return name_of(std::get<0>(info.param)) + "_" + std::get<1>(info.param);
}

}  // namespace socketserver::testing
