// SPDX-License-Identifier: Apache-2.0
#include "weight_file.hpp"

#include <bit>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <utility>
#include <vector>

#include <lowp/base/error.hpp>
#include <lowp/io/safetensors.hpp>

#include "present/spelling.hpp"

namespace lab {

namespace {

struct matrix {
  std::string name;
  std::size_t rows;
  std::size_t cols;
  std::vector<float> values;
};

class weights_alone final : public network {
 public:
  weights_alone(std::string name, std::vector<matrix> matrices)
      : name_(std::move(name)), matrices_(std::move(matrices)) {
    for (matrix const& m : matrices_) {
      layers_.push_back({m.name, m.rows, m.cols, m.values, {}});
    }
  }
  std::string name() const override { return name_; }
  std::string inputs() const override { return "nothing: weights alone"; }
  std::string item() const override { return ""; }
  std::span<layer const> layers() const override { return layers_; }
  std::size_t items() const override { return 0; }
  answers answer(products&, std::size_t, std::function<bool(std::size_t)> const&) const override { return {}; }

 private:
  std::string name_;
  std::vector<matrix> matrices_;
  std::vector<layer> layers_;
};

std::vector<matrix> of_safetensors(std::string const& path) {
  auto const file = lowp::safetensors::read(path);
  std::vector<matrix> out;
  for (auto const& t : file.tensors()) {
    auto values = lowp::safetensors::try_to_float(t);
    bool const integers = t.dtype_name.starts_with("I") || t.dtype_name.starts_with("U") || t.dtype_name == "BOOL";
    if (t.shape.size() >= 2 && t.size() != 0 && values && !integers) {
      out.push_back({t.name, t.shape[0], t.size() / t.shape[0], *std::move(values)});
    }
  }
  return out;
}

/// What stands after "'key': " in the header of an npy file, a Python dictionary.
std::string header_value(std::string const& header, std::string const& key) {
  std::size_t at = header.find("'" + key + "':");
  if (at == std::string::npos) {
    return "";
  }
  at = header.find_first_not_of(' ', at + key.size() + 3);
  std::size_t const end = at == std::string::npos ? at
                          : header[at] == '('     ? header.find(')', at)
                                                  : header.find(',', at);
  return end == std::string::npos ? "" : header.substr(at, end - at);
}

lowp::error npy_error(std::string const& path, std::string const& what) {
  return {lowp::error_code::syntax, "path", "npy: " + path + ": " + what};
}

std::vector<std::uint8_t> bytes_of(std::string const& path) {
  std::FILE* const in = std::fopen(path.c_str(), "rb");
  if (in == nullptr) {
    throw lowp::error(lowp::error_code::io, "path", "npy: " + path + ": the file cannot be opened for reading");
  }
  std::vector<std::uint8_t> out;
  std::uint8_t piece[65536];
  for (std::size_t got = std::fread(piece, 1, sizeof piece, in); got != 0;
       got = std::fread(piece, 1, sizeof piece, in)) {
    out.insert(out.end(), piece, piece + got);
  }
  std::fclose(in);
  return out;
}

/// 93 'NUMPY' version, the length of the header (2 bytes, from version 2 on 4), the header, the elements.
/// Source: NumPy's format specification, versions 1.0 to 3.0. Read are little-endian float32 and float64 in C order.
std::vector<matrix> of_npy(std::string const& path) {
  std::vector<std::uint8_t> const bytes = bytes_of(path);
  if (bytes.size() < 12 || std::memcmp(bytes.data(), "\x93NUMPY", 6) != 0) {
    throw npy_error(path, "expected 93 'NUMPY' at its start");
  }
  bool const is_short = bytes[6] == 1;
  std::size_t const length = is_short ? std::size_t{bytes[8]} | std::size_t{bytes[9]} << 8U
                                      : std::size_t{bytes[8]} | std::size_t{bytes[9]} << 8U |
                                            std::size_t{bytes[10]} << 16U | std::size_t{bytes[11]} << 24U;
  std::size_t const data = (is_short ? 10U : 12U) + length;
  if (data > bytes.size()) {
    throw npy_error(path, "the file ends inside its header");
  }
  std::string const header(bytes.begin() + (is_short ? 10 : 12), bytes.begin() + static_cast<std::ptrdiff_t>(data));
  std::string const type = header_value(header, "descr");
  std::size_t const width = type == "'<f4'" ? 4 : type == "'<f8'" ? 8 : 0;
  if (width == 0 || header_value(header, "fortran_order") != "False") {
    throw npy_error(path, "expected '<f4' or '<f8' elements in C order, not " + type);
  }
  std::vector<std::size_t> shape;
  std::size_t const count = (bytes.size() - data) / width;
  std::size_t product = 1;
  for (std::string word : present::split(header_value(header, "shape").substr(1), ',')) {
    word.erase(0, word.find_first_not_of(' '));
    if (!word.empty()) {
      shape.push_back(present::whole_number(word, 1, SIZE_MAX / 16, "npy: " + path + ": shape"));
      product = shape.back() <= count / product + 1 ? product * shape.back() : SIZE_MAX;
    }
    if (product > count) {
      break;
    }
  }
  if (shape.size() < 2 || product != count || (bytes.size() - data) % width != 0) {
    throw npy_error(path, "expected a matrix (two or more axes) and as many elements as its shape says");
  }
  std::vector<float> values(count);
  for (std::size_t i = 0; i < count; ++i) {
    std::uint64_t bits = 0;
    for (std::size_t b = 0; b < width; ++b) {
      bits |= std::uint64_t{bytes[data + i * width + b]} << (8 * b);
    }
    values[i] = width == 4 ? std::bit_cast<float>(static_cast<std::uint32_t>(bits))
                           : static_cast<float>(std::bit_cast<double>(bits));
  }
  std::vector<matrix> out;
  out.push_back({"array", shape[0], count / shape[0], std::move(values)});
  return out;
}

}  // namespace

std::unique_ptr<network> open_weight_file(std::string const& path) {
  std::vector<matrix> matrices = path.ends_with(".npy") ? of_npy(path) : of_safetensors(path);
  if (matrices.empty()) {
    throw present::usage_error("--network: " + path + " has no floating-point tensor of two or more axes");
  }
  std::size_t const slash = path.find_last_of('/');
  return std::make_unique<weights_alone>(slash == std::string::npos ? path : path.substr(slash + 1),
                                         std::move(matrices));
}

}  // namespace lab
