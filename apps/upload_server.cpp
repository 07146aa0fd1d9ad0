// Stores the files that its clients send.
#include <limits>

#include "common/main.hpp"
#include "common/serve.hpp"
#include "socketserver/handler/handler.hpp"
#include "socketserver/service/upload.hpp"

using namespace socketserver;

namespace {

constexpr char kProgram[] = "upload_server";

int run(int argc, char** argv) {
  apps::Options options(
      kProgram, "[OPTION]...",
      "Stores the files that its clients send: each appears under its name when it is whole and its "
      "digest, if it came with one, is right.");
  apps::ServerOptions server;
  server.port = 8021;
  server.log_level = "info";  // a line for each file
  std::string directory = "file_upload";
  long long max_file_size = 0;
  options.value("directory", "DIR", directory, "where files go; created where it is missing");
  options.integer("max-file-size", "BYTES", max_file_size, 0, std::numeric_limits<long long>::max(),
                  "larger files are refused; 0: none is too large");
  server.add_to(options);
  if (!options.parse(argc, argv).empty()) throw apps::UsageError("takes no arguments (see --help)");
  UploadOptions upload;
  upload.store = std::make_shared<FileStore>(directory);
  if (max_file_size > 0) upload.max_file_size = static_cast<std::uint64_t>(max_file_size);
  const auto made = apps::make_stream_server(server, handler<UploadHandler>(upload));
  return apps::serve(kProgram, *made, server);
}

}  // namespace

int main(int argc, char** argv) {
  return apps::run_main(kProgram, [&] { return run(argc, argv); });
}
