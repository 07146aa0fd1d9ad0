// The comparison as a table and as a picture.
#pragma once

#include <string>
#include <vector>

#include "comparison/measure.hpp"

namespace socketserver::apps {

struct ComparisonRow {
  Contender contender;
  Findings findings;
};

/// A Markdown document: what was measured and how, a row for each, and remarks.
std::string markdown_report(const std::vector<ComparisonRow>& rows, const ComparisonSettings& settings,
                            const std::string& chart_file);

/// The same figures as bars.
std::string svg_report(const std::vector<ComparisonRow>& rows, const ComparisonSettings& settings);

/// How evenly connections were spread: "×1.08 of 32" is 32 workers, of which the busiest has had 1.08 times
/// its fair share.
std::string spread_text(const Contender& contender, const std::vector<std::uint64_t>& served);

}  // namespace socketserver::apps
