# Sourced by the scripts beside it: how they speak, and how the steps of a test run are counted.
# shellcheck shell=bash

say() { printf '==> %s\n' "$*" >&2; }

die() {
  printf 'error: %s\n' "$*" >&2
  exit 1
}

# A folder that outlives one script: `.ci/run` adds up what several of them leave here.
results_folder=${RESULTS_FOLDER:-$PWD/test-results}

# record NAME PASSED FAILED [FAILURES]: FAILURES has a line for each that failed.
record() {
  local name=$1 passed=$2 failed=$3 failures=${4:-}
  mkdir -p "$results_folder"
  printf '%s %s\n' "$passed" "$failed" >"$results_folder/$name.count"
  rm -f "$results_folder/$name.failed"
  [[ $failed -eq 0 ]] || printf '%s\n' "${failures:-$failed of $name, which says above what}" >"$results_folder/$name.failed"
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
  local name=$1 report=$2 outcome
  outcome=$(node dist/scripts/count-tests.js "$report" 2>/dev/null) ||
    outcome=$'0 1\n'"$name, which ended without a report"
  # shellcheck disable=SC2046 # two numbers
  record "$name" $(head -n 1 <<<"$outcome") "$(tail -n +2 <<<"$outcome")"
}

# Which failed, and the closing line over everything that was recorded.
total() {
  local failures
  failures=$(cat "$results_folder"/*.failed 2>/dev/null)
  [[ -z $failures ]] || printf 'failed:\n%s\n' "$failures"
  cat "$results_folder"/*.count 2>/dev/null |
    awk '{ passed += $1; failed += $2 } END { printf "%d passed, %d failed\n", passed, failed }'
}
