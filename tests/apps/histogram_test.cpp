// The histogram against values that are known.
#include "load/histogram.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

namespace socketserver::apps {
namespace {

void expect_near(std::uint64_t found, std::uint64_t value) {
  EXPECT_NEAR(static_cast<double>(found), static_cast<double>(value),
              Histogram::kRelativeError * static_cast<double>(value));
}

TEST(HistogramTest, OfNothingIsZero) {
  const Histogram none;
  EXPECT_EQ(none.count(), 0u);
  EXPECT_EQ(none.min(), 0u);
  EXPECT_EQ(none.max(), 0u);
  EXPECT_EQ(none.mean(), 0);
  EXPECT_EQ(none.percentile(50), 0u);
}

TEST(HistogramTest, KeepsSmallValuesExactly) {
  Histogram histogram;
  for (std::uint64_t value = 1; value <= 200; ++value) histogram.add(value);
  EXPECT_EQ(histogram.count(), 200u);
  EXPECT_EQ(histogram.percentile(0), 1u);
  EXPECT_EQ(histogram.percentile(0.5), 1u);
  EXPECT_EQ(histogram.percentile(50), 100u);
  EXPECT_EQ(histogram.percentile(50.1), 101u);
  EXPECT_EQ(histogram.percentile(99), 198u);
  EXPECT_EQ(histogram.percentile(100), 200u);
  EXPECT_EQ(histogram.mean(), 100.5);
}

TEST(HistogramTest, CountsTheNearestRankInSpiteOfFractionsThatAreNoBinaryOnes) {
  Histogram histogram;
  histogram.add(1, 999);
  histogram.add(250);
  EXPECT_EQ(histogram.percentile(99.9), 1u);  // 999 of 1000 do not exceed it
  EXPECT_EQ(histogram.percentile(99.91), 250u);
}

TEST(HistogramTest, IsRightWithinItsErrorForEveryMagnitude) {
  for (int bits = 0; bits < 64; ++bits) {
    for (const std::uint64_t offset : {0ULL, 1ULL, (1ULL << bits) / 3, (1ULL << bits) - 1}) {
      const std::uint64_t value = (1ULL << bits) + offset;
      Histogram histogram;
      histogram.add(value);
      histogram.add(UINT64_MAX);  // so that `value` is no maximum, which is exact
      expect_near(histogram.percentile(50), value);
      EXPECT_EQ(histogram.min(), value);
      EXPECT_EQ(histogram.max(), UINT64_MAX);
    }
  }
}

TEST(HistogramTest, AgreesWithSortedLatencies) {
  std::mt19937_64 random(1);
  std::lognormal_distribution<double> latency(std::log(200'000), 1.5);  // around 200 us, with a long tail
  std::vector<std::uint64_t> values;
  Histogram histogram;
  for (int i = 0; i < 100'000; ++i) {
    values.push_back(static_cast<std::uint64_t>(latency(random)));
    histogram.add(values.back());
  }
  std::ranges::sort(values);
  for (const double percent : {1.0, 10.0, 50.0, 90.0, 99.0, 99.9, 99.99}) {
    const auto rank = static_cast<std::size_t>(std::ceil(percent * 1000 - 1e-6));
    expect_near(histogram.percentile(percent), values[rank - 1]);
  }
  EXPECT_EQ(histogram.min(), values.front());
  EXPECT_EQ(histogram.max(), values.back());
}

}  // namespace
}  // namespace socketserver::apps
