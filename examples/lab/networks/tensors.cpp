// SPDX-License-Identifier: Apache-2.0
#include "tensors.hpp"

#include <algorithm>
#include <span>
#include <utility>

#include <lowp/io/safetensors.hpp>

#include "input_file.hpp"

namespace lab {
namespace {

std::string text_of(std::span<std::size_t const> shape) {
  std::string out = "[";
  for (std::size_t i = 0; i < shape.size(); ++i) {
    out += (i == 0 ? "" : ", ") + std::to_string(shape[i]);
  }
  return out + "]";
}

}  // namespace

struct tensor_file::content {
  lowp::safetensors::file file;
};

tensor_file::tensor_file(std::string path)
    : path_(std::move(path)), content_(std::make_unique<content const>(content{lowp::safetensors::read(path_)})) {}

tensor_file::~tensor_file() = default;

std::vector<float> tensor_file::values(std::string const& name, std::initializer_list<std::size_t> shape) const {
  lowp::safetensors::tensor const* const t = content_->file.find(name);
  if (t == nullptr) {
    refuse_file(lowp::error_code::name, path_,
                "there is no tensor '" + name + "', expected one of the shape " +
                    text_of(std::span(shape.begin(), shape.size())));
  }
  if (!std::equal(t->shape.begin(), t->shape.end(), shape.begin(), shape.end())) {
    refuse_file(lowp::error_code::shape, path_,
                "tensor '" + name + "' has the shape " + text_of(t->shape) + ", expected " +
                    text_of(std::span(shape.begin(), shape.size())));
  }
  lowp::result<std::vector<float>> values = lowp::safetensors::try_to_float(*t);
  if (!values) {
    refuse_file(values.error().code(), path_, values.error().what());
  }
  check_finite(*values, path_, name);
  return *std::move(values);
}

}  // namespace lab
