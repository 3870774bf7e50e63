# shellcheck shell=bash
# Kind outside: the kernel is user-mode Linux on one processor of the machine, the processes run on the other one. Sourced
# by ../run, which sets $tools and $test_kernel.
: "${tools:?}" "${test_kernel:?}"

outside=bench/kernel/outside
kernel_processor=0 process_processor=1
runner=''

# Why it cannot be done here, or nothing.
outside_obstacle() {
  (($(nproc) >= 2)) || echo 'it needs two processors'
  type -P pgrep taskset >/dev/null || echo 'it needs pgrep and taskset'
}

build_outside() {
  local compile=(gcc -O2 -Wall -Wextra)
  # Static: each library costs a program some milliseconds in user-mode Linux.
  "${compile[@]}" -static -o "$tools/kernel_side" "$outside"/{kernel_side,perform}.c
  "${compile[@]}" -o "$tools/find_region" "$outside/find_region.c"
  "${compile[@]}" -o "$tools/ask" "$outside"/{ask,asking}.c
  "${compile[@]}" -shared -fPIC -o "$tools/outside.so" "$outside"/{asking,stand_in,sockets,messages,waiting,devices,files}.c
}

descendants() {
  local child
  for child in $(pgrep -P "$1"); do
    echo "$child"
    descendants "$child"
  done
}

# The oldest process that runs the kernel itself: it is the one that has the guest's memory open from the beginning.
kernel_process() {
  local look process
  for ((look = 0; look < 300; look++)); do
    for process in $(descendants "$runner"); do
      [[ $(readlink "/proc/$process/exe") != */linux ]] || { echo "$process"; return; }
    done
    sleep 0.1
  done
  return 1
}

# Leaves what processes need to find the kernel side in $tools/region.
start_kernel_side() {
  local marker process
  end_kernel_side
  marker=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
  taskset -c "$kernel_processor" bash "$test_kernel/run" --uml --timeout 1200 -- "$tools/kernel_side" "$marker" 3 &
  runner=$!
  process=$(kernel_process) || { say 'user-mode Linux does not start'; return 1; }
  timeout 90 "$tools/find_region" "$process" "$marker" >"$tools/region"
}

# However far it has come. The script that runs user-mode Linux ends it with itself.
end_kernel_side() {
  [[ -n $runner ]] || return 0
  kill -TERM "$runner" 2>/dev/null || true
  wait "$runner" 2>/dev/null || true
  runner=''
}

# measure_outside COMMAND…
measure_outside() {
  local code=0
  trap end_kernel_side EXIT
  start_kernel_side || return
  TEST_KERNEL=outside KUBE_IPVS_PROXY_REGION=$tools/region \
    timeout 1200 taskset -c "$process_processor" "$@" || code=$?
  end_kernel_side
  return "$code"
}
