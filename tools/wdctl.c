// SPDX-License-Identifier: Apache-2.0
/*
 * wdctl: looks at and controls accelerators. This file owns the table of verbs,
 * finds the one that is asked for, and knows nothing of what they do.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "wd.h"
#include "wdctl.h"

#ifdef HAVE_CONFIG_H
#include <config.h>
#endif

/* In the order of --help. */
static const struct verb *const verbs[] = { &verb_list, &verb_info };

#define NVERBS (sizeof(verbs) / sizeof(verbs[0]))

/* libc looks for it by name; it would not find it hidden. */
__attribute__((visibility("default")))
const char *argp_program_version = "wdctl (WarpDrive) " PACKAGE_VERSION;

struct command {
	const struct verb *verb;
	int argc;
	char **argv;
};

void complain(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fputs("wdctl: ", stderr);
	vfprintf(stderr, fmt, ap);
	fputc('\n', stderr);
	va_end(ap);
}

void verb_parse(const struct argp *argp, int argc, char **argv, void *input)
{
	if (argp_parse(argp, argc, argv, 0, NULL, input))
		exit(1);
}

static const struct verb *find_verb(const char *name)
{
	for (size_t i = 0; i < NVERBS; i++)
		if (!strcmp(name, verbs[i]->name))
			return verbs[i];
	return NULL;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct command *c = state->input;

	switch (key) {
	case ARGP_KEY_ARG:
		c->verb = find_verb(arg);
		if (!c->verb)
			argp_failure(state, 1, 0, "%s: no such verb; wdctl --help lists them", arg);
		c->argc = state->argc - state->next + 1;
		c->argv = state->argv + state->next - 1;
		state->next = state->argc;
		return 0;
	case ARGP_KEY_NO_ARGS:
		argp_state_help(state, stderr, ARGP_HELP_STD_HELP & ~ARGP_HELP_EXIT_OK);
		exit(1);
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/* The verbs are documented from their table. */
static char *help_filter(int key, const char *text, void *input)
{
	char *help = NULL;
	size_t size;
	FILE *f;

	(void)input;
	if (key != ARGP_KEY_HELP_POST_DOC)
		return (char *)(uintptr_t)text;
	f = open_memstream(&help, &size);
	if (!f)
		return (char *)(uintptr_t)text;
	fputs("Verbs:\n", f);
	for (size_t i = 0; i < NVERBS; i++)
		fprintf(f, "  %-4s %-20s %s\n", verbs[i]->name, verbs[i]->arguments,
			verbs[i]->summary);
	fputs("\n`wdctl VERB --help' tells more about a verb.", f);
	fclose(f);
	return help;
}

/* The library says why it leaves a device out: once each, which is what is wanted here. */
static void show_log(int level, const char *line, void *arg)
{
	(void)arg;
	if (level <= WD_LOG_WARN)
		complain("%s", line);
}

static int run_verb(const struct command *c)
{
	char name[32];

	snprintf(name, sizeof(name), "wdctl %s", c->verb->name);
	c->argv[0] = name;
	return c->verb->run(c->argc, c->argv);
}

int main(int argc, char **argv)
{
	static const struct argp argp = {
		.parser = parse,
		.args_doc = "VERB [ARGUMENT...]",
		.doc = "Look at and control accelerators.\v",
		.help_filter = help_filter,
	};
	static char name[] = "wdctl";
	struct command c = { 0 };
	int status;

	argv[0] = name;
	argp_err_exit_status = 1;
	if (argp_parse(&argp, argc, argv, ARGP_IN_ORDER, NULL, &c))
		return 1;
	wd_log_set_handler(show_log, NULL);
	status = run_verb(&c);
	if (fflush(stdout) || fclose(stdout)) {
		complain("standard output: %s", strerror(errno));
		return 1;
	}
	return status;
}
