# Sourced by the scripts beside it: how they speak, and how the steps of a test run are counted.
# shellcheck shell=bash

say() { printf '==> %s\n' "$*" >&2; }

die() {
  printf 'error: %s\n' "$*" >&2
  exit 1
}

# A folder that outlives one script: `.ci/run` adds up what several of them leave here.
results_folder=${RESULTS_FOLDER:-$PWD/test-results}

# record NAME PASSED FAILED
record() {
  mkdir -p "$results_folder"
  printf '%s %s\n' "$2" "$3" >"$results_folder/$1.count"
}

# step NAME COMMAND…: runs a command that is one check by itself.
step() {
  local name=$1
  shift
  say "$name"
  if "$@"; then
    record "$name" 1 0
  else
    record "$name" 0 1
    printf 'failed: %s\n' "$name" >&2
    return 1
  fi
}

# Takes in vitest's JSON report; a run that ended without one has failed as a whole.
record_vitest() {
  local name=$1 report=$2 counts
  counts=$(node -e '
    const { numPassedTests: passed, numFailedTests: failed, testResults, success } =
      JSON.parse(require("node:fs").readFileSync(process.argv[1], "utf8"));
    const brokenFiles = testResults.filter((file) => file.status === "failed" && file.assertionResults.length === 0);
    const all = failed + brokenFiles.length;
    console.log(passed, all === 0 && !success ? 1 : all);
  ' "$report" 2>/dev/null) || counts='0 1'
  # shellcheck disable=SC2086 # two numbers
  record "$name" $counts
}

# The closing line over everything that was recorded.
total() {
  cat "$results_folder"/*.count 2>/dev/null |
    awk '{ passed += $1; failed += $2 } END { printf "%d passed, %d failed\n", passed, failed }'
}
