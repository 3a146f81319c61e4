/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Owns the way from an address in an element to the bytes of the client: flat
 * buffers and hardware scatter-gather lists. The lists are the client's memory
 * and may change at any time, so each head and each entry is copied once, judged
 * in the copy and never looked at again. Does not know what the bytes mean.
 */
#include "dma_span.h"

#include <stdlib.h>

#include "emulator/engine.h"
#include "include/uapi/hisi_qm.h"
#include "request.h"

enum { EXTENTS_AT_FIRST = 16 };

static int span_add(struct dma_span *span, uint64_t addr, uint64_t nbytes)
{
	if (span->count == span->capacity) {
		unsigned int capacity = span->capacity ? 2 * span->capacity : EXTENTS_AT_FIRST;
		struct dma_extent *grown = realloc(span->extents, capacity * sizeof(*grown));

		if (!grown)
			return ZIP_ST_NO_MEMORY;
		span->extents = grown;
		span->capacity = capacity;
	}
	span->extents[span->count++] = (struct dma_extent){addr, nbytes};
	return 0;
}

static void span_reset(struct dma_span *span, struct emu_dma *dma)
{
	span->dma = dma;
	span->count = 0;
	span->index = 0;
	span->offset = 0;
	span->left = 0;
}

int dma_span_flat(struct dma_span *span, struct emu_dma *dma, uint64_t addr, uint64_t nbytes)
{
	span_reset(span, dma);
	span->left = nbytes;
	return nbytes ? span_add(span, addr, nbytes) : 0;
}

/*
 * Take over one list and step *addr to the next. Only the valid count and the
 * next address are used: writers disagree on the other two counts. Entries of
 * length 0 are padding.
 */
static int span_add_list(struct dma_span *span, uint64_t *addr, uint64_t *total)
{
	struct hisi_sge entries[HISI_SGL_MAX_ENTRIES];
	struct hisi_sgl head;
	unsigned int valid;
	int ret;

	if (*addr % sizeof(head))
		return ZIP_ST_BAD_LIST;
	ret = emu_dma_read(span->dma, &head, *addr, sizeof(head));
	if (ret)
		return ret;
	valid = le16toh(head.entry_sum_in_sgl);
	if (valid > HISI_SGL_MAX_ENTRIES)
		return ZIP_ST_BAD_LIST;
	ret = emu_dma_read(span->dma, entries, *addr + sizeof(head), valid * sizeof(entries[0]));
	for (unsigned int i = 0; i < valid && !ret; i++) {
		uint32_t nbytes = le32toh(entries[i].len);

		if (nbytes > HISI_SGL_MAX_ENTRY_NBYTES)
			return ZIP_ST_BAD_LIST;
		*total += nbytes;
		if (nbytes)
			ret = span_add(span, le64toh(entries[i].buf), nbytes);
	}
	*addr = le64toh(head.next);
	return ret;
}

static void span_advance(struct dma_span *span, uint64_t nbytes)
{
	span->offset += nbytes;
	while (span->index < span->count && span->offset >= span->extents[span->index].nbytes)
		span->offset -= span->extents[span->index++].nbytes;
}

int dma_span_list(struct dma_span *span, struct emu_dma *dma, uint64_t addr, uint32_t skip,
		  uint64_t nbytes)
{
	uint64_t total = 0;

	span_reset(span, dma);
	if (!nbytes)
		return 0;
	/* The bound on lists also ends a chain that bites its tail. */
	for (unsigned int lists = 0; addr && total < skip + nbytes; lists++) {
		int ret = lists < HISI_SGL_MAX_LISTS ? span_add_list(span, &addr, &total)
						     : ZIP_ST_BAD_LIST;

		if (ret)
			return ret;
	}
	if (total <= skip)
		return 0;
	span_advance(span, skip);
	span->left = total - skip < nbytes ? total - skip : nbytes;
	return 0;
}

void dma_span_free(struct dma_span *span)
{
	free(span->extents);
	span->extents = NULL;
	span->capacity = 0;
}

/* The bytes of the current extent that a transfer of @nbytes may take. */
static size_t span_chunk(const struct dma_span *span, size_t nbytes, uint64_t *addr)
{
	const struct dma_extent *extent = &span->extents[span->index];
	uint64_t rest = extent->nbytes - span->offset;

	*addr = extent->addr + span->offset;
	return rest < nbytes ? (size_t)rest : nbytes;
}

int dma_span_read(struct dma_span *span, void *dst, size_t nbytes)
{
	uint8_t *to = dst;

	while (nbytes) {
		uint64_t addr;
		size_t n = span_chunk(span, nbytes, &addr);
		int ret = emu_dma_read(span->dma, to, addr, n);

		if (ret)
			return ret;
		span_advance(span, n);
		span->left -= n;
		to += n;
		nbytes -= n;
	}
	return 0;
}

int dma_span_write(struct dma_span *span, const void *src, size_t nbytes)
{
	const uint8_t *from = src;

	while (nbytes) {
		uint64_t addr;
		size_t n = span_chunk(span, nbytes, &addr);
		int ret = emu_dma_write(span->dma, addr, from, n);

		if (ret)
			return ret;
		span_advance(span, n);
		span->left -= n;
		from += n;
		nbytes -= n;
	}
	return 0;
}
