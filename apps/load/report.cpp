#include "load/report.hpp"

#include <cmath>
#include <cstdio>

#include "common/progress.hpp"

namespace socketserver::apps {
namespace {

bool has(const LoadRun& run, const char* scenario) { return run.scenario == scenario; }

std::string with_decimals(int decimals, double number) {
  char text[32];
  std::snprintf(text, sizeof text, "%.*f", decimals, number);
  return text;
}

// Three digits that count.
std::string three_digits(double number) {
  return with_decimals(number < 9.995 ? 2 : number < 99.95 ? 1 : 0, number);
}

std::string whole(std::uint64_t number) { return number_text(std::round(static_cast<double>(number))); }

double per_second(std::uint64_t count, const LoadResult& result) {
  return result.seconds > 0 ? static_cast<double>(count) / result.seconds : 0;
}

std::string line(const std::string& title, const std::string& text) {
  constexpr std::size_t kColumn = 12;  // one more than the longest title
  return "  " + title + std::string(kColumn - std::min(kColumn, title.size()), ' ') + text + "\n";
}

std::string headline(const LoadRun& run, const LoadResult& result) {
  const LoadSettings& settings = run.settings;
  std::string text = run.scenario + ", " + run.where + ": " + whole(settings.connections) +
                     (has(run, "udp")             ? " sockets of " + whole(settings.window) + " datagrams"
                      : settings.connections == 1 ? " connection"
                                                  : " connections") +
                     ", " + whole(settings.size) + " bytes";
  if (settings.rate > 0) text += ", " + whole(settings.rate) + " requests/s wanted";
  return text + (result.interrupted ? " (interrupted)\n" : "\n");
}

std::string work_text(const LoadRun& run, const LoadResult& result) {
  const std::string seconds = three_digits(result.seconds) + " s: ";
  if (has(run, "stream"))
    return line("data", size_text(static_cast<double>(result.bytes)) + " each way in " + seconds +
                            size_text(per_second(result.bytes, result)) + "/s");
  const std::string rate = number_text(rate_of(result));
  if (!has(run, "idle")) return line("requests", whole(result.requests) + " in " + seconds + rate + "/s");
  return line("opened", whole(result.requests) + " in " + seconds + rate + "/s") +
         line("asked again", whole(result.answered_again) + " of " + whole(result.held) + " answered");
}

std::string latency_text(const LoadResult& result) {
  const Histogram& latency = result.latency;
  if (latency.count() == 0) return "";
  std::string text;
  for (const auto& [name, percent] : kPercentiles)
    text += std::string(name) + " " + duration_text(latency.percentile(percent)) + "  ";
  return line("latency", text + "max " + duration_text(latency.max()));
}

std::string trouble_text(const LoadRun& run, const LoadResult& result) {
  std::string errors;
  for (std::size_t i = 0; i < Failures::kKinds; ++i) {
    const auto kind = static_cast<Failure>(i);
    if (const std::uint64_t count = result.failures.count(kind); count > 0)
      errors += (errors.empty() ? "" : ", ") + whole(count) + " " + Failures::name_of(kind);
  }
  if (result.failures.count(Failure::kWrong) > 0) errors += " (is the server's --mode verbatim?)";
  if (const std::string& other = result.failures.first_other(); !other.empty()) errors += " (" + other + ")";
  std::string text = line("errors", errors.empty() ? "none" : errors);
  if (has(run, "udp"))
    text += line("lost", whole(result.lost) + (result.lost == 1 ? " datagram" : " datagrams"));
  // Near 100 % it is this program that limits; with a rate it may just be watching the clock.
  text += line("client", with_decimals(0, 100 * result.cpu) + " % of a core");
  if (result.starved > 0) text += line("no answer", "on " + whole(result.starved) + " of the connections");
  return text;
}

Json latency_json(const Histogram& latency) {
  const auto microseconds = [](double nanoseconds) { return std::round(nanoseconds) / 1000; };
  Json json = Json::object(
      {{"min", microseconds(static_cast<double>(latency.min()))}, {"mean", microseconds(latency.mean())}});
  for (const auto& [name, percent] : kPercentiles)
    json.set(name, microseconds(static_cast<double>(latency.percentile(percent))));
  json.set("max", microseconds(static_cast<double>(latency.max())));
  return json;
}

Json failures_json(const Failures& failures) {
  Json json = Json::object({});
  for (std::size_t i = 0; i < Failures::kKinds; ++i) {
    const auto kind = static_cast<Failure>(i);
    std::string key = Failures::name_of(kind);
    for (char& c : key)
      if (c == ' ') c = '_';
    json.set(key, failures.count(kind));
  }
  return json;
}

}  // namespace

bool anything_worked(const LoadResult& result) { return result.all_requests > 0 || result.bytes > 0; }

double rate_of(const LoadResult& result) { return per_second(result.requests, result); }

std::string number_text(double number) {
  if (number < 99.95) return number == std::round(number) ? with_decimals(0, number) : three_digits(number);
  std::string text = with_decimals(0, number);
  for (std::size_t at = text.size(); at > 3;) text.insert(at -= 3, ",");
  return text;
}

std::string duration_text(std::uint64_t nanoseconds) {
  const auto ns = static_cast<double>(nanoseconds);
  if (ns < 999.5) return with_decimals(0, ns) + " ns";
  if (ns < 999.5e3) return three_digits(ns / 1e3) + " us";
  return ns < 999.5e6 ? three_digits(ns / 1e6) + " ms" : three_digits(ns / 1e9) + " s";
}

std::string text_report(const LoadRun& run, const LoadResult& result) {
  return headline(run, result) + work_text(run, result) + latency_text(result) + trouble_text(run, result);
}

Json json_report(const LoadRun& run, const LoadResult& result) {
  const LoadSettings& settings = run.settings;
  Json json = Json::object({{"scenario", run.scenario},
                            {"server", run.where},
                            {"connections", settings.connections},
                            {"size", settings.size},
                            {"wanted_rate", settings.rate},
                            {"seconds", result.seconds},
                            {"interrupted", result.interrupted},
                            {"requests", result.requests},
                            {"rate", rate_of(result)},
                            {"bytes", result.bytes},
                            {"megabytes_per_second", per_second(result.bytes, result) / 1e6}});
  if (result.latency.count() > 0) json.set("latency_us", latency_json(result.latency));
  if (has(run, "udp")) json.set("lost", result.lost);
  if (has(run, "idle")) {
    json.set("asked_again", result.held);
    json.set("answered_again", result.answered_again);
  }
  json.set("client_cpu", std::round(1000 * result.cpu) / 1000);
  json.set("starved", result.starved);
  json.set("errors", failures_json(result.failures));
  return json;
}

}  // namespace socketserver::apps
