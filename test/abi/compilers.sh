# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
# Sourced by the tests that compile. Sets c_compilers and cxx_compilers: the configured ones and what
# else is installed, each once. Headers have to please all of them.

installed_once() {
	for candidate; do
		case " $found " in *" $candidate "*) continue ;; esac
		command -v "${candidate%% *}" > /dev/null 2>&1 || continue
		found="$found $candidate"
	done
}

# $CC may carry arguments; compare and keep the command alone.
first_word() {
	printf '%s\n' "${1%% *}"
}

found=
installed_once "$(first_word "${CC:-cc}")" gcc clang
c_compilers=$found
found=
installed_once "$(first_word "${CXX:-c++}")" g++ clang++
cxx_compilers=$found
[ -n "$c_compilers" ] || { echo "no C compiler"; exit 99; }
[ -n "$cxx_compilers" ] || echo "no C++ compiler found: the C++ half is not tested"
