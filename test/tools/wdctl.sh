#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# wdctl against what the emulated devices say in sysfs, which are plain files
# below the emulator's directory.
# shellcheck source-path=SCRIPTDIR source=suite.sh
. "${srcdir:-$(dirname "$0")}/suite.sh"

sys=$scratch/emulator/sys/class/uacce

attribute() {
	cat "$sys/$1/$2"
}

# member FILE EXPRESSION: in Python, with the JSON of the file as j
member() {
	python3 -c 'import json, sys; j = json.load(open(sys.argv[1])); print(eval(sys.argv[2]))' "$@"
}

t_list_has_a_line_for_each_device() {
	wdctl list >out 2>err
	[ ! -s err ]
	[ "$(wc -l <out)" -eq 3 ]
	head -n 1 out | grep -q '^NAME *DRIVER *API *NODE *FREE *ISOLATED *ALGORITHMS *$'
	for d in hisi_zip-0 hisi_zip-1; do
		grep -q "^$d  *hisi_zip  *$(attribute $d api) .* $(attribute $d available_instances) *no  *$(
			attribute $d algorithms | paste -sd,
		)\$" out
	done
}

t_list_json_has_numbers_as_numbers() {
	need python3
	wdctl list --json >out
	[ "$(member out 'len(j["devices"])')" = 2 ]
	[ "$(member out '[type(d[k]) is int for d in j["devices"] for k in ("node", "free")]')" = \
		"[True, True, True, True]" ]
	[ "$(member out '[d["isolated"] for d in j["devices"]]')" = "[False, False]" ]
	[ "$(member out 'j["devices"][1]["free"]')" = "$(attribute hisi_zip-1 available_instances)" ]
	[ "$(member out '"\n".join(j["devices"][0]["algorithms"])')" = \
		"$(attribute hisi_zip-0 algorithms)" ]
	wdctl list -J | cmp - out
}

t_info_shows_every_attribute() {
	wdctl info hisi_zip-0 >out
	for pair in api:API flags:FLAGS available_instances:FREE region_mmio_size:MMIO_SIZE \
		region_dus_size:DUS_SIZE; do
		grep -q "^${pair#*:}  *$(attribute hisi_zip-0 "${pair%:*}") *\$" out
	done
	grep -q '^PATH  */dev/hisi_zip-0 *$' out
	grep -q '^SVA  *yes *$' out
	grep -q '^USABLE  *yes *$' out
	wdctl info /dev/hisi_zip-0 | cmp - out
}

t_info_json_is_an_object_of_the_same() {
	need python3
	wdctl info --json hisi_zip-1 >out
	[ "$(member out 'len(j["device"])')" = 1 ]
	for pair in flags:flags available_instances:free region_mmio_size:mmio_size \
		region_dus_size:dus_size; do
		[ "$(member out "repr(j['device'][0]['${pair#*:}'])")" = \
			"$(attribute hisi_zip-1 "${pair%:*}")" ]
	done
	[ "$(member out 'j["device"][0]["sva"], j["device"][0]["api"]')" = "(True, 'hisi_qm_v2')" ]
}

t_info_of_an_unknown_device_is_one_line() {
	exits 1 wdctl info hisi_zip-7 >out 2>err
	[ ! -s out ]
	says "wdctl: hisi_zip-7: no such device" err
	exits 1 wdctl info --json ../hisi_zip-0 >out 2>err
	[ ! -s out ]
	says "wdctl: ../hisi_zip-0: no such device" err
}


t_an_isolated_device_is_still_listed() {
	need python3
	file=$sys/hisi_zip-1/isolate
	[ -w "$file" ] || skip "isolation is not a file here"
	cp "$file" saved
	echo 1 >new
	cp new "$file"
	wdctl list --json >out 2>err || :
	wdctl info hisi_zip-1 >shown 2>/dev/null || :
	cp saved "$file"
	[ "$(member out '[d["isolated"] for d in j["devices"]]')" = "[False, True]" ]
	[ "$(member out 'j["devices"][1]["api"]')" = hisi_qm_v2 ]
	[ "$(member out 'j["devices"][1]["free"]')" = "$(attribute hisi_zip-1 available_instances)" ]
	says "wdctl: hisi_zip-1: " err
	grep -q '^USABLE  *no *$' shown
}

t_misuse_is_one_clear_line() {
	exits 1 wdctl frobnicate 2>err
	says "wdctl: frobnicate: no such verb" err
	exits 1 wdctl info 2>err
	says "wdctl info: which device?" err
	exits 1 wdctl info a b 2>err
	says "wdctl info: b: one device at a time" err
	exits 1 wdctl list --xml 2>/dev/null
	exits 1 wdctl list hisi_zip-0 2>/dev/null
}

t_without_a_verb_usage_is_shown() {
	exits 1 wdctl 2>err
	grep -q '^Usage: wdctl ' err
	grep -q '^  list ' err
	grep -q '^  info ' err
}

t_a_full_standard_output_is_one_line() {
	exits 1 wdctl list >/dev/full 2>err
	says "wdctl: standard output: No space left on device" err
	exits 1 wdctl info --json hisi_zip-0 >/dev/full 2>err
	says "wdctl: standard output: No space left on device" err
}

start_devices --device=zip,qm=v3 --device=zip,qm=v2,queues=64
run_suite
