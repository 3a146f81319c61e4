#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# gzip's habits: names, what is kept and removed, links, messages, exit statuses.
# Where gzip can be asked, it is: both do the same in a folder each.
# shellcheck source-path=SCRIPTDIR source=suite.sh
. "${srcdir:-$(dirname "$0")}/suite.sh"

# as_gzip PREPARE ARGUMENT...: both programs leave the same files and the same status.
as_gzip() {
	prepare=$1
	shift
	for who in gzip wd_zip; do
		rm -rf "$who.dir"
		mkdir "$who.dir"
		(
			cd "$who.dir"
			set -e
			"$prepare"
			set +e
			"$who" "$@" >out 2>err
			echo $? >status
			# Only whether there is a message: the words may differ.
			[ ! -s err ]
			echo $? >err
		) || return 1
	done
	# Compressed files differ, what they hold does not.
	for f in gzip.dir/* wd_zip.dir/*; do
		if [ -p "$f" ]; then
			rm "$f"
			echo fifo >"$f"
		elif [ -f "$f" ] && gzip -dcq <"$f" >"$f.content" 2>/dev/null; then
			rm -f "$f"
		else
			rm -f "$f.content"
		fi
	done
	diff -r gzip.dir wd_zip.dir || {
		echo "prepared by $prepare, called with: $*"
		return 1
	}
}

one_file() {
	text 5000 >a
}
one_packed() {
	text 5000 | gzip >a.gz
}
both_there() {
	text 5000 >a
	echo old | gzip >a.gz
}
both_there_packed() {
	echo old >a
	text 5000 | gzip >a.gz
}
hard_link() {
	text 5000 >a
	ln a b
}
symbolic_link() {
	text 5000 >b
	ln -s b a
}
directory() {
	mkdir a
}
fifo() {
	mkfifo a
}
set_user_id() {
	text 50 >a
	chmod u+s a
}
sticky() {
	text 50 >a
	chmod +t a
}
unknown_suffix() {
	text 5000 | gzip >a.foo
}
tar_suffix() {
	text 5000 | gzip >a.tgz
}
upper_case_suffix() {
	text 5000 | gzip >a.GZ
}
with_garbage() {
	one_packed
	echo garbage >>a.gz
}
with_zeros() {
	one_packed
	zeros 1000 >>a.gz
}
not_packed() {
	text 5000 >a.gz
}
empty_packed() {
	: >a.gz
}
nothing() {
	:
}

t_it_replaces_a_file_as_gzip_does() {
	as_gzip one_file a
	as_gzip one_file -c a
	as_gzip one_file -k a
	as_gzip one_file -S .foo a
	as_gzip one_file -v a
	as_gzip one_file -9 -q a
	as_gzip one_file -- a
}

t_it_restores_a_file_as_gzip_does() {
	as_gzip one_packed -d a.gz
	as_gzip one_packed -d a
	as_gzip one_packed -dk a.gz
	as_gzip one_packed -dc a.gz
	as_gzip one_packed -t a.gz
	as_gzip one_packed -tv a.gz
	as_gzip tar_suffix -d a.tgz
	as_gzip upper_case_suffix -d a.GZ
	as_gzip unknown_suffix -d a.foo
	as_gzip unknown_suffix -d -S .foo a.foo
	as_gzip unknown_suffix -t a.foo
}

t_it_does_not_overwrite_as_gzip_does_not() {
	as_gzip both_there a
	as_gzip both_there -f a
	as_gzip both_there_packed -d a.gz
	as_gzip both_there_packed -df a.gz
}

t_it_treats_links_and_special_files_as_gzip_does() {
	as_gzip hard_link a
	as_gzip hard_link -k a
	as_gzip hard_link -f a
	as_gzip hard_link -c a
	as_gzip symbolic_link a
	as_gzip symbolic_link -f a
	as_gzip symbolic_link -c a
	as_gzip directory a
	as_gzip directory -c a
	as_gzip directory -f a
	as_gzip fifo a
	as_gzip set_user_id a
	as_gzip sticky a
	as_gzip sticky -f a
}

t_it_warns_of_suffixes_and_garbage_as_gzip_does() {
	as_gzip one_packed a.gz
	as_gzip one_packed -f a.gz
	as_gzip one_file -d a
	as_gzip with_garbage -d a.gz
	as_gzip with_garbage -t a.gz
	as_gzip with_garbage -dqc a.gz
	as_gzip with_zeros -d a.gz
	as_gzip not_packed -d a.gz
	as_gzip not_packed -dc a.gz
	as_gzip not_packed -dcf a.gz
	as_gzip empty_packed -d a.gz
	as_gzip nothing a
	as_gzip nothing -d a
	as_gzip nothing -S '' a
	as_gzip nothing --no-such-option
}

t_several_files_one_bad_gives_1_and_does_the_others() {
	text 5000 >a
	text 6000 >c
	exits 1 wd_zip a b c 2>err
	says "wd_zip: b: No such file or directory" err
	rm err
	holds a.gz c.gz
}

t_mode_and_times_are_kept() {
	text 5000 >a
	chmod 640 a
	touch -d '2001-02-03 04:05:06.789' a
	before=$(stat -c '%a %u %g %y' a)
	wd_zip a
	[ "$(stat -c '%a %u %g %y' a.gz)" = "$before" ]
	wd_zip -d a.gz
	[ "$(stat -c '%a %u %g %y' a)" = "$before" ]
}

t_owner_is_kept() {
	[ "$(id -u)" -eq 0 ] || skip "only root can give files away"
	text 5000 >a
	chown 1234:5678 a
	wd_zip a
	[ "$(stat -c '%u %g' a.gz)" = "1234 5678" ]
}

t_name_and_time_are_in_the_header() {
	text 5000 >a
	touch -d @1000000000 a
	wd_zip -k a
	mv a.gz b.gz
	[ "$(gzip -lv -N b.gz | awk 'END { print $NF }')" = a ]
	mkdir out
	gzip -dN <b.gz >/dev/null
	rm a
	gzip -dkN b.gz
	[ "$(stat -c %Y a)" = 1000000000 ]
}

t_no_name_leaves_them_out() {
	text 5000 >a
	wd_zip -nk a
	[ "$(head -c 10 a.gz | od -An -tx1 | tr -d ' ')" = 1f8b0800000000000003 ]
}

t_name_is_restored_on_request_and_stays_in_its_folder() {
	need python3
	mkdir -p x/y
	echo content >original
	touch -d @1000000000 original
	gzip -N original
	mv original.gz x/other.gz
	wd_zip -dkN x/other.gz
	[ "$(stat -c %Y x/original)" = 1000000000 ]
	wd_zip -dk x/other.gz
	[ "$(cat x/other)" = content ]
	python3 -c 'import sys; d = open("x/other.gz", "rb").read()
sys.stdout.buffer.write(d.replace(b"original", b"../../evil"))' >x/y/evil.gz
	wd_zip -dN x/y/evil.gz
	[ -f x/y/evil ]
	[ ! -e evil ]
}

t_list_is_that_of_gzip() {
	text 5000000 >a
	gzip -k a
	: >b
	gzip b
	text 70 | gzip >c.gz
	gzip -l a.gz b.gz c.gz >expected
	wd_zip -l a.gz b.gz c.gz >found
	diff expected found
	gzip -lv a.gz b.gz >expected
	wd_zip -lv a.gz b.gz >found
	sed '/totals/s/^ */ /' expected >e
	sed '/totals/s/^ */ /' found >f
	diff e f
	wd_zip -l <a.gz | grep -q ' stdin$'
}

t_list_knows_the_other_formats() {
	text 50000 >a
	for format in zlib deflate lz4; do
		wd_zip -k --format=$format a
	done
	wd_zip -l a.zz a.deflate a.lz4 >list
	[ "$(awk '$2 == 50000 { n++ } END { print n }' list)" -eq 3 ]
	[ "$(awk 'END { print $2 }' list)" -eq 150000 ]
}

t_formats_have_their_suffixes() {
	text 50000 >a
	for suffix in gz zz deflate lz4; do
		case $suffix in
		gz) format=gzip ;;
		zz) format=zlib ;;
		*) format=$suffix ;;
		esac
		wd_zip --format=$format a
		holds "a.$suffix"
		wd_zip -d "a.$suffix"
		holds a
	done
	text 50000 | cmp - a
}

t_a_format_that_is_asked_for_is_insisted_on() {
	text 500 | gzip >a.gz
	for format in zlib lz4; do
		exits 1 wd_zip -d --format=$format a.gz 2>err
		says "wd_zip: a.gz: not in $format format" err
	done
	rm err
	holds a.gz
}

# shellcheck disable=SC2094 # what is read twice is not written
t_standard_streams_are_used_without_a_file() {
	text 3000000 >a
	wd_zip <a | gzip -d | cmp - a
	wd_zip - <a | gzip -d | cmp - a
	gzip <a | wd_zip -d | cmp - a
	# In small pieces, as a pipe gives them.
	(cat a; sleep 0.1; printf '\nend\n') | wd_zip | gzip -d | tail -n 1 | grep -qx end
}

t_stats_and_verbose_are_one_line_each() {
	text 100000 >a
	wd_zip -k --stats a 2>err
	says "wd_zip: a: 100000 bytes, gzip $(stat -c %s a.gz) bytes, ratio " err
	grep -q hisi_zip-0 err
	wd_zip -dc --stats a.gz 2>err >/dev/null
	says "wd_zip: a.gz: 100000 bytes, gzip $(stat -c %s a.gz) bytes" err
	wd_zip -fv a 2>err
	says "-- replaced with a.gz" err
	wd_zip -tv a.gz 2>err
	says OK err
	wd_zip -dv a.gz 2>err
	says "-- replaced with a" err
}

t_bad_options_are_one_clear_line() {
	exits 1 wd_zip -T 0 2>err
	says "wd_zip: -T takes a number from 1 to 64, not 0" err
	exits 1 wd_zip -T 65 2>err
	exits 1 wd_zip -T 4x 2>err
	exits 1 wd_zip --format=zip 2>err
	says "wd_zip: zip: no such format" err
	exits 1 wd_zip -S a/b 2>err
	says "wd_zip: a/b: not a suffix" err
	exits 1 wd_zip -r . 2>err
}

start_devices --device=zip
run_suite
