// SPDX-License-Identifier: Apache-2.0
#include "kernels.hpp"

#include <algorithm>
#include <array>

#include <lowp/quantize.hpp>

namespace format_compare {

namespace {

template <lowp::Scheme S>
constexpr std::size_t slice_scales = lowp::quantized_size::of<S>(slice_rows, slice_cols).scale_count;

/// NaNs are cast like any other value, so that formats with and without a NaN do the same work.
template <lowp::Scheme S>
void quantize_slice(float const* in, std::uint8_t* codes) {
  std::array<typename S::stored_scale, slice_scales<S>> scales;  // stays in the first-level cache
  lowp::quantize_into<S>(lowp::matrix_view<float const>(in, slice_rows, slice_cols),
                         lowp::quantized_view<S>{slice_rows, slice_cols, codes, scales.data()}, lowp::nan::as_cast{});
}

template <lowp::Scheme S>
void dequantize_slice(std::uint8_t const* codes, float* out) {
  using stored = typename S::stored_scale;
  static std::array<stored, slice_scales<S>> const ones = [] {
    std::array<stored, slice_scales<S>> scales;
    scales.fill(lowp::scale::stored_scale<stored>::one().stored);
    return scales;
  }();
  lowp::dequantize_into(lowp::const_quantized_view<S>{slice_rows, slice_cols, codes, ones.data()},
                        lowp::matrix_view<float>(out, slice_rows, slice_cols));
}

template <lowp::Scheme S>
compiled_scheme compiled(char const* name, char const* scale) {
  using element = typename S::element;
  using order = lowp::row_order<element>;
  auto const quantize_isa = lowp::kernel::dispatch([](auto tag) {
    return lowp::kernel::quantize_slot<decltype(tag), element, order, typename S::rounding, typename S::overflow,
                                       lowp::nan::as_cast>::served_by::name;
  });
  auto const dequantize_isa = lowp::kernel::dispatch(
      [](auto tag) { return lowp::kernel::dequantize_slot<decltype(tag), element, order>::served_by::name; });
  constexpr lowp::format_facts const& facts = lowp::facts<element>::all;
  return {name,
          scale,
          facts.bits,
          facts.is_integer                ? family::integer
          : lowp::CodebookFormat<element> ? family::table
                                          : family::floating,
          &quantize_slice<S>,
          &dequantize_slice<S>,
          quantize_isa,
          dequantize_isa};
}

template <lowp::Format Element>
compiled_scheme grouped_scheme(char const* name) {
  return compiled<lowp::scheme<Element, lowp::per_group<128>>>(name, "g128 f32");
}

template <lowp::Format Element>
using mx = lowp::scheme<Element, lowp::per_group<32>, lowp::scale::power_of_two<lowp::scale::pow2::floor>>;

}  // namespace

std::span<compiled_scheme const> compiled_schemes() {
  static std::array const all = {
      grouped_scheme<lowp::int8>("int8"),
      grouped_scheme<lowp::e4m3fn>("e4m3fn"),
      grouped_scheme<lowp::e3m4>("e3m4"),
      grouped_scheme<lowp::e3m4fn>("e3m4fn"),
      grouped_scheme<lowp::e5m2>("e5m2"),
      compiled<mx<lowp::int8>>("mxint8", "g32 e8m0"),
      compiled<mx<lowp::e4m3fn>>("mxfp8_e4m3", "g32 e8m0"),
      grouped_scheme<lowp::int6>("int6"),
      grouped_scheme<lowp::e2m3fn>("e2m3fn"),
      grouped_scheme<lowp::e3m2fn>("e3m2fn"),
      compiled<mx<lowp::e2m3fn>>("mxfp6_e2m3", "g32 e8m0"),
      grouped_scheme<lowp::int4>("int4"),
      grouped_scheme<lowp::e2m1fn>("e2m1fn"),
      compiled<mx<lowp::e2m1fn>>("mxfp4", "g32 e8m0"),
      grouped_scheme<lowp::nf4>("nf4"),
      grouped_scheme<lowp::int3>("int3"),
  };
  return all;
}

}  // namespace format_compare
