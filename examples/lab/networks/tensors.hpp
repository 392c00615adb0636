// SPDX-License-Identifier: Apache-2.0
//
// The tensors of a known network in a safetensors file.
#pragma once

#include <cstddef>
#include <initializer_list>
#include <memory>
#include <string>
#include <vector>

namespace lab {

/// A safetensors file that is asked for tensors by name and shape.
///
/// Errors  error_code::io, size, syntax as lowp::safetensors::read; of values: error_code::name for a tensor that is not
///         there, shape for another shape, value for an element that is not finite. Each message names the file.
class tensor_file {
 public:
  explicit tensor_file(std::string path);
  ~tensor_file();
  tensor_file(tensor_file const&) = delete;
  tensor_file& operator=(tensor_file const&) = delete;

  std::vector<float> values(std::string const& name, std::initializer_list<std::size_t> shape) const;

 private:
  struct content;  // the reader is parsed by one unit

  std::string path_;
  std::unique_ptr<content const> content_;
};

}  // namespace lab
