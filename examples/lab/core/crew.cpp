// SPDX-License-Identifier: Apache-2.0
#include "crew.hpp"

#include <utility>

namespace lab {

crew::crew(std::size_t threads) {
  for (std::size_t i = 1; i < threads; ++i) {
    others_.emplace_back([this] { serve(); });
  }
}

crew::~crew() {
  {
    std::lock_guard const lock(mutex_);
    leaving_ = true;
  }
  work_came_.notify_all();
  for (std::thread& t : others_) {
    t.join();
  }
}

void crew::operator()(std::size_t count, lowp::task_ref task) const {
  if (others_.empty() || count < 2) {
    for (std::size_t i = 0; i < count; ++i) {
      task(i);
    }
    return;
  }
  std::unique_lock lock(mutex_);
  round_.emplace(round{task, 0, count, 0});
  work_came_.notify_all();
  take_tasks(lock);
  work_done_.wait(lock, [this] { return round_->running == 0; });
  round_.reset();
  if (std::exception_ptr const failure = std::exchange(failure_, nullptr)) {
    std::rethrow_exception(failure);
  }
}

void crew::serve() const {
  std::unique_lock lock(mutex_);
  for (;;) {
    work_came_.wait(lock, [this] { return leaving_ || (round_ && round_->next < round_->count); });
    if (leaving_) {
      return;
    }
    take_tasks(lock);
    if (round_->running == 0) {
      work_done_.notify_one();
    }
  }
}

void crew::take_tasks(std::unique_lock<std::mutex>& lock) const {
  ++round_->running;
  while (round_->next < round_->count) {
    std::size_t const mine = round_->next++;
    lowp::task_ref const task = round_->task;
    std::exception_ptr failure;
    lock.unlock();
    try {
      task(mine);
    } catch (...) {
      failure = std::current_exception();
    }
    lock.lock();
    failure_ = failure_ == nullptr ? failure : failure_;
  }
  --round_->running;
}

}  // namespace lab
