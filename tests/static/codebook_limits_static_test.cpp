// SPDX-License-Identifier: Apache-2.0
#include <limits>

#include <lowp/format.hpp>

namespace {

using nf4_limits = std::numeric_limits<lowp::nf4>;
static_assert(nf4_limits::is_specialized && nf4_limits::is_signed && !nf4_limits::is_integer);
static_assert(!nf4_limits::has_infinity && !nf4_limits::has_quiet_NaN && nf4_limits::is_bounded);
static_assert(static_cast<float>(nf4_limits::max()) == 1.0F && static_cast<float>(nf4_limits::lowest()) == -1.0F);
static_assert(lowp::to_bits(nf4_limits::min()) == 8);

struct special_table {
  static constexpr float values[4] = {std::numeric_limits<float>::quiet_NaN(), 2.0F,
                                      std::numeric_limits<float>::infinity(), 0.25F};
};
using special_limits = std::numeric_limits<lowp::codebook<special_table>>;
static_assert(!special_limits::is_signed && special_limits::has_infinity && special_limits::has_quiet_NaN);
static_assert(lowp::to_bits(special_limits::quiet_NaN()) == 0 && lowp::to_bits(special_limits::infinity()) == 2);
static_assert(lowp::to_bits(special_limits::min()) == 3 && lowp::to_bits(special_limits::max()) == 1);

}  // namespace
