/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A span: one buffer of a request as the engine walks through it, whether the
 * client gave it as one flat piece or as a chain of hardware lists.
 */
#ifndef EMULATOR_ZIP_DMA_SPAN_H
#define EMULATOR_ZIP_DMA_SPAN_H

#include <stddef.h>
#include <stdint.h>

struct emu_dma;

struct dma_extent {
	uint64_t addr;
	uint64_t nbytes;
};

struct dma_span {
	struct emu_dma *dma;
	struct dma_extent *extents; /* kept from request to request, grown on demand */
	unsigned int capacity;
	unsigned int count;
	unsigned int index; /* position: extent, and offset inside it */
	uint64_t offset;
	uint64_t left; /* bytes from the position to the end */
};

/* Set up a span. 0, a status of request.h, or the -errno of the DMA. */
int dma_span_flat(struct dma_span *span, struct emu_dma *dma, uint64_t addr, uint64_t nbytes);
/*
 * @skip bytes of the lists are passed over. A chain that ends early is no error:
 * look at span->left.
 */
int dma_span_list(struct dma_span *span, struct emu_dma *dma, uint64_t addr, uint32_t skip,
		  uint64_t nbytes);
void dma_span_free(struct dma_span *span);

/* Transfer @nbytes <= span->left and move on. 0 or the -errno of the DMA. */
int dma_span_read(struct dma_span *span, void *dst, size_t nbytes);
int dma_span_write(struct dma_span *span, const void *src, size_t nbytes);

#endif
