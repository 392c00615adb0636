// SPDX-License-Identifier: Apache-2.0
#include "onednn_product.hpp"

#include <memory>

#include <omp.h>
#include <oneapi/dnnl/dnnl.hpp>

namespace bench {

std::function<void()> onednn_int8_product(std::size_t m, std::size_t n, std::size_t k, std::int8_t const* x,
                                          std::int8_t const* w, float* y) {
  using type = dnnl::memory::data_type;
  using tag = dnnl::memory::format_tag;
  omp_set_num_threads(1);
  auto const extent = [](std::size_t size) { return static_cast<dnnl::memory::dim>(size); };
  dnnl::engine const engine(dnnl::engine::kind::cpu, 0);
  dnnl::memory::desc const x_desc({extent(m), extent(k)}, type::s8, tag::ab);
  dnnl::memory::desc const w_plain({extent(k), extent(n)}, type::s8, tag::ba);
  dnnl::memory::desc const w_any({extent(k), extent(n)}, type::s8, tag::any);
  dnnl::memory::desc const y_desc({extent(m), extent(n)}, type::f32, tag::ab);
  dnnl::matmul::primitive_desc const plan({x_desc, w_any, y_desc}, engine);
  struct call {
    dnnl::stream stream;
    dnnl::matmul product;
    dnnl::memory x, w, y;
  };
  dnnl::memory from(w_plain, engine, const_cast<std::int8_t*>(w));
  auto const c = std::make_shared<call>(
      call{dnnl::stream(engine), dnnl::matmul(plan), dnnl::memory(x_desc, engine, const_cast<std::int8_t*>(x)),
           dnnl::memory(plan.weights_desc(), engine), dnnl::memory(y_desc, engine, y)});
  dnnl::reorder(from, c->w).execute(c->stream, from, c->w);
  c->stream.wait();
  return [c] {
    c->product.execute(c->stream, {{DNNL_ARG_SRC, c->x}, {DNNL_ARG_WEIGHTS, c->w}, {DNNL_ARG_DST, c->y}});
    c->stream.wait();
  };
}

}  // namespace bench
