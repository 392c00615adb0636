// SPDX-License-Identifier: Apache-2.0
//
// Numbers as a table shows them.
#pragma once

#include <cstddef>
#include <string>

namespace present {

/// `decimals` digits after the point; "-" where x is not a number, "inf" where it is infinite.
std::string fixed(double x, int decimals);

/// fixed with a sign: "+6.1".
std::string signed_fixed(double x, int decimals);

/// A share times 100, without the sign.
std::string percent(double share, int decimals);

/// Two significant digits: "0.0042", "1.3e-05", "17".
std::string two_digits(double x);

/// Up to six significant digits: "448", "1.70141e+38".
std::string compact(double x);

/// "56,720".
std::string grouped(std::size_t n);

/// A count and its noun: "1 tensor", "56,720 weights".
std::string counted(std::size_t n, std::string const& singular);
std::string counted(std::size_t n, std::string const& singular, std::string const& plural);

/// A span of time as one reads it off a progress bar: "7 s", "2 min 05 s".
std::string duration(double seconds);

/// A power-of-two number of bytes: "256 KiB".
std::string bytes(std::size_t n);

}  // namespace present
