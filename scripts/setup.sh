# shellcheck shell=sh disable=SC2034,SC2154 # variables from and for those who source it
# SPDX-License-Identifier: Apache-2.0
#
# From a fresh checkout on a fresh Debian to a build folder: which packages are
# needed, how they come, when the generated files are made anew, one build folder
# with one set of options. Also how a step is shown and logged. Sourced by
# quickstart and run-tests, which set $top, $work (the folder their builds and logs
# go to), and know what to build.

# Needed to build; the second list also to test. What the third list is for is
# skipped, and counted as skipped, where it cannot be had. a|b: either will do.
build_packages="gcc libc6-dev make autoconf automake libtool pkg-config|pkgconf xz-utils
	libudev-dev libnuma-dev zlib1g-dev libjson-c-dev libsmartcols-dev liblz4-dev libxxhash-dev"
test_packages="check libzstd-dev lz4 zstd"
tool_packages="git python3 g++ clang libclang-rt-dev llvm pigz valgrind strace mandoc shellcheck codespell
	gcc-aarch64-linux-gnu libc6-dev-arm64-cross qemu-user-static|qemu-user"

# ------------------------------------------------------------------- talking

say() {
	printf '== %s\n' "$*"
}

note() {
	printf '   %s\n' "$*"
}

die() {
	printf '%s: %s\n' "${0##*/}" "$*" >&2
	exit 1
}

# ------------------------------------------------------------------- running

child=
scratch=

end_child() {
	[ -z "$child" ] || kill -TERM "$child" 2>/dev/null && wait "$child" 2>/dev/null
	child=
}

leave_on_signals() {
	trap 'end_child; exit 129' HUP
	trap 'end_child; exit 130' INT
	trap 'end_child; exit 143' TERM
	trap '[ -z "$scratch" ] || rm -rf "$scratch"' EXIT
}

# supervised COMMAND...: it ends when we are ended. It holds our locks, too: when we are killed
# outright, the next run waits until what we left behind has come to its end.
supervised() {
	"$@" </dev/null &
	child=$!
	supervised_rc=0
	wait "$child" || supervised_rc=$?
	child=
	return "$supervised_rc"
}

# step LABEL LOG COMMAND...: one line on the screen, everything else in the log; its end if it fails.
step() {
	step_label=$1
	step_log=$2
	shift 2
	step_start=$(date +%s)
	printf '   %-52s ' "$step_label"
	if supervised "$@" >"$step_log" 2>&1; then
		printf 'ok    %4d s\n' $(($(date +%s) - step_start))
		return 0
	fi
	printf 'FAILED %3d s\n' $(($(date +%s) - step_start))
	tail -n "${step_tail:-20}" "$step_log" | sed 's/^/   | /'
	note "whole log: $step_log"
	return 1
}

# hold FD NAME: let others of the same name wait for us. The lock goes with the process.
hold() {
	eval "exec $1>\"$top/build/.$2.lock\"" || die "cannot write to $top/build"
	if ! flock -n "$1"; then
		note "another quickstart or run-tests is in the $2 part; waiting for it"
		flock "$1"
	fi
}

# ------------------------------------------------------------------ packages

is_installed() {
	[ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

# Those of the arguments (a or a|b) of which nothing is installed.
missing_packages() {
	for spec in "$@"; do
		found=
		for package in $(echo "$spec" | tr '|' ' '); do
			! is_installed "$package" || found=1
		done
		[ -n "$found" ] || echo "$spec"
	done
}

is_available() {
	apt-cache show "$1" 2>/dev/null | grep -q '^Filename:'
}

# One name for each a|b: the first that this release has.
choose_packages() {
	for spec in "$@"; do
		chosen=${spec%%|*}
		for package in $(echo "$spec" | tr '|' ' '); do
			if is_available "$package"; then
				chosen=$package
				break
			fi
		done
		echo "$chosen"
	done
}

# sudo asks for a password on the terminal, where there is one.
as_root() {
	if [ "$(id -u)" -eq 0 ]; then
		"$@" </dev/null 8>&- 9>&-
	elif (: </dev/tty) 2>/dev/null; then
		sudo "$@" 8>&- 9>&-
	else
		sudo -n "$@" </dev/null 8>&- 9>&-
	fi
}

can_be_root() {
	[ "$(id -u)" -eq 0 ] || command -v sudo >/dev/null
}

apt_install() {
	as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y --no-install-recommends \
		-o DPkg::Lock::Timeout=600 install "$@"
}

# A dpkg that was killed in the middle wants to be told to go on.
install_packages() {
	as_root apt-get -q -o DPkg::Lock::Timeout=600 update
	# shellcheck disable=SC2046 # one word per package
	set -- $(choose_packages "$@")
	apt_install "$@" && return
	as_root env DEBIAN_FRONTEND=noninteractive dpkg --configure -a && apt_install "$@"
}

# need_packages SPECS: have them installed, or end here with the line that helps.
need_packages() {
	command -v dpkg-query >/dev/null ||
		die "this is not Debian; install what corresponds to: $(echo "$*" | tr -s '[:space:]' ' ')"
	# shellcheck disable=SC2046 # one word per package
	set -- $(missing_packages "$@")
	[ $# -gt 0 ] || return 0
	can_be_root ||
		die "packages are missing, and there is neither root nor sudo here to install them; as root: apt-get install $(choose_packages "$@" | tr '\n' ' ')"
	note "installing through apt: $*"
	install_packages "$@" >"$work/apt.log" 2>&1 ||
		die "apt could not install $*: $(grep -E '^(E:|sudo:)' "$work/apt.log" | tail -n 1) (log: $work/apt.log)"
}

# want_packages SPECS: as need_packages, but go on without.
want_packages() {
	# shellcheck disable=SC2046 # one word per package
	set -- $(missing_packages "$@")
	[ $# -gt 0 ] || return 0
	if can_be_root; then
		note "installing through apt: $*"
		install_packages "$@" >"$work/apt-tools.log" 2>&1 && return 0
	fi
	note "going on without: $* (what needs them is skipped)"
}

# ------------------------------------------------------------------ building

# make and the dynamic linker's preload take neither spaces nor colons in a path.
buildable_tree() {
	case $top in
	*[[:space:]:\"\'\`\$\&\#\\]*)
		die "this folder cannot be built in because of the characters in its path: $top"
		;;
	esac
	[ ! -w "$top" ] || ! mkdir -p "$work" 2>/dev/null || [ ! -w "$work" ] || return 0
	die "$top cannot be written to by $(id -un); make a copy or clone that is yours and start there"
}

is_newer() {
	[ -n "$(find "$1" -newer "$2")" ]
}

generated_files_are_current() {
	[ -f "$top/configure" ] && [ ! -e "$top/build/.bootstrapping" ] || return 1
	! is_newer "$top/configure.ac" "$top/configure" && ! is_newer "$top/bootstrap" "$top/configure" ||
		return 1
	for am in Makefile.am $(sed -n 's|^[[:space:]]\(.*\)/Makefile$|\1/Makefile.am|p' "$top/configure.ac"); do
		[ -f "$top/${am%.am}.in" ] && ! is_newer "$top/$am" "$top/${am%.am}.in" || return 1
	done
}

# A bootstrap that was killed leaves its mark, and then nothing it made is trusted.
bootstrap_tree() {
	! generated_files_are_current || return 0
	force=
	[ ! -e "$top/build/.bootstrapping" ] || force=--force
	: >"$top/build/.bootstrapping"
	# shellcheck disable=SC2086 # none or one word
	step "autoreconf" "$work/bootstrap.log" "$top/bootstrap" $force || return 1
	rm -f "$top/build/.bootstrapping"
}

# unlocked COMMAND...: for what may start daemons. Only through step or supervised, as in_dir.
unlocked() {
	exec "$@" 8>&- 9>&-
}

# in_dir DIR COMMAND...: only through step or supervised, whose process it becomes.
in_dir() {
	cd "$1" && shift && exec "$@"
}

# configured DIR OPTIONS...: DIR is configured with these. A build that was killed begins anew.
configured() {
	dir=$1
	shift
	if [ -e "$dir/.unfinished" ]; then
		note "a run in ${dir#"$top"/} was interrupted; that folder begins anew"
		rm -rf "$dir"
	fi
	mkdir -p "$dir" || return 1
	: >"$dir/.unfinished"
	if [ ! -f "$dir/config.status" ] || is_newer "$top/configure" "$dir/config.status" ||
	   [ "$(cat "$dir/.options" 2>/dev/null)" != "$*" ]; then
		step "configure $*" "$dir/configure.log" in_dir "$dir" "$top/configure" -q "$@" || return 1
		echo "$*" >"$dir/.options"
	fi
}

# finished DIR: what configured DIR began ended by itself, well or not.
finished() {
	rm -f "$1/.unfinished"
}
