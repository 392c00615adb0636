#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# lowp_lab_test.sh <lowp_lab> <examples/models> <cmake> <items>: the program from outside, on good and bad input; networks
# are shown that many items.
set -eu
program=$1
models=$2
cmake=$3
items=$4
. "$(dirname "$0")/from_outside.sh"

# 1. The command line.
accepted '^exit codes: 0 done' --help
accepted '^examples:$' --help
accepted '^lowp_lab, lowp [0-9]+\.[0-9]+\.[0-9]+$' --version
accepted '^e4m3fn +8 +448 +0\.015625 +0\.00195312 +253 .*OCP OFP8 1\.0, table 1$' --list-formats
accepted '^nvfp4 +4\.50[0-9] +6 +e2m1fn/g16/e4m3fn' --list-schemes
for suite in int-vs-fp deployment mx w4a8 fp8-ptq convert minifloat-sweep per-layer; do
  accepted "^$suite +[0-9]+ " --list-suites
done
refused "unknown argument '--suites'; did you mean '--suite'\?" --suites int-vs-fp
refused "unknown argument 'extra'" extra
refused "suite: expected one of .*, not 'mix'; did you mean 'mx'\?" --suite mix
refused "expected one of fake, kernels, both, not 'fast'" --mode fast
refused "items: expected a whole number from 1 to [0-9]+, not '0'" --items 0
refused "seed: expected a whole number from 0 to [0-9]+, not '-1'" --seed=-1
refused "calibration: expected a share above 0 and at most 1, not '2'" --calibration 2
refused "isa: expected one that this CPU has, .*portable, not 'portible'; did you mean 'portable'\?" --isa portible
refused "color: expected one of auto, always, never, not 'yes'" --color yes
refused "network: expected one of fashion, .* or a file of weights, not 'fashon'; did you mean 'fashion'\?" --network fashon
refused 'network silero: --data says where its files lie; it needs silero_vad_16k.safetensors \(github.com/snakers4' \
  --network silero
refused "silero: '$scratch' lacks some of" --network silero --data "$scratch"
refused 'scheme: "int9/row": .*signed integers have 2 to 8 bits' --network fashion --scheme int9/row
refused "scheme: expected 'weights x activations \[x cache\]', not 'int8/row x int8/row x f32 x f32'" \
  --network fashion --scheme 'int8/row x int8/row x f32 x f32'
refused 'expected standard output for one of them' --json - --csv -
refused 'prompt: expected a language model' --network fashion --prompt Once
refused 'safetensors' --network "$scratch/none.safetensors"
printf 'no array' >"$scratch/bad.npy"
refused "npy: .*expected 93 'NUMPY'" --network "$scratch/bad.npy"

# 2. A format explained.
refused 'did you mean e4m3fn' explain e4m3fm
refused "explain: expected a number, not 'half'" explain e4m3fn half
refused 'format is required' explain
accepted '^1111 +256 +288 +320 +352$' explain e4m3fn
accepted '^  value: the two.s complement number itself$' explain int5
accepted 'too many to list' explain bfloat16
accepted '^value|^  value = 2\^\(E - 127\); no zero' explain e8m0fnu
run explain e2m1fn 0.3
cat >"$scratch/expected" <<'END'
e2m1fn: FP4, every code a number (OCP MX 1.0, 5.3.3)

    3    2   1      0
  +----+--------+--------+
  | S  | E   E  |   M    |
  +----+--------+--------+
   sign exponent mantissa

  value = (-1)^S 2^(E - 1) x 1.M; E = 0: (-1)^S 2^0 x 0.M

bits            4
greatest        6  (0x7)
lowest          -6  (0xf)
least normal    1  (0x2) = 2^0
least positive  0.5  (0x1)
steps           2 a power of two (epsilon 0.5)
values          15 distinct, -0 has a code
infinity        none
NaN             none

0.3                    value  code  bits    error  relative
below                      0   0x0  0 00 0   -0.3  100.00 %
above                    0.5   0x1  0 00 1   +0.2   66.67 %
nearest, ties to even    0.5   0x1  0 00 1   +0.2   66.67 %
nearest, ties away       0.5   0x1  0 00 1   +0.2   66.67 %
toward zero                0   0x0  0 00 0   -0.3  100.00 %
up                       0.5   0x1  0 00 1   +0.2   66.67 %
down                       0   0x0  0 00 0   -0.3  100.00 %
not saturating           0.5   0x1  0 00 1   +0.2   66.67 %
Stochastic rounding goes up in 60.0 % of the cases.
END
cmp -s "$scratch/expected" "$scratch/out" || report "explain e2m1fn 0.3 is not what it was"
accepted '^above +-448 ' explain e4m3fn -500
accepted '^itself +448 ' explain e4m3fn 448

# 3. A run: the same figures for every number of threads and every ISA, as JSON that parses.
some="--network fashion --items $items --suite overview --mode fake --json -"
run $some --threads 1
cp "$scratch/out" "$scratch/one.json"
[ "$code" = 0 ] || report "$some: exit code $code"
run $some --threads 2
cmp -s "$scratch/one.json" "$scratch/out" || report "other figures with two threads than with one"
run $some --isa portable
cmp -s "$scratch/one.json" "$scratch/out" || report "other figures on the portable ISA"
cat >"$scratch/read.cmake" <<'END'
file(READ "${JSON}" text)
string(JSON networks LENGTH "${text}" networks)
string(JSON layers LENGTH "${text}" networks 0 layers)
string(JSON name GET "${text}" networks 0 suites 0 treatments 0 name)
string(JSON bits GET "${text}" networks 0 suites 0 treatments 0 bits_per_weight)
string(JSON shown GET "${text}" networks 0 suites 0 treatments 0 fake items)
string(JSON interrupted GET "${text}" interrupted)
message(STATUS "${networks} ${layers} ${name} ${bits} ${shown} ${interrupted}")
END
"$cmake" "-DJSON=$scratch/one.json" -P "$scratch/read.cmake" >"$scratch/out" 2>"$scratch/err" || :
grep -q "^-- 1 4 int8/tensor 8\.00[0-9]* $items OFF" "$scratch/out" || report "the JSON does not say what it should"
seeded="--network fashion --items 1 --mode fake --scheme int4/row --rounding stochastic --json -"
run $seeded --seed 7
cp "$scratch/out" "$scratch/seven"
run $seeded --seed 7 --threads 2
cmp -s "$scratch/seven" "$scratch/out" || report "the same seed gives other figures"
run $seeded --seed 8
grep -v seed "$scratch/out" >"$scratch/eight"
grep -v seed "$scratch/seven" | cmp -s - "$scratch/eight" && report "another seed gives the same figures"

# 4. Through the kernels: timed, and close to the figures in float.
accepted '^int8/row x int8/token +8\.0[0-9] +[0-9.]+ +[0-9.]+ .* [0-9.,]+$' --network fashion --items 2 \
  --scheme 'int8/row x int8/token'
for format in csv html; do
  run --network fashion --items 2 --scheme 'int8/row x int8/token' --scheme 'nf4/g64' "--$format" "$scratch/report"
  [ "$code" = 0 ] && [ -s "$scratch/report" ] || report "--$format: exit code $code"
done
grep -q '^<!doctype html>' "$scratch/report" && grep -q 'prefers-color-scheme: dark' "$scratch/report" &&
  [ "$(grep -c '<svg ' "$scratch/report")" = "$(grep -c '</svg>' "$scratch/report")" ] || report "the page is none"
grep -Eq '(src|href)="[^#]|url\(|@import|https?:' "$scratch/report" && report "the page needs something from outside"
run --network fashion --items 1 --scheme nf4/g64 --html "$scratch/no/such/folder"
[ "$code" = 1 ] && grep -q 'cannot be written' "$scratch/err" || report "an unwritable file is exit code 1, not $code"

# 5. Weights of any file.
accepted '^nf4/g64 +4\.[0-9]+ +[0-9.]+ *$' --network "$models/fashion_cnn_f32.safetensors" --scheme nf4/g64
{
  printf '\223NUMPY\001\000\166\000'
  printf '%-117s\n' "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 2), }"
  printf '\000\000\200\077\000\000\000\077\000\000\200\077\000\000\200\300'
} >"$scratch/array.npy"
accepted '^int4/row +20\.00 +exact *$|^int4/row +20\.00 +[0-9.]+ *$' --network "$scratch/array.npy" --scheme int4/row
printf '\000' >>"$scratch/array.npy"
refused 'npy: .*as many elements as its shape says' --network "$scratch/array.npy" --scheme int4/row
head -c 100000 "$models/fashion_cnn_f32.safetensors" >"$scratch/cut.safetensors"
refused 'cut.safetensors: .*is the file cut short\?' --network "$scratch/cut.safetensors" --scheme int4/row

# 6. Networks with something wrong in their files: refused, with the file's name and what was expected of it. The forged
#    ones have a tensor to be read before all others, and images of another network.
forged=$scratch/forged
mkdir "$forged"
cp "$models/fashion-mnist-t10k-first1000-images.idx3-ubyte" "$forged/mnist-t10k-first2000-images.idx3"
cp "$models/fashion-mnist-t10k-first1000-labels.idx1-ubyte" "$forged/mnist-t10k-first2000-labels.idx1"
forge() {  # forge <shape> <four bytes>: 24 times these as the tensor norm1.weight
  header="{\"norm1.weight\":{\"dtype\":\"F32\",\"shape\":[$1],\"data_offsets\":[0,96]}}"
  {
    printf "\\$(printf %03o ${#header})\\000\\000\\000\\000\\000\\000\\000%s" "$header"
    for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24; do printf "$2"; done
  } >"$forged/mnist_cnn_f32.safetensors"
}
weights_refused() { refused "mnist_cnn_f32.safetensors: $1" --network mnist --data "$forged"; }
forge 24 '\000\000\200\077'
weights_refused "there is no tensor 'norm1.bias', expected one of the shape \[24\]"
head -c 120 "$forged/mnist_cnn_f32.safetensors" >"$scratch/cut"
cp "$scratch/cut" "$forged/mnist_cnn_f32.safetensors"
weights_refused "tensor 'norm1.weight': .*is the file cut short\?"
: >"$forged/mnist_cnn_f32.safetensors"
weights_refused 'the file has 0 bytes, expected at least 8'
forge 6,4 '\000\000\200\077'
weights_refused "tensor 'norm1.weight' has the shape \[6, 4\], expected \[24\]"
forge 24 '\000\000\300\177'
weights_refused "element 0 of 'norm1.weight' is NaN, expected finite weights"
forge 24 '\000\000\200\177'
weights_refused "element 0 of 'norm1.weight' is infinite, expected finite weights"
printf '\200\0\0\0\000\002\0\0\005\0\0\0\010\0\0\0\004\0\0\0\000\002\0\0\000\002\0\0' >"$forged/stories260K.bin"
cp "$forged/stories260K.bin" "$forged/tok512.bin"
echo once >"$forged/tinystories_sample.txt"
refused 'stories260K.bin: the file has 28 bytes, expected [0-9]+ for the extents in its header' \
  --network stories260K --data "$forged"

# 7. The terminal: plain ASCII within the width.
run --network fashion --items 2
grep -q "$(printf '[\033\200-\377]')" "$scratch/out" && report "more than ASCII in the C locale"
awk 'length > 80 { exit 1 }' "$scratch/out" || { awk 'length > 80' "$scratch/out"; report "lines of more than 80 characters"; }

# 8. Interrupted: a report of what there is, and 130.
"$program" --network fashion --suite minifloat-sweep --items 1000 --threads 1 --json "$scratch/partial.json" \
  >"$scratch/out" 2>"$scratch/err" </dev/null &
sleep 1
kill -INT $! 2>/dev/null || :
code=0
wait $! || code=$?
count=$((count + 1))
if [ "$code" = 130 ]; then
  grep -q '"interrupted": true' "$scratch/partial.json" && grep -q '^interrupted' "$scratch/out" ||
    report "an interrupted run says nothing of it"
  cat >"$scratch/count.cmake" <<'END'
file(READ "${JSON}" text)
string(JSON networks LENGTH "${text}" networks)
END
  "$cmake" "-DJSON=$scratch/partial.json" -P "$scratch/count.cmake" >"$scratch/out" 2>"$scratch/err" ||
    report "half a report is no JSON"
else
  report "interrupted: exit code $code, expected 130"
fi

echo "$count runs of lowp_lab, $failed failures"
[ "$failed" = 0 ]
