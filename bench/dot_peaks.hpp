// SPDX-License-Identifier: Apache-2.0
#pragma once

// How fast this machine multiplies if it does nothing else: 12 independent sums in registers, no memory. Measured in the same
// run as the kernels that are compared with it, because clocks differ by phase and by what neighbours do.

#include <cstddef>

namespace bench {

/// Multiply-adds of `rounds` x 12 instructions; 0 where this CPU lacks the instruction. The caller takes the time.
std::size_t multiply_bfloat16(std::size_t rounds);  ///< vdpbf16ps zmm
std::size_t multiply_bytes(std::size_t rounds);     ///< vpdpbusd zmm
std::size_t multiply_tiles(std::size_t rounds);     ///< tdpbssd; 0 where the system does not hand out AMX tiles
std::size_t multiply_floats(std::size_t rounds);    ///< vfmadd231ps zmm
std::size_t multiply_floats_ymm(std::size_t rounds);
std::size_t multiply_bytes_ymm(std::size_t rounds);  ///< vpmaddubsw, vpmaddwd and their additions

/// Sums `bytes` of memory; for read bandwidth. A multiple of 256.
unsigned long long read_all(unsigned char const* from, std::size_t bytes);

}  // namespace bench
