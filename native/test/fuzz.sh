#!/usr/bin/env bash
# usage: fuzz.sh [RUNS]   Feeds the readers of kernel bytes with RUNS inputs (default 1,000,000) under libFuzzer with the
# address and undefined-behaviour sanitizers. A finding is written to native/test/out/ and ends with an error.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=native/test/codec_sources.sh
source test/codec_sources.sh
runs=${1:-1000000}

out=test/out
mkdir -p "$out/corpus" "$out/seeds"
clang++ -std=c++17 -fno-exceptions -g -O1 -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all \
  "${codec_sources[@]}" test/fuzz_decoder.cc -o "$out/fuzz-decoder"

# One well-formed payload for each reader: the first byte is the reader's number in fuzz_decoder.cc.
seed() { printf '%b' "$(sed 's/[^0-9a-f]//g; s/../\\x&/g' <<<"$2")" >"$out/seeds/$1"; }
seed virtual-server '00 01010000 54000180 0600010002000000 0600020006000000
  14000300 0a60000a000000000000000000000000 0600040000500000 0700060072720000 0c00070003000000ffffffff
  0800080058020000 08000900ffffffff'
seed real-server '00 01010000 28000280 140001000af40001000000000000000000000000 060002001f900000 0800040007000000'
seed link '01 00000000050000000000000000000000 0a00030069707673 30000000 10001200 0a00010064756d6d79000000'
seed address '01 0220000005000000 080002000a60000a'
seed elements '02 02000000 28000380 24000180 10000180 0c0001000a60000a00500000 0a0006000004612f62000000'
seed flow '03 02000000 34000180 14000180 08000100c0000201 080002000a60000a 1c000280 0500010011000000
  0600020003e90000 0600030000350000 34000280 14000180 080001000af40001 08000200c0000201 1c000280
  0500010011000000 0600020014e90000 0600030003e90000 08000c00deadbeef'
seed refusal '04 feffffff 200000001f0005000700000000000000 070001006e6f0000'

"$out/fuzz-decoder" -runs="$runs" -max_len=2048 -artifact_prefix="$out/" -verbosity=0 -print_final_stats=1 \
  "$out/corpus" "$out/seeds"
echo "$runs runs, no finding"
