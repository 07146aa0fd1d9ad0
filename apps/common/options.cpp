#include "common/options.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <iostream>
#include <sstream>
#include <system_error>
#include <utility>

#include "socketserver/service/text.hpp"

namespace socketserver::apps {
namespace {

constexpr std::size_t kWidth = 80;       // of a terminal that nobody has made wider
constexpr std::size_t kHelpColumn = 30;  // fits most of our options and leaves 50 columns for the text

// A billion seconds is 31 years, and far from where a count of nanoseconds overflows.
constexpr double kMostSeconds = 1e9;

template <class Number>
bool parse_whole(const std::string& text, Number& number) {
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  return error == std::errc() && stop == end && !text.empty();
}

long long parse_integer(const std::string& text, long long least, long long most) {
  long long number = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  const bool out_of_range = error == std::errc::result_out_of_range;
  if (stop != end || (error != std::errc() && !out_of_range))
    throw UsageError("'" + printable(text) + "' is not a whole number");
  if (out_of_range || number < least || number > most)
    throw UsageError(printable(text) + " is not in " + std::to_string(least) + ".." + std::to_string(most));
  return number;
}

Timeout parse_seconds(const std::string& text, Options::Zero zero) {
  if (text == "none") return std::nullopt;
  double seconds = 0;
  if (!parse_whole(text, seconds) || !std::isfinite(seconds) || seconds < 0)
    throw UsageError("'" + printable(text) + "' is not a number of seconds");
  if (seconds > kMostSeconds) throw UsageError("more than 1000000000 seconds; no limit is 'none'");
  if (seconds == 0 && zero == Options::Zero::kNoLimit) return std::nullopt;
  const std::chrono::duration<double> duration(seconds);
  return std::chrono::ceil<std::chrono::nanoseconds>(duration);
}

std::string shown(const Timeout& timeout) {
  if (!timeout) return "none";
  const double seconds = std::chrono::duration<double>(*timeout).count();
  std::string text = std::to_string(seconds);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.ends_with('.')) text.pop_back();
  return text;
}

// Prints `text` from `column` on, broken at spaces; further lines begin at `indent`.
void print_wrapped(const std::string& text, std::size_t column, std::size_t indent) {
  std::istringstream words(text);
  bool first = true;
  for (std::string word; words >> word; column += word.size()) {
    if (column + 1 + word.size() > kWidth) {
      std::cout << '\n' << std::string(indent, ' ');
      column = indent;
    } else if (!first) {
      std::cout << ' ';
      ++column;
    }
    std::cout << word;
    first = false;
  }
  std::cout << '\n';
}

}  // namespace

std::string joined(const std::vector<std::string>& words, const std::string& between) {
  std::string all;
  for (std::size_t i = 0; i < words.size(); ++i) all += (i == 0 ? "" : between) + words[i];
  return all;
}

Options::Options(std::string program, std::string synopsis, std::string purpose)
    : program_(std::move(program)), synopsis_(std::move(synopsis)), purpose_(std::move(purpose)) {}

Options& Options::add(Option option) {
  options_.push_back(std::move(option));
  return *this;
}

Options& Options::flag(std::string name, bool& value, std::string help) {
  return add({std::move(name), "", std::move(help), "", [&value](const std::string&) { value = true; }});
}

Options& Options::value(std::string name, std::string metavar, std::string& value, std::string help) {
  return add({std::move(name), std::move(metavar), std::move(help), value,
              [&value](const std::string& text) { value = text; }});
}

Options& Options::path(std::string name, std::string metavar, std::string& value, std::string help) {
  return add({std::move(name), std::move(metavar), std::move(help), value, [&value](const std::string& text) {
                if (text.empty()) throw UsageError("must not be empty");
                value = text;
              }});
}

Options& Options::host(std::string name, std::string& value, std::string help) {
  return add({std::move(name), "HOST", std::move(help), value, [&value](const std::string& text) {
                const bool bracketed = text.starts_with('[') && text.ends_with(']');
                value = bracketed ? text.substr(1, text.size() - 2) : text;
                if (value.empty()) throw UsageError("must not be empty");
              }});
}

Options& Options::each(std::string name, std::string metavar, std::vector<std::string>& values,
                       std::string help) {
  return add({std::move(name), std::move(metavar), std::move(help), "",
              [&values](const std::string& text) { values.push_back(text); }});
}

Options& Options::integer(std::string name, std::string metavar, long long& value, long long least,
                          long long most, std::string help) {
  return add({std::move(name), std::move(metavar), std::move(help), std::to_string(value),
              [&value, least, most](const std::string& text) { value = parse_integer(text, least, most); }});
}

Options& Options::seconds(std::string name, Timeout& value, std::string help, Zero zero) {
  return add({std::move(name), "SECONDS", std::move(help), shown(value),
              [&value, zero](const std::string& text) { value = parse_seconds(text, zero); }});
}

Options& Options::choice(std::string name, std::string& value, std::vector<std::string> allowed,
                         std::string help) {
  std::string metavar = joined(allowed, "|");
  return add({std::move(name), std::move(metavar), std::move(help), value,
              [&value, allowed = std::move(allowed)](const std::string& text) {
                if (std::ranges::find(allowed, text) == allowed.end())
                  throw UsageError("'" + printable(text) + "' is none of " + joined(allowed, ", "));
                value = text;
              }});
}

Options& Options::also(std::vector<std::string> dashed) {
  options_.back().help += "; also " + joined(dashed, ", ");
  options_.back().others = std::move(dashed);
  return *this;
}

Options& Options::excludes(std::string name, std::vector<std::string> others) {
  exclusions_.emplace_back(std::move(name), std::move(others));
  return *this;
}

Options& Options::needs(std::string name, std::vector<std::string> others) {
  needs_.emplace_back(std::move(name), std::move(others));
  return *this;
}

Options::Option* Options::find(const std::string& dashed) {
  const auto found = std::ranges::find_if(options_, [&](const Option& option) {
    return dashed == "--" + option.name || std::ranges::count(option.others, dashed) > 0;
  });
  return found == options_.end() ? nullptr : &*found;
}

bool Options::given(const std::string& name) const {
  const auto found = std::ranges::find(options_, name, &Option::name);
  return found != options_.end() && found->given;
}

std::vector<std::string> Options::parse(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + std::min(argc, 1), argv + argc);
  std::vector<std::string> words;
  for (std::size_t at = 0; at < arguments.size();) {
    const std::string& argument = arguments[at];
    if (argument == "--") {
      words.insert(words.end(), arguments.begin() + static_cast<std::ptrdiff_t>(at) + 1, arguments.end());
      break;
    }
    if (argument.size() < 2 || argument.front() != '-') {
      words.push_back(argument);
      ++at;
    } else {
      at = parse_option(arguments, at);
    }
  }
  check_combinations();
  return words;
}

// Returns where to go on.
std::size_t Options::parse_option(const std::vector<std::string>& arguments, std::size_t at) {
  const std::string& argument = arguments[at++];
  const std::size_t equals = argument.find('=');
  const std::string dashed = argument.substr(0, equals);
  if (dashed == "--help" || dashed == "-h") {
    print_help();
    throw HelpGiven();
  }
  Option* option = find(dashed);
  if (option == nullptr) throw UsageError("unknown option " + printable(dashed) + " (see --help)");
  const bool is_flag = option->metavar.empty();
  if (is_flag && equals != argument.npos) throw UsageError(dashed + " takes no value (see --help)");
  std::string text;
  if (equals != argument.npos)
    text = argument.substr(equals + 1);
  else if (!is_flag && at == arguments.size())
    throw UsageError(dashed + " lacks its value (see --help)");
  else if (!is_flag)
    text = arguments[at++];
  try {
    option->set(text);
  } catch (const UsageError& error) {
    throw UsageError(dashed + ": " + error.what());
  }
  option->given = true;
  return at;
}

void Options::check_combinations() const {
  for (const auto& [name, others] : exclusions_)
    for (const std::string& other : others)
      if (given(name) && given(other))
        throw UsageError("--" + name + " does not go together with --" + other + " (see --help)");
  for (const auto& [name, others] : needs_)
    for (const std::string& other : others)
      if (given(other) && !given(name))
        throw UsageError("--" + other + " means nothing without --" + name + " (see --help)");
}

void Options::print_help() const {
  std::cout << "Usage: " << program_ << (synopsis_.empty() ? "" : " ") << synopsis_ << "\n";
  print_wrapped(purpose_, 0, 0);
  std::cout << "\nOptions:\n";
  const auto print = [](const std::string& left, const std::string& help) {
    std::cout << left;
    const std::size_t gap = left.size() < kHelpColumn ? kHelpColumn - left.size() : kWidth;
    if (gap < kWidth) std::cout << std::string(gap, ' ');
    print_wrapped(help, gap < kWidth ? kHelpColumn : kWidth, kHelpColumn);
  };
  for (const Option& option : options_)
    print("  --" + option.name + (option.metavar.empty() ? "" : " ") + option.metavar,
          option.help + (option.shown_default.empty() ? "" : " (default: " + option.shown_default + ")"));
  print("  --help", "print this and end");
}

}  // namespace socketserver::apps
