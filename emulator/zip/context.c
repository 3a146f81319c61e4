/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Owns the way to the context area and its first words, which say whose state it
 * holds. All of it is the client's memory: what comes back may be damaged, stale
 * or another stream's, and each reader checks what it uses.
 */
#include "context.h"

#include <endian.h>

#include "emulator/engine.h"

int zip_context_read(const struct zip_request *r, void *dst, size_t offset, size_t nbytes)
{
	return nbytes ? emu_dma_read(r->dma, dst, r->ctx_addr + offset, nbytes) : 0;
}

int zip_context_write(const struct zip_request *r, size_t offset, const void *src, size_t nbytes)
{
	return nbytes ? emu_dma_write(r->dma, r->ctx_addr + offset, src, nbytes) : 0;
}

int zip_context_open(const struct zip_request *r, enum zip_context_kind kind, uint32_t type,
		     uint32_t *stage)
{
	struct zip_context_head head;
	int ret = zip_context_read(r, &head, 0, sizeof(head));

	if (ret)
		return ret;
	if (le32toh(head.kind) != kind || le32toh(head.type) != type)
		return ZIP_ST_BAD_CONTEXT;
	*stage = le32toh(head.stage);
	return 0;
}

int zip_context_save(const struct zip_request *r, enum zip_context_kind kind, uint32_t type,
		     uint32_t stage)
{
	struct zip_context_head head = {
		.kind = htole32(kind),
		.type = htole32(type),
		.stage = htole32(stage),
	};

	return zip_context_write(r, 0, &head, sizeof(head));
}

int zip_context_window_nbytes(const struct zip_request *r)
{
	uint32_t nbytes = r->ctx_word[2] & ZIP_CTX2_WINDOW_MASK;

	return nbytes <= 32768 ? (int)nbytes : -1;
}
