#include "load/histogram.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

namespace socketserver::apps {

// Values up to 255 have a bucket each; above, one for each of the 128 values of the 7 bits below the highest.
std::size_t Histogram::bucket_of(std::uint64_t value) {
  const int shift = std::max(0, static_cast<int>(std::bit_width(value)) - kBits - 1);
  return (static_cast<std::size_t>(shift) << kBits) + static_cast<std::size_t>(value >> shift);
}

std::uint64_t Histogram::middle_of(std::size_t bucket) {
  if (bucket < (std::size_t{2} << kBits)) return bucket;
  const std::size_t shift = (bucket >> kBits) - 1;
  const std::uint64_t width = std::uint64_t{1} << shift;
  return (static_cast<std::uint64_t>(bucket - (shift << kBits)) << shift) + width / 2;
}

void Histogram::add(std::uint64_t value, std::uint64_t times) {
  if (times == 0) return;
  buckets_[bucket_of(value)] += times;
  count_ += times;
  min_ = std::min(min_, value);
  max_ = std::max(max_, value);
  sum_ += static_cast<double>(value) * static_cast<double>(times);
}

std::uint64_t Histogram::percentile(double percent) const {
  if (count_ == 0) return 0;
  // A little less: 99.9 % of 1000 must not become rank 1000 because of the last bit of a product.
  const double rank = std::ceil(percent / 100 * static_cast<double>(count_) - 1e-6);
  const auto wanted = static_cast<std::uint64_t>(std::clamp(rank, 1.0, static_cast<double>(count_)));
  if (wanted == count_) return max_;
  std::uint64_t seen = 0;
  std::size_t bucket = 0;
  while ((seen += buckets_[bucket]) < wanted) ++bucket;
  return std::clamp(middle_of(bucket), min_, max_);
}

}  // namespace socketserver::apps
