// SPDX-License-Identifier: Apache-2.0
//
// Opt-in: work on oneTBB's threads. Empty where oneTBB is not installed.
#pragma once

#include <cstddef>

#include <lowp/base/config.hpp>
#include <lowp/parallel/executor.hpp>

#if __has_include(<tbb/parallel_for.h>)
#include <tbb/parallel_for.h>

namespace lowp::inline LOWP_ABI {

/// The threads of the calling task arena.
struct onetbb {
  void operator()(std::size_t count, task_ref task) const { tbb::parallel_for(std::size_t{0}, count, task); }
};

}  // namespace lowp::inline LOWP_ABI

#endif
