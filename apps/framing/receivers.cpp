#include "framing/receivers.hpp"

#include <algorithm>

#include "framing/scene.hpp"
#include "socketserver/io/delimited.hpp"
#include "socketserver/net/wait.hpp"
#include "socketserver/service/header_framed.hpp"
#include "socketserver/service/text.hpp"

namespace socketserver::apps {
namespace {

// Has a receiver look only when `bytes` are there, as one does that was busy, or when the client has ended.
void be_busy_until(Socket& socket, std::size_t bytes) {
  socket.setsockopt(SOL_SOCKET, SO_RCVLOWAT, static_cast<int>(bytes));
  wait_readable(socket.fileno(), Deadline::after(kPatience));
  socket.setsockopt(SOL_SOCKET, SO_RCVLOWAT, 1);
}

void add_to(std::string& list, std::string_view bytes) { list += (list.empty() ? "" : ", ") + quoted(bytes); }

// Messages with a header, of which the lesson needs the bodies.
struct Bodies {
  HeaderFramed messages;
  std::optional<std::string> receive() {
    auto message = messages.receive();
    return message ? std::optional(std::move(message->body)) : std::nullopt;
  }
  void send(std::string_view body) { messages.send(Json::object(), body); }
};

// Calls `use` with the messages of a framing.
void with(Cure cure, Reader& reader, Writer& writer, const auto& use) {
  switch (cure) {
    case Cure::kDelimited:
      return use(Delimited(reader, writer));
    case Cure::kLengthPrefixed:
      return use(LengthPrefixed(reader, writer));
    case Cure::kHeaderFramed:
      return use(Bodies{HeaderFramed(reader, writer, "size")});
  }
}

// A connection that gives at most `most` bytes by each recv, and remembers them.
class Pieces : public Socket {
 public:
  Pieces(Socket& socket, std::size_t most) : socket_(socket), most_(most) {}
  std::size_t recv_into(std::span<char> buffer, int flags = 0) override {
    const std::size_t size = socket_.recv_into(buffer.first(std::min(buffer.size(), most_)), flags);
    if (size > 0) add_to(seen_, {buffer.data(), size});
    return size;
  }
  const std::string& seen() const { return seen_; }

 private:
  Socket& socket_;
  std::size_t most_;
  std::string seen_;
};

}  // namespace

std::string quoted(std::string_view bytes) { return '"' + printable(bytes) + '"'; }

void Naive::handle() {
  be_busy_until(request().socket(), busy_until_);
  std::string told;
  for (std::string data; !(data = request().recv(recv_size_)).empty();) add_to(told, data);
  request().sendall(told);
}

void First::handle() {
  const std::size_t first = request().recv(kGreat).size();
  request().sendall(std::to_string(first) + "\n");
  while (!request().recv(kGreat).empty()) {
  }
}

std::string framed(Cure cure, const std::vector<std::string>& messages) {
  Reader nothing{std::string()};
  Writer writer;
  with(cure, nothing, writer, [&](auto framing) {
    for (const std::string& message : messages) framing.send(message);
  });
  return writer.getvalue();
}

void Cured::handle() {
  be_busy_until(request().socket(), busy_until_);
  Pieces pieces(request().socket(), recv_size_);
  Reader reader(pieces);
  Writer writer;
  std::string told;
  with(cure_, reader, writer, [&](auto messages) {
    while (auto message = messages.receive()) add_to(told, *message);
  });
  request().sendall(pieces.seen() + "\n" + told + "\n");
}

}  // namespace socketserver::apps
