/* SPDX-License-Identifier: Apache-2.0 */
/*
 * LZ77 requests of the emulated ZIP engine: literals and sequences must rebuild
 * the input by a consumer written from the facts alone (hisi-zip, section 11 and
 * section 16: items 21, 23 to 25).
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "zip_client.h"

static const uint32_t types[] = {ZIP_REQ_LZ77_ONLY, ZIP_REQ_LZ77_ONLY_PRICE, ZIP_REQ_LZ77_ZSTD,
				 ZIP_REQ_LZ77_ZSTD_PRICE};
enum { NTYPES = 4 };

static struct zip_client *c;

static void setup(void)
{
	c = client_new();
}

static void teardown(void)
{
	client_free(c);
}

static bool is_zstd(uint32_t type)
{
	return type == ZIP_REQ_LZ77_ZSTD || type == ZIP_REQ_LZ77_ZSTD_PRICE;
}

static uint32_t max_input(uint32_t type)
{
	return is_zstd(type) ? 128 << 10 : (8 << 20) - 16;
}

static uint32_t max_distance(uint32_t window_code)
{
	static const uint32_t nbytes[] = {4096, 8192, 16384, 24576, 32768};

	return nbytes[window_code];
}

/* The buffers of one request, laid out as 11.1 says for flat mode. */
struct block {
	uint32_t type;
	const uint8_t *in;
	uint32_t nin;
	uint8_t *literals, *sequences;
	uint32_t literals_room, sequences_room;
	/* results */
	uint32_t status, nliterals, nsequences, overflow;
};

static struct block block_new(uint32_t type, const uint8_t *in, uint32_t nin)
{
	struct block b = {.type = type, .in = in, .nin = nin};

	b.literals_room = nin + 16;
	b.sequences_room = nin / 4 * 8 + 8 + 784 + 64;
	b.literals = client_alloc(c, b.literals_room);
	b.sequences = client_alloc(c, b.sequences_room);
	return b;
}

static void block_free(struct block *b)
{
	client_release(c, b->literals);
	client_release(c, b->sequences);
}

static void block_element(const struct block *b, struct hisi_zip_sqe *sqe)
{
	field_set(sqe, ZIP_LITERAL_LENGTH, b->literals_room);
	field_set_addr(sqe, ZIP_ADDR_LITERAL, (uintptr_t)b->literals);
}

static void block_results(struct block *b, const struct hisi_zip_sqe *sqe)
{
	b->status = field_get(sqe, ZIP_STATUS);
	b->nliterals = field_get(sqe, ZIP_COMP_DATA_LENGTH);
	b->nsequences = field_get(sqe, ZIP_PRODUCED);
	b->overflow = field_get(sqe, ZIP_CHECKSUM);
	if (b->status == ZIP_ST_OK)
		ck_assert_uint_eq(field_get(sqe, ZIP_CONSUMED), b->nin);
}

static void block_run(struct block *b, uint32_t window_code)
{
	struct hisi_zip_sqe sqe = element(b->type, b->in, b->nin, b->sequences, b->sequences_room);

	field_set(&sqe, ZIP_WINDOW_SIZE, window_code);
	block_element(b, &sqe);
	ck_assert_int_eq(client_run(c, ZIP_QUEUE_COMP, &sqe), 0);
	block_results(b, &sqe);
}

static void block_run_stream(struct block *b, struct zip_stream *s)
{
	struct hisi_zip_sqe sqe =
		stream_element(s, b->in, b->nin, b->sequences, b->sequences_room, false);

	field_set(&sqe, ZIP_REQUEST_TYPE, b->type);
	block_element(b, &sqe);
	ck_assert_int_eq(client_run(c, ZIP_QUEUE_COMP, &sqe), 0);
	block_results(b, &sqe);
	stream_results(s, &sqe);
}

/* Plain text being rebuilt, over several blocks if need be. */
struct consumer {
	uint8_t *plain;
	size_t nbytes;
	uint32_t repeat[3]; /* as a zstd decoder keeps them; 0: what we do not want to be used */
	uint32_t farthest;
	unsigned int nrepeats;
};

struct sequence {
	uint64_t run;
	uint32_t dist, length;
};

static uint32_t get32(const uint8_t *p)
{
	return p[0] | p[1] << 8 | p[2] << 16 | (uint32_t)p[3] << 24;
}

static uint32_t get16(const uint8_t *p)
{
	return p[0] | p[1] << 8;
}

/* RFC 8878, 3.1.1.5, as a decoder does it. */
static uint32_t repeat_resolve(struct consumer *k, uint32_t code, uint64_t run)
{
	uint32_t *r = k->repeat, dist;
	uint32_t which = code > 3 ? 0 : code + (run ? 0 : 1);

	switch (which) {
	case 1:
		return r[0];
	case 2:
		dist = r[1];
		r[1] = r[0];
		r[0] = dist;
		return dist;
	case 3:
		dist = r[2];
		break;
	case 4:
		dist = r[0] - 1;
		break;
	default:
		dist = code - 3;
	}
	r[2] = r[1];
	r[1] = r[0];
	r[0] = dist;
	return dist;
}

static struct sequence sequence_get(struct consumer *k, const struct block *b, uint32_t index)
{
	const uint8_t *p = b->sequences + 8 * (size_t)index;
	struct sequence s;

	s.length = get16(p + 6) + 3;
	if (!is_zstd(b->type)) {
		s.run = get32(p);
		s.dist = get16(p + 4) + 1;
		return s;
	}
	s.run = get16(p + 4);
	if (b->overflow >> 24 == 1 && (b->overflow & 0xffffff) == index)
		s.run += 65536;
	if (!get32(p))
		ck_abort_msg("sequence %u has offset code 0", index);
	k->nrepeats += get32(p) <= 3;
	s.dist = repeat_resolve(k, get32(p), s.run);
	return s;
}

static void consume(struct consumer *k, const struct block *b)
{
	const uint8_t *literal = b->literals;
	uint64_t left = b->nliterals;

	for (uint32_t i = 0; i < b->nsequences; i++) {
		struct sequence s = sequence_get(k, b, i);

		if (s.run > left || !s.dist || s.dist > k->nbytes + s.run)
			ck_abort_msg("sequence %u is impossible",
				     i); /* not ck_assert: too slow here */
		memcpy(k->plain + k->nbytes, literal, s.run);
		k->nbytes += s.run;
		literal += s.run;
		left -= s.run;
		if (s.dist > k->farthest)
			k->farthest = s.dist;
		for (uint32_t n = 0; n < s.length; n++, k->nbytes++)
			k->plain[k->nbytes] = k->plain[k->nbytes - s.dist];
	}
	memcpy(k->plain + k->nbytes, literal, left);
	k->nbytes += left;
}

static void check_rebuilt(const struct block *b, uint32_t window_code)
{
	struct consumer k = {.plain = malloc(b->nin + 100000)};

	ck_assert_uint_eq(b->status, ZIP_ST_OK);
	consume(&k, b);
	ck_assert_uint_eq(k.nbytes, b->nin);
	ck_assert(!memcmp(k.plain, b->in, b->nin));
	ck_assert_uint_le(k.farthest, max_distance(window_code));
	free(k.plain);
}

/* Items 23 and 25. */
START_TEST(literals_and_sequences_rebuild_the_input)
{
	static const uint32_t sizes[] = {0,   1,    3,	   4,	  5,	  8,	    100,
					 999, 4096, 65535, 65536, 100000, 128 << 10};
	uint32_t type = types[_i];

	for (int kind = 0; kind < DATA_KINDS; kind++) {
		for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
			uint8_t *in = client_alloc(c, sizes[i]);
			struct block b = block_new(type, in, sizes[i]);

			data_fill(kind, in, sizes[i]);
			block_run(&b, i % 5);
			check_rebuilt(&b, i % 5);
			block_free(&b);
			client_release(c, in);
		}
	}
}
END_TEST

START_TEST(largest_input_works_and_one_more_is_refused)
{
	uint32_t max = max_input(types[_i]);
	uint8_t *in = client_alloc(c, max + 1);
	struct block b = block_new(types[_i], in, max);

	data_fill(DATA_BINARY, in, max + 1);
	block_run(&b, 4);
	check_rebuilt(&b, 4);
	b.nin++;
	block_run(&b, 4);
	ck_assert_uint_ge(b.status, 0x80);
}
END_TEST

/* Item 21. */
START_TEST(window_bounds_and_is_used)
{
	enum { SIZE = 128 << 10 };
	uint8_t *in = client_alloc(c, SIZE);

	data_fill(DATA_RANDOM, in, SIZE);
	for (uint32_t n = 1000, k = 1; n + 500 < SIZE; n += 1000, k++)
		memcpy(in + n, in + n - (k % 33 < n / 1000 ? k % 33 * 1000 : n), 500);
	for (uint32_t code = 0; code < 5; code++) {
		struct block b = block_new(types[_i], in, SIZE);
		struct consumer k = {.plain = malloc(SIZE)};

		block_run(&b, code);
		check_rebuilt(&b, code);
		consume(&k, &b);
		ck_assert_uint_gt(k.farthest, max_distance(code) * 2 / 3);
		free(k.plain);
	}
}
END_TEST

START_TEST(price_mode_finds_no_less)
{
	enum { SIZE = 128 << 10 };
	uint8_t *in = client_alloc(c, SIZE);
	struct block fast = block_new(_i ? ZIP_REQ_LZ77_ZSTD : ZIP_REQ_LZ77_ONLY, in, SIZE);
	struct block deep =
		block_new(_i ? ZIP_REQ_LZ77_ZSTD_PRICE : ZIP_REQ_LZ77_ONLY_PRICE, in, SIZE);

	data_fill(DATA_TEXT, in, SIZE);
	block_run(&fast, 4);
	block_run(&deep, 4);
	ck_assert_uint_lt(deep.nliterals + 4 * deep.nsequences,
			  fast.nliterals + 4 * fast.nsequences);
	ck_assert_uint_lt(deep.nliterals, SIZE / 10);
}
END_TEST

/* Item 24. */
START_TEST(literal_run_above_65535_is_reported)
{
	enum { SIZE = 128 << 10 };
	uint8_t *in = client_alloc(c, SIZE);
	struct block b;

	for (uint32_t run = 65534; run < 65540; run++) {
		data_fill(DATA_RANDOM, in, SIZE);
		memset(in, 'x', 50); /* sequence 0 */
		memcpy(in + 50 + run, in + 1000, 200);
		in[50 + run + 200] ^= 0x55;
		memcpy(in + 50 + run + 300, in + 5000, 200);
		b = block_new(types[2 + _i], in, 50 + run + 500);
		block_run(&b, 4);
		/* out of reach of a 32 KiB window: no match, no overflow */
		ck_assert_uint_eq(b.overflow, 0);
		check_rebuilt(&b, 4);

		memcpy(in + 50 + run, in + 40000, 200);
		in[50 + run + 200] = (uint8_t)~in[40200];
		memcpy(in + 50 + run + 300, in + 45000, 200);
		block_run(&b, 4);
		ck_assert_uint_ge(b.nsequences, 3);
		ck_assert_uint_ge(b.nliterals, 60000);
		if (get16(b.sequences + 8 + 4) != run)
			ck_assert_uint_eq(b.overflow, 1u << 24 | 1);
		else
			ck_assert_uint_eq(b.overflow, 0);
		check_rebuilt(&b, 4);
		block_free(&b);
	}
}
END_TEST

/* Q7. */
START_TEST(literal_buffer_needs_16_bytes_more_than_the_input)
{
	uint8_t *in = client_alloc(c, 500);
	struct block b = block_new(types[_i], in, 500);

	data_fill(DATA_TEXT, in, 500);
	for (uint32_t room = 0; room <= 516; room++) {
		b.literals_room = room;
		block_run(&b, 4);
		ck_assert_uint_eq(b.status, room < 516 ? ZIP_ST_DEST_FULL : ZIP_ST_OK);
		if (room < 516)
			ck_assert_uint_eq(b.nliterals + b.nsequences, 0);
	}
}
END_TEST

START_TEST(sequence_buffer_too_small_is_0x0e)
{
	uint8_t *in = client_alloc(c, 20000);
	struct block b = block_new(types[_i], in, 20000);
	uint32_t needed;

	data_fill(DATA_TEXT, in, 20000);
	block_run(&b, 4);
	ck_assert_uint_gt(b.nsequences, 600);
	needed = 8 * b.nsequences + (is_zstd(types[_i]) ? 784 : 16);
	for (uint32_t room = 0; room <= needed; room += room + 100 < needed ? 61 : 1) {
		b.sequences_room = room;
		client_release(c, b.sequences);
		b.sequences = client_alloc(c, room);
		block_run(&b, 4);
		ck_assert_uint_eq(b.status, room < needed ? ZIP_ST_DEST_FULL : ZIP_ST_OK);
	}
}
END_TEST

/* The documented smallest sequence buffers hold a block without matches. */
START_TEST(smallest_buffers_do_for_incompressible_input)
{
	uint8_t *in = client_alloc(c, 5000);
	struct block b = block_new(types[_i], in, 5000);

	data_fill(DATA_RANDOM, in, 5000);
	b.sequences_room = is_zstd(types[_i]) ? 784 : 16;
	client_release(c, b.sequences);
	b.sequences = client_alloc(c, b.sequences_room);
	block_run(&b, 4);
	ck_assert_uint_eq(b.status, ZIP_ST_OK);
	ck_assert_uint_eq(b.nsequences, 0);
	ck_assert_uint_eq(b.nliterals, 5000);
	ck_assert(!memcmp(b.literals, in, 5000));
}
END_TEST

START_TEST(overflow_and_frequency_areas_are_zeroed)
{
	uint8_t *in = client_alloc(c, 5000);
	struct block b = block_new(types[2 + _i], in, 5000);

	data_fill(DATA_TEXT, in, 5000);
	block_run(&b, 4);
	for (uint32_t i = 0; i < 8 + 784; i++)
		ck_assert_uint_eq(b.sequences[8 * b.nsequences + i], 0);
	ck_assert_uint_eq(b.sequences[8 * b.nsequences + 8 + 784], 0xa5);
}
END_TEST

START_TEST(lists_give_what_flat_buffers_give)
{
	struct hisi_sgl *list[3];
	uint8_t *in = client_alloc(c, 6000);
	struct block b = block_new(types[_i], in, 6000), l = block_new(types[_i], in, 6000);
	void *data[3] = {in, l.literals, l.sequences};
	size_t nbytes[3] = {6000, l.literals_room, l.sequences_room};
	struct hisi_zip_sqe sqe;

	data_fill(DATA_BINARY, in, 6000);
	block_run(&b, 4);
	for (int i = 0; i < 3; i++) {
		list[i] = client_list(c, 3);
		for (unsigned int k = 0, pos = 0; k < 3; k++) {
			size_t n = k == 2 ? nbytes[i] - pos : 333 + k;

			list_put(list[i], k, (uint8_t *)data[i] + pos, n);
			pos += (unsigned int)n;
		}
	}
	sqe = element(types[_i], list[0], 6000, list[2], l.sequences_room);
	field_set(&sqe, ZIP_BUFFER_TYPE, ZIP_BUF_SGL);
	block_element(&l, &sqe);
	field_set_addr(&sqe, ZIP_ADDR_LITERAL, (uintptr_t)list[1]);
	ck_assert_int_eq(client_run(c, ZIP_QUEUE_COMP, &sqe), 0);
	block_results(&l, &sqe);
	check_rebuilt(&l, 4);
	ck_assert_uint_eq(l.nsequences, b.nsequences);
	ck_assert(!memcmp(l.sequences, b.sequences, 8 * b.nsequences));
}
END_TEST

static uint8_t *area(const struct zip_stream *s)
{
	return s->ctx + ZIP_CTX_DEVICE_OFFSET;
}

/* A stream in blocks; the driver clears the carry before each (Q8). */
START_TEST(stream_of_blocks_rebuilds_and_reaches_back)
{
	enum { SIZE = 200000 };
	uint8_t *in = client_alloc(c, SIZE);

	for (int kind = 0; kind < DATA_KINDS; kind++) {
		struct consumer k = {.plain = malloc(SIZE)};
		uint32_t piece = 700, farthest_back = 0;
		struct zip_stream s;

		data_fill(kind, in, SIZE);
		stream_open(&s, c, ZIP_QUEUE_COMP, types[_i]);
		for (uint32_t pos = 0; pos < SIZE; piece = piece * 3 / 2) {
			uint32_t n = piece < SIZE - pos ? piece : SIZE - pos;
			struct block b = block_new(types[_i ^ (pos % 2)], in + pos, n);

			memset(area(&s) + 796, 0, 4);
			block_run_stream(&b, &s);
			ck_assert_uint_eq(b.status, ZIP_ST_OK);
			k.farthest = 0;
			consume(&k, &b);
			if (k.farthest > n && k.farthest > farthest_back)
				farthest_back = k.farthest;
			pos += n;
			ck_assert_uint_eq(k.nbytes, pos);
			ck_assert(!memcmp(k.plain, in, pos));
			if (is_zstd(types[_i]))
				ck_assert_uint_eq(get32(area(&s) + 784), k.repeat[0]);
			block_free(&b);
		}
		if (kind == DATA_TEXT)
			ck_assert_uint_gt(farthest_back, 1000);
		if (kind != DATA_RANDOM && is_zstd(types[_i]))
			ck_assert_uint_gt(k.nrepeats, 0);
		free(k.plain);
		stream_close(&s);
	}
}
END_TEST

/* Without clearing, the first run of a block counts the literals the last one ended with. */
START_TEST(literal_carry_couples_blocks)
{
	enum { SIZE = 30000, PIECE = 1000 };
	uint8_t *in = client_alloc(c, SIZE);
	struct block all = {.type = types[_i]};
	struct consumer k = {.plain = malloc(SIZE)};
	struct zip_stream s;

	all.literals = malloc(SIZE);
	all.sequences = malloc(SIZE * 8);
	data_fill(DATA_BINARY, in, SIZE);
	stream_open(&s, c, ZIP_QUEUE_COMP, types[_i]);
	for (uint32_t pos = 0; pos < SIZE; pos += PIECE) {
		struct block b = block_new(types[_i], in + pos, PIECE);

		block_run_stream(&b, &s);
		memcpy(all.literals + all.nliterals, b.literals, b.nliterals);
		memcpy(all.sequences + 8 * all.nsequences, b.sequences, 8 * b.nsequences);
		all.nliterals += b.nliterals;
		all.nsequences += b.nsequences;
	}
	consume(&k, &all);
	ck_assert_uint_eq(k.nbytes, SIZE);
	ck_assert(!memcmp(k.plain, in, SIZE));
	free(all.literals);
	free(all.sequences);
	free(k.plain);
}
END_TEST

START_TEST(no_room_leaves_the_stream_as_it_was)
{
	enum { SIZE = 20000 };
	uint8_t *in = client_alloc(c, SIZE), saved[ZIP_CTX_NBYTES];
	struct consumer k = {.plain = malloc(SIZE)};
	struct zip_stream s;
	struct block b;

	data_fill(DATA_TEXT, in, SIZE);
	stream_open(&s, c, ZIP_QUEUE_COMP, types[_i]);
	for (uint32_t pos = 0; pos < SIZE; pos += SIZE / 2) {
		struct zip_stream before = s;

		b = block_new(types[_i], in + pos, SIZE / 2);
		memset(area(&s) + 796, 0, 4);
		memcpy(saved, s.ctx, sizeof(saved));
		b.sequences_room = 1000;
		block_run_stream(&b, &s);
		ck_assert_uint_eq(b.status, ZIP_ST_DEST_FULL);
		ck_assert(!memcmp(saved, s.ctx, sizeof(saved)));
		ck_assert_mem_eq(before.word, s.word, sizeof(s.word));
		s = before;
		b.sequences_room = SIZE / 2 / 4 * 8 + 792;
		block_run_stream(&b, &s);
		consume(&k, &b);
	}
	ck_assert_uint_eq(k.nbytes, SIZE);
	ck_assert(!memcmp(k.plain, in, SIZE));
	free(k.plain);
}
END_TEST

START_TEST(first_request_ignores_words_and_area)
{
	uint8_t *in = client_alloc(c, 5000);
	struct block b = block_new(types[_i], in, 5000), dirty = block_new(types[_i], in, 5000);
	struct zip_stream s;

	data_fill(DATA_TEXT, in, 5000);
	block_run(&b, 4);
	stream_open(&s, c, ZIP_QUEUE_COMP, types[_i]);
	memset(s.ctx, 0xcc, ZIP_CTX_NBYTES);
	memset(s.word, 0xcc, sizeof(s.word));
	block_run_stream(&dirty, &s);
	ck_assert_uint_eq(dirty.nsequences, b.nsequences);
	ck_assert(!memcmp(dirty.sequences, b.sequences, 8 * b.nsequences));
	check_rebuilt(&dirty, 4);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("zip lz77");
	TCase *t = tcase_create("lz77");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, literals_and_sequences_rebuild_the_input, 0, NTYPES);
	tcase_add_loop_test(t, largest_input_works_and_one_more_is_refused, 0, NTYPES);
	tcase_add_loop_test(t, window_bounds_and_is_used, 0, NTYPES);
	tcase_add_loop_test(t, price_mode_finds_no_less, 0, 2);
	tcase_add_loop_test(t, literal_run_above_65535_is_reported, 0, 2);
	tcase_add_loop_test(t, literal_buffer_needs_16_bytes_more_than_the_input, 0, NTYPES);
	tcase_add_loop_test(t, sequence_buffer_too_small_is_0x0e, 0, NTYPES);
	tcase_add_loop_test(t, smallest_buffers_do_for_incompressible_input, 0, NTYPES);
	tcase_add_loop_test(t, overflow_and_frequency_areas_are_zeroed, 0, 2);
	tcase_add_loop_test(t, lists_give_what_flat_buffers_give, 0, NTYPES);
	tcase_add_loop_test(t, stream_of_blocks_rebuilds_and_reaches_back, 0, NTYPES);
	tcase_add_loop_test(t, literal_carry_couples_blocks, 0, NTYPES);
	tcase_add_loop_test(t, no_room_leaves_the_stream_as_it_was, 0, NTYPES);
	tcase_add_loop_test(t, first_request_ignores_words_and_area, 0, NTYPES);
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
