# SPDX-License-Identifier: Apache-2.0
# Reads the project's headers, for programs that check or print what is said there: calls
# declaration() for each declaration at file scope, with the text of the declaration in one line
# (code) and as it stands (raw), and the comment right before it (doc), if that is one for readers.
# It judges nothing. Whoever adds a file after this one on awk's command line defines declaration().

function is_function() {
	return code ~ /^[a-z_].*\(.*\).*;/ && code !~ /^(typedef|static|struct [a-z_0-9]+ {|enum)/
}

# The parameters of a list, cut at the commas that are not inside parentheses.
function split_parameters(list,    i, c, nested, part) {
	nparameters = 0
	list = list ","
	for (i = 1; i <= length(list); i++) {
		c = substr(list, i, 1)
		nested += (c == "(") - (c == ")")
		if (c != "," || nested) {
			part = part c
			continue
		}
		gsub(/^[ \t]+|[ \t]+$/, "", part)
		if (part != "void" && part != "")
			parameter[++nparameters] = part
		part = ""
	}
}

# A function pointer counts by its name.
function parameter_name(i,    part) {
	part = parameter[i]
	if (match(part, /\(\*[a-z_0-9]+\)/))
		return substr(part, RSTART + 2, RLENGTH - 3)
	sub(/.*[ *]/, "", part)
	return part
}

# Sets name, type (what it returns) and the parameters of the function in code.
function parse_function(    list) {
	match(code, /[A-Za-z_0-9]+\(/)
	name = substr(code, RSTART, RLENGTH - 1)
	type = substr(code, 1, RSTART - 1)
	list = substr(code, RSTART + RLENGTH)
	sub(/^static inline /, "", type)
	sub(/ +$/, "", type)
	sub(/[ \t]*__attribute__.*/, "", list)
	sub(/[ \t]*{.*/, "", list)
	sub(/\);?[ \t]*$/, "", list)
	split_parameters(list)
}

FNR == 1 { depth = 0; doc = code = raw = ""; comment = 0 }

/^[ \t]*\/\*/ {
	comment = 1
	text = ""
	wanted = /^\/\*\*/
}
comment {
	text = text $0 "\n"
	if (/\*\//) {
		comment = 0
		if (depth == 0)
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
	raw = raw $0 "\n"
	depth += gsub(/{/, "{", line) - gsub(/}/, "}", line)
	if (depth > 0 || line !~ /[;}][ \t]*$/)
		next
	declaration()
	doc = code = raw = ""
}
