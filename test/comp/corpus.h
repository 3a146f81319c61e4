/* SPDX-License-Identifier: Apache-2.0 */
/* The data tests compress: always the same bytes, made once, read only. */
#ifndef TEST_COMP_CORPUS_H
#define TEST_COMP_CORPUS_H

#include <stddef.h>
#include <stdint.h>

enum corpus_kind {
	CORPUS_TEXT,
	CORPUS_BINARY, /* machine code: the test program itself */
	CORPUS_ZEROS,
	CORPUS_NOISE,
	CORPUS_KINDS,
};

/* The longest any test asks for: one byte more than a device takes at once. */
#define CORPUS_MAX_NBYTES ((8u << 20) + 1)

extern const char *const corpus_names[CORPUS_KINDS];

/* CORPUS_MAX_NBYTES bytes. Call it once before tests fork, so that they share it. */
const uint8_t *corpus(enum corpus_kind kind);

/* Pseudo-random numbers; the state is the caller's, so that each test has its own row. */
uint32_t corpus_random(uint64_t *state);

#endif
