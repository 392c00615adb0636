// SPDX-License-Identifier: Apache-2.0
//
// Eigen's half and bfloat16, cast by its own array expressions.
#include <Eigen/Core>
#include <cstddef>
#include <cstdint>

#include "peers.hpp"
#include "rows.hpp"

namespace bench {

namespace {

template <class T>
void encode_row(benchmark::State& state, std::size_t n) {
  buffers const& b = buffers::get();
  auto const size = static_cast<Eigen::Index>(n);
  Eigen::Map<Eigen::ArrayXf const> const in(b.floats.data(), size);
  Eigen::Map<Eigen::Array<T, Eigen::Dynamic, 1>> out(reinterpret_cast<T*>(b.codes.data()), size);
  report(state, n, {32, 16}, fastest(state, [&] { out = in.template cast<T>(); }), "Eigen");
}

template <class T>
void decode_row(benchmark::State& state, std::size_t n) {
  buffers const& b = buffers::get();
  auto const size = static_cast<Eigen::Index>(n);
  Eigen::Map<Eigen::Array<T, Eigen::Dynamic, 1> const> const in(reinterpret_cast<T const*>(b.codes.data()), size);
  Eigen::Map<Eigen::ArrayXf> out(b.results.data(), size);
  report(state, n, {16, 32}, fastest(state, [&] { out = in.template cast<float>(); }), "Eigen");
}

}  // namespace

void add_eigen_casts() {
  add("encode/float16 (Eigen)", [](benchmark::State& state, std::size_t n) { encode_row<Eigen::half>(state, n); });
  add("decode/float16 (Eigen)", [](benchmark::State& state, std::size_t n) { decode_row<Eigen::half>(state, n); });
  add("encode/bfloat16 (Eigen)", [](benchmark::State& state, std::size_t n) { encode_row<Eigen::bfloat16>(state, n); });
  add("decode/bfloat16 (Eigen)", [](benchmark::State& state, std::size_t n) { decode_row<Eigen::bfloat16>(state, n); });
}

}  // namespace bench
