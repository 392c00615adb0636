// SPDX-License-Identifier: Apache-2.0
//
// The half of quantize that finds scales, and all that can fail in it.
#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

#include <lowp/base/bits.hpp>
#include <lowp/base/config.hpp>
#include <lowp/base/error.hpp>
#include <lowp/base/view.hpp>
#include <lowp/codec/exact.hpp>
#include <lowp/codec/range.hpp>
#include <lowp/codec/single_rounding.hpp>
#include <lowp/format/facts.hpp>
#include <lowp/kernel/dispatch.hpp>
#include <lowp/kernel/double_once.hpp>
#include <lowp/kernel/search.hpp>
#include <lowp/pack/bit_order.hpp>
#include <lowp/policy/guarantee.hpp>
#include <lowp/policy/nan.hpp>
#include <lowp/quant/blocks.hpp>
#include <lowp/quant/quantized_matrix.hpp>
#include <lowp/scale/block_error.hpp>
#include <lowp/scale/scheme.hpp>

namespace lowp::inline LOWP_ABI::detail {

/// The rule that block scales follow: the inner one of two levels.
template <class Rule>
struct block_rule {
  using type = Rule;
};
template <TwoLevelRule Rule>
struct block_rule<Rule> {
  using type = typename Rule::inner;
};
template <Scheme S>
using block_rule_of = typename block_rule<typename S::scale_rule>::type;

/// The rule behind a clamped one.
template <class Rule>
struct unclamped {
  using type = Rule;
};
template <class Rule>
struct unclamped<scale::clamped<Rule>> {
  using type = Rule;
};
template <class Rule, class Convention>
struct unclamped<scale::follow<Rule, Convention>> : unclamped<Rule> {};

/// Which stored scale a convention gives a block, whatever the rule; none where the rule decides.
enum class special_block : std::uint8_t { none, nan, least, zero };

inline special_block special_block_of(block_convention const& c, std::span<float const> values) noexcept {
  bool nan = false;
  bool infinity = false;
  bool nonzero = false;
  for (float const x : values) {
    nan = nan || is_nan(x);
    infinity = infinity || (!is_nan(x) && !is_finite(x));
    nonzero = nonzero || (is_finite(x) && !is_zero(x));
  }
  bool const poisoned = (nan && c.nan == block_convention::of_nan::block) ||
                        (infinity && c.infinity == block_convention::of_infinity::block);
  return poisoned                                     ? special_block::nan
         : nonzero                                    ? special_block::none
         : c.zero == block_convention::of_zero::least ? special_block::least
         : c.zero == block_convention::of_zero::zero  ? special_block::zero
                                                      : special_block::none;
}

/// Whether the codes of a block with this stored scale are those of +0.
inline bool has_zero_codes(float stored) noexcept { return is_nan(stored) || is_zero(stored); }

/// What elements are divided by: the factor, but 1 where it is NaN, 0 or below the normal floats. (The last is the least E8M0
/// scale of a block of zeros, infinities and NaN, whose codes are the same under any scale.)
inline float divisor_of(float factor) noexcept {
  std::uint32_t const size = bits_of(factor) & ~float_sign;
  return size < bits_of(0x1p-126F) || size >= float_infinity ? 1.0F : factor;
}

/// Whether NaN has a place under scheme S: in its elements, or in its scales.
template <Scheme S>
constexpr bool holds_nan() noexcept {
  return facts<typename S::element>::has_nan ||
         scale::detail::convention_of<block_rule_of<S>>().nan == block_convention::of_nan::block;
}

template <ScaleStorage Stored>
constexpr float greatest_stored() noexcept {
  if constexpr (std::same_as<Stored, float>) {
    return std::numeric_limits<float>::max();
  } else {
    return facts<Stored>::max;
  }
}

/// The end of a type's range that a scale beyond it, or below its smallest number, is kept at.
inline float clamped_value(format_facts const& stored, bool over, exact const& ideal) noexcept {
  float const size = over ? stored.max : stored.min_subnormal;
  return ideal.negative && stored.is_signed ? (over ? stored.lowest : -size) : size;
}

/// What clamped makes of a scale that did not fit. A NaN is left as it is.
template <ScaleStorage Stored>
scale::stored_scale<Stored> clamp(scale::stored_scale<Stored> s, exact const& ideal) noexcept {
  if (s.status == scale::storing::exact_or_rounded || ideal.what == exact::kind::nan) {
    return s;
  }
  bool const over = s.status == scale::storing::overflow;
  if constexpr (std::same_as<Stored, float>) {  // never below the smallest normal float
    float const most = std::numeric_limits<float>::max();
    return s.from(exact::from(ideal.negative ? -most : most));
  } else {
    return s.from(exact::from(clamped_value(facts<Stored>::all, over, ideal)));
  }
}

/// Raises where a rule that searches found no number.
inline void check_found(exact const& ideal, std::size_t block_row, std::size_t block_col) {
  if (ideal.what == exact::kind::nan || ideal.what == exact::kind::infinity) {
    raise(error(error_code::value, "rule", 0, block_row,
                "quantize: the scale rule gives no positive finite number for block (" + std::to_string(block_row) +
                    ", " + std::to_string(block_col) + ")"));
  }
}

/// Of a block's values in a contiguous run: themselves, or a copy.
class gathered_block {
 public:
  std::span<float const> of(matrix_view<float const> x, block_shape block, std::size_t i, std::size_t j) {
    std::size_t const row = block.first_row_of(i);
    std::size_t const col = j * block.cols;
    std::size_t const cols = x.cols() - col < block.cols ? x.cols() - col : block.cols;
    if (block.rows == 1 || (!block.is_tiled() && x.rows() - row == 1)) {
      return x.row(row).subspan(col, cols);
    }
    copy_.clear();
    block.for_each_row(i, x.rows(), [&](std::size_t r) {
      auto const part = x.row(r).subspan(col, cols);
      copy_.insert(copy_.end(), part.begin(), part.end());
    });
    return copy_;
  }

 private:
  std::vector<float> copy_;
};

/// A rule's view of a block of scheme S: candidates are tried by the kernels that will quantize it. A stochastic rounding
/// is tried as nearest_even.
template <Scheme S>
class kernel_trial final : public scale::block_trial {
  using element = typename S::element;
  using stored = typename S::stored_scale;
  using order = row_order<element>;

  /// The rounding that candidates are tried with.
  static auto tried(typename S::rounding const& r) noexcept {
    if constexpr (requires { r.draws(); }) {
      return r.draws() ? typename S::rounding(rounding::nearest_even{}) : r;
    } else if constexpr (requires { r.at(std::uint64_t{}); }) {
      return rounding::nearest_even{};
    } else {
      return r;
    }
  }

 public:
  kernel_trial(std::span<float const> values, float greatest, float outer, typename S::rounding const& r,
               std::vector<std::uint8_t>& codes, std::vector<float>& decoded)
      : block_trial(values, greatest, facts<element>::all),
        outer_(outer),
        rounding_(tried(r)),
        codes_(codes),
        decoded_(decoded) {
    codes_.resize(2 * values.size());
    decoded_.resize(values.size());
  }

  double error(exact const& ideal, scale::norm n) const override {
    auto const rounded = scale::stored_scale<stored>::from(ideal);
    auto const s = scale::detail::is_clamped<block_rule_of<S>> ? clamp(rounded, ideal) : rounded;
    if (s.status != scale::storing::exact_or_rounded) {
      return scale::detail::no_error;
    }
    float const factor = TwoLevelScheme<S> ? effective_scale(outer_, s.value) : s.value;
    round_trip(factor);
    return scale::detail::block_error(values(), decoded_.data(), n);
  }
  std::size_t shortlist(exact const& ideal, scale::norm n, std::uint32_t grid, std::uint32_t steps,
                        std::uint16_t* picks) const override {
    float const per_unit = LOWP_TRUSTED_FLOAT != 0 ? kernel::search::per_unit(values().data(), values().size()) : 0.0F;
    float factors[1024];
    if (is_zero(per_unit) || !find_factors(ideal, grid, steps, factors)) {
      return block_trial::shortlist(ideal, n, grid, steps, picks);
    }
    return kernel::dispatch([&](auto tag) {
      using fused = kernel::trial_slot<decltype(tag), element>;
      using estimate = kernel::error_estimate_slot<decltype(tag)>;
      double estimates[1024];
      constexpr bool plain = std::same_as<decltype(rounding_), rounding::nearest_even> &&
                             std::same_as<typename S::overflow, overflow::saturate>;
      std::size_t const count = values().size();
      if constexpr (plain && fused::is_quick) {
        fused::run(values().data(), count, factors, steps, n, per_unit, estimates);
      } else if constexpr (estimate::is_quick) {
        for (std::uint32_t i = 0; i < steps; ++i) {
          round_trip(is_zero(factors[i]) ? 1.0F : factors[i]);
          std::uint32_t const greatest = kernel::search::greatest_bits(decoded_.data(), count);
          if (greatest >= float_infinity) {  // no error of the definition is finite
            factors[i] = 0.0F;
          } else if (greatest >= bits_of(1.5F / per_unit)) {  // errors of two units and more have no estimate
            return block_trial::shortlist(ideal, n, grid, steps, picks);
          } else {
            estimates[i] = estimate::run(values().data(), decoded_.data(), count, n, per_unit);
          }
        }
      } else {
        return block_trial::shortlist(ideal, n, grid, steps, picks);
      }
      for (std::uint32_t i = 0; i < steps; ++i) {
        estimates[i] = is_zero(factors[i]) ? scale::detail::no_error : estimates[i];
      }
      return kernel::search::pick(estimates, steps, count, n, picks);
    });
  }
  double element_deviation() const override {
    static double const found = scale::detail::standard_deviation(
        std::size_t{facts<element>::code_mask} + 1,
        [](std::size_t code) { return static_cast<float>(from_bits<element>(static_cast<unsigned>(code))); });
    return found;
  }

 private:
  /// The elements' values under a scale, to decoded_.
  void round_trip(float factor) const {
    std::size_t const count = values().size();
    kernel::quantize<element, order>(values().data(), codes_.data(), count, &factor, count, rounding_,
                                     typename S::overflow{}, nan::zero{});
    kernel::dequantize<element, order>(codes_.data(), decoded_.data(), count, &factor, count);
  }

  /// The factors of all candidates; 0 for those that do not fit their stored type or have the factor of the one before. False
  /// where one is out of the range that kernel/search.hpp works in.
  bool find_factors(exact const& ideal, std::uint32_t grid, std::uint32_t steps, float* factors) const {
    double const first = std::ldexp(static_cast<double>(ideal.significand >> 11U), ideal.exponent - 63 + 11);
    double candidates[1024];
    candidates[0] = first;
    for (std::uint32_t i = 1; i < steps; ++i) {
      candidates[i] = quotient_in_double(product_in_double(first, grid - i), grid);
    }
    kernel::dispatch(
        [&](auto tag) { kernel::rounded_scales_slot<decltype(tag), stored>::run(candidates, steps, factors); });
    float before = 0.0F;
    bool moderate = true;
    for (std::uint32_t i = 0; i < steps; ++i) {
      float value = is_finite(factors[i]) ? factors[i] : 0.0F;
      if (scale::detail::is_clamped<block_rule_of<S>> && is_zero(value)) {
        exact const candidate = exact::from(candidates[i]);
        value = clamp(scale::stored_scale<stored>::from(candidate), candidate).value;
      }
      float const factor = TwoLevelScheme<S> && !is_zero(value) ? effective_scale(outer_, value) : value;
      bool const counts = !is_zero(factor) && bits_of(factor) != bits_of(before);
      factors[i] = counts ? factor : 0.0F;
      moderate =
          moderate && (!counts || (bits_of(factor) >= bits_of(0x1p-100F) && bits_of(factor) < bits_of(0x1p100F)));
      before = counts ? factor : before;
    }
    return moderate;
  }

  float outer_;
  decltype(tried({})) rounding_;
  std::vector<std::uint8_t>& codes_;
  std::vector<float>& decoded_;
};

/// Low and high end of a block's finite elements and 0.
struct value_range {
  float low = 0.0F;
  float high = 0.0F;

  static value_range of(std::span<float const> values) noexcept {
    value_range r;
    for (float const x : values) {
      if (is_finite(x)) {
        r.low = order_key(x) < order_key(r.low) ? x : r.low;
        r.high = order_key(x) > order_key(r.high) ? x : r.high;
      }
    }
    return r;
  }
};

/// The offset of a block whose low end this is: a zero without its sign.
inline float offset_of(float low) noexcept { return is_zero(low) ? 0.0F : low; }

/// Low and high end of a block's finite elements; 0 and 0 of none.
inline value_range finite_range_of(std::span<float const> values) noexcept {
  value_range r;
  bool found = false;
  for (float const x : values) {
    if (is_finite(x)) {
      r.low = !found || order_key(x) < order_key(r.low) ? x : r.low;
      r.high = !found || order_key(x) > order_key(r.high) ? x : r.high;
      found = true;
    }
  }
  return r;
}

/// Raises where a block's offset does not fit its stored type.
inline void check_offset(bool over, std::size_t block_row, std::size_t block_col) {
  if (over) {
    raise(error(error_code::value, "x", 0, block_row,
                "quantize: the offset of block (" + std::to_string(block_row) + ", " + std::to_string(block_col) +
                    ") overflows in the type that scales are stored as"));
  }
}

/// The outer scale of a box of blocks with these magnitudes, which `ideal` finds from them; 1 for a box of zeros. Raises where
/// it is no float, naming the box.
template <class Ideal>
float outer_scale_of(std::span<float const> magnitudes, std::size_t box_row, std::size_t box_col, Ideal&& ideal) {
  using stored = scale::stored_scale<float>;
  float const greatest = scale::detail::greatest_magnitude(magnitudes);
  auto const s = is_zero(greatest) ? stored::one() : stored::from(ideal(magnitudes));
  check_scale(s.status, "quantize", box_row, box_col, greatest);
  return s.value;
}

/// What relative magnitudes of a box refer to: its greatest, 1 for a box of zeros.
inline float reference_magnitude(std::span<float const> magnitudes) noexcept {
  float const greatest = scale::detail::greatest_magnitude(magnitudes);
  return is_zero(greatest) ? 1.0F : greatest;
}

/// Where rows are positions of frames, there are whole frames.
inline void check_frames(matrix_view<float const> x, block_shape block) {
  if (block.is_tiled() && x.rows() % block.frame_rows() != 0) {
    raise(error(error_code::shape, "x", 0, x.rows(),
                "quantize: x has " + std::to_string(x.rows()) + " rows, which is no whole number of frames of " +
                    std::to_string(block.tile.frame_height) + " x " + std::to_string(block.tile.frame_width)));
  }
}

/// Outer scales span whole blocks, but for what the matrix's edge cuts off.
inline void check_boxes(matrix_view<float const> x, block_shape block, block_shape box) {
  check_frames(x, box);
  bool const whole_rows = box.is_tiled() ? block.rows == 1 || (block.tile == box.tile && box.rows % block.rows == 0)
                                         : box.rows % block.rows == 0 || box.rows >= x.rows();
  bool const whole_cols = box.cols % block.cols == 0 || box.cols >= x.cols();
  if (!whole_rows || !whole_cols) {
    raise(error(error_code::shape, "x", whole_rows ? 1 : 0, whole_rows ? block.cols : block.rows,
                "quantize: an outer scale spans " + std::to_string(box.rows) + " x " + std::to_string(box.cols) +
                    " elements, which is no whole number of blocks of " + std::to_string(block.rows) + " x " +
                    std::to_string(block.cols)));
  }
}

/// Matrices of at most this many blocks have the magnitudes that were found while looking for errors kept until the scales
/// are stored: 64 KB, which stay in L2. With more, finding them again in a panel that is about to be encoded costs less than
/// fetching them from memory.
inline constexpr std::size_t most_kept_magnitudes = 16384;

/// Finds and stores the scales of a matrix. Constructed under fp_env, then called panel by panel: gives the factors of the
/// elements. Raises for a NaN that Nan refuses, then for the first scale that does not fit its type: under guarantee::strong,
/// and wherever scales need a look at all of x, when constructed, before anything is written; else when called.
template <Scheme S, NanPolicy Nan, GuaranteePolicy Guarantee>
class scale_stage {
  using element = typename S::element;
  using rule = block_rule_of<S>;
  using plain_rule = typename unclamped<rule>::type;
  using stored = typename S::stored_scale;
  static constexpr bool clamps = scale::detail::is_clamped<rule>;
  static constexpr bool follows = scale::detail::follows_convention<rule>;
  // Found by range: scales and what stands beside them.
  static constexpr bool spans = !follows && (AffineRule<rule> || OffsetRule<rule>);
  // Found by the element that lies farthest out.
  static constexpr bool peaks =
      std::same_as<rule, scale::signed_absmax<stored>> && (std::same_as<stored, float> || MinifloatFormat<stored>);
  static constexpr bool searches =
      !spans && !peaks && (SearchRule<plain_rule> || AffineRule<rule> || OffsetRule<rule> || follows);
  // Scales grow with magnitudes where a rule says when they always fit.
  static constexpr bool compares_ends = !TwoLevelScheme<S> && !searches && requires {
    rule::always_fits(facts<element>::all);
  };
  static constexpr bool refuses_nan = Nan::choice == nan::action::raise && !holds_nan<S>();
  // Panels are looked at when their turn comes.
  static constexpr bool looks_late = Guarantee::writes_early && !TwoLevelScheme<S> && !searches;

 public:
  scale_stage(matrix_view<float const> x, quantized_view<S> out, typename S::rounding const& r,
              typename S::scale_rule scale_rule)
      : x_(x), out_(out), size_(out.size()), block_(out.block()), rounding_(r) {
    check_frames(x, block_);
    if constexpr (!TwoLevelScheme<S>) {
      rule_ = scale_rule;
    }
    if constexpr (!looks_late) {
      look_at_all();
    }
  }

  /// Stores the scales of a panel; what its elements are multiplied with goes to scales[0..p.blocks).
  void operator()(block_panel const& p, float* scales) {
    if constexpr (spans || peaks) {
      if constexpr (looks_late) {
        find(p, out_);
      }
      stored_values(out_.scales + first_block(p), p.blocks, scales);
      for (std::size_t k = 0; k < p.blocks; ++k) {
        scales[k] = divisor_of(scales[k]);
      }
    } else if constexpr (searches) {
      for (std::size_t k = 0; k < p.blocks; ++k) {
        scales[k] = divisor_of(out_.block_scale(p.block_row, p.block_col + k));
      }
    } else {
      if constexpr (looks_late) {
        find_and_check(p, scales);
      } else {
        magnitudes_of(p, scales);
        make_relative(p, scales);
      }
      store(scales, p.blocks, out_.scales + first_block(p));
      if constexpr (TwoLevelScheme<S>) {
        for_each_box(p, [&](std::size_t box, std::size_t begin, std::size_t end) {
          kernel::dispatch([&](auto tag) {
            kernel::row_slot<decltype(tag)>::scale_limited(scales + begin, out_.outer[box], end - begin);
          });
        });
      }
    }
  }

  /// The elements of a row of a panel, those of blocks whose codes are zeros replaced by zeros.
  float const* cleared(float const* in, [[maybe_unused]] block_panel const& p) {
    if constexpr (follows) {
      cleared_.assign(in, in + p.cols);
      for (std::size_t k = 0; k < p.blocks; ++k) {
        if (has_zero_codes(scale::value(out_.scales[first_block(p) + k]))) {
          std::size_t const end = p.cols - k * p.group < p.group ? p.cols : (k + 1) * p.group;
          std::fill(cleared_.begin() + static_cast<std::ptrdiff_t>(k * p.group),
                    cleared_.begin() + static_cast<std::ptrdiff_t>(end), 0.0F);
        }
      }
      return cleared_.data();
    } else {
      return in;
    }
  }

 private:
  static constexpr bool always_fits() noexcept {
    if constexpr (requires { rule::always_fits(facts<element>::all); }) {
      return rule::always_fits(facts<element>::all);
    } else {
      return false;
    }
  }

  /// Magnitudes to stored scales and their values. Requires an AbsmaxRule.
  void store(float* scales, std::size_t blocks, stored* kept) const {
    if constexpr (!clamps) {
      kernel::scales(rule_, facts<element>::all, scales, blocks, kept, scales);
    } else {
      float magnitudes[blocks_at_once];
      for (std::size_t k = 0; k < blocks; ++k) {
        magnitudes[k] = scales[k];
      }
      kernel::scales(static_cast<plain_rule const&>(rule_), facts<element>::all, scales, blocks, kept, scales);
      // 0, max (of types that have neither infinity nor NaN) and beyond; less 1, zero is the greatest.
      constexpr std::uint32_t greatest = bits_of(greatest_stored<stored>());
      auto const at_an_end = [](float s) { return bits_of(s) - 1U >= greatest - 1U; };
      kernel::magnitude_range range;
      kernel::extend(range, scales, blocks);
      bool const none = !range.zero && range.most < greatest;
      for (std::size_t k = 0; !none && k < blocks; ++k) {
        if (at_an_end(scales[k])) {
          auto const s = clamp(scale_of(magnitudes[k]), exact::from(magnitudes[k]));
          kept[k] = s.stored;
          scales[k] = s.value;
        }
      }
    }
  }

  scale::stored_scale<stored> scale_of(float magnitude) const noexcept {
    return kernel::portable_kernels::scale_of(static_cast<plain_rule const&>(rule_), magnitude, facts<element>::all);
  }

  std::size_t first_block(block_panel const& p) const noexcept { return p.block_row * size_.block_cols + p.block_col; }

  /// What an outer scale spans. Requires TwoLevelScheme<S>.
  block_shape box() const noexcept { return typename S::scale_rule::outer_granularity{}.block(x_.rows(), x_.cols()); }

  /// Calls f(box, begin, end) for the blocks begin..end of a panel that share an outer scale.
  template <class F>
  void for_each_box(block_panel const& p, F&& f) const {
    // Boxes are made of whole blocks, but for what the matrix's edge cuts off.
    std::size_t const cols = box().cols;
    std::size_t const across = cols < x_.cols() ? cols / block_.cols : size_.block_cols;
    std::size_t end = 0;
    for (std::size_t k = 0; k < p.blocks; k = end) {
      end = k + across - (p.block_col + k) % across;
      end = end < p.blocks ? end : p.blocks;
      f(out_.outer_index(p.block_row, p.block_col + k), k, end);
    }
  }

  /// Divides magnitudes by their outer scales.
  void make_relative([[maybe_unused]] block_panel const& p, [[maybe_unused]] float* magnitudes) const {
    if constexpr (TwoLevelScheme<S>) {
      using outer_rule = typename S::scale_rule::outer_rule;
      for_each_box(p, [&](std::size_t box, std::size_t begin, std::size_t end) {
        if constexpr (requires { outer_rule::divides; }) {
          kernel::dispatch([&](auto tag) {
            kernel::row_slot<decltype(tag)>::divide_kept(magnitudes + begin, outer_[box], end - begin);
          });
        } else {
          for (std::size_t k = begin; k < end; ++k) {
            magnitudes[k] = outer_rule::relative(magnitudes[k], box_greatest_[box], outer_[box], facts<element>::all);
          }
        }
      });
    }
  }

  /// Everything that can fail, then the scales that were found on the way.
  void look_at_all() {
    if constexpr (spans || peaks) {
      find_all();
    } else if constexpr (refuses_nan || TwoLevelScheme<S> || (!searches && !always_fits())) {
      look();
    }
    if constexpr (TwoLevelScheme<S>) {
      find_outer();
    }
    if constexpr (searches) {
      search_all();
    } else if constexpr (!spans && !peaks && !always_fits()) {
      check();
    }
    if constexpr (TwoLevelScheme<S>) {
      for (std::size_t i = 0; i < outer_.size(); ++i) {
        out_.outer[i] = outer_[i];
      }
    }
    if constexpr (searches) {
      for (std::size_t i = 0; i < found_.size(); ++i) {
        out_.scales[i] = found_[i].stored;
        if constexpr (AffineScheme<S>) {
          out_.zeros[i] = zeros_[i];
        }
        if constexpr (OffsetScheme<S>) {
          out_.offsets[i] = offsets_[i];
        }
      }
    }
  }

  /// One pass over x: raises for a NaN, finds the blocks' magnitudes.
  void look() {
    if (TwoLevelScheme<S> || (!searches && size_.scale_count <= most_kept_magnitudes)) {
      kept_.resize(size_.scale_count);
    }
    bool has_nan = false;
    for_each_panel(x_.rows(), x_.cols(), block_, [&](block_panel const& p) {
      float passing[blocks_at_once];
      float* const found = kept_.empty() ? passing : kept_.data() + first_block(p);
      has_nan = find_magnitudes(x_, p, found) || has_nan;
      if constexpr (compares_ends) {
        kernel::extend(range_, found, p.blocks);
      }
    });
    if (refuses_nan && has_nan) {
      check_no_nan(x_, "quantize");
    }
  }

  /// A panel's magnitudes; raises for a NaN in x, else for the first block whose scale does not fit.
  void find_and_check(block_panel const& p, float* magnitudes) {
    bool const has_nan = find_magnitudes(x_, p, magnitudes);
    if (refuses_nan && has_nan) {
      check_no_nan(x_, "quantize");
    }
    if constexpr (!always_fits()) {
      if constexpr (compares_ends) {  // of all panels so far; they seldom change
        kernel::magnitude_range const before = range_;
        kernel::extend(range_, magnitudes, p.blocks);
        if (before.least != range_.least || before.most != range_.most || before.zero != range_.zero) {
          ends_fit_ = do_ends_fit();
        }
        if (ends_fit_) {
          return;
        }
      }
      if (!kernel::scales_fit(rule_, facts<element>::all, magnitudes, p.blocks)) {
        if constexpr (refuses_nan) {
          check_no_nan(x_, "quantize");
        }
        check_each(p, magnitudes, magnitudes);
      }
    }
  }

  /// Raises for the first of a panel's blocks whose scale does not fit; `relative` are their magnitudes for the rule.
  void check_each(block_panel const& p, float const* relative, float const* magnitudes) const {
    for (std::size_t k = 0; k < p.blocks; ++k) {
      check_scale(scale_of(relative[k]).status, "quantize", p.block_row, p.block_col + k, magnitudes[k]);
    }
  }

  /// Whether the least and the greatest of the magnitudes seen have scales that fit; then those between do. Requires
  /// compares_ends.
  bool do_ends_fit() const {
    float const zero = 0.0F;
    float const ends[] = {std::bit_cast<float>(range_.least + 1U), std::bit_cast<float>(range_.most)};
    return (!range_.zero || kernel::scales_fit(rule_, facts<element>::all, &zero, 1)) &&
           kernel::scales_fit(rule_, facts<element>::all, ends, range_.most == 0 ? 0 : 2);
  }

  void magnitudes_of(block_panel const& p, float* greatest) const {
    if (kept_.empty()) {
      static_cast<void>(find_magnitudes(x_, p, greatest));
    } else {
      std::copy_n(kept_.data() + first_block(p), p.blocks, greatest);
    }
  }

  /// The outer scales, from the magnitudes of all blocks.
  void find_outer() {
    using two = typename S::scale_rule;
    check_boxes(x_, block_, box());
    // 1. The magnitudes of all blocks, sorted by box; or the greatest of each box.
    constexpr bool greatest_only = requires { two::outer_rule::reads_greatest_only; };
    std::vector<std::vector<float>> magnitudes(size_.outer_count, std::vector<float>(greatest_only ? 1 : 0));
    for_each_panel(x_.rows(), x_.cols(), block_, [&](block_panel const& p) {
      for_each_box(p, [&](std::size_t box, std::size_t begin, std::size_t end) {
        std::span<float const> const of(kept_.data() + first_block(p) + begin, end - begin);
        std::vector<float>& all = magnitudes[box];
        if constexpr (greatest_only) {
          static_cast<void>(kernel::absmax(of.data(), of.size(), of.size(), all.data()));
        } else {
          all.insert(all.end(), of.begin(), of.end());
        }
      });
    });
    // 2. A scale for each box; 1 for one of zeros.
    for (std::vector<float> const& of_box : magnitudes) {
      outer_.push_back(outer_scale_of(of_box, outer_.size() / size_.outer_cols, outer_.size() % size_.outer_cols,
                                      [](std::span<float const> blocks) {
                                        return two::outer_rule::ideal(blocks, facts<element>::all,
                                                                      greatest_stored<stored>());
                                      }));
      box_greatest_.push_back(reference_magnitude(of_box));
    }
  }

  /// Raises where a block's scale does not fit its stored type, naming the first such block.
  void check() const {
    // 1. The least and the greatest speak for all.
    if constexpr (compares_ends) {
      if (do_ends_fit()) {
        return;
      }
    }
    // 2. All of them.
    for_each_panel(x_.rows(), x_.cols(), block_, [&](block_panel const& p) {
      float magnitudes[blocks_at_once];
      magnitudes_of(p, magnitudes);
      float relative[blocks_at_once];
      std::copy_n(magnitudes, p.blocks, relative);
      make_relative(p, relative);
      if (kernel::scales_fit(rule_, facts<element>::all, relative, p.blocks)) {
        return;
      }
      check_each(p, relative, magnitudes);
    });
  }

  /// One pass over x for rules that look at both ends of a block.
  void find_all() {
    std::vector<stored> scales(size_.scale_count);
    zeros_.resize(AffineScheme<S> ? size_.scale_count : 0);
    offsets_.resize(OffsetScheme<S> ? size_.scale_count : 0);
    quantized_view<S> found = out_;
    found.scales = scales.data();
    found.zeros = zeros_.data();
    found.offsets = offsets_.data();
    for_each_panel(x_.rows(), x_.cols(), block_, [&](block_panel const& p) { find(p, found); });
    std::copy(scales.begin(), scales.end(), out_.scales);
    std::copy(zeros_.begin(), zeros_.end(), out_.zeros);
    std::copy(offsets_.begin(), offsets_.end(), out_.offsets);
  }

  /// A panel's scales, zero points and offsets, to those of `to`. Raises for a NaN in x, else for the first block whose scale or
  /// offset does not fit.
  void find(block_panel const& p, quantized_view<S> const& to) const {
    float low[blocks_at_once];
    float high[blocks_at_once];
    bool const has_nan = find_ranges(p, low, high);
    if (refuses_nan && has_nan) {
      check_no_nan(x_, "quantize");
    }
    if constexpr (spans) {
      span(p, low, high, to);
    } else {
      peak(p, low, high, to.scales + first_block(p));
    }
  }

  void span(block_panel const& p, float const* low, float const* high, quantized_view<S> const& to) const {
    float values[blocks_at_once];
    std::int32_t zeros[blocks_at_once];
    std::size_t const first = first_block(p);
    bool fit = kernel::range_scales(rule_, facts<element>::all, low, high, p.blocks, to.scales + first, values, zeros);
    if constexpr (AffineScheme<S>) {
      for (std::size_t k = 0; k < p.blocks; ++k) {
        to.zeros[first + k] = from_bits<element>(static_cast<std::uint32_t>(zeros[k]) & facts<element>::code_mask);
      }
    } else {
      for (std::size_t k = 0; k < p.blocks; ++k) {
        fit = fit && bits_of(magnitude(low[k])) < bits_of(greatest_stored<stored>());
      }
      store_offsets(low, p.blocks, to.offsets + first);
    }
    if (!fit) {
      refuse(p, low, high);
    }
  }

  /// The ranges of a panel's blocks, whether there is a NaN. They hold 0 but where there are offsets; of a block with an
  /// offset and no finite element they are 0 and 0.
  bool find_ranges(block_panel const& p, float* low, float* high) const {
    float const infinity = std::bit_cast<float>(float_infinity);
    for (std::size_t k = 0; k < p.blocks; ++k) {
      low[k] = OffsetScheme<S> ? infinity : 0.0F;
      high[k] = OffsetScheme<S> ? -infinity : 0.0F;
    }
    bool has_nan = false;
    for (auto run = p.first_run(); !run.empty(); run = p.next_run(run)) {
      for (std::size_t row = run.first; row < run.last; ++row) {
        has_nan = kernel::ranges(x_.row(row).data() + p.first_col, p.cols, p.group, low, high) || has_nan;
      }
    }
    for (std::size_t k = 0; OffsetScheme<S> && k < p.blocks; ++k) {
      if (!is_finite(low[k])) {
        low[k] = high[k] = 0.0F;
      }
      low[k] = offset_of(low[k]);
      high[k] = offset_of(high[k]);
    }
    return has_nan;
  }

  /// Scales from the elements that lie farthest out.
  void peak(block_panel const& p, float const* low, float const* high, stored* out) const {
    // The rule divides by the end of the format's range that lies farther out; here by its size, and the sign comes after.
    format_facts facts = lowp::facts<element>::all;
    float const end = -facts.lowest < facts.max ? facts.max : facts.lowest;
    facts.max = magnitude(end);
    gathered_block gathered;
    float sizes[blocks_at_once];
    bool negative[blocks_at_once];
    for (std::size_t k = 0; k < p.blocks; ++k) {
      std::uint32_t const below = bits_of(magnitude(low[k]));
      std::uint32_t const above = bits_of(magnitude(high[k]));
      sizes[k] = std::bit_cast<float>(below > above ? below : above);
      bool const peak_is_negative =
          below > above || (below == above && below != 0 &&
                            first_is_negative(gathered.of(x_, block_, p.block_row, p.block_col + k), sizes[k]));
      negative[k] = !is_zero(sizes[k]) && peak_is_negative != is_negative(end);
    }
    float values[blocks_at_once];
    kernel::scales(scale::absmax<stored>{}, facts, sizes, p.blocks, out, values);
    bool fit = true;
    for (std::size_t k = 0; k < p.blocks; ++k) {
      std::uint32_t const bits = bits_of(values[k]);
      fit = fit && bits != 0 && bits < bits_of(greatest_stored<stored>());
      if constexpr (std::same_as<stored, float>) {
        out[k] = negative[k] ? -out[k] : out[k];
      } else {
        out[k] = from_bits<stored>(out[k].code ^ (negative[k] ? lowp::facts<stored>::all.sign_mask : 0U));
      }
    }
    for (std::size_t k = 0; !fit && k < p.blocks; ++k) {  // at an end, perhaps beyond
      if constexpr (refuses_nan) {
        check_no_nan(x_, "quantize");
      }
      auto const s = kernel::portable_kernels::scale_of(scale::absmax<stored>{}, sizes[k], facts);
      check_scale(s.status, "quantize", p.block_row, p.block_col + k, sizes[k]);
    }
  }

  static bool first_is_negative(std::span<float const> values, float size) noexcept {
    for (float const x : values) {
      if (bits_of(magnitude(x)) == bits_of(size)) {
        return is_negative(x);
      }
    }
    return false;
  }

  /// A scale or an offset of this panel may not fit: raises, for a NaN first.
  void refuse(block_panel const& p, float const* low, float const* high) const {
    if constexpr (refuses_nan) {
      check_no_nan(x_, "quantize");
    }
    for (std::size_t k = 0; k < p.blocks; ++k) {
      auto const s = kernel::portable_kernels::scale_of_range(rule_, low[k], high[k], facts<element>::all);
      check_scale(s.status, "quantize", p.block_row, p.block_col + k, std::max(magnitude(low[k]), magnitude(high[k])));
      if constexpr (OffsetScheme<S>) {
        static_cast<void>(offset_from(low[k], p.block_row, p.block_col + k));
      }
    }
  }

  /// Offsets that fit, as stored.
  static void store_offsets(float const* low, std::size_t n, stored* offsets) {
    if constexpr (std::same_as<stored, float>) {
      std::copy_n(low, n, offsets);
    } else {
      kernel::encode<stored, bit_order::padded>(low, reinterpret_cast<std::uint8_t*>(offsets), n,
                                                rounding::nearest_even{}, overflow::nonsaturating{});
    }
  }

  static void stored_values(stored const* from, std::size_t n, float* values) {
    if constexpr (std::same_as<stored, float>) {
      std::copy_n(from, n, values);
    } else {
      kernel::decode<stored, bit_order::padded>(reinterpret_cast<std::uint8_t const*>(from), values, n);
    }
  }

  /// The scales, and zero points, of rules that look at all values.
  void search_all() {
    gathered_block gathered;
    std::vector<std::uint8_t> codes;
    std::vector<float> decoded;
    for_each_block(
        x_, block_,
        [&](std::size_t i, std::size_t j, float greatest) {
          auto const values = gathered.of(x_, block_, i, j);
          scale::stored_scale<stored> s;
          if constexpr (follows) {
            special_block const special = special_block_of(rule::convention, values);
            if (special != special_block::none) {
              s.stored = stored_for(special);
              found_.push_back(s);
              return 1.0F;
            }
          }
          if constexpr (AffineRule<rule>) {
            value_range const range = value_range::of(values);
            s = is_zero(greatest) ? s.one() : s.from(rule_.ideal(range.low, range.high, facts<element>::all));
            check_scale(s.status, "quantize", i, j, greatest);
            zeros_.push_back(
                from_bits<element>(static_cast<unsigned>(rule_.zero_point(range.low, s.value, facts<element>::all))));
          } else if constexpr (OffsetRule<rule>) {
            value_range const range = finite_range_of(values);
            bool const flat = range.low == range.high;
            s = flat ? s.one() : s.from(rule_.ideal(range.low, range.high, facts<element>::all));
            check_scale(s.status, "quantize", i, j, greatest);
            offsets_.push_back(offset_from(offset_of(range.low), i, j));
          } else {
            float outer = 1.0F;
            float relative = greatest;
            if constexpr (TwoLevelScheme<S>) {
              outer = outer_[out_.outer_index(i, j)];
              relative = S::scale_rule::outer_rule::relative(greatest, box_greatest_[out_.outer_index(i, j)], outer,
                                                             facts<element>::all);
            }
            exact ideal{};
            if constexpr (SearchRule<plain_rule>) {
              kernel_trial<S> const trial(values, relative, outer, rounding_, codes, decoded);
              ideal = static_cast<plain_rule const&>(rule_).search(trial);
              check_found(ideal, i, j);
            } else if (!is_zero(relative)) {
              ideal = static_cast<plain_rule const&>(rule_).ideal(exact::from(relative), facts<element>::all);
            }
            s = ideal.what == exact::kind::zero ? s.one() : s.from(ideal);
            s = clamps ? clamp(s, ideal) : s;
            check_scale(s.status, "quantize", i, j, greatest);
          }
          found_.push_back(s);
          return 1.0F;
        },
        [](std::size_t, std::size_t, std::size_t, float const*) {});
  }

  static stored offset_from(float low, std::size_t block_row, std::size_t block_col) {
    if constexpr (std::same_as<stored, float>) {
      return low;
    } else {
      check_offset(rounds_out_of_range<stored>(exact::from(low)), block_row, block_col);
      return encode_to<stored>(exact::from(low), rounding::nearest_even{}, overflow::nonsaturating{});
    }
  }
  static stored stored_for(special_block special) noexcept {
    float const value = special == special_block::nan    ? std::bit_cast<float>(float_quiet_nan)
                        : special == special_block::zero ? 0.0F
                                                         : least_stored();
    if constexpr (std::same_as<stored, float>) {
      return value;
    } else {
      return encode_to<stored>(exact::from(value), rounding::nearest_even{}, overflow::nonsaturating{});
    }
  }
  static constexpr float least_stored() noexcept {
    if constexpr (std::same_as<stored, float>) {
      return scale::stored_scale<float>::smallest_normal;
    } else {
      return facts<stored>::min_subnormal;
    }
  }

  matrix_view<float const> x_;
  quantized_view<S> out_;
  quantized_size size_;
  block_shape block_;
  [[no_unique_address]] typename S::rounding rounding_;
  [[no_unique_address]] rule rule_ = {};
  std::vector<float> kept_;        // magnitudes of all blocks, or empty
  kernel::magnitude_range range_;  // of all of them
  bool ends_fit_ = true;           // those of range_, under guarantee::basic
  std::vector<float> outer_;
  std::vector<float> box_greatest_;
  std::vector<scale::stored_scale<stored>> found_;
  std::vector<element> zeros_;
  std::vector<float> cleared_;
  std::vector<stored> offsets_;
};

}  // namespace lowp::inline LOWP_ABI::detail
