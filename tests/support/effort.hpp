// SPDX-License-Identifier: Apache-2.0
//
// How much of a long walk a build takes. Sanitized builds are some ten times slower and are after the reads, writes and
// overflows that a walk makes, not after its last value: they take every 48th step. All others take every step.
#pragma once

#include <cstddef>
#include <vector>

namespace lowp_test {

#if defined(__SANITIZE_ADDRESS__)
inline constexpr bool sanitized = true;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
inline constexpr bool sanitized = true;
#else
inline constexpr bool sanitized = false;
#endif
#else
inline constexpr bool sanitized = false;
#endif

/// Run by an emulator, which computes floats in software.
#if defined(LOWP_TEST_EMULATED) && LOWP_TEST_EMULATED
inline constexpr bool emulated = true;
#else
inline constexpr bool emulated = false;
#endif

/// What a loop multiplies its step with, or divides its count by.
inline constexpr unsigned thin = sanitized ? 48 : 1;

/// Every 48th element in a sanitized build, the first included; all of them elsewhere.
template <class T>
std::vector<T> thinned(std::vector<T> const& all) {
  std::vector<T> some;
  for (std::size_t i = 0; i < all.size(); i += thin) some.push_back(all[i]);
  return some;
}

}  // namespace lowp_test
