#include "socketserver/http/uri.hpp"

#include "socketserver/http/status.hpp"
#include "socketserver/http/syntax.hpp"

namespace socketserver {
namespace {

bool stays(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
         c == '_' || c == '~' || c == '/';
}

// The last part goes, too.
void go_up(std::string& path) {
  if (path.empty()) throw HTTPError(HTTPStatus::BAD_REQUEST, "The path goes above its beginning");
  path.pop_back();                   // its '/'
  path.resize(path.rfind('/') + 1);  // npos + 1 is 0
}

std::string decode_part(std::string_view part) {
  auto decoded = percent_decode(part);
  if (!decoded) throw HTTPError(HTTPStatus::BAD_REQUEST, "The path cannot be decoded");
  if (decoded->find('\0') != decoded->npos || decoded->find('/') != decoded->npos)
    throw HTTPError(HTTPStatus::NOT_FOUND);
  return std::move(*decoded);
}

}  // namespace

std::optional<std::string> percent_decode(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    if (text.size() - i < 3) return std::nullopt;
    const int high = http::hex_value(text[i + 1]), low = http::hex_value(text[i + 2]);
    if (high < 0 || low < 0) return std::nullopt;
    out += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return out;
}

std::string percent_encode(std::string_view text) {
  constexpr char kDigits[] = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    if (stays(c)) {
      out += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    out += {'%', kDigits[byte / 16], kDigits[byte % 16]};
  }
  return out;
}

std::string html_escape(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#x27;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::string relative_path(std::string_view path) {
  path = path.substr(0, path.find_first_of("?#"));
  std::string out;
  while (!path.empty()) {
    const std::size_t slash = path.find('/');
    const std::string part = decode_part(path.substr(0, slash));
    path.remove_prefix(slash == path.npos ? path.size() : slash + 1);
    if (part == "..") {
      go_up(out);
    } else if (!part.empty() && part != ".") {
      out += part;
      if (slash != path.npos) out += '/';
    }
  }
  return out;
}

}  // namespace socketserver
