// The command line of a program.
#pragma once

#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

#include "socketserver/net/deadline.hpp"

namespace socketserver::apps {

/// The program was called wrongly: run_main() ends it with exit status 2. what() is one line.
class UsageError : public std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Thrown by Options::parse() once it has answered --help; run_main() ends the program with status 0.
struct HelpGiven {};

/// Options as GNU has them: `--name VALUE`, `--name=VALUE`, `--flag`, anywhere among the arguments up to
/// `--`, which ends them. Each is bound to a variable, whose value before parse() is the default and what
/// --help shows. Names are given without the dashes. The variables must live until parse() is done. One
/// thread.
class Options {
 public:
  /// `synopsis` is what follows the program's name in the first line of --help, `purpose` the sentences
  /// below.
  Options(std::string program, std::string synopsis, std::string purpose);

  Options& flag(std::string name, bool& value, std::string help);
  Options& value(std::string name, std::string metavar, std::string& value, std::string help);
  /// A value that must not be empty, where an empty variable means that the option was not given.
  Options& path(std::string name, std::string metavar, std::string& value, std::string help);
  /// A name or an address, which may be in brackets as in a URL; not empty, as of a shell's variable that is
  /// not set, since Address takes that for every address.
  Options& host(std::string name, std::string& value, std::string help);
  /// May be given several times; `values` gets all of them.
  Options& each(std::string name, std::string metavar, std::vector<std::string>& values, std::string help);
  /// A whole number from `least` to `most`.
  Options& integer(std::string name, std::string metavar, long long& value, long long least, long long most,
                   std::string help);
  /// A time in seconds, fractions allowed; "none" is no limit, and so is 0, but where waiting for no time at
  /// all makes sense.
  enum class Zero { kNoLimit, kNoTime };
  Options& seconds(std::string name, Timeout& value, std::string help, Zero zero = Zero::kNoLimit);
  /// One of `allowed`.
  Options& choice(std::string name, std::string& value, std::vector<std::string> allowed, std::string help);
  /// Other ways to write the option added last, with their dashes; for who is used to another program.
  Options& also(std::vector<std::string> dashed);
  /// `name` may not be given together with any of `others`.
  Options& excludes(std::string name, std::vector<std::string> others);
  /// Each of `others` means something together with `name` alone.
  Options& needs(std::string name, std::vector<std::string> others);

  /// Sets the variables and returns the arguments that are no options. Throws UsageError, or HelpGiven after
  /// it has printed the help on standard output.
  std::vector<std::string> parse(int argc, char** argv);
  /// Was it on the command line?
  bool given(const std::string& name) const;

 private:
  struct Option {
    std::string name, metavar, help;  // an empty metavar: a flag
    std::string shown_default;        // empty: none to show
    std::function<void(const std::string& text)> set;
    bool given = false;
    std::vector<std::string> others = {};
  };

  Options& add(Option option);
  Option* find(const std::string& dashed);
  std::size_t parse_option(const std::vector<std::string>& arguments, std::size_t at);
  void check_combinations() const;
  void print_help() const;

  std::string program_, synopsis_, purpose_;
  std::vector<Option> options_;
  using Combinations = std::vector<std::pair<std::string, std::vector<std::string>>>;
  Combinations exclusions_, needs_;
};

/// Words with `between` in between: what a shell splits at spaces is one message or command again.
std::string joined(const std::vector<std::string>& words, const std::string& between = " ");

}  // namespace socketserver::apps
