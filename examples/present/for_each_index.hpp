// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace present {

/// Threads that are joined whatever happens. (std::jthread is not in every standard library yet.)
class crew {
 public:
  crew() = default;
  ~crew() {
    for (std::thread& t : threads_) {
      t.join();
    }
  }
  crew(crew const&) = delete;
  crew& operator=(crew const&) = delete;

  template <class Work>
  void hire(Work const& work) {
    threads_.emplace_back(std::cref(work));
  }

 private:
  std::vector<std::thread> threads_;
};

/// Calls work(i) for every i below n from several threads; the first exception comes back to the caller.
template <class Work>
void for_each_index(std::size_t n, std::size_t threads, Work const& work) {
  std::atomic<std::size_t> next{0};
  std::exception_ptr failure;
  std::mutex failure_mutex;
  auto const run = [&] {
    try {
      for (std::size_t i = next++; i < n; i = next++) {
        work(i);
      }
    } catch (...) {
      next = n;
      std::lock_guard const lock(failure_mutex);
      failure = failure ? failure : std::current_exception();
    }
  };
  {
    crew others;
    for (std::size_t i = 1; i < std::min(threads, n); ++i) {
      others.hire(run);
    }
    run();
  }
  if (failure) {
    std::rethrow_exception(failure);
  }
}

}  // namespace present
