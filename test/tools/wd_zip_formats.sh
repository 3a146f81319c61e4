#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# What wd_zip writes is read by gzip, pigz, zlib and lz4, and it reads what they
# write.
# shellcheck source-path=SCRIPTDIR source=suite.sh
. "${srcdir:-$(dirname "$0")}/suite.sh"

mib=1048576
sizes="0 1 200 $((mib - 1)) $mib $((mib + 1)) 10485760"

mkdir "$scratch/inputs"
for kind in text zeros noise; do
	for size in $sizes; do
		"$kind" "$size" >"$scratch/inputs/$kind.$size"
	done
done

# for_each_input FUNCTION: with a file called in, of each kind and size.
for_each_input() {
	for input in "$scratch"/inputs/*; do
		ln -sf "$input" in
		"$1" || {
			echo "with ${input##*/}"
			return 1
		}
	done
	rm in
}

# A zlib or deflate file is one whole stream and holds what in holds.
python_reads() {
	python3 - "$1" "$2" <<-'END'
	import sys, zlib
	d = zlib.decompressobj(int(sys.argv[2]))
	out = d.decompress(open(sys.argv[1], 'rb').read()) + d.flush()
	assert d.eof, 'the stream has no end'
	assert not d.unused_data, 'something follows the stream'
	assert out == open('in', 'rb').read(), 'the content differs'
	END
}

gzip_reads_it() {
	wd_zip -c in >in.gz && gzip -t in.gz && gzip -dc in.gz | cmp - in
}
t_gzip_reads_what_it_made() {
	for_each_input gzip_reads_it
}

one_member() {
	[ "$(python3 -c 'import sys, zlib
d = zlib.decompressobj(31)
d.decompress(open("in.gz", "rb").read())
print(d.eof, len(d.unused_data))')" = "True 0" ]
}
t_a_large_gzip_file_is_one_member() {
	need python3
	text 10485760 >in
	wd_zip -k in
	one_member
	[ "$(gzip -l in.gz | awk 'END { print $2 }')" = 10485760 ]
}

t_pigz_reads_what_it_made() {
	need pigz
	text 5000000 >in
	wd_zip -k in
	pigz -t in.gz
	pigz -dc in.gz | cmp - in
}

zlib_reads_it() {
	wd_zip -c --format=zlib in >in.zz && python_reads in.zz 15
}
t_zlib_reads_what_it_made() {
	need python3
	for_each_input zlib_reads_it
}

deflate_reads_it() {
	wd_zip -c --format=deflate in >in.deflate && python_reads in.deflate -15
}
t_zlib_reads_the_raw_deflate_it_made() {
	need python3
	for_each_input deflate_reads_it
}

lz4_reads_it() {
	wd_zip -c --format=lz4 in >in.lz4 && lz4 -tq in.lz4 && lz4 -dcq in.lz4 | cmp - in
}
t_lz4_reads_what_it_made() {
	need lz4
	for_each_input lz4_reads_it
}

reads_gzip() {
	gzip -c in >in.gz && wd_zip -dc in.gz | cmp - in
}
t_it_reads_what_gzip_made() {
	for_each_input reads_gzip
}

reads_zlib() {
	python3 -c 'import sys, zlib; sys.stdout.buffer.write(zlib.compress(open("in", "rb").read()))' \
		>in.zz && wd_zip -dc in.zz | cmp - in
}
t_it_reads_what_zlib_made() {
	need python3
	for_each_input reads_zlib
}

reads_deflate() {
	python3 -c 'import sys, zlib
z = zlib.compressobj(9, zlib.DEFLATED, -15)
sys.stdout.buffer.write(z.compress(open("in", "rb").read()) + z.flush())' >in.deflate &&
		wd_zip -dc in.deflate | cmp - in && wd_zip -dc --format=deflate <in.deflate | cmp - in
}
t_it_reads_raw_deflate_by_suffix_or_format() {
	need python3
	for_each_input reads_deflate
}

reads_lz4() {
	lz4 -cq in >in.lz4 && wd_zip -dc in.lz4 | cmp - in
}
t_it_reads_what_lz4_made() {
	need lz4
	for_each_input reads_lz4
}

t_it_reads_gzip_made_with_every_level() {
	text 300000 >in
	for level in 1 2 3 4 5 6 7 8 9; do
		gzip -c -$level in | wd_zip -d | cmp - in
		wd_zip -c -$level in | gzip -d | cmp - in
	done
}

t_it_reads_what_pigz_made_with_many_blocks() {
	need pigz
	text 5000000 >in
	pigz -p 4 -b 128 -c in | wd_zip -d | cmp - in
	pigz -p 4 -z -c in | wd_zip -d | cmp - in
}

t_all_members_are_read() {
	text 100000 >a
	zeros 3000000 >b
	: >c
	{ gzip -c a; wd_zip -c b; gzip -c c; gzip -nc a; } >all.gz
	cat a b c a >all
	wd_zip -dc all.gz | cmp - all
	gzip -dc all.gz | cmp - all
}

t_a_member_may_begin_anywhere_in_the_input() {
	# Members of incompressible bytes, so that their ends wander over the buffers' ends.
	noise 65521 >in
	: >all
	: >all.gz
	for _ in $(seq 40); do
		cat in >>all
		gzip -c in >>all.gz
	done
	wd_zip -dc all.gz | cmp - all
	python3 -c 'import sys; b = bytearray(b"\x1f\x8b\x08\x10" + bytes(6)) + b"c" * 60000 + b"\0"
sys.stdout.buffer.write(b)' >header
	gzip -nc in | tail -c +11 >rest
	cat all.gz header rest all.gz >long.gz
	cat all in all >long
	gzip -dc long.gz | cmp - long
	wd_zip -dc long.gz | cmp - long
}

t_all_lz4_frames_are_read() {
	need lz4
	text 100000 >a
	zeros 2000000 >b
	{ lz4 -cq a; printf '\120\052\115\030\005\000\000\000skip!'; wd_zip -c --format=lz4 b; } >all.lz4
	cat a b >all
	wd_zip -dc all.lz4 | cmp - all
}

t_optional_header_fields_are_read() {
	need python3
	text 50000 >in
	python3 - <<-'END'
	import struct, zlib
	data = open('in', 'rb').read()
	z = zlib.compressobj(6, zlib.DEFLATED, -15)
	body = z.compress(data) + z.flush() + struct.pack('<II', zlib.crc32(data), len(data))
	for flags in range(32):
	    head = b'\x1f\x8b\x08' + bytes([flags]) + bytes(6)
	    if flags & 4: head += struct.pack('<H', 300) + bytes(range(150)) * 2
	    if flags & 8: head += b'a name\0'
	    if flags & 16: head += b'a comment\0'
	    if flags & 2: head += struct.pack('<H', zlib.crc32(head) & 0xffff)
	    open('%02d.gz' % flags, 'wb').write(head + body)
	END
	for f in ??.gz; do
		gzip -dc "$f" | cmp - in
		wd_zip -dc "$f" | cmp - in
	done
}

t_the_output_does_not_depend_on_the_threads() {
	{ text 5000000; noise 2500000; } >in
	wd_zip -c -T1 <in >1.gz
	gzip -dc 1.gz | cmp - in
	for threads in 2 3 4 5 6 7 8; do
		wd_zip -c -T$threads <in | cmp - 1.gz
	done
	wd_zip -c -T1 --format=lz4 <in >1.lz4
	lz4 -dcq 1.lz4 | cmp - in
	for threads in 2 5 8; do
		wd_zip -c -T$threads --format=lz4 <in | cmp - 1.lz4
	done
}

t_verify_accepts_what_is_right() {
	{ text 3000000; noise 1500000; zeros 1500000; } >in
	for format in gzip zlib deflate lz4; do
		wd_zip --verify -c --format=$format in >out
		wd_zip --verify -dc --format=$format <out | cmp - in
	done
}

t_noise_grows_by_less_than_a_thousandth() {
	noise 4000000 >in
	for format in gzip zlib deflate lz4; do
		wd_zip -c --format=$format in >out
		[ "$(wc -c <out)" -lt 4004000 ]
	done
}

t_text_is_within_3_percent_of_gzip() {
	text 10485760 >in
	ours=$(wd_zip -c in | wc -c)
	gzips=$(gzip -c in | wc -c)
	echo "wd_zip $ours, gzip $gzips"
	[ $((ours * 100)) -le $((gzips * 103)) ]
}

start_devices --device=zip
run_suite
