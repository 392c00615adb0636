// SPDX-License-Identifier: Apache-2.0
//
// The layouts of the tools that exchange 4-bit weights, a line and a source each; docs/layouts.md draws their bytes.
// Words of more than one byte are little-endian, as in the tools' files. Sources name repository, file and commit or issue.
#pragma once

#include <lowp/base/config.hpp>
#include <lowp/format/catalog.hpp>
#include <lowp/pack/bit_order.hpp>
#include <lowp/pack/layout.hpp>

namespace lowp::inline LOWP_ABI::layouts {

using bit_order::even_odd;
using bit_order::high_first;
using bit_order::low_first;
using bit_order::padded;
using bit_order::split_halves;

// ONNX: onnx/onnx docs/docsgen/source/technical/int4.md at 29323b3 ("first element is stored in the 4 LSB", odd counts padded)
using onnx_int4 = layout<int4, low_first>;
using onnx_uint4 = layout<uint4, low_first>;
using onnx_float4e2m1 = layout<e2m1fn, low_first>;  // onnx.ai/onnx/technical/float4.html, as quoted in pytorch/ao#2939
// ONNX Runtime MatMulNBits: (code - zero point) * scale, 8 where no zero points are given; codes low first along K
using onnxruntime_matmul_nbits = layout<uint4, low_first, 8>;
// ONNX Runtime MatMulBnb4: contrib_ops/cpu/quantization/blockwise_quant_block_bnb4.h at 2944c6f, (q0 << 4) | q1
using onnxruntime_nf4 = layout<nf4, high_first>;
using onnxruntime_fp4 = layout<bnb_fp4, high_first>;

// OpenVINO: src/core/dev_api/openvino/core/type/element_iterator.hpp at 07b88ee: all but u1 least significant first, nf4
// (unlike bitsandbytes) and f4e2m1 too. Before 2024.0 the first element was in the high nibble (openvino#25827).
using openvino_i4 = layout<int4, low_first>;
using openvino_u4 = layout<uint4, low_first>;
using openvino_nf4 = layout<nf4, low_first>;
using openvino_f4e2m1 = layout<e2m1fn, low_first>;
using openvino_2023_i4 = layout<int4, high_first>;
using openvino_2023_u4 = layout<uint4, high_first>;
using openvino_int4_sym = layout<uint4, low_first, 8>;  // NNCF INT4_SYM: u4 and one zero point 8 (nncf#2218)

// torchao: prototype/mx_formats/kernels.py at 00ee982 (pack_uint4); high first before pytorch/ao#3123
using torchao_uint4 = layout<uint4, low_first>;
using torchao_fp4 = layout<e2m1fn, low_first>;
using torchao_2025_fp4 = layout<e2m1fn, high_first>;
// torchao NF4Tensor (dtypes/nf4tensor.py) and the bytes given to _convert_weight_to_int4pack on CUDA: [::2] << 4 | [1::2]
using torchao_nf4 = layout<nf4, high_first>;
using torchao_tensor_core = layout<uint4, high_first, 8>;

// XNNPACK qc4w and qb4w: src/reference/packing.cc, xnn_pack_qs8_qc4w_*: element k in the low nibble of byte k / 2 for
// even k; kernel_zero_point is 8 (unsigned) or 0 (two's complement), nothing else
using xnnpack_zero_point_8 = layout<uint4, low_first, 8>;
using xnnpack_zero_point_0 = layout<int4, low_first>;

// DLPack 1.1: include/dlpack/dlpack.h at 007cef0 (DLDataType: "little bit-endian"; IS_SUBBYTE_TYPE_PADDED)
template <PackableElement F>
using dlpack = layout<F, low_first>;
template <PackableElement F>
using dlpack_padded = layout<F, padded>;

// ggml: src/ggml-quants.c of ggml-org/llama.cpp at 01243c5: element j of a block in the low nibble of byte j, j + half in
// the high one. The nibbles only; the blocks with their scales are ggml::q4_0 and its siblings.
using ggml_q4_0 = layout<uint4, split_halves<32>, 8>;
using ggml_q4_1 = layout<uint4, split_halves<32>>;
using ggml_mxfp4 = layout<e2m1fn, split_halves<32>>;
using ggml_nvfp4 = layout<e2m1fn, split_halves<16>>;

// bitsandbytes: backends/default/ops.py at 0155ecc: quantized[::2] << 4 | quantized[1::2]
using bitsandbytes_nf4 = layout<nf4, high_first>;
using bitsandbytes_fp4 = layout<bnb_fp4, high_first>;

// compressed-tensors pack-quantized, which vLLM loads (uint4b8): compressors/quantized_compressors/pack_quantized.py at
// 0199c6e, pack_to_int32: code = number + 8, element i of eight at bits [4i, 4i + 4) of an int32, rows padded to eight
using compressed_tensors_int4 = layout<uint4, low_first, 8, 8>;

// AutoAWQ GEMM: modules/linear/gemm.py at 030fe2a: eight neighbours along the output axis in an int32, order 0 2 4 6 1 3 5 7;
// qzeros in the same order, number = code - its group's zero
using autoawq = layout<uint4, even_odd>;

// AutoGPTQ: nn_modules/qlinear/qlinear_cuda_old.py at 179776b: eight neighbours along the input axis in an int32, low
// first; its qzeros hold the zero point less one
using autogptq = layout<uint4, low_first, 0, 8>;
using autogptq_zeros = layout<uint4, low_first, -1, 8>;

}  // namespace lowp::inline LOWP_ABI::layouts
