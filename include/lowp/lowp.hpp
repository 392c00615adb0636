// SPDX-License-Identifier: Apache-2.0
//
// Door: everything but text, fmt and files; of text the two parsers, for formats and schemes that are chosen at run time.
#pragma once

#include <lowp/calibrate.hpp>
#include <lowp/cast.hpp>
#include <lowp/compare.hpp>
#include <lowp/format.hpp>
#include <lowp/gemm.hpp>
#include <lowp/layouts.hpp>
#include <lowp/quant/parse_scheme.hpp>
#include <lowp/quantize.hpp>
#include <lowp/text/parse_format.hpp>
