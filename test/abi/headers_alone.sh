#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Each public header compiles alone, twice in one source, as C11 and as C++17, without a warning; found
# as "wd.h" and as <uadk/wd.h>. Programs written for UADK compile with them.
set -eu

srcdir=${srcdir:-$(dirname "$0")}
include=$(cd "$srcdir/../../include" && pwd)
. "$srcdir/compilers.sh"
warnings="-Wall -Wextra -Wundef -Werror"
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
ln -s "$include" "$dir/uadk"
fails=0
checks=0

# compile COMMAND... : one check; its output is shown if it fails
compile() {
	checks=$((checks + 1))
	if ! "$@" -fsyntax-only > "$dir/log" 2>&1; then
		echo "FAIL: $*"
		cat "$dir/log"
		fails=$((fails + 1))
	fi
}

# as_c SOURCE FLAGS..., as_cxx SOURCE FLAGS...; -Wshadow is for C: in C++ the interface itself has
# functions with the name of a structure.
# shellcheck disable=SC2086 # flags are words
as_c() {
	source=$1
	shift
	for cc in $c_compilers; do
		for std in c11 gnu11; do
			compile "$cc" -x c -std=$std $warnings -Wshadow -Wstrict-prototypes "$@" "$source"
		done
	done
}

# shellcheck disable=SC2086 # flags are words
as_cxx() {
	source=$1
	shift
	for cxx in $cxx_compilers; do
		compile "$cxx" -x c++ -std=c++17 $warnings "$@" "$source"
	done
}

for path in "$include"/*.h; do
	header=${path##*/}
	printf '#include "%s"\n#include "%s"\n' "$header" "$header" > "$dir/quoted.c"
	printf '#include <uadk/%s>\n#include "%s"\n' "$header" "$header" > "$dir/installed.c"
	as_c "$dir/quoted.c" -I"$include"
	as_cxx "$dir/quoted.c" -I"$include"
	as_cxx "$dir/installed.c" -I"$dir" -I"$include"
done

for log in -UWD_NO_LOG -DWD_NO_LOG; do
	as_c "$srcdir/client_source.c" -I"$include" $log
	as_cxx "$srcdir/client_source.c" -I"$include" $log
done

# The declared installation is all there is: a header left out of it would be missed by programs.
for path in "$include"/*.h; do
	checks=$((checks + 1))
	grep -q "^	${path##*/}\( \\\\\)\{0,1\}\$" "$include/Makefile.am" || {
		echo "FAIL: ${path##*/} is not installed by include/Makefile.am"
		fails=$((fails + 1))
	}
done

echo "$checks checks, $fails failed"
[ "$fails" -eq 0 ]
