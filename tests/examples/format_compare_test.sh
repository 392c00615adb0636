#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# format_compare_test.sh <format_compare> <examples/models> <cmake> [<images>]: the program from outside, on good and bad
# input. With a number of images that many are shown instead of 1,000: for programs that were built to be slow.
set -eu
program=$1
models=$2
cmake=$3
shown=${4:-1000}
. "$(dirname "$0")/from_outside.sh"
model=$models/fashion_cnn_f32.safetensors

# tensor_file <path> <header> <printf format of the data>: a safetensors file; the header has fewer than 256 bytes
tensor_file() {
  printf "\\$(printf %o "${#2}")\\000\\000\\000\\000\\000\\000\\000%s" "$2" >"$1"
  printf "$3" >>"$1"
}

# 1. The command line.
accepted '^usage: format_compare' --help
accepted '^format_compare, lowp [0-9]+\.[0-9]+\.[0-9]+$' --version
accepted '^e4m3fn +8 +448 ' --list-formats
accepted '^mxfp4 ' --list-formats
refused "unknown option '--format'; did you mean '--formats'\?" --format int8
refused "unknown option '-z'" -z
refused "expected one file, got 'a' and 'b'" a b
refused "name is empty" ''
refused '--formats: expected A,B,.. after it' --formats
refused '--formats: expected A,B,.. after it' --formats --verbose
refused '--formats: expected names separated by commas' --formats int8,,int4
refused '--verbose takes no value' --verbose=1
refused 'did you mean e4m3fn\?' --formats int8,e4m3fm
refused "called 'mxpf4'; did you mean 'mxfp4'\?" --formats mxpf4
refused 'which one\? mxfp8_e4m3, mxfp8_e5m2' --formats mxfp8
refused 'signed integers have 2 to 8 bits' --formats int9
refused "unknown 'chanel', expected tensor, .*did you mean 'channel'\?" --granularity chanel
refused "expected a whole number from 1 to [0-9]+, not '0'" --granularity g0
refused "expected a whole number from 1 to [0-9]+, not ''" --granularity 12x
refused "unknown type 'b16', expected f32 .*did you mean 'bf16'\?" --scale b16
refused "unknown rule 'rcel', expected .*did you mean 'rceil'\?" --scale e8m0:rcel
refused 'int8 is no floating-point type' --scale int8
refused "expected a whole number from 1 to 1024, not 'two'" --threads two
refused "expected auto, always or never, not 'yes'" --color yes
refused 'go together' --images "$model"
refused 'expected one of them' --images a --labels b --no-network

# 2. Files.
refused 'cannot be opened' "$scratch/none.safetensors"
printf 'no weights here, only words and words' >"$scratch/text.safetensors"
refused 'is this a safetensors file\?' "$scratch/text.safetensors"
head -c 1000 "$model" >"$scratch/cut.safetensors"
refused 'cut short' "$scratch/cut.safetensors"
: >"$scratch/empty.safetensors"
refused 'expected at least 8' "$scratch/empty.safetensors"
refused 'cannot be read' "$scratch"
refused "no tensor 'conv1.wieght', .*did you mean 'conv1.weight'\?" --tensor conv1.wieght
refused "'conv1.bias' is not quantized: .*two or more axes" --tensor conv1.bias
refused 'expected an idx file' --images "$model" --labels "$model"
refused 'expected 28 x 28|expected images' --images "$models/fashion-mnist-t10k-first1000-labels.idx1-ubyte" \
  --labels "$models/fashion-mnist-t10k-first1000-labels.idx1-ubyte"
tensor_file "$scratch/bias.safetensors" '{"b":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}' '\000\000\200\077'
refused 'nothing to quantize' "$scratch/bias.safetensors"

run --formats int8 --granularity tensor --no-network --no-throughput --json "$scratch/no/such/folder"
[ "$code" = 1 ] && grep -q 'cannot be written' "$scratch/err" || report "an unwritable file is exit code 1, not $code"

# 3. Table 1. The score is that of the first 1,000 images, also where all 10,000 are installed.
pixels=$models/fashion-mnist-t10k-first1000-images.idx3-ubyte
labels=$models/fashion-mnist-t10k-first1000-labels.idx1-ubyte
score='88\.80 0\.2918'
top1='0\.888'
if [ "$shown" != 1000 ]; then  # an idx file begins with its type and 32-bit extents, the count first
  count_bytes="\\000\\000\\$(printf %o $((shown / 256)))\\$(printf %o $((shown % 256)))"
  { head -c 4 "$pixels"; printf "$count_bytes"; tail -c +9 "$pixels" | head -c $((8 + shown * 784)); } >"$scratch/images"
  { head -c 4 "$labels"; printf "$count_bytes"; tail -c +9 "$labels" | head -c "$shown"; } >"$scratch/labels"
  pixels=$scratch/images
  labels=$scratch/labels
  score='[0-9.]+ [0-9.]+'
  top1='[01]'
fi
images="--images $pixels --labels $labels"
accepted "^ +32 +float32 +$score\$" $images --formats int8 --granularity tensor --no-throughput
# By an independent computation in double: 16.274 dB and 0.08730; 20.060 dB and 0.14226.
accepted '^ +4 +int4 +16\.3 +0\.087$' --formats int4 --granularity channel --no-network --no-throughput
accepted '^ +4 +e2m1fn +20\.1 +0\.14$' --formats E2M1 --granularity per_g32,g32 --no-network --no-throughput
accepted '^fireq +g128 e4m3fn\+f32:tensor:fireq +4\.08' --formats fireq --no-network --no-throughput
accepted '^int4/g32/bf16 +g32 bf16 +4\.51' --formats INT4/g32/bf16 --no-network --no-throughput
refused "'g0' is no granularity" --formats int4/g0
accepted '^all weights +mxfp4 +g32 +4\.25' --formats mxfp4 --no-network --no-throughput --verbose
accepted '^4 bits: .* wins [0-9] of 4' --formats int4,e2m1fn --granularity channel --no-network --no-throughput
accepted '^ fc1\.weight .* e2m1fn \+2\.9$' --formats int4,e2m1fn --granularity channel --no-network --no-throughput
accepted ' 1 weight matrix, 51,200 weights;' --tensor 'fc1*' --formats int8 --no-network --no-throughput
accepted '^ +6 +binary6p3sf ' --formats binary6p3sf --no-network --no-throughput
accepted 'scales: a power of two by the rceil rule, stored as e8m0;' --formats int4 --scale e8m0:rceil --no-network \
  --no-throughput

# 4. The same figures for every number of threads, as JSON that parses.
some="--formats int8,int4,e2m1fn,nvfp4 --granularity tensor,g32 --no-throughput --json -"
run $images $some --threads 1
cp "$scratch/out" "$scratch/one"
run $images $some --threads 3
cmp -s "$scratch/one" "$scratch/out" || report "other figures with three threads than with one"
cat >"$scratch/read.cmake" <<'END'
file(READ "${JSON}" text)
string(JSON results LENGTH "${text}" accuracy results)
string(JSON format GET "${text}" accuracy results 6 format)
string(JSON images GET "${text}" accuracy float32 top1)
message(STATUS "${results} ${format} ${images}")
END
"$cmake" "-DJSON=$scratch/one" -P "$scratch/read.cmake" >"$scratch/out" 2>"$scratch/err" || :
grep -q "^-- 7 nvfp4 $top1" "$scratch/out" || report "the JSON does not say what it should"

# 5. Numbers that are none, and scales that do not fit: told, and no more.
pair='{"w":{"dtype":"F32","shape":[2,2],"data_offsets":[0,16]}}'
tensor_file "$scratch/nan.safetensors" "$pair" '\000\000\200\077\000\000\300\177\000\000\200\077\000\000\200\377'
refused 'does not hold the network' "$scratch/nan.safetensors" --images x --labels y
accepted 'w holds 1 NaN and 1 infinity' "$scratch/nan.safetensors" --no-throughput
tensor_file "$scratch/zero.safetensors" "$pair" '\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000'
accepted '^ w +0\.0 +tie$' "$scratch/zero.safetensors" --formats int8,e4m3fn --granularity tensor --no-throughput
tensor_file "$scratch/tiny.safetensors" "$pair" '\000\000\000\020\000\000\000\020\000\000\000\020\000\000\000\020'
accepted '^n/a \(int8/tensor\): w: .*whose greatest$' "$scratch/tiny.safetensors" --formats int8 --granularity tensor \
  --scale f16 --no-throughput
tensor_file "$scratch/escape.safetensors" '{"\u001b[31m":{"dtype":"F32","shape":[2,2],"data_offsets":[0,16]}}' \
  '\000\000\200\077\000\000\200\077\000\000\200\077\000\000\200\077'
accepted '^ \?\[31m ' "$scratch/escape.safetensors" --formats int8,e4m3fn --no-throughput

# 6. The terminal: plain ASCII within the width when it is none, colour when asked for, lines where the locale has them.
run --formats int8,e4m3fn,mxfp4 --no-network --no-throughput
grep -q "$(printf '[\033\200-\377]')" "$scratch/out" && report "more than ASCII in the C locale"
awk 'length > 80 { exit 1 }' "$scratch/out" || report "lines of more than 80 characters"
COLUMNS=60
export COLUMNS
run --formats int8,e4m3fn,mxfp4 --no-network --no-throughput
unset COLUMNS
awk 'length > 60 { exit 1 }' "$scratch/out" || report "lines of more than 60 characters with COLUMNS=60"
accepted "$(printf '\033')\\[1m" --formats int8 --no-network --no-throughput --color always
LC_ALL=C.UTF-8
accepted "$(printf '\342\224\200')" --formats int8 --no-network --no-throughput
LC_ALL=C

# 7. Table 2.
accepted '^ +8 +copy +[0-9.]+ +[0-9.]+ +[0-9.]+ +[0-9.]+$' --no-accuracy --formats int8,int5
accepted '^ +int8 +[a-z0-9_]+ +([0-9.]+ +[0-9.]+ +[0-9.]+ % *){2}$' --no-accuracy --formats int8
accepted 'not timed.*: int5$' --no-accuracy --formats int5

echo "$count runs of format_compare, $failed failures"
[ "$failed" = 0 ]
