// SPDX-License-Identifier: Apache-2.0
#pragma once

// Casts of other libraries, those that CMake finds; the rows say whose they are.

namespace bench {

void add_eigen_casts();
void add_onednn_casts();
void add_libxsmm_casts();

inline void add_cast_peers() {
#ifdef BENCH_HAS_EIGEN
  add_eigen_casts();
#endif
#ifdef BENCH_HAS_ONEDNN
  add_onednn_casts();
#endif
#ifdef BENCH_HAS_LIBXSMM
  add_libxsmm_casts();
#endif
}

}  // namespace bench
