// SPDX-License-Identifier: Apache-2.0
#include "rows.hpp"

#include <sys/mman.h>

#include <chrono>
#include <cmath>
#include <cstdlib>
#include <map>
#include <new>
#include <random>

#include "limits.hpp"

namespace bench {

namespace {

/// Never freed: the rows live as long as the program.
template <class T>
std::span<T> huge(std::size_t n) {
  constexpr std::size_t page = std::size_t{1} << 21U;
  std::size_t const bytes = (n * sizeof(T) + page - 1) / page * page;
  void* const memory = std::aligned_alloc(page, bytes);
  if (memory == nullptr) {
    throw std::bad_alloc();
  }
#ifdef MADV_HUGEPAGE
  madvise(memory, bytes, MADV_HUGEPAGE);
#endif
  return {static_cast<T*>(memory), n};
}

/// Bytes a second of the copies measured so far, by traffic and number of elements.
std::map<std::pair<std::pair<std::size_t, std::size_t>, std::size_t>, double>& limits() {
  static std::map<std::pair<std::pair<std::size_t, std::size_t>, std::size_t>, double> measured;
  return measured;
}

void copy_row(benchmark::State& state, std::size_t n, traffic bytes) {
  buffers const& b = buffers::get();
  auto* const wide = reinterpret_cast<std::uint8_t*>(b.results.data());
  // From memory the limit is the better of both ways to store; past the cache is no way to stay in it.
  stores to = stores::cached;
  double const seconds = fastest(state, [&] {
    to = to == stores::cached && n != sizes[0] ? stores::streamed : stores::cached;
    if (bytes.in > bytes.out) {
      narrow_copy(wide, b.codes.data(), n / 8 * bytes.out, bytes.in / bytes.out, to);
    } else {
      widen_copy(b.codes.data(), wide, n / 8 * bytes.in, bytes.out / bytes.in, to);
    }
  });
  double& limit = limits()[{{bytes.in, bytes.out}, n}];
  limit = std::fmax(limit, static_cast<double>(n / 8 * (bytes.in + bytes.out)) / seconds);
  report(state, n, bytes, seconds, "copy");
}

}  // namespace

buffers& buffers::get() {
  static buffers made = [] {
    buffers b{huge<float>(sizes[1]), huge<float>(sizes[1]), huge<std::uint8_t>(2 * sizes[1])};
    std::mt19937 random(1);
    std::normal_distribution<float> normal;
    std::size_t const fresh = std::size_t{1} << 20U;
    for (std::size_t i = 0; i < b.floats.size(); ++i) {
      b.floats[i] = i < fresh ? normal(random) : b.floats[i % fresh];
      b.results[i] = 1.0F;
    }
    for (std::size_t i = 0; i < b.codes.size(); ++i) {
      b.codes[i] = static_cast<std::uint8_t>(i * 37U);
    }
    return b;
  }();
  return made;
}

double now() noexcept {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

void report(benchmark::State& state, std::size_t n, traffic bytes, double seconds, char const* served_by) {
  double const moved = static_cast<double>(n / 8 * (bytes.in + bytes.out)) / seconds;
  state.counters["Ge/s"] = static_cast<double>(n) / seconds * 1e-9;
  state.counters["GB/s"] = moved * 1e-9;
  auto const found = limits().find({{bytes.in, bytes.out}, n});
  if (found != limits().end()) {
    state.counters["of_copy"] = moved / found->second;
  }
  state.SetLabel(served_by);
}

void report_noise(benchmark::State& state, std::size_t n, float const* got) {
  float const* const x = buffers::get().floats.data();
  double signal = 0;
  double noise = 0;
  for (std::size_t i = 0; i < n; ++i) {
    double const e = static_cast<double>(got[i]) - static_cast<double>(x[i]);
    signal += static_cast<double>(x[i]) * static_cast<double>(x[i]);
    noise += e * e;
  }
  if (noise > 0) {
    state.counters["SQNR_dB"] = 10 * std::log10(signal / noise);
  }
}

void add_copy(traffic bytes) {
  add("copy/" + std::to_string(bytes.in) + "to" + std::to_string(bytes.out),
      [bytes](benchmark::State& state, std::size_t n) { copy_row(state, n, bytes); });
}

int run(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) {
    return 2;
  }
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}

}  // namespace bench
