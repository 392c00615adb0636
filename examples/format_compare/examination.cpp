// SPDX-License-Identifier: Apache-2.0
#include "examination.hpp"

#include <limits>
#include <memory>
#include <utility>

#include "network.hpp"
#include "present/spelling.hpp"

namespace format_compare {

using namespace present;

namespace {

fashion::labelled_images read_images(image_files const& files, std::string const& models_folder) {
  auto images = files.images.empty() ? fashion::try_test_images(models_folder)
                                     : fashion::try_read_images(files.images, files.labels);
  return std::move(images).value();
}

bool takes_part(std::string const& name) {
  for (auto const& p : fashion::network::parameters) {
    if (p.name == name) {
      return true;
    }
  }
  return false;
}

}  // namespace

std::optional<examination> find_network(lowp::safetensors::file const& file, weight_set const& weights,
                                        image_files const& images, std::string const& models_folder) {
  auto loaded = fashion::network::is_in(file) ? fashion::network::try_load(file)
                                              : lowp::error(lowp::error_code::name, "file", "");
  if (!loaded) {
    if (!images.images.empty()) {
      throw usage_error(
          "--images: the file does not hold the network they are for; expected the tensors of "
          "fashion_cnn_f32.safetensors");
    }
    return std::nullopt;
  }
  // One copy of images and original weights, shared by all runs.
  auto const original = std::make_shared<fashion::network const>(*std::move(loaded));
  auto const set = std::make_shared<fashion::labelled_images const>(read_images(images, models_folder));
  std::vector<std::string> names;
  for (weight_matrix const& w : weights.matrices) {
    names.push_back(takes_part(w.name) ? w.name : "");
  }
  auto run = [original, set, names](std::span<std::vector<float> const> values) {
    fashion::network candidate = *original;
    for (std::size_t i = 0; i < names.size(); ++i) {
      if (!names[i].empty()) {
        candidate.replace(names[i], values[i]);
      }
    }
    lowp::result<fashion::score> const s = candidate.try_evaluate(*set);
    if (!s && s.error().argument() == "network") {  // weights that are not finite; wrong images are another matter
      constexpr double none = std::numeric_limits<double>::quiet_NaN();
      return grade{none, none, s.error().what()};
    }
    return grade{s.value().top1(), s.value().mean_nll};
  };
  // An image takes about as long as quantizing 3,000 weights.
  return examination{std::move(run), set->source, 3000.0 * static_cast<double>(set->count)};
}

}  // namespace format_compare
