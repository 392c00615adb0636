// SPDX-License-Identifier: Apache-2.0
// also built: fast_math
#include "isa/agreement.hpp"

#include <lowp/format/catalog.hpp>
#include <lowp/format/p3109.hpp>

using namespace isa_test;
using lowp::bit_order::high_first;
using lowp::bit_order::low_first;
using lowp::bit_order::padded;

namespace {

/// The kernel that must serve a byte or a nibble a code on this tag: silent fallbacks are failures.
template <class Tag>
constexpr char const* encoder_of() {
  return std::string_view(Tag::name) == "avx2" ? "avx2" : "avx512";
}

}  // namespace

TEST_CASE("encode e4m3fn: every rounding and overflow equals portable", "[isa]") {
  for_each_isa([]<class Tag>(Tag) { check_roundings<Tag, lowp::e4m3fn, padded>("e4m3fn", encoder_of<Tag>()); });
}

TEST_CASE("encode ue5m3: every rounding and overflow equals portable", "[isa]") {
  for_each_isa([]<class Tag>(Tag) { check_roundings<Tag, lowp::ue5m3, padded>("ue5m3", encoder_of<Tag>()); });
}
