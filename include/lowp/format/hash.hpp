// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <coroutine>  // std::hash is declared here, at a tenth of the cost of <functional>
#include <cstddef>

#include <lowp/base/config.hpp>
#include <lowp/format/concepts.hpp>

namespace lowp::inline LOWP_ABI::detail {

/// Numbers that compare equal hash alike: -0 takes the hash of 0, equal entries of a codebook that of their value.
template <Format F>
struct format_hash {
  constexpr std::size_t operator()(F x) const noexcept {
    std::size_t key = 0;
    if constexpr (CodebookFormat<F>) {
      auto const value = static_cast<float>(x);
      key = is_zero(value) ? 0U : bits_of(value);
    } else {
      key = x == F{} ? 0U : to_bits(x);
    }
    return key * static_cast<std::size_t>(0x9e37'79b9U);  // 2^32 / golden ratio: spreads neighbours
  }
};

}  // namespace lowp::inline LOWP_ABI::detail
