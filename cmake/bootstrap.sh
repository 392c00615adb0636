#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Installs what building lowp needs and the machine lacks. Quiet and instant when nothing is missing.
#   sh cmake/bootstrap.sh        compiler, cmake, ninja; Catch2, fmt and Google Benchmark for tests and benches; CLI11 for
#                                the program lowp_lab
#   sh cmake/bootstrap.sh --ci   also what only the full check uses: clang and its tools, the 32-bit libraries
#   sh cmake/bootstrap.sh --aarch64   also what the preset aarch64 uses: a cross compiler and qemu
#
# Exit code 0 when a compiler, cmake and ninja are there at the end: the library and the programs in examples/ need no
# more than these. A test or bench dependency that could not be had is named here and again by CMake when it is needed.
set -eu

ci=no
aarch64=no
for argument in "$@"; do
  case $argument in
    --ci) ci=yes ;;
    --aarch64) aarch64=yes ;;
    *) echo "bootstrap: unknown argument '$argument' (only --ci and --aarch64 are known)" >&2; exit 2 ;;
  esac
done

have() { command -v "$1" >/dev/null 2>&1; }
say() { echo "bootstrap: $*" >&2; }

has_compiler() { have c++ || have g++ || have clang++; }

# The libraries of tests and benches, by Debian package. Without dpkg CMake's own search decides.
libraries='catch2 libfmt-dev libbenchmark-dev libcli11-dev'
# Only the full check wants these; each may be absent, its check is then skipped and says so. Of the 32-bit libraries the
# package with the compiler's version in its name: g++-multilib itself refuses to stand beside a cross compiler.
ci_packages='clang clang-tidy clang-format pkgconf'
multilib() { ! have g++ || echo "g++-$(g++ -dumpversion | cut -d. -f1)-multilib"; }
aarch64_packages='g++-aarch64-linux-gnu qemu-user'

installed() {
  case $(dpkg-query -W -f='${Status}' "$1" 2>/dev/null) in
    *' installed') return 0 ;;
    *) return 1 ;;
  esac
}

missing_of() {  # prints those of its arguments that dpkg does not know as installed
  for package in "$@"; do installed "$package" || printf '%s ' "$package"; done
}

as_root() {
  if [ "$(id -u)" = 0 ]; then
    env DEBIAN_FRONTEND=noninteractive "$@"
  elif have sudo; then
    sudo env DEBIAN_FRONTEND=noninteractive "$@"
  else
    say "not root and no sudo: cannot run '$*'"
    return 1
  fi
}

updated=no
apt_install() {  # tries the package lists as they are, then once more after apt-get update; never removes a package
  as_root apt-get install -y -qq --no-install-recommends --no-remove "$@" >/dev/null 2>&1 && return 0
  [ "$updated" = no ] || return 1
  updated=yes
  as_root apt-get update -qq >/dev/null 2>&1 || say "apt-get update failed (no network?)"
  as_root apt-get install -y -qq --no-install-recommends --no-remove "$@" >/dev/null
}

install_debian() {
  wanted=''
  # A tool counts as present however it came: a newer cmake in /usr/local is as good as Debian's.
  has_compiler || wanted="$wanted g++"
  have cmake || wanted="$wanted cmake"
  have ninja || wanted="$wanted ninja-build"
  # shellcheck disable=SC2086  # a list of package names is meant to be split
  wanted="$wanted $(missing_of $libraries)"
  # shellcheck disable=SC2086
  set -- $wanted
  if [ $# -gt 0 ]; then
    say "installing $*"
    # One transaction is fast; when one package of it cannot be had, the others still should be.
    apt_install "$@" || for package in "$@"; do
      apt_install "$package" || say "could not install $package"
    done
  fi
  optional=''
  [ "$ci" = no ] || optional="$ci_packages $(multilib)"
  [ "$aarch64" = no ] || optional="$optional $aarch64_packages"
  # shellcheck disable=SC2086
  for package in $(missing_of $optional); do
    say "installing $package"
    apt_install "$package" || say "could not install $package; the checks that need it will be skipped"
  done
}

if have apt-get && have dpkg-query; then
  install_debian
else
  missing=''
  has_compiler || missing="$missing C++20-compiler"
  have cmake || missing="$missing cmake"
  have ninja || missing="$missing ninja"
  if [ "$(uname -s)" = Darwin ]; then
    have brew && for formula in catch2 fmt google-benchmark cli11; do
      brew list --versions "$formula" >/dev/null 2>&1 || missing="$missing $formula"
    done
    [ -z "$missing" ] || say "to build everything: xcode-select --install; brew install cmake ninja catch2 fmt google-benchmark cli11"
  elif [ -n "$missing" ]; then
    say "install a C++20 compiler, cmake >= 3.25, ninja; for the tests Catch2 and fmt, for the benches Google Benchmark, for lowp_lab CLI11"
  fi
fi

status=0
has_compiler || { say "no C++ compiler found (Debian: g++, macOS: xcode-select --install)"; status=1; }
have cmake || { say "no cmake found (Debian and brew: cmake)"; status=1; }
have ninja || { say "no ninja found (Debian: ninja-build, brew: ninja)"; status=1; }
exit $status
