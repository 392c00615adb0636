// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

#include <lowp/quant/quantized_matrix.hpp>

namespace lowp_test {

/// Memory for a quantized matrix with guards around codes and scales, and with what else its scheme has.
template <class S>
struct guarded {
  static constexpr std::size_t guard = 16;
  lowp::quantized_size size;
  std::size_t rows;
  std::size_t cols;
  std::vector<std::uint8_t> codes;
  std::vector<typename S::stored_scale> scales;
  std::vector<std::uint8_t> codes_before;
  std::vector<typename S::stored_scale> scales_before;
  std::vector<float> outer;
  std::vector<typename S::element> zeros;
  std::vector<typename S::stored_scale> offsets;

  guarded(std::size_t m, std::size_t n)
      : size(lowp::quantized_size::of<S>(m, n)),
        rows(m),
        cols(n),
        codes(size.code_bytes + 2 * guard, 0xa5),
        scales(size.scale_count + 2 * guard),
        codes_before(codes),
        outer(size.outer_count, -1.0F),
        zeros(size.scale_count),
        offsets(size.scale_count) {
    std::memset(static_cast<void*>(scales.data()), 0x5a, scales.size() * sizeof(scales[0]));
    scales_before = scales;
  }
  lowp::quantized_view<S> view() {
    return {rows, cols, codes.data() + guard, scales.data() + guard, outer.data(), zeros.data(), offsets.data()};
  }

  bool untouched() const {
    return codes == codes_before && same(0, scales.size()) && outer == std::vector<float>(size.outer_count, -1.0F) &&
           std::all_of(zeros.begin(), zeros.end(), [](auto z) { return to_bits(z) == 0; }) &&
           std::memcmp(offsets.data(), std::vector<typename S::stored_scale>(offsets.size()).data(),
                       offsets.size() * sizeof(offsets[0])) == 0;
  }
  bool guards_untouched() const {
    return std::equal(codes.begin(), codes.begin() + guard, codes_before.begin()) &&
           std::equal(codes.end() - guard, codes.end(), codes_before.begin()) && same(0, guard) &&
           same(scales.size() - guard, guard);
  }

 private:
  bool same(std::size_t from, std::size_t count) const {
    return std::memcmp(scales.data() + from, scales_before.data() + from, count * sizeof(scales[0])) == 0;
  }
};

}  // namespace lowp_test
