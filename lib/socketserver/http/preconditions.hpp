// Conditional requests (RFC 9110, section 13): what need not be sent again, or must not be changed.
#pragma once

#include <sys/stat.h>

#include <ctime>
#include <string>

#include "socketserver/http/request_head.hpp"

namespace socketserver {

/// What tells one version of a file from another.
struct Validators {
  std::string etag;  ///< strong, with its quotes
  std::time_t modified = 0;
  std::time_t told = 0;  ///< the same for Last-Modified, which must not be later than Date
};

/// Of a file: its tag is made of its size and its time of change to the nanosecond.
Validators validators_of(const struct stat& status);

/// The status that a request with these fields gets instead of the representation: 304 or 412; 0 for none of
/// them. `is_read` for GET and HEAD.
int evaluate_preconditions(const HeaderFields& fields, const Validators& validators, bool is_read);

/// Does If-Range, if it is there, let Range count?
bool range_applies(const HeaderFields& fields, const Validators& validators);

}  // namespace socketserver
