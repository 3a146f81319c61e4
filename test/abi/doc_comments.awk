# SPDX-License-Identifier: Apache-2.0
# Reads public headers; prints the name of each function they declare, and "FAIL: ..." for each part its
# comment lacks. The parts, in this order: "name() - what it does", "@argument:" for exactly the
# arguments there are, "Return:", "Ownership:" with the thread rule, and, where there is one, "Source:".

function complain(what) {
	gsub(/\n/, "", what)
	print "FAIL: " FILENAME ": " name "(): " what
}

# Sets arg[name] for each parameter of the declaration; a function pointer counts by its name.
function parse_arguments(list,    n, i, part) {
	split("", arg)
	while (match(list, /\(\*[a-z_]+\)\([^)]*\)/)) {
		part = substr(list, RSTART + 2, RLENGTH - 2)
		sub(/\).*/, "", part)
		list = substr(list, 1, RSTART - 1) part substr(list, RSTART + RLENGTH)
	}
	n = split(list, piece, ",")
	for (i = 1; i <= n; i++) {
		part = piece[i]
		sub(/^[ \t]+/, "", part)
		sub(/[ \t]+$/, "", part)
		if (part == "void" || part == "...")
			continue
		sub(/.*[ *]/, "", part)
		arg[part] = 1
	}
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

function check_function(    list, what, ret, own) {
	match(code, /[A-Za-z_0-9]+\(/)
	name = substr(code, RSTART, RLENGTH - 1)
	list = substr(code, RSTART + RLENGTH)
	sub(/[ \t]*__attribute__.*/, "", list)
	sub(/\);?[ \t]*$/, "", list)
	parse_arguments(list)
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

FNR == 1 { depth = 0; doc = code = ""; comment = 0 }

/^[ \t]*\/\*/ {
	comment = 1
	text = ""
	wanted = /^\/\*\*/
}
comment {
	text = text $0 "\n"
	if (/\*\//) {
		comment = 0
		doc = wanted ? text : ""
	}
	next
}
/^#/ || /^$/ || /^extern "C"/ { next }
/^}$/ && depth == 0 { next }	# of extern "C"
{
	line = $0
	sub(/\/\*.*\*\//, "", line)
	code = code (code == "" ? "" : " ") line
	depth += gsub(/{/, "{", line) - gsub(/}/, "}", line)
	if (depth > 0 || line !~ /[;}][ \t]*$/)
		next
	if (code ~ /^[a-z_].*\(.*\).*;/ && code !~ /^(typedef|static|struct [a-z_0-9]+ {|enum)/)
		check_function()
	doc = code = ""
}
