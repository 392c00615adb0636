// SPDX-License-Identifier: Apache-2.0
#pragma once

// The reference for every cast: written from the definitions in exact integer arithmetic, and from nothing else. It
// shares no code with the library and includes none of its headers.
//
// Method. All finite values of one sign are listed in order and the list is continued by one value beyond the largest,
// as if the exponent were unbounded (same precision). The two listed neighbours of |x| are found by comparing exact
// numbers; the rounding chooses one of them by exact comparison with their midpoint (or with a point of their
// stochastic division); then overflow is judged. One value beyond the largest is enough: from there on every rounding
// either goes beyond the largest value, or is directed towards zero, or is to_odd, and all three are decided by name.
//
// The rules, for whoever compares this file with the codec:
//  R1  Rounding happens as if the exponent were unbounded, then overflow is judged.
//  R2  nearest_even: a tie goes to the even significand integer n = |x| / ulp, the ulp being that of the cell between
//      the neighbours. Without mantissa bits this means up in magnitude between two powers of two (IEEE 754-2019: the
//      one-digit case), and to 0 between 0 and the smallest value. P3109 formats with P = 1: to the even code.
//      e8m0fnu: up. Integers: to the even integer. Codebooks: to the even rank among the sorted distinct values.
//  R3  nearest_away: a tie goes to the larger magnitude.
//  R4  to_odd: an inexact result is the neighbour with the odd code (integers: the odd integer; codebooks: the odd
//      rank). Beyond max: +-max if its code is odd, otherwise an overflow.
//  R5  A finite value that a directed rounding takes towards zero never overflows: +-max; 0 for a negative value in an
//      unsigned format.
//  R6  Overflow. saturate: +-max. nonsaturating: infinity, else NaN, else +-max. saturate_finite: +-max for a finite
//      value; for an infinity: infinity, else NaN, else +-max. Families finite and p3109_finite: always +-max.
//  R7  Unsigned minifloats round |x| and mirror. A negative value that rounds to zero gives 0. Any other negative value
//      and -infinity: NaN under nonsaturating (0 without NaN), else 0. So `down` and to_odd of -tiny are not zero.
//  R8  Zero results keep the sign of x where the format has -0; fnuz, P3109, unsigned formats and integers do not.
//  R9  e8m0fnu: finite x in (0, 2^-127] gives 00 under every rounding. Zeros, negatives and -infinity give 00, but NaN
//      under nonsaturating. Finite overflow gives FE, but NaN under nonsaturating. +infinity gives FE under saturate,
//      else NaN.
//  R10 NaN gives the canonical NaN (ieee: quiet, no sign, no payload); without NaN: +max; integers: 0; codebooks: their
//      NaN entry, else the code of the value nearest zero.
//  R11 Integers saturate at both ends under every overflow policy, infinities included.
//  R12 Codebooks: finite values beyond the ends give the end, under every rounding and overflow; an infinity follows R6
//      with the infinity of its sign and the NaN that the table has, +-max being the end. Between neighbours a < x < b,
//      `near` is the one of smaller magnitude (of equal magnitudes: a) and `far` the other: toward_zero takes near, the
//      stochastic fraction is measured from near to far. Equal values: the smallest code. A zero result for an x with
//      the sign bit takes the code of -0 if the table has one. NaN without a NaN entry: the value nearest zero, of two
//      equally near the smaller one.
//  R13 Stochastic, with nu = (|x| - lower) / (upper - lower), N bits and 0 <= R < 2^N (P3109 v4.0), goes up if
//      A: floor(nu 2^N) + R >= 2^N;  B: floor(nu 2^(N+1)) + 2R + 1 >= 2^(N+1);  C: RNE(nu 2^N) + R >= 2^N.

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "support/oracle_dyadic.hpp"
#include "support/oracle_format.hpp"

namespace oracle {

// --- policies ----------------------------------------------------------------------------------------------------

enum class rounding_mode { nearest_even, nearest_away, toward_zero, up, down, to_odd, stochastic };
enum class variant { a, b, c };
enum class overflow { saturate, nonsaturating, saturate_finite };

struct rounding {
  rounding_mode mode = rounding_mode::nearest_even;
  variant which = variant::a;  // the last three belong to stochastic alone
  int random_bits = 0;
  std::uint64_t random = 0;

  constexpr rounding() = default;
  constexpr rounding(rounding_mode m) : mode(m) {}  // NOLINT(google-explicit-constructor): a mode is a rounding

  static constexpr rounding stochastic(variant v, int bits, std::uint64_t r) {
    if (bits < 0 || bits > 40 || r >= (std::uint64_t{1} << bits)) throw std::invalid_argument("stochastic bits");
    rounding s;
    s.mode = rounding_mode::stochastic;
    s.which = v;
    s.random_bits = bits;
    s.random = r;
    return s;
  }
};

inline constexpr std::array deterministic_modes{rounding_mode::nearest_even, rounding_mode::nearest_away,
                                                rounding_mode::toward_zero,  rounding_mode::up,
                                                rounding_mode::down,         rounding_mode::to_odd};
inline constexpr std::array all_overflows{overflow::saturate, overflow::nonsaturating, overflow::saturate_finite};

inline std::string describe(const rounding& r) {
  switch (r.mode) {
    case rounding_mode::nearest_even:
      return "nearest_even";
    case rounding_mode::nearest_away:
      return "nearest_away";
    case rounding_mode::toward_zero:
      return "toward_zero";
    case rounding_mode::up:
      return "up";
    case rounding_mode::down:
      return "down";
    case rounding_mode::to_odd:
      return "to_odd";
    case rounding_mode::stochastic:
      break;
  }
  return "stochastic " + std::string(1, static_cast<char>('a' + static_cast<int>(r.which))) +
         " N=" + std::to_string(r.random_bits) + " R=" + std::to_string(r.random);
}

inline std::string describe(overflow o) {
  return o == overflow::saturate ? "saturate" : o == overflow::nonsaturating ? "nonsaturating" : "saturate_finite";
}

// --- choosing between two neighbours -----------------------------------------------------------------------------

enum class side { near, far };

/// An inexact x strictly between two neighbours: `near` is the one nearer zero.
struct cell {
  dyadic x{};
  dyadic near{};
  dyadic far{};
  side even = side::near;  // where a tie of nearest_even goes
  side odd = side::far;    // where to_odd goes
};

namespace detail {

/// Position of x between near (0) and far (1), compared with numerator / 2^k, exactly.
inline std::strong_ordering compare_fraction(const cell& c, std::uint64_t numerator, int k) {
  // x = near + nu * (far - near), so nu <=> n / 2^k  iff  x * 2^k <=> near * 2^k + n * (far - near), if far > near.
  const dyadic point = c.near.scaled(k) + (c.far - c.near).times(numerator);
  return c.far > c.near ? c.x.scaled(k) <=> point : point <=> c.x.scaled(k);
}

/// floor(nu * 2^k): the largest n whose point is not beyond x.
inline std::uint64_t floor_of_fraction(const cell& c, int k) {
  std::uint64_t low = 0;
  std::uint64_t high = std::uint64_t{1} << k;  // nu < 1
  while (high - low > 1) {
    const std::uint64_t middle = low + (high - low) / 2;
    (compare_fraction(c, middle, k) >= 0 ? low : high) = middle;
  }
  return low;
}

/// nu * 2^k rounded to the nearest integer, ties to the even one.
inline std::uint64_t nearest_of_fraction(const cell& c, int k) {
  const std::uint64_t floor = floor_of_fraction(c, k);
  const auto half = compare_fraction(c, 2 * floor + 1, k + 1);
  if (half == 0) return floor + (floor & 1);
  return half > 0 ? floor + 1 : floor;
}

}  // namespace detail

/// The neighbour that rounding `r` takes.
inline side choose(const cell& c, const rounding& r) {
  const side upper = c.far > c.near ? side::far : side::near;
  const side lower = c.far > c.near ? side::near : side::far;
  const auto half = detail::compare_fraction(c, 1, 1);
  const int n = r.random_bits;
  switch (r.mode) {
    case rounding_mode::nearest_even:
      return half < 0 ? side::near : half > 0 ? side::far : c.even;
    case rounding_mode::nearest_away:
      return half < 0 ? side::near : side::far;
    case rounding_mode::toward_zero:
      return side::near;
    case rounding_mode::up:
      return upper;
    case rounding_mode::down:
      return lower;
    case rounding_mode::to_odd:
      return c.odd;
    case rounding_mode::stochastic:
      break;
  }
  const std::uint64_t one = std::uint64_t{1} << n;
  bool outward = false;
  switch (r.which) {
    case variant::a:
      outward = detail::floor_of_fraction(c, n) + r.random >= one;
      break;
    case variant::b:
      outward = detail::floor_of_fraction(c, n + 1) + 2 * r.random + 1 >= 2 * one;
      break;
    case variant::c:
      outward = detail::nearest_of_fraction(c, n) + r.random >= one;
      break;
  }
  return outward ? side::far : side::near;
}

// --- the encoder -------------------------------------------------------------------------------------------------

/// The ordered values of a format, and the casts into it.
class encoder {
 public:
  explicit encoder(format f) : format_(std::move(f)) {
    if (format_.kind == family::codebook) {
      list_codebook();
    } else {
      list_magnitudes();
    }
  }

  const format& described() const { return format_; }

  /// Where x lies among the listed values: `cell` if it is finite and strictly between two of them.
  struct location {
    number x{};
    std::size_t lower = 0;        // x (codebooks) or |x| is at or above grid()[lower], below the next
    bool beyond = false;          // at or beyond the last listed value (codebooks: outside the table)
    std::optional<cell> inexact;  // empty where x is a listed value
  };

  /// The listed values in ascending order. Codebooks: the distinct values. All others: the finite values >= 0, then the
  /// next one as if the exponent were unbounded (integers: up to two beyond the larger end).
  const std::vector<dyadic>& grid() const { return grid_; }

  location locate(const number& x) const {
    location at;
    at.x = x;
    if (!x.is_finite()) return at;
    return format_.kind == family::codebook ? locate_in_codebook(at) : locate_magnitude(at);
  }

  /// The code of a located number under a rounding and an overflow policy.
  code judge(const location& at, const rounding& r, overflow o) const {
    switch (format_.kind) {
      case family::exponent_only:
        return judge_exponent_only(at, r, o);
      case family::integer:
        return judge_integer(at, r);
      case family::codebook:
        return judge_codebook(at, r, o);
      default:
        return judge_minifloat(at, r, o);
    }
  }

  code operator()(const number& x, const rounding& r, overflow o) const { return judge(locate(x), r, o); }
  code operator()(float x, const rounding& r, overflow o) const { return judge(locate(number_of(x)), r, o); }
  code operator()(double x, const rounding& r, overflow o) const { return judge(locate(number_of(x)), r, o); }

  /// The code of NaN (R10), also for formats that have none.
  code nan_code() const {
    const code ones = format_.magnitude_count() - 1;
    switch (format_.kind) {
      case family::ieee:
        if (format_.mantissa_bits == 0) return max_code_;  // the top field has room for infinity only
        return (((code{1} << format_.exponent_bits) - 1) << format_.mantissa_bits) +
               (code{1} << (format_.mantissa_bits - 1));
      case family::fn:
      case family::exponent_only:
        return ones;
      case family::fnuz:
        return ones + 1;
      case family::finite:
        return max_code_;
      case family::p3109_extended:
      case family::p3109_finite:
        return format_.is_signed() ? ones + 1 : ones;
      case family::integer:
        return 0;
      case family::codebook:
        break;
    }
    for (code c = 0; c < format_.code_count(); ++c) {
      if (value(format_, c).is_nan()) return c;
    }
    std::size_t nearest = 0;
    for (std::size_t i = 1; i < grid_.size(); ++i) {
      if (grid_[i].magnitude() < grid_[nearest].magnitude()) nearest = i;
    }
    return rank_code_[nearest];
  }

  bool has_nan() const { return facts_.nan_codes != 0; }
  bool has_infinity() const { return facts_.infinity_codes != 0; }

 private:
  // -- listing

  void list_magnitudes() {
    // 1. All finite values that are not negative, in the order of their codes, which must be the order of values.
    for (code c = 0; c < format_.magnitude_count(); ++c) {
      const number v = value(format_, c);
      if (!v.is_finite() || v.is_negative()) continue;
      if (!grid_.empty() && !(grid_.back() < v.value)) throw std::logic_error(format_.name + ": values out of order");
      if (c != grid_.size()) throw std::logic_error(format_.name + ": finite codes with a gap");
      grid_.push_back(v.value);
      max_code_ = c;
    }
    facts_ = find_extremes(format_);
    if (format_.kind == family::integer) {
      // 2a. Both ends are judged by clamping, and the negative end may be one larger in magnitude.
      for (int i = 0; i < 2; ++i) grid_.push_back(grid_.back() + dyadic::integer(1));
      return;
    }
    // 2b. One value beyond max: n + 1 quanta where max is n quanta of its binade, n < 2^(M+1).
    const dyadic& max = grid_.back();
    const int precision_quantum = max.floor_log2() - format_.mantissa_bits;
    const int smallest_quantum = 1 - format_.bias - format_.mantissa_bits;
    const int quantum =
        format_.kind == family::exponent_only ? precision_quantum : std::max(precision_quantum, smallest_quantum);
    grid_.push_back(max + dyadic::power_of_two(quantum));
  }

  void list_codebook() {
    for (code c = 0; c < format_.code_count(); ++c) {
      const number v = value(format_, c);
      if (v.is_infinite()) {
        auto& own = v.is_negative() ? negative_infinity_ : infinity_;
        if (!own) own = c;
      }
      if (!v.is_finite()) continue;
      grid_.push_back(v.value);
      if (v.is_zero() && v.is_negative() && !negative_zero_) negative_zero_ = c;
    }
    if (grid_.empty()) throw std::invalid_argument(format_.name + ": no number in the table");
    std::sort(grid_.begin(), grid_.end());
    grid_.erase(std::unique(grid_.begin(), grid_.end()), grid_.end());
    for (const dyadic& v : grid_) rank_code_.push_back(smallest_code_of(v));
    facts_ = find_extremes(format_);
  }

  /// The smallest code with this value; for zero an entry without sign comes before -0.
  code smallest_code_of(const dyadic& v) const {
    for (const sign s : {v.get_sign(), sign::minus}) {
      for (code c = 0; c < format_.code_count(); ++c) {
        if (value(format_, c) == number{number_class::finite, s, v}) return c;
      }
    }
    throw std::logic_error(format_.name + ": a value without a code");
  }

  // -- locating

  location locate_magnitude(location at) const {
    const dyadic x = at.x.value.magnitude();
    const auto above = std::upper_bound(grid_.begin(), grid_.end(), x);
    if (above == grid_.end()) {
      at.beyond = true;
      return at;
    }
    if (above == grid_.begin()) return at;  // below the smallest value of a format without zero
    at.lower = static_cast<std::size_t>(above - grid_.begin()) - 1;
    const dyadic& lower = grid_[at.lower];
    if (lower == x) return at;
    const dyadic gap = *above - lower;
    cell c;
    const bool negative = at.x.is_negative();
    c.x = at.x.value;
    c.near = negative ? lower.negated() : lower;
    c.far = negative ? above->negated() : *above;
    const bool odd_index = at.lower % 2 != 0;
    c.odd = odd_index ? side::near : side::far;
    // n = lower / gap is an integer because the gap is a power of two that divides lower.
    const bool odd_significand = lower.scaled(-gap.floor_log2()).as_integer() % 2 != 0;
    const bool by_code = format_.is_p3109() && format_.mantissa_bits == 0;
    c.even = (by_code ? odd_index : odd_significand) ? side::far : side::near;
    at.inexact = c;
    return at;
  }

  location locate_in_codebook(location at) const {
    const dyadic& x = at.x.value;
    const auto above = std::upper_bound(grid_.begin(), grid_.end(), x);
    if (above == grid_.begin()) {
      at.beyond = true;
      return at;
    }
    at.lower = static_cast<std::size_t>(above - grid_.begin()) - 1;
    if (grid_[at.lower] == x) return at;
    if (above == grid_.end()) {
      at.beyond = true;
      return at;
    }
    const dyadic& a = grid_[at.lower];
    const bool a_is_near = a.magnitude() <= above->magnitude();
    cell c;
    c.x = x;
    c.near = a_is_near ? a : *above;
    c.far = a_is_near ? *above : a;
    const bool near_is_odd = (at.lower + (a_is_near ? 0 : 1)) % 2 != 0;
    c.odd = near_is_odd ? side::near : side::far;
    c.even = near_is_odd ? side::far : side::near;
    at.inexact = c;
    return at;
  }

  // -- judging

  /// Index in grid() of the magnitude that |x| rounds to; the index after max stands for everything beyond max.
  std::size_t round_magnitude(const location& at, const rounding& r) const {
    const std::size_t max = grid_.size() - 2;
    if (at.beyond) {
      const bool negative = at.x.is_negative();
      const bool toward_zero = r.mode == rounding_mode::toward_zero || (r.mode == rounding_mode::down && !negative) ||
                               (r.mode == rounding_mode::up && negative);
      const bool odd_max = r.mode == rounding_mode::to_odd && max % 2 != 0;
      return toward_zero || odd_max ? max : max + 1;
    }
    if (!at.inexact) return at.lower;
    return choose(*at.inexact, r) == side::near ? at.lower : at.lower + 1;
  }

  code signed_code(std::size_t magnitude, sign s) const {
    const auto m = static_cast<code>(magnitude);
    const bool no_negative_zero = format_.kind == family::fnuz || format_.is_p3109();
    if (s == sign::plus || !format_.is_signed() || (m == 0 && no_negative_zero)) return m;
    return format_.magnitude_count() + m;
  }

  code max_with_sign(sign s) const {
    if (s == sign::minus && !format_.is_signed()) return 0;
    return signed_code(max_code_, s);
  }

  code infinity_code(sign s) const {
    switch (format_.kind) {
      case family::ieee:
        return signed_code(((std::size_t{1} << format_.exponent_bits) - 1) << format_.mantissa_bits, s);
      case family::p3109_extended:
        return signed_code(format_.magnitude_count() - (format_.is_signed() ? 1U : 2U), s);
      default:
        throw std::logic_error(format_.name + " has no infinity");
    }
  }

  code infinity_or_nan_or_max(sign s) const {
    if (format_.kind == family::finite || format_.kind == family::p3109_finite) return max_with_sign(s);
    if (has_infinity()) return infinity_code(s);
    return has_nan() ? nan_code() : max_with_sign(s);
  }

  code judge_minifloat(const location& at, const rounding& r, overflow o) const {
    if (at.x.is_nan()) return nan_code();
    const sign s = at.x.s;
    const bool below_range = s == sign::minus && !format_.is_signed();
    if (at.x.is_infinite()) {
      if (below_range) return below(o);
      return o == overflow::saturate ? max_with_sign(s) : infinity_or_nan_or_max(s);
    }
    const std::size_t rounded = round_magnitude(at, r);
    if (below_range) {
      // R5: what is taken towards zero gives 0, however far below it was. R7: the rest is zero or below the range.
      const bool taken_toward_zero = r.mode == rounding_mode::toward_zero || r.mode == rounding_mode::up;
      return rounded == 0 || taken_toward_zero ? 0 : below(o);
    }
    if (rounded <= max_code_) return signed_code(rounded, s);
    return o == overflow::nonsaturating ? infinity_or_nan_or_max(s) : max_with_sign(s);
  }

  code below(overflow o) const { return o == overflow::nonsaturating && has_nan() ? nan_code() : 0; }

  code judge_exponent_only(const location& at, const rounding& r, overflow o) const {
    if (at.x.is_nan()) return nan_code();
    if (at.x.is_zero() || at.x.is_negative()) return o == overflow::nonsaturating ? nan_code() : 0;
    if (at.x.is_infinite()) return o == overflow::saturate ? max_code_ : nan_code();
    const std::size_t rounded = round_magnitude(at, r);  // 0 below the smallest value
    if (rounded <= max_code_) return static_cast<code>(rounded);
    return o == overflow::nonsaturating ? nan_code() : max_code_;
  }

  code judge_integer(const location& at, const rounding& r) const {
    if (at.x.is_nan()) return 0;
    const auto largest = static_cast<std::int64_t>(max_code_);
    const std::int64_t smallest = format_.is_signed() ? -largest - 1 : 0;
    const bool outside = at.x.is_infinite() || at.beyond;
    std::int64_t n = outside ? largest + 2 : static_cast<std::int64_t>(round_magnitude(at, r));
    if (at.x.is_negative()) n = -n;
    n = std::clamp(n, smallest, largest);
    return static_cast<code>(n) & (format_.code_count() - 1);
  }

  code judge_codebook(const location& at, const rounding& r, overflow o) const {
    if (at.x.is_nan()) return nan_code();
    std::size_t rank = at.lower;
    if (at.x.is_infinite()) {
      const std::optional<code>& own = at.x.is_negative() ? negative_infinity_ : infinity_;
      if (o != overflow::saturate && own) return *own;
      if (o != overflow::saturate && has_nan()) return nan_code();
      rank = at.x.is_negative() ? 0 : grid_.size() - 1;
    } else if (at.inexact) {
      // at.lower is the rank of the smaller neighbour; far is the larger one exactly if near is the smaller.
      const bool takes_near = choose(*at.inexact, r) == side::near;
      const bool near_is_smaller = at.inexact->near < at.inexact->far;
      rank = takes_near == near_is_smaller ? at.lower : at.lower + 1;
    }
    if (grid_[rank].is_zero() && at.x.is_negative() && negative_zero_) return *negative_zero_;
    return rank_code_[rank];
  }

  format format_;
  std::vector<dyadic> grid_;
  std::vector<code> rank_code_;        // codebooks: the code of each rank
  std::optional<code> negative_zero_;  // codebooks: the smallest codes of -0 and of the infinities
  std::optional<code> infinity_;
  std::optional<code> negative_infinity_;
  code max_code_ = 0;
  extremes facts_;
};

/// One cast, for tests that make few of them.
inline code encode(const format& f, double x, const rounding& r = rounding_mode::nearest_even,
                   overflow o = overflow::saturate) {
  return encoder(f)(x, r, o);
}

// --- where encoders break ----------------------------------------------------------------------------------------

/// Inputs as bit patterns, so that NaN payloads survive.
struct inputs {
  std::vector<std::uint32_t> floats;
  std::vector<std::uint64_t> doubles;
};

/// Every value of the format and every midpoint between neighbours, continued by a few values beyond both ends, each
/// with the floats and the doubles around it, in both signs; then the special values of float and double.
inline inputs boundaries(const encoder& e) {
  // 1. The points: grid values, and the continuation beyond max with the last gap (it doubles at a binade's end).
  std::vector<dyadic> points = e.grid();
  const bool is_codebook = e.described().kind == family::codebook;
  for (int i = 0; i < 3 && points.size() > 1; ++i) {
    const dyadic gap = points[points.size() - 1] - points[points.size() - 2];
    points.push_back(points.back() + gap);
  }
  if (is_codebook && points.size() > 1) points.push_back(points[0] - (points[1] - points[0]));
  if (e.described().kind == family::exponent_only) {
    for (int k = 1; k <= 3; ++k) points.push_back(dyadic::power_of_two(-e.described().bias - k));
  }
  std::sort(points.begin(), points.end());
  // 2. The midpoints.
  const std::size_t count = points.size();
  for (std::size_t i = 0; i + 1 < count; ++i) points.push_back((points[i] + points[i + 1]).scaled(-1));
  points.push_back(points.front().scaled(-1));
  // 3. The patterns around each: two below and two above an exact value or an inexact one, in both signs.
  inputs in;
  const auto add = [](auto& list, const interchange& f, std::uint64_t magnitude) {
    using bits = typename std::decay_t<decltype(list)>::value_type;
    for (std::int64_t step = -1; step <= 2; ++step) {
      const auto wanted = static_cast<std::int64_t>(magnitude) + step;
      if (wanted < 0 || wanted > static_cast<std::int64_t>(f.infinity())) continue;
      list.push_back(static_cast<bits>(wanted));
      list.push_back(static_cast<bits>(static_cast<std::uint64_t>(wanted) | f.sign_mask()));
    }
  };
  for (const dyadic& p : points) {
    add(in.floats, binary32, magnitude_bits_not_above(binary32, p.magnitude()));
    add(in.doubles, binary64, magnitude_bits_not_above(binary64, p.magnitude()));
  }
  // 4. Specials: zeros, both ends of the subnormals and of the normals, infinities, quiet and signalling NaNs; for
  //    doubles also the neighbourhood of every float limit.
  const auto specials = [&add](auto& list, const interchange& f) {
    using bits = typename std::decay_t<decltype(list)>::value_type;
    const std::uint64_t one_ulp = std::uint64_t{1} << f.fraction_bits;  // also the smallest normal number
    for (const std::uint64_t m : {std::uint64_t{0}, one_ulp >> 1, one_ulp, f.infinity() - 2, f.infinity()}) {
      add(list, f, m);
    }
    for (const std::uint64_t payload : {std::uint64_t{1}, one_ulp >> 1, (one_ulp >> 1) + 1, one_ulp - 1}) {
      list.push_back(static_cast<bits>(f.infinity() + payload));
      list.push_back(static_cast<bits>((f.infinity() + payload) | f.sign_mask()));
    }
  };
  specials(in.floats, binary32);
  specials(in.doubles, binary64);
  for (const std::uint32_t m : {0x1U, 0x7fffffU, 0x800000U, 0x7f7fffffU}) {
    add(in.doubles, binary64, magnitude_bits_not_above(binary64, read(binary32, m).value));
  }
  for (const int k : {128, 129, -149, -150, -151}) {
    add(in.doubles, binary64, magnitude_bits_not_above(binary64, dyadic::power_of_two(k)));
  }
  const auto make_unique = [](auto& list) {
    std::sort(list.begin(), list.end());
    list.erase(std::unique(list.begin(), list.end()), list.end());
  };
  make_unique(in.floats);
  make_unique(in.doubles);
  return in;
}

// --- the map of all floats ---------------------------------------------------------------------------------------

/// Float bit patterns first..last (inclusive) all encode to c.
struct interval {
  std::uint32_t first = 0;
  std::uint32_t last = 0;
  code c = 0;
};

/// The code of every one of the 2^32 float bit patterns, in runs.
///
/// Meaning  runs are ascending, adjacent and cover 0 .. 0xffffffff. Zeros, infinities and NaNs have their own runs.
/// Method   on the finite non-zero floats of one sign every cast is monotone in the order of codes, so the code at the
///          end of a run differs from all later ones: bisection finds it.
inline std::vector<interval> interval_map(const encoder& e, const rounding& r, overflow o) {
  std::vector<interval> map;
  const auto code_at = [&](std::uint32_t bits) { return e(read(binary32, bits), r, o); };
  for (const std::uint32_t s : {0x00000000U, 0x80000000U}) {
    map.push_back({s, s, code_at(s)});
    std::uint32_t first = 1;
    const std::uint32_t end = 0x7f800000U;
    while (first < end) {
      const code c = code_at(s | first);
      // 1. Double the step until the code changes; `same` is in the run, `other` is not.
      std::uint32_t same = first;
      std::uint32_t other = first + 1;
      while (other < end && code_at(s | other) == c) {
        same = other;
        other = first + std::min(2 * (other - first), end - first);
      }
      // 2. Bisect between them.
      while (other - same > 1) {
        const std::uint32_t middle = same + (other - same) / 2;
        (code_at(s | middle) == c ? same : other) = middle;
      }
      map.push_back({s | first, s | same, c});
      first = other;
    }
    map.push_back({s | end, s | end, code_at(s | end)});
    map.push_back({s | (end + 1), s | 0x7fffffffU, code_at(s | (end + 1))});
  }
  return map;
}

}  // namespace oracle
