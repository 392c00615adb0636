// SPDX-License-Identifier: Apache-2.0
//
// quantize_into and dequantize_into of every recipe, rows of 4096, from L2 and from memory; beside them ggml's blocks by the
// plain loops that its reference has. One thread; columns: rows.hpp. Recipes that search for their scale run from L2 only.

#include <cmath>
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
void quantize_row(benchmark::State& state, std::size_t n) {
  lowp::quantized_matrix<S> q(n / cols, cols);
  lowp::matrix_view<float const> const x(buffers::get().floats.data(), n / cols, cols);
  double const seconds = bench::fastest(state, [&] { lowp::quantize_into<S>(x, q.view(), lowp::guarantee::basic{}); });
  bench::report(state, n, {32, S::element::bits}, seconds, lowp::isa_name());
  if (n == bench::sizes[0]) {
    lowp::matrix_view<float> const back(buffers::get().results.data(), n / cols, cols);
    lowp::dequantize_into(q, back);
    bench::report_noise(state, n, back.data());
  }
}

template <class S>
void dequantize_row(benchmark::State& state, std::size_t n) {
  lowp::quantized_matrix<S> q(n / cols, cols);
  if constexpr (!lowp::SearchRule<typename S::scale_rule>) {
    lowp::quantize_into<S>({buffers::get().floats.data(), n / cols, cols}, q.view());
  }
  lowp::matrix_view<float> const out(buffers::get().results.data(), n / cols, cols);
  double const seconds = bench::fastest(state, [&] { lowp::dequantize_into(q, out); });
  bench::report(state, n, {S::element::bits, 32}, seconds, lowp::isa_name());
}

template <class S>
void add_recipe(std::string const& name) {
  auto const quantized = [](benchmark::State& state, std::size_t n) { quantize_row<S>(state, n); };
  if constexpr (lowp::SearchRule<typename S::scale_rule>) {
    bench::add_small("quantize/" + name, quantized);
  } else {
    bench::add("quantize/" + name, quantized);
  }
  bench::add("dequantize/" + name, [](benchmark::State& state, std::size_t n) { dequantize_row<S>(state, n); });
}

/// Blocks as ggml has them, by one loop an operation and nothing else: what a first version looks like.
namespace naive {

float half_to_float(std::uint16_t h) { return static_cast<float>(lowp::from_bits<lowp::float16>(h)); }
std::uint16_t float_to_half(float x) { return static_cast<std::uint16_t>(to_bits(lowp::cast<lowp::float16>(x))); }

constexpr int twice_e2m1[16] = {0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12};

int best_e2m1(float x, float half_scale) {
  int best = 0;
  float least = std::fabs(x);
  for (int i = 1; i < 16; ++i) {
    float const error = std::fabs(static_cast<float>(twice_e2m1[i]) * half_scale - x);
    best = error < least ? i : best;
    least = error < least ? error : least;
  }
  return best;
}

float greatest_of(float const* x, int n) {
  float greatest = 0;
  for (int i = 0; i < n; ++i) {
    greatest = std::fabs(x[i]) > greatest ? std::fabs(x[i]) : greatest;
  }
  return greatest;
}

struct q8_0 {
  static constexpr std::size_t bits = 8;
  static constexpr int size = 32;
  std::uint16_t d;
  std::int8_t q[32];

  void quantize(float const* x) {
    float const scale = greatest_of(x, 32) / 127;
    float const inverse = scale != 0 ? 1 / scale : 0;
    d = float_to_half(scale);
    for (int i = 0; i < 32; ++i) {
      q[i] = static_cast<std::int8_t>(std::round(x[i] * inverse));
    }
  }
  void dequantize(float* out) const {
    float const scale = half_to_float(d);
    for (int i = 0; i < 32; ++i) {
      out[i] = static_cast<float>(q[i]) * scale;
    }
  }
};

struct q4_0 {
  static constexpr std::size_t bits = 4;
  static constexpr int size = 32;
  std::uint16_t d;
  std::uint8_t q[16];

  void quantize(float const* x) {
    float peak = 0;
    for (int i = 0; i < 32; ++i) {
      peak = std::fabs(x[i]) > std::fabs(peak) ? x[i] : peak;
    }
    float const scale = peak / -8;
    float const inverse = scale != 0 ? 1 / scale : 0;
    d = float_to_half(scale);
    for (int i = 0; i < 16; ++i) {
      int const low = static_cast<int>(x[i] * inverse + 8.5F);
      int const high = static_cast<int>(x[i + 16] * inverse + 8.5F);
      q[i] = static_cast<std::uint8_t>((low < 15 ? low : 15) | (high < 15 ? high : 15) << 4);
    }
  }
  void dequantize(float* out) const {
    float const scale = half_to_float(d);
    for (int i = 0; i < 16; ++i) {
      out[i] = static_cast<float>((q[i] & 15) - 8) * scale;
      out[i + 16] = static_cast<float>((q[i] >> 4) - 8) * scale;
    }
  }
};

struct mxfp4 {
  static constexpr std::size_t bits = 4;
  static constexpr int size = 32;
  std::uint8_t e;
  std::uint8_t q[16];

  void quantize(float const* x) {
    float const greatest = greatest_of(x, 32);
    e = static_cast<std::uint8_t>(greatest > 0 ? std::floor(std::log2(greatest)) - 2 + 127 : 0);
    float const half_scale = std::ldexp(1.0F, e - 128);
    for (int i = 0; i < 16; ++i) {
      q[i] = static_cast<std::uint8_t>(best_e2m1(x[i], half_scale) | best_e2m1(x[i + 16], half_scale) << 4);
    }
  }
  void dequantize(float* out) const {
    float const half_scale = std::ldexp(1.0F, e - 128);
    for (int i = 0; i < 16; ++i) {
      out[i] = static_cast<float>(twice_e2m1[q[i] & 15]) * half_scale;
      out[i + 16] = static_cast<float>(twice_e2m1[q[i] >> 4]) * half_scale;
    }
  }
};

struct nvfp4 {
  static constexpr std::size_t bits = 4;
  static constexpr int size = 16;
  std::uint8_t d;
  std::uint8_t q[8];

  void quantize(float const* x) {
    auto const scale = lowp::cast<lowp::ue4m3>(greatest_of(x, 16) / 6);
    d = static_cast<std::uint8_t>(to_bits(scale));
    float const half_scale = static_cast<float>(scale) / 2;
    for (int i = 0; i < 8; ++i) {
      q[i] = static_cast<std::uint8_t>(best_e2m1(x[i], half_scale) | best_e2m1(x[i + 8], half_scale) << 4);
    }
  }
  void dequantize(float* out) const {
    float const half_scale = static_cast<float>(lowp::from_bits<lowp::ue4m3>(d)) / 2;
    for (int i = 0; i < 8; ++i) {
      out[i] = static_cast<float>(twice_e2m1[q[i] & 15]) * half_scale;
      out[i + 8] = static_cast<float>(twice_e2m1[q[i] >> 4]) * half_scale;
    }
  }
};

template <class Block>
void add(std::string const& name) {
  constexpr std::size_t size = static_cast<std::size_t>(Block::size);
  bench::add("quantize/naive " + name, [](benchmark::State& state, std::size_t n) {
    std::vector<Block> blocks(n / size);
    buffers const& b = buffers::get();
    double const seconds = bench::fastest(state, [&] {
      for (std::size_t i = 0; i < blocks.size(); ++i) {
        blocks[i].quantize(b.floats.data() + i * size);
      }
    });
    bench::report(state, n, {32, Block::bits}, seconds, "naive");
    if (n == bench::sizes[0]) {
      for (std::size_t i = 0; i < blocks.size(); ++i) {
        blocks[i].dequantize(b.results.data() + i * size);
      }
      bench::report_noise(state, n, b.results.data());
    }
  });
  bench::add("dequantize/naive " + name, [](benchmark::State& state, std::size_t n) {
    std::vector<Block> blocks(n / size);
    buffers const& b = buffers::get();
    for (std::size_t i = 0; i < blocks.size(); ++i) {
      blocks[i].quantize(b.floats.data() + i * size);
    }
    double const seconds = bench::fastest(state, [&] {
      for (std::size_t i = 0; i < blocks.size(); ++i) {
        blocks[i].dequantize(b.results.data() + i * size);
      }
    });
    bench::report(state, n, {Block::bits, 32}, seconds, "naive");
  });
}

}  // namespace naive

}  // namespace

int main(int argc, char** argv) {
  using namespace lowp;  // NOLINT: a list of its names
  for (bench::traffic bytes :
       {bench::traffic{32, 8}, bench::traffic{32, 4}, bench::traffic{8, 32}, bench::traffic{4, 32}}) {
    bench::add_copy(bytes);
  }
  add_recipe<int8_per_tensor>("int8_per_tensor");
  add_recipe<int8_per_channel>("int8_per_channel = w8a8_int8");
  add_recipe<fp8_per_channel>("fp8_per_channel = w8a8_fp8");
  add_recipe<int4_g128>("int4_g128");
  add_recipe<int4_g32>("int4_g32");
  add_recipe<int4_g128_mse>("int4_g128_mse");
  add_recipe<int4_g128_affine>("int4_g128_affine");
  add_recipe<int4_g32_affine>("int4_g32_affine");
  add_recipe<uint8_affine>("uint8_affine");
  add_recipe<mxfp8_e4m3>("mxfp8_e4m3");
  add_recipe<mxfp8_e5m2>("mxfp8_e5m2");
  add_recipe<mxfp6_e2m3>("mxfp6_e2m3");
  add_recipe<mxfp6_e3m2>("mxfp6_e3m2");
  add_recipe<mxfp4>("mxfp4");
  naive::add<naive::mxfp4>("mxfp4");
  add_recipe<mxint8>("mxint8");
  add_recipe<nvfp4>("nvfp4");
  add_recipe<nvfp4_ue5m3>("nvfp4_ue5m3");
  naive::add<naive::nvfp4>("nvfp4, one level");
  add_recipe<q8_0>("q8_0");
  naive::add<naive::q8_0>("q8_0");
  add_recipe<q4_1>("q4_1");
  add_recipe<q4_0>("q4_0");
  naive::add<naive::q4_0>("q4_0");
  add_recipe<nf4_g64>("nf4_g64");
  add_recipe<nf4_nested>("nf4_nested");
  add_recipe<fp8_block128>("fp8_block128");
  add_recipe<fp8_g128>("fp8_g128");
  add_recipe<fireq>("fireq");
  add_recipe<vllm_w4a8>("vllm_w4a8");
  add_recipe<fp4_m1>("fp4_m1");
  add_recipe<fp4_m2>("fp4_m2");
  add_recipe<fp4_m2_up>("fp4_m2_up");
  add_recipe<gaudi2_fp8>("gaudi2_fp8");
  return bench::run(argc, argv);
}
