/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The file that is written. Until it is complete it has a name of its own in
 * the same directory; then it is synced and gets its name in one step. Whatever
 * happens before, a signal too, it goes without a trace.
 */
#ifndef ZIP_OUTPUT_H
#define ZIP_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>
#include "input.h"
#include "options.h"

struct output {
	int fd;
	const char *path; /* NULL: standard output, or nothing at all */
	char *temporary;
	const char *name; /* for people */
	uint64_t nbytes;
	bool replace;	  /* a file of that name may be replaced */
	bool discard;	  /* count, do not write */
};

void output_discard(struct output *out);
void output_stdout(struct output *out);
/*
 * @path is not copied. If it exists and may not be replaced, a person is asked,
 * if there is one. 0, or -1 and it has been said why.
 */
int output_open(struct output *out, const char *path, const struct options *o);
/* 0, or -1 and it has been said why. */
int output_write(struct output *out, const void *data, size_t nbytes);
/*
 * The file is complete: give it owner, mode and times of @in (time of change
 * @mtime if that is not 0), sync it, give it its name. 0, or -1 and it has been
 * said why; either way the output is closed.
 */
int output_commit(struct output *out, const struct input *in, time_t mtime);
/* Remove what there is; does nothing after output_commit(). */
void output_abort(struct output *out);

/* A signal that ends the program removes the temporary file first. */
void output_catch_signals(void);

#endif
