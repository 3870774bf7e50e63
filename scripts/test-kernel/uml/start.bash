# shellcheck shell=bash
# Strategy uml: user-mode Linux, a kernel that is a program of the machine. Plain computing runs at native speed;
# system calls and page faults are dear. Never chosen by itself: uml/build makes it first.

uml_kernel=$cache_folder/uml/kernel

# Prints why user-mode Linux cannot be used here, or nothing.
uml_obstacle() {
  PATH=$PATH:/usr/sbin:/sbin type -P busybox ip >/dev/null || { echo "busybox or ip is missing"; return; }
  [[ -x $uml_kernel/linux ]] || echo "there is none yet; $here/uml/build makes it in 6–10 minutes"
}

# seccomp=auto and ncpus= mean something to newer kernels only; older ones pass over words they do not know.
# Console 0 is the boot log; the ports are serial lines with nothing to read.
# Node 24 hands its changes of epoll to io_uring, and finds them not taken here: it ends with an assertion.
uml_words() {
  printf '%s\n' sysctl.kernel.io_uring_disabled=2
  printf '%s\n' "mem=$memory" root=/dev/root rootfstype=hostfs rootflags=/ rw seccomp=auto "ncpus=$(uml_processors)" \
    "uml_dir=$run_folder/" "run_folder=$run_folder" init=/bin/busybox -- sh "$run_folder/guest-init"
}

uml_processors() {
  local processors
  processors=$(nproc)
  echo $((processors < 2 ? processors : 2))
}

uml_lines() {
  printf '%s\n' con=null con0=null,fd:9 ssl=null ssl1=null,fd:5 ssl2=null,fd:6 ssl3=null,fd:7
  [[ -z $terminal ]] || printf '%s\n' con1=fd:0,fd:1
}

uml_settings() {
  local -a settings=(serial_lines=yes status_device=/dev/ttyS1 stdout_device=/dev/ttyS2 stderr_device=/dev/ttyS3
    "modules_folder=$uml_kernel")
  [[ -z $terminal ]] || settings+=(terminal_device=/dev/tty1 "terminal_size=$terminal_size")
  write_settings "${settings[@]}"
}

# Leaves the process id of the deadline's keeper in $guest, as start_qemu does.
start_uml() {
  local words lines
  uml_settings
  mapfile -t lines < <(uml_lines)
  mapfile -t words < <(uml_words)
  if [[ -n $terminal ]]; then exec 8>&1; else exec 8>/dev/null; fi
  setpriv --pdeathsig TERM timeout --foreground -k 5 "$deadline" \
    setpriv --pdeathsig KILL "$uml_kernel/linux" "${lines[@]}" "${words[@]}" <&0 >&8 2>>"$run_folder/boot.log" \
    5>>"$run_folder/status" 6>>"$run_folder/stdout" 7>>"$run_folder/stderr" 9>>"$run_folder/boot.log" &
  guest=$!
}
