#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The preloaded library and the plain uacce client, built for aarch64 and run by
# QEMU's user emulation on this host's daemon: its signal frames, its
# instructions, its structure layouts. Skipped without the cross compiler or QEMU.
cc=aarch64-linux-gnu-gcc
qemu=
for name in qemu-aarch64-static qemu-aarch64; do
	test -z "$qemu" && command -v $name >/dev/null && qemu=$name
done
command -v $cc >/dev/null && test -n "$qemu" || exit 77
test "$(uname -m)" != aarch64 || exit 77

top=$(cd "${srcdir:-.}/../.." && pwd)
emulate=$(cd ../../emulator/shim && pwd)/wd-emulate
sysroot=$($cc -print-sysroot)
case $sysroot in
'' | /) sysroot=/usr/aarch64-linux-gnu ;;
esac
test -e "$sysroot/lib/ld-linux-aarch64.so.1" || exit 77

tmp=$(mktemp -d) || exit 99
trap 'rm -rf "$tmp"' EXIT
set -e
sources=
for file in "$top"/emulator/shim/*.c; do
	case $file in
	*/wd-emulate.c | */launch.c) ;;
	*) sources="$sources $file" ;;
	esac
done
# shellcheck disable=SC2086 # a list of files
$cc -std=gnu11 -O1 -fPIC -shared -fvisibility=hidden -fno-delete-null-pointer-checks -Wall \
	-Wextra -Werror -I"$top/include/uapi" -Wl,-z,defs -o "$tmp/libwd-emulate.so" $sources
$cc -O2 -o "$tmp/client" "$top/test/emulator/shim_client.c" -pthread
$cc -O0 -o "$tmp/client0" "$top/test/emulator/shim_client.c" -pthread
for client in client client0; do
	# QEMU itself is a program of the host and stays outside.
	$emulate --device null -- env -u LD_PRELOAD \
		$qemu -L "$sysroot" -E LD_PRELOAD="$tmp/libwd-emulate.so" "$tmp/$client" 300
done
