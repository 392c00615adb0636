// SPDX-License-Identifier: Apache-2.0
//
// The Silero speech detector: a Fourier transform and four convolutions over each frame, then one LSTM cell.
#pragma once

#include <memory>
#include <string>

#include "../network.hpp"

namespace lab {

/// silero_vad_16k.safetensors in `folder`, shown 40 frames of noise, speech19s_16k.wav and 20 frames of a tone. A frame is
/// 512 samples. Nobody knows the right answers; the score is how often the decision changes.
///
/// Errors  lowp::error that names the file: it is missing, cut short, of another shape, or holds a NaN.
std::unique_ptr<network> open_silero_vad(std::string const& folder);

}  // namespace lab
