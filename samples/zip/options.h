/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the command line asked for. Owns the words of the command line and the
 * text of --help; what the wishes mean is the affair of those who read them.
 */
#ifndef ZIP_OPTIONS_H
#define ZIP_OPTIONS_H

#include <stdbool.h>
#include "format.h"

enum action { ACTION_COMPRESS, ACTION_DECOMPRESS, ACTION_TEST, ACTION_LIST };

/* -n and -N; without either names are saved when compressing and not restored else. */
enum names { NAMES_DEFAULT, NAMES_OMIT, NAMES_KEEP };

#define OPTIONS_MAX_THREADS 64

struct options {
	enum action action;
	enum format format; /* FORMAT_AUTO: gzip to compress, recognised to decompress */
	enum names names;
	int level;	      /* 1 to 9 */
	unsigned int threads; /* chunks in flight */
	unsigned int verbose;
	bool to_stdout;
	bool force;
	bool keep;
	bool quiet;
	bool verify;
	bool progress;
	bool stats;
	const char *suffix; /* NULL: that of the format */
	char **files;	    /* points into argv */
	int nfiles;
};

/* Fill in @o, or say on standard error what is wrong and end the program with status 1. */
void options_parse(struct options *o, int argc, char **argv);

#endif
