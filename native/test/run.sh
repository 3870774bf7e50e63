#!/usr/bin/env bash
# Builds the codec tests with the address and undefined-behaviour sanitizers and runs them. Needs no kernel.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=native/test/codec_sources.sh
source test/codec_sources.sh

mkdir -p test/out
flags=(-std=c++17 -fno-exceptions -g -O1 -Wall -Wextra -Wpedantic -Werror
  '-fsanitize=address,undefined' -fno-sanitize-recover=all -fno-omit-frame-pointer)

compile() { "${CXX:-g++}" "${flags[@]}" -c "$1" -o "test/out/$(basename "$1").o"; }
export -f compile

pids=()
for source in "${codec_sources[@]}" test/*_test.cc test/main.cc; do
  while [[ $(jobs -pr | wc -l) -ge $(nproc) ]]; do wait -n; done
  compile "$source" &
  pids+=($!)
done
for pid in "${pids[@]}"; do wait "$pid"; done

objects=()
for source in "${codec_sources[@]}" test/*_test.cc test/main.cc; do objects+=("test/out/$(basename "$source").o"); done
"${CXX:-g++}" "${flags[@]}" "${objects[@]}" -o test/out/codec-tests
exec test/out/codec-tests
