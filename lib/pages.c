// SPDX-License-Identifier: Apache-2.0
/*
 * Memory in whole pages on one NUMA node. It owns the choice between huge and
 * ordinary pages and the binding to the node; what the memory is used for is its
 * caller's business.
 */
#include <limits.h>
#include <numaif.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include "device.h"
#include "node.h"
#include "pages.h"

#define NODE_BITS 4096 /* more than any kernel is built for */

static size_t round_up(size_t n, size_t unit)
{
	return n > SIZE_MAX - (unit - 1) ? 0 : (n + unit - 1) / unit * unit;
}

/* ------------------------------------------------------------- huge pages */

/* Bytes of the system's default huge page; 0 if it has none. */
static size_t huge_page_nbytes(void)
{
	FILE *f = fopen("/proc/meminfo", "re");
	unsigned long kib = 0;
	char line[128];

	if (!f)
		return 0;
	while (!kib && fgets(line, sizeof(line), f))
		if (sscanf(line, "Hugepagesize: %lu kB", &kib) != 1)
			kib = 0;
	fclose(f);
	return kib * 1024;
}

static long free_huge_pages(size_t page_nbytes, int node)
{
	char dir[128], attr[64];
	long n;

	if (node < 0)
		snprintf(dir, sizeof(dir), "/sys/kernel/mm/hugepages");
	else
		snprintf(dir, sizeof(dir), "/sys/devices/system/node/node%d/hugepages", node);
	snprintf(attr, sizeof(attr), "hugepages-%zukB/free_hugepages", page_nbytes / 1024);
	return wd_sysfs_number(dir, attr, 0, LONG_MAX, &n) ? 0 : n;
}

static int map_anonymous(struct wd_pages *pages, size_t nbytes, int flags)
{
	void *p = mmap(NULL, nbytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | flags,
		       -1, 0);

	if (p == MAP_FAILED)
		return -ENOMEM;
	pages->base = p;
	pages->nbytes = nbytes;
	return 0;
}

/* Not for less than half a page: the other half would be lost to everybody. */
static int map_huge(struct wd_pages *pages, size_t nbytes, int node)
{
	size_t page = huge_page_nbytes(), all;

	if (!page || nbytes < page / 2)
		return -ENOMEM;
	all = round_up(nbytes, page);
	if (!all || (size_t)free_huge_pages(page, node) < all / page)
		return -ENOMEM;
	pages->page_nbytes = page;
	pages->type = WD_HUGE_PAGE;
	return map_anonymous(pages, all, MAP_HUGETLB);
}

static int map_normal(struct wd_pages *pages, size_t nbytes)
{
	pages->page_nbytes = sysconf(_SC_PAGESIZE);
	pages->type = WD_NORMAL_PAGE;
	nbytes = round_up(nbytes, pages->page_nbytes);
	return nbytes ? map_anonymous(pages, nbytes, 0) : -ENOMEM;
}

/* ---------------------------------------------------------------- binding */

/*
 * Ordinary pages come from the node or not at all. Huge ones are preferred there
 * only: they were counted, but another process may be quicker, and a page that the
 * mapping has reserved but the node cannot give would kill the program on first touch.
 */
static int bind_to(const struct wd_pages *pages, int node)
{
	unsigned long mask[NODE_BITS / (CHAR_BIT * sizeof(long))] = { 0 };
	int mode = pages->type == WD_HUGE_PAGE ? MPOL_PREFERRED : MPOL_BIND;

	if (node < 0)
		return 0;
	mask[node / (CHAR_BIT * sizeof(long))] |= 1UL << node % (CHAR_BIT * sizeof(long));
	if (!mbind(pages->base, pages->nbytes, mode, mask, NODE_BITS, 0))
		return 0;
	if (errno == EINVAL)
		return -EINVAL;
	/* No NUMA in the kernel, or a container that forbids the call: near enough. */
	if (wd_node_max() > 0)
		WD_WARN("memory is not bound to node %d: %s\n", node, strerror(errno));
	return 0;
}

int wd_pages_map(struct wd_pages *pages, size_t nbytes, int node)
{
	int rc;

	if (node < NUMA_NO_NODE || node > wd_node_max() || node >= NODE_BITS)
		return -EINVAL;
	rc = map_huge(pages, nbytes, node);
	if (rc)
		rc = map_normal(pages, nbytes);
	if (rc)
		return rc;
	rc = bind_to(pages, node);
	if (rc)
		wd_pages_unmap(pages);
	return rc;
}

void wd_pages_unmap(struct wd_pages *pages)
{
	munmap(pages->base, pages->nbytes);
}
