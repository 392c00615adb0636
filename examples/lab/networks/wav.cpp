// SPDX-License-Identifier: Apache-2.0
#include "wav.hpp"

#include "input_file.hpp"

namespace lab {

std::vector<float> read_wav(std::string const& path, std::uint32_t sample_rate) {
  std::vector<std::byte> const bytes = read_file(path, std::size_t{1} << 28U);
  byte_reader in(bytes, path);
  std::string const riff = in.text(4, "a RIFF header");
  in.skip(4, "a RIFF header");
  if (riff != "RIFF" || in.text(4, "a RIFF header") != "WAVE") {
    refuse_file(lowp::error_code::syntax, path, "expected a wav file: RIFF....WAVE at its start");
  }
  bool described = false;
  for (;;) {
    std::string const id = in.text(4, "a chunk 'data'");
    std::uint32_t const size = in.u32("the length of a chunk");
    if (id == "fmt ") {
      if (size < 16) {
        refuse_file(lowp::error_code::syntax, path,
                    "the chunk 'fmt ' has " + std::to_string(size) + " bytes, expected 16 or more");
      }
      std::uint16_t const format = in.u16("the sample format");
      std::uint16_t const channels = in.u16("the number of channels");
      std::uint32_t const rate = in.u32("the sample rate");
      in.skip(6, "the chunk 'fmt '");
      std::uint16_t const bits = in.u16("the bits of a sample");
      if (format != 1 || channels != 1 || rate != sample_rate || bits != 16) {
        refuse_file(lowp::error_code::value, path,
                    "format " + std::to_string(format) + ", " + std::to_string(channels) + " channels, " +
                        std::to_string(rate) + " Hz, " + std::to_string(bits) +
                        " bits; expected PCM (1), one channel, " + std::to_string(sample_rate) + " Hz, 16 bits");
      }
      in.skip(size - 16 + size % 2, "the chunk 'fmt '");
      described = true;
    } else if (id == "data") {
      if (!described) {
        refuse_file(lowp::error_code::syntax, path, "the chunk 'data' comes before 'fmt '");
      }
      if (size > in.left() || size % 2 != 0) {
        refuse_file(lowp::error_code::size, path,
                    "the chunk 'data' claims " + std::to_string(size) + " bytes, " + std::to_string(in.left()) +
                        " are left, expected an even number of them");
      }
      std::vector<float> samples(size / 2);
      for (float& s : samples) {
        s = static_cast<float>(static_cast<std::int16_t>(in.u16("a sample"))) / 32768.0F;
      }
      return samples;
    } else {
      in.skip(std::size_t{size} + size % 2, "a chunk and what follows it");
    }
  }
}

}  // namespace lab
