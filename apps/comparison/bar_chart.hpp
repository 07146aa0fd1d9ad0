// Bars in SVG.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace socketserver::apps {

/// One figure of all rows.
struct BarColumn {
  struct Bar {
    std::optional<double> value;  ///< none: the text alone is shown
    std::string text;             ///< at the end of the bar
  };
  std::string title;
  std::string unit;  ///< below it, and what is better
  std::vector<Bar> bars;
};

/// Horizontal bars: a row for each name, and beside one another the columns, each with a scale of its own
/// that begins at 0. The picture needs nothing else, has its own background, and follows the reader's choice
/// of light or dark. REQUIRES: every column has a bar for each name.
std::string bar_chart(const std::string& title, const std::string& subtitle,
                      const std::vector<std::string>& names, const std::vector<BarColumn>& columns);

}  // namespace socketserver::apps
