# Sourced by the scripts that run tests in kernels.
# shellcheck shell=bash

vitest=(node node_modules/vitest/vitest.mjs run)
# About half of the time of all kernel tests.
packet_tests=test/kernel/packets

# run_vitest NAME COMMAND…: COMMAND is the test runner with what it is to run; NAME is what its results go by.
run_vitest() {
  local name=$1 report=$results_folder/$1.json code=0
  shift
  mkdir -p "$results_folder"
  rm -f "$report"
  "$@" --reporter=default --reporter=json --outputFile.json="$report" || code=1
  record_vitest "$name" "$report"
  return "$code"
}

# run_in_kernel NAME KERNEL ARG…: the kernel tests that vitest is told by ARG…; KERNEL is a version of
# test-kernel/run, or empty for the kernel that it chooses. One processor: two emulated kernels at the same time, each
# with two on two cores, wait for each other's interrupts most of the time (native-ipvs.test.ts: 34 s instead of 11).
run_in_kernel() {
  local name=$1 version=$2
  shift 2
  run_vitest "$name" bash scripts/test-kernel/run ${version:+--kernel "$version"} --timeout 3000 --processors 1 \
    --env KUBE_IPVS_PROXY_TEST_KERNEL=1 -- "${vitest[@]}" --project kernel "$@"
}

# in_background COMMAND…: leaves its process group in $background, its output in the file $background_output. Whoever
# stops us stops it, too.
in_background() {
  background_output=$(mktemp)
  set -m
  "$@" >"$background_output" 2>&1 &
  background=$!
  set +m
  trap 'kill -- "-$background" 2>/dev/null; rm -f "$background_output"' EXIT
}

# Shows what it said and passes its exit code on.
wait_for_background() {
  local code=0
  wait "$background" || code=1
  cat "$background_output"
  return "$code"
}
