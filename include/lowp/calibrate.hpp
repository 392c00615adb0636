// SPDX-License-Identifier: Apache-2.0
//
// Door: ranges from batches of data, for scales that are fixed before the data comes.
#pragma once

#include <lowp/calibrate/fixed_scale.hpp>
#include <lowp/calibrate/histogram_observer.hpp>
#include <lowp/calibrate/kl_divergence.hpp>
#include <lowp/calibrate/minmax_observer.hpp>
#include <lowp/calibrate/moving_average_observer.hpp>
#include <lowp/calibrate/mse.hpp>
#include <lowp/calibrate/percentile.hpp>
#include <lowp/calibrate/range.hpp>
#include <lowp/format/catalog.hpp>
