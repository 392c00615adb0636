#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# run.sh <source dir> <scratch dir>: builds and runs a user's program in every way a user may get at the library and with
# flags that a user may have. Every build must print the same digest. The last line is "<n> passed, <n> failed".
set -eu
source=$(cd "$1" && pwd)
mkdir -p "$2"
scratch=$(cd "$2" && pwd)
consumer=$source/tests/consumer
jobs=$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2)

# 1. One build. run.sh --one <scratch> <name> <command>: runs it in a folder of its own; the last word it prints is
#    the digest.
one() {
  name=$1
  folder=$scratch/$name
  rm -rf "$folder"
  mkdir -p "$folder"
  if (cd "$folder" && eval "$2") >"$folder/log" 2>&1; then
    tail -n 1 "$folder/log" >"$folder/digest"
    echo "ok      $name"
  else
    echo "FAILED  $name"
    sed 's/^/        /' "$folder/log"
  fi
}
if [ "${3:-}" = --one ]; then
  . "$scratch/environment"
  one "$4" "$(cat "$scratch/plan/$4")"
  exit 0
fi

rm -rf "$scratch"
mkdir -p "$scratch/plan"
plan() { printf '%s\n' "$2" >"$scratch/plan/$1"; }
skipped=''
skip() { skipped="$skipped
skipped $1: $2"; }

# 2. A moved prefix: nothing installed may know where it was put first.
cmake -S "$source" -B "$scratch/install_build" -DLOWP_BUILD_TESTS=OFF -DLOWP_BUILD_BENCH=OFF -DLOWP_BUILD_EXAMPLES=OFF \
  >"$scratch/install.log" 2>&1
cmake --install "$scratch/install_build" --prefix "$scratch/first" >>"$scratch/install.log" 2>&1
rm -rf "$scratch/install_build"
mv "$scratch/first" "$scratch/moved"
if grep -rlF "$scratch" "$scratch/moved"; then
  echo "these installed files name the folder they were installed to"
  exit 1
fi

# 3. The README's own words. Its blocks of CMake that mention find_package(lowp and FetchContent_Declare(lowp are what
#    is run; they link lowp::lowp to a target app that the reader has.
snippet() {  # snippet <words>: prints the README's CMake block that has them
  awk -v words="$1" '
    /^```cmake/ { inside = 1; block = ""; next }
    /^```/ { if (inside && index(block, words)) { printf "%s", block; exit } inside = 0 }
    inside { block = block $0 "\n" }' "$source/README.md"
}
for words in 'find_package(lowp' 'FetchContent_Declare(lowp'; do
  name=readme_$(echo "$words" | tr -d '(' | tr 'A-Z' 'a-z')
  snippet "$words" >"$scratch/$name.cmake" 2>/dev/null || :
  if ! grep -q 'lowp::lowp' "$scratch/$name.cmake"; then
    plan "$name" "echo 'README.md has no cmake block with $words ...) that links lowp::lowp to app'; false"
    continue
  fi
  plan "$name" "cmake -S '$consumer' -B . -DSNIPPET='$scratch/$name.cmake' -DCMAKE_PREFIX_PATH='$scratch/moved' \
    -DVERSION_REFUSED=$([ "$words" = 'find_package(lowp' ] && echo 99.0) \
    -DFETCHCONTENT_SOURCE_DIR_LOWP='$source' -DFETCHCONTENT_FULLY_DISCONNECTED=ON && cmake --build . && ./app"
done
# Its program, and what it says that the program prints: the first block without a language behind it.
awk '/^```cpp/ && !program { program = 1; next } program == 1 && /^```/ { exit } program == 1' "$source/README.md" \
  >"$scratch/first.cpp"
awk '/^```cpp/ { seen = 1 } seen && /^```$/ { fence++; next } fence == 2 { print } fence == 3 { exit }' \
  "$source/README.md" >"$scratch/first.txt"
[ -s "$scratch/first.txt" ] && grep -q 'int main' "$scratch/first.cpp" || { echo "README.md has no program"; exit 1; }
plan readme_program "c++ -std=c++20 -O2 -I'$scratch/moved/include' '$scratch/first.cpp' -o first && ./first >printed &&
  diff '$scratch/first.txt' printed && c++ -std=c++20 -I'$scratch/moved/include' '$consumer/values.cpp' -o app && ./app"
cat >"$scratch/subdirectory.cmake" <<END
add_subdirectory("$source" lowp)
target_link_libraries(app PRIVATE lowp::lowp)
END
plan subdirectory "cmake -S '$consumer' -B . -DSNIPPET='$scratch/subdirectory.cmake' && cmake --build . && ./app"

# 4. Without CMake, and with the user's flags. -ffast-math brings FTZ and DAZ on GCC: its start-up code sets them.
include=-I$scratch/moved/include
if command -v pkg-config >/dev/null 2>&1; then
  plan pkg_config "PKG_CONFIG_PATH='$scratch/moved/share/pkgconfig'; export PKG_CONFIG_PATH
    pkg-config --exact-version=\"\$(sed -n 's/^Version: //p' '$scratch/moved/share/pkgconfig/lowp.pc')\" lowp
    c++ -std=c++20 \$(pkg-config --cflags lowp) '$consumer/values.cpp' -o app && ./app"
else
  skip pkg_config 'no pkg-config'
fi

plan single_header "mkdir lowp && sh '$source/cmake/single_header.sh' >lowp/lowp.hpp && ! grep -n 'include <lowp' lowp/lowp.hpp &&
  c++ -std=c++20 -O1 -I. '$consumer/values.cpp' -o app && ./app"

build() {  # build <name> <compiler and flags>
  plan "$1" "$2 -std=c++20 $include '$consumer/values.cpp' -o app && ./app"
}
# Debian's g++-multilib is its g++-12-multilib and this link, for which one can do without.
m32=-m32
[ -e /usr/include/asm ] || m32="-m32 -idirafter /usr/include/$(uname -m)-linux-gnu"
strict='-Wall -Wextra -Wconversion -Wsign-conversion -Wshadow -Wpedantic -Wold-style-cast -Wundef -Werror'
for compiler in g++ clang++; do
  if ! command -v $compiler >/dev/null 2>&1; then
    skip "$compiler" 'no such compiler'
    continue
  fi
  build "${compiler}_O0" "$compiler -O0 $strict"
  build "${compiler}_O2" "$compiler -O2 $strict"
  build "${compiler}_native" "$compiler -O3 -march=native -ffp-contract=fast"
  build "${compiler}_fast_math" "$compiler -O3 -ffast-math -march=native"
  build "${compiler}_no_exceptions" "$compiler -O1 -fno-exceptions -fno-rtti $strict"
  # A CPU and a compiler that nobody named: every ISA switched off, and 32-bit targets with and without SSE.
  build "${compiler}_portable" "$compiler -O1 -DLOWP_PORTABLE_ONLY $strict"
  if printf '#include <cerrno>\nint main() {}\n' | $compiler $m32 -x c++ - -o "$scratch/m32" 2>/dev/null && "$scratch/m32" 2>/dev/null; then
    build "${compiler}_32bit_sse" "$compiler -O1 $m32 -msse2 -mfpmath=sse $strict"
    build "${compiler}_32bit_x87" "$compiler -O2 $m32 -mno-sse $strict"
  else
    skip "${compiler}_32bit" 'it cannot build or run -m32 programs here (Debian: g++-12-multilib)'
  fi
  # Two units of one program that were built differently, linked in either order.
  for pair in '-O0|-O2 -march=native' '-O2 -march=native|-O0' '-O3 -ffast-math -march=native|-O1' '-O1|-O1 -fno-exceptions'; do
    main_flags=${pair%|*}
    other_flags=${pair#*|}
    plan "${compiler}_two_units$(echo "$main_flags $other_flags" | tr -d ' =' | tr -- - _)" "
      $compiler -std=c++20 $include $main_flags -c '$consumer/two_units.cpp' -o main.o &&
      $compiler -std=c++20 $include $other_flags -DOTHER_UNIT -c '$consumer/two_units.cpp' -o other.o &&
      $compiler main.o other.o -o app && ./app && $compiler other.o main.o -o app && ./app"
  done
done

# 5. Run them all, then compare the digests.
printf 'source=%s\n' "'$source'" >"$scratch/environment"
for plan in "$scratch"/plan/*; do basename "$plan"; done |
  xargs -P "$jobs" -I '{}' sh "$0" "$source" "$scratch" --one '{}' >"$scratch/report"
cat "$scratch/report"
printf '%s' "$skipped" | sed '/^$/d'

failed=$(grep -c '^FAILED' "$scratch/report" || :)
passed=$(grep -c '^ok' "$scratch/report" || :)
digests=$(cat "$scratch"/*/digest | sort | uniq -c | sort -rn)
if [ "$(printf '%s\n' "$digests" | wc -l)" -ne 1 ]; then
  echo "the builds do not agree:"
  for file in "$scratch"/*/digest; do echo "  $(cat "$file")  $(basename "$(dirname "$file")")"; done
  failed=$((failed + 1))
fi
echo "consumer: every build gives $(cat "$scratch"/*/digest | sort -u | tr '\n' ' ')"
echo "$passed passed, $failed failed"
[ "$failed" = 0 ] && [ "$passed" -gt 0 ]
