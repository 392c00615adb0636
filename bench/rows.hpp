// SPDX-License-Identifier: Apache-2.0
#pragma once

// What the benches of bulk operations share: the data, the timing, the columns of a row.
//
// A row is timed call by call and reports its fastest one, as do the copies that it is compared with: on a machine that is
// shared with others this is the figure that repeats. Columns: Ge/s (10^9 elements a second), GB/s read and written,
// of_copy (the share of what a plain copy of the same bytes in and out reaches in the same run), SQNR_dB (signal to
// quantization noise of the codes, of normally distributed numbers).

#include <benchmark/benchmark.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>

namespace bench {

/// 512 KiB of floats stay in any L2 of 1 MiB and more; 256 MiB in no cache.
inline constexpr std::size_t sizes[] = {std::size_t{1} << 17U, std::size_t{1} << 26U};

/// Memory for all rows, in huge pages where there are such: floats, normally distributed, and as many for results; codes.
struct buffers {
  std::span<float> floats;
  std::span<float> results;
  std::span<std::uint8_t> codes;

  static buffers& get();
};

/// Bytes a row reads and writes for 8 elements.
struct traffic {
  std::size_t in;
  std::size_t out;
};

/// Sets the columns of a row whose fastest call took that long; scalar rows say so in place of the ISA.
void report(benchmark::State& state, std::size_t n, traffic bytes, double seconds, char const* served_by);

/// Sets SQNR_dB of `got` against the floats.
void report_noise(benchmark::State& state, std::size_t n, float const* got);

/// Seconds of the fastest call.
template <class F>
double fastest(benchmark::State& state, F&& f);

/// Registers `row`, called with the state and the number of elements, for one of the sizes.
template <class Row>
void add_at(std::string const& name, std::size_t n, Row row) {
  std::string const place = n == sizes[0] ? "/L2" : "/DRAM";
  benchmark::RegisterBenchmark((name + place).c_str(), [row, n](benchmark::State& state) {
    row(state, n);
  })->MinTime(n == sizes[0] ? 0.1 : 0.5);
}

/// For both sizes.
template <class Row>
void add(std::string const& name, Row row) {
  for (std::size_t n : sizes) {
    add_at(name, n, row);
  }
}

/// For the small one only: rows that would take minutes.
template <class Row>
void add_small(std::string const& name, Row row) {
  add_at(name, sizes[0], row);
}

/// Registers the copy of that traffic; rows after it are compared with it.
void add_copy(traffic bytes);

/// main() of a bench, after its rows are registered.
int run(int argc, char** argv);

double now() noexcept;

template <class F>
double fastest(benchmark::State& state, F&& f) {
  double best = 1e9;
  for (auto _ : state) {
    static_cast<void>(_);
    double const start = now();
    f();
    benchmark::ClobberMemory();
    double const took = now() - start;
    best = took < best ? took : best;
  }
  return best;
}

}  // namespace bench
