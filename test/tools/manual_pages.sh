#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# The manual pages of the tools: every option that --help names is explained in
# the page, every option explained there exists, and mandoc finds no fault.
# shellcheck source-path=SCRIPTDIR source=suite.sh
. "${srcdir:-$(dirname "$0")}/suite.sh"

: "${MAN_DIR:?}"

# Options as --help shows them: "-c, --stdout", "    --format=FORMAT".
help_options() {
	"$@" --help | grep -E '^ +-' | grep -oE '(^| )--?[A-Za-z0-9?][-a-z0-9]*' | tr -d ' ' | sort -u
}

# Options as the page explains them: the words of its ".It Fl" lines.
page_options() {
	grep '^\.It Fl' "$MAN_DIR/$1" | sed 's/\\&//g; s/^\.It //; s/ Ns.*//; s/ Ar.*//' |
		grep -oE 'Fl [^ ]+' | sed 's/^Fl /-/' | sort -u
}

same_options() {
	page=$1
	shift
	for command; do
		# shellcheck disable=SC2086 # a program and its verb
		help_options $command
	done | sort -u >in_help
	[ "$(wc -l <in_help)" -gt 3 ]
	page_options "$page" >in_page
	diff in_help in_page
}

t_wd_zip_page_has_the_options_of_help() {
	same_options wd_zip.1 "$WD_ZIP"
}

t_wdctl_page_has_the_options_of_help() {
	same_options wdctl.1 "$WDCTL" "$WDCTL list" "$WDCTL info"
}

t_wd_emulate_page_has_the_options_of_help() {
	same_options wd-emulate.1 "$WD_EMULATE"
}

t_wd_emulatord_page_has_the_options_of_help() {
	same_options wd-emulatord.8 "$WD_EMULATORD"
}

t_wdctl_page_has_every_verb() {
	"$WDCTL" --help | sed -n '/^Verbs:/,/^$/s/^  \([a-z]*\) .*/\1/p' >verbs
	[ -s verbs ]
	while read -r verb; do
		grep -q "^\.It Cm $verb" "$MAN_DIR/wdctl.1"
		grep -q "^\.Cm $verb\$" "$MAN_DIR/wdctl.1"
	done <verbs
}

t_mandoc_finds_no_fault() {
	need mandoc
	for page in wd-emulate.1 wd-emulatord.8 wd_zip.1 wdctl.1; do
		# Which pages are installed here is not the page's fault.
		mandoc -Tlint "$MAN_DIR/$page" | grep -v 'referenced manual not found' && return 1
		mandoc -Tutf8 "$MAN_DIR/$page" >/dev/null
	done
	:
}

run_suite
