// SPDX-License-Identifier: Apache-2.0
//
// The networks that the lab knows: what they are made of, and where that can be had.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "../network.hpp"
#include "stories.hpp"

namespace lab {

/// A file that a network is read from.
struct needed_file {
  std::string_view name;     ///< in the folder
  std::string_view home;     ///< where it can be had
  std::string_view licence;  ///< "" where nobody states one
};

struct known_network {
  std::string_view name;   ///< as open() takes it
  std::string_view title;  ///< for a reader
  std::span<needed_file const> files;
  bool bundled;  ///< lies in examples/models
};

std::span<known_network const> catalog();

/// The entry of that name. Errors: error_code::name, listing the names there are.
known_network const& find_network(std::string_view name);

/// Whether all files of the network lie in `folder` (nothing is said about what is in them).
bool is_there(known_network const& which, std::string const& folder);

/// The network of that name from the files in `folder`.
///
/// Errors  error_code::name for an unknown name; io for a file that is not there (the message says where it can be had) or
///         cannot be read; size for one that is cut short, shape for extents other than expected, syntax for a file of another
///         kind, value for weights that are not finite. Each message names the file and what was expected.
std::unique_ptr<network> open(std::string_view name, std::string const& folder);

/// The language model itself, for stories::generate. Errors: as open; name for a network that is none.
std::unique_ptr<stories> open_stories(std::string_view name, std::string const& folder);

}  // namespace lab
