// SPDX-License-Identifier: Apache-2.0
#include "throughput.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <map>
#include <utility>

#include "present/terminal.hpp"

namespace format_compare {

using namespace present;

namespace {

using clock = std::chrono::steady_clock;

/// The buffers that every measurement walks through, a slice at a time. Floats are read from one and written to
/// another, so that every conversion sees the same input.
class arena {
 public:
  arena() : input_(float_bytes(place::memory) / sizeof(float)), output_(input_.size()), codes_(input_.size()) {
    // Numbers in (-1, 1) from a Weyl sequence with a multiplicative hash.
    std::uint64_t state = 0;
    for (float& x : input_) {
      state += 0x9e37'79b9'7f4a'7c15U;
      std::uint64_t const mixed = (state ^ (state >> 32U)) * 0xd6e8'feb8'6659'fd93U;
      x = static_cast<float>(static_cast<std::int32_t>(mixed >> 32U)) * 0x1p-31F;
    }
  }

  std::size_t slices() const noexcept { return input_.size() / slice_elements; }
  float const* input(std::size_t slice) const noexcept { return input_.data() + slice * slice_elements; }
  float* output(std::size_t slice) noexcept { return output_.data() + slice * slice_elements; }
  std::uint8_t* codes(std::size_t slice, std::size_t slice_bytes) noexcept {
    return codes_.data() + slice * slice_bytes;
  }

 private:
  std::vector<float> input_;
  std::vector<float> output_;
  std::vector<std::uint8_t> codes_;  // room for a byte a float
};

/// Seconds that work(slice) takes, in the cache for one slice over and over, in memory for slices that have long left it.
///
/// Method   batches of enough slices to last 200 us; the median over at least 5 batches and about 0.1 s.
template <class Work>
double seconds_per_slice(place where, std::size_t slices, Work const& work) {
  std::size_t at = 0;
  auto const run = [&](std::size_t count) {
    auto const start = clock::now();
    for (std::size_t i = 0; i < count; ++i) {
      work(where == place::cache ? 0 : at);
      at = at + 1 == slices ? 0 : at + 1;
    }
    return std::chrono::duration<double>(clock::now() - start).count();
  };
  run(1);
  std::size_t batch = 1;
  while (run(batch) < 200e-6 && batch < slices) {
    batch *= 2;
  }
  std::vector<double> times;
  auto const end = clock::now() + std::chrono::milliseconds(100);
  while (times.size() < 5 || (clock::now() < end && times.size() < 1000)) {
    times.push_back(run(batch) / static_cast<double>(batch));
  }
  auto const middle = times.begin() + static_cast<std::ptrdiff_t>(times.size() / 2);
  std::nth_element(times.begin(), middle, times.end());
  return *middle;
}

/// A copy with the traffic of a conversion: what is in both is copied; the rest of the input is read (copied to a page
/// that stays in the first-level cache) or the rest of the output is filled.
void copy_unequal(void const* in, std::size_t in_bytes, void* out, std::size_t out_bytes) {
  static std::array<unsigned char, 4096> page;
  static std::atomic<unsigned char> sink;  // so that the reading has a purpose
  std::size_t const both = std::min(in_bytes, out_bytes);
  std::memcpy(out, in, both);
  for (std::size_t at = both; at < in_bytes; at += page.size()) {
    std::memcpy(page.data(), static_cast<unsigned char const*>(in) + at, std::min(page.size(), in_bytes - at));
    sink.store(page[at % page.size()], std::memory_order_relaxed);
  }
  std::memset(static_cast<unsigned char*>(out) + both, 0, out_bytes - both);
}

double time_conversion(arena& memory, compiled_scheme const& s, operation o, place p) {
  return seconds_per_slice(p, memory.slices(), [&](std::size_t slice) {
    if (o == operation::quantize) {
      s.quantize(memory.input(slice), memory.codes(slice, s.code_bytes()));
    } else {
      s.dequantize(memory.codes(slice, s.code_bytes()), memory.output(slice));
    }
  });
}

double time_copy(arena& memory, std::size_t code_bytes, operation o, place p) {
  constexpr std::size_t slice_bytes = slice_elements * sizeof(float);
  return seconds_per_slice(p, memory.slices(), [&](std::size_t slice) {
    std::uint8_t* const codes = memory.codes(slice, code_bytes);
    if (o == operation::quantize) {
      copy_unequal(memory.input(slice), slice_bytes, codes, code_bytes);
    } else {
      copy_unequal(codes, code_bytes, memory.output(slice), slice_bytes);
    }
  });
}

}  // namespace

std::vector<speed_row> measure_throughput(std::span<std::string const> names) {
  std::vector<compiled_scheme const*> chosen;
  for (compiled_scheme const& s : compiled_schemes()) {
    if (std::find(names.begin(), names.end(), s.name) != names.end()) {
      chosen.push_back(&s);
    }
  }
  std::vector<speed_row> rows;
  if (chosen.empty()) {
    return rows;
  }
  arena memory;
  progress bar("timing conversions", static_cast<double>(chosen.size() * operations.size() * places.size()));
  std::map<std::size_t, std::array<std::array<double, places.size()>, operations.size()>> copies;  // by bytes of codes
  for (compiled_scheme const* const s : chosen) {
    rows.push_back({s, {}});
    bool const is_first = !copies.contains(s->code_bytes());
    for (operation const o : operations) {
      for (place const p : places) {
        auto const i = static_cast<std::size_t>(o);
        auto const j = static_cast<std::size_t>(p);
        double& copy = copies[s->code_bytes()][i][j];
        copy = is_first ? time_copy(memory, s->code_bytes(), o, p) : copy;
        double const seconds = time_conversion(memory, *s, o, p);
        auto const traffic = static_cast<double>(slice_elements * sizeof(float) + s->code_bytes());
        rows.back().speeds[i][j] = {static_cast<double>(slice_elements) / seconds, traffic / seconds,
                                    static_cast<double>(slice_elements) / copy};
        bar.advance(1);
      }
    }
  }
  return rows;
}

}  // namespace format_compare
