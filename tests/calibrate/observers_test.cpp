// SPDX-License-Identifier: Apache-2.0
//
// Observers against direct counting, in every order and division of the data.
//
// also built: fast_math

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <random>
#include <span>
#include <string>
#include <vector>

#include <lowp/calibrate.hpp>

#include "support/catch.hpp"

namespace {

namespace calibrate = lowp::calibrate;
using calibrate::histogram_observer;
using calibrate::side;

float from_bits(std::uint32_t bits) { return std::bit_cast<float>(bits); }
float const not_a_number = from_bits(0x7fc00001U);
float const infinity = from_bits(0x7f800000U);

/// Values over `binades` binades up to 2^top, of both signs, with zeros.
std::vector<float> values(std::size_t count, int top, int binades, unsigned seed) {
  std::mt19937 random(seed);
  std::vector<float> x(count);
  for (float& v : x) {
    auto const bits = static_cast<std::uint32_t>(random());
    int const exponent = top - 1 - static_cast<int>(static_cast<unsigned>(random()) % static_cast<unsigned>(binades));
    v = bits % 16 == 0 ? from_bits(bits << 27U & 0x80000000U)
                       : static_cast<float>(std::ldexp(1.0 + static_cast<double>(bits >> 9U) * 0x1p-23, exponent)) *
                             (bits % 2 == 0 ? 1.0F : -1.0F);
  }
  return x;
}

struct model {
  double width = 0;
  std::uint64_t zeros = 0;
  std::vector<std::uint64_t> negative;
  std::vector<std::uint64_t> positive;
};
/// Counts by division in double: exact, since the width is a power of two.
model count_directly(std::vector<float> const& x, std::size_t bins) {
  model m;
  m.negative.resize(bins);
  m.positive.resize(bins);
  double most = 0;
  for (float const v : x) most = std::max(most, std::fabs(static_cast<double>(v)));
  if (most > 0) {
    int e = 0;
    std::frexp(most, &e);  // most < 2^e
    m.width = std::ldexp(1.0, e) / static_cast<double>(bins);
  }
  for (float const v : x) {
    double const d = v;
    if (d == 0) {
      ++m.zeros;
    } else {
      ++(d < 0 ? m.negative : m.positive)[static_cast<std::size_t>(std::floor(std::fabs(d) / m.width))];
    }
  }
  return m;
}

int differences(histogram_observer const& h, model const& m) {
  int wrong = h.bin_width() != m.width ? 1 : 0;
  wrong += h.zeros() != m.zeros ? 1 : 0;
  for (std::size_t i = 0; i < h.bins(); ++i) {
    wrong += h.count(side::negative, i) != m.negative[i] ? 1 : 0;
    wrong += h.count(side::positive, i) != m.positive[i] ? 1 : 0;
    wrong += h.count(side::magnitude, i) != m.negative[i] + m.positive[i] ? 1 : 0;
  }
  return wrong;
}

template <class Make>
std::string message_of(Make&& make) {
  try {
    make();
  } catch (lowp::error const& e) {
    return e.what();
  }
  return "no error";
}

}  // namespace

TEST_CASE("minmax: batches and merges in any order, NaN and infinity counted and left out") {
  std::vector<float> x = values(1000, 3, 12, 1);
  x[10] = not_a_number;
  x[500] = infinity;
  x[501] = -infinity;
  float least = 0;
  float most = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    if (i == 10 || i == 500 || i == 501) continue;
    least = std::min(least, x[i]);
    most = std::max(most, x[i]);
  }
  calibrate::minmax_observer all;
  all.observe(x);
  CHECK(all.range() == calibrate::range{least, most});
  CHECK(all.range().absmax() == std::max(-least, most));
  CHECK(all.seen() == calibrate::tally{997, 1, 2});
  for (std::size_t cut : {0U, 1U, 11U, 777U, 1000U}) {
    calibrate::minmax_observer first;
    calibrate::minmax_observer second;
    first.observe(std::span(x).first(cut));
    second.observe(std::span(x).subspan(cut));
    second.merge(first);
    CHECK(second.range() == all.range());
    CHECK(second.seen() == all.seen());
  }
  // One sign: the interval does not reach for zero. -0 is 0.
  calibrate::minmax_observer positive;
  positive.observe(std::vector<float>{3.0F, 2.0F});
  CHECK(positive.range() == calibrate::range{2.0F, 3.0F});
  calibrate::minmax_observer zero;
  zero.observe(std::vector<float>{-0.0F});
  CHECK(std::bit_cast<std::uint32_t>(zero.range().min) == 0);
  // Subnormals count, whatever FTZ says.
  calibrate::minmax_observer tiny;
  tiny.observe(std::vector<float>{from_bits(1), from_bits(0x80000003U)});
  CHECK(std::bit_cast<std::uint32_t>(tiny.range().max) == 1);
  CHECK(std::bit_cast<std::uint32_t>(tiny.range().min) == 0x80000003U);
}

TEST_CASE("moving average: the recurrence of PyTorch, in double") {
  calibrate::moving_average_observer observer(0.75);
  std::vector<std::vector<float>> const batches = {{-1, 2}, {-3, 4}, {not_a_number, infinity}, {}, {0.5F, 8}};
  for (auto const& batch : batches) observer.observe(batch);
  // -1, then -1 + (-3 + 1) / 4 = -1.5, then -1.5 + (0.5 + 1.5) / 4 = -1; 2, 2.5, 3.875
  CHECK(observer.range() == calibrate::range{-1.0F, 3.875F});
  CHECK(observer.seen() == calibrate::tally{6, 1, 1});
  CHECK(observer.momentum() == 0.75);
  // Against the recurrence with every operation rounded to double.
  calibrate::moving_average_observer slow;
  std::vector<float> x = values(6000, 0, 8, 2);
  double volatile low = 0;
  double volatile high = 0;
  for (std::size_t i = 0; i < 60; ++i) {
    auto const batch = std::span(x).subspan(100 * i, 100);
    slow.observe(batch);
    auto const [a, b] = std::minmax_element(batch.begin(), batch.end());
    double volatile const share = 1.0 - 0.99;
    if (i == 0) {
      low = *a;
      high = *b;
    } else {
      double volatile step = *a - low;
      step = share * step;
      low = low + step;
      step = *b - high;
      step = share * step;
      high = high + step;
    }
  }
  CHECK(slow.range().min == static_cast<float>(low));
  CHECK(slow.range().max == static_cast<float>(high));
}

TEST_CASE("histogram: bins as counted directly, whatever the order, the batches and the merges") {
  for (std::size_t bins : {4U, 64U, 2048U}) {
    for (int top : {0, 5, 126, -115}) {
      std::vector<float> x = values(700, top, 9, static_cast<unsigned>(bins) + static_cast<unsigned>(top + 200));
      model const expected = count_directly(x, bins);
      INFO(bins << " bins, top " << top);
      histogram_observer whole(bins);
      whole.observe(x);
      CHECK(differences(whole, expected) == 0);
      std::mt19937 random(3);
      for (int turn = 0; turn < 4; ++turn) {
        std::shuffle(x.begin(), x.end(), random);
        if (turn == 1) {  // growing all the way
          std::sort(x.begin(), x.end(), [](float a, float b) { return std::fabs(a) < std::fabs(b); });
        }
        std::vector<histogram_observer> parts(5, histogram_observer(bins));
        for (std::size_t i = 0; i < x.size(); i += 7) {
          parts[i / 7 % 5].observe(std::span(x).subspan(i, std::min<std::size_t>(7, x.size() - i)));
        }
        histogram_observer merged(bins);
        for (std::size_t k = 5; k-- != 0;) merged.merge(parts[k]);
        CHECK(differences(merged, expected) == 0);
        CHECK(merged.range() == whole.range());
        CHECK(merged.seen() == whole.seen());
      }
    }
  }
}

TEST_CASE("histogram: from the least subnormal to the greatest float") {
  histogram_observer h(8);
  CHECK(h.bin_width() == 0);
  h.observe(std::vector<float>{0.0F, -0.0F});
  CHECK(h.bin_width() == 0);
  CHECK(h.range() == calibrate::range{0.0F, 0.0F});
  h.observe(std::vector<float>{from_bits(1)});  // 2^-149, the lower edge of bin 4
  CHECK(h.bin_width() == 0x1p-151);
  CHECK(h.count(side::positive, 4) == 1);
  h.observe(std::vector<float>{from_bits(0x80000007U), not_a_number});  // -7 * 2^-149
  CHECK(h.bin_width() == 0x1p-149);
  CHECK(h.count(side::positive, 1) == 1);
  CHECK(h.count(side::negative, 7) == 1);
  CHECK(h.used_bins(side::positive) == 2);
  h.observe(std::vector<float>{from_bits(0x7f7fffffU), infinity});
  CHECK(h.bin_width() == 0x1p125);
  CHECK(h.count(side::magnitude, 0) == 2);
  CHECK(h.count(side::positive, 7) == 1);
  CHECK(h.zeros() == 2);
  CHECK(h.seen() == calibrate::tally{5, 1, 1});
  h.merge(h);
  CHECK(h.count(side::positive, 7) == 2);
  CHECK(h.zeros() == 4);
}

TEST_CASE("observers say what is wrong") {
  CHECK(message_of([] { histogram_observer(100); }).find("100 bins") != std::string::npos);
  CHECK(message_of([] { histogram_observer(2); }) != "no error");
  histogram_observer h(16);
  CHECK(message_of([&] { h.merge(histogram_observer(32)); }).find("32 bins into 16") != std::string::npos);
  h.observe(std::vector<float>{not_a_number, infinity, -infinity});
  CHECK(message_of([&] { h.range(); }).find("1 NaN, 2 infinite") != std::string::npos);
  CHECK(message_of([&] { h.range(calibrate::percentile{}); }) != "no error");
  CHECK(message_of([&] { h.range(calibrate::kl_divergence{}); }) != "no error");
  CHECK(message_of([&] { h.range(calibrate::mse<lowp::int8>{}); }) != "no error");
  CHECK(message_of([] { calibrate::minmax_observer().range(); }) != "no error");
  CHECK(message_of([] { calibrate::moving_average_observer(1.0); }).find("momentum") != std::string::npos);
  CHECK(message_of([] { calibrate::moving_average_observer(-0.5); }) != "no error");
  h.observe(std::vector<float>{1.0F});
  CHECK(message_of([&] { h.range(calibrate::percentile{100.5}); }).find("100.5") != std::string::npos);
  CHECK(message_of([&] { h.range(calibrate::percentile{40, calibrate::range_of::numbers}); }) != "no error");
  CHECK(message_of([&] { h.range(calibrate::kl_divergence{0}); }) != "no error");
  CHECK(message_of([&] { h.range(calibrate::mse<lowp::int8>{0}); }) != "no error");
  // 1 is in bin 8 of 16: nine bins.
  CHECK(message_of([&] { (void)calibrate::kl_divergence{4}.divergence(h, side::magnitude, 9); }) == "no error");
  CHECK(message_of([&] { (void)calibrate::kl_divergence{4}.divergence(h, side::magnitude, 10); }) != "no error");
  CHECK(message_of([&] { (void)calibrate::kl_divergence{4}.divergence(h, side::negative, 0); }) != "no error");
}
