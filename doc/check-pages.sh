#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# The manual: each exported function has a page with the parts a reader looks for,
# each page of ours that another one refers to exists, and mandoc finds no fault in any.
# It runs in the build folder, where the functions' pages are made (man3).
set -u
LC_ALL=C
export LC_ALL
srcdir=${srcdir:-$(dirname "$0")}
abi=$srcdir/../test/abi
checks=0
fails=0

fail() {
	echo "FAIL: $*"
	fails=$((fails + 1))
}

has_parts() {
	for part in "^\.Nm $1\$" '^\.Sh SYNOPSIS' '^\.Sh RETURN VALUES' '^\.Sh OWNERSHIP AND THREADS'; do
		grep -q "$part" "man3/$1.3" || fail "man3/$1.3 has no $part"
	done
}

# shellcheck disable=SC2013 # a line is a word
for symbol in $(sed -e '/^#/d' -e 's/.* //' "$abi/libwd.symbols" "$abi/libwd_comp.symbols"); do
	checks=$((checks + 1))
	if [ -s "man3/$symbol.3" ]; then
		has_parts "$symbol"
	else
		fail "no page of $symbol"
	fi
done

# Others' pages may be missing here; those whose names begin like ours may not.
# shellcheck disable=SC2013
for page in $(sed -nE 's/^\.Xr ((wd|memcmp_)[-a-zA-Z0-9_]*) ([1-8]).*/\1.\3/p' \
	man3/*.3 "$srcdir"/man/*.[1-8] | sort -u); do
	checks=$((checks + 1))
	[ -f "man3/$page" ] || [ -f "$srcdir/man/$page" ] || fail "$page is referred to and missing"
done

[ "$checks" -gt 50 ] || fail "only $checks pages found: is this the right folder?"
if command -v mandoc >lint 2>&1; then
	mandoc -Tlint -Wwarning man3/*.3 "$srcdir"/man/*.[1-8] >lint 2>&1 ||
		fail "mandoc complains: $(cat lint)"
	rm -f lint
else
	rm -f lint
	[ "$fails" -gt 0 ] || {
		echo "SKIP: $checks checks passed, but there is no mandoc"
		exit 77
	}
fi
echo "$checks checks, $fails failed"
[ "$fails" -eq 0 ]
