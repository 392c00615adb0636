// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include <lowp/base/config.hpp>

namespace present {

inline std::string version() {
  return std::to_string(LOWP_VERSION_MAJOR) + "." + std::to_string(LOWP_VERSION_MINOR) + "." +
         std::to_string(LOWP_VERSION_PATCH);
}

}  // namespace present
