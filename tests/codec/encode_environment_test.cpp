// SPDX-License-Identifier: Apache-2.0
// also built: fast_math native
//
// Casts and decoding under every rounding mode of the thread, with subnormals flushed (FTZ, DAZ), and compiled with
// -ffast-math and contraction: the same codes. Inputs and results are bit patterns here, and no float is computed with.

#include <lowp/codec/encode.hpp>

#include <array>
#include <bit>
#include <cfenv>
#include <cstdint>
#include <string>

#include <lowp/codec/cast.hpp>
#include <lowp/codec/decode.hpp>

#include "support/catch.hpp"
#include "support/format_types.hpp"
#include "support/oracle.hpp"
#include "support/oracle_twin.hpp"

namespace encode_environment_test {

namespace {

using oracle::code;
using oracle::encoder;
using mode = oracle::rounding_mode;

/// Whether subnormal floats are kept or treated as zero, for as long as the object lives.
class flush_subnormals {
 public:
#if defined(__x86_64__)
  static constexpr bool exists = true;
  flush_subnormals() : saved_(__builtin_ia32_stmxcsr()) { __builtin_ia32_ldmxcsr(saved_ | 0x8040U); }  // FTZ, DAZ
  ~flush_subnormals() { __builtin_ia32_ldmxcsr(saved_); }

 private:
  unsigned saved_;
#elif defined(__aarch64__)
  static constexpr bool exists = true;
  flush_subnormals() {
    __asm__ volatile("mrs %0, fpcr" : "=r"(saved_));
    __asm__ volatile("msr fpcr, %0" : : "r"(saved_ | (std::uint64_t{1} << 24)));  // FZ
  }
  ~flush_subnormals() { __asm__ volatile("msr fpcr, %0" : : "r"(saved_)); }

 private:
  std::uint64_t saved_ = 0;
#else
  static constexpr bool exists = false;
#endif
};

/// The thread's rounding mode, for as long as the object lives.
class rounding_mode_guard {
 public:
  explicit rounding_mode_guard(int wanted) : saved_(std::fegetround()) { std::fesetround(wanted); }
  ~rounding_mode_guard() { std::fesetround(saved_); }

 private:
  int saved_;
};

struct tiny_table {
  static constexpr float values[] = {0x1p-149F, 0x1p-130F, -0x1.8p-147F, 0.0F};
};

constexpr std::array roundings{oracle::rounding(mode::nearest_even), oracle::rounding(mode::up),
                               oracle::rounding(mode::down), oracle::rounding(mode::to_odd),
                               oracle::rounding::stochastic(oracle::variant::c, 16, 40503)};

/// All casts of F at its boundaries, with policies chosen at run time, and all decodes.
template <class F>
void compare(oracle::disagreements& found, const encoder& e, const oracle::inputs& inputs, const char* where) {
  const auto& name = e.described().name;
  const auto all = [&](auto x, const auto& located) {
    for (const auto& r : roundings) {
      const auto o = oracle::overflow::nonsaturating;
      found.compare(lowp::to_bits(lowp::cast<F>(x, oracle::twin(r), oracle::twin(o))), e.judge(located, r, o),
                    [&] { return name + " " + describe(r) + " " + where; });
    }
    found.compare(lowp::to_bits(lowp::cast<F>(x)), e.judge(located, mode::nearest_even, oracle::overflow::saturate),
                  [&] { return name + " " + where; });
  };
  for (const auto bits : inputs.floats) all(std::bit_cast<float>(bits), e.locate(oracle::read(oracle::binary32, bits)));
  for (const auto bits : inputs.doubles) {
    all(std::bit_cast<double>(bits), e.locate(oracle::read(oracle::binary64, bits)));
  }
  for (code c = 0; c < e.described().code_count(); ++c) {
    found.compare(std::bit_cast<std::uint32_t>(lowp::decode(lowp::from_bits<F>(c))),
                  oracle::write(oracle::binary32, oracle::value(e.described(), c)),
                  [&] { return name + " code " + oracle::hexadecimal(c) + " " + where; });
  }
}

/// Formats that meet float's subnormals, its NaNs, its largest values; small ones; a table.
void compare_all(oracle::disagreements& found, const char* where) {
  const auto one = [&]<class F>(lowp_test::named_format<F> f) {
    static const encoder e(oracle::by_name(f.name));
    static const auto inputs = oracle::boundaries(e);
    compare<F>(found, e, inputs, where);
  };
  one(lowp_test::named_format<lowp::e4m3fn>{"e4m3fn"});
  one(lowp_test::named_format<lowp::e8m0fnu>{"e8m0fnu"});
  one(lowp_test::named_format<lowp::ue5m3>{"ue5m3"});
  one(lowp_test::named_format<lowp::e2m1fn>{"e2m1fn"});
  one(lowp_test::named_format<lowp::int8>{"int8"});
  one(lowp_test::named_format<lowp::p3109::binary8p1ue>{"binary8p1ue"});
  static const encoder e(oracle::codebook("tiny", {0x1p-149, 0x1p-130, -0x1.8p-147, 0}));
  static const auto inputs = oracle::boundaries(e);
  compare<lowp::codebook<tiny_table>>(found, e, inputs, where);
}

void check(const oracle::disagreements& found) {
  INFO(found.text());
  CHECK(found.count() == 0);
}

struct named_mode {
  int value;
  const char* name;
};
constexpr std::array thread_modes{named_mode{FE_TONEAREST, "FE_TONEAREST"}, named_mode{FE_UPWARD, "FE_UPWARD"},
                                  named_mode{FE_DOWNWARD, "FE_DOWNWARD"}, named_mode{FE_TOWARDZERO, "FE_TOWARDZERO"}};

}  // namespace

TEST_CASE("environment: as the program starts (" LOWP_TEST_VARIANT ")") {
  oracle::disagreements found;
  compare_all(found, "at start");
  check(found);
}

TEST_CASE("environment: every rounding mode of the thread (" LOWP_TEST_VARIANT ")") {
  for (const auto& m : thread_modes) {
    oracle::disagreements found;
    {
      const rounding_mode_guard guard(m.value);
      REQUIRE(std::fegetround() == m.value);
      compare_all(found, m.name);
    }
    check(found);
  }
}

TEST_CASE("environment: subnormals flushed to zero (" LOWP_TEST_VARIANT ")") {
  if (!flush_subnormals::exists) {
    WARN("no switch for FTZ and DAZ is known here");
    return;
  }
  oracle::disagreements found;
  {
    [[maybe_unused]] const flush_subnormals flush;
    compare_all(found, "FTZ and DAZ");
  }
  check(found);
}

}  // namespace encode_environment_test
