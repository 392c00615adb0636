// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <cstddef>
#include <span>
#include <string>

#include <lowp/base/config.hpp>
#include <lowp/base/error.hpp>

namespace lowp::inline LOWP_ABI::ggml {

/// One of ggml's blocks: size elements, quantize, dequantize.
template <class B>
concept Block = requires(B const& block, std::span<float const, B::size> x, std::span<float, B::size> out) {
  { B::quantize(x) } -> std::same_as<B>;
  block.dequantize(out);
};

/// Quantizes a row block by block.
///
/// Shapes    x: a whole number of blocks (ggml has no short ones); out: that many blocks or more.
/// Errors    error_code::shape where x is no whole number of blocks, error_code::size where out is too small,
///           error_code::value as the block's quantize.
/// Cost      integer arithmetic throughout, about 100 ns an element: for files, not for the inner loop.
template <Block B>
void quantize_into(std::span<float const> x, std::span<B> out) {
  if (x.size() % B::size != 0) {
    detail::raise(error(
        error_code::shape, "x", 0, x.size(),
        "ggml::quantize_into: x has " + std::to_string(x.size()) + " elements, a block " + std::to_string(B::size)));
  }
  if (out.size() < x.size() / B::size) {
    detail::raise(error(error_code::size, "out", 0, out.size(),
                        "ggml::quantize_into: out has " + std::to_string(out.size()) + " blocks, x " +
                            std::to_string(x.size() / B::size)));
  }
  for (std::size_t i = 0; i < x.size(); i += B::size) {
    out[i / B::size] = B::quantize(x.subspan(i).template first<B::size>());
  }
}

/// Dequantizes block by block.
///
/// Errors    error_code::size where out holds fewer elements than the blocks.
template <Block B>
void dequantize_into(std::span<B const> blocks, std::span<float> out) {
  if (out.size() / B::size < blocks.size()) {
    detail::raise(error(error_code::size, "out", 0, out.size(),
                        "ggml::dequantize_into: out has " + std::to_string(out.size()) + " elements, " +
                            std::to_string(blocks.size()) + " blocks of " + std::to_string(B::size) + " have more"));
  }
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    blocks[i].dequantize(out.subspan(i * B::size).template first<B::size>());
  }
}

}  // namespace lowp::inline LOWP_ABI::ggml
