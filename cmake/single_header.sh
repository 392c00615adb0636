#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# single_header.sh [<header>...]: the library as one file on standard output, for a project or a web page that takes only
# one. The headers are those of include/lowp; unless told: lowp.hpp, text.hpp and io/quantized.hpp (with safetensors).
#
#   sh cmake/single_header.sh >lowp.hpp
#
# What a header includes is put before it, each once, also what stands under an #if: every header compiles by itself on every
# machine, hence guards what is not for all.
set -eu
include=$(cd "$(dirname "$0")/../include" && pwd)
[ $# -gt 0 ] || set -- lowp.hpp text.hpp io/quantized.hpp

awk -v include="$include" -v headers="$*" '
  function fail(what) {
    print "single_header.sh: " what >"/dev/stderr"
    failed = 1
    exit 1
  }
  function put(header,    file, line, name, count, i, text, got) {
    if (header in done) return
    if (header in open) fail("lowp/" header " includes itself")
    open[header] = 1
    file = include "/lowp/" header
    count = 0
    while ((got = (getline line <file)) > 0) text[++count] = line
    if (got < 0) fail("there is no header lowp/" header)
    close(file)
    for (i = 1; i <= count; ++i) {
      if (text[i] ~ /^ *# *include <lowp\//) {
        name = text[i]
        sub(/^[^<]*<lowp\//, "", name)
        sub(/>.*/, "", name)
        put(name)
      }
    }
    print "// ---- lowp/" header
    for (i = 1; i <= count; ++i)
      if (text[i] !~ /^ *# *include <lowp\// && text[i] !~ /^#pragma once/ && text[i] !~ /^\/\/ SPDX-License-Identifier/)
        print text[i]
    done[header] = 1
    delete open[header]
  }
  BEGIN {
    print "// SPDX-License-Identifier: Apache-2.0"
    print "//"
    print "// lowp in one file, made by cmake/single_header.sh from: " headers
    print "#pragma once"
    n = split(headers, all, " ")
    for (i = 1; i <= n; ++i) put(all[i])
    exit failed
  }
  END { exit failed }
'
