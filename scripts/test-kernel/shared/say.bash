# shellcheck shell=bash
# What the scripts of this folder tell people, always on stderr: stdout belongs to the command that is run.

# Exit codes of `run` itself; README.md lists them.
# shellcheck disable=SC2034  # read by the scripts that source this file
readonly wrong_usage=2 no_kernel=3 deadline_passed=124 kernel_failed=125

say() {
  printf 'test-kernel: %s\n' "$*" >&2
}

# die CODE WORD…
die() {
  local code=$1
  shift
  say "$@"
  exit "$code"
}
