// SPDX-License-Identifier: Apache-2.0
//
// Door: everything but text, fmt and files.
#pragma once

#include <lowp/calibrate.hpp>
#include <lowp/cast.hpp>
#include <lowp/compare.hpp>
#include <lowp/format.hpp>
#include <lowp/gemm.hpp>
#include <lowp/layouts.hpp>
#include <lowp/quantize.hpp>
