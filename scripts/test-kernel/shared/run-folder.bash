# shellcheck shell=bash
# The run folder: everything the caller and one guest kernel tell each other.
#
#   command      in   what to run: folder, environment, words, as a bash script
#   settings     in   what guest-init must know, as shell assignments
#   guest-init   in   a copy, so that the path on the kernel command line has no spaces
#   status       out  lines: alive (the kernel runs our init), started, exit N
#   stdout       out  the command's bytes, unchanged
#   stderr       out
#   boot.log     out  console of the kernel
#   messages     out  all kernel messages, told at the end, where the console shows only warnings (vm)
#
# Files, not pipes, carry the output: the kernel's side never waits for a slow reader, and nothing is lost when
# the machine switches off right after the last byte.

# Kept without being asked for; further ones with --env.
readonly kept_variables='^(PATH|HOME|USER|LOGNAME|SHELL|LANG|LC_.*|TZ|CI|TERM|COLORTERM|NO_COLOR|FORCE_COLOR|NODE_.*|npm_.*|NPM_.*|KUBE_IPVS_PROXY_.*)$'

make_run_folder() {
  # Under /tmp whatever TMPDIR says: the path goes onto a kernel command line, which knows no quoting.
  run_folder=$(mktemp -d /tmp/test-kernel.XXXXXX)
  touch "$run_folder"/{status,stdout,stderr,boot.log,messages}
  cp "$here/shared/guest-init" "$run_folder/guest-init"
}

# write_command KIND WORD…: a script, because a script keeps spaces, quotes and newlines of every word.
write_command() {
  local kind=$1 name
  shift
  {
    for name in $(compgen -e); do
      [[ $name =~ $kept_variables || " $wanted_variables " == *" $name "* ]] || continue
      printf 'export %s=%q\n' "$name" "${!name}"
    done
    printf 'export TEST_KERNEL=%q\n' "$kind"
    printf 'cd %q || exit 125\n' "$PWD"
    printf 'exec'
    printf ' %q' "$@"
    printf '\n'
  } >"$run_folder/command"
}

# write_settings NAME=VALUE…
write_settings() {
  local setting
  for setting; do
    printf '%s=%q\n' "${setting%%=*}" "${setting#*=}"
  done >"$run_folder/settings"
}

# The guest has its own /tmp and /run; what the command needs from the caller's must show through.
# Prints one path a line: the current folder and its repository, the project, HOME, PATH, and words that are paths.
paths_to_keep() {
  local path repository words=("$@")
  local -a folders
  IFS=: read -r -a folders <<<"$PATH"
  repository=$(git rev-parse --show-toplevel 2>/dev/null || true)
  for path in "$PWD" "$repository" "$here" "$HOME" "${folders[@]}" "${words[@]}"; do
    [[ $path == /tmp || $path == /tmp/* || $path == /run/* ]] || continue
    [[ -e $path && $path != *$'\n'* ]] && printf '%s\n' "$path"
  done | sort -u
}

# True once the guest has said the word.
guest_said() {
  grep -q "^$1" "$run_folder/status"
}

# The command's exit code, or nothing when the guest never told.
exit_code_told() {
  sed -n 's/^exit //p' "$run_folder/status"
}

# Copies the command's output to ours while process $1 lives. tail reads once more after its end: nothing is lost.
stream_output() {
  tail --silent -s 0.05 -c +1 -f --pid="$1" "$run_folder/stdout" &
  streams=$!
  tail --silent -s 0.05 -c +1 -f --pid="$1" "$run_folder/stderr" >&2 &
  streams+=" $!"
}

# Keeps the newest boot log where README.md says it is.
keep_boot_log() {
  mkdir -p "$cache_folder"
  cat "$run_folder/boot.log" "$run_folder/messages" >"$cache_folder/last-boot.log" 2>/dev/null || true
}

show_boot_failure() {
  say "$1"
  say "the last lines of its console (all of it: $cache_folder/last-boot.log):"
  tail -n 25 "$run_folder/boot.log" | tr -d '\r' >&2
}
