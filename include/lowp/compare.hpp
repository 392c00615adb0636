// SPDX-License-Identifier: Apache-2.0
//
// Door: what schemes do to a tensor, side by side.
#pragma once

#include <lowp/measure/accumulator_width.hpp>
#include <lowp/measure/compare.hpp>
#include <lowp/measure/error_stats.hpp>
#include <lowp/quant/any_quantize.hpp>
#include <lowp/quant/parse_scheme.hpp>
#include <lowp/quant/quantize.hpp>
#include <lowp/scale/any_scheme.hpp>
#include <lowp/scale/scheme.hpp>
