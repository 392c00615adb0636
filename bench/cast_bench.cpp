// SPDX-License-Identifier: Apache-2.0
//
// Casts of spans, from L2 and from memory, beside the scalar cast in a loop and, where they are installed, the casts of
// other libraries. One thread. Each row names the ISA that serves it; columns: rows.hpp.

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include <lowp/quantize.hpp>

#include "peers.hpp"
#include "rows.hpp"

namespace {

using bench::buffers;
using bench::traffic;

/// `n` codes of F in the code buffer, a byte or two each, or dense.
template <class F>
auto codes(std::size_t n) {
  auto* const bytes = buffers::get().codes.data();
  if constexpr (F::bits >= 8) {
    return std::span<F>(reinterpret_cast<F*>(bytes), n);
  } else {
    return lowp::packed_span<F>(bytes, n);
  }
}

template <class F, class Rounding = lowp::rounding::nearest_even>
void encode_row(benchmark::State& state, std::size_t n, Rounding rounding = {}) {
  buffers const& b = buffers::get();
  std::span<float const> const in(b.floats.data(), n);
  auto const out = codes<F>(n);
  double const seconds = bench::fastest(state, [&] { lowp::cast_into(in, out, rounding); });
  bench::report(state, n, {32, F::bits}, seconds, lowp::isa_name());
  if (n == bench::sizes[0]) {
    std::span<float> const back(b.results.data(), n);
    lowp::decode_into(out, back);
    bench::report_noise(state, n, back.data());
  }
}

template <class F>
void decode_row(benchmark::State& state, std::size_t n) {
  std::span<float> const out(buffers::get().results.data(), n);
  auto const in = codes<F>(n);
  double const seconds = bench::fastest(state, [&] { lowp::decode_into(in, out); });
  bench::report(state, n, {F::bits, 32}, seconds, lowp::isa_name());
}

/// bfloat16 and float16 numbers to codes.
template <class From, class F>
void narrow_row(benchmark::State& state, std::size_t n) {
  std::span<From> const in(reinterpret_cast<From*>(buffers::get().results.data()), n);
  lowp::cast_into(std::span<float const>(buffers::get().floats.data(), n), in);
  auto const out = codes<F>(n);
  double const seconds = bench::fastest(state, [&] { lowp::cast_into(in, out); });
  bench::report(state, n, {16, F::bits}, seconds, lowp::isa_name());
}

template <class F>
void bfloat16_row(benchmark::State& state, std::size_t n) {
  std::span<lowp::bfloat16> const out(reinterpret_cast<lowp::bfloat16*>(buffers::get().results.data()), n);
  auto const in = codes<F>(n);
  double const seconds = bench::fastest(state, [&] { lowp::decode_into(in, out); });
  bench::report(state, n, {F::bits, 16}, seconds, lowp::isa_name());
}

/// What everyone has without bulk kernels: the scalar cast in a loop.
template <class F>
void scalar_row(benchmark::State& state, std::size_t n) {
  buffers const& b = buffers::get();
  auto const out = codes<F>(n);
  double const seconds = bench::fastest(state, [&] {
    for (std::size_t i = 0; i < n; ++i) {
      out[i] = lowp::cast<F>(b.floats[i]);
    }
  });
  bench::report(state, n, {32, F::bits}, seconds, "scalar");
}

template <class F>
void add_format(std::string const& name) {
  bench::add("encode/" + name, [](benchmark::State& state, std::size_t n) { encode_row<F>(state, n); });
  bench::add("decode/" + name, [](benchmark::State& state, std::size_t n) { decode_row<F>(state, n); });
}

}  // namespace

int main(int argc, char** argv) {
  for (traffic bytes : {traffic{32, 8}, traffic{32, 4}, traffic{32, 16}, traffic{8, 32}, traffic{4, 32},
                        traffic{16, 32}, traffic{16, 8}, traffic{8, 16}}) {
    bench::add_copy(bytes);
  }
  add_format<lowp::e4m3fn>("e4m3fn");
  add_format<lowp::e5m2>("e5m2");
  add_format<lowp::e3m4>("e3m4");
  add_format<lowp::int8>("int8");
  add_format<lowp::e3m2fn>("e3m2fn");
  add_format<lowp::int6>("int6");
  add_format<lowp::e2m1fn>("e2m1fn");
  add_format<lowp::int4>("int4");
  add_format<lowp::nf4>("nf4");
  add_format<lowp::bfloat16>("bfloat16");
  add_format<lowp::float16>("float16");
  bench::add("encode/e4m3fn stochastic_hash", [](benchmark::State& state, std::size_t n) {
    encode_row<lowp::e4m3fn>(state, n, lowp::rounding::stochastic_hash{1});
  });
  bench::add("encode/e4m3fn stochastic", [](benchmark::State& state, std::size_t n) {
    encode_row<lowp::e4m3fn>(state, n, lowp::rounding::stochastic{1});
  });
  bench::add("bfloat16 to e4m3fn",
             [](benchmark::State& state, std::size_t n) { narrow_row<lowp::bfloat16, lowp::e4m3fn>(state, n); });
  bench::add("float16 to e4m3fn",
             [](benchmark::State& state, std::size_t n) { narrow_row<lowp::float16, lowp::e4m3fn>(state, n); });
  bench::add("e4m3fn to bfloat16",
             [](benchmark::State& state, std::size_t n) { bfloat16_row<lowp::e4m3fn>(state, n); });
  bench::add("int8 to bfloat16", [](benchmark::State& state, std::size_t n) { bfloat16_row<lowp::int8>(state, n); });
  bench::add("scalar loop/e4m3fn", [](benchmark::State& state, std::size_t n) { scalar_row<lowp::e4m3fn>(state, n); });
  bench::add("scalar loop/int8", [](benchmark::State& state, std::size_t n) { scalar_row<lowp::int8>(state, n); });
  bench::add_cast_peers();
  return bench::run(argc, argv);
}
