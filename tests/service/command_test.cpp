// Shell commands: what they print, how they end, and that nothing of them stays.
#include "socketserver/service/command.hpp"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>

#include <filesystem>

#include "socketserver/net/error.hpp"
#include "support/program.hpp"
#include "support/serving.hpp"

namespace socketserver::testing {
namespace {

using namespace std::chrono_literals;

class Command : public ::testing::Test {
 protected:
  ~Command() override {
    EXPECT_EQ(open_descriptors(), descriptors_);
    EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1) << "a child is left";
    EXPECT_EQ(errno, ECHILD);
  }
  CommandResult run(const std::string& command) { return run_command(command, limits_); }
  /// The command prints the number of a process that shall be gone.
  static void expect_gone(const std::string& pid) {
    EXPECT_TRUE(eventually([&] { return has_ended(std::stoi(pid)); })) << pid;
  }

  CommandLimits limits_;

 private:
  std::size_t descriptors_ = open_descriptors();
};

TEST_F(Command, GivesBothStreamsAndTheStatus) {
  const CommandResult result = run("echo out; echo err >&2; exit 3");
  EXPECT_EQ(result.out, "out\n");
  EXPECT_EQ(result.err, "err\n");
  EXPECT_EQ(result.status, 3);
  EXPECT_EQ(result.signal, 0);
  EXPECT_FALSE(result.timed_out || result.truncated);
}

TEST_F(Command, ThatPrintsNothingGivesNothing) {
  const CommandResult result = run("true");
  EXPECT_EQ(result.out + result.err, "");
  EXPECT_EQ(result.status, 0);
}

TEST_F(Command, TellsTheSignalThatEndedIt) { EXPECT_EQ(run("kill -TERM $$").signal, SIGTERM); }

TEST_F(Command, IsTheShellsToUnderstand) {
  EXPECT_EQ(run("echo $((6 * 7)) | tr 4 x").out, "x2\n");
  EXPECT_EQ(run("no-such-command-here").status, 127);
}

TEST_F(Command, GivesMuchOutputWhole) {
  const CommandResult result = run("head -c 3000000 /dev/zero; head -c 3000000 /dev/zero >&2");
  EXPECT_EQ(result.out.size(), 3'000'000u);
  EXPECT_EQ(result.err.size(), 3'000'000u);
}

TEST_F(Command, FindsNothingOnStandardInput) { EXPECT_EQ(run("cat; echo end").out, "end\n"); }

TEST_F(Command, HasNoneOfOurSockets) {
  const Socket ours(AF_INET, SOCK_STREAM);
  const std::string link = "/proc/self/fd/" + std::to_string(ours.fileno());
  const std::string name = std::filesystem::read_symlink(link).string();  // socket:[inode]
  EXPECT_EQ(run("ls -l /proc/self/fd").out.find(name), std::string::npos);
}

TEST_F(Command, IgnoresNoSignalAndBlocksNone) {
  sigset_t all, before;
  ::sigfillset(&all);
  ::sigprocmask(SIG_SETMASK, &all, &before);
  ::signal(SIGPIPE, SIG_IGN);
  // Of the first 28: the C library keeps two of the real-time signals to itself.
  const std::string masks = run("grep -E '^Sig(Blk|Ign)' /proc/self/status | sed 's/\\t.........//'").out;
  ::sigprocmask(SIG_SETMASK, &before, nullptr);
  EXPECT_EQ(masks, "SigBlk:0000000\nSigIgn:0000000\n");
}

TEST_F(Command, IsEndedAtItsTimeWithAllThatItPrinted) {
  limits_.time = 1s;  // for the shell to get as far as the sleep on a busy machine
  const CommandResult result = run("echo begun; sleep 1000");
  EXPECT_TRUE(result.timed_out);
  EXPECT_EQ(result.signal, SIGKILL);
  EXPECT_EQ(result.out, "begun\n");
}

TEST_F(Command, IsEndedWithItsWholeProcessGroup) {
  limits_.time = 1s;
  const CommandResult result = run("sh -c 'echo $$; sleep 1000; true'");
  EXPECT_TRUE(result.timed_out);
  expect_gone(result.out);
}

// Once such a shell was waited for until it ended of itself, since nobody was left in its group.
TEST_F(Command, IsEndedEvenIfItGoesToTheGroupOfItsCaller) {
  if (!find_program("python3")) GTEST_SKIP() << "python3 is not installed";
  limits_.time = 2s;  // for Python to get as far as the sleep on a busy machine
  const CommandResult result =
      run("exec python3 -c 'import os, time\n"
          "os.setpgid(0, os.getpgid(os.getppid()))\n"
          "time.sleep(1000)'");
  EXPECT_TRUE(result.timed_out);
  EXPECT_EQ(result.signal, SIGKILL);
  EXPECT_EQ(result.err, "");
}

// Once such a child kept a caller waiting for the end of its pipes.
TEST_F(Command, TakesItsBackgroundProcessesWithIt) {
  const CommandResult result = run("sleep 1000 & echo $!");
  EXPECT_FALSE(result.timed_out);
  EXPECT_EQ(result.status, 0);
  expect_gone(result.out);
}

TEST_F(Command, MayCloseItsStreamsBeforeItEnds) {
  const CommandResult result = run("echo out; exec >&- 2>&-; sleep 0.1; exit 5");
  EXPECT_EQ(result.out, "out\n");
  EXPECT_EQ(result.status, 5);
}

TEST_F(Command, IsEndedWhenItPrintsTooMuch) {
  limits_.output = 1'000'000;
  for (const std::string endless : {"yes", "yes >&2", "yes & yes >&2 & wait"}) {
    const CommandResult result = run(endless);
    EXPECT_TRUE(result.truncated) << endless;
    EXPECT_EQ(result.out.size() + result.err.size(), limits_.output);
    EXPECT_FALSE(result.timed_out);
  }
}

// Once the status was 0 then, whatever it had been.
TEST_F(Command, HasNoStatusWhereChildrenAreNotWaitedFor) {
  ::signal(SIGCHLD, SIG_IGN);
  EXPECT_THROW(run("exit 3"), OSError);
  ::signal(SIGCHLD, SIG_DFL);
}

TEST_F(Command, GivesUpWhenItsClientIsGone) {
  Socket listener = Socket::tcp();
  listener.bind({"127.0.0.1", 0});
  listener.listen();
  Socket client = create_connection(listener.getsockname());
  const Socket server_side = listener.accept().first;
  const linger reset{1, 0};
  client.setsockopt(SOL_SOCKET, SO_LINGER, {reinterpret_cast<const char*>(&reset), sizeof reset});
  client.close();
  EXPECT_THROW(run_command("sleep 1000", limits_, &server_side), ConnectionAbortedError);
}

TEST_F(Command, GoesOnForAClientThatOnlySaysNoMore) {
  Socket listener = Socket::tcp();
  listener.bind({"127.0.0.1", 0});
  listener.listen();
  Socket client = create_connection(listener.getsockname());
  const Socket server_side = listener.accept().first;
  client.shutdown(SHUT_WR);
  EXPECT_EQ(run_command("sleep 0.05; echo done", limits_, &server_side).out, "done\n");
}

}  // namespace
}  // namespace socketserver::testing
