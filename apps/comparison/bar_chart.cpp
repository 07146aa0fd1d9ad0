#include "comparison/bar_chart.hpp"

#include <algorithm>
#include <cmath>
#include <sstream>

#include "socketserver/http/uri.hpp"

namespace socketserver::apps {
namespace {

// In pixels of an unscaled picture. A character of the small font is at most 7 wide.
constexpr int kMargin = 24, kRow = 28, kBar = 16, kTop = 128, kBottom = 44;
constexpr int kCharacter = 7, kColumn = 250, kGap = 28;
constexpr int kValue = 76;  // beside the longest bar, for its figure

constexpr char kStyle[] =
    "  <style>\n"
    // The halo keeps the lines of the scale out of the figures.
    "    text { font: 13px system-ui, sans-serif; fill: #1f2328;\n"
    "           paint-order: stroke; stroke: #ffffff; stroke-width: 5px; stroke-linejoin: round }\n"
    "    .title { font-size: 20px; font-weight: 600 }\n"
    "    .head { font-size: 14px; font-weight: 600 }\n"
    "    .faint { font-size: 12px; fill: #59636e }\n"
    "    .page { fill: #ffffff }\n"
    "    .bar { fill: #2f81c7 }\n"
    "    .grid { stroke: #d1d9e0 }\n"
    "    @media (prefers-color-scheme: dark) {\n"
    "      text { fill: #e6edf3; stroke: #0d1117 }\n"
    "      .faint { fill: #9da7b1 }\n"
    "      .page { fill: #0d1117 }\n"
    "      .bar { fill: #4a9be0 }\n"
    "      .grid { stroke: #3d444d }\n"
    "    }\n"
    "  </style>\n";

// 1, 2 or 5 times a power of ten: the least that is not below `value`.
double round_up(double value) {
  if (value <= 0) return 1;
  const double power = std::pow(10, std::floor(std::log10(value)));
  for (const double factor : {1.0, 2.0, 5.0})
    if (value <= factor * power * (1 + 1e-9)) return factor * power;
  return 10 * power;
}

std::string tick_text(double value) {
  const bool thousands = value >= 10'000;
  std::ostringstream out;
  out << (thousands ? value / 1000 : value) << (thousands ? "k" : "");
  return out.str();
}

class Picture {
 public:
  Picture(std::size_t width, std::size_t height) {
    out_ << "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 " << width << " " << height
         << "\" width=\"" << width << "\" height=\"" << height << "\" role=\"img\">\n"
         << kStyle << "  <rect class=\"page\" width=\"" << width << "\" height=\"" << height
         << "\" rx=\"8\"/>\n";
  }
  void text(double x, double y, const std::string& text, const char* kind = "",
            const char* anchor = "start") {
    out_ << "  <text x=\"" << x << "\" y=\"" << y << "\" text-anchor=\"" << anchor << "\"";
    if (*kind != '\0') out_ << " class=\"" << kind << "\"";
    out_ << ">" << html_escape(text) << "</text>\n";
  }
  void bar(double x, double y, double width) {
    out_ << "  <rect class=\"bar\" x=\"" << x << "\" y=\"" << y << "\" width=\"" << std::max(width, 1.0)
         << "\" height=\"" << kBar << "\" rx=\"2\"/>\n";
  }
  void line(double x, double top, double bottom) {
    out_ << "  <line class=\"grid\" x1=\"" << x << "\" y1=\"" << top << "\" x2=\"" << x << "\" y2=\""
         << bottom << "\"/>\n";
  }
  std::string end() {
    out_ << "</svg>\n";
    return out_.str();
  }

 private:
  std::ostringstream out_;
};

double largest(const BarColumn& column) {
  double most = 0;
  for (const BarColumn::Bar& bar : column.bars) most = std::max(most, bar.value.value_or(0));
  return most;
}

void draw_scale(Picture& picture, double left, double pixels, double most, double bottom) {
  const double step = round_up(most / 3);  // two or three lines, whose figures have room
  for (double at = 0; at <= most * (1 + 1e-9); at += step) {
    const double x = left + at * pixels;
    picture.line(x, kTop - 6, bottom);
    picture.text(x, bottom + 18, tick_text(at), "faint", "middle");
  }
}

void draw_column(Picture& picture, const BarColumn& column, double left, double bottom) {
  picture.text(left, kTop - 38, column.title, "head");
  picture.text(left, kTop - 20, column.unit, "faint");
  const double most = largest(column), pixels = most > 0 ? (kColumn - kValue) / most : 0;
  if (most > 0) draw_scale(picture, left, pixels, most, bottom);
  for (std::size_t row = 0; row < column.bars.size(); ++row) {
    const BarColumn::Bar& bar = column.bars[row];
    const double y = kTop + static_cast<double>(row) * kRow, width = bar.value.value_or(0) * pixels;
    if (bar.value) picture.bar(left, y, width);
    picture.text(left + width + 6, y + kBar - 3, bar.text, bar.value ? "" : "faint");
  }
}

}  // namespace

std::string bar_chart(const std::string& title, const std::string& subtitle,
                      const std::vector<std::string>& names, const std::vector<BarColumn>& columns) {
  std::size_t longest = 0;
  for (const std::string& name : names) longest = std::max(longest, name.size());
  const std::size_t first = kMargin + longest * kCharacter + 16;
  const std::size_t width = first + columns.size() * (kColumn + kGap) - kGap + kMargin;
  const std::size_t height = kTop + names.size() * kRow + kBottom;
  const double bottom = static_cast<double>(height) - kBottom;
  Picture picture(width, height);
  picture.text(kMargin, 36, title, "title");
  picture.text(kMargin, 57, subtitle, "faint");
  for (std::size_t row = 0; row < names.size(); ++row)
    picture.text(static_cast<double>(first) - 12, static_cast<double>(kTop + row * kRow + kBar - 3),
                 names[row], "", "end");
  for (std::size_t i = 0; i < columns.size(); ++i)
    draw_column(picture, columns[i], static_cast<double>(first + i * (kColumn + kGap)), bottom);
  return picture.end();
}

}  // namespace socketserver::apps
