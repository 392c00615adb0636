// SPDX-License-Identifier: Apache-2.0
#include "catalog.hpp"

#include <cstdio>

#include <lowp/base/error.hpp>

#include "fashion_cnn.hpp"
#include "input_file.hpp"
#include "mnist_cnn.hpp"
#include "silero_vad.hpp"

namespace lab {
namespace {

constexpr std::string_view stories_home = "github.com/DaveBben/esp32-llm, data/ (weights: karpathy/tinyllamas)";
constexpr std::string_view stories_licence = "MIT, as the model's card says";
constexpr needed_file stories_files[] = {
    {"stories260K.bin", stories_home, stories_licence},
    {"tok512.bin", stories_home, stories_licence},
    {"tinystories_sample.txt", "github.com/stanford-cs336/assignment1-basics, tests/fixtures/", "CDLA-Sharing-1.0"}};
constexpr needed_file sampled_files[] = {
    {"stories260K.bin", stories_home, stories_licence},
    {"tok512.bin", stories_home, stories_licence},
    {"stories260K_sampled.txt", "120 stories sampled from the model at temperature 1", stories_licence}};
constexpr needed_file fashion_files[] = {
    {"fashion_cnn_f32.safetensors", "lowp, examples/models", "Apache-2.0"},
    {"fashion-mnist-t10k-first1000-images.idx3-ubyte", "lowp, examples/models (Zalando's Fashion-MNIST)", "MIT"},
    {"fashion-mnist-t10k-first1000-labels.idx1-ubyte", "lowp, examples/models (Zalando's Fashion-MNIST)", "MIT"}};
constexpr needed_file mnist_files[] = {
    {"mnist_cnn_f32.safetensors", "github.com/tracel-ai/burn, examples/import-model-weights/weights/mnist.safetensors",
     "MIT or Apache-2.0"},
    {"mnist-t10k-first2000-images.idx3", "the first 2,000 of MNIST's t10k-images-idx3-ubyte", ""},
    {"mnist-t10k-first2000-labels.idx1", "the first 2,000 of MNIST's t10k-labels-idx1-ubyte", ""}};
constexpr needed_file silero_files[] = {
    {"silero_vad_16k.safetensors", "github.com/snakers4/silero-vad, src/silero_vad/data/", "MIT"},
    {"speech19s_16k.wav", "github.com/snakers4/silero-vad, the first 19 s of tests/data/test.wav", "MIT"}};

constexpr known_network networks[] = {
    {"fashion", "a convolutional network for clothes, 57k parameters", fashion_files, true},
    {"stories260K", "a Llama of 260k parameters, on five stories that people wrote", stories_files, false},
    {"stories260K-sampled", "the same on 120 stories of its own", sampled_files, false},
    {"mnist", "a convolutional network for digits, 377k parameters", mnist_files, false},
    {"silero", "a speech detector of convolutions and an LSTM, 310k parameters", silero_files, false}};

bool can_open(std::string const& path) {
  std::FILE* const stream = std::fopen(path.c_str(), "rb");
  if (stream != nullptr) {
    std::fclose(stream);
  }
  return stream != nullptr;
}

/// Raises for the first file that is not there, before anything is read.
void check_files(known_network const& which, std::string const& folder) {
  for (needed_file const& f : which.files) {
    std::string const path = folder + "/" + std::string(f.name);
    if (!can_open(path)) {
      refuse_file(lowp::error_code::io, path,
                  "the file cannot be opened for reading; network " + std::string(which.name) + " needs it, from " +
                      std::string(f.home));
    }
  }
}

}  // namespace

std::span<known_network const> catalog() { return networks; }

known_network const& find_network(std::string_view name) {
  std::string names;
  for (known_network const& n : networks) {
    if (n.name == name) {
      return n;
    }
    names += (names.empty() ? "" : ", ") + std::string(n.name);
  }
  lowp::detail::raise(lowp::error(lowp::error_code::name, "name",
                                  "networks: no network '" + std::string(name) + "'; there are " + names));
}

bool is_there(known_network const& which, std::string const& folder) {
  for (needed_file const& f : which.files) {
    if (!can_open(folder + "/" + std::string(f.name))) {
      return false;
    }
  }
  return true;
}

std::unique_ptr<stories> open_stories(std::string_view name, std::string const& folder) {
  known_network const& which = find_network(name);
  if (which.files[0].name != stories_files[0].name) {
    lowp::detail::raise(
        lowp::error(lowp::error_code::name, "name", "networks: '" + std::string(name) + "' is no language model"));
  }
  check_files(which, folder);
  stories::files from;
  from.checkpoint = folder + "/" + std::string(which.files[0].name);
  from.tokenizer = folder + "/" + std::string(which.files[1].name);
  from.text = folder + "/" + std::string(which.files[2].name);
  from.called = which.name;
  return std::make_unique<stories>(from);
}

std::unique_ptr<network> open(std::string_view name, std::string const& folder) {
  known_network const& which = find_network(name);
  check_files(which, folder);
  if (which.name == "fashion") {
    return open_fashion_cnn(folder);
  }
  if (which.name == "mnist") {
    return open_mnist_cnn(folder);
  }
  if (which.name == "silero") {
    return open_silero_vad(folder);
  }
  return open_stories(name, folder);
}

}  // namespace lab
