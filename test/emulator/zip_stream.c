/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Stateful requests of the emulated ZIP engine: streams cut into pieces of every
 * awkward size, interleaved, copied and moved (hisi-zip facts, section 16: items
 * 10 to 14, 16, 17).
 */
#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "zip_client.h"
#include "zip_judge.h"

static const uint32_t formats[] = {ZIP_REQ_DEFLATE, ZIP_REQ_ZLIB, ZIP_REQ_GZIP};
enum { NFORMATS = 3 };

static const size_t pieces[] = {1, 2, 3, 4, 199, 200, 201, 4096, 65536, 300000};
enum { NPIECES = sizeof(pieces) / sizeof(pieces[0]) };

static struct zip_client *c;

static void setup(void)
{
	c = client_new();
}

static void teardown(void)
{
	client_free(c);
}

static size_t room_for(size_t nbytes)
{
	return nbytes + nbytes / 8 + 64;
}

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

static uint32_t reversed(uint32_t v)
{
	uint32_t r = 0;

	for (int i = 0; i < 32; i++)
		r |= (v >> i & 1) << (31 - i);
	return r;
}

/* Section 9: what DW 30 and 31 must say about the plain text so far. */
static void check_words(const struct zip_stream *s, const uint8_t *plain, size_t nbytes)
{
	if (s->type == ZIP_REQ_GZIP) {
		ck_assert_uint_eq(reversed(~s->word[4]), crc32(0, plain, (uInt)nbytes));
		ck_assert_uint_eq(s->word[3], nbytes);
	} else if (s->type == ZIP_REQ_ZLIB) {
		ck_assert_uint_eq(s->word[4], adler32(1, plain, (uInt)nbytes));
	}
}

/* One stream being compressed, all in the client's memory. */
struct work {
	struct zip_stream s;
	const uint8_t *in;
	size_t nin, in_pos, in_piece;
	uint8_t *out;
	size_t nout, out_pos, out_piece;
	bool is_done;
};

/* The next piece of a compression; the last one finishes. */
static void compress_step(struct work *w)
{
	size_t n = least(w->in_piece, w->nin - w->in_pos);
	bool is_last = w->in_pos + n == w->nin;

	ck_assert_int_eq(stream_run(&w->s, w->in + w->in_pos, n, w->out + w->out_pos,
				    w->nout - w->out_pos, is_last),
			 0);
	ck_assert_uint_eq(w->s.status, ZIP_ST_OK);
	ck_assert_uint_eq(w->s.consumed, n);
	ck_assert_uint_eq(w->s.word[0] & ZIP_CTX0_ST_MASK, 0);
	w->in_pos += n;
	w->out_pos += w->s.produced;
	w->is_done = is_last;
}

static void check_compressed(const struct work *w)
{
	uint8_t *back = malloc(w->nin + 1);

	ck_assert_int_eq(judge_decode(w->s.type, w->out, w->out_pos, back, w->nin), (long)w->nin);
	ck_assert(!memcmp(back, w->in, w->nin));
	free(back);
}

static struct work compression_new(uint32_t type, enum data_kind kind, size_t nbytes,
				   size_t in_piece)
{
	uint8_t *in = client_alloc(c, nbytes);
	struct work w = {.in = in, .nin = nbytes, .in_piece = in_piece};

	data_fill(kind, in, nbytes);
	/* The worst is a sync flush of few bytes. */
	w.nout = room_for(nbytes) + nbytes / in_piece * 12;
	w.out = client_alloc(c, w.nout);
	stream_open(&w.s, c, ZIP_QUEUE_COMP, type);
	return w;
}

static void work_free(struct work *w)
{
	stream_close(&w->s);
	client_release(c, (void *)(uintptr_t)w->in);
	client_release(c, w->out);
}

START_TEST(compress_in_pieces_zlib_decodes)
{
	for (int p = 0; p < NPIECES; p++) {
		/* A small piece costs as much as a large one: all of item 10 is for the patient. */
		bool is_tiny = pieces[p] < 100, is_long = getenv("WD_TEST_LONG") != NULL;
		size_t nbytes = is_long || pieces[p] > 1000 ? 1 << 20 : is_tiny ? 3000 : 70000;

		for (int kind = is_long && is_tiny ? DATA_RUNS : 0; kind < DATA_KINDS; kind++) {
			struct work w = compression_new(formats[_i], kind, nbytes, pieces[p]);

			while (!w.is_done) {
				compress_step(&w);
				if (pieces[p] >= 4096 || nbytes < 10000)
					check_words(&w.s, w.in, w.in_pos);
			}
			check_compressed(&w);
			work_free(&w);
		}
	}
}
END_TEST

/* History is used: text in pieces costs hardly more than in one. */
START_TEST(compress_in_pieces_uses_earlier_pieces)
{
	struct work whole = compression_new(ZIP_REQ_DEFLATE, DATA_TEXT, 200000, 200000);
	struct work parts = compression_new(ZIP_REQ_DEFLATE, DATA_TEXT, 200000, 4096);
	uint8_t *noise = client_alloc(c, 30000);
	uint8_t *out = client_alloc(c, 40000);
	struct zip_stream s;

	while (!whole.is_done)
		compress_step(&whole);
	while (!parts.is_done)
		compress_step(&parts);
	ck_assert_uint_lt(parts.out_pos, whole.out_pos + whole.out_pos / 8);
	stream_open(&s, c, ZIP_QUEUE_COMP, ZIP_REQ_DEFLATE);
	data_fill(DATA_RANDOM, noise, 30000);
	ck_assert_int_eq(stream_run(&s, noise, 30000, out, 40000, false), 0);
	ck_assert_uint_gt(s.produced, 30000);
	ck_assert_int_eq(stream_run(&s, noise, 30000, out, 40000, true), 0);
	ck_assert_uint_lt(s.produced, 1000);
}
END_TEST

/* Item 21 for streams: the window bounds distances into earlier requests too. */
START_TEST(compress_in_pieces_honours_the_window)
{
	enum { N = 60000 };
	static const int bits[] = {12, 13, 14, 14, 15};
	uint8_t *back = malloc(N);

	for (uint32_t code = 0; code < 5; code++) {
		struct work w = compression_new(ZIP_REQ_DEFLATE, DATA_RANDOM, N, 1000);
		uint8_t *in = (uint8_t *)(uintptr_t)w.in;

		for (size_t n = 2000; n < N; n += 2000)
			memcpy(in + n, in + n - least(n, n % 15 * 2000), 400);
		w.s.window_code = code;
		while (!w.is_done)
			compress_step(&w);
		check_compressed(&w);
		ck_assert(judge_window_is_enough(w.out, w.out_pos, bits[code], back, N));
		work_free(&w);
	}
	free(back);
}
END_TEST

/* Item 13, both directions. */
START_TEST(first_request_ignores_words_and_area)
{
	enum { N = 5000 };
	uint8_t *in = client_alloc(c, N);
	uint8_t *out = client_alloc(c, N);
	uint8_t *expected = client_alloc(c, N);
	uint8_t *back = client_alloc(c, N);
	struct zip_stream s;
	uint32_t produced;

	data_fill(DATA_TEXT, in, N);
	stream_open(&s, c, ZIP_QUEUE_COMP, formats[_i]);
	ck_assert_int_eq(stream_run(&s, in, N, expected, N, true), 0);
	produced = s.produced;
	stream_open(&s, c, ZIP_QUEUE_COMP, formats[_i]);
	memset(s.ctx, 0xcc, ZIP_CTX_NBYTES);
	memset(s.word, 0xcc, sizeof(s.word));
	ck_assert_int_eq(stream_run(&s, in, N, out, N, true), 0);
	ck_assert_uint_eq(s.produced, produced);
	ck_assert(!memcmp(out, expected, produced));

	stream_open(&s, c, ZIP_QUEUE_DECOMP, formats[_i]);
	memset(s.ctx, 0xcc, ZIP_CTX_NBYTES);
	memset(s.word, 0xcc, sizeof(s.word));
	ck_assert_int_eq(stream_run(&s, out, produced, back, N, true), 0);
	ck_assert_uint_eq(s.status, ZIP_ST_DECOMP_END);
	ck_assert(s.is_end);
	ck_assert(!memcmp(back, in, N));
}
END_TEST

/* The trailer of section 9, made from the words, as software does in item 12. */
static size_t software_end(const struct zip_stream *s, uint8_t *out)
{
	static const uint8_t empty_final_block[5] = {1, 0, 0, 0xff, 0xff};
	uint32_t trailer[2];

	memcpy(out, empty_final_block, 5);
	if (s->type == ZIP_REQ_ZLIB) {
		trailer[0] = htobe32(s->word[4]);
		memcpy(out + 5, trailer, 4);
		return 9;
	}
	if (s->type == ZIP_REQ_GZIP) {
		trailer[0] = htole32(reversed(~s->word[4]));
		trailer[1] = htole32(s->word[3]);
		memcpy(out + 5, trailer, 8);
		return 13;
	}
	return 5;
}

/* Item 12, and the same stream ended by the device with no input. */
START_TEST(stream_can_be_ended_without_input)
{
	for (int by_device = 0; by_device < 2; by_device++) {
		struct work w = compression_new(formats[_i], DATA_BINARY, 9000, 3000);

		while (w.in_pos < w.nin) {
			ck_assert_int_eq(stream_run(&w.s, w.in + w.in_pos, w.in_piece,
						    w.out + w.out_pos, w.nout - w.out_pos, false),
					 0);
			w.in_pos += w.s.consumed;
			w.out_pos += w.s.produced;
		}
		if (by_device) {
			ck_assert_int_eq(stream_run(&w.s, NULL, 0, w.out + w.out_pos, 201, true),
					 0);
			ck_assert_uint_eq(w.s.status, ZIP_ST_OK);
			w.out_pos += w.s.produced;
		} else {
			w.out_pos += software_end(&w.s, w.out + w.out_pos);
		}
		check_compressed(&w);
		work_free(&w);
	}
}
END_TEST

START_TEST(sync_flush_without_input_changes_nothing)
{
	struct work w = compression_new(formats[_i], DATA_TEXT, 9000, 3000);

	while (!w.is_done) {
		ck_assert_int_eq(stream_run(&w.s, NULL, 0, w.out + w.out_pos, 300, false), 0);
		ck_assert_uint_eq(w.s.status, ZIP_ST_OK);
		ck_assert_uint_eq(w.s.produced, 0);
		check_words(&w.s, w.in, w.in_pos);
		compress_step(&w);
	}
	check_compressed(&w);
}
END_TEST

/* A sync flush ends on a byte boundary with everything so far decodable. */
START_TEST(sync_flush_delivers_all_input)
{
	struct work w = compression_new(ZIP_REQ_DEFLATE, DATA_TEXT, 9000, 501);
	uint8_t back[9000];

	while (!w.is_done) {
		size_t consumed, produced;

		compress_step(&w);
		ck_assert_int_ge(
			judge_inflate(w.out, w.out_pos, back, sizeof(back), &consumed, &produced),
			0);
		ck_assert_uint_eq(produced, w.in_pos);
		ck_assert_uint_eq(consumed, w.out_pos);
	}
}
END_TEST

START_TEST(compress_without_room_is_0x0e_and_changes_nothing)
{
	struct work w = compression_new(formats[_i], DATA_RANDOM, 6000, 2000);
	uint8_t area[ZIP_CTX_NBYTES];
	uint32_t word[5];

	compress_step(&w);
	memcpy(area, w.s.ctx, sizeof(area));
	memcpy(word, w.s.word, sizeof(word));
	for (size_t room = 0; room < 2000; room += 100) {
		uint8_t *small = client_alloc(c, room);

		ck_assert_int_eq(stream_run(&w.s, w.in + w.in_pos, 2000, small, room, room % 200),
				 0);
		ck_assert_uint_eq(w.s.status, ZIP_ST_DEST_FULL);
		ck_assert_uint_eq(w.s.consumed, 0);
		ck_assert_uint_eq(w.s.produced, 0);
		ck_assert(!memcmp(area, w.s.ctx, sizeof(area)));
		ck_assert(!memcmp(word, w.s.word, sizeof(word)));
		client_release(c, small);
	}
	while (!w.is_done)
		compress_step(&w);
	check_compressed(&w);
}
END_TEST

/* Item 16, in both directions and at any moment. */
static void check_no_effect(struct zip_stream *s, bool is_finish)
{
	struct zip_stream saved = *s;
	uint8_t out[16], area[ZIP_CTX_NBYTES];

	memcpy(area, s->ctx, sizeof(area));
	ck_assert_int_eq(stream_run(s, s->ctx, 0, out, 16, is_finish), 0);
	ck_assert_uint_eq(s->status, ZIP_ST_OK);
	ck_assert_uint_eq(s->consumed, 0);
	ck_assert_uint_eq(s->produced, 0);
	ck_assert(!memcmp(area, s->ctx, sizeof(area)));
	ck_assert(!memcmp(saved.word, s->word, sizeof(s->word)));
	*s = saved;
}

/* What happened while a stream was decompressed. */
struct seen {
	unsigned int nrequests;
	unsigned int nlast_no_space; /* ctx_st 1 */
};

/*
 * Decompress as the facts tell a client to (8.4): hand in what is left, ask with
 * no input on ctx_st 1. Only a correct device ends this loop.
 */
static struct seen decompress(struct work *w, bool with_no_effect)
{
	struct seen seen = {0, 0};
	unsigned int nidle = 0;

	while (!w->s.is_end) {
		bool is_asking = seen.nrequests &&
				 (w->s.word[0] & ZIP_CTX0_ST_MASK) == ZIP_CTX_ST_LAST_NO_SPACE;
		size_t nin = is_asking ? 0 : least(w->in_piece, w->nin - w->in_pos);
		/* Up to 16 bytes and no input is the request without effect. */
		size_t nout = is_asking && w->out_piece <= 16 ? 17 : w->out_piece;
		uint8_t *out = client_alloc(c, nout);

		if (with_no_effect)
			check_no_effect(&w->s, seen.nrequests % 2);
		seen.nrequests++;
		seen.nlast_no_space += is_asking;
		ck_assert_int_eq(stream_run(&w->s, w->in + w->in_pos, nin, out, nout, false), 0);
		ck_assert(w->s.status == ZIP_ST_OK || w->s.status == ZIP_ST_DECOMP_END);
		ck_assert_uint_le(w->s.consumed, nin);
		ck_assert_uint_le(w->s.produced, nout);
		ck_assert_uint_le(w->s.produced, w->nout - w->out_pos);
		if (w->s.produced)
			memcpy(w->out + w->out_pos, out, w->s.produced);
		w->in_pos += w->s.consumed;
		w->out_pos += w->s.produced;
		check_words(&w->s, w->out, w->out_pos);
		nidle = w->s.consumed || w->s.produced ? 0 : nidle + 1;
		ck_assert_uint_lt(nidle, 3);
		client_release(c, out);
	}
	ck_assert_uint_eq(w->s.status, ZIP_ST_DECOMP_END);
	return seen;
}

static struct work decompression_new(uint32_t type, enum data_kind kind, size_t nbytes, int level,
				     size_t in_piece, size_t out_piece)
{
	struct work w = {.in_piece = in_piece, .out_piece = out_piece, .nout = nbytes};
	uint8_t *plain = malloc(nbytes);
	uint8_t *in = client_alloc(c, room_for(nbytes));

	data_fill(kind, plain, nbytes);
	w.nin = judge_encode(type, level, plain, nbytes, in, room_for(nbytes));
	w.in = in;
	w.out = client_alloc(c, nbytes);
	stream_open(&w.s, c, ZIP_QUEUE_DECOMP, type);
	free(plain);
	return w;
}

static void check_decompressed(const struct work *w, enum data_kind kind)
{
	uint8_t *plain = malloc(w->nout);

	data_fill(kind, plain, w->nout);
	ck_assert_uint_eq(w->out_pos, w->nout);
	ck_assert_uint_eq(w->in_pos, w->nin);
	ck_assert(!memcmp(plain, w->out, w->nout));
	free(plain);
}

START_TEST(decompress_in_pieces)
{
	static const int levels[] = {0, 1, 6};
	size_t out_piece = pieces[_i];

	for (int p = 0; p < NPIECES; p++) {
		size_t nbytes = pieces[p] < 100 || out_piece < 100 ? 2000 : 70000;

		for (int kind = 0; kind < DATA_KINDS; kind++) {
			struct work w =
				decompression_new(formats[(p + kind) % NFORMATS], kind, nbytes,
						  levels[(p + kind / 2) % 3], pieces[p], out_piece);

			decompress(&w, (p + kind) % 4 == 0 && nbytes == 2000);
			check_decompressed(&w, kind);
			work_free(&w);
		}
	}
}
END_TEST

/* Item 14. */
START_TEST(decompress_1_mib_with_201_bytes_a_call)
{
	struct work w = decompression_new(formats[_i], DATA_TEXT, 1 << 20, 6, 65536, 201);

	decompress(&w, false);
	check_decompressed(&w, DATA_TEXT);
}
END_TEST

/* Item 17: a stream that ends with a long match and all input at once. */
START_TEST(last_match_without_room_comes_with_empty_requests)
{
	for (size_t out_piece = 17; out_piece < 600; out_piece += 13) {
		struct work w =
			decompression_new(ZIP_REQ_DEFLATE, DATA_ZEROS, 1000, 6, 65536, out_piece);
		struct seen seen = decompress(&w, false);

		if (w.nin < 10 && out_piece < 400)
			ck_assert_uint_gt(seen.nlast_no_space, 0);
		check_decompressed(&w, DATA_ZEROS);
		work_free(&w);
	}
}
END_TEST

/* The visible words of section 8.2 in the middle of a stored block. */
START_TEST(words_tell_the_rest_of_a_stored_block)
{
	struct work w = decompression_new(ZIP_REQ_DEFLATE, DATA_RANDOM, 5000, 0, 1000, 400);
	uint8_t *out = w.out;

	ck_assert_int_eq(stream_run(&w.s, w.in, 1000, out, 400, false), 0);
	ck_assert_uint_eq(w.s.produced, 400);
	ck_assert_uint_eq(w.s.consumed, 405);
	ck_assert_uint_eq(w.s.word[0] & ZIP_CTX0_ST_MASK, ZIP_CTX_ST_MIDDLE_NO_SPACE);
	ck_assert(w.s.word[0] & ZIP_CTX0_FINAL_BLOCK);
	ck_assert_uint_eq(w.s.word[1] & ZIP_CTX1_STORED_MASK, 4600);
	ck_assert_uint_eq(w.s.word[2] & ZIP_CTX2_WINDOW_MASK, 400);
	ck_assert(!memcmp(w.s.ctx + ZIP_CTX_DEVICE_OFFSET + ZIP_CTX_WINDOW, out, 400));
}
END_TEST

/* Undecoded bits lie behind the window and nowhere else (8.2, item 31). */
START_TEST(undecoded_bits_lie_behind_the_window)
{
	/* Stored, not final, "abc"; then two bits of the next head are missing. */
	static const uint8_t raw[] = {0x00, 3, 0, 0xfc, 0xff, 'a', 'b', 'c', 0x03, 0x00};
	uint8_t *in = client_copy(c, raw, sizeof(raw));
	uint8_t *out = client_alloc(c, 300);
	struct zip_stream s;

	stream_open(&s, c, ZIP_QUEUE_DECOMP, ZIP_REQ_DEFLATE);
	ck_assert_int_eq(stream_run(&s, in, 8, out, 300, false), 0);
	ck_assert_uint_eq(s.word[0] & ZIP_CTX0_ST_MASK, ZIP_CTX_ST_BLOCK_NOT_STARTED);
	ck_assert_uint_eq(ZIP_CTX0_TAIL_BITS(s.word[0]), 0);
	ck_assert(!s.is_end);
	ck_assert_int_eq(stream_run(&s, in + 8, 1, out + 3, 297, false), 0);
	ck_assert_uint_eq(s.consumed, 1);
	ck_assert(!s.is_end);
	/* The head was taken from the byte 03; five zero bits wait for the sixth. */
	ck_assert_uint_eq(ZIP_CTX0_TAIL_BITS(s.word[0]), 5);
	ck_assert_uint_eq(s.ctx[ZIP_CTX_DEVICE_OFFSET + ZIP_CTX_WINDOW + 16], 0);
	ck_assert_int_eq(stream_run(&s, in + 9, 1, out + 3, 297, false), 0);
	ck_assert(s.is_end);
	ck_assert_uint_eq(s.status, ZIP_ST_DECOMP_END);
	ck_assert_uint_eq(s.produced, 0);
}
END_TEST

/* Bytes of the next member in the same request stay with the client. */
START_TEST(end_of_stream_leaves_what_follows)
{
	for (size_t in_piece = 1; in_piece < 60; in_piece++) {
		struct work w = decompression_new(formats[_i], DATA_TEXT, 60, 6, in_piece, 201);
		size_t nbody = w.nin;

		w.nin += 8;
		decompress(&w, false);
		ck_assert_uint_eq(w.in_pos, nbody);
		work_free(&w);
	}
}
END_TEST

START_TEST(request_after_the_end_says_end_again)
{
	struct work w = decompression_new(formats[_i], DATA_TEXT, 500, 6, 1000, 1000);

	decompress(&w, false);
	ck_assert_int_eq(stream_run(&w.s, w.in, 10, w.out, 300, false), 0);
	ck_assert_uint_eq(w.s.status, ZIP_ST_DECOMP_END);
	ck_assert(w.s.is_end);
	ck_assert_uint_eq(w.s.consumed, 0);
	ck_assert_uint_eq(w.s.produced, 0);
}
END_TEST

/* The same context serves the next stream. */
START_TEST(context_is_reused_by_the_next_stream)
{
	for (int round = 0; round < 3; round++) {
		static struct work w;
		uint8_t *ctx = w.s.ctx;

		w = decompression_new(formats[_i], DATA_RUNS, 40000, 6, 3000, 5000);
		if (round) {
			client_release(c, w.s.ctx);
			w.s.ctx = ctx;
		}
		decompress(&w, false);
		check_decompressed(&w, DATA_RUNS);
	}
}
END_TEST

/*
 * Six streams by turns, each step on another of three workers, and every context
 * moved to another address after every step: nothing may stay in the device.
 */
START_TEST(streams_interleave_and_contexts_move)
{
	struct work w[6];
	void *workers[3] = {c->worker, emu_engine_zip.worker_new(), emu_engine_zip.worker_new()};
	unsigned int turn = 0;
	bool is_busy = true;

	for (int i = 0; i < 6; i++)
		w[i] = compression_new(formats[i % 3], DATA_TEXT + i % 4, 60000, 4000 + 100 * i);
	while (is_busy) {
		is_busy = false;
		for (int i = 0; i < 6; i++) {
			uint8_t *moved;

			if (w[i].is_done)
				continue;
			is_busy = true;
			c->worker = workers[turn++ % 3];
			compress_step(&w[i]);
			moved = client_copy(c, w[i].s.ctx, ZIP_CTX_NBYTES);
			client_release(c, w[i].s.ctx);
			w[i].s.ctx = moved;
		}
	}
	c->worker = workers[0];
	for (int i = 0; i < 6; i++)
		check_compressed(&w[i]);
	emu_engine_zip.worker_free(workers[1]);
	emu_engine_zip.worker_free(workers[2]);
}
END_TEST

/* A copied context with its words is a second stream from the same point. */
START_TEST(copied_decompression_goes_on_twice)
{
	struct work w = decompression_new(formats[_i], DATA_TEXT, 50000, 6, 777, 1500), twin;

	for (int i = 0; i < 5; i++) {
		ck_assert_int_eq(
			stream_run(&w.s, w.in + w.in_pos, 777, w.out + w.out_pos, 1500, false), 0);
		w.in_pos += w.s.consumed;
		w.out_pos += w.s.produced;
	}
	twin = w;
	twin.s.ctx = client_copy(c, w.s.ctx, ZIP_CTX_NBYTES);
	twin.out = client_copy(c, w.out, w.nout);
	twin.in_piece = 1234;
	decompress(&w, false);
	check_decompressed(&w, DATA_TEXT);
	decompress(&twin, false);
	check_decompressed(&twin, DATA_TEXT);
}
END_TEST

/* Item 18 for streams: wrong trailer, and it stays wrong. */
START_TEST(wrong_trailer_is_0x10)
{
	struct work w = decompression_new(formats[1 + _i], DATA_TEXT, 3000, 6, 65536, 4000);

	((uint8_t *)(uintptr_t)w.in)[w.nin - 3] ^= 0x20;
	ck_assert_int_eq(stream_run(&w.s, w.in, w.nin, w.out, w.nout, false), 0);
	ck_assert_uint_eq(w.s.status, ZIP_ST_CHECKSUM_BAD);
	ck_assert(!w.s.is_end);
	ck_assert_int_eq(stream_run(&w.s, w.in, 4, w.out, 300, false), 0);
	ck_assert_uint_ge(w.s.status, 0x80);
}
END_TEST

START_TEST(unwritable_context_is_a_fault)
{
	struct work w = decompression_new(formats[_i], DATA_TEXT, 3000, 6, 65536, 4000);

	for (unsigned int i = 0; i < c->dma.nregions; i++) {
		if (c->dma.region[i].data == w.s.ctx)
			c->dma.region[i].is_writable = false;
	}
	ck_assert_int_eq(stream_run(&w.s, w.in, w.nin, w.out, w.nout, false), -EFAULT);
	ck_assert_uint_ge(w.s.status, 0x80);
	w.s.qc_type = ZIP_QUEUE_COMP;
	w.s.is_started = false;
	ck_assert_int_eq(stream_run(&w.s, w.in, 10, w.out, w.nout, false), -EFAULT);
	ck_assert_uint_ge(w.s.status, 0x80);
}
END_TEST

/* 8.2: the first 64 bytes and what lies behind 0x97c0 of the area are the client's own. */
START_TEST(device_stays_inside_its_area)
{
	struct work w[2] = {compression_new(formats[_i], DATA_RUNS, 100000, 40000),
			    decompression_new(formats[_i], DATA_TEXT, 100000, 6, 3000, 40000)};

	for (int i = 0; i < 2; i++)
		memset(w[i].s.ctx, 0x77, ZIP_CTX_NBYTES);
	while (!w[0].is_done)
		compress_step(&w[0]);
	decompress(&w[1], false);
	for (int i = 0; i < 2; i++) {
		for (size_t n = 0; n < ZIP_CTX_NBYTES; n++) {
			if ((n < 64 || n >= 64 + 0x97c0) && w[i].s.ctx[n] != 0x77)
				ck_abort_msg("byte 0x%zx was written", n);
		}
	}
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("zip stream");
	TCase *t = tcase_create("stream");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, getenv("WD_TEST_LONG") ? 3000 : 300);
	tcase_add_loop_test(t, compress_in_pieces_zlib_decodes, 0, NFORMATS);
	tcase_add_test(t, compress_in_pieces_uses_earlier_pieces);
	tcase_add_test(t, compress_in_pieces_honours_the_window);
	tcase_add_loop_test(t, first_request_ignores_words_and_area, 0, NFORMATS);
	tcase_add_loop_test(t, stream_can_be_ended_without_input, 0, NFORMATS);
	tcase_add_loop_test(t, sync_flush_without_input_changes_nothing, 0, NFORMATS);
	tcase_add_test(t, sync_flush_delivers_all_input);
	tcase_add_loop_test(t, compress_without_room_is_0x0e_and_changes_nothing, 0, NFORMATS);
	tcase_add_loop_test(t, decompress_in_pieces, 0, NPIECES);
	tcase_add_loop_test(t, decompress_1_mib_with_201_bytes_a_call, 0, NFORMATS);
	tcase_add_test(t, last_match_without_room_comes_with_empty_requests);
	tcase_add_test(t, words_tell_the_rest_of_a_stored_block);
	tcase_add_test(t, undecoded_bits_lie_behind_the_window);
	tcase_add_loop_test(t, end_of_stream_leaves_what_follows, 0, NFORMATS);
	tcase_add_loop_test(t, request_after_the_end_says_end_again, 0, NFORMATS);
	tcase_add_loop_test(t, context_is_reused_by_the_next_stream, 0, NFORMATS);
	tcase_add_test(t, streams_interleave_and_contexts_move);
	tcase_add_loop_test(t, copied_decompression_goes_on_twice, 0, NFORMATS);
	tcase_add_loop_test(t, wrong_trailer_is_0x10, 0, 2);
	tcase_add_loop_test(t, device_stays_inside_its_area, 0, NFORMATS);
	tcase_add_loop_test(t, unwritable_context_is_a_fault, 0, NFORMATS);
	suite_add_tcase(s, t);
	return s;
}

int main(void)
{
	SRunner *runner = srunner_create(suite());
	int nfailed;

	srunner_run_all(runner, CK_NORMAL);
	nfailed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return nfailed ? EXIT_FAILURE : EXIT_SUCCESS;
}
