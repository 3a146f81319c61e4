# shellcheck shell=sh
# SPDX-License-Identifier: Apache-2.0
#
# What the scripts of this folder share: running tests, and the devices to run
# them on. A script defines functions t_<sentence> and ends with run_suite. Each
# runs in an empty folder of its own; it fails when a command in it does. The last
# line of a script is the count.
#
# From the Makefile: WD_ZIP, WDCTL, WD_EMULATE, WD_EMULATORD (programs),
# WD_DRIVER_DIR (for the library), MAN_DIR.

set -u
export LC_ALL=C TZ=UTC
: "${WD_ZIP:?}" "${WDCTL:?}" "${WD_EMULATE:?}" "${WD_EMULATORD:?}"
suite=$(basename "$0" .sh)
scratch=$(mktemp -d "${TMPDIR:-/tmp}/$suite-XXXXXX") || exit 99
scratch=$(cd "$scratch" && pwd -P)
daemon=

leave() {
	[ -z "$daemon" ] || kill "$daemon" 2>/dev/null
	[ -z "$daemon" ] || wait "$daemon" 2>/dev/null
	chmod -R u+rwx "$scratch"
	rm -rf "$scratch"
}
trap leave EXIT
trap 'exit 1' HUP INT TERM

# Devices for the whole script: start_devices [OPTION OF wd-emulatord]...
start_devices() {
	mkfifo "$scratch/ready"
	"$WD_EMULATORD" --dir="$scratch/emulator" --ready-fd=9 "$@" \
		9>"$scratch/ready" 2>"$scratch/daemon.log" &
	daemon=$!
	read -r answer <"$scratch/ready" || answer=
	[ "$answer" = ready ] || {
		cat "$scratch/daemon.log"
		echo "no emulated device: $WD_EMULATORD did not start"
		exit 99
	}
	export WD_EMULATOR_DIR="$scratch/emulator"
}

# Run a command with the devices; without start_devices, with those of this machine.
on_device() {
	if [ -n "$daemon" ]; then
		"$WD_EMULATE" -- "$@"
	else
		"$@"
	fi
}

wd_zip() {
	on_device "$WD_ZIP" "$@"
}

wdctl() {
	on_device "$WDCTL" "$@"
}

# exits STATUS COMMAND...
exits() {
	exits_expected=$1
	shift
	exits_status=0
	"$@" || exits_status=$?
	[ "$exits_status" -eq "$exits_expected" ] || {
		echo "$*: exit status $exits_status, not $exits_expected"
		return 1
	}
}

# says TEXT FILE: exactly one line, and it has the text.
says() {
	if [ "$(wc -l <"$2")" -ne 1 ] || ! grep -qF -- "$1" "$2"; then
		echo "not one line with: $1"
		cat "$2"
		return 1
	fi
}

# The folder holds these files and no others, hidden ones included.
holds() {
	printf '%s\n' "$@" | sort >"$scratch/expected"
	find . -mindepth 1 -printf '%P\n' | sort >"$scratch/found"
	diff "$scratch/expected" "$scratch/found"
}

# skip REASON, in a test
skip() {
	echo "skip: $*"
	exit 77
}

need() {
	for tool; do
		command -v "$tool" >/dev/null || skip "there is no $tool here"
	done
}

# text N, zeros N, noise N: N bytes; text is the same each time.
text() {
	awk -v n="$1" 'BEGIN {
		srand(7)
		for (out = 0; out < n; out += length(line) + 1) {
			line = sprintf("%d job %d on queue %d of hisi_zip-%d", out, rand() * 9999,
				rand() * 256, rand() * 4)
			print line
		}
	}' | head -c "$1"
}

zeros() {
	head -c "$1" /dev/zero
}

noise() {
	head -c "$1" /dev/urandom
}

run_suite() {
	passed=0 failed=0 skipped=0
	# shellcheck disable=SC2013 # names have no spaces
	for t in $(sed -n 's/^t_\([a-z0-9_]*\)() {$/\1/p' "$0"); do
		mkdir "$scratch/$t"
		# Not in a condition, where set -e would not work.
		(
			trap - EXIT
			set -e
			cd "$scratch/$t"
			"t_$t"
		) >"$scratch/$t.log" 2>&1 </dev/null
		case $? in
		0) passed=$((passed + 1)) ;;
		77)
			skipped=$((skipped + 1))
			echo "$t: $(tail -n 1 "$scratch/$t.log")"
			;;
		*)
			failed=$((failed + 1))
			echo "FAILED: $t"
			sed 's/^/    /' "$scratch/$t.log"
			;;
		esac
		chmod -R u+rwx "$scratch/$t"
		rm -rf "${scratch:?}/$t"
	done
	echo "$passed passed, $failed failed, $skipped skipped"
	[ "$failed" -eq 0 ] || exit 1
}
