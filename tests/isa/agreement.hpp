// SPDX-License-Identifier: Apache-2.0
#pragma once

// Every kernel of an ISA against the portable one, bit for bit. Kernels are turned into rows of function pointers early,
// so that the comparisons are ordinary functions: a unit is little more than the kernels it instantiates.

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <random>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include <lowp/kernel/dispatch.hpp>
#include <lowp/kernel/fp_env.hpp>
#include <lowp/policy/nan.hpp>
#include <lowp/policy/overflow.hpp>
#include <lowp/policy/rounding.hpp>

#include "support/catch.hpp"
#include "support/effort.hpp"
#include "support/trapped_memory.hpp"

namespace isa_test {

using guarded = lowp_test::trapped_memory;

struct encode_row {
  std::string what;
  char const* served_by;
  int bits;
  bool padded;
  void (*kernel)(float const*, std::uint8_t*, std::size_t, std::uint64_t index);
  void (*portable)(float const*, std::uint8_t*, std::size_t, std::uint64_t index);

  std::size_t bytes(std::size_t n) const {
    return padded ? (bits <= 8 ? n : 2 * n) : (n * static_cast<std::size_t>(bits) + 7) / 8;
  }
};

struct decode_row {
  std::string what;
  char const* served_by;
  int bits;
  bool padded;
  void (*kernel)(std::uint8_t const*, float*, std::size_t);
  void (*portable)(std::uint8_t const*, float*, std::size_t);

  std::size_t bytes(std::size_t n) const {
    return padded ? (bits <= 8 ? n : 2 * n) : (n * static_cast<std::size_t>(bits) + 7) / 8;
  }
};

template <class Order>
char const* order_name() {
  return std::same_as<Order, lowp::bit_order::padded>      ? "padded"
         : std::same_as<Order, lowp::bit_order::low_first> ? "low_first"
                                                           : "high_first";
}

template <class R>
R rounding_at(std::uint64_t index) {
  if constexpr (std::is_empty_v<R>) {
    return R{};
  } else {
    return R{0x5eed'5eed'1234'5678U, index};
  }
}

template <class Tag, class F, class Order, class R, class O>
encode_row encode_row_of(char const* format, char const* policies) {
  using slot = lowp::kernel::encode_slot<Tag, F, Order, R, O>;
  // One portable kernel for all policies, chosen at run time: tests/codec proves it equal to those of each. (Of codebooks
  // that one is slow.)
  constexpr bool table = lowp::CodebookFormat<F>;
  using reference_rounding = std::conditional_t<table, R, lowp::rounding::any>;
  using reference_overflow = std::conditional_t<table, O, lowp::overflow::any>;
  using reference = lowp::kernel::encode_slot<lowp::isa::portable, F, Order, reference_rounding, reference_overflow>;
  return {std::string("encode ") + format + " " + order_name<Order>() + " " + policies + " on " + Tag::name,
          slot::served_by::name,
          F::bits,
          std::same_as<Order, lowp::bit_order::padded>,
          [](float const* in, std::uint8_t* out, std::size_t n, std::uint64_t index) {
            slot::run(in, out, n, rounding_at<R>(index), O{});
          },
          [](float const* in, std::uint8_t* out, std::size_t n, std::uint64_t index) {
            reference::run(in, out, n, rounding_at<R>(index), O{});
          }};
}

template <class Tag, class F, class Order>
decode_row decode_row_of(char const* format) {
  using slot = lowp::kernel::decode_slot<Tag, F, Order>;
  using reference = lowp::kernel::decode_slot<lowp::isa::portable, F, Order>;
  return {std::string("decode ") + format + " " + order_name<Order>() + " on " + Tag::name,
          slot::served_by::name,
          F::bits,
          std::same_as<Order, lowp::bit_order::padded>,
          [](std::uint8_t const* in, float* out, std::size_t n) { slot::run(in, out, n); },
          [](std::uint8_t const* in, float* out, std::size_t n) { reference::run(in, out, n); }};
}

/// Floats that tell kernels apart: every float with 10 leading mantissa bits, its neighbours in the last place, all
/// exponents (hence both zeros, subnormals, infinities), NaNs of all kinds, and random bits.
inline std::vector<float> const& telling_floats() {
  static std::vector<float> const made = [] {
    std::vector<float> values;
    std::mt19937 random(2026);
    for (std::uint32_t sign : {0U, 0x8000'0000U}) {
      for (std::uint32_t top = 0; top < (1U << 18U); ++top) {
        std::uint32_t const bits = sign | top << 13U;
        values.push_back(std::bit_cast<float>(bits));
        std::uint32_t const neighbour = (random() & 1U) != 0 ? bits + 1U : bits - 1U;
        values.push_back(std::bit_cast<float>(neighbour));
      }
    }
    for (int i = 0; i < 100'000; ++i) {
      auto const bits = static_cast<std::uint32_t>(random());
      values.push_back(std::bit_cast<float>(bits));
      // Half way between two values of a format of two bytes, and beside that.
      values.push_back(std::bit_cast<float>((bits & ~0x7ffU) + bits % 3U - 1U));
    }
    return lowp_test::thinned(values);
  }();
  return made;
}

inline std::string at(std::size_t i, float x, unsigned got, unsigned want) {
  char text[128];
  std::snprintf(text, sizeof text, "element %zu, %a (%08x): %02x, portable %02x", i, static_cast<double>(x),
                std::bit_cast<std::uint32_t>(x), got, want);
  return text;
}

/// The portable codes of telling_floats are found once per row and compared for the whole vector, then for every length
/// up to three blocks of 64 at the end of a page and misaligned at its beginning.
inline void check(encode_row const& row, char const* expected) {
  INFO(row.what);
  CHECK(std::string(row.served_by) == expected);
  lowp::kernel::fp_env const environment;
  std::vector<float> const& in = telling_floats();
  // The hash's base changes where the upper half of the index does: start shortly before such a place, which then lies
  // inside a vector. (And not on a Philox block's first element.)
  std::uint64_t const index = 0xffff'ff89U;
  std::vector<std::uint8_t> got(row.bytes(in.size()), 0xaa);
  std::vector<std::uint8_t> want = got;
  row.kernel(in.data(), got.data(), in.size(), index);
  row.portable(in.data(), want.data(), in.size(), index);
  if (got != want) {
    std::size_t byte = 0;
    while (got[byte] == want[byte]) {
      ++byte;
    }
    std::size_t const element =
        row.padded ? byte / (row.bits <= 8 ? 1 : 2) : byte * 8 / static_cast<std::size_t>(row.bits);
    FAIL_CHECK(at(element, in[element], got[byte], want[byte]));
    return;
  }
  static guarded source(4 * 256);
  static guarded target(2 * 256);
  std::size_t wrong = 0;
  for (std::size_t n = 0; n <= 200; n += lowp_test::sanitized ? 7 : 1) {
    auto* const x = reinterpret_cast<float*>(source.last(4 * n));
    // The smallest floats by turns with those around 1, which random bits round to either side.
    std::size_t const around_one = 2 * (std::bit_cast<std::uint32_t>(1.0F) >> 13U) - 700;
    std::memcpy(x, in.data() + (n % 2 == 0 ? 7 * n : around_one + 7 * n), 4 * n);
    std::size_t const bytes = row.bytes(n);
    std::vector<std::uint8_t> expected_bytes(bytes, 0x5a);
    row.portable(x, expected_bytes.data(), n, index);
    for (std::uint8_t* out : {target.last(bytes), target.first(), target.first() + n % 64}) {
      std::memset(out, 0x5a, bytes);
      row.kernel(x, out, n, index);
      wrong += bytes != 0 && std::memcmp(out, expected_bytes.data(), bytes) != 0 ? 1U : 0U;
    }
  }
  CHECK(wrong == 0);
}

inline void check(decode_row const& row, char const* expected) {
  INFO(row.what);
  CHECK(std::string(row.served_by) == expected);
  lowp::kernel::fp_env const environment;
  static guarded source(2 * 4096);
  static guarded target(4 * 4096);
  std::mt19937 random(7);
  std::size_t wrong = 0;
  for (std::size_t n = 0; n <= 300; ++n) {
    std::size_t const bytes = row.bytes(n);
    for (std::uint8_t* in : {source.last(bytes), source.first() + n % 64}) {
      for (std::size_t i = 0; i < bytes; ++i) {
        in[i] = static_cast<std::uint8_t>(n == 256 ? i : random());
      }
      std::vector<float> want(n, 1.0F);
      row.portable(in, want.data(), n);
      for (std::uint8_t* out : {target.last(4 * n), target.first() + 4 * (n % 16)}) {
        std::memset(out, 0x5a, 4 * n);
        row.kernel(in, reinterpret_cast<float*>(out), n);
        wrong += n != 0 && std::memcmp(out, want.data(), 4 * n) != 0 ? 1U : 0U;
      }
    }
  }
  CHECK(wrong == 0);
}

/// Whether a tag has cast kernels of its own; the others (for matrix products) inherit every one of them.
template <class Tag>
constexpr bool owns_casts() {
  namespace k = lowp::kernel;
  using lowp::bit_order::low_first;
  using lowp::bit_order::padded;
  using nearest = lowp::rounding::nearest_even;
  using saturate = lowp::overflow::saturate;
  auto const own = []<class... Slots>(Slots...) { return (std::same_as<typename Slots::served_by, Tag> || ...); };
  return own(k::encode_slot<Tag, lowp::e4m3fn, padded, nearest, saturate>{},
             k::encode_slot<Tag, lowp::e3m2fn, low_first, nearest, saturate>{},
             k::decode_slot<Tag, lowp::e4m3fn, padded>{}, k::decode_slot<Tag, lowp::e3m2fn, low_first>{},
             k::absmax_slot<Tag>{}, k::contains_nan_slot<Tag>{});
}

/// Calls f(tag) for every vector ISA of the list that has cast kernels and that this CPU has; says which it has not.
template <class F, class... Tags>
void for_each_isa(F&& f, lowp::isa::tag_list<Tags...>) {
  auto const one = [&]<class Tag>(Tag tag) {
    if constexpr (!std::same_as<Tag, lowp::isa::portable> && owns_casts<Tag>()) {
      if (Tag::available()) {
        f(tag);
      } else {
        WARN(Tag::name << " is skipped: this CPU does not have it");
      }
    }
  };
  (one(Tags{}), ...);
}

template <class F>
void for_each_isa(F&& f) {
  if (lowp::isa::list::size == 1) {
    WARN("no vector ISA is compiled for this architecture");
  }
  for_each_isa(f, lowp::isa::list{});
}

/// The ISAs of for_each_isa as values, for bodies that need no tag and are then compiled once.
struct vector_isa {
  char const* name;
  std::size_t position;  // in lowp::isa::list
};

inline std::vector<vector_isa> vector_isas() {
  std::vector<vector_isa> found;
  for_each_isa([&]<class Tag>(Tag) { found.push_back({Tag::name, lowp::isa::index_in<Tag>(lowp::isa::list{})}); });
  return found;
}

/// The kernel that must serve an encoding to bytes or nibbles on this tag: silent fallbacks are failures.
template <class Tag>
constexpr char const* encoder_of() {
  return std::string_view(Tag::name) == "avx512_vbmi" ? "avx512" : Tag::name;
}

template <class Tag, class F, class Order, class R, class O>
void check_policies(char const* format, char const* policies, char const* expected) {
  check(encode_row_of<Tag, F, Order, R, O>(format, policies), expected);
}

/// All roundings that vector kernels serve under nonsaturating, where a kernel has most to do after rounding; and what the
/// other overflows change, once for each kind of rounding.
template <class Tag, class F, class Order>
void check_roundings(char const* format, char const* expected) {
  namespace r = lowp::rounding;
  namespace o = lowp::overflow;
  check_policies<Tag, F, Order, r::nearest_even, o::saturate>(format, "nearest_even saturate", expected);
  check_policies<Tag, F, Order, r::nearest_even, o::nonsaturating>(format, "nearest_even nonsaturating", expected);
  check_policies<Tag, F, Order, r::nearest_even, o::saturate_finite>(format, "nearest_even saturate_finite", expected);
  check_policies<Tag, F, Order, r::nearest_away, o::nonsaturating>(format, "nearest_away nonsaturating", expected);
  check_policies<Tag, F, Order, r::toward_zero, o::nonsaturating>(format, "toward_zero nonsaturating", expected);
  check_policies<Tag, F, Order, r::up, o::nonsaturating>(format, "up nonsaturating", expected);
  check_policies<Tag, F, Order, r::up, o::saturate_finite>(format, "up saturate_finite", expected);
  check_policies<Tag, F, Order, r::down, o::nonsaturating>(format, "down nonsaturating", expected);
  check_policies<Tag, F, Order, r::to_odd, o::nonsaturating>(format, "to_odd nonsaturating", expected);
  if constexpr (!lowp::CodebookFormat<F>) {
    check_policies<Tag, F, Order, r::stochastic_hash, o::saturate>(format, "stochastic_hash saturate", expected);
  }
}

/// Both generators and all numbers of random bits.
template <class Tag, class F, class Order>
void check_random(char const* format, char const* expected) {
  namespace r = lowp::rounding;
  using saturate = lowp::overflow::saturate;
  using hash_8 = r::basic_stochastic<r::variant::a, 8, lowp::counter_hash>;
  using hash_32 = r::basic_stochastic<r::variant::a, 32, lowp::counter_hash>;
  check_policies<Tag, F, Order, hash_8, saturate>(format, "hash of 8 bits", expected);
  check_policies<Tag, F, Order, hash_32, saturate>(format, "hash of 32 bits", expected);
  check_policies<Tag, F, Order, r::stochastic, saturate>(format, "stochastic", expected);
  check_policies<Tag, F, Order, r::stochastic_8, saturate>(format, "stochastic_8", expected);
  check_policies<Tag, F, Order, r::stochastic_32, saturate>(format, "stochastic_32", expected);
}

}  // namespace isa_test
