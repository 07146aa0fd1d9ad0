// Latencies, counted in memory of a fixed size.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace socketserver::apps {

/// Counts values, whatever their unit, in buckets that are as wide as a fixed share of the value: the idea of
/// HdrHistogram. A percentile is wrong by at most kRelativeError however many values there are, and adding
/// one takes some nanoseconds. 59 KB. A value; one thread.
class Histogram {
 public:
  /// Half a bucket, of which there are 128 from each power of two to the next: what nobody sees in a figure
  /// of two digits.
  static constexpr double kRelativeError = 1.0 / 256;

  void add(std::uint64_t value, std::uint64_t times = 1);

  std::uint64_t count() const { return count_; }
  // Exact; 0 of no values.
  std::uint64_t min() const { return count_ > 0 ? min_ : 0; }
  std::uint64_t max() const { return max_; }
  double mean() const { return count_ > 0 ? sum_ / static_cast<double>(count_) : 0; }
  /// The least value that at least `percent` of all values do not exceed (the nearest rank); 0 of no values.
  std::uint64_t percentile(double percent) const;

 private:
  static constexpr int kBits = 7;  // of a value that its bucket keeps, below the highest
  static constexpr std::size_t kBuckets = (64 - kBits + 1) << kBits;

  static std::size_t bucket_of(std::uint64_t value);
  static std::uint64_t middle_of(std::size_t bucket);

  std::array<std::uint64_t, kBuckets> buckets_{};
  std::uint64_t count_ = 0, min_ = UINT64_MAX, max_ = 0;
  double sum_ = 0;
};

}  // namespace socketserver::apps
