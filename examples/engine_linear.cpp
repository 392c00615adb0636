// SPDX-License-Identifier: Apache-2.0
//
// engine_linear [file]: silu(x w^T + bias) as an engine runs a layer; INT4 weights from a file, FP8 activations, two threads.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <numeric>
#include <random>
#include <thread>
#include <vector>

#include <lowp/io/safetensors.hpp>
#include <lowp/lowp.hpp>

using lowp::int4_g128, lowp::matrix_view;
void two_threads(std::size_t count, lowp::task_ref task) {
  std::jthread const odd([=] { lowp::serial{}(count / 2, [=](std::size_t i) { task(2 * i + 1); }); });
  lowp::serial{}((count + 1) / 2, [=](std::size_t i) { task(2 * i); });
}

void run_layer(matrix_view<float const> w, std::size_t m, lowp::packed_view<int4_g128> wp) {
  std::vector<float> x(m * w.cols()), y(m * w.rows()), bias(w.rows(), 0.125F);
  std::generate(x.begin(), x.end(), [r = std::mt19937(1)]() mutable { return std::normal_distribution<float>()(r); });
  auto const xq = lowp::quantize<lowp::fp8_per_channel>(matrix_view<float const>(x.data(), m, w.cols()));
  lowp::epilogue::chain const epilogue{lowp::epilogue::bias{bias}, lowp::epilogue::silu{}};
  std::chrono::duration<double> best(1);
  for (int repeat = 0; repeat < 20; ++repeat) {
    auto const start = std::chrono::steady_clock::now();
    lowp::gemm(xq, wp, matrix_view<float>(y.data(), m, w.rows()), {}, epilogue, two_threads);
    best = std::min<std::chrono::duration<double>>(best, std::chrono::steady_clock::now() - start);
  }
  double error = 0, size = 0;
  for (std::size_t i = 0; i < y.size(); ++i) {
    std::span const row = w.row(i % w.rows());
    double const sum = std::inner_product(row.begin(), row.end(), &x[i / w.rows() * w.cols()], 0.125);
    double const want = sum / (1 + std::exp(-sum));
    error += (y[i] - want) * (y[i] - want), size += want * want;
  }
  std::printf("  m = %2zu  %7.1f us  %6.3f GB/s of weights  error %.1f %%\n", m, best.count() * 1e6,
              static_cast<double>(wp.bytes()) * 1e-9 / best.count(), 100 * std::sqrt(error / size));
}

int main(int argc, char** argv) {
  auto const model = lowp::safetensors::read(argc > 1 ? argv[1] : ENGINE_LINEAR_MODEL);
  for (auto const& t : model.tensors()) {
    if (t.shape.size() != 2) continue;
    std::vector<float> const values = to_float(t);
    matrix_view<float const> const w(values.data(), t.shape[0], t.shape[1]);
    auto const layout = lowp::layout_for<int4_g128>(w.rows(), w.cols());
    std::size_t const bytes = lowp::packed_size::of<int4_g128>(w.rows(), w.cols(), layout).bytes;
    auto* const memory = static_cast<std::byte*>(std::aligned_alloc(64, bytes));
    auto const wp = lowp::pack_into(lowp::quantize<int4_g128>(w).view(), {memory, bytes});
    std::printf("%s, %zu x %zu in %zu bytes\n", t.name.c_str(), w.rows(), w.cols(), bytes);
    for (std::size_t const m : {1U, 64U}) run_layer(w, m, wp);
    std::free(memory);
  }
}
