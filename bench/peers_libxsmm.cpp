// SPDX-License-Identifier: Apache-2.0
//
// libxsmm's conversion between float and bfloat16, one thread.
#include <cstddef>
#include <cstdint>

#include <libxsmm.h>

#include "peers.hpp"
#include "rows.hpp"

namespace bench {

void add_libxsmm_casts() {
  add("encode/bfloat16 (libxsmm)", [](benchmark::State& state, std::size_t n) {
    buffers const& b = buffers::get();
    auto* const out = reinterpret_cast<libxsmm_bfloat16*>(b.codes.data());
    report(state, n, {32, 16},
           fastest(state, [&] { libxsmm_rne_convert_fp32_bf16(b.floats.data(), out, static_cast<unsigned>(n)); }),
           "libxsmm");
  });
  add("decode/bfloat16 (libxsmm)", [](benchmark::State& state, std::size_t n) {
    buffers const& b = buffers::get();
    auto const* const in = reinterpret_cast<libxsmm_bfloat16 const*>(b.codes.data());
    report(state, n, {16, 32},
           fastest(state, [&] { libxsmm_convert_bf16_f32(in, b.results.data(), static_cast<unsigned>(n)); }),
           "libxsmm");
  });
}

}  // namespace bench
