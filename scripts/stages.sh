# shellcheck shell=sh disable=SC2034,SC2154 # top, work: from run-tests; passed, ...: from results.sh
# SPDX-License-Identifier: Apache-2.0
#
# The stages of run-tests, one function each. They share the builds: stages 1, 6 and
# 7 use the one of gcc. Sourced by run-tests after setup.sh and results.sh.

gcc_prefix=$work/prefix
jobs=$(nproc)

# build NAME OPTIONS...: $work/NAME is built; a failure is counted. $dir is the folder.
build() {
	dir=$work/$1
	shift
	if configured "$dir" "$@" && step "make" "$dir/make.log" make -C "$dir" -j"$jobs"; then
		finished "$dir"
		return 0
	fi
	finished "$dir"
	fail "${dir##*/}: the build"
	return 1
}

gcc_build() {
	build gcc CC=gcc --enable-werror --prefix="$gcc_prefix"
}

stage_1() {
	say "1: gcc, warnings are errors; all tests"
	gcc_build || return
	pass
	suite "$dir" "make check" "$dir/check.log" -j2
}

stage_2() {
	say "2: clang, warnings are errors"
	have clang "clang build" || return
	build clang CC=clang --enable-werror || return
	pass
	check "test programs" "$dir/tests.log" make -C "$dir" -j"$jobs" check TESTS=
}

stage_3() {
	say "3: address and undefined-behaviour sanitizers; all tests"
	build asan CC=gcc CFLAGS="-g -O1" --enable-sanitize=address || return
	pass
	suite "$dir" "make check" "$dir/check.log" -j2
}

# The thread sanitizer's memory layout does not fit every kernel's randomisation.
# Prints the command to put in front of a program, or fails.
thread_sanitizer_runs() {
	printf 'int main(void) { return 0; }\n' >"$work/tsan-try.c"
	gcc -fsanitize=thread -o "$work/tsan-try" "$work/tsan-try.c" 2>"$work/tsan-try.log" || return 1
	if "$work/tsan-try" 2>>"$work/tsan-try.log"; then
		echo env
	elif setarch -R "$work/tsan-try" 2>>"$work/tsan-try.log"; then
		echo "setarch -R"
	else
		return 1
	fi
}

stage_4() {
	say "4: thread sanitizer; the tests with threads"
	if ! suite_front=$(thread_sanitizer_runs); then
		skip "thread sanitizer: its programs do not run on this kernel ($work/tsan-try.log)"
		suite_front="env"
		return
	fi
	if build tsan CC=gcc CFLAGS="-g -O1" --enable-sanitize=thread; then
		pass
		suite "$dir/test" "make check (lib, hisi_qm, comp)" "$dir/check.log" -j2 \
			SUBDIRS="lib hisi_qm comp"
	fi
	suite_front="env"
}

fuzz_seconds=${WD_FUZZ_SECONDS:-5}

# The seeds of x_fuzz are in the folder x_fuzz.seeds beside its source.
fuzz_one() {
	name=${1##*/}
	corpus=$dir/corpus/$name
	mkdir -p "$corpus" "$dir/findings"
	seeds=$(find "$top/test" -type d -name "$name.seeds")
	check "$name" "$dir/$name.log" timeout 300 "$1" -max_total_time="$fuzz_seconds" -timeout=25 \
		-rss_limit_mb=4096 -artifact_prefix="$dir/findings/" "$corpus" ${seeds:+"$seeds"}
}

stage_5() {
	say "5: fuzz targets, $fuzz_seconds s each"
	have clang "fuzz targets" || return
	build fuzz CC=clang CFLAGS="-g -O1" --enable-fuzzers --enable-sanitize=address || return
	pass
	targets=$(find "$dir" -type f -name '*_fuzz' -perm -u+x ! -path '*/.libs/*' | sort)
	[ -n "$targets" ] || skip "fuzz targets: none was built"
	for target in $targets; do
		fuzz_one "$target"
	done
}

stage_6() {
	say "6: make distcheck"
	gcc_build || return
	check "make distcheck" "$dir/distcheck.log" unlocked timeout "$suite_seconds" \
		make -C "$dir" -j"$jobs" distcheck
}

# build_client NAME SOURCE: with nothing but what pkg-config says of the installation.
build_client() {
	# shellcheck disable=SC2016 # for the inner shell
	check "$1: compiles with pkg-config" "$dir/$1.log" sh -c '
		set -e
		PKG_CONFIG_PATH=$1/lib/pkgconfig
		export PKG_CONFIG_PATH
		flags=$(pkg-config --cflags --libs libwd_comp)
		gcc -Wall -Wextra -Werror -o "$2" "$3" $flags -Wl,-rpath,"$1/lib"' \
		sh "$gcc_prefix" "$scratch/$1" "$2"
	[ -x "$scratch/$1" ]
}

# README's example under the installed emulator, judged by gzip.
example_works() {
	"$gcc_prefix/bin/wd-emulate" -- "$scratch/example" 8>&- 9>&- <"$top/README.md" >"$scratch/out.gz" &&
		gzip -dc "$scratch/out.gz" | cmp - "$top/README.md"
}

stage_7() {
	say "7: installed"
	gcc_build || return
	rm -rf "$gcc_prefix"
	check "make install" "$dir/install.log" make -C "$dir" install
	scratch=$(mktemp -d) || return
	sh "$top/scripts/readme-example.sh" "$top/README.md" >"$scratch/example.c"
	if build_client example "$scratch/example.c"; then
		check "example: gzip reads what it wrote" "$dir/example-run.log" example_works
	fi
	if build_client client "$top/test/installed/client.c"; then
		check "client: sync, async, stream" "$dir/client-run.log" \
			unlocked "$gcc_prefix/bin/wd-emulate" -- "$scratch/client"
	fi
	for tool in wd_zip wdctl wd-emulate wd-emulatord; do
		check "$tool --help" "$dir/$tool-help.log" "$gcc_prefix/bin/$tool" --help
	done
	rm -rf "$scratch"
	scratch=
}

stage_8() {
	say "8: texts"
	mkdir -p "$work/texts"
	for text_check in shell spelling licences places pages references example environment; do
		check_texts "$text_check"
	done
}

check_texts() {
	sh "$top/scripts/texts.sh" "$1" >"$work/texts/$1.log" 2>&1
	case $? in
	0) pass ;;
	77) skip "$1: $(tail -n 1 "$work/texts/$1.log")" ;;
	*)
		fail "$1 (log: $work/texts/$1.log)"
		head -n 20 "$work/texts/$1.log" | sed 's/^/   | /'
		return
		;;
	esac
	note "$1: $(tail -n 1 "$work/texts/$1.log")"
}

stage_9() {
	say "9: aarch64"
	have aarch64-linux-gnu-gcc "cross-compilation" || return
	mkdir -p "$work/aarch64"
	dir=$work/aarch64
	check "all sources compile" "$dir/compile.log" sh "$top/scripts/aarch64.sh" compile "$dir"
	for qemu in qemu-aarch64-static qemu-aarch64 none; do
		! command -v "$qemu" >/dev/null || break
	done
	if [ "$qemu" = none ]; then
		skip "aarch64 tests: there is no qemu-aarch64 here"
		return
	fi
	check "MMIO decoder on live instructions, by $qemu" "$dir/run.log" sh "$top/scripts/aarch64.sh" run "$dir" "$qemu"
}
