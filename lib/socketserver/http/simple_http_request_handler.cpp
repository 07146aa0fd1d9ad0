#include "socketserver/http/simple_http_request_handler.hpp"

#include <unistd.h>

#include <array>
#include <cerrno>

#include "socketserver/http/http_date.hpp"
#include "socketserver/http/mime_types.hpp"
#include "socketserver/http/range.hpp"
#include "socketserver/http/uri.hpp"

namespace socketserver {
namespace {

// Up to here a file is copied behind its head, and goes with it in one send.
constexpr std::uint64_t kSmallFile = 14'000;

[[noreturn]] void refuse(int errnum) {
  switch (errnum) {
    case ENOENT:
    case ENOTDIR:
    case ELOOP:
    case EXDEV:
    case ENAMETOOLONG:
      throw HTTPError(HTTPStatus::NOT_FOUND);
    case EACCES:
    case EPERM:
    case ENXIO:
      throw HTTPError(HTTPStatus::FORBIDDEN);
    case EMFILE:
    case ENFILE:
    case ENOMEM:
    case EAGAIN:
      throw HTTPError(HTTPStatus::SERVICE_UNAVAILABLE);
    default:
      throw HTTPError(HTTPStatus::INTERNAL_SERVER_ERROR);
  }
}

struct stat status_of(const Fd& file) {
  struct stat status;
  if (::fstat(file.get(), &status) < 0) refuse(errno);
  return status;
}

std::string listing_page(const std::string& title, const DocumentRoot::Listing& listing) {
  const std::string shown = html_escape(title);
  std::string page = "<!DOCTYPE HTML>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<title>" +
                     shown + "</title>\n</head>\n<body>\n<h1>" + shown + "</h1>\n<hr>\n<ul>\n";
  for (const auto& [name, is_directory] : listing.entries) {
    const char* const slash = is_directory ? "/" : "";
    page +=
        "<li><a href=\"" + percent_encode(name) + slash + "\">" + html_escape(name) + slash + "</a></li>\n";
  }
  page += "</ul>\n";
  if (!listing.whole)
    page += "<p>There are more than these " + std::to_string(listing.entries.size()) + ".</p>\n";
  return page + "<hr>\n</body>\n</html>\n";
}

}  // namespace

const std::vector<std::string>& SimpleHTTPRequestHandler::index_pages() const {
  static const std::vector<std::string> pages{"index.html", "index.htm"};
  return pages;
}

std::string_view SimpleHTTPRequestHandler::guess_type(std::string_view name) const {
  return socketserver::guess_type(name);
}

void SimpleHTTPRequestHandler::do_GET() {
  const std::string path = relative_path(this->path());
  const Fd file = root_->open(path);
  if (!file) refuse(errno);
  const struct stat status = status_of(file);
  if (S_ISREG(status.st_mode)) return serve_file(file, status, path);
  if (!S_ISDIR(status.st_mode)) throw HTTPError(HTTPStatus::FORBIDDEN);
  if (!path.empty() && path.back() != '/') return redirect_to_directory(path);
  serve_directory(file, path);
}

// Without its '/' at the end, relative links in a page would lead elsewhere.
void SimpleHTTPRequestHandler::redirect_to_directory(const std::string& path) {
  const std::string_view asked = this->path();
  const std::size_t query = asked.find('?');
  send_response(HTTPStatus::MOVED_PERMANENTLY);
  send_header("Location", "/" + percent_encode(path) + "/" +
                              std::string(query == asked.npos ? std::string_view() : asked.substr(query)));
  send_header("Content-Length", 0);
  end_headers();
}

void SimpleHTTPRequestHandler::serve_directory(const Fd& directory, const std::string& path) {
  for (const std::string& index : index_pages()) {
    const Fd file = root_->open(path + index);
    if (!file && errno == ENOENT) continue;
    if (!file) refuse(errno);  // and no list of what the page stands for
    if (const struct stat status = status_of(file); S_ISREG(status.st_mode))
      return serve_file(file, status, index);
  }
  list_directory(directory, path);
}

void SimpleHTTPRequestHandler::list_directory(const Fd& directory, const std::string& path) {
  const auto listing = root_->list(directory, max_listed);
  if (!listing) refuse(errno);
  send_text(HTTPStatus::OK, "text/html; charset=utf-8",
            listing_page("Directory listing for /" + path, *listing));
}

void SimpleHTTPRequestHandler::send_validators(const Validators& validators) {
  send_header("Last-Modified", http_date(validators.told));
  send_header("ETag", validators.etag);
}

void SimpleHTTPRequestHandler::serve_file(const Fd& file, const struct stat& status,
                                          const std::string& name) {
  const auto size = static_cast<std::uint64_t>(status.st_size);
  const Validators validators = validators_of(status);
  const int instead = evaluate_preconditions(headers(), validators, true);
  if (instead == HTTPStatus::NOT_MODIFIED) {
    send_response(instead);
    send_validators(validators);
    return end_headers();
  }
  if (instead != 0) throw HTTPError(instead);
  ByteRange range;  // of two lines neither counts: the field is no list that they could be parts of
  if (const auto fields = headers().get_all("Range");
      fields.size() == 1 && command() == "GET" && range_applies(headers(), validators))
    range = parse_range(fields.front(), size);
  if (range.kind == ByteRange::Kind::kUnsatisfiable) {
    send_response(HTTPStatus::REQUESTED_RANGE_NOT_SATISFIABLE);
    send_header("Content-Range", "bytes */" + std::to_string(size));
    send_header("Content-Length", 0);
    return end_headers();
  }
  const bool part = range.kind == ByteRange::Kind::kPart;
  if (!part) range = {ByteRange::Kind::kWhole, 0, size};
  send_response(part ? HTTPStatus::PARTIAL_CONTENT : HTTPStatus::OK);
  send_header("Content-Type", guess_type(name));
  send_header("Content-Length", range.count);
  if (part)
    send_header("Content-Range", "bytes " + std::to_string(range.first) + "-" +
                                     std::to_string(range.first + range.count - 1) + "/" +
                                     std::to_string(size));
  send_validators(validators);
  send_header("Accept-Ranges", "bytes");
  end_headers();
  send_contents(file, range.first, range.count);
}

void SimpleHTTPRequestHandler::send_contents(const Fd& file, std::uint64_t offset, std::uint64_t count) {
  if (command() == "HEAD") return;
  if (count > kSmallFile) return send_file(file.get(), offset, count);
  std::array<char, kSmallFile> contents;
  std::size_t done = 0;
  while (done < count) {
    const ssize_t got =
        ::pread(file.get(), contents.data() + done, count - done, static_cast<off_t>(offset + done));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;  // it has become shorter: the connection ends, and so tells the client
    done += static_cast<std::size_t>(got);
  }
  wfile().write({contents.data(), done});
}

}  // namespace socketserver
