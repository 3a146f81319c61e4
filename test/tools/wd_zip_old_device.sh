#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# A device with hisi_qm_v2 makes zlib and gzip only. All deflate formats are made
# of that; what it cannot do is said in one line.
# shellcheck source-path=SCRIPTDIR source=suite.sh
. "${srcdir:-$(dirname "$0")}/suite.sh"

t_it_offers_zlib_and_gzip_only() {
	wdctl list | grep -q 'hisi_qm_v2 .* zlib,gzip$'
}

t_gzip_reads_what_it_made() {
	for size in 0 1 200 1048575 1048576 1048577 3000000; do
		text $size >in
		wd_zip -c --verify in | gzip -dc | cmp - in
		noise $size >in
		wd_zip -c --verify -T1 in | gzip -dc | cmp - in
	done
}

t_zlib_reads_what_it_made() {
	need python3
	text 3000000 >in
	wd_zip -c --format=zlib in >in.zz
	wd_zip -c --format=deflate in >in.deflate
	python3 - <<-'END'
	import zlib
	for name, bits in (('in.zz', 15), ('in.deflate', -15)):
	    d = zlib.decompressobj(bits)
	    assert d.decompress(open(name, 'rb').read()) == open('in', 'rb').read()
	    assert d.eof and not d.unused_data
	END
}

t_it_reads_gzip_and_zlib() {
	text 3000000 >in
	{ gzip -c in; gzip -nc in; } | wd_zip -d --verify >out
	cat in in | cmp - out
	wd_zip -c --format=zlib in | wd_zip -d --verify | cmp - in
}

t_what_it_cannot_do_is_one_line() {
	text 3000 >in
	wd_zip --format=deflate in
	exits 1 wd_zip -dk in.deflate 2>err
	says "wd_zip: in.deflate: the accelerator does not read deflate" err
	text 3000 >in
	exits 1 wd_zip --format=lz4 in 2>err
	says "wd_zip: in: the accelerator does not make lz4" err
	rm err
	holds in in.deflate
}

start_devices --device=zip,qm=v2
run_suite
