# SPDX-License-Identifier: Apache-2.0
# After doc/man/read_headers.awk, on public headers: prints the name of each function they declare,
# and "FAIL: ..." for each part its comment lacks. The parts, in this order: "name() - what it does",
# "@argument:" for exactly the arguments there are, "Return:", "Ownership:" with the thread rule,
# and, where there is one, "Source:".

function complain(what) {
	gsub(/\n/, "", what)
	print "FAIL: " FILENAME ": " name "(): " what
}

# The position of a part in the comment, which has to be behind the one before.
function part_at(head, after,    at) {
	at = index(doc, head)
	if (!at)
		complain("no \"" head "\"")
	else if (at < after)
		complain("\"" head "\" is not in its place")
	return at
}

function check_arguments(first, last,    n, i, line) {
	n = split(doc, lines, "\n")
	for (i = 1; i <= n; i++) {
		line = lines[i]
		if (line !~ /^ \* @[a-z_0-9]+:/)
			continue
		sub(/^ \* @/, "", line)
		sub(/:.*/, "", line)
		if (!(line in arg))
			complain("describes @" line ", which is no argument")
		if (index(doc, " * @" line ":") < first || index(doc, " * @" line ":") > last)
			complain("@" line " is not in its place")
		delete arg[line]
	}
	for (line in arg)
		complain("does not describe @" line)
}

function check_function(    i, what, ret, own) {
	parse_function()
	split("", arg)
	for (i = 1; i <= nparameters; i++)
		if (parameter[i] != "...")
			arg[parameter_name(i)] = 1
	print name
	if (doc == "") {
		complain("no comment")
		return
	}
	what = part_at(" * " name "() - ", 0)
	ret = part_at("\n * Return: ", what)
	own = part_at("\n * Ownership: ", ret)
	check_arguments(what, ret)
	if (tolower(substr(doc, own)) !~ /thread/)
		complain("no thread rule")
	if (index(doc, "\n * Source: "))
		part_at("\n * Source: ", own)
}

function declaration() {
	if (is_function())
		check_function()
}
