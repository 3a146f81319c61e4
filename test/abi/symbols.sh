#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The built libraries have the sonames, version nodes and functions that programs linked with UADK ask
# the loader for, and nothing else but their own extensions in nodes of their own.
# Usage: symbols.sh [LIBWD LIBWD_COMP]
set -eu
LC_ALL=C
export LC_ALL

srcdir=${srcdir:-$(dirname "$0")}
libdir=${WD_LIBDIR:-../../lib/.libs}
libwd=${1:-$libdir/libwd.so}
libwd_comp=${2:-$libdir/libwd_comp.so}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
fails=0

fail() {
	echo "FAIL: $*"
	fails=$((fails + 1))
}

# listed NAME : "NODE FUNCTION" of the list in NAME.symbols
listed() {
	sed -e '/^#/d' -e '/^$/d' "$srcdir/$1.symbols" | sort
}

# mapped NAME : the same of the version script, its private node left out
mapped() {
	awk '/^[A-Z].*{/ { node = $1 }
	     /^\t[a-z]/ && node != "WD_PRIVATE" { sub(";", "", $1); print node, $1 }
	' "$srcdir/../../lib/$1.map" | sort
}

# exported LIBRARY : "NODE KIND NAME" of every definition other libraries can bind to
exported() {
	readelf --dyn-syms --wide "$1" | awk '
	$1 ~ /^[0-9]+:$/ && $7 != "UND" && ($5 == "GLOBAL" || $5 == "WEAK" || $5 == "UNIQUE") {
		split($8, part, /@+/)
		if ($7 == "ABS" && part[1] == $8 || part[1] == part[2])
			next # the version definition itself
		print (part[2] == "" ? "none" : part[2]), $4, part[1]
	}' | sort
}

# check_library NAME FILE PRIVATE : PRIVATE is the pattern of what WD_PRIVATE may hold
check_library() {
	soname=$(readelf --dynamic --wide "$2" | sed -n 's/.*(SONAME).*\[\(.*\)\]/\1/p')
	[ "$soname" = "$1.so.2" ] || fail "$1: soname is '$soname', not $1.so.2"
	listed "$1" > "$dir/listed"
	exported "$2" > "$dir/exported"

	awk '$1 != "WD_PRIVATE" { print $1, $3 }' "$dir/exported" > "$dir/public"
	diff -u "$dir/listed" "$dir/public" || fail "$1: public functions differ from $1.symbols"

	awk '$2 != "FUNC" && $2 != "IFUNC"' "$dir/exported" > "$dir/data"
	[ ! -s "$dir/data" ] || fail "$1: exports data: $(cat "$dir/data")"

	awk '$1 == "WD_PRIVATE" { print $3 }' "$dir/exported" | grep -Evx "$3" > "$dir/stray" || :
	[ ! -s "$dir/stray" ] || fail "$1: in WD_PRIVATE, and no business there: $(cat "$dir/stray")"

	# UADK exports one name without the prefix, and programs may use it.
	awk '{ print $3 }' "$dir/exported" | grep -v '^wd_' | grep -vx memcmp_consttime \
		> "$dir/unprefixed" || :
	[ ! -s "$dir/unprefixed" ] || fail "$1: without prefix: $(cat "$dir/unprefixed")"
}

for name in libwd libwd_comp; do
	listed $name > "$dir/listed"
	mapped $name > "$dir/mapped"
	diff -u "$dir/listed" "$dir/mapped" || fail "lib/$name.map differs from $name.symbols"
done
for count in "libwd UADK_2.0 66" "libwd_comp UADK_COMP_2.0 30"; do
	# shellcheck disable=SC2086 # words
	set -- $count
	n=$(listed "$1" | grep -c "^$2 ")
	[ "$n" -eq "$3" ] || fail "$1.symbols lists $n functions in $2, not $3"
done

if [ ! -e "$libwd" ] || [ ! -e "$libwd_comp" ]; then
	echo "the libraries are not built: only lists and version scripts compared"
	[ "$fails" -eq 0 ] || exit 1
	exit 77
fi
check_library libwd "$libwd" 'wd_core_[a-z0-9_]+|wd_ctx_fd|wd_ctx_reopen'
check_library libwd_comp "$libwd_comp" 'nothing'

[ "$fails" -eq 0 ] || exit 1
echo "sonames, nodes and $(cat "$srcdir"/*.symbols | grep -c '^[A-Z]') functions agree"
