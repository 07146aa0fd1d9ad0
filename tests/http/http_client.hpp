// A client that sees the bytes: what was answered to what was sent.
#pragma once

#include <gtest/gtest.h>

#include <array>
#include <map>
#include <string>

#include "socketserver/http/chunked.hpp"
#include "socketserver/http/syntax.hpp"
#include "support/serving.hpp"

namespace socketserver::testing {

/// A response, taken apart. Names of fields are in capitals.
struct Answer {
  int status = 0;
  std::map<std::string, std::string> fields;
  std::string body;

  std::string field(const std::string& name) const {
    const auto found = fields.find(upper(name));
    return found == fields.end() ? "" : found->second;
  }
  bool has(const std::string& name) const { return fields.contains(upper(name)); }
};

class HttpClient {
 public:
  explicit HttpClient(const Address& address) : socket_(create_connection(address, kWatchdog)) {}
  /// Says that it goes: processes that a server in the test's own has forked have a copy of the connection.
  ~HttpClient() {
    try {
      if (socket_.fileno() >= 0) socket_.shutdown(SHUT_RDWR);
    } catch (const OSError&) {
    }
  }
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  Socket& socket() { return socket_; }
  void send(const std::string& bytes) { socket_.sendall(bytes); }
  /// Of one request, whose answer has no body where `head` says so.
  Answer read(bool head = false) {
    Answer answer = read_head();
    if (!head && answer.status >= 200 && answer.status != 204 && answer.status != 304) read_body(answer);
    return answer;
  }
  /// Sends a request for `path` and reads the answer. `fields` end with CRLF each.
  Answer ask(const std::string& method, const std::string& path, const std::string& fields = {},
             const std::string& body = {}) {
    send(method + " " + path + " HTTP/1.1\r\nHost: test\r\n" + fields + "\r\n" + body);
    return read(method == "HEAD");
  }
  Answer get(const std::string& path, const std::string& fields = {}) { return ask("GET", path, fields); }
  Answer post(const std::string& path, const std::string& body) {
    return ask("POST", path, "Content-Length: " + std::to_string(body.size()) + "\r\n", body);
  }
  /// Has the server ended the connection, with nothing more to say?
  bool ended() {
    try {
      return reader_.read1(1).empty();
    } catch (const ConnectionResetError&) {
      return true;
    }
  }
  std::string line() {
    std::string line = reader_.readline().value_or("");
    EXPECT_TRUE(line.ends_with("\r\n")) << line;
    return line.substr(0, line.size() - std::min<std::size_t>(line.size(), 2));
  }

 private:
  Answer read_head() {
    Answer answer;
    const std::string status = line();
    EXPECT_TRUE(status.starts_with("HTTP/1.1 ")) << status;
    if (status.size() > 12) answer.status = std::stoi(status.substr(9, 3));
    for (std::string field; !(field = line()).empty();) {
      const std::size_t colon = field.find(": ");
      EXPECT_NE(colon, field.npos) << field;
      answer.fields[upper(field.substr(0, colon))] = field.substr(colon + 2);
    }
    return answer;
  }
  void read_body(Answer& answer) {
    if (answer.has("Transfer-Encoding")) {
      ChunkedReader chunks(reader_);
      std::array<char, 4096> block;
      for (std::size_t got; (got = chunks.readinto1(block)) > 0;) answer.body.append(block.data(), got);
    } else if (answer.has("Content-Length")) {
      answer.body = reader_.read_exactly(std::stoul(answer.field("Content-Length")));
    } else {
      answer.body = reader_.read();
    }
  }

  Socket socket_;
  Reader reader_{socket_};
};

}  // namespace socketserver::testing
