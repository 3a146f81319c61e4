#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Every exported function programs may call is declared in a public header and has a comment in five
# parts, from which its manual page is made.
set -eu
LC_ALL=C
export LC_ALL

srcdir=${srcdir:-$(dirname "$0")}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

top=$srcdir/../..
awk -f "$top/doc/man/read_headers.awk" -f "$srcdir/doc_comments.awk" "$top"/include/*.h > "$dir/found"
grep -v '^FAIL' "$dir/found" | sort > "$dir/declared"
# Left out: what drivers call, which is in no public header.
sed -e '/^#/d' -e 's/.* //' "$srcdir/libwd.symbols" "$srcdir/libwd_comp.symbols" |
	grep -Evx 'wd_driver_(un)?register|wd_comp_get_msg' | sort > "$dir/listed"
diff -u "$dir/listed" "$dir/declared"
if grep '^FAIL' "$dir/found"; then
	exit 1
fi
echo "$(wc -l < "$dir/declared") functions documented"
