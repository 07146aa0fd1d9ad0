#include "transfer/words.hpp"

#include <fcntl.h>
#include <fnmatch.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <stdexcept>

#include "socketserver/net/error.hpp"
#include "socketserver/service/directory_walk.hpp"

namespace socketserver::apps {
namespace {

constexpr std::array<const char*, 4> kVerbs{"put", "get", "ls", "q"};

std::vector<std::string> split(const std::string& line) {
  std::vector<std::string> words;
  bool in_word = false;
  char quote = '\0';
  for (std::size_t i = 0; i < line.size(); ++i) {
    char c = line[i];
    if (quote == '\0' && (c == ' ' || c == '\t')) {
      in_word = false;
      continue;
    }
    if (!in_word) words.emplace_back();
    in_word = true;
    if (quote == '\0' && (c == '\'' || c == '"')) {
      quote = c;
    } else if (c == quote) {
      quote = '\0';
    } else {
      if (c == '\\' && quote != '\'' && i + 1 < line.size()) c = line[++i];
      words.back() += c;
    }
  }
  if (quote != '\0') throw std::runtime_error(std::string("the ") + quote + " has no end");
  return words;
}

// Which would not tell it from others at the server.
bool is_nameless(const std::string& name) { return name.empty() || name == "." || name == ".."; }

}  // namespace

Command command_of(const std::vector<std::string>& words) {
  if (words.empty() || std::ranges::find(kVerbs, words.front()) == kVerbs.end()) return {"", words};
  return {words.front(), {words.begin() + 1, words.end()}};
}

// Without a verb a line is the name of a file, spaces and all.
Command command_of_line(const std::string& line) {
  const std::string first = line.substr(0, line.find_first_of(" \t"));
  if (command_of({first}).verb.empty()) return {"", {line}};
  return command_of(split(line));
}

StorePath remote_path(const std::string& word) {
  std::string path = word;
  while (path.ends_with('/')) path.pop_back();
  while (path.starts_with("./") || path.starts_with('/')) path.erase(0, path.front() == '/' ? 1 : 2);
  return path.empty() || path == "." ? StorePath() : StorePath::relative(path);
}

bool is_pattern(const std::string& word) {
  return word.substr(word.rfind('/') + 1).find_first_of("*?[") != word.npos;
}

bool matches(const std::string& pattern, const std::string& name) {
  const std::string last = pattern.substr(pattern.rfind('/') + 1);
  return ::fnmatch(last.c_str(), name.c_str(), FNM_PERIOD) == 0;
}

std::string parent_of(const std::string& word) {
  const std::size_t slash = word.rfind('/');
  return slash == word.npos ? "" : word.substr(0, slash);
}

std::vector<LocalFile> files_below(const std::string& directory,
                                   const std::function<void(const std::string& path)>& skip) {
  Fd opened(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!opened) throw_os_error(errno, "open " + directory);
  std::string above = directory;
  while (above.ends_with('/')) above.pop_back();
  const std::string own = above.substr(above.rfind('/') + 1);
  const std::string prefix = is_nameless(own) ? "" : own + "/";
  std::vector<LocalFile> files;
  for (DirectoryWalk walk(std::move(opened), true); const auto entry = walk.next();) {
    const std::string path = above + "/" + entry->path;
    if (entry->kind == DirectoryWalk::Kind::kFile)
      files.push_back({path, prefix + entry->path, entry->size});
    else if (entry->kind == DirectoryWalk::Kind::kOther)
      skip(path);
  }
  std::ranges::sort(files, {}, &LocalFile::path);
  return files;
}

}  // namespace socketserver::apps
