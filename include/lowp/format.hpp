// SPDX-License-Identifier: Apache-2.0
//
// Door: number formats and their facts. No SIMD, no container, no error type.
#pragma once

#include <lowp/format/catalog.hpp>
#include <lowp/format/classify.hpp>
#include <lowp/format/codebook.hpp>
#include <lowp/format/concepts.hpp>
#include <lowp/format/facts.hpp>
#include <lowp/format/float_layout.hpp>
#include <lowp/format/int_n.hpp>
#include <lowp/format/minifloat.hpp>
#include <lowp/format/p3109.hpp>
