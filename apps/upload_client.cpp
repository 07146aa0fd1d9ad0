// Sends files to an upload server, and gets files from it.
#include <stdexcept>

#include "common/main.hpp"
#include "common/prompt.hpp"
#include "transfer/session.hpp"

using namespace socketserver;

namespace {

constexpr char kProgram[] = "upload_client";

UploadForm form_named(const std::string& name) {
  return name == "cmd" ? UploadForm::kCmd : name == "msg" ? UploadForm::kMsg : UploadForm::kMd5;
}

/// How a program is called, before it connects.
void check(const apps::Command& command) {
  if ((command.verb == "put" || command.verb == "get") && command.words.empty())
    throw apps::UsageError(command.verb + " needs the name of a file (see --help)");
  if (command.verb == "q" && !command.words.empty())
    throw apps::UsageError("q takes no arguments (see --help)");
}

void run_command(apps::TransferSession& session, const apps::Command& command) {
  if (command.verb == "put") return session.put(command.words);
  if (command.verb == "get") return session.get(command.words);
  if (command.verb == "ls") return session.list(command.words);
  for (const std::string& file : command.words) session.send(file);
}

// False at its end.
bool run_line(apps::TransferSession& session, const std::string& line) {
  try {
    const apps::Command command = apps::command_of_line(line);
    check(command);
    if (command.verb == "q") return false;
    run_command(session, command);
    if (command.verb == "put") session.settle();
  } catch (const std::runtime_error& error) {
    session.failed(line, error.what());
  }
  return true;
}

int run(int argc, char** argv) {
  apps::Options options(
      kProgram, "[OPTION]... [put|get|ls] [NAME]...",
      "Sends files and directories (put), gets them (get), or tells what the server has (ls); the names of "
      "get "
      "and ls may be patterns such as '*.txt'. Without any of these words the names are files, which are "
      "sent "
      "as old servers know them; ./put is a file, too. Without arguments, each line of standard input is a "
      "command, or names a file; q ends.");
  apps::ClientOptions where;
  where.port = 8021;
  std::string form = "cmd", message, digest = "sha256";
  apps::TransferOptions transfer;
  options.path("to", "DIR", transfer.to, "where get puts files; created where it is missing");
  options.flag("resume", transfer.resume,
               "put and get keep what has arrived when the connection breaks, and go on with what was kept");
  options.choice("digest", digest, {"sha256", "none"},
                 "what put and get check the contents by, at the other end; none: only TCP's own checks");
  options.choice("form", form, {"cmd", "msg", "md5"},
                 "the header's: with cmd and filename; with a message; or with the MD5 of the contents, "
                 "which the server then checks");
  options.value("msg", "TEXT", message, "a message for the server's log");
  where.add_to(options);
  const apps::Command command = apps::command_of(options.parse(argc, argv));
  check(command);
  transfer.form = form_named(form);
  transfer.digest = digest == "sha256";
  if (options.given("msg")) transfer.message = message;
  apps::TransferSession session(kProgram, where, transfer);
  if (!command.verb.empty() || !command.words.empty())
    run_command(session, command);
  else
    for (apps::Prompt prompt("put, get, ls, q> ");
         const auto line = session.usable() ? prompt.next() : std::nullopt;)
      if (!line->empty() && !run_line(session, *line)) break;
  session.finish();
  return session.status();
}

}  // namespace

int main(int argc, char** argv) {
  return apps::run_main(kProgram, [&] { return run(argc, argv); });
}
