#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Each `folder/file.c:name` in the documents beside this script must be true: the file
# is there and defines that function, structure or macro. It keeps documents that
# point into the code from being left behind by it.
set -u
srcdir=${srcdir:-$(dirname "$0")}
top=$(cd "$srcdir/.." && pwd) || exit 1
checks=0
fails=0

# A function's name stands in the first column's line of its definition, which no semicolon ends.
defines() {
	grep -E "^[A-Za-z_].*[^A-Za-z0-9_]$2\(|^$2\(" "$1" | grep -qv ';[[:space:]]*$' ||
		grep -qE "^(struct|enum|union) $2 \{|^#define $2([^A-Za-z0-9_]|\$)" "$1"
}

for document in "$top"/doc/*.md "$top/README.md"; do
	# shellcheck disable=SC2016 # these are not for the shell
	for reference in $(grep -oE '`[A-Za-z0-9_/.-]+\.[ch]:[A-Za-z0-9_]+(\(\))?`' "$document" |
		tr -d '`()' | sort -u); do
		checks=$((checks + 1))
		file=${reference%%:*}
		name=${reference##*:}
		if [ ! -f "$top/$file" ]; then
			echo "FAIL: ${document##*/}: there is no $file"
			fails=$((fails + 1))
		elif ! defines "$top/$file" "$name"; then
			echo "FAIL: ${document##*/}: $file does not define $name"
			fails=$((fails + 1))
		fi
	done
done

[ "$checks" -gt 0 ] || {
	echo "FAIL: no reference found: is this the right folder?"
	fails=1
}
echo "$checks checks, $fails failed"
[ "$fails" -eq 0 ]
