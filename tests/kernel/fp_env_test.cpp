// SPDX-License-Identifier: Apache-2.0
//
// The guard around float arithmetic, and that nothing the library computes depends on the caller's modes.

#include <bit>
#include <cfenv>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include <lowp/compare.hpp>
#include <lowp/kernel/fp_env.hpp>

#include "support/catch.hpp"

#if defined(__SSE2__)
#include <xmmintrin.h>
#endif

namespace {

using lowp::matrix_view;

/// One way to leave the floating-point environment to a callee.
struct modes {
  std::string name;
  int rounding = FE_TONEAREST;
  std::uint32_t more = 0;  // x86: bits of MXCSR to set: 15 FTZ, 6 DAZ; AArch64: of FPCR: 25 DN, 24 FZ, 19 FZ16
  std::uint32_t unmask =
      0;  // x86: exception masks to clear, 12 to 7: inexact underflow overflow division denormal invalid
};

std::vector<modes> all_modes() {
  std::vector<modes> all{{"upward", FE_UPWARD}, {"downward", FE_DOWNWARD}, {"toward zero", FE_TOWARDZERO}};
#if defined(__SSE2__)
  all.push_back({"FTZ", FE_TONEAREST, 0x8000});
  all.push_back({"DAZ", FE_TONEAREST, 0x0040});
  all.push_back({"FTZ, DAZ, upward", FE_UPWARD, 0x8040});
  all.push_back({"every trap", FE_TONEAREST, 0, 0x1f80});
  all.push_back({"every trap, DAZ, downward", FE_DOWNWARD, 0x0040, 0x1f80});
#elif defined(__aarch64__)
  all.push_back({"FZ", FE_TONEAREST, 0x0100'0000});
  all.push_back({"FZ16", FE_TONEAREST, 0x0008'0000});
  all.push_back({"DN, FZ, upward", FE_UPWARD, 0x0300'0000});
#endif
  return all;
}

#if defined(__aarch64__)
std::uint64_t control() {
  std::uint64_t value = 0;
  __asm__ volatile("mrs %0, fpcr" : "=r"(value));
  return value;
}
std::uint64_t status() {
  std::uint64_t value = 0;
  __asm__ volatile("mrs %0, fpsr" : "=r"(value));
  return value;
}
#endif

/// The rounding mode of float arithmetic: 0 is nearest even.
int current_rounding() {
#if defined(__SSE2__)
  return static_cast<int>(_mm_getcsr() & 0x6000U);  // fegetround may tell that of the x87 unit
#else
  return std::fegetround();
#endif
}
static_assert(FE_TONEAREST == 0);

/// Runs f under the modes; what they were on return. The caller's own modes are back afterwards.
std::uint32_t under(modes const& m, std::function<void()> const& f) {
  std::fesetround(m.rounding);
#if defined(__SSE2__)
  std::uint32_t const set = ((_mm_getcsr() & 0xffffffc0U) | m.more) & ~m.unmask;
  _mm_setcsr(set);
  f();
  std::uint32_t const found = _mm_getcsr() ^ set;  // 0: as it was, exception flags included
  _mm_setcsr(0x1f80);
#elif defined(__aarch64__)
  std::uint64_t const set = control() | m.more;
  __asm__ volatile("msr fpcr, %0" : : "r"(set) : "memory");
  __asm__ volatile("msr fpsr, %0" : : "r"(std::uint64_t{0}) : "memory");
  f();
  auto const found = static_cast<std::uint32_t>((control() ^ set) | status());
  __asm__ volatile("msr fpcr, %0" : : "r"(std::uint64_t{0}) : "memory");
#else
  f();
  std::uint32_t const found = std::fegetround() == m.rounding ? 0U : 1U;
#endif
  std::fesetround(FE_TONEAREST);
  return found;
}

/// Numbers whose quotients, products and sums round, some of them subnormal, some special.
std::vector<float> numbers(std::size_t n) {
  std::vector<float> x;
  std::uint32_t state = 99;
  for (std::size_t i = 0; i < n; ++i) {
    state = state * 1664525U + 1013904223U;
    std::uint32_t const field = i % 5 == 0 ? 0U : i % 5 == 1 ? 1U + state % 20U : 120U + state % 10U;
    x.push_back(std::bit_cast<float>((state & 0x807fffffU) | field << 23U));
  }
  return x;
}

std::vector<std::uint32_t> bits_of(std::vector<float> const& x) {
  std::vector<std::uint32_t> bits;
  for (float const& v : x) {
    bits.push_back(std::bit_cast<std::uint32_t>(v));
  }
  return bits;
}

/// All that may depend on the modes, as bits.
struct results {
  std::vector<std::uint8_t> codes;
  std::vector<std::uint32_t> bits;
  std::vector<double> figures;

  bool operator==(results const&) const = default;
};

template <class S>
void add(results& r, matrix_view<float const> x) {
  auto const q = lowp::quantize<S>(x, lowp::nan::as_cast{});
  auto const twin = lowp::quantize(lowp::as_any_scheme<S>(), x, lowp::nan::as_cast{});
  std::vector<float> values(x.size());
  std::vector<float> twin_values(x.size());
  lowp::dequantize_into(q, matrix_view<float>(values.data(), x.rows(), x.cols()));
  lowp::dequantize_into(twin, matrix_view<float>(twin_values.data(), x.rows(), x.cols()));
  r.codes.insert(r.codes.end(), q.codes().begin(), q.codes().end());
  r.codes.insert(r.codes.end(), twin.codes().begin(), twin.codes().end());
  for (auto const& s : q.scales()) {
    r.bits.push_back(std::bit_cast<std::uint32_t>(static_cast<float>(s)));
  }
  r.bits.insert(r.bits.end(), twin.scale_codes().begin(), twin.scale_codes().end());
  for (auto const& v : {values, twin_values}) {
    auto const bits = bits_of(v);
    r.bits.insert(r.bits.end(), bits.begin(), bits.end());
  }
}

using by_float = lowp::scheme<lowp::float16, lowp::per_group<16>>;
using by_half = lowp::scheme<lowp::int8, lowp::per_group<7>, lowp::scale::absmax<lowp::bfloat16>>;
using by_table = lowp::scheme<lowp::nf4, lowp::per_channel<0>>;

results everything(std::vector<float> const& x, std::vector<float> const& specials) {
  results r;
  matrix_view<float const> const all(x.data(), 2, x.size() / 2);
  add<by_float>(r, all);
  add<by_half>(r, all);
  add<by_table>(r, all);
  add<lowp::mxfp4>(r, all);
  add<by_float>(r, {specials.data(), 1, specials.size()});
  add<lowp::mxfp4>(r, {specials.data(), 1, specials.size()});
  std::vector<lowp::e5m2> small(x.size());
  std::vector<float> values(x.size());
  lowp::cast_into(x, small);
  lowp::decode_into(small, values);
  auto const bits = bits_of(values);
  r.bits.insert(r.bits.end(), bits.begin(), bits.end());
  std::vector<lowp::nf4> table(specials.size());
  lowp::cast_into(specials, table);
  for (lowp::nf4 const c : table) {
    r.codes.push_back(static_cast<std::uint8_t>(to_bits(c)));
  }
  lowp::error_stats const s = lowp::compare_values(x, values);
  r.figures = {s.signal_power, s.mse, s.bias, s.max_error, s.max_reference, s.share_to_zero};
  return r;
}

}  // namespace

TEST_CASE("the guard gives nearest even and gradual underflow, and puts the caller's modes back") {
  for (modes const& m : all_modes()) {
    INFO(m.name);
    float third = 0;
    float tiny = 0;
    int inside = -1;
    std::uint32_t const changed = under(m, [&] {
      lowp::kernel::fp_env const environment;
      inside = current_rounding();
      float volatile one = 1.0F;
      float volatile three = -3.0F;
      float volatile small = 0x1p-126F;
      third = one / three;
      tiny = small * 0.5F;
      tiny = tiny + small;
    });
    CHECK(changed == 0);
    CHECK(inside == FE_TONEAREST);
    CHECK(std::bit_cast<std::uint32_t>(third) == 0xbeaaaaabU);
    CHECK(std::bit_cast<std::uint32_t>(tiny) == 0x00c00000U);  // 1.5 * 2^-126: 2^-127 was there
  }
}

TEST_CASE("guards nest") {
  modes const upward{"upward", FE_UPWARD};
  int after_inner = -1;
  std::uint32_t const changed = under(upward, [&] {
    lowp::kernel::fp_env const outer;
    { lowp::kernel::fp_env const inner; }
    after_inner = current_rounding();
  });
  CHECK(after_inner == FE_TONEAREST);
  CHECK(changed == 0);
}

TEST_CASE("quantize, dequantize, casts and figures do not depend on the caller's modes") {
  std::vector<float> const x = numbers(2 * 333);
  std::vector<float> const specials{std::numeric_limits<float>::infinity(),
                                    -std::numeric_limits<float>::infinity(),
                                    std::numeric_limits<float>::quiet_NaN(),
                                    std::bit_cast<float>(0x7f800001U),
                                    0.0F,
                                    -0.0F,
                                    0x1p-149F,
                                    std::numeric_limits<float>::max(),
                                    1.0F};
  results const expected = everything(x, specials);
  for (modes const& m : all_modes()) {
    INFO(m.name);
    results got;
    std::uint32_t const changed = under(m, [&] { got = everything(x, specials); });
    CHECK(changed == 0);
    CHECK(got.codes == expected.codes);
    CHECK(got.bits == expected.bits);
    CHECK(got.figures == expected.figures);
  }
}

TEST_CASE("a division after the last sum stays inside the guard") {
  // Three elements: small enough that everything may be inlined here, up to the means.
  float const x[3] = {1.0F, 2.0F, 4.0F};
  float const y[3] = {1.25F, 2.0F, 3.5F};
  for (modes const& m : all_modes()) {
    INFO(m.name);
    double power = 0;
    double bias = 0;
    under(m, [&] {
      lowp::error_stats const s = lowp::compare_values(x, y);
      power = s.signal_power;
      bias = s.bias;
    });
    CHECK(std::bit_cast<std::uint64_t>(power) == std::bit_cast<std::uint64_t>(7.0));
    CHECK(std::bit_cast<std::uint64_t>(bias) == 0xbfb5555555555555U);  // -1/12
  }
}

TEST_CASE("an error leaves the caller's modes as they were") {
  std::vector<float> const nan{1.0F, std::numeric_limits<float>::quiet_NaN()};
  std::vector<float> const tiny{0x1p-140F, 1.0F};
  using small_scale = lowp::scheme<lowp::e4m3fn, lowp::per_group<1>, lowp::scale::absmax<lowp::ue4m3>>;
  for (modes const& m : all_modes()) {
    INFO(m.name);
    int thrown = 0;
    std::uint32_t const changed = under(m, [&] {
      for (int i = 0; i < 4; ++i) {
        try {
          i == 0   ? (void)lowp::quantize<lowp::int8_per_tensor>({nan.data(), 1, 2})
          : i == 1 ? (void)lowp::quantize<small_scale>({tiny.data(), 1, 2})
          : i == 2 ? (void)lowp::quantize(lowp::as_any_scheme<lowp::int8_per_tensor>(), {nan.data(), 1, 2})
                   : (void)lowp::quantize(lowp::as_any_scheme<small_scale>(), {tiny.data(), 1, 2});
        } catch (lowp::error const&) {
          ++thrown;
        }
      }
    });
    CHECK(thrown == 4);
    CHECK(changed == 0);
  }
}
