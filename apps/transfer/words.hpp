// What a person types to name files, here and at a server.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "socketserver/service/transfer.hpp"

namespace socketserver::apps {

/// A command: its verb, and what follows it. Of what is none, the verb is empty and the line is the only
/// word.
struct Command {
  std::string verb;
  std::vector<std::string> words;
};

/// What words mean: those behind a first one that is `put`, `get`, `ls` or `q`, else a command without verb
/// that has them all. "./put" names a file.
Command command_of(const std::vector<std::string>& words);
/// The same of a line, cut at spaces; '...' and "..." hold what has some, \ takes the next character as it
/// is. std::runtime_error where a quote has no end.
Command command_of_line(const std::string& line);

/// A file or directory of the server: "d/a.txt", "./a.txt", "d/"; "." and "/" are all that it has.
/// RefusedError for what it cannot have.
StorePath remote_path(const std::string& word);

/// Has its last part *, ? or [?
bool is_pattern(const std::string& word);
/// Does the pattern's last part match a name? As in a shell: a point in front is matched by one alone.
bool matches(const std::string& pattern, const std::string& name);
/// What is before its last part; empty where there is nothing.
std::string parent_of(const std::string& word);

/// A local file, and its name at the server.
struct LocalFile {
  std::string path, name;
  std::uint64_t size = 0;
};

/// All files of a directory and below it, by name; of the server's names the first part is the directory's
/// own, but for ".", ".." and "/". Of what can be no file there (links, pipes, odd names) `skip` is told.
/// Throws OSError.
std::vector<LocalFile> files_below(const std::string& directory,
                                   const std::function<void(const std::string& path)>& skip);

}  // namespace socketserver::apps
