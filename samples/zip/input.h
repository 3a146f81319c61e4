/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The file that is read: which ones are taken, as gzip decides it, and the
 * promise that none is removed that is not the one that was read.
 */
#ifndef ZIP_INPUT_H
#define ZIP_INPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include "options.h"

struct input {
	int fd;
	const char *path; /* NULL: standard input */
	const char *name; /* for people */
	struct stat st;	  /* when it was opened */
};

/* @path "-": standard input. 0, or -1 and it has been said why. */
int input_open(struct input *in, const char *path, const struct options *o);
void input_close(struct input *in);
/* Bytes it has, 0 if it is no regular file. */
uint64_t input_size(const struct input *in);
/*
 * Read until @size bytes are there or the file ends. Returns how many, or -1
 * with errno set.
 */
ssize_t input_read(const struct input *in, void *buf, size_t size);
/* Remove it, unless it changed since it was opened; then that is said. */
void input_remove(const struct input *in);

#endif
