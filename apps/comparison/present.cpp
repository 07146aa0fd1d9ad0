#include "comparison/present.hpp"

#include <sys/utsname.h>

#include <algorithm>
#include <cstdio>
#include <numeric>
#include <thread>

#include "common/progress.hpp"
#include "comparison/bar_chart.hpp"
#include "load/report.hpp"

namespace socketserver::apps {
namespace {

constexpr char kNothing[] = "–";  // not measured
constexpr char kNoAnswer[] = "no answer";

// Not for terminals, so that the letter of micro is no risk.
std::string time_text(std::uint64_t nanoseconds) {
  std::string text = duration_text(nanoseconds);
  return text.ends_with(" us") ? text.replace(text.size() - 2, 1, "µ") : text;
}
std::string time_text(const std::optional<double>& seconds) {
  return seconds ? time_text(static_cast<std::uint64_t>(*seconds * 1e9)) : kNothing;
}
std::string rate_text(const Findings& findings) {
  return findings.connections_per_second ? number_text(*findings.connections_per_second) : kNothing;
}
std::string memory_text(const Findings& findings) {
  return findings.memory_per_connection ? size_text(std::max(*findings.memory_per_connection, 0.0))
                                        : kNothing;
}
std::string slow_text(const Findings& findings, const std::optional<std::uint64_t>& latency) {
  if (findings.no_answer_beside_slow) return kNoAnswer;
  return latency ? time_text(*latency) : kNothing;
}

std::string machine_text() {
  utsname system{};
  ::uname(&system);
  const unsigned cores = std::thread::hardware_concurrency();
  return std::string(system.sysname) + " " + system.release + " on " + system.machine + ", " +
         std::to_string(cores) + (cores == 1 ? " core" : " cores");
}

std::string seconds_text(const ComparisonSettings& settings) {
  return number_text(std::chrono::duration<double>(settings.duration).count()) + " s";
}

std::string in_words(const ComparisonSettings& settings) {
  const auto text = [](std::size_t number) { return std::to_string(number); };
  return "Echo servers on " + machine_text() + "; the client is on the same machine. Each figure is of a " +
         "fresh server and took " + seconds_text(settings) + "; servers with a fixed number of workers had " +
         text(settings.workers) + ".\n\n" + "- CPU per request: the server's processor time; " +
         text(settings.connections) +
         " connections send 64 bytes each as soon as their answer is there (a server that serves one client "
         "at a time has one)\n- connections/s, CPU per connection, spread: " +
         text(settings.connections) +
         " at a time are opened, answered once, and closed. Spread is how many workers have served, and how "
         "much more than its fair share the busiest had\n- memory per idle connection: of " +
         text(settings.idle_connections) +
         " that are held (or as many as are served at a time), without what the kernel has\n- latency beside "
         "slow clients: " +
         text(settings.slow_clients) + " clients have sent a byte and say nothing more; meanwhile " +
         text(settings.connections) + " others ask " + number_text(static_cast<double>(settings.rate)) +
         " times a second in all, and their latency counts from when each request was due\n\n";
}

std::string table_row(const ComparisonRow& row) {
  const auto& [contender, found] = row;
  return "| " + (contender.design.empty() ? kNothing : contender.design) + " | " + contender.name + " | " +
         contender.what + " | " + time_text(found.cpu_per_request) + " | " + rate_text(found) + " | " +
         time_text(found.cpu_per_connection) + " | " + memory_text(found) + " | " +
         slow_text(found, found.median_beside_slow) + " | " + slow_text(found, found.p99_beside_slow) +
         " | " + spread_text(contender, found.served) + " |\n";
}

std::string remarks(const std::vector<ComparisonRow>& rows) {
  std::string text;
  for (const auto& [contender, found] : rows) {
    for (const std::string& remark : found.remarks) text += "- " + contender.name + ", " + remark + "\n";
    if (found.failures > 0)
      text += "- " + contender.name + ": " + number_text(static_cast<double>(found.failures)) +
              (found.failures == 1 ? " request failed\n" : " requests failed\n");
  }
  return text.empty() ? "" : "\n" + text;
}

BarColumn::Bar bar(std::optional<double> value, std::string text) { return {value, std::move(text)}; }

template <class Make>
BarColumn column(const std::vector<ComparisonRow>& rows, std::string title, std::string unit, Make make) {
  BarColumn column{std::move(title), std::move(unit), {}};
  for (const ComparisonRow& row : rows) column.bars.push_back(make(row.findings));
  return column;
}

std::optional<double> scaled(const std::optional<double>& value, double factor) {
  return value ? std::optional(std::max(*value * factor, 0.0)) : std::nullopt;
}

std::string name_of(const ComparisonRow& row) {
  const Contender& contender = row.contender;
  return contender.name + (contender.design.empty() ? "" : " (" + contender.design + ")");
}

}  // namespace

std::string spread_text(const Contender& contender, const std::vector<std::uint64_t>& served) {
  if (served.empty()) return kNothing;
  if (served.size() == 1) return "1";
  if (contender.room == Model::Room::kAll) return "one for each";
  const auto sum = std::accumulate(served.begin(), served.end(), std::uint64_t{0});
  const double fair = static_cast<double>(sum) / static_cast<double>(served.size());
  char text[64];
  std::snprintf(text, sizeof text, "×%.2f of %zu",
                static_cast<double>(*std::ranges::max_element(served)) / fair, served.size());
  return text;
}

std::string markdown_report(const std::vector<ComparisonRow>& rows, const ComparisonSettings& settings,
                            const std::string& chart_file) {
  std::string text = "# Concurrency models compared\n\n" + in_words(settings);
  if (!chart_file.empty()) text += "![The same as bars](" + chart_file + ")\n\n";
  text +=
      "UNP is the number of the design in chapter 30 of Stevens, UNIX Network Programming (2nd edition).\n\n"
      "| UNP | model | what serves | CPU per request | connections/s | CPU per connection | memory per idle "
      "connection | median beside slow clients | p99 beside slow clients | spread |\n"
      "| ---: | --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n";
  for (const ComparisonRow& row : rows) text += table_row(row);
  return text + remarks(rows);
}

std::string svg_report(const std::vector<ComparisonRow>& rows, const ComparisonSettings& settings) {
  std::vector<std::string> names;
  names.reserve(rows.size());
  for (const ComparisonRow& row : rows) names.push_back(name_of(row));
  const std::vector<BarColumn> columns{
      column(rows, "CPU per request", "µs, less is better",
             [](const Findings& found) {
               return bar(scaled(found.cpu_per_request, 1e6), time_text(found.cpu_per_request));
             }),
      column(rows, "New connections", "per second, more is better",
             [](const Findings& found) { return bar(found.connections_per_second, rate_text(found)); }),
      column(rows, "Memory per idle connection", "kB, less is better",
             [](const Findings& found) {
               return bar(scaled(found.memory_per_connection, 1e-3), memory_text(found));
             }),
      column(rows, "Latency beside slow clients", "99th percentile in µs, less is better",
             [](const Findings& found) {
               const auto& p99 = found.p99_beside_slow;
               return bar(p99 ? std::optional(static_cast<double>(*p99) / 1e3) : std::nullopt,
                          slow_text(found, p99));
             }),
  };
  return bar_chart("Concurrency models of an echo server",
                   machine_text() + "; " + seconds_text(settings) + " each; " +
                       std::to_string(settings.workers) + " workers where their number is fixed, " +
                       std::to_string(settings.slow_clients) +
                       " slow clients. In brackets: the design in chapter 30 of UNIX Network Programming",
                   names, columns);
}

}  // namespace socketserver::apps
