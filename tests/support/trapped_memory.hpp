// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>

#include "support/catch.hpp"

namespace lowp_test {

/// Bytes between two pages that trap: what reaches beyond them ends the program.
class trapped_memory {
 public:
  explicit trapped_memory(std::size_t bytes) : page_(static_cast<std::size_t>(sysconf(_SC_PAGESIZE))) {
    inner_ = (bytes + page_ - 1) / page_ * page_;
    base_ = static_cast<std::uint8_t*>(
        mmap(nullptr, inner_ + 2 * page_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    REQUIRE(base_ != MAP_FAILED);
    REQUIRE(mprotect(base_, page_, PROT_NONE) == 0);
    REQUIRE(mprotect(base_ + page_ + inner_, page_, PROT_NONE) == 0);
  }
  ~trapped_memory() { munmap(base_, inner_ + 2 * page_); }
  trapped_memory(trapped_memory const&) = delete;
  trapped_memory& operator=(trapped_memory const&) = delete;

  /// The last `bytes` before the trap.
  std::uint8_t* last(std::size_t bytes) { return base_ + page_ + inner_ - bytes; }
  /// The first bytes behind the trap.
  std::uint8_t* first() { return base_ + page_; }

 private:
  std::size_t page_;
  std::size_t inner_ = 0;
  std::uint8_t* base_ = nullptr;
};

}  // namespace lowp_test
