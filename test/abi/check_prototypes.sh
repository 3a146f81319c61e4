#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Every function programs may call is declared with its exact type, in C and in C++, and the built
# libraries have every one of them.
set -eu

srcdir=${srcdir:-$(dirname "$0")}
libdir=${WD_LIBDIR:-../../lib/.libs}
include=$(cd "$srcdir/../../include" && pwd)
. "$srcdir/compilers.sh"
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

for cc in $c_compilers; do
	"$cc" -std=gnu11 -Wall -Wextra -Werror -I"$include" -c "$srcdir/check_prototypes.c" \
		-o "$dir/c.o"
done
for cxx in $cxx_compilers; do
	"$cxx" -x c++ -std=gnu++17 -Wall -Wextra -Werror -I"$include" -c \
		"$srcdir/check_prototypes.c" -o "$dir/cxx.o"
done

# The source covers the lists: all but the two functions of drivers, which are in no public header.
sed -n 's/^	FUNCTION(\([a-z0-9_]*\),.*/\1/p' "$srcdir/check_prototypes.c" | sort > "$dir/covered"
sed -e '/^#/d' -e 's/.* //' "$srcdir/libwd.symbols" "$srcdir/libwd_comp.symbols" |
	grep -v '^wd_driver_\(un\)\{0,1\}register$' | sort > "$dir/listed"
diff -u "$dir/listed" "$dir/covered"

if [ ! -e "$libdir/libwd.so" ] || [ ! -e "$libdir/libwd_comp.so" ]; then
	echo "the libraries are not built: nothing linked"
	exit 77
fi
# shellcheck disable=SC2086 # words
${CC:-cc} ${SAN_CFLAGS-} "$dir/c.o" -o "$dir/prog" -L"$libdir" -lwd_comp -lwd -Wl,-rpath,"$libdir"
LD_LIBRARY_PATH=$libdir${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH} "$dir/prog" | sort > "$dir/linked"
diff -u "$dir/listed" "$dir/linked"
echo "$(wc -l < "$dir/linked") functions declared, linked and found"
