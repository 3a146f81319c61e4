/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of -l.
 */
#ifndef ZIP_LIST_H
#define ZIP_LIST_H

#include <stdint.h>
#include "decompress.h"

struct list {
	bool verbose;
	bool quiet; /* no headings */
	unsigned int rows;
	uint64_t in_nbytes, out_nbytes;
};

/* @name: what the content would be called. */
void list_row(struct list *l, const struct content *ct, const struct input *in, const char *name);
void list_totals(const struct list *l);
/* Share of @whole that @part is less, in percent. */
double saved_percent(uint64_t whole, uint64_t part);

#endif
