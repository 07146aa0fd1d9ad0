// Broadcast: on this machine, with Python at either end, and over a network of the test's own.
#include "socketserver/service/broadcast.hpp"

#include <gtest/gtest.h>
#include <signal.h>

#include <memory>
#include <stdexcept>

#include "socketserver/net/error.hpp"
#include "socketserver/service/message.hpp"
#include "support/program.hpp"
#include "support/serving.hpp"

namespace socketserver::testing {
namespace {

using namespace std::string_literals;

using Argv = std::vector<std::string>;

Argv sender(int port, const Argv& more = {}) {
  Argv argv{our_program("broadcast_sender"), "--port", std::to_string(port)};
  argv.insert(argv.end(), more.begin(), more.end());
  return argv;
}

Argv receiver(int port, const Argv& more = {}) {
  Argv argv{our_program("broadcast_receiver"), "--port", std::to_string(port)};
  argv.insert(argv.end(), more.begin(), more.end());
  return argv;
}

// ---- the parts ----

TEST(Broadcast, reaches_all_that_share_the_port_on_this_machine) {
  Socket first = broadcast_receiver({"0.0.0.0", 0});
  const int port = first.getsockname().port();
  Socket second = broadcast_receiver({"0.0.0.0", port}), third = broadcast_receiver({kBroadcastHere, port});
  Socket from = broadcast_sender();
  broadcast(from, "to all", {kBroadcastHere, port});
  for (Socket* each : {&first, &second, &third}) {
    each->settimeout(kWatchdog);
    EXPECT_EQ(each->recvfrom(100).first, "to all");
  }
}

TEST(Broadcast, leaves_by_the_address_it_was_given) {
  Socket to = broadcast_receiver({"0.0.0.0", 0});
  to.settimeout(kWatchdog);
  Socket from = broadcast_sender({"127.0.0.9", 0});
  broadcast(from, "", {kBroadcastHere, to.getsockname().port()});
  const auto [bytes, address] = to.recvfrom(100);
  EXPECT_EQ(bytes, "");
  EXPECT_EQ(address, from.getsockname());
}

TEST(Broadcast, is_refused_without_permission) {
  Socket socket = Socket::udp();
  EXPECT_THROW(broadcast(socket, "x", {kBroadcastHere, 9}), PermissionError);
}

TEST(Broadcast, is_of_IPv4) {
  Socket socket = broadcast_sender();
  EXPECT_THROW(broadcast(socket, "x", {"::1", 9}), std::invalid_argument);
  EXPECT_THROW(broadcast_sender({"::1", 0}), std::invalid_argument);
  EXPECT_THROW(broadcast_receiver({"::", 0}), std::invalid_argument);
}

TEST(ShownMessage, IsOneLineThatDoesNothingToATerminal) {
  const Address from("127.0.0.1", 4711);
  EXPECT_EQ(shown_message(from, "h\xc3\xa4llo\r\n"), "[127.0.0.1:4711] h\xc3\xa4llo");
  EXPECT_EQ(shown_message(from, "a\n[1.2.3.4:5] b\x1b[2J\xff"),
            "[127.0.0.1:4711] a\\x0a[1.2.3.4:5] b\\x1b[2J\\xff");
  EXPECT_EQ(shown_message({"::1", 7}, ""), "[[::1]:7] ");
  EXPECT_EQ(shown_message(from, std::string(65'507, '\xff')).size(),
            4 * 65'507 + "[127.0.0.1:4711] "s.size());
}

// ---- the programs ----

TEST(BroadcastPrograms, EveryReceiverPrintsEveryDatagramWithItsSender) {
  Program first(receiver(0));
  const int port = first.wait_until_listening().port();
  Program second(receiver(port, {"--count", "3"}));
  second.wait_until_listening();
  EXPECT_EQ(run(sender(port, {"good", "morning"})).status, 0);
  EXPECT_EQ(run(sender(port), "one\n\n\xff").status, 0);
  for (Program* each : {&first, &second}) {
    const std::string out = each->wait_for_output("\n[127.0.0.1:");
    EXPECT_NE(each->wait_for_output("] good morning\n").find("] good"), out.npos);
    each->wait_for_output("] one\n[127.0.0.1:");
  }
  EXPECT_EQ(second.wait().status, 0);  // after three
  first.wait_for_output("] \\xff\n");
  first.kill(SIGINT);
  EXPECT_EQ(first.wait().status, 0);
}

TEST(BroadcastPrograms, SendAgainUntilToldToStop) {
  Program to(receiver(0, {"--count", "3", "--timeout", "60"}));
  const int port = to.wait_until_listening().port();
  EXPECT_EQ(run(sender(port, {"--count", "2", "--interval", "0", "tick"})).status, 0);
  Program endless(sender(port, {"--count", "0", "--interval", "0.001", "tock"}));
  EXPECT_EQ(to.wait().status, 0);
  endless.kill(SIGTERM);
  EXPECT_EQ(endless.wait().status, 0);
}

TEST(BroadcastPrograms, AReceiverEndsWhenNothingComes) {
  const Outcome any = run(receiver(0, {"--timeout", "0.01"}));
  EXPECT_EQ(any.status, 0) << any.err;
  const Outcome some = run(receiver(0, {"--timeout", "0.01", "--count", "2"}));
  EXPECT_EQ(some.err, "broadcast_receiver: only 0 of 2 datagrams came in time\n");
  EXPECT_EQ(some.status, 1);
}

TEST(BroadcastPrograms, SayWhatIsWrong) {
  const Outcome six = run(sender(9, {"--to", "::1", "x"}));
  EXPECT_EQ(six.err, "broadcast_sender: [::1]:9 is not of IPv4, which alone has broadcast\n");
  EXPECT_EQ(six.status, 1);
  const Outcome lines = run(sender(9, {"--count", "2"}));
  EXPECT_EQ(lines.err,
            "broadcast_sender: --count and --interval are for words, not for lines (see --help)\n");
  EXPECT_EQ(lines.status, 2);
  const Outcome nowhere = run(receiver(0, {"--host", "192.0.2.1"}));  // an address of documentation
  EXPECT_EQ(nowhere.err,
            "broadcast_receiver: cannot listen on 192.0.2.1:0: Cannot assign requested address\n");
  EXPECT_EQ(nowhere.status, 1);
  const Outcome elsewhere = run(sender(9, {"--from", "192.0.2.1", "x"}));
  EXPECT_EQ(elsewhere.err, "broadcast_sender: bind 192.0.2.1:0: Cannot assign requested address\n");
  EXPECT_EQ(elsewhere.status, 1);
}

// ---- with Python ----

TEST(BroadcastPython, HearsAndIsHeard) {
  const auto python = find_program("python3");
  if (!python) GTEST_SKIP() << "python3 is not installed";
  Program theirs({*python, test_script("service/broadcast_peer.py"), "receive", "0"});
  const int port = theirs.wait_until_listening().port();
  Program ours(receiver(port, {"--count", "1"}));
  ours.wait_until_listening();
  EXPECT_EQ(run(sender(port, {"h\xc3\xa4llo"})).status, 0);
  const Outcome heard = theirs.wait();
  EXPECT_NE(heard.out.find("\nh\xc3\xa4llo\n"), std::string::npos) << heard.out << heard.err;
  EXPECT_EQ(ours.wait().status, 0);

  Program again(receiver(port, {"--count", "1"}));
  again.wait_until_listening();
  run({*python, test_script("service/broadcast_peer.py"), "send", std::to_string(port), "by hand"});
  EXPECT_TRUE(again.wait().out.ends_with("] by hand\n"));
}

// ---- over a network ----

TEST(BroadcastNetwork, IsHeardByEverybodyOnTheOtherSide) {
  const Outcome outcome = run({"/bin/sh", test_script("service/broadcast_network.sh"),
                               our_program("broadcast_receiver"), our_program("broadcast_sender")});
  constexpr int kSkipped = 77;  // as of Automake's tests
  if (outcome.status == kSkipped) GTEST_SKIP() << outcome.err;
  EXPECT_EQ(outcome.status, 0) << outcome.out << outcome.err;
  // Nothing but the network of this name leads anywhere.
  const std::string unreachable =
      ": Network is unreachable (name a network's broadcast address, or 255.255.255.255 with --from)\n";
  EXPECT_EQ(outcome.err, "broadcast_sender: cannot send to 255.255.255.255:8020" + unreachable +
                             "broadcast_sender: cannot send to 192.168.1.255:8020" + unreachable);
  for (const std::string which : {"first: ", "second: "})
    for (const std::string message : {"to the network", "to the interface"})
      EXPECT_NE(outcome.out.find(which + "[10.77.0.1:"), std::string::npos) << outcome.out;
  EXPECT_NE(outcome.out.find("] to the network\n"), std::string::npos) << outcome.out;
  EXPECT_NE(outcome.out.find("] to the interface\n"), std::string::npos) << outcome.out;
}

}  // namespace
}  // namespace socketserver::testing
