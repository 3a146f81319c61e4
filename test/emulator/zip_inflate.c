/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Damaged deflate streams: the engine accepts and refuses what zlib accepts and
 * refuses, in one request and in pieces, and gives the same bytes (F34).
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "zip_client.h"
#include "zip_judge.h"

enum { STREAM_MAX = 8192, ROOM = STREAM_MAX * 1040 };

static struct zip_client *c;
static uint8_t *out, *expected;

static void setup(void)
{
	c = client_new();
	out = client_alloc(c, ROOM);
	expected = malloc(ROOM);
}

static void teardown(void)
{
	free(expected);
	client_free(c);
}

struct verdict {
	int is_accepted; /* as judge_inflate() */
	size_t consumed, produced;
};

static struct verdict zlib_verdict(const uint8_t *stream, size_t n)
{
	struct verdict v;

	v.is_accepted = judge_inflate(stream, n, expected, ROOM, &v.consumed, &v.produced);
	return v;
}

static bool same(const struct verdict *v, size_t consumed, size_t produced)
{
	return consumed == v->consumed && produced == v->produced &&
	       !memcmp(out, expected, produced);
}

/* ck_assert() is too slow to be called this often. */
static void check_stateless(const uint8_t *in, size_t n, const struct verdict *v)
{
	struct hisi_zip_sqe sqe = element(ZIP_REQ_DEFLATE, in, n, out, ROOM);
	int ret = client_run(c, ZIP_QUEUE_DECOMP, &sqe);
	uint32_t status = field_get(&sqe, ZIP_STATUS);

	if (ret || (status == ZIP_ST_OK) != (v->is_accepted == 1))
		ck_abort_msg("stateless: %d, status 0x%x, zlib %d", ret, status, v->is_accepted);
	if (status == ZIP_ST_OK &&
	    !same(v, field_get(&sqe, ZIP_CONSUMED), field_get(&sqe, ZIP_PRODUCED)))
		ck_abort_msg("stateless: other bytes than zlib's");
}

static void check_pieces(const uint8_t *in, size_t n, const struct verdict *v, uint64_t *seed)
{
	size_t in_pos = 0, out_pos = 0;
	unsigned int nidle = 0;
	struct zip_stream s;
	int verdict;

	stream_open(&s, c, ZIP_QUEUE_DECOMP, ZIP_REQ_DEFLATE);
	do {
		size_t nin = next_random(seed) % 40;
		size_t nout = 17 + next_random(seed) % (nidle ? 3000 : 300);

		if (nin > n - in_pos)
			nin = n - in_pos;
		if (nout > ROOM - out_pos)
			nout = ROOM - out_pos;
		if (stream_run(&s, in + in_pos, nin, out + out_pos, nout, false) ||
		    s.consumed > nin || s.produced > nout)
			ck_abort_msg("pieces: impossible result");
		in_pos += s.consumed;
		out_pos += s.produced;
		nidle = s.consumed || s.produced ? 0 : nidle + 1;
	} while (s.status == ZIP_ST_OK && nidle < 20);
	verdict = s.status == ZIP_ST_DECOMP_END && s.is_end ? 1 : s.status >= 0x80 ? -1 : 0;
	if (verdict != v->is_accepted)
		ck_abort_msg("pieces: %d, zlib %d", verdict, v->is_accepted);
	if (verdict >= 0 && !same(v, in_pos, out_pos))
		ck_abort_msg("pieces: other bytes than zlib's");
	stream_close(&s);
}

static void check_stream(const uint8_t *stream, size_t n, uint64_t *seed)
{
	struct verdict v = zlib_verdict(stream, n);
	uint8_t *in = client_copy(c, stream, n);

	check_stateless(in, n, &v);
	check_pieces(in, n, &v, seed);
	client_release(c, in);
}

/* A stream of each sort of block: stored, fixed (short), dynamic. */
static size_t sample(unsigned int sort, uint8_t *stream)
{
	static const struct {
		enum data_kind kind;
		size_t nplain;
		int level;
	} samples[] = {{DATA_RANDOM, 300, 0}, {DATA_TEXT, 60, 6},     {DATA_TEXT, 3000, 9},
		       {DATA_ZEROS, 3000, 6}, {DATA_BINARY, 1500, 6}, {DATA_RUNS, 20000, 6},
		       {DATA_RANDOM, 700, 1}, {DATA_TEXT, 30000, 9}};
	uint8_t plain[30000];

	data_fill(samples[sort].kind, plain, samples[sort].nplain);
	return judge_encode(ZIP_REQ_DEFLATE, samples[sort].level, plain, samples[sort].nplain,
			    stream, STREAM_MAX);
}

enum { SAMPLES = 8 };

START_TEST(each_bit_flipped_as_zlib)
{
	uint8_t stream[STREAM_MAX];
	size_t n = sample((unsigned int)_i, stream);
	uint64_t seed = 1;

	check_stream(stream, n, &seed);
	/* all of the head, then every seventh bit */
	for (size_t bit = 0; bit < 8 * n; bit += bit < 1000 ? 1 : 7) {
		stream[bit / 8] ^= (uint8_t)(1 << bit % 8);
		check_stream(stream, n, &seed);
		stream[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
}
END_TEST

START_TEST(cut_at_each_byte_as_zlib)
{
	uint8_t stream[STREAM_MAX];
	size_t n = sample((unsigned int)_i, stream);
	uint64_t seed = 2;

	for (size_t cut = 0; cut < n; cut += cut < 200 ? 1 : 11)
		check_stream(stream, cut, &seed);
}
END_TEST

START_TEST(random_damage_as_zlib)
{
	uint8_t stream[STREAM_MAX], damaged[STREAM_MAX];
	size_t n = sample((unsigned int)_i, stream);
	uint64_t seed = 3;

	for (int round = 0; round < 1500; round++) {
		unsigned int nchanges = 1 + next_random(&seed) % 4;

		memcpy(damaged, stream, n);
		while (nchanges--)
			damaged[next_random(&seed) % n] = (uint8_t)next_random(&seed);
		check_stream(damaged, n, &seed);
	}
}
END_TEST

START_TEST(random_bytes_as_zlib)
{
	uint8_t stream[256];
	uint64_t seed = 4;

	for (int round = 0; round < 20000; round++) {
		size_t n = 1 + next_random(&seed) % sizeof(stream);

		for (size_t i = 0; i < n; i++)
			stream[i] = (uint8_t)next_random(&seed);
		/* mostly as a dynamic block: the head is where the rules are */
		if (round % 4)
			stream[0] = (uint8_t)((stream[0] & 0xf8) | 4 | (round & 1));
		check_stream(stream, n, &seed);
	}
}
END_TEST

/* A writer of bits, for heads that no compressor makes. */
struct bits {
	uint8_t data[STREAM_MAX];
	size_t nbits;
};

static void put(struct bits *b, uint32_t value, unsigned int nbits)
{
	for (unsigned int i = 0; i < nbits; i++, b->nbits++) {
		if (value >> i & 1)
			b->data[b->nbits / 8] |= (uint8_t)(1 << b->nbits % 8);
	}
}

/*
 * Dynamic heads with code lengths of our choice: each length is sent by a flat
 * code length code of 16 symbols of 4 bits (0..15).
 */
static void put_dynamic_head(struct bits *b, const uint8_t *lens, unsigned int hlit,
			     unsigned int hdist)
{
	put(b, 5, 3); /* final, dynamic */
	put(b, hlit - 257, 5);
	put(b, hdist - 1, 5);
	put(b, 19 - 4, 4);
	for (int i = 0; i < 19; i++)
		put(b, i < 3 ? 0 : 4, 3);
	for (unsigned int i = 0; i < hlit + hdist; i++) {
		uint32_t reversed = 0;

		for (int k = 0; k < 4; k++)
			reversed |= (lens[i] >> k & 1u) << (3 - k);
		put(b, reversed, 4);
	}
}

/* Over-subscribed, incomplete, empty, single codes; too many symbols; no end code. */
START_TEST(made_up_code_lengths_as_zlib)
{
	uint64_t seed = 5;

	for (int round = 0; round < 20000; round++) {
		unsigned int hlit = 257 + next_random(&seed) % 32;
		unsigned int hdist = 1 + next_random(&seed) % 32;
		uint8_t lens[320] = {0};
		struct bits b = {.nbits = 0};
		unsigned int left = 1 + next_random(&seed) % 6;

		/* A nearly complete code of few symbols: 1, 2, 3.. with one perturbed. */
		for (unsigned int i = 1; i <= left; i++)
			lens[next_random(&seed) % 256] = (uint8_t)i;
		lens[256] = (uint8_t)(next_random(&seed) % 5 ? left : next_random(&seed) % 16);
		if (next_random(&seed) % 3 == 0)
			lens[next_random(&seed) % hlit] = (uint8_t)(next_random(&seed) % 16);
		left = next_random(&seed) % 6;
		for (unsigned int i = 1; i <= left; i++)
			lens[hlit + next_random(&seed) % hdist] = (uint8_t)i;
		if (left)
			lens[hlit + next_random(&seed) % hdist] = (uint8_t)left;
		put_dynamic_head(&b, lens, hlit, hdist);
		for (int i = 0; i < 30; i++)
			put(&b, next_random(&seed), 8);
		check_stream(b.data, b.nbits / 8, &seed);
	}
}
END_TEST

/* Blocks without content: the bounds are on input and output, not on blocks. */
START_TEST(many_empty_blocks_come_to_an_end)
{
	struct bits b = {.nbits = 0};
	uint64_t seed = 6;

	for (int i = 0; i < 3000; i++)
		put(&b, 2, 10); /* fixed, end */
	put(&b, 3, 10);
	check_stream(b.data, (b.nbits + 7) / 8, &seed);
	memset(&b, 0, sizeof(b));
	for (int i = 0; i < 700; i++) {
		put(&b, 0, 8); /* stored, length 0 */
		put(&b, 0xffff0000, 32);
	}
	put(&b, 1, 8);
	put(&b, 0xffff0000, 32);
	check_stream(b.data, (b.nbits + 7) / 8, &seed);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("zip inflate");
	TCase *t = tcase_create("inflate");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 120);
	tcase_add_loop_test(t, each_bit_flipped_as_zlib, 0, SAMPLES);
	tcase_add_loop_test(t, cut_at_each_byte_as_zlib, 0, SAMPLES);
	tcase_add_loop_test(t, random_damage_as_zlib, 0, SAMPLES);
	tcase_add_test(t, random_bytes_as_zlib);
	tcase_add_test(t, made_up_code_lengths_as_zlib);
	tcase_add_test(t, many_empty_blocks_come_to_an_end);
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
