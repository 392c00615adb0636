// SPDX-License-Identifier: Apache-2.0
#include "kernels.hpp"

namespace lab {
namespace {

using lowp::any_scheme;

/// Whether matrices of both schemes have the same parts.
bool same_structure(any_scheme const& a, any_scheme const& b) {
  bool const same_outer = a.scale.outer.has_value() == b.scale.outer.has_value() &&
                          (!a.scale.outer || a.scale.outer->boxes == b.scale.outer->boxes);
  return a.element == b.element && a.granularity == b.granularity && a.scale.stored == b.scale.stored && same_outer &&
         a.scale.is_affine() == b.scale.is_affine();
}

/// Whether both schemes make the same codes and scales of everything. Requires rules that the table below has: absmax,
/// powers of two, fixed.
bool same_scheme(any_scheme const& a, any_scheme const& b) {
  return same_structure(a, b) && a.scale.which == b.scale.which && a.scale.rule.which == b.scale.rule.which &&
         a.scale.clamped == b.scale.clamped && a.scale.outer == b.scale.outer && a.scale.fixed == b.scale.fixed &&
         a.rounding.which == lowp::rounding::any::kind::nearest_even &&
         a.overflow.which == lowp::overflow::any::kind::saturate && b.rounding.which == a.rounding.which &&
         b.overflow.which == a.overflow.which;
}

}  // namespace

kernel_pair const* find_kernels(any_scheme const& weights, std::optional<any_scheme> const& activations) {
  static std::vector<kernel_pair> const all = compiled_kernels();
  for (kernel_pair const& pair : all) {
    bool const same_activations = activations.has_value() == pair.activations.has_value() &&
                                  (!activations || same_scheme(*activations, *pair.activations));
    if (same_activations && same_structure(weights, pair.weights)) {
      return &pair;
    }
  }
  return nullptr;
}

}  // namespace lab
