// Serves the files of a directory over HTTP.
#pragma once

#include <sys/stat.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "socketserver/http/base_http_request_handler.hpp"
#include "socketserver/http/document_root.hpp"
#include "socketserver/http/preconditions.hpp"

namespace socketserver {

/// Answers GET and HEAD with the files below a directory, with its index page or a listing for a directory.
/// Says ETag and Last-Modified and heeds the conditions that are made of them, and serves one range of a
/// file. A path never leads outside: not by "..", however encoded, and not by a symbolic link.
///
///     ThreadingHTTPServer({"127.0.0.1", 8000}, handler<SimpleHTTPRequestHandler>("www")).serve_forever();
///
/// Python: http.server.SimpleHTTPRequestHandler, which follows links and knows neither tags nor ranges.
class SimpleHTTPRequestHandler : public BaseHTTPRequestHandler {
 public:
  /// Of a directory's names, in a listing, which says where there are more. To read these many takes some
  /// hundredths of a second, for which a loop of fibers stands still. Set it in the derived class's
  /// constructor.
  std::size_t max_listed = 10'000;

  /// Shared by all handlers of a server; must not be null.
  explicit SimpleHTTPRequestHandler(std::shared_ptr<const DocumentRoot> root) : root_(std::move(root)) {}
  /// Opens the directory anew for each connection; OSError where it cannot.
  explicit SimpleHTTPRequestHandler(const std::string& directory = ".")
      : root_(std::make_shared<const DocumentRoot>(directory)) {}

  // ---- for overriders ----
  /// What is looked for in a directory before it is listed. Python: index_pages.
  virtual const std::vector<std::string>& index_pages() const;
  /// The media type of a file with this name.
  virtual std::string_view guess_type(std::string_view name) const;
  /// Answers with the listing of a directory; `path` is relative_path(), with its '/' at the end.
  virtual void list_directory(const Fd& directory, const std::string& path);

  void do_GET() override;
  std::string allowed_methods() const override { return "GET, HEAD, OPTIONS"; }

 private:
  void serve_directory(const Fd& directory, const std::string& path);
  void serve_file(const Fd& file, const struct stat& status, const std::string& name);
  void send_contents(const Fd& file, std::uint64_t offset, std::uint64_t count);
  void redirect_to_directory(const std::string& path);
  void send_validators(const Validators& validators);

  std::shared_ptr<const DocumentRoot> root_;
};

}  // namespace socketserver
