/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The device's part of a stream's context area in the client's memory.
 *
 *   0x000  struct zip_context_head, then what the algorithm keeps there
 *   0x310  three repeat offsets, 0x31c literal carry (LZ77)
 *   0xc00  window: the last ctx_word[2] bytes of plain text, oldest first
 *          behind it, rounded up to 16: 8 bytes of undecoded input (inflate)
 */
#ifndef EMULATOR_ZIP_CONTEXT_H
#define EMULATOR_ZIP_CONTEXT_H

#include <stddef.h>
#include <stdint.h>

#include "request.h"

#define ZIP_CONTEXT_OWN 0x10u /* where an algorithm's own state starts */

enum zip_context_kind {
	ZIP_CONTEXT_DEFLATE = 0x43505a57,
	ZIP_CONTEXT_INFLATE = 0x44505a57,
	ZIP_CONTEXT_LZ77 = 0x37505a57,
};

struct zip_context_head {
	uint32_t kind;
	uint32_t type;	/* of the request: the format cannot change in mid-stream */
	uint32_t stage; /* the algorithm's */
	uint32_t reserved;
};

/* 0, ZIP_ST_BAD_CONTEXT, or the -errno of the DMA. */
int zip_context_open(const struct zip_request *r, enum zip_context_kind kind, uint32_t type,
		     uint32_t *stage);
int zip_context_save(const struct zip_request *r, enum zip_context_kind kind, uint32_t type,
		     uint32_t stage);

/* Any part of the area. 0 or the -errno of the DMA. */
int zip_context_read(const struct zip_request *r, void *dst, size_t offset, size_t nbytes);
int zip_context_write(const struct zip_request *r, size_t offset, const void *src, size_t nbytes);

/* Bytes of history that ctx_word[2] announces, or -1 when there cannot be so many. */
int zip_context_window_nbytes(const struct zip_request *r);

/* Where the undecoded bits lie: behind a window of ctx_word[2] bytes. */
static inline size_t zip_context_tail(const struct zip_request *r)
{
	return ZIP_CTX_WINDOW + (((r->ctx_word[2] & ZIP_CTX2_WINDOW_MASK) + 15u) & ~15u);
}

#endif
