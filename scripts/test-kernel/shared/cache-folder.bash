# shellcheck shell=bash
# Where kernels, initramfs images and verdicts are kept between runs.

cache_folder=${KUBE_IPVS_PROXY_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/kube-ipvs-proxy}

# fill_folder FOLDER COMMAND ARG…: runs COMMAND ARG… FRESH, and FRESH becomes FOLDER when it succeeds.
# An interrupted download or build so never looks like a finished one, and two runs at once do not mix.
fill_folder() {
  local folder=$1 fresh
  shift
  mkdir -p "$(dirname "$folder")"
  fresh=$(mktemp -d "$folder.XXXXXX")
  chmod 755 "$fresh"
  if ! "$@" "$fresh"; then
    rm -rf "$fresh"
    return 1
  fi
  rm -rf "$folder"
  mv -T "$fresh" "$folder" 2>/dev/null || rm -rf "$fresh"
}

# unpack_npm_package PACKAGE FOLDER: lays the files of a package down in FOLDER without installing it.
unpack_npm_package() {
  local file
  mkdir -p "$2"
  file=$(npm pack --silent --pack-destination "$2" "$1" | tail -n 1)
  [[ -n $file ]] && tar -xzf "$2/$file" -C "$2" --strip-components=1 && rm -f "${2:?}/$file"
}

# download_package NAME FOLDER: fetches a distribution package without installing it; root is not needed.
# The file lands in FOLDER. apt's sandbox user cannot write there and warns about it: not news to anybody.
download_package() {
  (cd "$2" && apt-get download "$1") 2>&1 | grep -v 'unsandboxed' >&2
  compgen -G "$2/${1}_*.deb" >/dev/null
}
