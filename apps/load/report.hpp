// What a load has found, for people and for programs.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <utility>

#include "load/load.hpp"
#include "socketserver/json/json.hpp"

namespace socketserver::apps {

/// The percentiles that are told, and how they are called.
inline constexpr std::array<std::pair<const char*, double>, 4> kPercentiles{
    {{"p50", 50}, {"p90", 90}, {"p99", 99}, {"p99.9", 99.9}}};

/// What was run.
struct LoadRun {
  std::string scenario, where;
  LoadSettings settings;
};

/// Did anything work at all: an answer, or a byte?
bool anything_worked(const LoadResult& result);

/// Requests per second; of a stream 0.
double rate_of(const LoadResult& result);

/// Some lines, each with its '\n'.
std::string text_report(const LoadRun& run, const LoadResult& result);
/// One object, the same keys for every scenario but for those that make no sense in it.
Json json_report(const LoadRun& run, const LoadResult& result);

/// "98,765", and "1.23" of what is small: three digits at least.
std::string number_text(double number);
/// "850 ns", "12.3 us", "1.20 ms", "2.50 s".
std::string duration_text(std::uint64_t nanoseconds);

}  // namespace socketserver::apps
