// SPDX-License-Identifier: Apache-2.0
//
// Opt-in: work on OpenMP's threads. Without -fopenmp the pragma is ignored and the loop is serial.
#pragma once

#include <cstddef>

#include <lowp/base/config.hpp>
#include <lowp/parallel/executor.hpp>

namespace lowp::inline LOWP_ABI {

/// The calling program's OpenMP threads (OMP_NUM_THREADS), tasks handed out as threads become free.
struct openmp {
  void operator()(std::size_t count, task_ref task) const {
    auto const n = static_cast<std::ptrdiff_t>(count);
#ifdef _OPENMP
#pragma omp parallel for schedule(dynamic)
#endif
    for (std::ptrdiff_t i = 0; i < n; ++i) {
      task(static_cast<std::size_t>(i));
    }
  }
};

}  // namespace lowp::inline LOWP_ABI
