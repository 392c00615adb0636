// SPDX-License-Identifier: Apache-2.0
//
// Between a matrix of a scheme type and one of a scheme chosen at run time.
#pragma once

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string>

#include <lowp/base/config.hpp>
#include <lowp/base/error.hpp>
#include <lowp/kernel/affine_code.hpp>
#include <lowp/quant/any_quantize.hpp>
#include <lowp/quant/quantized_matrix.hpp>
#include <lowp/scale/any_scheme.hpp>

namespace lowp::inline LOWP_ABI {

/// The same codes and scales under the run-time twin of S. `rule` is the state of the rule that q was made with, if it has
/// one.
template <Scheme S>
any_quantized_matrix as_any_quantized(quantized_matrix<S> const& q, typename S::scale_rule rule = {}) {
  any_quantized_matrix any(as_any_scheme<S>({}, rule), q.rows(), q.cols());
  any.codes() = q.codes();
  for (std::size_t i = 0; i < q.scales().size(); ++i) {
    if constexpr (std::same_as<typename S::stored_scale, float>) {
      any.scale_codes()[i] = std::bit_cast<std::uint32_t>(q.scales()[i]);
    } else {
      any.scale_codes()[i] = to_bits(q.scales()[i]);
    }
  }
  for (std::size_t i = 0; i < q.offsets().size(); ++i) {
    if constexpr (std::same_as<typename S::stored_scale, float>) {
      any.offset_codes()[i] = std::bit_cast<std::uint32_t>(q.offsets()[i]);
    } else {
      any.offset_codes()[i] = to_bits(q.offsets()[i]);
    }
  }
  any.outer_scales() = q.outer_scales();
  for (std::size_t i = 0; i < q.zero_points().size(); ++i) {
    if constexpr (IntegerFormat<typename S::element>) {
      any.zero_points()[i] = detail::zero_of(q.zero_points()[i]);
    }
  }
  return any;
}

/// The same codes and scales as a matrix of S.
///
/// Errors    error_code::name where `any` was not made by S's element, granularity, levels and stored types. (How its scales
///           were found does not matter any more.)
template <Scheme S>
quantized_matrix<S> as_quantized(any_quantized_matrix const& any) {
  using element = typename S::element;
  any_scheme const wanted = as_any_scheme<S>();
  any_scheme const& given = any.scheme();
  auto const refuse = [](char const* what) {
    detail::raise(error(error_code::name, "any", std::string("as_quantized: the matrix has other ") + what));
  };
  if (!(given.element == wanted.element)) {
    refuse("elements than the scheme");
  }
  if (given.granularity.block(any.rows(), any.cols()) != wanted.granularity.block(any.rows(), any.cols())) {
    refuse("blocks than the scheme");
  }
  if (given.scale.stored != wanted.scale.stored) {
    refuse("stored scales than the scheme");
  }
  bool const other_boxes =
      given.scale.outer && wanted.scale.outer &&
      given.scale.outer->boxes.block(any.rows(), any.cols()) != wanted.scale.outer->boxes.block(any.rows(), any.cols());
  if (given.scale.outer.has_value() != wanted.scale.outer.has_value() || other_boxes ||
      given.scale.is_affine() != wanted.scale.is_affine() || given.scale.has_offset() != wanted.scale.has_offset()) {
    refuse("levels of scales or zero points than the scheme");
  }
  quantized_matrix<S> q(any.rows(), any.cols());
  auto const view = q.view();
  for (std::size_t i = 0; i < any.codes().size(); ++i) {
    view.codes[i] = any.codes()[i];
  }
  for (std::size_t i = 0; i < any.scale_codes().size(); ++i) {
    if constexpr (std::same_as<typename S::stored_scale, float>) {
      view.scales[i] = std::bit_cast<float>(any.scale_codes()[i]);
    } else {
      view.scales[i] = from_bits<typename S::stored_scale>(any.scale_codes()[i]);
    }
  }
  for (std::size_t i = 0; i < any.offset_codes().size(); ++i) {
    if constexpr (std::same_as<typename S::stored_scale, float>) {
      view.offsets[i] = std::bit_cast<float>(any.offset_codes()[i]);
    } else {
      view.offsets[i] = from_bits<typename S::stored_scale>(any.offset_codes()[i]);
    }
  }
  for (std::size_t i = 0; i < any.outer_scales().size(); ++i) {
    view.outer[i] = any.outer_scales()[i];
  }
  for (std::size_t i = 0; i < any.zero_points().size(); ++i) {
    view.zeros[i] = from_bits<element>(static_cast<unsigned>(any.zero_points()[i]));
  }
  return q;
}

}  // namespace lowp::inline LOWP_ABI
