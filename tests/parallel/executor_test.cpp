// SPDX-License-Identifier: Apache-2.0
#include <lowp/parallel/executor.hpp>
#include <lowp/parallel/openmp.hpp>
#include <lowp/parallel/tbb.hpp>

#include <atomic>
#include <cstddef>
#include <vector>

#include "support/catch.hpp"

namespace {

template <lowp::Executor E>
void check_once_each(E const& executor) {
  for (std::size_t const count : {0U, 1U, 2U, 100U}) {
    std::vector<std::atomic<int>> runs(count + 1);
    executor(count, [&](std::size_t i) { ++runs[i]; });
    for (std::size_t i = 0; i <= count; ++i) {
      CHECK(runs[i] == (i < count ? 1 : 0));
    }
  }
}

void backwards(std::size_t count, lowp::task_ref task) {
  for (std::size_t i = count; i-- > 0;) {
    task(i);
  }
}

}  // namespace

TEST_CASE("Executors run every task once", "[parallel]") {
  check_once_each(lowp::serial{});
  check_once_each(lowp::openmp{});
  check_once_each(backwards);
  check_once_each([](std::size_t count, lowp::task_ref const& task) { backwards(count, task); });
#if __has_include(<tbb/parallel_for.h>)
  check_once_each(lowp::onetbb{});
#endif
}

TEST_CASE("A task is borrowed, and may be copied", "[parallel]") {
  int sum = 0;
  auto const add = [&](std::size_t i) { sum += static_cast<int>(i); };
  lowp::task_ref const first = add;
  lowp::task_ref const second = first;
  first(1);
  second(2);
  CHECK(sum == 3);
}
