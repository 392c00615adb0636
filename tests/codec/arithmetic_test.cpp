// SPDX-License-Identifier: Apache-2.0
//
// Arithmetic against exact results. Sums and products are dyadic and computed exactly; a quotient, a root, or a sum whose
// operands lie too far apart is replaced by a number that no rounding can tell from it (see `between`), and the
// replacement is checked by multiplying back. The oracle rounds; nothing of codec/ is used on that side.

#include <array>
#include <cstddef>
#include <cstdint>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

#include <lowp/cast.hpp>

#include "support/catch.hpp"
#include "support/effort.hpp"
#include "support/format_types.hpp"
#include "support/oracle.hpp"

namespace arithmetic_test {

namespace {

using lowp_test::named_format;
using oracle::code;
using oracle::dyadic;
using oracle::number;
using oracle::sign;
using oracle::wide;
namespace rounding = lowp::rounding;
namespace overflow = lowp::overflow;

// --- the library's side: operations on raw codes under policies chosen at run time -------------------------------

struct row {
  using policy = rounding::any const&;
  using bounds = overflow::any const&;
  std::string name;
  code (*add)(code, code, policy, bounds);
  code (*subtract)(code, code, policy, bounds);
  code (*multiply)(code, code, policy, bounds);
  code (*divide)(code, code, policy, bounds);
  code (*fma)(code, code, code, policy, bounds);
  code (*sqrt)(code, policy, bounds);

  template <class F>
  static row of(std::string_view name) {
    return {std::string(name),
            [](code a, code b, policy r, bounds o) { return bits(lowp::add(number<F>(a), number<F>(b), r, o)); },
            [](code a, code b, policy r, bounds o) { return bits(lowp::subtract(number<F>(a), number<F>(b), r, o)); },
            [](code a, code b, policy r, bounds o) { return bits(lowp::multiply(number<F>(a), number<F>(b), r, o)); },
            [](code a, code b, policy r, bounds o) { return bits(lowp::divide(number<F>(a), number<F>(b), r, o)); },
            [](code a, code b, code c, policy r, bounds o) {
              return bits(lowp::fma(number<F>(a), number<F>(b), number<F>(c), r, o));
            },
            [](code a, policy r, bounds o) { return bits(lowp::sqrt(number<F>(a), r, o)); }};
  }

 private:
  template <class F>
  static F number(code c) {
    return lowp::from_bits<F>(c);
  }
  template <class F>
  static code bits(F x) {
    return lowp::to_bits(x);
  }
};

constexpr std::array<rounding::any, 6> roundings{rounding::nearest_even{}, rounding::nearest_away{},
                                                 rounding::toward_zero{},  rounding::up{},
                                                 rounding::down{},         rounding::to_odd{}};
constexpr std::array<overflow::any, 3> overflows{overflow::saturate{}, overflow::nonsaturating{},
                                                 overflow::saturate_finite{}};

// --- exact results -----------------------------------------------------------------------------------------------

/// A number strictly between m and m + 1 units of 2^exponent, in the direction of s: their middle.
///
/// Every point where a rounding changes its mind (values, midpoints, points of a 32-bit stochastic division) is a
/// multiple of 2^(floor(log2 x) - 44) or coarser, because no format here has more than 11 digits. With m of at least 46
/// bits none of them lies strictly between m and m + 1, so all numbers between are rounded alike.
number between(sign s, wide m, int exponent) {
  if (oracle::bit_length(m) < 46) throw std::logic_error("too few digits to stand in for an inexact result");
  return number::finite({s, 2 * m + 1, exponent - 1});
}

sign product_of(sign a, sign b) { return a == b ? sign::plus : sign::minus; }

/// a + b. An exact zero of opposite signs is written as +0; see `zero_sign`.
number sum_of(number const& a, number const& b) {
  if (a.is_nan() || b.is_nan()) return number::nan();
  if (a.is_infinite() && b.is_infinite()) return a.s == b.s ? a : number::nan();
  if (a.is_infinite()) return a;
  if (b.is_infinite()) return b;
  if (a.is_zero() && b.is_zero()) return number::zero(a.s == b.s ? a.s : sign::plus);
  if (a.is_zero()) return b;
  if (b.is_zero()) return a;
  number const& big = a.value.magnitude() >= b.value.magnitude() ? a : b;
  number const& small = &big == &a ? b : a;
  if (big.value.floor_log2() - small.value.floor_log2() <= 90) return number::finite(a.value + b.value);
  // Farther apart than 128 bits reach: big has at most 22 bits, so it is a multiple of 2^(floor(log2 big) - 60), and the
  // small one moves it by less than that.
  int const exponent = big.value.floor_log2() - 60;
  wide const units = oracle::wide{big.value.significand()} << (big.value.exponent() - exponent);
  return a.s == b.s ? between(big.s, units, exponent) : between(big.s, units - 1, exponent);
}

/// Whether a + b is an exact zero whose sign the rounding decides: x + -x.
bool cancels(number const& a, number const& b, number const& sum) {
  return sum.is_zero() && a.is_finite() && b.is_finite() && a.s != b.s;
}

number product_of(number const& a, number const& b) {
  sign const s = product_of(a.s, b.s);
  if (a.is_nan() || b.is_nan()) return number::nan();
  if (a.is_infinite() || b.is_infinite()) return a.is_zero() || b.is_zero() ? number::nan() : number::infinity(s);
  if (a.is_zero() || b.is_zero()) return number::zero(s);
  return number::finite({s, a.value.significand() * b.value.significand(), a.value.exponent() + b.value.exponent()});
}

number quotient_of(number const& a, number const& b) {
  sign const s = product_of(a.s, b.s);
  if (a.is_nan() || b.is_nan()) return number::nan();
  if (a.is_infinite()) return b.is_infinite() ? number::nan() : number::infinity(s);
  if (b.is_infinite()) return number::zero(s);
  if (b.is_zero()) return a.is_zero() ? number::nan() : number::infinity(s);
  if (a.is_zero()) return number::zero(s);
  constexpr int places = 80;
  wide const numerator = a.value.significand() << places;
  wide const denominator = b.value.significand();
  wide const q = numerator / denominator;
  if (!(q * denominator <= numerator && numerator < (q + 1) * denominator)) throw std::logic_error("quotient");
  int const exponent = a.value.exponent() - b.value.exponent() - places;
  return q * denominator == numerator ? number::finite({s, q, exponent}) : between(s, q, exponent);
}

number root_of(number const& a) {
  if (a.is_nan() || a.is_zero()) return a;
  if (a.is_negative()) return number::nan();
  if (a.is_infinite()) return a;
  bool const odd = a.value.exponent() % 2 != 0;
  wide const radicand = (odd ? 2 * a.value.significand() : a.value.significand()) << 100;
  wide root = 0;
  for (int bit = 60; bit >= 0; --bit) {
    wide const trial = root | wide{1} << bit;
    if (trial * trial <= radicand) root = trial;
  }
  if (!(root * root <= radicand && radicand < (root + 1) * (root + 1))) throw std::logic_error("root");
  int const exponent = (a.value.exponent() - (odd ? 1 : 0)) / 2 - 50;
  return root * root == radicand ? number::finite({sign::plus, root, exponent}) : between(sign::plus, root, exponent);
}

// --- comparing ---------------------------------------------------------------------------------------------------

/// One format under test: its operations and its oracle.
class bench {
 public:
  explicit bench(row r) : row_(std::move(r)), encode_(oracle::by_name(row_.name)) {
    oracle::format const& f = encode_.described();
    for (code c = 0; c < f.code_count(); ++c) values_.push_back(oracle::value(f, c));
    max_ = encode_.grid()[encode_.grid().size() - 2].floor_log2();
  }

  code count() const { return static_cast<code>(values_.size()); }
  number const& value(code c) const { return values_[c]; }
  std::string const& name() const { return row_.name; }
  oracle::encoder const& encode() const { return encode_; }

  void add(code a, code b) {
    number const exact = sum_of(values_[a], values_[b]);
    check(
        exact, cancels(values_[a], values_[b], exact),
        [&](auto const& r, auto const& o) { return row_.add(a, b, r, o); }, "add", a, b);
  }
  void subtract(code a, code b) {
    number minus = values_[b];
    minus.s = oracle::opposite(minus.s);
    minus.value = minus.value.negated();
    number const exact = sum_of(values_[a], minus);
    check(
        exact, cancels(values_[a], minus, exact),
        [&](auto const& r, auto const& o) { return row_.subtract(a, b, r, o); }, "subtract", a, b);
  }
  void multiply(code a, code b) {
    check(
        product_of(values_[a], values_[b]), false,
        [&](auto const& r, auto const& o) { return row_.multiply(a, b, r, o); }, "multiply", a, b);
  }
  void divide(code a, code b) {
    check(
        quotient_of(values_[a], values_[b]), false,
        [&](auto const& r, auto const& o) { return row_.divide(a, b, r, o); }, "divide", a, b);
  }
  void fma(code a, code b, code c) {
    number const product = product_of(values_[a], values_[b]);
    number const exact = sum_of(product, values_[c]);
    check(
        exact, cancels(product, values_[c], exact),
        [&](auto const& r, auto const& o) { return row_.fma(a, b, c, r, o); }, "fma", a, b, c);
  }
  void sqrt(code a) {
    check(
        root_of(values_[a]), false, [&](auto const& r, auto const& o) { return row_.sqrt(a, r, o); }, "sqrt", a);
  }

  void pair(code a, code b) {
    add(a, b);
    subtract(a, b);
    multiply(a, b);
    divide(a, b);
  }

  /// Results compared and wrong ones; the first few wrong ones in words.
  std::uint64_t checked = 0;
  std::uint64_t wrong = 0;
  std::string first_wrong;

 private:
  template <class Operation>
  void check(number const& exact, bool sign_by_rounding, Operation operation, char const* what, code a, code b = 0,
             code c = 0) {
    auto const at = encode_.locate(exact);
    // Inside the range the overflow policy has no say: one of the three in turn. Outside or near the edge all three.
    bool const edge = !exact.is_finite() || exact.is_zero() || exact.is_negative() || exact.value.floor_log2() >= max_;
    for (std::size_t r = 0; r < roundings.size(); ++r) {
      auto place = at;
      if (sign_by_rounding) {
        bool const down = oracle::deterministic_modes[r] == oracle::rounding_mode::down;
        place.x = number::zero(down ? sign::minus : sign::plus);
      }
      for (std::size_t o = 0; o < overflows.size(); ++o) {
        if (!edge && o != checked % 3) continue;
        compare(operation(roundings[r], overflows[o]),
                encode_.judge(place, oracle::deterministic_modes[r], oracle::all_overflows[o]), what,
                oracle::describe(oracle::deterministic_modes[r]), a, b, c);
      }
    }
    // One stochastic rounding in turn.
    static constexpr int widths[] = {1, 4, 8, 16, 32};
    std::uint64_t const turn = checked;
    int const n = widths[turn % 5];
    auto const v = static_cast<std::size_t>(turn / 5 % 3);
    std::uint64_t const r = (turn * 0x9e3779b97f4a7c15U) >> (64 - n);
    rounding::any given(rounding::any::kind::stochastic_given);
    given.stochastic_variant = static_cast<rounding::variant>(v);
    given.bits = n;
    given.r = static_cast<std::uint32_t>(r);
    auto const oracle_given = oracle::rounding::stochastic(static_cast<oracle::variant>(v), n, r);
    compare(operation(given, overflows[turn % 3]), encode_.judge(at, oracle_given, oracle::all_overflows[turn % 3]),
            what, "stochastic", a, b, c);
  }

  void compare(code got, code expected, char const* what, std::string const& mode, code a, code b, code c) {
    ++checked;
    if (got == expected) return;
    if (++wrong <= 5) {
      first_wrong += std::string(what) + "(" + std::to_string(a) + ", " + std::to_string(b) + ", " + std::to_string(c) +
                     ") " + mode + ": " + std::to_string(got) + ", not " + std::to_string(expected) + "\n";
    }
  }

  row row_;
  oracle::encoder encode_;
  std::vector<number> values_;
  int max_ = 0;
};

void report(bench const& b) {
  INFO(b.name() << ": " << b.wrong << " of " << b.checked << " wrong, first:\n" << b.first_wrong);
  CHECK(b.wrong == 0);
  CHECK(b.checked > 0);
}

constexpr std::tuple eight_bits{
    named_format<lowp::e5m2>{"e5m2"},
    named_format<lowp::e4m3fn>{"e4m3fn"},
    named_format<lowp::e4m3fnuz>{"e4m3fnuz"},
    named_format<lowp::e8m0fnu>{"e8m0fnu"},
    named_format<lowp::p3109::binary8p3se>{"binary8p3se"},
    named_format<lowp::int8>{"int8"},
};
constexpr std::tuple smaller{
    named_format<lowp::ue4m3>{"ue4m3"},
    named_format<lowp::e3m2fn>{"e3m2fn"},
    named_format<lowp::e2m3fn>{"e2m3fn"},
    named_format<lowp::e2m1fn>{"e2m1fn"},
    named_format<lowp::e3m0fn>{"e3m0fn"},
    named_format<lowp::p3109::binary4p2sf>{"binary4p2sf"},
    named_format<lowp::p3109::binary5p1se>{"binary5p1se"},
    named_format<lowp::p3109::binary6p3sf>{"binary6p3sf"},
    named_format<lowp::p3109::binary6p4ue>{"binary6p4ue"},
    named_format<lowp::int4>{"int4"},
    named_format<lowp::int2>{"int2"},
    named_format<lowp::uint4>{"uint4"},
    named_format<lowp::uint1>{"uint1"},
};

/// Random codes of a format, and codes chosen to be awkward beside `a`.
class awkward {
 public:
  awkward(bench const& b, std::uint32_t seed) : bench_(b), random_(seed) {}

  code any() { return static_cast<code>(random_()) % bench_.count(); }

  /// A partner for a: far away, nearly -a, half a unit of a, tiny, or whatever.
  code beside(code a) {
    number const& v = bench_.value(a);
    switch (random_() % 8) {
      case 0:  // neighbours of -a: cancellation
        return ((a ^ (bench_.count() / 2)) + static_cast<code>(random_() % 3) - 1) & (bench_.count() - 1);
      case 1:  // neighbours of a
        return (a + static_cast<code>(random_() % 5) - 2) & (bench_.count() - 1);
      case 2:  // a power of two somewhere below a: ties and sticky bits
      case 3:
        if (v.is_finite() && !v.is_zero()) {
          int const below = static_cast<int>(random_() % 30);
          return rounded(dyadic::power_of_two(v.value.floor_log2() - below));
        }
        return any();
      case 4:  // subnormal
        return static_cast<code>(random_() % 16) | (random_() % 2 == 0 ? bench_.count() / 2 : 0);
      case 5:  // product near the smallest or the greatest value
        if (v.is_finite() && !v.is_zero()) {
          int const target =
              random_() % 2 == 0 ? bench_.encode().grid()[1].floor_log2() : bench_.encode().grid().back().floor_log2();
          return rounded(dyadic(sign::plus, 1 + random_() % 255, 0)
                             .scaled(target - 8 - v.value.floor_log2() + static_cast<int>(random_() % 4)));
        }
        return any();
      default:
        return any();
    }
  }

  /// An addend for the product of a and b: its rounded negative, or one of its last places, or anything.
  code addend(code a, code b) {
    number const product = product_of(bench_.value(a), bench_.value(b));
    if (product.is_finite() && !product.is_zero()) {
      switch (random_() % 4) {
        case 0:
          return rounded(product.value.negated());
        case 1:
          return rounded(dyadic::power_of_two(product.value.floor_log2() - static_cast<int>(random_() % 26)));
        case 2:
          return rounded(dyadic::power_of_two(product.value.floor_log2() - static_cast<int>(random_() % 26)).negated());
        default:
          break;
      }
    }
    return any();
  }

 private:
  code rounded(dyadic const& x) {
    return bench_.encode()(number::finite(x), oracle::rounding_mode::toward_zero, oracle::overflow::saturate);
  }

  bench const& bench_;
  std::mt19937 random_;
};

}  // namespace

TEST_CASE("all pairs of 8-bit formats: + - * / and all square roots") {
  for (row const& r : lowp_test::rows_of<row>(eight_bits)) {
    bench b(r);
    for (code x = 0; x < b.count(); ++x) {
      b.sqrt(x);
      for (code y = x % lowp_test::thin; y < b.count(); y += lowp_test::thin) b.pair(x, y);
    }
    report(b);
  }
}

TEST_CASE("all pairs of smaller formats, and all triples of those of at most 4 bits") {
  for (row const& r : lowp_test::rows_of<row>(smaller)) {
    bench b(r);
    for (code x = 0; x < b.count(); ++x) {
      b.sqrt(x);
      for (code y = 0; y < b.count(); ++y) {
        b.pair(x, y);
        if (b.count() > 16) continue;
        for (code z = 0; z < b.count(); ++z) b.fma(x, y, z);
      }
    }
    report(b);
  }
}

TEST_CASE("fma of 5 to 8 bits: random and adversarial triples") {
  for (row const& r : lowp_test::rows_of<row>(std::tuple_cat(eight_bits, smaller))) {
    bench b(r);
    if (b.count() <= 16) continue;
    awkward pick(b, 11);
    for (unsigned i = 0; i < 12000 / lowp_test::thin; ++i) {
      code const x = pick.any();
      code const y = pick.beside(x);
      b.fma(x, y, pick.addend(x, y));
    }
    report(b);
  }
}

TEST_CASE("bfloat16 and float16: random and adversarial operands, every square root") {
  for (row const& r : lowp_test::rows_of<row>(lowp_test::wide_minifloats)) {
    bench b(r);
    awkward pick(b, 12);
    for (code x = 0; x < b.count(); x += lowp_test::thin) {
      b.sqrt(x);
      code const y = pick.beside(x);
      b.pair(x, y);
      b.fma(x, y, pick.addend(x, y));
    }
    report(b);
  }
}

TEST_CASE("operators are nearest_even and saturate") {
  auto const check = [](auto format) {
    using F = typename decltype(format)::type;
    int wrong = 0;
    for (unsigned x = 0; x <= F::code_mask; ++x) {
      for (unsigned y = 0; y <= F::code_mask; ++y) {
        F const a = lowp::from_bits<F>(x);
        F const b = lowp::from_bits<F>(y);
        rounding::nearest_even const r;
        overflow::saturate const o;
        wrong += lowp::to_bits(a + b) != lowp::to_bits(lowp::add(a, b, r, o)) ? 1 : 0;
        wrong += lowp::to_bits(a - b) != lowp::to_bits(lowp::subtract(a, b, r, o)) ? 1 : 0;
        wrong += lowp::to_bits(a * b) != lowp::to_bits(lowp::multiply(a, b, r, o)) ? 1 : 0;
        wrong += lowp::to_bits(a / b) != lowp::to_bits(lowp::divide(a, b, r, o)) ? 1 : 0;
      }
    }
    CHECK(wrong == 0);
  };
  check(named_format<lowp::e5m2>{"e5m2"});
  check(named_format<lowp::int4>{"int4"});
}

TEST_CASE("special values, IEEE 754-2019 6.1 to 6.3 and 7.2 to 7.3") {
  using lowp::e5m2;
  e5m2 const inf = std::numeric_limits<e5m2>::infinity();
  e5m2 const nan = std::numeric_limits<e5m2>::quiet_NaN();
  e5m2 const zero{};
  e5m2 const one = lowp::cast<e5m2>(1);
  auto const bits = [](e5m2 x) { return lowp::to_bits(x); };
  constexpr overflow::nonsaturating keep{};
  constexpr rounding::nearest_even nearest{};
  constexpr rounding::down down{};

  CHECK(isnan(inf - inf));
  CHECK(isnan(add(inf, -inf, down, keep)));
  CHECK(bits(add(inf, inf, nearest, keep)) == bits(inf));
  CHECK(bits(subtract(one, inf, nearest, keep)) == bits(-inf));
  CHECK(isnan(zero * inf));
  CHECK(isnan(-inf * zero));
  CHECK(bits(multiply(-one, inf, nearest, keep)) == bits(-inf));
  CHECK(isnan(inf / inf));
  CHECK(isnan(zero / zero));
  CHECK(isnan(zero / -zero));
  CHECK(bits(divide(one, zero, nearest, keep)) == bits(inf));
  CHECK(bits(divide(-one, zero, nearest, keep)) == bits(-inf));
  CHECK(bits(divide(one, -zero, nearest, keep)) == bits(-inf));
  CHECK(bits(divide(one, zero)) == bits(std::numeric_limits<e5m2>::max()));  // an infinity follows the overflow policy
  CHECK(bits(divide(one, inf)) == bits(zero));
  CHECK(bits(divide(-one, inf)) == bits(-zero));
  CHECK(isnan(sqrt(-one)));
  CHECK(isnan(sqrt(-inf)));
  CHECK(bits(sqrt(-zero)) == bits(-zero));
  CHECK(bits(sqrt(inf, nearest, keep)) == bits(inf));
  CHECK(isnan(fma(zero, inf, one)));
  CHECK(isnan(fma(inf, one, -inf)));
  CHECK(isnan(fma(inf, zero, nan)));
  CHECK(bits(fma(one, one, -inf, nearest, keep)) == bits(-inf));
  for (e5m2 const x : {zero, one, inf, nan}) {
    CHECK(isnan(x + nan));
    CHECK(isnan(nan * x));
    CHECK(isnan(x / nan));
    CHECK(isnan(fma(nan, x, x)));
  }
  // Signs of zero sums.
  CHECK(bits(one - one) == bits(zero));
  CHECK(bits(subtract(one, one, down)) == bits(-zero));
  CHECK(bits(zero + -zero) == bits(zero));
  CHECK(bits(add(zero, -zero, down)) == bits(-zero));
  CHECK(bits(-zero + -zero) == bits(-zero));
  CHECK(bits(add(zero, zero, down)) == bits(zero));
  CHECK(bits(zero - zero) == bits(zero));
  CHECK(bits(-zero - zero) == bits(-zero));
  CHECK(bits(fma(one, -one, one, down)) == bits(-zero));
  CHECK(bits(fma(-zero, one, zero)) == bits(zero));
  CHECK(bits(fma(-zero, one, -zero)) == bits(-zero));
  CHECK(bits(multiply(lowp::from_bits<e5m2>(1), lowp::from_bits<e5m2>(0x81))) ==
        bits(-zero));  // underflow keeps the sign

  // Formats without what IEEE assumes: no infinity, no -0, no NaN, no zero, no sign.
  using lowp::e4m3fn;
  CHECK(lowp::to_bits(divide(lowp::cast<e4m3fn>(-1), e4m3fn{})) == 0xfe);
  CHECK(isnan(divide(lowp::cast<e4m3fn>(-1), e4m3fn{}, nearest, keep)));
  using lowp::e4m3fnuz;
  CHECK(lowp::to_bits(subtract(lowp::cast<e4m3fnuz>(1), lowp::cast<e4m3fnuz>(1), down)) == 0);
  using lowp::e2m1fn;
  CHECK(lowp::to_bits(e2m1fn{} / e2m1fn{}) == 0x7);  // NaN has no home: +max, as PTX converts it
  using lowp::int4;
  CHECK(static_cast<int>(lowp::cast<int4>(-3) / int4{}) == -8);
  CHECK(static_cast<int>(int4{} / int4{}) == 0);
  CHECK(static_cast<int>(sqrt(lowp::cast<int4>(-4))) == 0);
  CHECK(static_cast<int>(lowp::cast<int4>(-8) * lowp::cast<int4>(-8)) == 7);
  using lowp::uint4;
  CHECK(static_cast<int>(lowp::cast<uint4>(3) - lowp::cast<uint4>(5)) == 0);
  using lowp::e8m0fnu;
  CHECK(lowp::to_bits(subtract(lowp::cast<e8m0fnu>(1), lowp::cast<e8m0fnu>(1))) == 0x00);
  CHECK(isnan(subtract(lowp::cast<e8m0fnu>(1), lowp::cast<e8m0fnu>(1), nearest, keep)));
}

TEST_CASE("bfloat16: what a detour through double gets wrong") {
  using lowp::bfloat16;
  auto const x = [](double v) { return lowp::cast<bfloat16>(v); };
  CHECK(decode(add(x(1), x(0x1p-100), rounding::up{})) == 1.0078125F);
  CHECK(decode(add(x(-1), x(-0x1p-100), rounding::down{})) == -1.0078125F);
  CHECK(decode(add(x(1), x(-0x1p-133), rounding::toward_zero{})) == 0.99609375F);
  CHECK(decode(fma(x(1.015625), x(1.25), x(0x1p-100))) == 1.2734375F);
  CHECK(decode(fma(x(1.015625), x(1.25), x(0))) == 1.265625F);  // the tie itself, to even
  CHECK(decode(fma(x(1.015625), x(1.25), x(-0x1p-133))) == 1.265625F);
}

}  // namespace arithmetic_test
