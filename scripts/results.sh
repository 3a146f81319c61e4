# shellcheck shell=sh
# shellcheck disable=SC2154 # from run-tests: suite_seconds
# SPDX-License-Identifier: Apache-2.0
#
# Counting: what passed, failed and was skipped so far, and how much of each one
# test program of automake stands for. Sourced by run-tests after setup.sh.

passed=0
failed=0
skipped=0

pass() {
	passed=$((passed + 1))
}

fail() {
	failed=$((failed + 1))
	printf '   FAILED: %s\n' "$*"
}

skip() {
	skipped=$((skipped + 1))
	printf '   skipped: %s\n' "$*"
}

# Run a step that counts as one check.
check() {
	if step "$@"; then
		pass
	else
		failed=$((failed + 1))
	fi
}

# Succeeds if the tool is there; else the check that needs it is counted as skipped.
have() {
	command -v "$1" >/dev/null && return
	skip "$2: there is no $1 here"
	return 1
}

# A test program that prints numbers of checks counts with these: libcheck's line,
# "N checks, N failed", or "N passed, N failed, N skipped". Any other counts as one. A program
# that failed in spite of its numbers (it crashed, a leak was found) is one failure.
# shellcheck disable=SC2016 # for awk
count_one='
/^:test-result: / { result[$2]++ }
/^[0-9]+%: Checks: [0-9]+, Failures: [0-9]+, Errors: [0-9]+/ {
	gsub(/[^0-9 ]/, "")
	bad += $3 + $4; good += $2 - $3 - $4; own = 1
}
/^[0-9]+ checks, [0-9]+ failed$/ { bad += $3; good += $1 - $3; own = 1 }
/^[0-9]+ passed, [0-9]+ failed, [0-9]+ skipped$/ { bad += $3; good += $1; no += $5; own = 1 }
END {
	wrong = result["FAIL"] + result["ERROR"] + result["XPASS"]
	if (!own) {
		good = result["PASS"] + result["XFAIL"]
		bad = wrong
		no = result["SKIP"]
	} else if (wrong && !bad) {
		bad = 1
	} else if (result["SKIP"]) {
		no += !no
	}
	print good + 0, bad + 0, no + 0
}'

# Its own words, rather than automake's line at the end.
why_skipped() {
	sed '$ { /exit status: 77/d }' "$1" | grep -m 1 -iE 'skip' ||
		sed '$ { /exit status: 77/d }' "$1" | tail -n 1
}

# Add up all test programs below a build folder.
count_suite() {
	suite_failed=0
	for trs in $(find "$1" -name '*.trs' | sort); do
		log=${trs%.trs}.log
		name=${log#"$1"/}
		# shellcheck disable=SC2046 # three numbers
		set -- "$1" $(awk "$count_one" "$trs" "$log")
		passed=$((passed + $2))
		suite_failed=$((suite_failed + $3))
		skipped=$((skipped + $4))
		[ "$3" -eq 0 ] || printf '   FAILED: %s (%d of it), log: %s\n' "${name%.log}" "$3" "$log"
		[ "$4" -eq 0 ] || printf '   skipped: %s (%d of it): %s\n' "${name%.log}" "$4" "$(why_skipped "$log")"
	done
	failed=$((failed + suite_failed))
}

suite_front="env" # command that make check runs under

# suite DIR LABEL LOG [MAKE ARGUMENTS]: make check in DIR, counted by what its programs say.
suite() {
	suite_dir=$1
	suite_label=$2
	suite_log=$3
	shift 3
	find "$suite_dir" -name '*.trs' -delete
	suite_before=$passed
	# shellcheck disable=SC2086 # one or two words
	if step_tail=8 step "$suite_label" "$suite_log" \
		unlocked $suite_front timeout "$suite_seconds" make -k -C "$suite_dir" check "$@"; then
		count_suite "$suite_dir"
	else
		count_suite "$suite_dir"
		[ "$suite_failed" -gt 0 ] || fail "$suite_label ended without a result, log: $suite_log"
	fi
	note "$((passed - suite_before)) checks passed"
}
