# shellcheck shell=bash
# The virtual machine's kernel: the distribution's stock one, downloaded and unpacked into the cache, never
# installed. Its initramfs: busybox, the drivers of a 9p root file system, vm/initramfs-init.

vm_folder=$cache_folder/vm

# The meta package names the release's current kernel package.
kernel_package() {
  apt-cache depends linux-image-amd64 2>/dev/null | awk '/Depends: linux-image-/ {print $2; exit}'
}

# fetch_kernel FOLDER: FOLDER/lib/modules/RELEASE, FOLDER/kernel, FOLDER/release.
fetch_kernel() {
  local folder=$1 package release
  package=$(kernel_package)
  [[ -n $package ]] || { say "apt does not know linux-image-amd64; apt-get update may be missing"; return 1; }
  say "fetching the kernel package $package (about 70 MB, once, into $vm_folder)"
  download_package "$package" "$folder" || { say "apt-get download $package failed"; return 1; }
  dpkg-deb -x "$folder"/*.deb "$folder/unpacked" || return 1
  release=$(basename "$folder"/unpacked/boot/vmlinuz-*)
  release=${release#vmlinuz-}
  unpack_kernel "$folder/unpacked/boot/vmlinuz-$release" "$folder/kernel"
  mkdir -p "$folder/lib"
  mv "$(find "$folder/unpacked" -path '*lib/modules' -type d)" "$folder/lib/modules"
  rm -rf "$folder/unpacked" "$folder"/*.deb
  depmod -b "$folder" "$release" || return 1
  printf '%s\n' "$release" >"$folder/release"
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
  [[ -s $vm_folder/kernel/release ]] || fill_folder "$vm_folder/kernel" fetch_kernel
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
  done < <(driver_files "$vm_folder/kernel")
  [[ -s $tree/drivers ]] || { say "no virtio or 9p drivers in $vm_folder/kernel"; return 1; }
  (cd "$tree" && find . | cpio --quiet -o -H newc) >"$folder/image" && rm -rf "$tree"
}

# Named after what went into it, so that a new kernel or a changed init never meets an old image.
initramfs_folder() {
  local sum
  sum=$(cat "$vm_folder/kernel/release" "$here/vm/initramfs-init" "$here/vm/kernel.bash" | sha256sum)
  printf '%s/initramfs-%s\n' "$vm_folder" "${sum:0:12}"
}

have_initramfs() {
  initramfs=$(initramfs_folder)
  [[ -s $initramfs/image ]] && return
  rm -rf "$vm_folder"/initramfs-*
  fill_folder "$initramfs" build_initramfs
}
