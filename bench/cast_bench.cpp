// SPDX-License-Identifier: Apache-2.0
//
// Casts of spans, from L2 and from memory: elements a second, bytes read and written, and the share of what a plain copy
// of the same bytes reaches in the same run. One thread. Each row names the ISA that serves it.

#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <lowp/quantize.hpp>

#include "limits.hpp"

namespace {

// 512 KiB of floats stay in any L2 of 1 MiB and more; 256 MiB in no cache.
constexpr std::size_t sizes[] = {std::size_t{1} << 17U, std::size_t{1} << 26U};

std::string place(std::size_t n) { return n == sizes[0] ? "L2" : "DRAM"; }

/// One buffer for all rows, touched once.
struct buffers {
  std::vector<float> floats;
  std::vector<std::uint8_t> codes;

  static buffers& get() {
    static buffers made = [] {
      buffers b;
      b.floats.resize(sizes[1]);
      b.codes.resize(sizes[1]);
      std::uint32_t state = 1;
      for (float& x : b.floats) {
        state = state * 1664525U + 1013904223U;
        x = static_cast<float>(static_cast<std::int32_t>(state)) * 0x1p-29F;  // uniform in [-4, 4)
      }
      for (std::size_t i = 0; i < b.codes.size(); ++i) {
        b.codes[i] = static_cast<std::uint8_t>(i * 37U);
      }
      return b;
    }();
    return made;
  }
};

/// Bytes a second of the copy with the same traffic, by (bytes in, bytes out) per 8 elements and size.
std::map<std::pair<std::size_t, std::size_t>, double>& limits() {
  static std::map<std::pair<std::size_t, std::size_t>, double> measured;
  return measured;
}

std::size_t limit_key(std::size_t in, std::size_t out) { return in * 1000 + out; }

void report(benchmark::State& state, std::size_t n, std::size_t in8, std::size_t out8) {
  auto const bytes = static_cast<double>(n / 8 * (in8 + out8));
  state.counters["Ge/s"] =
      benchmark::Counter(static_cast<double>(n) * 1e-9, benchmark::Counter::kIsIterationInvariantRate);
  state.counters["GB/s"] = benchmark::Counter(bytes * 1e-9, benchmark::Counter::kIsIterationInvariantRate);
  auto const found = limits().find({limit_key(in8, out8), n});
  if (found != limits().end()) {
    state.counters["of_copy"] =
        benchmark::Counter(bytes / found->second, benchmark::Counter::kIsIterationInvariantRate);
  }
  state.SetLabel(lowp::isa_name());
}

/// The copy itself; what it reaches is kept for the rows after it.
void copy_row(benchmark::State& state, std::size_t n, std::size_t in8, std::size_t out8) {
  buffers& b = buffers::get();
  auto* const wide = reinterpret_cast<std::uint8_t*>(b.floats.data());
  double best = 0;
  for (auto _ : state) {
    static_cast<void>(_);
    auto const start = std::chrono::steady_clock::now();
    if (in8 > out8) {
      bench::narrow_copy(wide, b.codes.data(), n / 8 * out8, in8 / out8);
    } else {
      bench::widen_copy(b.codes.data(), wide, n / 8 * in8, out8 / in8);
    }
    benchmark::ClobberMemory();
    std::chrono::duration<double> const took = std::chrono::steady_clock::now() - start;
    best = std::max(best, static_cast<double>(n / 8 * (in8 + out8)) / took.count());
  }
  limits()[{limit_key(in8, out8), n}] = best;
  report(state, n, in8, out8);
}

template <class F, class Rounding = lowp::rounding::nearest_even>
void encode_row(benchmark::State& state, std::size_t n, Rounding rounding = {}) {
  buffers& b = buffers::get();
  std::span<float const> const in(b.floats.data(), n);
  if constexpr (F::bits == 8) {
    std::span<F> const out(reinterpret_cast<F*>(b.codes.data()), n);
    for (auto _ : state) {
      static_cast<void>(_);
      lowp::cast_into(in, out, rounding);
      benchmark::ClobberMemory();
    }
  } else {
    lowp::packed_span<F> const out(b.codes.data(), n);
    for (auto _ : state) {
      static_cast<void>(_);
      lowp::cast_into(in, out, rounding);
      benchmark::ClobberMemory();
    }
  }
  report(state, n, 32, F::bits);
}

template <class F>
void decode_row(benchmark::State& state, std::size_t n) {
  buffers& b = buffers::get();
  std::span<float> const out(b.floats.data(), n);
  if constexpr (F::bits == 8) {
    std::span<F const> const in(reinterpret_cast<F const*>(b.codes.data()), n);
    for (auto _ : state) {
      static_cast<void>(_);
      lowp::decode_into(in, out);
      benchmark::ClobberMemory();
    }
  } else {
    lowp::packed_span<F const> const in(b.codes.data(), n);
    for (auto _ : state) {
      static_cast<void>(_);
      lowp::decode_into(in, out);
      benchmark::ClobberMemory();
    }
  }
  report(state, n, F::bits, 32);
}

/// What everyone has without bulk kernels: the scalar cast in a loop.
template <class F>
void scalar_row(benchmark::State& state, std::size_t n) {
  buffers& b = buffers::get();
  for (auto _ : state) {
    static_cast<void>(_);
    for (std::size_t i = 0; i < n; ++i) {
      b.codes[i] = static_cast<std::uint8_t>(lowp::to_bits(lowp::cast<F>(b.floats[i])));
    }
    benchmark::ClobberMemory();
  }
  report(state, n, 32, 8);
}

template <class Row>
void add(std::string const& name, Row row) {
  for (std::size_t n : sizes) {
    benchmark::RegisterBenchmark((name + "/" + place(n)).c_str(), [row, n](benchmark::State& state) {
      row(state, n);
    })->MinTime(0.3);
  }
}

template <class F>
void add_format(std::string const& name) {
  add("encode/" + name, [](benchmark::State& state, std::size_t n) { encode_row<F>(state, n); });
  add("decode/" + name, [](benchmark::State& state, std::size_t n) { decode_row<F>(state, n); });
}

}  // namespace

int main(int argc, char** argv) {
  auto const copy = [](std::size_t in8, std::size_t out8) {
    add("copy/" + std::to_string(in8) + "to" + std::to_string(out8),
        [in8, out8](benchmark::State& state, std::size_t n) { copy_row(state, n, in8, out8); });
  };
  copy(32, 8);
  copy(32, 4);
  copy(8, 32);
  copy(4, 32);
  add_format<lowp::e4m3fn>("e4m3fn");
  add_format<lowp::e5m2>("e5m2");
  add_format<lowp::e3m4>("e3m4");
  add_format<lowp::int8>("int8");
  add_format<lowp::e3m2fn>("e3m2fn");
  add_format<lowp::int6>("int6");
  add_format<lowp::e2m1fn>("e2m1fn");
  add_format<lowp::int4>("int4");
  add_format<lowp::nf4>("nf4");
  add("encode/e4m3fn stochastic_hash", [](benchmark::State& state, std::size_t n) {
    encode_row<lowp::e4m3fn>(state, n, lowp::rounding::stochastic_hash{1});
  });
  add("encode/e4m3fn stochastic", [](benchmark::State& state, std::size_t n) {
    encode_row<lowp::e4m3fn>(state, n, lowp::rounding::stochastic{1});
  });
  add("scalar cast/e4m3fn", [](benchmark::State& state, std::size_t n) { scalar_row<lowp::e4m3fn>(state, n); });
  add("scalar cast/int8", [](benchmark::State& state, std::size_t n) { scalar_row<lowp::int8>(state, n); });
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) {
    return 2;
  }
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
