#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Input that is damaged, cut or no compressed file at all: one line, status 1, no
# output left, the input untouched. gzip, zlib and lz4 say what is damaged.
# shellcheck source-path=SCRIPTDIR source=suite.sh
. "${srcdir:-$(dirname "$0")}/suite.sh"

# damage FILE SUFFIX: into d/, one file per case: each of the first 40 and last 12 bytes with one
# bit changed, each length below 40, and each of the last 12 bytes gone.
damage() {
	mkdir -p d
	python3 - "$1" "$2" <<-'END'
	import sys
	data, suffix = open(sys.argv[1], 'rb').read(), sys.argv[2]
	n = len(data)
	for i in [*range(40), *range(n - 12, n)]:
	    for bit in (0, 5):
	        bad = bytearray(data)
	        bad[i] ^= 1 << bit
	        open('d/flip-%07d-%d%s' % (i, bit, suffix), 'wb').write(bad)
	for i in [*range(40), *range(n - 12, n)]:
	    open('d/cut-%07d%s' % (i, suffix), 'wb').write(data[:i])
	END
}

# What is refused, by the judge: a command that reads one file from standard input. Who is slow
# to start looks at all of them himself: see below.
judged() {
	for f in d/*; do
		"$@" <"$f" >/dev/null 2>&1 || echo "$f"
	done | sort
}

# Exactly the files in the list are refused, each in one line, and nothing is left of them.
refuses_exactly() {
	find d | sort >before
	status=0
	wd_zip -t d/* 2>err || status=$?
	sed -n 's/^wd_zip: \(d\/[^:]*\): .*/\1/p' err | sort >refused
	diff "$1" refused
	[ "$(wc -l <err)" -eq "$(wc -l <refused)" ]
	[ "$status" -eq 1 ]
	# shellcheck disable=SC2046 # names have no spaces
	wd_zip -dk $(cat "$1") 2>err && return 1
	[ "$(wc -l <err)" -eq "$(wc -l <"$1")" ]
	find d | sort | diff before -
}

t_damaged_gzip_is_refused_where_gzip_refuses_it() {
	need python3
	text 30000 >in
	gzip in
	damage in.gz .gz
	judged gzip -tq >bad
	# A warning of gzip is no refusal.
	[ "$(wc -l <bad)" -gt 60 ]
	refuses_exactly bad
}

t_damaged_zlib_is_refused_where_zlib_refuses_it() {
	need python3
	text 30000 >in
	python3 -c 'import sys, zlib; sys.stdout.buffer.write(zlib.compress(sys.stdin.buffer.read()))' \
		<in >in.zz
	damage in.zz .zz
	python3 - <<-'END' >bad
	import glob, zlib
	for name in sorted(glob.glob('d/*')):
	    d = zlib.decompressobj()
	    try:
	        d.decompress(open(name, 'rb').read())
	    except zlib.error:
	        pass
	    if not d.eof:
	        print(name)
	END
	[ "$(wc -l <bad)" -gt 60 ]
	refuses_exactly bad
}

t_damaged_lz4_is_refused_where_lz4_refuses_it() {
	need python3 lz4
	text 30000 >in
	lz4 -q in in.lz4
	damage in.lz4 .lz4
	rm d/cut-0000000.lz4 # nothing at all is no frame for lz4, and as for gzip an error for us
	judged lz4 -tq >bad
	[ "$(wc -l <bad)" -gt 60 ]
	refuses_exactly bad
}

t_damage_in_the_middle_is_found_by_the_checksum() {
	need python3
	noise 3000000 >in
	gzip -k in
	python3 -c 'import sys; d = bytearray(open("in.gz", "rb").read()); d[1500000] ^= 4
sys.stdout.buffer.write(d)' >bad.gz
	exits 1 gzip -tq bad.gz
	exits 1 wd_zip -d bad.gz 2>err
	says "wd_zip: bad.gz: invalid compressed data -- " err
	rm in in.gz err
	holds bad.gz
}

t_a_second_member_that_is_cut_is_an_error() {
	text 100000 >in
	gzip -c in >one.gz
	size=$(stat -c %s one.gz)
	for keep in 2 3 9 10 11 1000 $((size - 8)) $((size - 1)); do
		{ cat one.gz; head -c "$keep" one.gz; } >two.gz
		exits 1 gzip -tq two.gz 2>/dev/null
		exits 1 wd_zip -d two.gz 2>err
		says "wd_zip: two.gz: unexpected end of file" err
		[ ! -e two ]
	done
}

t_a_second_member_of_another_kind_is_refused() {
	text 1000 >in
	gzip -c in >one.gz
	{ cat one.gz; printf '\037\213\007\0\0\0\0\0\0\003rest'; } >two.gz
	exits 1 gzip -tq two.gz 2>/dev/null
	exits 1 wd_zip -d two.gz 2>err
	says "wd_zip: two.gz: unknown compression method" err
	rm in one.gz err
	holds two.gz
}

t_a_header_that_never_ends_is_refused() {
	{ printf '\037\213\010\010\0\0\0\0\0\003'; zeros 1000000 | tr '\0' n; } >a.gz
	exits 1 wd_zip -d a.gz 2>err
	says "wd_zip: a.gz: gzip header is too long" err
	rm err
	holds a.gz
}

t_garbage_from_a_pipe_ends_at_once() {
	# Who writes the garbage does not close the pipe.
	mkfifo pipe
	(exec 3>pipe; text 3000000 >&3; sleep 30) &
	writer=$!
	start=$(date +%s)
	exits 1 wd_zip -dc <pipe 2>err
	says "wd_zip: stdin: not in gzip format" err
	[ $(($(date +%s) - start)) -lt 20 ]
	kill "$writer" 2>/dev/null || :
}

t_missing_and_forbidden_files_are_one_line_each() {
	exits 1 wd_zip nowhere 2>err
	says "wd_zip: nowhere: No such file or directory" err
	exits 1 wd_zip no/where 2>err
	says "wd_zip: no/where: No such file or directory" err
	exits 1 wd_zip -d nowhere 2>err
	says "wd_zip: nowhere: No such file or directory" err
	exits 2 wd_zip . 2>err
	says "wd_zip: .: is a directory -- ignored" err
	exits 1 wd_zip err/x 2>err
	says "wd_zip: err/x: Not a directory" err
}

# Permissions do not bind root: the command runs as nobody. It needs to get at the programs.
as_nobody() {
	[ "$(id -u)" -eq 0 ] || {
		"$@"
		return
	}
	setpriv --reuid=65534 --regid=65534 --clear-groups "$@"
}

t_no_permission_is_one_line() {
	as_nobody "$WD_ZIP" --version >/dev/null 2>&1 || skip "nobody cannot run what was built here"
	text 1000 >secret
	chmod 600 secret
	[ "$(id -u)" -ne 0 ] && chmod 0 secret
	chmod 755 "$scratch" .
	exits 1 as_nobody "$WD_ZIP" secret 2>err
	says "wd_zip: secret: Permission denied" err
	text 1000 >readable
	chmod 644 readable
	[ "$(id -u)" -ne 0 ] && chmod 555 .
	exits 1 as_nobody "$WD_ZIP" readable 2>"$scratch/err"
	chmod 755 .
	says "wd_zip: readable.gz: cannot be written: Permission denied" "$scratch/err"
	[ -f readable ] && [ ! -e readable.gz ]
}

start_devices --device=zip
run_suite
