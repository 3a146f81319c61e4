#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# What of the tree can be made for aarch64 on another machine without that
# machine's libraries: aarch64.sh compile DIR compiles every source, aarch64.sh run
# DIR QEMU builds the test of the MMIO decoder, which needs none, and runs it.
set -u
export LC_ALL=C
top=$(cd "$(dirname "$0")/.." && pwd) || exit 1
dir=$2
cc=aarch64-linux-gnu-gcc
warnings="-std=gnu11 -O2 -g -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Werror"
# The headers of libraries are the same for both machines, those of the C library are not.
link_headers() {
	rm -rf "$dir/include"
	mkdir -p "$dir/include"
	for header in libudev.h numa.h numacompat1.h numaif.h lz4.h lz4hc.h xxhash.h zlib.h json-c \
		libsmartcols zconf.h; do
		for place in /usr/include /usr/include/*-linux-gnu; do
			[ ! -e "$place/$header" ] || ln -sf "$place/$header" "$dir/include/"
		done
	done
	# What configure would find out.
	cat >"$dir/include/config.h" <<-'END'
		#define _GNU_SOURCE 1
		#define HAVE_LINUX_FUTEX_H 1
		#define HAVE_SYS_PIDFD_H 1
		#define HAVE_ZSTD 1
		#define PACKAGE_NAME "warpdrive"
		#define PACKAGE_VERSION "0"
	END
}

compile() {
	link_headers
	bad=0
	count=0
	cd "$top" || exit 1
	for source in $(find lib drivers emulator samples tools -name '*.c' | sort); do
		count=$((count + 1))
		case $source in
		emulator/*) includes="-Iinclude/uapi -I." ;; # it knows formats and kernel, not the library
		*) includes=-Iinclude ;;
		esac
		# shellcheck disable=SC2086 # lists of words
		$cc $warnings -DHAVE_CONFIG_H -include "$dir/include/config.h" \
			-DWD_PKGDRIVER_DIR='"/nowhere"' -DBINDIR='"/nowhere"' -DPKGLIBDIR='"/nowhere"' \
			$includes -I"$dir/include" -isystem "$dir/include/libsmartcols" \
			-c -o "$dir/object.o" "$source" || bad=$((bad + 1))
	done
	echo "$count files, $bad of them do not compile"
	[ "$bad" -eq 0 ]
}

# A CPU without SVE: with it, QEMU restores vector registers after a signal from another part of the
# frame than Linux does.
run() {
	cd "$top" || exit 1
	# shellcheck disable=SC2086 # lists of words
	$cc $warnings -static -D_GNU_SOURCE -Iinclude -Iinclude/uapi -I. -o "$dir/mmio_live" \
		test/aarch64/mmio_live.c emulator/shim/decode*.c || exit 1
	"$1" -cpu cortex-a57 "$dir/mmio_live"
}

case $1 in
compile) compile ;;
run) run "$3" ;;
*) exit 2 ;;
esac
