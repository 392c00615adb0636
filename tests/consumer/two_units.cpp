// SPDX-License-Identifier: Apache-2.0
//
// Built twice with different flags, once as the program's main unit and once with OTHER_UNIT defined, then linked: the
// linker keeps one of the two copies of every inline function, and the answer must not depend on which.
#include <cstdint>
#include <cstdio>

#include "digest.hpp"

#ifdef OTHER_UNIT
std::uint64_t other_digest() { return digest(); }
#else
std::uint64_t other_digest();

int main() {
  std::uint64_t const mine = digest();
  std::uint64_t const other = other_digest();
  std::printf("%016llx\n", static_cast<unsigned long long>(mine));
  if (mine != other) {
    std::fprintf(stderr, "the units disagree: %016llx\n", static_cast<unsigned long long>(other));
    return 1;
  }
  return 0;
}
#endif
