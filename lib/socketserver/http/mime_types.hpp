// What a file is, by its name.
#pragma once

#include <string_view>

namespace socketserver {

/// The media type for the last extension of `name`, in whatever case: "text/html" of "a.HTML";
/// "application/octet-stream" where it is not known. Text is taken for UTF-8, but for HTML and XML, which say
/// it themselves. Python: SimpleHTTPRequestHandler.guess_type, mimetypes.
std::string_view guess_type(std::string_view name) noexcept;

}  // namespace socketserver
