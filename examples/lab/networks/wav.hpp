// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace lab {

/// The samples of a mono PCM16 wav file, in [-1, 1).
///
/// Errors  error_code::io; syntax for what is no RIFF/WAVE file; value for another sample rate, more channels or other
///         samples; size for a file that is cut short. The message names the file and what was expected.
std::vector<float> read_wav(std::string const& path, std::uint32_t sample_rate);

}  // namespace lab
