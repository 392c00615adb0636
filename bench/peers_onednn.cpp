// SPDX-License-Identifier: Apache-2.0
//
// oneDNN's reorder between float and its own narrow types, one thread.
#include <cstddef>
#include <cstdint>
#include <string>

#include <oneapi/dnnl/dnnl.hpp>

#include "peers.hpp"
#include "rows.hpp"

namespace bench {

namespace {

struct reorder_type {
  dnnl::memory::data_type type;
  char const* name;
  std::size_t bits;
};

void reorder_row(benchmark::State& state, std::size_t n, reorder_type const& narrow, dnnl::memory::data_type from) {
  static dnnl::engine engine(dnnl::engine::kind::cpu, 0);
  static dnnl::stream stream(engine);
  bool const encodes = from == dnnl::memory::data_type::f32;
  buffers const& b = buffers::get();
  using tag = dnnl::memory::format_tag;
  dnnl::memory::dims const dims{static_cast<dnnl::memory::dim>(n)};
  dnnl::memory wide({dims, dnnl::memory::data_type::f32, tag::a}, engine, encodes ? b.floats.data() : b.results.data());
  dnnl::memory codes({dims, narrow.type, tag::a}, engine, b.codes.data());
  dnnl::reorder const cast = encodes ? dnnl::reorder(wide, codes) : dnnl::reorder(codes, wide);
  double const seconds = fastest(state, [&] {
    encodes ? cast.execute(stream, wide, codes) : cast.execute(stream, codes, wide);
    stream.wait();
  });
  report(state, n, encodes ? traffic{32, narrow.bits} : traffic{narrow.bits, 32}, seconds, "oneDNN");
}

}  // namespace

void add_onednn_casts() {
  using type = dnnl::memory::data_type;
  for (reorder_type const& t : {reorder_type{type::s8, "int8", 8}, reorder_type{type::bf16, "bfloat16", 16},
                                reorder_type{type::f16, "float16", 16}}) {
    add(std::string("encode/") + t.name + " (oneDNN)",
        [t](benchmark::State& state, std::size_t n) { reorder_row(state, n, t, type::f32); });
    add(std::string("decode/") + t.name + " (oneDNN)",
        [t](benchmark::State& state, std::size_t n) { reorder_row(state, n, t, t.type); });
  }
}

}  // namespace bench
