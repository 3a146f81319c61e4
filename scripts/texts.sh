#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Checks of what is written rather than run: texts.sh CHECK. Exit 0 and a last line
# that says what was looked at; 1 and what is wrong; 77 if the tool for it is missing.
set -u
export LC_ALL=C
top=$(cd "$(dirname "$0")/.." && pwd) || exit 1
cd "$top" || exit 1

# Everything that belongs to the project; without git, what a release has in it.
tracked() {
	if [ -d .git ] || [ -f .git ]; then
		git -c safe.directory="$top" ls-files
	else
		find . -type f ! -path './build*' ! -path './autom4te.cache/*' | cut -c3-
	fi
}

need() {
	command -v "$1" >/dev/null && return
	echo "there is no $1 here"
	exit 77
}

sources() {
	tracked | while read -r file; do
		[ ! -f "$file" ] || printf '%s\n' "$file"
	done
}

scripts() {
	sources | while read -r file; do
		if head -n 2 "$file" | grep -qE '^#!.*\b(sh|bash)\b|^# shellcheck shell='; then
			printf '%s\n' "$file"
		fi
	done
}

check_shell() {
	need shellcheck
	scripts | xargs shellcheck -x -P SCRIPTDIR || exit 1
	echo "shellcheck has nothing to say about $(scripts | wc -l) scripts"
}

check_spelling() {
	need codespell
	sources | grep -v '^LICENSES/' |
		xargs codespell -I scripts/words || exit 1
	echo "$(sources | wc -l) files"
}

# The license texts themselves and empty marker files have no place for the line.
check_licences() {
	bad=$(sources | grep -vE '^LICENSES/|/\.gitkeep$|\.seeds/' | while read -r file; do
		head -n 5 "$file" | grep -q 'SPDX-License-Identifier: ' || printf '%s\n' "$file"
	done)
	[ -z "$bad" ] || {
		printf 'no SPDX line at the head of:\n%s\n' "$bad"
		exit 1
	}
	for id in $(sources | grep -v '^LICENSES/' | xargs grep -hE -m 1 '^[^A-Za-z]*SPDX-License-Identifier: ' |
		sed 's/.*Identifier: \([^*>]*\).*/\1/' |
		tr ' ' '\n' | grep -E '^[A-Za-z]+[-.0-9A-Za-z]*$' | grep -vxE 'WITH|AND|OR' | sort -u); do
		[ -f "LICENSES/$id.txt" ] || {
			echo "LICENSES/$id.txt is missing"
			exit 1
		}
	done
	echo "$(sources | wc -l) files say theirs, and its text is in LICENSES/"
}

# Nothing in the tree knows where somebody works on it, or where packages come from.
check_places() {
	somebodys='(^|[^A-Za-z0-9_.$})/-])/(home|root|work|mnt|Users)/[A-Za-z0-9_]'
	hosts='//(deb|registry|archive|security|snapshot)[.][a-z]+[.]'
	if sources | grep -vE '^(LICENSES/|scripts/texts\.sh$)' | xargs grep -nIE "$somebodys|$hosts"; then
		exit 1
	fi
	echo "no path of one machine, no package host"
}

check_pages() {
	pages=$(sources | grep -E '\.[1-8]$')
	[ -n "$pages" ] || {
		echo "no manual page yet"
		return
	}
	need mandoc
	# shellcheck disable=SC2086 # one word per page
	mandoc -T lint -W warning $pages || exit 1
	echo "mandoc has nothing to say about $(echo "$pages" | wc -l) pages"
}

check_references() {
	sh doc/check-references.sh
}

check_example() {
	need gcc
	tmp=$(mktemp -d) || exit 1
	trap 'rm -rf "$tmp"' EXIT
	mkdir "$tmp/include"
	ln -s "$top/include" "$tmp/include/uadk"
	sh scripts/readme-example.sh README.md >"$tmp/example.c" &&
		gcc -std=gnu11 -Wall -Wextra -Werror -I"$tmp/include" -c -o "$tmp/example.o" "$tmp/example.c" || exit 1
	echo "README's example compiles as printed ($(wc -l <"$tmp/example.c") lines)"
}

# Every variable that is asked for is explained, and none is explained that is not.
check_environment() {
	asked=$(sources | grep -E '^(lib|drivers|emulator|samples|tools)/.*\.[ch]$' |
		xargs grep -hoE '"WD_[A-Z_]+"' | tr -d '"' | sort -u)
	for name in $asked; do
		grep -q "\`$name" README.md doc/emulator.md || {
			echo "$name is in neither README.md nor doc/emulator.md"
			exit 1
		}
	done
	for name in $(grep -hoE '^\| `WD_[A-Z_]+' README.md doc/emulator.md | tr -d '|` ' | sort -u); do
		echo "$asked" | grep -qx "$name" || {
			echo "$name is explained, but nothing asks for it"
			exit 1
		}
	done
	echo "$(echo "$asked" | wc -l) variables"
}

case ${1-} in
shell | spelling | licences | places | pages | references | example | environment) "check_$1" ;;
*)
	echo "usage: $0 shell|spelling|licences|places|pages|references|example|environment" >&2
	exit 2
	;;
esac
