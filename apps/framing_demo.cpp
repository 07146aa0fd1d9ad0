// Shows with real connections that TCP keeps no boundaries between messages, and the three cures. Nothing
// depends on timing: who should find several sends at once waits until their bytes are there.
#include <functional>
#include <iostream>
#include <sstream>
#include <utility>

#include "common/main.hpp"
#include "common/options.hpp"
#include "framing/receivers.hpp"
#include "framing/round_trips.hpp"
#include "framing/scene.hpp"
#include "load/report.hpp"
#include "socketserver/io/delimited.hpp"
#include "socketserver/io/length_prefixed.hpp"

using namespace socketserver;
using namespace socketserver::apps;

namespace {

constexpr char kProgram[] = "framing_demo";

void say(const std::string& text) { std::cout << text << "\n"; }
/// "  sent        what", in columns.
void row(std::string label, const std::string& what) {
  label.resize(std::max<std::size_t>(label.size(), 12), ' ');
  say("  " + label + " " + what);
}

void sticky() {
  say("1. Two messages arrive as one");
  row("sent", "\"hello\", \"egg\", each by a send of its own");
  row("recv(1024)", "gave " + told_by<Naive>({"hello", "egg"}, std::size_t{8}, std::size_t{1024}));
  row("why", "TCP carries a stream of bytes. What a send put into it is not told apart; the receiver was");
  row("", "busy until both were there, and a recv takes all there is. (Nagle's algorithm, which sends");
  row("", "small messages together, does the same at the sender.)");
}

void great_message() {
  Scene<First> scene;
  Socket socket = scene.connect();
  socket.setsockopt(SOL_SOCKET, SO_SNDBUF, kSocketBuffer);
  const std::string great(kGreat, 'x');
  socket.setblocking(false);
  const std::size_t taken = socket.send(great);  // nobody reads yet
  socket.settimeout(kPatience);
  scene.start();
  Reader reader(socket);
  const std::string first = reader.readline().value_or("0");
  socket.sendall(std::string_view(great).substr(taken));
  const auto number = [](std::size_t n) { return number_text(static_cast<double>(n)); };
  row("sent", "a message of " + number(kGreat) + " bytes; the first send took " + number(taken) + " of them");
  row("recv()", "for all of it gave " + number(std::stoul(first)));
  row("why", "The buffers of the two systems hold no more at once: the rest is sent when there is room.");
}

void split() {
  say("2. One message arrives as two");
  const std::size_t size = 12 + 3;
  row("sent", "\"hello, world\", \"egg\"");
  row("recv(8)", "gave " + told_by<Naive>({"hello, world", "egg"}, size, std::size_t{8}));
  row("why", "recv gives at most as much as it was asked for. The rest is no error: it comes with the next");
  row("", "recv, and what is sent after it sticks to it.");
  great_message();
}

std::string right(const std::string& text, std::size_t width) {
  return std::string(width - std::min(width, text.size()), ' ') + text;
}

void measured(const std::string& how, int trips, std::uint64_t time) {
  const std::string what = right(number_text(trips), 6) + " round trip" + (trips == 1 ? " " : "s");
  row(how, what + right(duration_text(time), 10));
}

void handshake(int questions) {
  say("3. To wait for \"recv_ready\" before each answer keeps answers apart, but costs a round trip each");
  row("sent",
      number_text(questions) + " times " + quoted(kQuestion) + ", for " + quoted(kAnswer) + " each time");
  const std::uint64_t ready = ask_when_ready(questions), one_by_one = ask_one_by_one(questions),
                      at_once = ask_all_at_once(questions);
  measured("ready", 2 * questions, ready);
  measured("length", questions, one_by_one);
  measured("  at once", 1, at_once);
  constexpr double kFar = 0.02;
  row("why", "With a length in front nobody has to wait; here ready took " +
                 number_text(static_cast<double>(ready) / static_cast<double>(at_once)) +
                 " times as long as all at once.");
  row("", "Where a round trip takes 20 ms, as between two cities, ready needs " +
              number_text(2 * questions * kFar) + " s, and all at once 0.02 s.");
  row("", "Nor does ready help but against stuck answers: its own words may stick together or come apart.");
}

void show(Cure cure, const std::string& title, std::size_t small) {
  const std::string bytes = framed(cure, {"hello", "egg", ""});
  say("  " + title);
  row("sent", quoted(bytes));
  for (const std::size_t recv_size : {std::size_t{1024}, small}) {
    std::istringstream told(told_by<Cured>({bytes}, cure, bytes.size(), recv_size));
    std::string pieces, messages;
    std::getline(told, pieces), std::getline(told, messages);
    row("recv(" + std::to_string(recv_size) + ")", "gave " + pieces);
    row("receive()", "gave " + messages);
  }
}

/// What `refused` throws.
std::string error_of(const std::function<void(Reader&, Writer&)>& refused, const std::string& bytes) {
  Reader reader(bytes);
  Writer writer;
  try {
    refused(reader, writer);
  } catch (const std::exception& error) {
    return error.what();
  }
  throw std::logic_error("nothing was refused");
}

void cures() {
  say("4. The cures, for the messages \"hello\", \"egg\" and \"\": stuck together, and in small parts");
  show(Cure::kDelimited, "Delimited: something that no message holds ends each, here a new line", 4);
  row("but", "send(\"two\\nlines\") is refused: " +
                 error_of([](Reader& r, Writer& w) { Delimited(r, w).send("two\nlines"); }, ""));
  show(Cure::kLengthPrefixed,
       "LengthPrefixed: four bytes with the length in front, Python's struct.pack('i', n)", 6);
  row("but", "from one who speaks otherwise, \"GET / HTTP/1.1\": " +
                 error_of([](Reader& r, Writer& w) { LengthPrefixed(r, w).receive(); }, "GET / HTTP/1.1"));
  show(Cure::kHeaderFramed,
       "HeaderFramed: a header in front, in JSON, with the size and whatever else there is to tell", 18);
  row("and", "a later version may tell more in its header, which an old receiver passes over");
}

int run(int argc, char** argv) {
  std::string lesson = "all";
  long long messages = 1000;
  Options options(kProgram, "[OPTION]...",
                  "Shows over real connections how messages stick together and come apart in TCP, why, and "
                  "what is done about it. Every recv and every time is one of this run.");
  options.choice("case", lesson, {"all", "sticky", "split", "handshake", "cures"}, "which of the lessons");
  // All questions of the handshake are sent before an answer is read, and wait in buffers meanwhile.
  options.integer("messages", "N", messages, 1, 2000, "how many the lesson about the handshake asks for");
  if (!options.parse(argc, argv).empty()) throw UsageError("takes no arguments (see --help)");
  const std::pair<const char*, std::function<void()>> lessons[] = {
      {"sticky", sticky},
      {"split", split},
      {"handshake", [&] { handshake(static_cast<int>(messages)); }},
      {"cures", cures}};
  bool first = true;
  for (const auto& [name, show] : lessons) {
    if (lesson != "all" && lesson != name) continue;
    if (!std::exchange(first, false)) say("");
    show();
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  return run_main(kProgram, [&] { return run(argc, argv); });
}
