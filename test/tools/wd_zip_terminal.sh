#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# What a person at a terminal sees: refusals, the question before overwriting,
# the progress line. script(1) makes the terminal.
# shellcheck source-path=SCRIPTDIR source=suite.sh
. "${srcdir:-$(dirname "$0")}/suite.sh"

command -v script >/dev/null || {
	echo "skip: there is no script(1) here"
	exit 77
}

# on_terminal COMMAND LINE: what it says goes to the file screen; its own status.
on_terminal() {
	terminal_status=0
	script -qec "$WD_EMULATE -- $WD_ZIP $1" /dev/null >screen || terminal_status=$?
	cat -v screen
	return $terminal_status
}

t_compressed_data_is_not_written_to_a_terminal() {
	text 5000 >in
	exits 1 on_terminal "-c in"
	says "wd_zip: compressed data is not written to a terminal" screen
	exits 0 on_terminal "-cf --format=deflate in"
	[ -s in ]
}

t_compressed_data_is_not_read_from_a_terminal() {
	exits 1 on_terminal "-d"
	says "wd_zip: compressed data is not read from a terminal" screen
	exits 1 on_terminal "-t -"
	says "wd_zip: compressed data is not read from a terminal" screen
}

# What the person types comes through the terminal.
answered() {
	echo "$1" | on_terminal in
}

t_a_person_is_asked_before_a_file_is_overwritten() {
	text 5000 >in
	echo old >in.gz
	status=0
	answered n || status=$?
	[ "$status" -eq 2 ]
	grep -qF "in.gz already exists; do you wish to overwrite (y or n)?" screen
	[ "$(cat in.gz)" = old ]
	[ -s in ]
	exits 0 answered y
	gzip -dc in.gz >out
	text 5000 | cmp - out
	[ ! -e in ]
}

t_progress_is_shown_on_a_terminal_and_gone_at_the_end() {
	text 60000000 >in
	on_terminal "-k in"
	grep -q '%, .*KiB.*MB/s' screen
	# The last thing done to the line is to wipe it.
	tail -c 4 screen | od -An -tx1 | grep -q '0d 1b 5b 4b'
	rm in.gz
	on_terminal "-k --no-progress in"
	[ ! -s screen ]
	on_terminal "-kfq in"
	[ ! -s screen ]
}

t_progress_is_not_shown_elsewhere() {
	text 30000000 >in
	wd_zip -k in 2>err
	[ ! -s err ]
}

start_devices --device=zip
run_suite
