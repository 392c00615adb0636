// SPDX-License-Identifier: Apache-2.0
//
// Door: packed weights and matrix products. Executors for OpenMP and oneTBB: lowp/parallel/openmp.hpp, lowp/parallel/tbb.hpp.
#pragma once

#include <lowp/gemm/accumulate.hpp>
#include <lowp/gemm/any_packed.hpp>
#include <lowp/gemm/epilogue.hpp>
#include <lowp/gemm/gemm.hpp>
#include <lowp/gemm/packed_weights.hpp>
#include <lowp/parallel/executor.hpp>
#include <lowp/quant/quantize.hpp>
#include <lowp/quant/quantized_matrix.hpp>
#include <lowp/scale/scheme.hpp>
