// SPDX-License-Identifier: Apache-2.0
//
// Door: other tools' layouts of 4-bit weights, ggml's blocks, and the way between them.
#pragma once

#include <lowp/format/catalog.hpp>
#include <lowp/ggml/mxfp4.hpp>
#include <lowp/ggml/nvfp4.hpp>
#include <lowp/ggml/q4_0.hpp>
#include <lowp/ggml/q4_1.hpp>
#include <lowp/ggml/q5_0.hpp>
#include <lowp/ggml/q8_0.hpp>
#include <lowp/ggml/rows.hpp>
#include <lowp/pack/layouts.hpp>
#include <lowp/pack/packed_span.hpp>
#include <lowp/pack/repack.hpp>
