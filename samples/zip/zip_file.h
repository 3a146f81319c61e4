/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One file of the command line from its name to its end: what is read, what is
 * written where, what is removed, what is said.
 */
#ifndef ZIP_FILE_H
#define ZIP_FILE_H

#include "compress.h"
#include "decompress.h"
#include "list.h"
#include "options.h"

struct zip {
	const struct options *opts;
	struct engine engine;
	struct compressor compressor;
	struct decompressor decompressor;
	struct list list;
};

/* Everything about it is said by report.h, and counts for the exit status. */
void zip_file(struct zip *z, const char *path);

#endif
