#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The bytes in decode_table.c are those of the text beside them, says the
# assembler of each architecture; one that is not installed is not asked.
checked=0
for arch in x86_64 aarch64; do
	as=$arch-linux-gnu-as
	command -v "$as" >/dev/null || continue
	command -v "$arch-linux-gnu-objdump" >/dev/null || continue
	dir=$(mktemp -d) || exit 99
	trap 'rm -rf "$dir"' EXIT
	./decode_table --list $arch >"$dir/table" || exit 1
	test $arch = aarch64 && echo '.arch armv8.5-a+memtag' >"$dir/text.s"
	# One section each: the assembler may join nothing, and nothing is padded.
	cut -f 2 "$dir/table" | awk '{ print ".section .i" NR ",\"ax\""; print }' >>"$dir/text.s"
	"$as" -o "$dir/text.o" "$dir/text.s" || exit 1
	n=0
	while read -r bytes text; do
		n=$((n + 1))
		$arch-linux-gnu-objcopy -O binary -j .i$n "$dir/text.o" "$dir/code" || exit 1
		found=$(od -An -v -tx1 "$dir/code" | tr -d ' \n')
		# A reference to the place itself ("." in the text) is left to the linker.
		case $text in
		*" ."*) continue ;;
		esac
		if [ "$found" != "$bytes" ]; then
			echo "$arch: $text is $found, not $bytes"
			exit 1
		fi
		checked=$((checked + 1))
	done <"$dir/table"
	rm -rf "$dir"
	trap - EXIT
done
test $checked -gt 0 || exit 77
echo "$checked encodings are as the assemblers have them"
