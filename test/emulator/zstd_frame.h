/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Puts literals and sequences into zstd frames without changing them: the
 * simplest entropy coder RFC 8878 allows (raw literals, predefined tables), so
 * that libzstd's decoder can judge the device's offset codes as they are.
 */
#ifndef TEST_EMULATOR_ZSTD_FRAME_H
#define TEST_EMULATOR_ZSTD_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct zstd_sequence {
	uint32_t offset_code; /* Offset_Value of the RFC: distance + 3, or 1..3 */
	uint32_t run;
	uint32_t length;
};

/* Each returns the number of bytes put. */
size_t zstd_put_frame_head(uint8_t *to);
size_t zstd_put_raw_block(uint8_t *to, const uint8_t *plain, size_t nbytes, bool is_last);
/* 0: the block would exceed the format's 128 KiB; @room bounds the scratch. */
size_t zstd_put_block(uint8_t *to, const uint8_t *literals, size_t nliterals,
		      const struct zstd_sequence *sequences, size_t nsequences, bool is_last);

#endif
