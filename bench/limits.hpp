// SPDX-License-Identifier: Apache-2.0
#pragma once

// This machine's own limit for a kernel's traffic: the same bytes read and written, and next to no work on them. Compiled for
// the machine it runs on (limits.cpp), in the same run as the kernels it is compared with.

#include <cstddef>
#include <cstdint>

namespace bench {

/// Past the cache needs memory that begins a line.
enum class stores : std::uint8_t { cached, streamed };

/// Reads `ratio` blocks of 64 bytes for each one written.
void narrow_copy(std::uint8_t const* in, std::uint8_t* out, std::size_t out_bytes, std::size_t ratio, stores to);

/// Writes `ratio` blocks of 64 bytes for each one read.
void widen_copy(std::uint8_t const* in, std::uint8_t* out, std::size_t in_bytes, std::size_t ratio, stores to);

}  // namespace bench
