// SPDX-License-Identifier: Apache-2.0
/*
 * The command line of wd_zip: gzip's letters where gzip has them, and words of
 * our own for the rest.
 */
#include <argp.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "options.h"

#ifdef HAVE_CONFIG_H
#include <config.h>
#else
#define PACKAGE_VERSION "unknown"
#endif

#define DEFAULT_LEVEL 6
/* Enough to keep a device busy while one chunk is read and another written. */
#define DEFAULT_THREADS 4

enum { KEY_FORMAT = 0x100, KEY_VERIFY, KEY_STATS, KEY_PROGRESS, KEY_NO_PROGRESS, KEY_USAGE };

static const char version[] = "wd_zip (WarpDrive) " PACKAGE_VERSION;

static const char doc[] =
	"Compress or decompress FILEs on an accelerator (by default, compress FILEs in place)."
	"\vWithout FILE, or when FILE is -, standard input is read and standard output is written. "
	"The exit status is 0, 1 after an error, 2 after a warning. Without an accelerator, try: "
	"wd-emulate -- wd_zip FILE";

static const struct argp_option options[] = {
	{ "stdout", 'c', NULL, 0, "write on standard output, keep input files", 0 },
	{ "to-stdout", 0, NULL, OPTION_ALIAS | OPTION_HIDDEN, NULL, 0 },
	{ "decompress", 'd', NULL, 0, "decompress", 0 },
	{ "uncompress", 0, NULL, OPTION_ALIAS | OPTION_HIDDEN, NULL, 0 },
	{ "force", 'f', NULL, 0, "overwrite output files, compress links, use terminals", 0 },
	{ "keep", 'k', NULL, 0, "keep input files", 0 },
	{ "list", 'l', NULL, 0, "list sizes of compressed files", 0 },
	{ "no-name", 'n', NULL, 0, "neither save nor restore name and time", 0 },
	{ "name", 'N', NULL, 0, "save and restore name and time", 0 },
	{ "quiet", 'q', NULL, 0, "no warnings, no progress", 0 },
	{ "suffix", 'S', "SUF", 0, "use SUF instead of the suffix of the format", 0 },
	{ "test", 't', NULL, 0, "test compressed files", 0 },
	{ "threads", 'T', "N", 0, "keep N chunks in flight, 1 to 64 (default 4)", 0 },
	{ "verbose", 'v', NULL, 0, "say what is done; twice: also what the library logs", 0 },
	{ "fast", '1', NULL, 0, "compress faster (level 1 of 9)", 0 },
	{ NULL, '2', NULL, OPTION_HIDDEN, NULL, 0 },
	{ NULL, '3', NULL, OPTION_HIDDEN, NULL, 0 },
	{ NULL, '4', NULL, OPTION_HIDDEN, NULL, 0 },
	{ NULL, '5', NULL, OPTION_HIDDEN, NULL, 0 },
	{ NULL, '6', NULL, OPTION_HIDDEN, NULL, 0 },
	{ NULL, '7', NULL, OPTION_HIDDEN, NULL, 0 },
	{ NULL, '8', NULL, OPTION_HIDDEN, NULL, 0 },
	{ "best", '9', NULL, 0, "compress better (level 9)", 0 },
	{ "format", KEY_FORMAT, "FORMAT", 0, "gzip (default), zlib, deflate or lz4", 0 },
	{ "verify", KEY_VERIFY, NULL, 0, "check what the device did with the CPU", 0 },
	{ "stats", KEY_STATS, NULL, 0, "say sizes, speed and device of each file", 0 },
	{ "progress", KEY_PROGRESS, NULL, OPTION_HIDDEN, NULL, 0 },
	{ "no-progress", KEY_NO_PROGRESS, NULL, 0, "no progress line on a terminal", 0 },
	{ "help", 'h', NULL, 0, "give this help", -1 },
	{ "usage", KEY_USAGE, NULL, 0, "give a short usage message", -1 },
	{ "version", 'V', NULL, 0, "say the version", -1 },
	{ NULL, 0, NULL, 0, NULL, 0 }
};

static unsigned int parse_threads(const char *text, struct argp_state *state)
{
	char *end;
	long n;

	errno = 0;
	n = strtol(text, &end, 10);
	if (errno || end == text || *end || n < 1 || n > OPTIONS_MAX_THREADS)
		argp_failure(state, 1, 0, "-T takes a number from 1 to %d, not %s",
			     OPTIONS_MAX_THREADS, text);
	return (unsigned int)n;
}

static const char *parse_suffix(const char *text, struct argp_state *state)
{
	/* gzip's limit; a slash would put the output into another directory. */
	if (!*text || strlen(text) > 30 || strchr(text, '/'))
		argp_failure(state, 1, 0, "%s: not a suffix", *text ? text : "''");
	return text;
}

static enum format parse_format(const char *text, struct argp_state *state)
{
	enum format f = format_from_name(text);

	if (f == FORMAT_AUTO)
		argp_failure(state, 1, 0, "%s: no such format; there are gzip, zlib, deflate, lz4",
			     text);
	return f;
}

/* Options that do not take part in what is written. */
static error_t parse_manner(int key, struct argp_state *state)
{
	struct options *o = state->input;

	switch (key) {
	case 'q':
		o->quiet = true;
		o->progress = false;
		return 0;
	case 'v':
		o->verbose++;
		return 0;
	case KEY_STATS:
		o->stats = true;
		return 0;
	case KEY_PROGRESS:
	case KEY_NO_PROGRESS:
		o->progress = key == KEY_PROGRESS;
		return 0;
	case 'h':
		argp_state_help(state, stdout, ARGP_HELP_STD_HELP);
		return 0;
	case KEY_USAGE:
		argp_state_help(state, stdout, ARGP_HELP_USAGE | ARGP_HELP_EXIT_OK);
		return 0;
	case 'V':
		puts(version);
		exit(0);
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct options *o = state->input;

	switch (key) {
	case 'c':
		o->to_stdout = true;
		return 0;
	case 'd':
		if (o->action == ACTION_COMPRESS)
			o->action = ACTION_DECOMPRESS;
		return 0;
	case 'f':
		o->force = true;
		return 0;
	case 'k':
		o->keep = true;
		return 0;
	case 'l':
		o->action = ACTION_LIST;
		return 0;
	case 'n':
		o->names = NAMES_OMIT;
		return 0;
	case 'N':
		o->names = NAMES_KEEP;
		return 0;
	case 'S':
		o->suffix = parse_suffix(arg, state);
		return 0;
	case 't':
		o->action = ACTION_TEST;
		return 0;
	case 'T':
		o->threads = parse_threads(arg, state);
		return 0;
	case '1' ... '9':
		o->level = key - '0';
		return 0;
	case KEY_FORMAT:
		o->format = parse_format(arg, state);
		return 0;
	case KEY_VERIFY:
		o->verify = true;
		return 0;
	case ARGP_KEY_ARGS:
		o->files = state->argv + state->next;
		o->nfiles = state->argc - state->next;
		return 0;
	default:
		return parse_manner(key, state);
	}
}

void options_parse(struct options *o, int argc, char **argv)
{
	static const struct argp argp = {
		.options = options,
		.parser = parse_option,
		.args_doc = "[FILE...]",
		.doc = doc,
	};
	static char standard_input[] = "-";
	static char *no_files[] = { standard_input, NULL };
	static char name[] = "wd_zip";

	*o = (struct options){ .level = DEFAULT_LEVEL,
			       .threads = DEFAULT_THREADS,
			       .progress = true,
			       .files = no_files,
			       .nfiles = 1 };
	argv[0] = name; /* getopt puts it in front of what it complains of */
	argp_err_exit_status = 1;
	if (argp_parse(&argp, argc, argv, ARGP_NO_HELP, NULL, o))
		exit(1);
}
