#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Without any accelerator: one line that says how to get one. What needs none
# works.
# shellcheck source-path=SCRIPTDIR source=suite.sh
. "${srcdir:-$(dirname "$0")}/suite.sh"

if [ -d /sys/class/uacce ] && [ -n "$(ls /sys/class/uacce)" ]; then
	echo "skip: this machine has an accelerator"
	exit 77
fi
unset WD_EMULATOR_DIR

t_compressing_says_how_to_get_a_device() {
	text 5000 >in
	exits 1 wd_zip in 2>err
	says "wd_zip: in: no accelerator found; for an emulated one: wd-emulate -- wd_zip ..." err
	exits 1 wd_zip --format=lz4 in 2>err
	says "wd_zip: in: no accelerator found" err
	rm err
	holds in
}

t_decompressing_says_how_to_get_a_device() {
	text 5000 | gzip >in.gz
	exits 1 wd_zip -d in.gz 2>err
	says "wd_zip: in.gz: no accelerator found" err
	exits 1 wd_zip -t in.gz 2>err
	says "wd_zip: in.gz: no accelerator found" err
	rm err
	holds in.gz
}

t_an_empty_file_needs_none() {
	: >in
	wd_zip in
	gzip -t in.gz
}

t_lz4_is_decompressed_by_the_cpu() {
	need lz4
	text 3000000 >in
	lz4 -q in in.lz4
	wd_zip -dc in.lz4 | cmp - in
	wd_zip -t in.lz4
}

t_help_and_version_need_none() {
	wd_zip --help | grep -q '^Usage: wd_zip '
	wd_zip --usage | grep -q '^Usage: wd_zip '
	wd_zip --version | grep -q '^wd_zip (WarpDrive) [0-9]'
	wdctl --help | grep -q '^Usage: wdctl '
	wdctl --version | grep -q '^wdctl (WarpDrive) [0-9]'
}

t_wdctl_list_is_empty_and_says_so() {
	wdctl list >out 2>err
	[ ! -s out ]
	says "wdctl: no accelerator found; for an emulated one: wd-emulate -- wdctl list" err
	wdctl list --json 2>err | tr -d ' \n' >out
	[ "$(cat out)" = '{"devices":[]}' ]
	says "wdctl: no accelerator found" err
}

t_wdctl_info_does_not_find_it() {
	exits 1 wdctl info hisi_zip-0 >out 2>err
	[ ! -s out ]
	says "wdctl: hisi_zip-0: no such device; wdctl list shows those there are" err
}

run_suite
