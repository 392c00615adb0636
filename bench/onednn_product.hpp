// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>

namespace bench {

/// oneDNN's product of m x k signed bytes with n x k signed ones to m x n floats, one thread, weights in the layout that it
/// asks for: ready to be called again and again.
std::function<void()> onednn_int8_product(std::size_t m, std::size_t n, std::size_t k, std::int8_t const* x,
                                          std::int8_t const* w, float* y);

}  // namespace bench
