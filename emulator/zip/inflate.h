/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A deflate decoder that can stop at any bit of its input and any byte of its
 * output, and whose whole state between two requests fits the few hundred bytes
 * of struct inflate_saved beside the window.
 */
#ifndef EMULATOR_ZIP_INFLATE_H
#define EMULATOR_ZIP_INFLATE_H

#include <endian.h>
#include <stdbool.h>
#include <stdint.h>

#include "inflate_table.h"

enum {
	INFLATE_WINDOW_NBYTES = 32768,
	INFLATE_OUT_SLACK = 16, /* writable bytes wanted behind inflate_io.out_end */
	INFLATE_HLIT_MAX = 286,
	INFLATE_HDIST_MAX = 30,
};

enum inflate_mode {
	INFLATE_HEAD,	     /* before the three bits of a block's head */
	INFLATE_STORED_HEAD, /* before LEN and NLEN */
	INFLATE_STORED,
	INFLATE_DYNAMIC_HEAD,	 /* before HLIT, HDIST, HCLEN */
	INFLATE_DYNAMIC_PRECODE, /* reading the code length code */
	INFLATE_DYNAMIC_LENS,	 /* reading the code lengths */
	INFLATE_CODES,
	INFLATE_ENDED, /* behind the final block; bits not aligned */
	INFLATE_MODES
};

enum inflate_result {
	INFLATE_NEED_INPUT,  /* no progress without more input, whatever the output space */
	INFLATE_NEED_OUTPUT, /* the next thing decoded has no place */
	INFLATE_END,	     /* the final block is decoded and written */
	INFLATE_BAD,	     /* not deflate, as zlib judges */
};

struct inflate {
	uint64_t bits; /* input taken but not yet decoded, next bit lowest, zero above nbits */
	unsigned int nbits;
	enum inflate_mode mode;
	bool is_final;
	bool is_fixed;
	uint32_t stored_left;
	uint32_t match_left; /* of a match that was cut by the end of the output */
	uint32_t match_dist;
	unsigned int hlit, hdist, hclen;
	unsigned int nread; /* code lengths read so far */
	uint8_t precode_lens[INFLATE_PRECODE_SYMBOLS];
	uint8_t lens[INFLATE_HLIT_MAX + INFLATE_HDIST_MAX];

	struct inflate_entry precode[INFLATE_PRECODE_ENTRIES];
	struct inflate_entry litlen[INFLATE_LITLEN_ENTRIES];
	struct inflate_entry dist[INFLATE_DIST_ENTRIES];
	struct inflate_entry fixed_litlen[1 << INFLATE_LITLEN_ROOT];
	struct inflate_entry fixed_dist[1 << INFLATE_DIST_ROOT];
};

struct inflate_io {
	const uint8_t *in, *in_end;
	uint8_t *out, *out_end;
	const uint8_t *oldest; /* a match reaches back to here at most; <= out */
};

/* What of the state lies in the context area, at its start. All little endian. */
struct inflate_saved {
	uint32_t mode;
	uint32_t is_fixed;
	uint32_t match_left, match_dist;
	uint32_t hlit, hdist, hclen;
	uint32_t nread;
	uint8_t precode_lens[INFLATE_PRECODE_SYMBOLS + 1];
	uint8_t lens[INFLATE_HLIT_MAX + INFLATE_HDIST_MAX];
};

void inflate_prepare(struct inflate *st); /* once, before all else */
void inflate_start(struct inflate *st);	  /* a new stream */
enum inflate_result inflate_run(struct inflate *st, struct inflate_io *io);

/* Behind the final block: forget the bits up to the next byte, take 32 bits. */
void inflate_align(struct inflate *st);
bool inflate_take_word(struct inflate *st, struct inflate_io *io, uint32_t *word);

void inflate_save(const struct inflate *st, struct inflate_saved *saved);
/*
 * Back into @saved's state, @bits, @is_final and @stored_left having been kept
 * elsewhere. False when no decoder can have been in that state.
 */
bool inflate_restore(struct inflate *st, const struct inflate_saved *saved, uint64_t bits,
		     unsigned int nbits, bool is_final, uint32_t stored_left);

#endif
