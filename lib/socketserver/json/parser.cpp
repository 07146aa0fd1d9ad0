#include <algorithm>
#include <numeric>
#include <optional>

#include "socketserver/json/json.hpp"
#include "socketserver/json/scanner.hpp"

namespace socketserver {
namespace {

// An array or object whose end has not come yet; only the vectors of its own kind are used.
struct Open {
  explicit Open(bool is_array) : array(is_array) {}

  bool array;
  Json::Array elements;
  Json::Object members;
  std::vector<std::size_t> key_positions;
};

// Sorted, because comparing each with each would let a peer that sends many keys hold up a worker for
// minutes.
void refuse_duplicate_keys(const Open& object) {
  const auto& members = object.members;
  std::vector<std::size_t> order(members.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, {}, [&](std::size_t i) -> std::string_view { return members[i].first; });
  const auto same_key = [&](std::size_t i, std::size_t j) { return members[i].first == members[j].first; };
  const auto found = std::ranges::adjacent_find(order, same_key);
  if (found == order.end()) return;
  const std::size_t second = *(found + 1);
  JsonScanner::fail_at(object.key_positions[second], "duplicate key " + json_quoted(members[second].first));
}

// Keeps what is open in a vector and not on the stack, which may be a fiber's.
class Parser {
 public:
  Parser(std::string_view text, std::size_t depth) noexcept : scanner_(text), depth_(depth) {}

  Json document() {
    for (;;) {
      std::optional<Json> whole = begin_value();
      while (whole && !open_.empty()) whole = add(std::move(*whole));
      if (whole) return finish(std::move(*whole));
    }
  }

 private:
  // The value that begins here, or nothing when it is a container that goes on.
  std::optional<Json> begin_value() {
    scanner_.skip_space();
    const std::size_t start = scanner_.position();
    if (scanner_.take('[')) return open(true, start);
    if (scanner_.take('{')) return open(false, start);
    return scanner_.peek() == '"' ? Json(scanner_.string()) : scanner_.number_or_literal();
  }

  std::optional<Json> open(bool array, std::size_t start) {
    if (open_.size() == depth_) JsonScanner::fail_at(start, "nested deeper than " + std::to_string(depth_));
    open_.emplace_back(array);
    scanner_.skip_space();
    if (scanner_.take(closer())) return close();
    if (!array) begin_member();
    return std::nullopt;
  }

  void begin_member() {
    scanner_.skip_space();
    open_.back().key_positions.push_back(scanner_.position());
    open_.back().members.emplace_back(scanner_.string(), Json());
    scanner_.skip_space();
    if (!scanner_.take(':')) scanner_.fail_expected("a colon");
  }

  // Puts `value` into the innermost container, and gives that back when it ends here.
  std::optional<Json> add(Json value) {
    Open& parent = open_.back();
    if (parent.array)
      parent.elements.push_back(std::move(value));
    else
      parent.members.back().second = std::move(value);
    scanner_.skip_space();
    if (scanner_.take(closer())) return close();
    if (!scanner_.take(',')) scanner_.fail_expected(std::string("a comma or ") + closer());
    if (!parent.array) begin_member();
    return std::nullopt;
  }

  char closer() const noexcept { return open_.back().array ? ']' : '}'; }

  Json close() {
    Open done = std::move(open_.back());
    open_.pop_back();
    if (done.array) return Json(std::move(done.elements));
    refuse_duplicate_keys(done);
    return Json(std::move(done.members));
  }

  Json finish(Json value) {
    scanner_.skip_space();
    if (!scanner_.at_end()) scanner_.fail_expected("the end");
    return value;
  }

  JsonScanner scanner_;
  const std::size_t depth_;
  std::vector<Open> open_;
};

}  // namespace

Json Json::parse(std::string_view text, const JsonLimits& limits) {
  // As promised beside JsonLimits::depth.
  constexpr std::size_t kDeepest = 1000;
  if (text.size() > limits.bytes)
    throw JsonError(std::to_string(text.size()) + " bytes, but at most " + std::to_string(limits.bytes) +
                    " are accepted");
  return Parser(text, std::min(limits.depth, kDeepest)).document();
}

}  // namespace socketserver
