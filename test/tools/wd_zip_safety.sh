#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Nothing is lost and nothing half-written stays: full disks, signals, two
# programs at once, files that change, a device that does not do right.
# shellcheck source-path=SCRIPTDIR source=suite.sh
. "${srcdir:-$(dirname "$0")}/suite.sh"

t_a_full_standard_output_is_one_line() {
	noise 3000000 >in
	exits 1 wd_zip -c in >/dev/full 2>err
	says "wd_zip: stdout: No space left on device" err
	gzip -c in >in.gz
	exits 1 wd_zip -dc in.gz >/dev/full 2>err
	says "wd_zip: stdout: No space left on device" err
	exits 1 wd_zip -l in.gz >/dev/full 2>err
	says "wd_zip: stdout: No space left on device" err
}

t_a_full_disk_leaves_the_input_and_nothing_else() {
	mkdir small
	mount -t tmpfs -o size=2m none small 2>/dev/null || skip "cannot mount a small file system"
	noise 1500000 >copy
	cp copy small/in
	status=0
	(
		set -e
		cd small
		exits 1 wd_zip in 2>../err
		says "wd_zip: in.gz: No space left on device" ../err
		holds in
		cmp ../copy in
	) || status=$?
	umount small
	return $status
}

t_a_file_size_limit_leaves_the_input_and_nothing_else() {
	noise 3000000 >in
	status=0
	(
		ulimit -f 2000 # 512-byte blocks or KiB: less than the output either way
		exec 2>err
		on_device "$WD_ZIP" -v in
	) || status=$?
	[ "$status" -eq 1 ]
	says "wd_zip: in.gz: File too large" err
	rm err
	holds in
}

# Start it, let it get into the middle, send it the signal. A shell starts what runs in the
# background with SIGINT ignored.
interrupted_by() {
	env --default-signal=INT "$WD_EMULATE" -- "$WD_ZIP" --no-progress in &
	pid=$!
	# Its temporary file shows that it is at work.
	for _ in $(seq 500); do
		[ -z "$(find . -name '.wd_zip-*')" ] || break
		sleep 0.01
	done
	kill -"$1" "$pid"
	status=0
	wait "$pid" || status=$?
	[ "$(kill -l "$status")" = "$1" ] || {
		echo "$1: status $status"
		return 1
	}
}

t_a_signal_in_the_middle_leaves_the_input_and_nothing_else() {
	text 60000000 >in
	sum=$(cksum <in)
	for signal in INT TERM HUP; do
		interrupted_by "$signal"
		[ "$(cksum <in)" = "$sum" ]
		holds in
	done
}

t_closed_standard_streams_do_not_end_up_in_files() {
	text 100000 >in
	# It has something to say, to a stream that is not there.
	wd_zip -kv in <&- >&- 2>&-
	gzip -dc in.gz | cmp - in
	exits 1 wd_zip -c in >&- 2>err
	says "wd_zip: stdout: Bad file descriptor" err
	exits 1 wd_zip <&- >out 2>err
	says "wd_zip: stdin: Bad file descriptor" err
	[ "$(stat -c %s out)" -le 10 ]
	rm out err
	holds in in.gz
}

t_two_at_once_on_one_file_give_one_good_output() {
	text 4000000 >in
	cp in copy
	for _ in 1 2 3; do
		cp copy in
		wd_zip in 2>err.1 &
		wd_zip in 2>err.2 &
		wait
		gzip -dc in.gz | cmp - copy
		rm -f err.1 err.2
		holds copy in.gz
		rm in.gz
	done
}

t_two_at_once_by_force_give_one_good_output() {
	text 4000000 >copy
	for _ in 1 2 3; do
		cp copy in
		wd_zip -f in 2>err.1 &
		wd_zip -f in 2>err.2 &
		wait
		gzip -dc in.gz | cmp - copy
		rm -f err.1 err.2
		holds copy in.gz
		rm in.gz
	done
}

t_a_file_that_grows_meanwhile_is_not_removed() {
	text 30000000 >in
	(
		while [ ! -e stop ]; do
			echo more >>in
		done
	) &
	writer=$!
	status=0
	wd_zip in 2>err || status=$?
	: >stop
	wait "$writer"
	[ "$status" -eq 2 ]
	says "wd_zip: in: changed while it was read -- not removed" err
	[ -s in ]
	gzip -t in.gz
}

t_output_is_synced_before_the_input_goes() {
	need strace
	text 100000 >in
	# Leaks cannot be looked for in a process that is traced.
	ASAN_OPTIONS=detect_leaks=0 strace -f -o trace -e trace=fsync,rename,renameat,renameat2,unlink,unlinkat \
		"$WD_EMULATE" -- "$WD_ZIP" in 2>/dev/null || skip "strace does not work here"
	awk '
	/fsync\(/ && !named { data = 1 }
	/renameat2?\(.*wd_zip-.*in\.gz/ { named = data }
	/fsync\(/ && named { dir = 1 }
	/unlink(at)?\(.*"in"/ { removed = dir }
	END { exit !removed }' trace
}

# A library between wd_zip and the device: badly NAME=VALUE... -- ARGUMENT...
badly() {
	: "${BAD_DEVICE:?}"
	env=
	while [ "$1" != -- ]; do
		env="$env $1"
		shift
	done
	shift
	# shellcheck disable=SC2086 # several
	env $env LD_PRELOAD="$BAD_DEVICE" ASAN_OPTIONS="${ASAN_OPTIONS-}:verify_asan_link_order=0" \
		"$WD_EMULATE" -- "$WD_ZIP" "$@"
}

t_verify_finds_one_wrong_bit_when_compressing() {
	{ text 3000000; noise 200000; } >in
	for format in gzip zlib deflate lz4; do
		for request in 1 2 3; do
			exits 1 badly BAD_FLIP=$request -- --verify --format=$format in 2>err
			says "wd_zip: in: verification failed: what the device made" err
			rm err
			holds in
		done
	done
	# The bit is wrong indeed.
	badly BAD_FLIP=3 -- -k in
	exits 1 gzip -tq in.gz
}

t_verify_finds_one_wrong_bit_when_decompressing() {
	need python3
	text 3000000 >in
	gzip in
	gzip -dc in.gz | python3 -c 'import sys, zlib
sys.stdout.buffer.write(zlib.compress(sys.stdin.buffer.read()))' >in.zz
	for file in in.gz in.zz; do
		exits 1 badly BAD_FLIP=1 -- --verify -d $file 2>err
		says "wd_zip: $file: verification failed: the checksum" err
		rm err
		holds in.gz in.zz
	done
}

t_a_chunk_that_grows_is_stored() {
	text 3000000 >in
	badly BAD_GROW=1 -- --verify -c in >in.gz
	gzip -dc in.gz | cmp - in
	# Not grown, but stored: two chunks of 1 MiB and 17 heads each.
	[ "$(stat -c %s in.gz)" -gt 2097152 ]
	[ "$(stat -c %s in.gz)" -lt 3000200 ]
}

t_a_job_that_is_lost_is_done_again() {
	text 3000000 >in
	for code in 5 16 62 110; do
		badly BAD_CODE=$code BAD_TIMES=2 -- -T1 -c in | gzip -d | cmp - in
	done
}

t_a_device_that_stays_broken_is_one_line() {
	text 3000000 >in
	exits 1 badly BAD_CODE=110 BAD_TIMES=1000 -- in 2>err
	says "wd_zip: in: the device does not answer" err
	exits 1 badly BAD_CODE=62 BAD_TIMES=1000 -- -T1 --format=zlib in 2>err
	says "wd_zip: in: the device refuses service" err
	exits 1 badly BAD_CODE=5 BAD_TIMES=1000 -- --format=lz4 in 2>err
	says "wd_zip: in: the device is broken" err
	gzip -c in >packed.gz
	exits 1 badly BAD_CODE=5 BAD_TIMES=1000 -- -d packed.gz 2>err
	says "wd_zip: packed.gz: the device is broken" err
	rm err
	holds in packed.gz
}

t_nothing_is_removed_when_the_device_goes() {
	[ -n "$daemon" ] || skip "needs the emulated device"
	text 1000000 >in
	"$WD_EMULATORD" --dir="$PWD/gone" --ready-fd=9 9>ready 2>/dev/null &
	other=$!
	for _ in $(seq 200); do
		[ ! -s ready ] || break
		sleep 0.02
	done
	(
		export WD_EMULATOR_DIR="$PWD/gone" WD_JOB_TIMEOUT_MS=500
		mkfifo pipe
		"$WD_EMULATE" -- "$WD_ZIP" -c <pipe >out 2>err &
		zip=$!
		exec 3>pipe
		cat in >&3
		sleep 0.3
		kill -9 "$other"
		cat in in in in >&3 || :
		exec 3>&-
		status=0
		wait "$zip" || status=$?
		[ "$status" -eq 1 ]
		says "wd_zip: stdin: " err
	) 2>/dev/null
}

start_devices --device=zip
run_suite
