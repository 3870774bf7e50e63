# shellcheck shell=bash
# Strategy vm: qemu with a stock kernel of Debian and the machine's own / as root file system.

# shellcheck source=scripts/test-kernel/vm/kernel.bash
source "$here/vm/kernel.bash"

# Seconds. The first sign of life comes after 1–2 s with working hardware virtualisation.
readonly kvm_patience=8
# To the start of the command; 4–6 s are usual on two quiet cores without it. On a machine with a load of 16 three minutes
# were not enough, twice in a row, and what the machine was started for ended with it.
readonly boot_patience=480

# Prints why the virtual machine cannot be used here, or nothing.
vm_obstacle() {
  local tool
  [[ $(uname -m) == x86_64 ]] || { echo "the virtual machine is written for x86_64 only"; return; }
  for tool in qemu-system-x86_64 busybox cpio depmod ip; do
    PATH=$PATH:/usr/sbin:/sbin type -P "$tool" >/dev/null || { echo "$tool is missing"; return; }
  done
  [[ -s $kernel_folder/release ]] && return
  type -P apt-get >/dev/null || echo "no kernel is in $kernel_folder, and without apt none can be fetched"
}

# A nested or crippled /dev/kvm often opens and then never runs anything; the verdict holds until the next boot.
kvm_verdict_file() {
  printf '%s/no-kvm-%s\n' "$vm_folder" "$(</proc/sys/kernel/random/boot_id)"
}

kvm_worth_trying() {
  [[ -r /dev/kvm && -w /dev/kvm && ! -e $(kvm_verdict_file) ]]
}

# console=ttyS0 keeps kernel messages off the command's ports; loglevel=5 spares the slow serial port the chatter
# (guest-init hands over all of it at the end). mitigations=off and tsc=reliable cost nothing to trust inside an emulator.
kernel_words() {
  printf '%s ' console=ttyS0 loglevel=5 panic=-1 tsc=reliable mitigations=off audit=0 selinux=0 apparmor=0 \
    "run_folder=$run_folder"
}

# Emulated, the guest reads this machine's own time stamp counter. Booting while others keep the processors busy, it once
# measured a tenth of the counter's speed, and its clock ran ten times too fast. In a virtual machine "cpu MHz" is that speed;
# elsewhere it varies with the load, and the guest has to measure. guest-init looks after what came of it. Counted, the
# counter tells nanoseconds.
counter_speed() {
  [[ -z $counted ]] || { echo tsc_early_khz=1000000; return; }
  grep -qw hypervisor /proc/cpuinfo || return 0
  sed -nE 's/^cpu MHz\s*: ([0-9]+)\.([0-9]{3})$/tsc_early_khz=\1\2/p' /proc/cpuinfo | head -n 1
}

# Ports are plain files on our side, and ioeventfd=off makes each write of the guest finish before it goes on: its
# last byte is in the file before it can switch off.
port_options() {
  local name
  for name in "$@"; do
    printf '%s\n' -chardev "file,id=$name,path=$run_folder/$name,append=on" \
      -device "virtserialport,chardev=$name,name=$name"
  done
}

# A repeated string instruction is counted once for each step. Without erms and fsrm the kernel and the C library copy and clear
# eight bytes a step, or in loops, instead of one byte: a page fault would count for 16 µs.
processor_model() {
  if [[ -n $counted ]]; then echo max,-erms,-fsrm; else echo max; fi
}

qemu_options() {
  local accelerator=$1
  printf '%s\n' -M q35 -cpu "$(processor_model)" -accel "$accelerator" -smp "$processors" -m "$memory" \
    -nodefaults -no-user-config -display none -no-reboot \
    -kernel "$kernel_folder/kernel" -initrd "$initramfs/image" -append "$(kernel_words)$([[ $accelerator == kvm ]] || counter_speed)" \
    -chardev "file,id=boot,path=$run_folder/boot.log,append=on" -serial chardev:boot \
    -fsdev local,id=root,path=/,security_model=none,multidevs=remap \
    -device virtio-9p-pci,fsdev=root,mount_tag=machine \
    -device virtio-serial-pci,ioeventfd=off
  port_options status stdout stderr messages
  # 2 ns for every instruction; a sleeping guest's clock jumps to its next timer. With shift=0 no kernel booted in 180 s.
  [[ -z $counted ]] || printf '%s\n' -icount shift=1,sleep=off
  [[ -z $terminal ]] || printf '%s\n' -chardev stdio,id=terminal,signal=off -device virtconsole,chardev=terminal
}

# Leaves the process id of the deadline's keeper in $guest; it ends qemu, and both end with us, even by SIGKILL.
start_qemu() {
  local options
  mapfile -t options < <(qemu_options "$1")
  : >"$run_folder/status"
  exec 8>>"$run_folder/boot.log"
  [[ -z $terminal ]] || exec 8>&1
  setpriv --pdeathsig TERM timeout --foreground -k 5 "$deadline" \
    setpriv --pdeathsig KILL qemu-system-x86_64 "${options[@]}" <&0 >&8 2>>"$run_folder/boot.log" &
  guest=$!
}

vm_settings() {
  local -a settings=(status_device=/dev/status.port stdout_device=/dev/stdout.port
    stderr_device=/dev/stderr.port messages_device=/dev/messages.port "modules_folder=$kernel_folder")
  [[ -z $terminal ]] || settings+=(terminal_device=/dev/hvc0 "terminal_size=$terminal_size")
  write_settings "${settings[@]}"
}

start_with_kvm() {
  start_qemu kvm
  wait_for_word alive "$kvm_patience" && return
  end_guest
  rm -f "$vm_folder"/no-kvm-*
  cp "$run_folder/boot.log" "$(kvm_verdict_file)"
  : >"$run_folder/boot.log"
  say "/dev/kvm is there but runs nothing ($(kvm_verdict_file)); emulating until this machine's next boot"
  return 1
}

start_vm() {
  if ! have_kernel || ! have_initramfs; then
    die "$kernel_failed" "the virtual machine could not be prepared"
  fi
  vm_settings
  [[ -z $counted ]] || { start_qemu tcg,thread=single; return; }
  kvm_worth_trying && start_with_kvm && return
  start_qemu tcg,thread=multi
}
