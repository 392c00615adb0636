// SPDX-License-Identifier: Apache-2.0
// also built: fast_math
//
// Scales that come with something: zero points, offsets, signs; and those that are searched for.
#include "isa/quantize_agreement.hpp"

#include <concepts>
#include <cstddef>

using namespace isa_test;

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

namespace {

struct lopsided_table {
  static constexpr float values[4] = {-7.0F, -1.0F, 0.5F, 1.0F};
};

}  // namespace

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
  // Candidates that make infinities or NaNs of large elements, and errors of more than the block's magnitude.
  check_scheme<lowp::scheme<lowp::e4m3fn, lowp::per_group<32>, mse<norm::power_2_4, 100, 80>,
                            lowp::rounding::nearest_even, lowp::overflow::nonsaturating>>(
      "e4m3fn/g32 2.4 nonsaturating", cols);
  check_scheme<lowp::scheme<lowp::minifloat<2, 1>, lowp::per_group<512>, mse<norm::power_2_4, 100, 80>,
                            lowp::rounding::nearest_even, lowp::overflow::nonsaturating>>("e2m1/g512 2.4 nonsaturating",
                                                                                          cols);
  check_scheme<lowp::scheme<lowp::codebook<lopsided_table>, lowp::per_group<16>, mse<norm::power_2_4, 20, 80>,
                            lowp::rounding::down>>("-7 to 1 down 2.4", cols);
}
