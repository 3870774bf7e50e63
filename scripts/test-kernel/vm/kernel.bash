# shellcheck shell=bash
# The virtual machine's kernel: a stock one of Debian, downloaded and unpacked into the cache, never installed. Without
# --kernel it is the current one of this machine's own release. Its initramfs: busybox, the drivers of a 9p root file
# system, vm/initramfs-init.

# shellcheck source=scripts/test-kernel/shared/debian-archive.bash
source "$here/shared/debian-archive.bash"

vm_folder=$cache_folder/vm
# Set by choose_kernel.
kernel_choice='' kernel_folder=$vm_folder/kernel

# choice: the package whose dependency is the kernel's package, and the suites that have both
declare -Ar kernel_sources=(
  [5.10]='linux-image-amd64 bullseye bullseye-security'
  [6.1]='linux-image-amd64 bookworm bookworm-security'
  [6.12]='linux-image-6.12-amd64 bookworm-security'
  [newest]='linux-image-amd64 sid'
)
readonly kernel_choices='5.10 6.1 6.12 newest'

# choose_kernel CHOICE: one of $kernel_choices. This machine's own release may have one of that series; it serves then.
choose_kernel() {
  [[ " $kernel_choices " == *" $1 "* ]] || die "$wrong_usage" "--kernel takes one of $kernel_choices, not '$1'"
  kernel_choice=$1
  [[ $(cat "$vm_folder/kernel/release" 2>/dev/null) != "$1".* ]] || return 0
  kernel_folder=$vm_folder/kernel-$1
}

# The current kernel's package of this machine's own release.
own_kernel_package() {
  local package
  package=$(apt-cache depends linux-image-amd64 2>/dev/null | awk '/Depends: linux-image-/ {print $2; exit}')
  [[ -n $package ]] || { say "apt does not know linux-image-amd64; apt-get update may be missing"; return 1; }
  printf '%s\n' "$package"
}

# chosen_kernel_package ARCHIVE: opens the archive of the choice in that folder; prints the kernel's package.
chosen_kernel_package() {
  local sources package
  read -r -a sources <<<"${kernel_sources[$kernel_choice]}"
  open_archive "$1" "${sources[@]:1}" || return 1
  package=$(archive_dependencies "$1" "${sources[0]}" | grep -m 1 '^linux-image-')
  [[ -n $package ]] || { say "no kernel package is known to ${sources[0]} of ${sources[*]:1}"; return 1; }
  printf '%s\n' "$package"
}

# download_own_kernel FOLDER, download_chosen_kernel FOLDER: the package files land in FOLDER.
download_own_kernel() {
  local package
  package=$(own_kernel_package) || return 1
  say "fetching the kernel package $package (about 70 MB, once, into $kernel_folder)"
  download_package "$package" "$1" || { say "apt-get download $package failed"; return 1; }
}

# Newer packages are split: linux-image-… is empty and needs linux-base-…, linux-binary-… and linux-modules-….
download_chosen_kernel() {
  local package parts
  package=$(chosen_kernel_package "$1/apt") || return 1
  mapfile -t parts < <(archive_dependencies "$1/apt" "$package" | grep -E '^linux-(base|binary|modules)-[0-9]')
  say "fetching the kernel package $package (about 70–130 MB, once, into $kernel_folder)"
  download_from "$1/apt" "$1" "$package" "${parts[@]}"
}

# fetch_kernel FOLDER: FOLDER/lib/modules/RELEASE, FOLDER/kernel, FOLDER/release.
fetch_kernel() {
  local folder=$1 source=own file release
  [[ $kernel_folder == "$vm_folder/kernel" ]] || source=chosen
  "download_${source}_kernel" "$folder" || return 1
  for file in "$folder"/*.deb; do
    dpkg-deb -x "$file" "$folder/unpacked" || return 1
  done
  mkdir -p "$folder/lib"
  mv "$(find "$folder/unpacked" -path '*lib/modules' -type d)" "$folder/lib/modules" || return 1
  release=$(basename "$folder"/lib/modules/*)
  unpack_kernel "$(kernel_file "$folder" "$release")" "$folder/kernel" || return 1
  rm -rf "$folder/unpacked" "$folder/apt" "$folder"/*.deb
  depmod -b "$folder" "$release" || return 1
  printf '%s\n' "$release" >"$folder/release"
}

# kernel_file FOLDER RELEASE: in /boot, in newer packages beside the modules.
kernel_file() {
  find "$1/unpacked/boot/vmlinuz-$2" "$1/lib/modules/$2/vmlinuz" -type f -print -quit 2>/dev/null
}

# The number in the 4 bytes at offset $2 of file $1.
word_at() {
  od -An -tu4 -j "$2" -N 4 "$1" | tr -d ' '
}

# unpack_kernel FROM TO: emulated, a kernel needs 3–4 s to unpack itself; unpacked once here, every boot saves them
# (qemu starts a plain one through its PVH entry). Offsets: the kernel's Documentation/arch/x86/boot.rst.
unpack_kernel() {
  local from=$1 to=$2 setup_sectors start length
  setup_sectors=$(od -An -tu1 -j $((0x1f1)) -N 1 "$from" | tr -d ' ')
  start=$(((setup_sectors + 1) * 512 + $(word_at "$from" $((0x248)))))
  # The last 4 bytes are the unpacked size, which xz and zstd would take for damage.
  length=$(($(word_at "$from" $((0x24c))) - 4))
  tail -c "+$((start + 1))" "$from" | head -c "$length" >"$to.packed"
  xz -dcq "$to.packed" >"$to" 2>/dev/null || zstd -dcq "$to.packed" >"$to" 2>/dev/null || cp "$from" "$to"
  rm -f "$to.packed"
}

have_kernel() {
  [[ -s $kernel_folder/release ]] || fill_folder "$kernel_folder" fetch_kernel
}

# Lets go of a kernel that Debian has replaced since it was fetched; keeps it where Debian cannot be asked.
drop_old_kernel() {
  local archive package
  [[ -n $kernel_choice && -s $kernel_folder/release ]] || return 0
  archive=$(mktemp -d)
  package=$(chosen_kernel_package "$archive")
  rm -rf "$archive"
  [[ -n $package ]] || { say "going on with kernel $(<"$kernel_folder/release")"; return 0; }
  [[ $package == "linux-image-$(<"$kernel_folder/release")" ]] || rm -rf "$kernel_folder"
}

# The files of the drivers, dependencies first, as modprobe would load them.
driver_files() {
  local kernel=$1
  modprobe -d "$kernel" -S "$(<"$kernel/release")" --show-depends -a \
    virtio_pci virtio_console 9pnet_virtio 9p | awk '$1 == "insmod" && !seen[$2]++ {print $2}'
}

# Unpacks a driver on the way: busybox cannot load the compressed ones of newer releases.
copy_driver() {
  case $1 in
    *.xz) xz -dc "$1" ;;
    *.zst) zstd -dc "$1" ;;
    *) cat "$1" ;;
  esac
}

# build_initramfs FOLDER
build_initramfs() {
  local folder=$1 tree=$1/tree file name
  mkdir -p "$tree"/{bin,dev,proc,sys,root}
  cp "$(command -v busybox)" "$tree/bin/busybox"
  for name in sh mount umount insmod ln sleep switch_root poweroff grep echo; do
    ln -s busybox "$tree/bin/$name"
  done
  install -m 755 "$here/vm/initramfs-init" "$tree/init"
  while read -r file; do
    name=$(basename "$file" | sed 's/\.ko.*/.ko/')
    copy_driver "$file" >"$tree/$name"
    printf '/%s\n' "$name" >>"$tree/drivers"
  done < <(driver_files "$kernel_folder")
  [[ -s $tree/drivers ]] || { say "no virtio or 9p drivers in $kernel_folder"; return 1; }
  (cd "$tree" && find . | cpio --quiet -o -H newc) >"$folder/image" && rm -rf "$tree"
}

# Named after what went into it, so that a new kernel or a changed init never meets an old image.
initramfs_folder() {
  local sum
  sum=$(cat "$kernel_folder/release" "$here/vm/initramfs-init" "$here/vm/kernel.bash" | sha256sum)
  printf '%s/initramfs-%s\n' "$kernel_folder" "${sum:0:12}"
}

have_initramfs() {
  initramfs=$(initramfs_folder)
  [[ -s $initramfs/image ]] && return
  rm -rf "$kernel_folder"/initramfs-*
  fill_folder "$initramfs" build_initramfs
}
