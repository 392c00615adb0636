// SPDX-License-Identifier: Apache-2.0
//
// Door: bulk casts, schemes, quantize and dequantize.
#pragma once

#include <lowp/base/error.hpp>
#include <lowp/base/result.hpp>
#include <lowp/base/tensor_view.hpp>
#include <lowp/base/view.hpp>
#include <lowp/codec/any_format.hpp>
#include <lowp/codec/arithmetic.hpp>
#include <lowp/codec/cast.hpp>
#include <lowp/codec/decode.hpp>
#include <lowp/format/catalog.hpp>
#include <lowp/format/classify.hpp>
#include <lowp/format/facts.hpp>
#include <lowp/format/p3109.hpp>
#include <lowp/pack/packed_span.hpp>
#include <lowp/policy/nan.hpp>
#include <lowp/quant/any_quantize.hpp>
#include <lowp/quant/as_any.hpp>
#include <lowp/quant/cast_into.hpp>
#include <lowp/quant/fake_quantize.hpp>
#include <lowp/quant/fold_scales.hpp>
#include <lowp/quant/quantize.hpp>
#include <lowp/quant/quantized_matrix.hpp>
#include <lowp/quant/quantized_tensor.hpp>
#include <lowp/quant/requantize.hpp>
#include <lowp/quant/slice.hpp>
#include <lowp/scale/any_scheme.hpp>
#include <lowp/scale/scheme.hpp>
