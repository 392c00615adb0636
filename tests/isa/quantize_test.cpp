// SPDX-License-Identifier: Apache-2.0
// also built: fast_math native
#include "isa/agreement.hpp"

#include <bit>
#include <cmath>
#include <concepts>
#include <cstdint>
#include <cstring>
#include <random>
#include <vector>

#include <lowp/quantize.hpp>

using namespace isa_test;

namespace {

/// Rows of every kind: Gaussian, of wildly different magnitudes, tiny, with infinities, with NaNs.
std::vector<float> rows_of_every_kind(std::size_t rows, std::size_t cols, std::mt19937& random) {
  std::normal_distribution<float> normal;
  std::vector<float> w(rows * cols);
  for (std::size_t i = 0; i < w.size(); ++i) {
    std::size_t const kind = i / cols % 6;
    float x = normal(random);
    x *= kind == 1 ? std::exp2(20 * normal(random)) : kind == 2 ? 0x1p-120F : kind == 5 ? 0.0F : 1.0F;
    if (kind == 3 && random() % 16 == 0) {
      x = std::bit_cast<float>((std::bit_cast<std::uint32_t>(x) & 0x8000'0000U) | 0x7f80'0000U);
    }
    w[i] = x;
    if (kind == 4 && random() % 16 == 0) {
      w[i] = std::bit_cast<float>(static_cast<std::uint32_t>(0x7fc0'0001U | (random() & 0x8000'0000U)));
    }
  }
  return w;
}

template <class S>
void check_scheme(char const* name, std::size_t most_cols = 4099) {
  for (vector_isa const& isa : vector_isas()) {
    INFO(name << " on " << isa.name);
    std::mt19937 random(11);
    std::size_t wrong = 0;
    for (std::size_t cols : {1U, 15U, 16U, 33U, 63U, 64U, 65U, 172U, 1000U, 4099U}) {
      if (cols > most_cols) break;
      std::size_t const rows = 6;
      std::vector<float> const w = rows_of_every_kind(rows, cols, random);
      lowp::matrix_view<float const> const x(w.data(), rows, cols);
      std::vector<float> got(w.size());
      std::vector<float> want(w.size());
      lowp::quantized_matrix<S> a;
      lowp::quantized_matrix<S> b;
      {
        auto const pin = lowp::with_isa(lowp::isa::portable{});
        a = lowp::quantize<S>(x, lowp::nan::zero{});
        lowp::dequantize_into(a, lowp::matrix_view<float>(want.data(), rows, cols));
      }
      {
        lowp::isa_pin const pin(isa.position);
        b = lowp::quantize<S>(x, lowp::nan::zero{});
        lowp::dequantize_into(b, lowp::matrix_view<float>(got.data(), rows, cols));
      }
      wrong += a.zero_points() != b.zero_points() || a.offsets() != b.offsets() ? 1U : 0U;
      wrong += a.codes() != b.codes() ||
                       std::memcmp(a.scales().data(), b.scales().data(), a.scales().size() * sizeof(a.scales()[0])) != 0
                   ? 1U
                   : 0U;
      wrong += std::memcmp(got.data(), want.data(), 4 * got.size()) != 0 ? 1U : 0U;
    }
    CHECK(wrong == 0);
  }
}

}  // namespace

TEST_CASE("quantize and dequantize equal portable: per tensor, channel and block", "[isa]") {
  check_scheme<lowp::int8_per_channel>("int8/channel");
  check_scheme<lowp::scheme<lowp::e4m3fn, lowp::per_tensor>>("e4m3fn/tensor");
  check_scheme<lowp::scheme<lowp::e4m3fn, lowp::per_channel<1>>>("e4m3fn/column");
  check_scheme<lowp::scheme<lowp::e5m2, lowp::per_block<2, 48>, lowp::scale::absmax<float>, lowp::rounding::up,
                            lowp::overflow::nonsaturating>>("e5m2/2x48 up");
}

TEST_CASE("quantize and dequantize equal portable: groups", "[isa]") {
  check_scheme<lowp::scheme<lowp::int4, lowp::per_group<128>>>("int4/g128");
  check_scheme<lowp::scheme<lowp::int4, lowp::per_group<32>>>("int4/g32");
  check_scheme<lowp::scheme<lowp::int4, lowp::per_group<3>>>("int4/g3");
  check_scheme<lowp::scheme<lowp::nf4, lowp::per_group<64>>>("nf4/g64");
  check_scheme<lowp::mxfp4>("mxfp4");
  check_scheme<lowp::mxfp8_e5m2>("mxfp8_e5m2");
  check_scheme<lowp::nvfp4>("nvfp4");
  check_scheme<
      lowp::scheme<lowp::e4m3fn, lowp::per_group<16>, lowp::scale::absmax<float>, lowp::rounding::stochastic_hash>>(
      "e4m3fn/g16 stochastic");
}

TEST_CASE("quantize and dequantize equal portable: dense odd widths", "[isa]") {
  check_scheme<lowp::mxfp6_e3m2>("mxfp6_e3m2");
  check_scheme<lowp::scheme<lowp::int3, lowp::per_group<128>>>("int3/g128");
  check_scheme<lowp::scheme<lowp::int5, lowp::per_group<33>>>("int5/g33");
  check_scheme<lowp::scheme<lowp::int6, lowp::per_group<200>>>("int6/g200");
  check_scheme<lowp::scheme<lowp::int7, lowp::per_group<131>>>("int7/g131");
  check_scheme<lowp::scheme<lowp::uint1, lowp::per_channel<0>>>("uint1/channel");
}

#if LOWP_X86
namespace k = lowp::kernel;
template <class Tag, class F, class Order, class Shift>
constexpr bool serves_shifts =
    std::same_as<typename k::shifted_quantize_slot<Tag, F, Order, lowp::rounding::nearest_even, Shift>::served_by,
                 Tag>&& std::same_as<typename k::shifted_dequantize_slot<Tag, F, Order, Shift>::served_by, Tag>;
static_assert(serves_shifts<lowp::isa::avx2, lowp::uint4, lowp::bit_order::low_first, k::shift::zero_point>);
static_assert(serves_shifts<lowp::isa::avx2, lowp::uint3, lowp::bit_order::low_first, k::shift::offset>);
static_assert(serves_shifts<lowp::isa::avx512, lowp::int8, lowp::bit_order::padded, k::shift::zero_point>);
static_assert(serves_shifts<lowp::isa::avx512, lowp::uint4, lowp::bit_order::high_first, k::shift::offset>);
#endif

TEST_CASE("quantize and dequantize equal portable: zero points and offsets", "[isa]") {
  namespace scale = lowp::scale;
  check_scheme<lowp::scheme<lowp::uint4, lowp::per_group<32>, scale::minmax<lowp::bfloat16>>>("uint4/g32 affine");
  check_scheme<lowp::uint8_affine>("uint8_affine");
  check_scheme<lowp::scheme<lowp::int8, lowp::per_group<48>, scale::minmax<lowp::bfloat16>>>("int8/g48 affine");
  check_scheme<lowp::scheme<lowp::uint3, lowp::per_group<64>, scale::minmax<>>>("uint3/g64 affine");
  check_scheme<lowp::scheme<lowp::int4, lowp::per_block<2, 24>, scale::minmax<>>>("int4/2x24 affine");
  check_scheme<lowp::scheme<lowp::uint4, lowp::per_group<32>, scale::offset<>>>("uint4/g32 offset");
  check_scheme<lowp::scheme<lowp::uint8, lowp::per_group<7>, scale::offset<lowp::bfloat16>>>("uint8/g7 offset");
  check_scheme<lowp::scheme<lowp::uint5, lowp::per_group<160>, scale::offset<>>>("uint5/g160 offset");
}

TEST_CASE("quantize and dequantize equal portable: negative scales", "[isa]") {
  using lowp::scale::signed_absmax;
  check_scheme<lowp::scheme<lowp::int4, lowp::per_group<32>, signed_absmax<lowp::bfloat16>>>("int4/g32 signed");
  check_scheme<lowp::scheme<lowp::e4m3fn, lowp::per_block<2, 40>, signed_absmax<>>>("e4m3fn/2x40 signed");
}

TEST_CASE("the least E8M0 scale, 2^-127, is read exactly", "[isa]") {
  for (vector_isa const& isa : vector_isas()) {
    INFO(isa.name);
    lowp::isa_pin const pin(isa.position);
    lowp::kernel::fp_env const environment;  // for what is expected
    lowp::quantized_matrix<lowp::mxfp8_e5m2> q(2, 128);
    for (std::size_t i = 0; i < 256; ++i) q.view().codes[i] = static_cast<std::uint8_t>(i);
    for (std::size_t i = 0; i < 8; ++i) q.view().scales[i] = lowp::from_bits<lowp::e8m0fnu>(0);
    std::vector<float> out(256);
    lowp::dequantize_into(q, lowp::matrix_view<float>(out.data(), 2, 128));
    std::size_t wrong = 0;
    for (std::size_t i = 0; i < 256; ++i) {
      auto const value = static_cast<float>(q.code(i / 128, i % 128));
      auto const want = static_cast<float>(static_cast<double>(value) * 0x1p-127);  // two bits from 2^-143 on: exact
      bool const nan = (i & 0x7fU) > 0x7cU;
      wrong +=
          (nan ? std::bit_cast<std::uint32_t>(out[i]) != 0x7fc0'0000U : std::memcmp(&out[i], &want, sizeof want) != 0)
              ? 1U
              : 0U;
    }
    CHECK(wrong == 0);
  }
}

TEST_CASE("searches by estimates find the scale of the definition", "[isa]") {
  // The portable search is the definition: slow.
  std::size_t const cols = lowp_test::sanitized ? 65 : 1000;
  using lowp::scale::mse;
  using lowp::scale::norm;
  check_scheme<lowp::scheme<lowp::int4, lowp::per_group<64>, mse<norm::power_2_4, 20, 80, lowp::bfloat16>>>(
      "int4/g64 2.4", cols);
  check_scheme<lowp::scheme<lowp::int8, lowp::per_group<128>, mse<norm::squared, 40, 50>>>("int8/g128 mse", cols);
  check_scheme<lowp::scheme<lowp::uint2, lowp::per_channel<0>, mse<norm::absolute, 40, 90>>>("uint2/channel mse1",
                                                                                             cols);
  check_scheme<lowp::scheme<lowp::e2m1fn, lowp::per_group<16>, mse<norm::power_2_4, 20, 80, lowp::e8m0fnu>>>(
      "e2m1fn/g16 2.4", cols);
}

TEST_CASE("with_isa pins a scope and a thread, and names the ISA", "[isa]") {
  std::string const best = lowp::isa_name();
  {
    auto const pin = lowp::with_isa(lowp::isa::portable{});
    CHECK(std::string(lowp::isa_name()) == "portable");
  }
  CHECK(lowp::isa_name() == best);
}
