// SPDX-License-Identifier: Apache-2.0
/*
 * Memory a device can reach. With shared addresses any memory will do; without,
 * it comes from the program's functions or from the kernel, which allocates it in
 * slices and tells the device address of each. It owns getting and giving back;
 * blocks are bmm.c's business. Source of the slices: spec of the uacce interface,
 * mode without SVA.
 */
#include <stdlib.h>
#include "bmm_memory.h"
#include "ctx.h"
#include "node.h"

#define FLAG_NOIOMMU 0x2	     /* of struct uacce_dev, in kernels with that mode */
#define SLICE_NBYTES_MIN (4UL << 20) /* common size; smaller ones cost blocks at their seams */
#define MAX_SLICES 65536

/* ------------------------------------------------------ the process's own */

static int one_segment(struct bmm_memory *mem, char *va, uintptr_t dma, size_t nbytes)
{
	mem->segments = calloc(1, sizeof(*mem->segments));
	if (!mem->segments)
		return -ENOMEM;
	mem->segments[0] = (struct bmm_segment){ .va = va, .dma = dma, .nbytes = nbytes };
	mem->nsegments = 1;
	return 0;
}

static int get_host(struct bmm_memory *mem, size_t nbytes, size_t align)
{
	int node = wd_get_numa_id(mem->ctx), rc;

	if (node > wd_node_max())
		node = NUMA_NO_NODE; /* an emulated device may be on a node this machine lacks */
	rc = wd_pages_map(&mem->pages, nbytes + align, node);
	if (rc)
		return rc;
	rc = one_segment(mem, mem->pages.base, (uintptr_t)mem->pages.base, mem->pages.nbytes);
	if (rc)
		wd_pages_unmap(&mem->pages);
	return rc;
}

/* The device address is asked for when a buffer is mapped. */
static int get_user(struct bmm_memory *mem, size_t nbytes, size_t align)
{
	int rc;

	if (!mem->ops.free || !mem->ops.iova_map || !mem->ops.iova_unmap)
		return -EINVAL;
	mem->user = mem->ops.alloc(mem->ops.usr, nbytes + align);
	if (!mem->user)
		return -ENOMEM;
	rc = one_segment(mem, mem->user, 0, nbytes + align);
	if (rc)
		mem->ops.free(mem->ops.usr, mem->user);
	return rc;
}

/* ----------------------------------------------------------- the kernel's */

static bool has_iommu(handle_t ctx)
{
	const struct uacce_dev *dev = ((struct wd_ctx_h *)ctx)->dev;

	return !(dev->flags & FLAG_NOIOMMU) && !strstr(dev->api, UACCE_API_VER_NOIOMMU_SUBFIX);
}

/* Slice @i: its device address and size. How many come after it, or negative errno. */
static int ask_slice(struct bmm_memory *mem, uint32_t i, uintptr_t *dma, size_t *nbytes)
{
	unsigned long value = i;
	int left = wd_ctx_set_io_cmd(mem->ctx, UACCE_CMD_GET_SS_DMA, &value);

	if (left < 0)
		return -errno;
	*dma = value & ~(unsigned long)UACCE_GRAN_NUM_MASK;
	*nbytes = (value & UACCE_GRAN_NUM_MASK) << UACCE_GRAN_SHIFT;
	return left;
}

/* Slices whose device addresses follow each other are one segment. */
static int add_slice(struct bmm_memory *mem, char *va, uintptr_t dma, size_t nbytes)
{
	struct bmm_segment *last = mem->nsegments ? &mem->segments[mem->nsegments - 1] : NULL;
	struct bmm_segment *grown;

	if (last && last->dma + last->nbytes == dma) {
		last->nbytes += nbytes;
		return 0;
	}
	grown = reallocarray(mem->segments, mem->nsegments + 1, sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	mem->segments = grown;
	grown[mem->nsegments++] = (struct bmm_segment){ .va = va, .dma = dma, .nbytes = nbytes };
	return 0;
}

static int collect_slices(struct bmm_memory *mem, char *va, size_t nbytes)
{
	bool iommu = has_iommu(mem->ctx);
	int rc, left = 1;

	for (uint32_t i = 0; nbytes && left && i < MAX_SLICES; i++) {
		uintptr_t dma = 0;
		size_t size = 0;

		left = ask_slice(mem, i, &dma, &size);
		if (left < 0)
			return left;
		if (iommu || size > nbytes)
			size = nbytes;
		if (!size)
			return -ENODEV;
		rc = add_slice(mem, va, dma, size);
		if (rc)
			return rc;
		va += size;
		nbytes -= size;
	}
	return nbytes ? -ENOMEM : 0;
}

static int get_kernel(struct bmm_memory *mem, size_t nbytes, size_t stride, size_t align)
{
	char *va;
	int rc;

	if (align > (size_t)sysconf(_SC_PAGESIZE))
		return -EINVAL; /* beyond a page the two addresses are not aligned alike */
	/* At each seam between slices up to one block is lost. */
	nbytes += (nbytes / SLICE_NBYTES_MIN + 1) * stride;
	nbytes = (nbytes + UACCE_GRAN_SIZE - 1) & ~(size_t)(UACCE_GRAN_SIZE - 1);
	va = wd_ctx_map_ss(mem->ctx, nbytes);
	if (!va) {
		rc = -errno;
		WD_ERR("%s: shares no addresses, and this kernel gives no memory for it: %s\n",
		       wd_ctx_get_dev_name(mem->ctx), strerror(errno));
		return rc;
	}
	rc = collect_slices(mem, va, nbytes);
	if (rc) {
		free(mem->segments);
		wd_ctx_unmap_qfr(mem->ctx, UACCE_QFRT_SS);
	}
	return rc;
}

/* ------------------------------------------------------------------------ */

int wd_bmm_memory_get(struct bmm_memory *mem, handle_t ctx, const struct wd_mm_ops *ops,
		      size_t nbytes, size_t stride, size_t align)
{
	*mem = (struct bmm_memory){ .ctx = ctx };
	if (wd_is_sva(ctx) == 1) {
		mem->kind = BMM_HOST;
		return get_host(mem, nbytes, align);
	}
	if (ops->alloc) { /* read only here: with shared addresses callers leave it unset */
		mem->kind = BMM_USER;
		mem->ops = *ops;
		return get_user(mem, nbytes, align);
	}
	mem->kind = BMM_KERNEL;
	return get_kernel(mem, nbytes, stride, align);
}

void wd_bmm_memory_put(struct bmm_memory *mem)
{
	if (mem->kind == BMM_HOST)
		wd_pages_unmap(&mem->pages);
	else if (mem->kind == BMM_USER)
		mem->ops.free(mem->ops.usr, mem->user);
	else
		wd_ctx_unmap_qfr(mem->ctx, UACCE_QFRT_SS);
	free(mem->segments);
}
