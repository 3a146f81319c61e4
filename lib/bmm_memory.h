/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where the memory of a DMA pool comes from (bmm_memory.c): the process's own
 * pages, the program's allocator, or the kernel's region of the queue.
 */
#ifndef WD_LIB_BMM_MEMORY_H
#define WD_LIB_BMM_MEMORY_H

#include "pages.h"
#include "wd_bmm.h"

/* A stretch whose device addresses are as contiguous as its own. */
struct bmm_segment {
	char *va;
	uintptr_t dma;
	size_t nbytes;
	uint32_t first; /* number of its first block; filled in by the pool */
	uint32_t nblocks;
};

enum bmm_kind {
	BMM_HOST,   /* the device shares addresses */
	BMM_USER,   /* the program's functions */
	BMM_KERNEL, /* static share region of the queue */
};

struct bmm_memory {
	enum bmm_kind kind;
	handle_t ctx;
	struct wd_mm_ops ops;
	struct wd_pages pages;
	void *user;
	uint32_t nsegments;
	struct bmm_segment *segments;
};

/* At least @nbytes, for blocks @stride apart and aligned to @align. 0 or negative errno. */
int wd_bmm_memory_get(struct bmm_memory *mem, handle_t ctx, const struct wd_mm_ops *ops,
		      size_t nbytes, size_t stride, size_t align);
void wd_bmm_memory_put(struct bmm_memory *mem);

#endif
