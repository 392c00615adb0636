// SPDX-License-Identifier: Apache-2.0
//
// quantize_into and dequantize_into of matrices with rows of 4096, from L2 and from memory; INT and FP side by side, scales and
// checks included; guarantee::basic, which is what quantize does, but where a row says strong. One thread; columns: rows.hpp.

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <lowp/quantize.hpp>

#include "rows.hpp"

namespace {

using bench::buffers;

constexpr std::size_t cols = 4096;

template <class S>
struct matrix {
  std::size_t rows;
  std::vector<typename S::stored_scale> scales;

  explicit matrix(std::size_t n) : rows(n / cols), scales(lowp::quantized_size::of<S>(n / cols, cols).scale_count) {}
  lowp::quantized_view<S> view() { return {rows, cols, buffers::get().codes.data(), scales.data()}; }
};

template <class S, class Guarantee = lowp::guarantee::basic>
void quantize_row(benchmark::State& state, std::size_t n) {
  matrix<S> q(n);
  lowp::matrix_view<float const> const x(buffers::get().floats.data(), q.rows, cols);
  double const seconds = bench::fastest(state, [&] { lowp::quantize_into<S>(x, q.view(), Guarantee{}); });
  bench::report(state, n, {32, S::element::bits}, seconds, lowp::isa_name());
  if (n == bench::sizes[0]) {
    lowp::matrix_view<float> const back(buffers::get().results.data(), q.rows, cols);
    lowp::dequantize_into(q.view(), back);
    bench::report_noise(state, n, back.data());
  }
}

template <class S>
void dequantize_row(benchmark::State& state, std::size_t n) {
  matrix<S> q(n);
  lowp::quantize_into<S>(lowp::matrix_view<float const>(buffers::get().floats.data(), q.rows, cols), q.view());
  lowp::matrix_view<float> const out(buffers::get().results.data(), q.rows, cols);
  double const seconds = bench::fastest(state, [&] { lowp::dequantize_into(q.view(), out); });
  bench::report(state, n, {S::element::bits, 32}, seconds, lowp::isa_name());
}

/// What everyone has: absmax of a row, a division, the scalar cast.
template <class F>
void scalar_row(benchmark::State& state, std::size_t n) {
  buffers const& b = buffers::get();
  double const seconds = bench::fastest(state, [&] {
    for (std::size_t first = 0; first < n; first += cols) {
      float greatest = 0;
      for (std::size_t i = first; i < first + cols; ++i) {
        float const size = b.floats[i] < 0 ? -b.floats[i] : b.floats[i];
        greatest = size > greatest ? size : greatest;
      }
      float const scale = greatest / lowp::facts<F>::max;
      for (std::size_t i = first; i < first + cols; ++i) {
        b.codes[i] = static_cast<std::uint8_t>(to_bits(lowp::cast<F>(b.floats[i] / scale)));
      }
    }
  });
  bench::report(state, n, {32, 8}, seconds, "scalar");
}

template <class S>
void add_scheme(std::string const& name) {
  bench::add("quantize/" + name, [](benchmark::State& state, std::size_t n) { quantize_row<S>(state, n); });
  bench::add("dequantize/" + name, [](benchmark::State& state, std::size_t n) { dequantize_row<S>(state, n); });
}

}  // namespace

int main(int argc, char** argv) {
  using lowp::per_group;
  using lowp::scheme;
  for (bench::traffic bytes :
       {bench::traffic{32, 8}, bench::traffic{32, 4}, bench::traffic{8, 32}, bench::traffic{4, 32}}) {
    bench::add_copy(bytes);
  }
  add_scheme<lowp::int8_per_tensor>("int8/tensor");
  add_scheme<scheme<lowp::e4m3fn, lowp::per_tensor>>("e4m3fn/tensor");
  add_scheme<lowp::int8_per_channel>("int8/channel");
  add_scheme<lowp::fp8_per_channel>("e4m3fn/channel");
  add_scheme<scheme<lowp::int8, per_group<128>>>("int8/g128");
  add_scheme<scheme<lowp::e4m3fn, per_group<128>>>("e4m3fn/g128");
  bench::add("quantize/int8/channel, strong", [](benchmark::State& state, std::size_t n) {
    quantize_row<lowp::int8_per_channel, lowp::guarantee::strong>(state, n);
  });
  bench::add("quantize/int4/g32, strong", [](benchmark::State& state, std::size_t n) {
    quantize_row<lowp::int4_g32, lowp::guarantee::strong>(state, n);
  });
  add_scheme<lowp::mxfp8_e4m3>("mxfp8_e4m3");
  add_scheme<lowp::mxfp6_e3m2>("mxfp6_e3m2");
  add_scheme<scheme<lowp::int4, per_group<32>>>("int4/g32, float scales");
  add_scheme<lowp::int4_g32>("int4/g32");
  add_scheme<lowp::int4_g128>("int4/g128");
  add_scheme<lowp::mxfp4>("mxfp4");
  add_scheme<scheme<lowp::e2m1fn, per_group<16>, lowp::scale::absmax<lowp::e4m3fn>>>("e2m1fn/g16, e4m3fn scales");
  add_scheme<scheme<lowp::nf4, per_group<64>>>("nf4/g64");
  bench::add("scalar loop/e4m3fn channel",
             [](benchmark::State& state, std::size_t n) { scalar_row<lowp::e4m3fn>(state, n); });
  bench::add("scalar loop/int8 channel",
             [](benchmark::State& state, std::size_t n) { scalar_row<lowp::int8>(state, n); });
  return bench::run(argc, argv);
}
