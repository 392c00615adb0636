// SPDX-License-Identifier: Apache-2.0
//
// Threads that stay, for work that comes in many small portions.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <exception>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include <lowp/parallel/executor.hpp>

namespace lab {

/// An executor of lowp: the calling thread and `threads` - 1 others take tasks in turn.
///
/// Requires  one call at a time; threads >= 1.
/// Errors    what a task throws is thrown again by the call, the first of several; the other tasks still run.
class crew {
 public:
  explicit crew(std::size_t threads);
  ~crew();
  crew(crew const&) = delete;
  crew& operator=(crew const&) = delete;

  std::size_t threads() const noexcept { return others_.size() + 1; }
  void operator()(std::size_t count, lowp::task_ref task) const;

 private:
  struct round {
    lowp::task_ref task;
    std::size_t next = 0;
    std::size_t count = 0;
    std::size_t running = 0;
  };
  void serve() const;
  void take_tasks(std::unique_lock<std::mutex>& lock) const;

  mutable std::mutex mutex_;
  mutable std::condition_variable work_came_;
  mutable std::condition_variable work_done_;
  mutable std::optional<round> round_;
  mutable std::exception_ptr failure_;
  bool leaving_ = false;
  std::vector<std::thread> others_;
};

}  // namespace lab
