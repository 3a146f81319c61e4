# SPDX-License-Identifier: Apache-2.0
# Before read_headers.awk, on lists of exported symbols and then headers: writes a manual page in
# mdoc for each function, from the five parts of its comment, into the folder of that name
# (-v folder=), dated as said (-v date=). A structure or enumeration that the declaration or the
# comment names is described in the same page. With -v list=1 it prints the pages' names instead.
# What a comment must have is checked elsewhere (test/abi/doc_comments.sh); here a part that is
# missing is left out.


FILENAME ~ /\.symbols$/ {
	library[$2] = FILENAME
	sub(/.*\//, "", library[$2])
	sub(/\.symbols/, "", library[$2])
	next
}

# A macro that completes the arguments of a function has that function's page.
/^#define [a-z_0-9]+\([a-z_0-9, ]*\) [a-z_0-9]+\(/ {
	split($0, word, /[ (]/)
	target = $0
	sub(/^#define [^)]*\) /, "", target)
	sub(/\(.*/, "", target)
	alias[word[2]] = target
}

function declaration(    tag) {
	if ((is_function() || code ~ /^static inline /) && doc ~ /\(\) - /) {
		parse_function()
		names[++nnames] = name
		function_doc[name] = doc
		function_code[name] = code
		header[name] = FILENAME
		sub(/.*include\//, "", header[name])
		return
	}
	if (code ~ /^typedef [a-z_0-9]+ \*[a-z_0-9]+;/) {
		split(code, word, /[ *;]+/)
		alias_of_type[word[3]] = alias_of_type[word[2]]
		return
	}
	if (match(doc, /(struct|enum) [a-z_0-9]+ - /)) {
		tag = substr(doc, RSTART, RLENGTH - 3)
		types[++ntypes] = tag
		type_doc[tag] = doc
		type_code[tag] = raw
		alias_of_type[tag] = tag
		if (match(code, /} [a-z_0-9]+;$/))
			alias_of_type[substr(code, RSTART + 2, RLENGTH - 3)] = tag
	}
}


# The parts of a comment: lead (after the first " - "), more (what follows it), result, owner,
# source, and description[argument] in the order of argument[].
function parse_doc(text,    n, i, line, lines, part) {
	lead = more = result = owner = source = ""
	narguments = 0
	gsub(/^[ \t]*\/\*\*[ \t]*\n?|[ \t]*\*\/[ \t]*\n?$/, "", text)
	n = split(text, lines, "\n")
	part = "lead"
	for (i = 1; i <= n; i++) {
		line = lines[i]
		sub(/^[ \t]*\*?[ \t]*/, "", line)
		if (line ~ /^@[a-z_A-Z0-9]+:/) {
			argument[++narguments] = substr(line, 2, index(line, ":") - 2)
			description[narguments] = ""
			sub(/^[^:]*:[ \t]*/, "", line)
			part = "argument"
		} else if (line ~ /^(Return|Ownership|Source): /) {
			part = substr(line, 1, index(line, ":") - 1)
			sub(/^[A-Za-z]*: /, "", line)
		} else if (line == "") {
			if (part == "lead" || part == "argument")
				part = "more"
			line = more == "" ? "" : "\n"
		}
		add(part, line)
	}
	sub(/^[^-]* - /, "", lead)
	sub(/\.? *$/, "", lead)
}

function add(part, line) {
	if (part == "lead")
		lead = lead line " "
	else if (part == "argument")
		description[narguments] = description[narguments] line " "
	else if (part == "Return" && line != "\n")
		result = result line " "
	else if (part == "Ownership" && line != "\n")
		owner = owner line " "
	else if (part == "Source" && line != "\n")
		source = source line " "
	else if (part == "more")
		more = more line " "
}

function capital(text) {
	return text ~ /^(enum|struct) / ? text : toupper(substr(text, 1, 1)) substr(text, 2)
}

function escape(word) {
	gsub(/\\/, "\\e", word)
	if (word ~ /^-/)
		word = "\\" word
	return word
}

# A macro for a word that is more than a word, or "".
function macro(word) {
	if (word ~ /^@[a-zA-Z_0-9]+(->[a-z_0-9]+)?$/)
		return "Fa " substr(word, 2)
	if (word ~ /^(wd_|memcmp_|WD_)[a-zA-Z_0-9*]*\(\)$/) {
		word = substr(word, 1, length(word) - 2)
		if (word in alias)
			word = alias[word]
		if (word == name || !(word in header))
			return "Fn " word
		also[word] = 1
		return "Xr " word " 3"
	}
	if (word ~ /^[a-z_0-9]+\(\)$/ || word == "WD_IS_ERR()")
		return "Fn " substr(word, 1, length(word) - 2)
	if (word ~ /^[a-z_0-9]+\([1-8]\)$/)
		return "Xr " substr(word, 1, length(word) - 3) " " substr(word, length(word) - 1, 1)
	if (word ~ /^E[A-Z]+$/)
		return "Er " word
	if (word ~ /^-?(WD|SCHED|UACCE|Z|TASK|CRYPTO)_[A-Z_0-9]+$/ || word == "NULL" || word ~ /^-E[A-Z]+$/)
		return "Dv " escape(word)
	if (word == "errno")
		return "Va errno"
	return ""
}

# A word with the delimiters around it; mdoc knows them as arguments of their own.
function put_word(word,    before, after, core, m) {
	core = word
	before = after = ""
	if (core ~ /^\(/) {
		before = "( "
		core = substr(core, 2)
	}
	while (core ~ /[.,:;?!]$/ || core ~ /^[^(]*\)$/ || core ~ /\(\)\)$/) {
		after = " " substr(core, length(core)) after
		core = substr(core, 1, length(core) - 1)
	}
	if (core ~ /'s$/) {
		after = " Ns 's" after
		core = substr(core, 1, length(core) - 2)
	}
	m = macro(core)
	if (m == "") {
		if (length(output) + length(word) > 75)
			flush_line()
		if (output == "" && word ~ /^[.']/)
			word = "\\&" word
		output = output (output == "" ? "" : " ") escape(word)
		if (word ~ /[.?!]$/)
			flush_line()
		return
	}
	flush_line()
	if (before != "")
		sub(/ /, " " before, m)
	print "." m after > page
}

function flush_line() {
	if (output != "")
		print output > page
	output = ""
}

function put(text,    n, i, words, paragraphs, k, p) {
	k = split(text, paragraphs, "\n")
	for (p = 1; p <= k; p++) {
		n = split(paragraphs[p], words, " ")
		if (n && p > 1 && begun)
			print ".Pp" > page
		for (i = 1; i <= n; i++)
			put_word(words[i])
		flush_line()
		begun = begun || n
	}
}


function put_arguments(macro_name,    i) {
	if (!narguments)
		return
	print ".Bl -tag -width Ds" > page
	for (i = 1; i <= narguments; i++) {
		print ".It " macro_name " " argument[i] > page
		put(capital(description[i]))
	}
	print ".El" > page
}

function put_synopsis(    i) {
	print ".Sh SYNOPSIS\n.In " (header[name] ~ /^drv/ ? "" : "uadk/") header[name] > page
	print ".Ft " type "\n.Fo " name > page
	for (i = 1; i <= nparameters; i++)
		print ".Fa \"" parameter[i] "\"" > page
	if (!nparameters)
		print ".Fa void" > page
	print ".Fc" > page
}

function put_description(    i) {
	print ".Sh DESCRIPTION" > page
	begun = 0
	put(capital(lead) ".")
	if (more ~ /[^ \n]/)
		put("\n" more)
	if (header[name] ~ /^drv/)
		put("\nThe header is for drivers, which are built in WarpDrive's own tree; it is not installed.")
	for (i in alias)
		if (alias[i] == name)
			print ".Pp\n.Fn " i "\nis a macro that calls it with fewer arguments." > page
	if (narguments)
		print ".Pp\nThe arguments are as follows:" > page
	put_arguments("Fa")
}

function put_part(title, text) {
	if (text == "")
		return
	print ".Sh " title > page
	begun = 0
	put(capital(text))
}

# The declaration as it stands, then what its comment says of the members.
function put_type(tag,    code) {
	parse_doc(type_doc[tag])
	code = type_code[tag]
	gsub(/\\/, "\\e", code)
	print ".Ss " tag > page
	begun = 0
	put(capital(lead) ":")
	print ".Bd -literal -offset indent\n" code ".Ed" > page
	put_arguments(tag ~ /^enum/ ? "Dv" : "Va")
	if (more ~ /[^ \n]/) {
		print ".Pp" > page
		begun = 0
		put(more)
	}
}

# Notes the types a text names.
function want_types(text,    t) {
	text = " " text " "
	for (t in alias_of_type)
		if (alias_of_type[t] != "" && match(text, "[^a-z_]" t "[^a-z_0-9]"))
			used[alias_of_type[t]] = 1
}

# Those of the function, and those its types are made of.
function put_types(    i, members) {
	split("", used)
	want_types(function_code[name] " " function_doc[name])
	for (i = 1; i <= ntypes; i++)
		if (types[i] in used)
			members = members type_code[types[i]]
	if (members != "")
		print ".Sh TYPES" > page
	want_types(members)
	for (i = 1; i <= ntypes; i++)
		if (types[i] in used)
			put_type(types[i])
}

function put_see_also(    i, j, n, sorted, x) {
	n = 0
	for (i in also)
		sorted[++n] = i
	for (i = 2; i <= n; i++)
		for (j = i; j > 1 && sorted[j] < sorted[j - 1]; j--) {
			x = sorted[j]
			sorted[j] = sorted[j - 1]
			sorted[j - 1] = x
		}
	print ".Sh SEE ALSO" > page
	for (i = 1; i <= n; i++)
		print ".Xr " sorted[i] " 3 ," > page
	print ".Xr wd 7" > page
}

function put_head(    i) {
	print ".\\\" SPDX-License-Identifier: Apache-2.0" > page
	print ".\\\" Made from the comment in include/" header[name] ": change it there." > page
	print ".Dd " date "\n.Dt " toupper(name) " 3\n.Os\n.Sh NAME" > page
	for (i in alias)
		if (alias[i] == name)
			print ".Nm " i " ," > page
	print ".Nm " name "\n.Nd " lead > page
	if (name in library)
		print ".Sh LIBRARY\nWarpDrive\n.Pq " library[name] ", \\-l" substr(library[name], 4) > page
}

function write_page(file) {
	page = folder "/" file ".3"
	code = function_code[name]
	parse_function()
	parse_doc(function_doc[name])
	split("", also)
	put_head()
	put_synopsis()
	put_description()
	put_part("RETURN VALUES", result)
	put_part("OWNERSHIP AND THREADS", owner)
	put_part("SOURCE", source)
	put_types()
	put_see_also()
	close(page)
}

END {
	for (name in alias)
		names[++nnames] = name
	for (i = 1; i <= nnames; i++) {
		file = name = names[i]
		if (name in alias)
			name = alias[name]
		if (list)
			print file ".3"
		else
			write_page(file)
	}
}
