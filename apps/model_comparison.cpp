// Measures every concurrency model on this machine.
#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>
#include <stdexcept>

#include "common/main.hpp"
#include "common/options.hpp"
#include "common/progress.hpp"
#include "comparison/present.hpp"
#include "socketserver/net/error.hpp"

using namespace socketserver;
namespace fs = std::filesystem;

namespace {

constexpr char kProgram[] = "model_comparison";
constexpr char kTable[] = "model_comparison.md", kChart[] = "model_comparison.svg";

std::vector<std::string> names_of(const std::vector<apps::Contender>& all) {
  std::vector<std::string> names;
  names.reserve(all.size());
  for (const apps::Contender& one : all) names.push_back(one.name);
  return names;
}

/// What a list with commas between names, all of them where it is empty.
std::vector<std::string> chosen(const char* option, const std::string& list,
                                const std::vector<std::string>& known) {
  if (list.empty()) return known;
  std::vector<std::string> names;
  std::istringstream in(list);
  for (std::string name; std::getline(in, name, ',');) {
    if (std::ranges::find(known, name) == known.end())
      throw apps::UsageError(
          apps::joined({option, ": '", name, "' is none of ", apps::joined(known, ", ")}, ""));
    names.push_back(name);
  }
  return names;
}

void write_file(const fs::path& path, const std::string& text) {
  std::ofstream file(path, std::ios::binary);
  file << text;
  if (!file.flush()) throw_os_error(errno, "write " + path.string());
}

// Before minutes are spent on what could then not be kept.
void make_writable(const fs::path& directory) {
  std::error_code error;
  fs::create_directories(directory, error);
  if (error) throw_os_error(error.value(), "make the directory " + directory.string());
  for (const char* name : {kTable, kChart})
    if (!std::ofstream(directory / name, std::ios::app))
      throw_os_error(errno, "write " + (directory / name).string());
}

std::vector<apps::ComparisonRow> compare(const std::vector<apps::Contender>& all,
                                         const std::vector<std::string>& models,
                                         const std::vector<std::string>& measurements,
                                         const apps::ComparisonSettings& settings,
                                         const apps::Interruption& interruption) {
  apps::StatusLine line;
  std::vector<apps::ComparisonRow> rows;
  for (const apps::Contender& contender : all) {
    if (std::ranges::find(models, contender.name) == models.end()) continue;
    const std::string where = std::to_string(rows.size() + 1) + " of " + std::to_string(models.size()) + ": ";
    const auto show = [&](const std::string& what) {
      if (line.due()) line.draw(where + what + "  (Ctrl-C to end)");
    };
    rows.push_back({contender, apps::measure(contender, measurements, settings, interruption, show)});
  }
  return rows;
}

int run(int argc, char** argv) {
  apps::Options options(
      kProgram, "[OPTION]...",
      "Runs an echo server under every concurrency model, those of UNIX Network Programming's chapter 30 "
      "among them, puts the same load on each, and writes " +
          std::string(kTable) + ", a table, and " + kChart + ", a chart.");
  apps::ComparisonSettings settings;
  Timeout seconds = settings.duration;
  std::string models, measurements, output = ".";
  auto workers = static_cast<long long>(settings.workers);
  options.path("models", "LIST", models, "with commas in between; without it all");
  options.path("measurements", "LIST", measurements,
               "of " + apps::joined(apps::measurement_names(), ", ") + "; without it all");
  options.seconds("seconds", seconds, "that each measurement takes");
  options.integer("workers", "N", workers, 1, 1000, "of servers that have a fixed number of them");
  options.path("output", "DIR", output, "where to write; made where it is missing");
  if (!options.parse(argc, argv).empty()) throw apps::UsageError("takes no arguments (see --help)");
  if (!seconds) throw apps::UsageError("--seconds: must be more than 0");
  settings.duration = *seconds;
  settings.workers = static_cast<std::size_t>(workers);
  settings.slow_clients = std::max(settings.slow_clients, 2 * settings.workers);

  const fs::path directory(output);
  make_writable(directory);
  const auto all = apps::contenders(settings.workers);
  const apps::Interruption interruption;
  const auto rows =
      compare(all, chosen("--models", models, names_of(all)),
              chosen("--measurements", measurements, apps::measurement_names()), settings, interruption);
  const std::string table = apps::markdown_report(rows, settings, kChart);
  if (interruption.requested()) {
    std::cout << table << std::flush;
    throw std::runtime_error("interrupted; the files are as they were");
  }
  write_file(directory / kTable, table);
  write_file(directory / kChart, apps::svg_report(rows, settings));
  std::cout << table;
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  return apps::run_main(kProgram, [&] { return run(argc, argv); });
}
