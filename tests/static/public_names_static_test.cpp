// SPDX-License-Identifier: Apache-2.0
//
// The spellings that other programs are written against, with nothing included but the door of all doors. That they compile
// is the test.
#include <lowp/lowp.hpp>

#include <limits>
#include <span>
#include <vector>

namespace {

template <lowp::Format F>
consteval bool is_a_format() {
  using lowp::cast;
  static_assert(noexcept(cast<F>(1.0F))&& noexcept(cast<F>(1.0)));
  F const one = cast<F>(1.0, lowp::rounding::nearest_even{}, lowp::overflow::saturate{});
  static_assert(lowp::facts<F>::bits <= 16 && (lowp::facts<F>::has_nan || !lowp::facts<F>::has_nan));
  return lowp::decode(lowp::from_bits<F>(lowp::to_bits(one))) == static_cast<float>(one) &&
         lowp::facts<F>::max == static_cast<float>(std::numeric_limits<F>::max());
}

template <class... F>
consteval bool are_formats() {
  return (is_a_format<F>() && ...);
}

static_assert(are_formats<lowp::e5m2, lowp::e4m3fn, lowp::e4m3, lowp::e3m4, lowp::e3m4fn, lowp::e5m2fnuz,
                          lowp::e4m3fnuz, lowp::e4m3b11fnuz, lowp::e8m0fnu, lowp::ue4m3, lowp::ue5m3, lowp::e3m2fn,
                          lowp::e2m3fn, lowp::e2m1fn, lowp::e3m0fn, lowp::bfloat16, lowp::float16>());
static_assert(are_formats<lowp::int8, lowp::int7, lowp::int6, lowp::int5, lowp::int4, lowp::int3, lowp::int2,
                          lowp::uint8, lowp::uint4, lowp::uint2, lowp::uint1, lowp::p3109::binary8p3se,
                          lowp::p3109::binary8p4uf, lowp::p3109::binary4p2sf>());
static_assert(
    are_formats<lowp::minifloat<3, 2, 3, lowp::specials::fn, lowp::sign_bit::absent>,
                lowp::minifloat<3, 2, 3, lowp::specials::ieee>, lowp::minifloat<3, 2, 3, lowp::specials::finite>,
                lowp::minifloat<3, 2, 4, lowp::specials::fnuz, lowp::sign_bit::present>>());
static_assert(lowp::facts<lowp::e3m4>::max == 15.5F && lowp::facts<lowp::e3m4fn>::max == 30.0F);
static_assert(lowp::facts<lowp::e4m3fn>::min_normal == 0x1p-6F && lowp::facts<lowp::e4m3fn>::min_subnormal == 0x1p-9F);

template <class Rounding>
lowp::e4m3fn in_every_overflow(float x, Rounding r) {
  (void)lowp::cast<lowp::e4m3fn>(x, r, lowp::overflow::nonsaturating{});
  (void)lowp::cast<lowp::e4m3fn>(x, r, lowp::overflow::saturate_finite{});
  return lowp::cast<lowp::e4m3fn>(static_cast<double>(x), r);
}

void casts() {
  using namespace lowp::rounding;
  (void)in_every_overflow(0.3F, nearest_even{});
  (void)in_every_overflow(0.3F, nearest_away{});
  (void)in_every_overflow(0.3F, toward_zero{});
  (void)in_every_overflow(0.3F, up{});
  (void)in_every_overflow(0.3F, down{});
  (void)in_every_overflow(0.3F, to_odd{});
  (void)in_every_overflow(0.3F, stochastic{42});
  (void)in_every_overflow(0.3F, stochastic{42, 7});
  (void)in_every_overflow(0.3F, stochastic_given<variant::a, 4>{3});
  (void)in_every_overflow(0.3F, stochastic_given<variant::b, 4>{3});
  (void)in_every_overflow(0.3F, stochastic_given<variant::c, 4>{3});
}

void spans(std::vector<float>& x, std::vector<lowp::e4m3fn>& codes) {
  lowp::cast_into(std::span<float const>(x), std::span<lowp::e4m3fn>(codes));
  lowp::cast_into(x, codes, lowp::rounding::stochastic{1}, lowp::overflow::saturate{});
  lowp::decode_into(std::span<lowp::e4m3fn const>(codes), std::span<float>(x));
  lowp::decode_into(codes, x);
}

template <class Element, class Granularity, class Scale>
using composed = lowp::scheme<Element, Granularity, Scale, lowp::rounding::nearest_even, lowp::overflow::saturate>;

template <class... S>
consteval bool are_schemes() {
  return (lowp::Scheme<S> && ...);
}

namespace pow2 = lowp::scale::pow2;
static_assert(
    are_schemes<composed<lowp::e4m3fn, lowp::per_tensor, lowp::scale::absmax<float>>,
                composed<lowp::int4, lowp::per_block<16, 16>, lowp::scale::absmax<lowp::float16>>,
                composed<lowp::int8, lowp::per_channel<1>, lowp::scale::fixed>,
                composed<lowp::int4, lowp::per_group<128>, lowp::scale::mse<>>,
                composed<lowp::e2m1fn, lowp::per_group<32>, lowp::scale::power_of_two<pow2::floor, lowp::e8m0fnu>>,
                composed<lowp::e2m1fn, lowp::per_group<32>, lowp::scale::power_of_two<pow2::ceil, lowp::e8m0fnu>>,
                composed<lowp::e2m1fn, lowp::per_group<32>, lowp::scale::power_of_two<pow2::even, lowp::e8m0fnu>>,
                composed<lowp::e2m1fn, lowp::per_group<32>, lowp::scale::power_of_two<pow2::rceil, lowp::e8m0fnu>>>());
static_assert(are_schemes<lowp::mxfp8_e4m3, lowp::mxfp8_e5m2, lowp::mxfp6_e2m3, lowp::mxfp6_e3m2, lowp::mxfp4,
                          lowp::mxint8, lowp::nvfp4, lowp::int4_g128, lowp::w8a8_fp8, lowp::w8a8_int8, lowp::fireq>());

void matrices(float const* numbers, float* results, std::vector<float> const& b) {
  lowp::matrix_view<float const> const w(numbers, 64, 64);
  lowp::matrix_view<float const> const padded(numbers, 32, 64, 128);
  lowp::matrix_view<float> const y(results, 64, 64);
  auto q = lowp::quantize<lowp::int4_g128>(w);
  lowp::quantize_into<lowp::int4_g128>(w, q);
  lowp::quantize_into<lowp::int4_g128>(w, q.view());
  lowp::dequantize_into(q, y);
  auto const x = lowp::quantize<lowp::w8a8_fp8>(padded);
  auto const packed = lowp::pack(q);
  auto const portable = lowp::pack<lowp::isa::portable>(q);
  lowp::gemm(x, packed, y);
  auto const pin = lowp::with_isa(lowp::isa::portable{});
  lowp::gemm(x, portable, y, lowp::accumulate::exact{},
             lowp::epilogue::chain{lowp::epilogue::bias{b}, lowp::epilogue::silu{}}, lowp::serial{});
  (void)lowp::compare(w, lowp::named<lowp::int4_g128>{"int4/g128"}, lowp::named<lowp::w8a8_fp8>{"e4m3fn/row"});
}

void at_run_time(lowp::matrix_view<float const> w) try {
  for (char const* const name : {"e3m2fn", "minifloat:e3m2:b3:fn", "int5", "binary6p3sf", "nf4"}) {
    lowp::any_format const f = lowp::parse_format(name);
    (void)f;
  }
  lowp::any_scheme const s = lowp::parse_scheme("e2m1fn/g16/e4m3fn+f32");
  lowp::any_quantized_matrix const q = lowp::quantize(s, w);
  lowp::any_packed const p = lowp::pack(q);
  (void)p;
} catch (lowp::error const&) {
}

}  // namespace

void use_all_names(std::vector<float>& x, std::vector<lowp::e4m3fn>& codes);
void use_all_names(std::vector<float>& x, std::vector<lowp::e4m3fn>& codes) {
  casts();
  spans(x, codes);
  matrices(x.data(), x.data(), x);
  at_run_time(lowp::matrix_view<float const>(x.data(), 1, x.size()));
}
