# shellcheck shell=bash
# Packages of any release of Debian, downloaded and never installed. Mirrors come from the machine's own apt sources;
# its lists, cache and settings stay as they are: everything is written in the folder given, and root is not needed.

readonly debian_keyring=/usr/share/keyrings/debian-archive-keyring.gpg

# debian_mirror LABEL: this machine's mirror of the archive whose Release file has that label (Debian, Debian-Security).
# shellcheck disable=SC2016  # apt replaces the names
debian_mirror() {
  apt-get indextargets --format '$(LABEL) $(REPO_URI)' 'Origin: Debian' 'Created-By: Packages' |
    awk -v label="$1" '$1 == label { print $2; exit }'
}

# archive_sources SUITE…: lines of a sources.list.
archive_sources() {
  local suite label mirror
  [[ -r $debian_keyring ]] || { say "$debian_keyring is missing; install debian-archive-keyring"; return 1; }
  for suite; do
    label=Debian
    [[ $suite != *-security ]] || label=Debian-Security
    mirror=$(debian_mirror "$label")
    [[ -n $mirror ]] || { say "apt knows no mirror of the archive $label; apt-get update may be missing"; return 1; }
    printf 'deb [signed-by=%s] %s %s main\n' "$debian_keyring" "$mirror" "$suite"
  done
}

# archive_apt FOLDER COMMAND ARG…: apt-get or apt-cache that sees nothing but the suites of open_archive.
archive_apt() {
  local folder=$1 command=$2
  shift 2
  "$command" -o "Dir::Etc::sourcelist=$folder/sources.list" -o Dir::Etc::sourceparts=- \
    -o "Dir::State=$folder" -o "Dir::State::status=$folder/status" -o "Dir::Cache=$folder" \
    -o APT::Sandbox::User=root -o Acquire::Languages=none "$@"
}

# update_lists FOLDER CHECK_DATES: signatures are always checked; the date until which a list is valid only with true.
update_lists() {
  archive_apt "$1" apt-get -o Acquire::Check-Date=true -o "Acquire::Check-Valid-Until=$2" -o APT::Update::Error-Mode=any \
    --quiet=2 update >"$1/messages" 2>&1
}

# open_archive FOLDER SUITE…: the package lists of these suites. Lists of a release that is not maintained any more, or
# of a mirror that lags behind, are past their date: they are used, and it is told in apt's own words.
open_archive() {
  local folder=$1
  shift
  mkdir -p "$folder"/{lists/partial,archives/partial}
  : >"$folder/status"
  archive_sources "$@" >"$folder/sources.list" || return 1
  update_lists "$folder" true && return
  if grep -q 'is expired (invalid since' "$folder/messages"; then
    say "used although past its date, as its signature is good: $(sed -nE 's/^E: (Release file .* is expired [^)]*\)).*/\1/p' "$folder/messages")"
    update_lists "$folder" false && return
  fi
  say "apt cannot read $*: $(grep -E '^[EW]:' "$folder/messages" | head -n 3)"
  return 1
}

# archive_dependencies FOLDER PACKAGE: the names of the packages that it needs directly.
archive_dependencies() {
  archive_apt "$1" apt-cache depends "$2" 2>/dev/null | awk '$1 == "Depends:" { print $2 }'
}

# all_dependencies FOLDER PACKAGE: its own name and those of the packages that it needs, directly or not.
all_dependencies() {
  archive_apt "$1" apt-cache depends --recurse --no-recommends --no-suggests --no-conflicts --no-breaks --no-replaces \
    --no-enhances "$2" 2>/dev/null | grep -E '^[a-z0-9]' | sort -u
}

# download_from FOLDER TARGET PACKAGE…: their .deb files land in the folder TARGET.
download_from() {
  local folder=$1 target=$2
  shift 2
  (cd "$target" && archive_apt "$folder" apt-get --quiet=2 download "$@") >&2 && return
  say "apt cannot download $*"
  return 1
}
