// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>

#include <lowp/base/config.hpp>
#include <lowp/codec/exact.hpp>
#include <lowp/format/facts.hpp>
#include <lowp/scale/rule.hpp>

namespace lowp::inline LOWP_ABI {

namespace scale {

/// What the error of an element counts: |e|, e^2 or |e|^2.4 (the norm of GPTQ's and QuaRot's weight clipping).
enum class norm : std::uint8_t { absolute, squared, power_2_4 };

/// What a rule may look at before it chooses a block's scale.
class block_trial {
 public:
  block_trial(std::span<float const> values, float greatest, format_facts const& element) noexcept
      : values_(values), greatest_(greatest), element_(&element) {}
  block_trial(block_trial const&) = delete;
  block_trial& operator=(block_trial const&) = delete;

  /// The elements of the block, row by row; NaN and infinities among them.
  std::span<float const> values() const noexcept { return values_; }
  /// Their greatest finite magnitude; +0 where none is finite and nonzero.
  float greatest() const noexcept { return greatest_; }
  format_facts const& element() const noexcept { return *element_; }

  /// The sum of the errors of the finite elements if the scale were `ideal`, rounded to its stored type: in double, 16
  /// partial sums by index mod 16. Infinite where that scale does not fit its stored type.
  virtual double error(exact const& ideal, norm n) const = 0;
  /// Positions i < steps < 1024, ascending, of candidates shrunk(ideal, i, grid) (scale/mse.hpp), written to `picks`; how
  /// many: with the first of those of the least error among them, unless no scale fits. All of them, where nothing is
  /// quicker than error().
  virtual std::size_t shortlist(exact const&, norm, std::uint32_t, std::uint32_t steps, std::uint16_t* picks) const {
    for (std::uint32_t i = 0; i < steps; ++i) {
      picks[i] = static_cast<std::uint16_t>(i);
    }
    return steps;
  }
  /// The standard deviation of the element format's finite values, each code once.
  virtual double element_deviation() const = 0;

 protected:
  ~block_trial() = default;

 private:
  std::span<float const> values_;
  float greatest_;
  format_facts const* element_;
};

}  // namespace scale

/// A rule that looks at all values of a block: a small value with a stored_type and
///   exact search(scale::block_trial const& block) const    the scale before it is rounded to storage, positive;
///                                                          exact zero leaves the block the scale of a block of zeros
template <class S>
concept SearchRule = ScaleStorage<typename S::stored_type> && std::is_trivially_copyable_v<S> &&
    std::default_initializable<S> && requires(S const& rule, scale::block_trial const& block) {
  { rule.search(block) } -> std::same_as<exact>;
};

}  // namespace lowp::inline LOWP_ABI
