// Stores the files that its clients send, and gives them back.
#include <limits>

#include "common/main.hpp"
#include "common/serve.hpp"
#include "socketserver/handler/handler.hpp"
#include "socketserver/service/upload.hpp"

using namespace socketserver;

namespace {

constexpr char kProgram[] = "upload_server";

constexpr long long kMost = std::numeric_limits<long long>::max();

std::uint64_t limit(long long given) {
  return given == 0 ? StoreLimits::kNone : static_cast<std::uint64_t>(given);
}

/// 0: none.
struct Limits {
  long long max_file_size = 0, quota = 0, client_quota = 0, max_files = 0;

  void add_to(apps::Options& options) {
    options.integer("max-file-size", "BYTES", max_file_size, 0, kMost,
                    "larger files are refused; 0: none is too large");
    options.integer("quota", "BYTES", quota, 0, kMost,
                    "of all files together, with those on their way; 0: no limit");
    options.integer("client-quota", "BYTES", client_quota, 0, kMost,
                    "that one client (an IPv4 address, or 64 bits of IPv6) may store in a day; 0: no limit");
    options.integer("max-files", "N", max_files, 0, kMost, "how many files there may be; 0: no limit");
  }
  StoreLimits of_store() const { return {limit(quota), limit(max_files), limit(client_quota)}; }
};

void add_deadlines(apps::Options& options, UploadOptions& upload, long long& body_rate) {
  options.seconds("header-timeout", upload.header_timeout,
                  "from the first byte of what a client asks to the end of its header");
  options.seconds("body-timeout", upload.body_timeout,
                  "for the bytes of a file; each --body-rate of them that come give it a second more");
  options.integer("body-rate", "BYTES", body_rate, 1, kMost, "a second, of slow clients");
}

// Without a limit they are kept for a lifetime.
std::chrono::seconds lifetime(const Timeout& keep) {
  constexpr std::chrono::hours kLong{24 * 365 * 100};
  return keep ? std::chrono::duration_cast<std::chrono::seconds>(*keep) : std::chrono::seconds(kLong);
}

int run(int argc, char** argv) {
  apps::Options options(
      kProgram, "[OPTION]...",
      "Stores the files that its clients send: each appears under its name when it is whole and its "
      "digest, if it came with one, is right. Gives its files to whoever asks.");
  apps::ServerOptions server;
  server.model = "threading";
  server.port = 8021;
  server.log_level = "info";  // a line for each file
  std::string directory = "file_upload";
  std::string allow = "both";
  Timeout keep = FileStore::kPartLifetime;
  Limits limits;
  UploadOptions upload;
  long long body_rate = static_cast<long long>(upload.body_rate);
  options.value("directory", "DIR", directory, "where files are; created where it is missing");
  options.choice("allow", allow, {"both", "put", "get"},
                 "what clients may do: send files, get and list those that are there, or both");
  limits.add_to(options);
  options.seconds("keep-parts", keep,
                  "how long what has arrived of a file is kept when the connection of a client breaks that "
                  "wants to resume",
                  apps::Options::Zero::kNoTime);
  add_deadlines(options, upload, body_rate);
  server.add_to(options);
  if (!options.parse(argc, argv).empty()) throw apps::UsageError("takes no arguments (see --help)");
  upload.body_rate = static_cast<std::uint64_t>(body_rate);
  upload.store = std::make_shared<FileStore>(directory, limits.of_store(), lifetime(keep));
  upload.max_file_size = limit(limits.max_file_size);
  upload.put = allow != "get";
  upload.get = allow != "put";
  const auto made = apps::make_stream_server(server, handler<UploadHandler>(upload));
  return apps::serve(kProgram, *made, server);
}

}  // namespace

int main(int argc, char** argv) {
  return apps::run_main(kProgram, [&] { return run(argc, argv); });
}
