/* SPDX-License-Identifier: Apache-2.0 */
/* Memory in whole pages on one NUMA node: what pools are made of. */
#ifndef WD_LIB_PAGES_H
#define WD_LIB_PAGES_H

#include <stddef.h>
#include "wd_mempool.h"

struct wd_pages {
	char *base;
	size_t nbytes;	    /* a multiple of page_nbytes, at least what was asked for */
	size_t page_nbytes;
	enum wd_page_type type;
};

/*
 * Map at least @nbytes on @node (NUMA_NO_NODE: anywhere), on huge pages when
 * enough of them are free. 0, -EINVAL for a node that does not exist, -ENOMEM.
 */
int wd_pages_map(struct wd_pages *pages, size_t nbytes, int node);
void wd_pages_unmap(struct wd_pages *pages);

#endif
