// SPDX-License-Identifier: Apache-2.0
//
// Where the lab's networks are.
#pragma once

#include <cstdlib>
#include <string>

namespace lab_test {

inline std::string const models = LOWP_SOURCE_DIR "/examples/models";

/// The folder of the networks that are not part of the tree, or "".
inline std::string data_folder() {
  char const* const given = std::getenv("LOWP_LAB_DATA");
  return given != nullptr ? given : LOWP_LAB_DATA;
}

}  // namespace lab_test

/// Leaves the test case where the network is not there, and says why.
#define LAB_NEEDS(network)                                                                               \
  do {                                                                                                   \
    if (!lab::is_there(lab::find_network(network), lab_test::data_folder())) {                           \
      SKIP("network " network " is not in LOWP_LAB_DATA, which is '" << lab_test::data_folder() << "'"); \
    }                                                                                                    \
  } while (false)
