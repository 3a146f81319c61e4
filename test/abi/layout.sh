#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The layout of the public structures and the values of the public constants are those of the table.
set -eu

srcdir=${srcdir:-$(dirname "$0")}
if [ "$(getconf LONG_BIT)" != 64 ]; then
	echo "the table is for LP64"
	exit 77
fi
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
sed -e '/^#/d' -e '/^$/d' "$srcdir/layout.x86_64.txt" > "$dir/expected"
./layout > "$dir/seen"
diff -u "$dir/expected" "$dir/seen"
echo "$(wc -l < "$dir/seen") facts agree"
