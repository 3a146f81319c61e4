#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# wd-emulate's own behaviour: status, signals, messages, and what it leaves.
emulate=$(cd ../../emulator/shim && pwd)/wd-emulate
failed=0
tmp=$(mktemp -d) || exit 99
trap 'rm -rf "$tmp"' EXIT
TMPDIR=$tmp
export TMPDIR
unset WD_EMULATOR_DIR

fail() {
	echo "failed: $*"
	failed=1
}

# expect STATUS COMMAND...: the status; the messages stay in $tmp.err
expect() {
	wanted=$1
	shift
	"$@" >"$tmp.out" 2>"$tmp.err"
	got=$?
	test $got -eq "$wanted" || fail "$* ended with $got, not $wanted"
}

one_line() {
	test "$(wc -l <"$tmp.err")" -eq 1 || fail "not one line: $(cat "$tmp.err")"
}

nothing_left() {
	test -z "$(ls -A "$tmp")" || fail "left behind by $*: $(ls -A "$tmp")"
}

expect 0 "$emulate" true
expect 7 "$emulate" -- sh -c 'exit 7'
expect 7 "$emulate" --device null sh -c 'exit 7'
nothing_left commands
expect 127 "$emulate" -- /no/such/command
one_line
expect 126 "$emulate" -- /etc/passwd
one_line
expect 125 "$emulate"
expect 125 "$emulate" --no-such-option true
expect 125 "$emulate" --join "$tmp/none" true
one_line
expect 125 "$emulate" --daemon /no/such/daemon true
expect 125 "$emulate" --join "$tmp" --device zip true
expect 125 "$emulate" --device nonsense true
grep -q nonsense "$tmp.err" || fail "the bad device is not named"
nothing_left mistakes
expect 0 "$emulate" --help
grep -q -- --device "$tmp.out" || fail 'no --device in --help'
expect 0 "$emulate" --version

# Options behind the command are the command's.
expect 0 "$emulate" echo --device -v
test "$(cat "$tmp.out")" = '--device -v' || fail 'the command lost its options'

# Standard input and output are the command's.
test "$(echo hello | "$emulate" cat)" = hello || fail 'input did not pass'

# A signal that ends the command ends us as well.
expect 143 "$emulate" -- sh -c 'kill -TERM $$'
expect 137 "$emulate" -- sh -c 'kill -KILL $$'
nothing_left 'killed commands'

# A signal sent to us reaches the command.
"$emulate" -- sh -c 'trap "exit 9" USR1; echo up; while :; do sleep 0.05; done' >"$tmp.up" &
pid=$!
while ! test -s "$tmp.up"; do sleep 0.05; done
kill -USR1 $pid
wait $pid
test $? -eq 9 || fail 'USR1 was not passed on'
nothing_left 'a signal'

# Several devices; a second wd-emulate in a first one joins it.
expect 0 "$emulate" --device zip --device null,qm=v2 -- sh -c "cat /sys/class/uacce/*/api
	test -c /dev/hisi_zip-0 -a -c /dev/hisi_zip-1 && $emulate ls /sys/class/uacce"
test "$(tr '\n' ' ' <"$tmp.out")" = 'hisi_qm_v3 hisi_qm_v2 hisi_zip-0 hisi_zip-1 ' ||
	fail "devices: $(cat "$tmp.out")"
# With --device it starts its own.
expect 0 "$emulate" --device zip --device zip -- "$emulate" --device null,qm=v5 -- \
	sh -c 'cat /sys/class/uacce/*/api'
test "$(cat "$tmp.out")" = hisi_qm_v5 || fail "inner device: $(cat "$tmp.out")"

# --dir and --join; the daemon makes and removes the directory.
expect 0 "$emulate" --dir "$tmp/here" -- sh -c "test -S $tmp/here/socket &&
	env -u WD_EMULATOR_DIR -u LD_PRELOAD $emulate --join $tmp/here ls /dev/hisi_zip-0"
test "$(cat "$tmp.out")" = /dev/hisi_zip-0 || fail '--join'
nothing_left --dir

# Killed, we take the daemon along, and it takes its directory.
"$emulate" --dir "$tmp/killed" -- sh -c 'echo up; exec sleep 30' >"$tmp.up" &
pid=$!
while ! test -s "$tmp.up"; do sleep 0.05; done
command_pid=$(cat "/proc/$pid/task/$pid/children" 2>/dev/null)
kill -KILL $pid
wait $pid 2>/dev/null
n=0
while test -d "$tmp/killed" && test $n -lt 200; do
	n=$((n + 1))
	sleep 0.05
done
nothing_left 'being killed'
for child in $command_pid; do
	kill "$child" 2>/dev/null
done

# The daemon killed: nothing of it stays.
# shellcheck disable=SC2016 # the inner shell is to expand it
expect 3 "$emulate" -- sh -c 'kill -KILL "$(cat "$WD_EMULATOR_DIR/pid")"; exit 3'
one_line
nothing_left 'a killed daemon'
# A directory in use is refused and stays in use.
expect 125 "$emulate" --dir "$tmp/twice" -- "$emulate" --dir "$tmp/twice" --device null true
expect 0 "$emulate" --dir "$tmp/twice" true
nothing_left 'a directory in use'

# --keep leaves the daemon; joining it works, its control socket stops it.
expect 0 "$emulate" --keep --dir "$tmp/kept" true
expect 0 "$emulate" --join "$tmp/kept" ls /dev/hisi_zip-0
kill "$(cat "$tmp/kept/pid")"
n=0
while test -d "$tmp/kept" && test $n -lt 200; do
	n=$((n + 1))
	sleep 0.05
done
nothing_left --keep

# shellcheck disable=SC2016 # the inner shell is to expand it
# An existing preload stays, and comes first.
expect 0 env LD_PRELOAD=libm.so.6 "$emulate" -- sh -c 'echo "$LD_PRELOAD"'
case $(cat "$tmp.out") in
libm.so.6:*libwd-emulate.so) ;;
*) fail "LD_PRELOAD: $(cat "$tmp.out")" ;;
esac
rm -f "$tmp.out" "$tmp.err" "$tmp.up"
exit $failed
