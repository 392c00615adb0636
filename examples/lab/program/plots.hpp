// SPDX-License-Identifier: Apache-2.0
//
// The drawings of the report: each is an <svg>, or empty where there is nothing to draw.
#pragma once

#include <span>
#include <string>

#include "findings.hpp"

namespace lab {

enum class cost { bits_per_weight, work };

/// Quality of every treatment against what it costs, and the front of those that nothing beats in both.
std::string quality_plot(network_findings const& n, cost against);

/// Noise of the weights, a row a scheme, a column a layer.
std::string layer_map(network_findings const& n);

/// What each layer alone costs in quality, where the suite per-layer was run.
std::string sensitivity_map(network_findings const& n);

std::string histogram_plot(histogram const& h);

enum class operands { weights, both };

/// Items a second through the kernels, of the treatments that quantize these.
std::string throughput_plot(network_findings const& n, operands which);

/// "int4/g32 × int8": what fits beside a point.
std::string short_name(measurement const& m);

/// The class of a family in the style sheet.
std::string css_of(family kind);
family family_of(measurement const& m);

/// Every treatment of the whole network, once.
std::vector<measurement const*> whole_treatments(network_findings const& n);

}  // namespace lab
