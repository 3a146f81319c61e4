// SPDX-License-Identifier: Apache-2.0
/*
 * Memory of chunks.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "chunk.h"
#include "report.h"

struct chunk *chunk_new(const char *file)
{
	struct chunk *c = calloc(1, sizeof(*c));

	if (!c)
		goto err_say;
	c->src = malloc(CHUNK_NBYTES);
	c->dst = malloc(CHUNK_DST_NBYTES);
	if (c->src && c->dst)
		return c;
	chunk_free(c);
err_say:
	report_error(file, "%s", strerror(ENOMEM));
	return NULL;
}

void chunk_free(struct chunk *c)
{
	if (!c)
		return;
	free(c->src);
	free(c->dst);
	free(c);
}
