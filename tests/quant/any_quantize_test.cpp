// SPDX-License-Identifier: Apache-2.0
//
// The run-time quantizer against the oracle: codes, scales, values and errors, over elements x stored types x
// granularities x rules x shapes x inputs.

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <lowp/quantize.hpp>

#include "support/catch.hpp"
#include "support/quantize_oracle.hpp"
#include "support/quantize_twin.hpp"

namespace any_quantize_test {

namespace {

namespace qo = quantize_oracle;
using qo::rule;

/// The values of the table are the library's; what they mean is the oracle's business.
oracle::format nf4() {
  return oracle::codebook("nf4",
                          std::vector<double>(std::begin(lowp::nf4_table::values), std::end(lowp::nf4_table::values)));
}

std::vector<oracle::format> elements() {
  std::vector<oracle::format> all{nf4()};
  for (char const* name :
       {"int8", "int4", "int3", "uint4", "e4m3fn", "e5m2", "e2m1fn", "e3m2fn", "e4m3fnuz", "bfloat16", "binary6p3se"}) {
    all.push_back(oracle::by_name(name));
  }
  return all;
}

/// float first.
std::vector<std::optional<oracle::format>> stored_types() {
  std::vector<std::optional<oracle::format>> all{std::nullopt};
  for (char const* name : {"bfloat16", "float16", "e8m0fnu", "e4m3fn", "ue4m3", "ue5m3"}) {
    all.push_back(oracle::by_name(name));
  }
  return all;
}

struct granularity {
  std::string name;
  std::size_t rows;
  std::size_t cols;
};

std::vector<granularity> const granularities{
    {"per_tensor", 0, 0},       {"per_channel<0>", 1, 0}, {"per_channel<1>", 0, 1},   {"per_group<1>", 1, 1},
    {"per_group<3>", 1, 3},     {"per_group<16>", 1, 16}, {"per_group<32>", 1, 32},   {"per_group<64>", 1, 64},
    {"per_group<128>", 1, 128}, {"per_block<2,5>", 2, 5}, {"per_block<4,16>", 4, 16}, {"per_block<3,1>", 3, 1}};

struct extent {
  std::size_t rows;
  std::size_t cols;
};

/// Empty, single, short, exact, one more and one less than whole groups, and rows of more blocks than the library takes
/// at once (64).
std::vector<extent> shapes(granularity const& g) {
  std::vector<extent> all{{0, 5}, {5, 0}, {0, 0}, {1, 1}, {1, 9}, {9, 1}, {3, 172}, {5, 31}};
  if (g.cols > 1) {
    for (std::size_t const cols : {g.cols - 1, g.cols, g.cols + 1, 2 * g.cols - 1, 2 * g.cols, 2 * g.cols + 1}) {
      all.push_back({2, cols});
    }
  }
  std::size_t const width = g.cols == 0 ? 1 : g.cols;
  if (width <= 16) {
    for (std::size_t const cols : {64 * width, 64 * width + 1, 129 * width - width / 2}) {
      all.push_back({g.rows == 0 ? 2 : g.rows + 1, cols});
    }
  }
  return all;
}

std::string describe(qo::scheme const& s, extent e, qo::data d, qo::on_nan nan) {
  constexpr std::array rules{"absmax", "floor", "ceil", "even", "rceil"};
  return s.element.name + ", blocks " + std::to_string(s.block_rows) + " x " + std::to_string(s.block_cols) + ", " +
         rules[static_cast<std::size_t>(s.scale)] + " in " + (s.stored ? s.stored->name : "float") + ", " +
         (s.random ? "stochastic" : oracle::describe(s.rounding)) + ", " + oracle::describe(s.overflow) + ", nan " +
         std::to_string(static_cast<int>(nan)) + ", " + std::to_string(e.rows) + " x " + std::to_string(e.cols) + " " +
         qo::describe(d);
}

/// How often each kind of outcome was met: a sweep in which everything fails alike proves little.
struct tally {
  std::size_t done = 0;
  std::size_t nan_found = 0;
  std::size_t underflow = 0;
  std::size_t overflow = 0;
  std::size_t elements = 0;
  std::size_t wrong = 0;

  void count(qo::outcome const& o) {
    using kind = qo::outcome::kind;
    (o.what == kind::done              ? done
     : o.what == kind::nan_found       ? nan_found
     : o.what == kind::scale_underflow ? underflow
                                       : overflow) += 1;
    elements += o.codes.size();
  }
};

/// One comparison; false where it differs (the first few are reported).
bool agrees(qo::scheme const& s, extent e, qo::data d, qo::on_nan nan, std::uint64_t seed, tally& t) {
  std::size_t const stride = e.cols + (seed % 2 == 0 ? 0 : 1 + seed % 7);
  qo::matrix const x = qo::make_matrix(d, e.rows, e.cols, stride, seed);
  qo::outcome const expected = qo::quantize(s, x, nan);
  std::string const what = qo::difference(qo::run(qo::twin(s), qo::view_of(x), nan), expected);
  t.count(expected);
  if (!what.empty()) {
    if (++t.wrong <= 5) {
      UNSCOPED_INFO(describe(s, e, d, nan) << ": " << what);
    }
    return false;
  }
  return true;
}

template <class List>
auto const& pick(List const& list, std::size_t i) {
  return list[i % std::size(list)];
}

constexpr std::array overflows{oracle::overflow::saturate, oracle::overflow::nonsaturating,
                               oracle::overflow::saturate_finite};
constexpr std::array nan_actions{qo::on_nan::as_cast, qo::on_nan::zero, qo::on_nan::error};

}  // namespace

TEST_CASE("the oracle's own arithmetic: quotients and products") {
  // Quotients of small integers and of awkward floats, by the hardware in its default mode.
  qo::generator g(1);
  for (int i = 0; i < 20'000; ++i) {
    float const a = std::bit_cast<float>(g.next());
    float const b = std::bit_cast<float>(g.next() & 0x7fffffffU);
    oracle::number const x = oracle::number_of(a);
    oracle::number const y = oracle::number_of(b);
    if (!x.is_finite() || !y.is_finite() || y.is_zero()) {
      continue;
    }
    REQUIRE(std::bit_cast<std::uint32_t>(a / b) == oracle::write(oracle::binary32, qo::quotient(x, y.value)));
    REQUIRE(std::bit_cast<std::uint32_t>(a * b) == oracle::write(oracle::binary32, qo::product(x, y.value)));
    double const wide = static_cast<double>(a) / static_cast<double>(b);
    if (!x.is_zero()) {
      REQUIRE(oracle::number_of(wide).value.magnitude() ==
              qo::divide(x.value.magnitude(), y.value, 53, qo::any_quantum));
    }
  }
}

TEST_CASE("quantize(any_scheme) equals the oracle: every element x granularity x shape") {
  tally t;
  std::uint64_t seed = 100;
  auto const stored = stored_types();
  for (oracle::format const& element : elements()) {
    for (granularity const& g : granularities) {
      for (extent const& e : shapes(g)) {
        qo::scheme s{element, g.rows, g.cols};
        s.stored = pick(stored, seed);
        s.overflow = pick(overflows, seed / 3);
        qo::data const d = pick(qo::all_data, seed / 2);
        agrees(s, e, d, pick(nan_actions, seed), seed, t);
        ++seed;
      }
    }
  }
  INFO(t.elements << " elements; done " << t.done << ", NaN " << t.nan_found << ", underflow " << t.underflow
                  << ", overflow " << t.overflow);
  CHECK(t.wrong == 0);
  CHECK(t.done > 1400);
  CHECK(t.nan_found > 20);
  CHECK(t.underflow > 50);
  CHECK(t.overflow > 20);
}

TEST_CASE("quantize(any_scheme) equals the oracle: every element x stored type x input") {
  tally t;
  std::uint64_t seed = 10'000;
  for (oracle::format const& element : elements()) {
    for (auto const& stored : stored_types()) {
      for (qo::data const d : qo::all_data) {
        for (qo::on_nan const nan : nan_actions) {
          // bfloat16 elements with a float scale reach quotients beyond the greatest float
          granularity const& g = pick(granularities, seed);
          qo::scheme s{element, g.rows, g.cols};
          s.stored = stored;
          s.overflow = pick(overflows, seed / 7);
          agrees(s, {2, 41}, d, nan, seed, t);
          ++seed;
        }
      }
    }
  }
  INFO(t.elements << " elements; done " << t.done << ", NaN " << t.nan_found << ", underflow " << t.underflow
                  << ", overflow " << t.overflow);
  CHECK(t.wrong == 0);
  CHECK(t.done > 1000);
}

TEST_CASE("quantize(any_scheme) equals the oracle: power-of-two rules") {
  tally t;
  std::uint64_t seed = 20'000;
  std::vector<std::optional<oracle::format>> const stored{oracle::by_name("e8m0fnu"), std::nullopt,
                                                          oracle::by_name("bfloat16")};
  auto all = elements();
  for (char const* name : {"e2m3fn", "e3m0fn", "e4m3", "e3m4fn", "int2", "binary8p1se", "float16"}) {
    all.push_back(oracle::by_name(name));
  }
  for (oracle::format const& element : all) {
    for (rule const r : {rule::floor, rule::ceil, rule::even, rule::rceil}) {
      for (qo::data const d : qo::all_data) {
        qo::scheme s{element, 1, pick(std::array<std::size_t, 3>{1, 16, 32}, seed), r, pick(stored, seed / 2)};
        s.overflow = pick(overflows, seed / 5);
        agrees(s, {2, 50}, d, qo::on_nan::as_cast, seed, t);
        ++seed;
      }
    }
  }
  INFO(t.elements << " elements; done " << t.done);
  CHECK(t.wrong == 0);
  CHECK(t.underflow + t.overflow == 0);  // every exponent of these types is clamped, so nothing fails
}

TEST_CASE("quantize(any_scheme) equals the oracle: every rounding") {
  tally t;
  std::uint64_t seed = 30'000;
  for (oracle::format const& element : elements()) {
    for (auto const mode : oracle::deterministic_modes) {
      for (auto const o : overflows) {
        qo::scheme s{element, 1, 16};
        s.rounding = mode;
        s.overflow = o;
        for (qo::data const d : {qo::data::heavy_tail, qo::data::infinities, qo::data::any_bits}) {
          agrees(s, {2, 40}, d, qo::on_nan::as_cast, ++seed, t);
        }
      }
    }
  }
  INFO(t.elements << " elements; done " << t.done);
  CHECK(t.wrong == 0);
}

TEST_CASE("stochastic rounding of a matrix takes the bits of row * cols + column, however it is cut") {
  tally t;
  std::uint64_t seed = 40'000;
  for (char const* name : {"int8", "int4", "e4m3fn", "e2m1fn", "e5m2"}) {
    for (int const bits : {8, 16, 32}) {
      for (granularity const& g : granularities) {
        qo::scheme s{oracle::by_name(name), g.rows, g.cols};
        s.random = qo::stochastic{0x0123'4567'89ab'cdefU, bits};
        agrees(s, {3, 83}, qo::data::bell, qo::on_nan::error, ++seed, t);
      }
    }
  }
  CHECK(t.wrong == 0);
  CHECK(t.done == 5 * 3 * granularities.size());
}

TEST_CASE("one stochastic decision an element: a constant matrix shows it") {
  // x / s = 63.5 for all but the first: rounded up with probability 1/2, by the element's own bits.
  std::size_t const rows = 7;
  std::size_t const cols = 45;
  std::vector<float> x(rows * cols, 63.5F);
  x[0] = 127.0F;
  lowp::any_scheme s{lowp::any_format::of<lowp::int8>()};
  s.rounding = lowp::rounding::stochastic{77};
  auto const q = lowp::quantize(s, {x.data(), rows, cols});
  std::set<std::uint32_t> seen;
  for (std::size_t i = 0; i < rows; ++i) {
    for (std::size_t j = 0; j < cols; ++j) {
      auto const index = static_cast<std::uint64_t>(i * cols + j);
      lowp::int8 const alone = lowp::cast<lowp::int8>(x[i * cols + j], lowp::rounding::stochastic{77, index});
      REQUIRE(q.code(i, j) == to_bits(alone));
      seen.insert(q.code(i, j));
    }
  }
  CHECK(seen == std::set<std::uint32_t>{63, 64, 127});
}

TEST_CASE("a matrix quantized at run time describes itself") {
  std::vector<float> x(3 * 10, 1.0F);
  lowp::any_scheme const s{
      lowp::any_format::of<lowp::int3>(), {1, 4}, {.stored = lowp::any_format::of<lowp::float16>()}};
  auto const q = lowp::quantize(s, {x.data(), 3, 10});
  CHECK(q.rows() == 3);
  CHECK(q.cols() == 10);
  CHECK(q.block() == lowp::block_shape{1, 4});
  CHECK(q.size().row_bytes == 4);  // 30 bits
  CHECK(q.size().code_bytes == 12);
  CHECK(q.codes().size() == 12);
  CHECK(q.size().block_rows == 3);
  CHECK(q.size().block_cols == 3);
  CHECK(q.scale_codes().size() == 9);
  CHECK(q.bits_per_element() == 3.0 + 9 * 16 / 30.0);
  CHECK(q.block_scale(2, 2) == static_cast<float>(lowp::cast<lowp::float16>(1.0 / 3.0)));
  // Padding bits of a row's last byte are zero.
  for (std::size_t i = 0; i < 3; ++i) {
    CHECK((q.codes()[4 * i + 3] & 0xc0) == 0);
  }
  lowp::any_scheme wide{lowp::any_format::of<lowp::bfloat16>()};
  auto const w = lowp::quantize(wide, {x.data(), 3, 10});
  CHECK(w.size().row_bytes == 20);
  CHECK(w.bits_per_element() == 16.0 + 32 / 30.0);
  auto const none = lowp::quantize(wide, {x.data(), 0, 10});
  CHECK(none.codes().empty());
  CHECK(none.scale_codes().empty());
  CHECK(none.bits_per_element() == 0.0);
}

TEST_CASE("dequantize_into of a run-time matrix refuses another shape and leaves gaps alone") {
  std::vector<float> const x{1, 2, 3, 4, 5, 6};
  auto const q = lowp::quantize(lowp::any_scheme{lowp::any_format::of<lowp::int8>()}, {x.data(), 2, 3});
  std::vector<float> out(10, -7.0F);
  for (auto const& [rows, cols] : std::vector<std::pair<std::size_t, std::size_t>>{{3, 2}, {2, 2}, {1, 3}, {0, 3}}) {
    try {
      lowp::dequantize_into(q, lowp::matrix_view<float>(out.data(), rows, cols));
      FAIL("no error");
    } catch (lowp::error const& e) {
      CHECK(e.code() == lowp::error_code::shape);
      CHECK(e.argument() == "out");
      CHECK(e.axis() == (rows != 2 ? 0 : 1));
      CHECK(e.index() == (rows != 2 ? rows : cols));
    }
    CHECK(out == std::vector<float>(10, -7.0F));
  }
  lowp::dequantize_into(q, lowp::matrix_view<float>(out.data(), 2, 3, 5));
  CHECK(out[3] == -7.0F);
  CHECK(out[4] == -7.0F);
  CHECK(out[8] == -7.0F);
  CHECK(out[9] == -7.0F);
  CHECK(out[7] == 6.0F);
}

TEST_CASE("try_quantize of a run-time scheme gives the same matrix, or the error as a value") {
  qo::matrix x = qo::make_matrix(qo::data::bell, 3, 50, 50, 5);
  lowp::any_scheme const s{
      lowp::any_format::of<lowp::int4>(), {1, 32}, {.stored = lowp::any_format::of<lowp::e4m3fn>()}};
  auto const good = lowp::try_quantize(s, qo::view_of(x));
  REQUIRE(good.has_value());
  CHECK(good->codes() == lowp::quantize(s, qo::view_of(x)).codes());
  CHECK(good->scale_codes() == lowp::quantize(s, qo::view_of(x)).scale_codes());
  // A NaN without a home, a scale that does not fit, a scheme that no type can be.
  x.data[60] = std::numeric_limits<float>::quiet_NaN();
  auto const bad = lowp::try_quantize(s, qo::view_of(x));
  REQUIRE(!bad);
  CHECK(bad.error().code() == lowp::error_code::value);
  CHECK(bad.error().index() == 1);
  CHECK_THROWS_AS(bad.value(), lowp::error);
  CHECK(lowp::try_quantize(s, qo::view_of(x), lowp::nan::zero{}).has_value());
  x.data[60] = 1e9F;
  auto const beyond = lowp::try_quantize(s, qo::view_of(x));
  REQUIRE(!beyond);
  CHECK(std::string(beyond.error().what()).find("block (1, 0)") != std::string::npos);
  auto impossible = s;
  impossible.scale.which = lowp::any_scale::kind::minmax;
  impossible.element = lowp::any_format::of<lowp::e4m3fn>();
  REQUIRE(!lowp::try_quantize(impossible, qo::view_of(x)));
  CHECK(lowp::try_quantize(impossible, qo::view_of(x)).error().argument() == "scheme");
}

}  // namespace any_quantize_test
