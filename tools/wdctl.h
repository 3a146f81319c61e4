/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The line between wdctl and its verbs. A verb is one file with one struct verb;
 * it reads its own options and answers with an exit status.
 */
#ifndef WDCTL_H
#define WDCTL_H

#include <argp.h>
#include <stdbool.h>

struct verb {
	const char *name;
	const char *arguments; /* as in the usage line, "" for none */
	const char *summary;   /* one line */
	int (*run)(int argc, char **argv); /* argv[0] is "wdctl NAME" */
};

extern const struct verb verb_info;
extern const struct verb verb_list;

/* argp_parse() as every verb wants it: --help, --usage, exit status 1 for misuse. */
void verb_parse(const struct argp *argp, int argc, char **argv, void *input);

/* One line on standard error, with the program's name in front. */
void complain(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
