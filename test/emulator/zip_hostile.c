/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Clients that mean harm: random elements, damaged and made-up contexts, memory
 * that changes. The engine must come back, stay within the buffers (the sanitizer
 * build sees each byte) and never report more than there was (FAULTS F6, F7, F24).
 */
#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "zip_client.h"
#include "zip_judge.h"

static struct zip_client *c;

static void setup(void)
{
	c = client_new();
}

static void teardown(void)
{
	client_free(c);
}

static const uint32_t types[] = {1, 2, 3, 4, 0x40, 0x41, 0x42, 0x43, 0, 0x10, 0xff};

/* A value that is likely to matter. */
static uint32_t odd_size(uint64_t *seed)
{
	static const uint32_t sizes[] = {0,	   1,	     2,		 15,
					 16,	   17,	     200,	 201,
					 4096,	   65536,    (8 << 20),	 (8 << 20) + 1,
					 1u << 26, 1u << 31, UINT32_MAX, UINT32_MAX - 15};
	uint32_t n = next_random(seed);

	return n % 3 ? sizes[n / 3 % 16] : next_random(seed) % 5000;
}

enum { POOL = 6, POOL_NBYTES = 70000 };

static uint64_t odd_address(uint8_t *const *pool, uint64_t *seed)
{
	uint32_t n = next_random(seed);

	if (n % 16 == 0)
		return (uint64_t)next_random(seed) << 32 | next_random(seed);
	if (n % 16 == 1)
		return n / 16 % 2 ? 0 : UINT64_MAX - next_random(seed) % 70000;
	return (uintptr_t)pool[n / 16 % POOL] + (n % 4 ? 0 : next_random(seed) % POOL_NBYTES);
}

static void odd_element(struct hisi_zip_sqe *sqe, uint8_t *const *pool, uint64_t *seed)
{
	for (int i = 0; i < 32; i++)
		sqe->dw[i] = next_random(seed) << 16 ^ next_random(seed);
	if (next_random(seed) % 16)
		field_set(sqe, ZIP_SQE_TYPE, 3);
	field_set(sqe, ZIP_REQUEST_TYPE, types[next_random(seed) % 11]);
	field_set(sqe, ZIP_BUFFER_TYPE, next_random(seed) % 16 ? next_random(seed) % 2 : 3);
	field_set(sqe, ZIP_WINDOW_SIZE, next_random(seed) % 6);
	field_set(sqe, ZIP_INPUT_LENGTH, odd_size(seed));
	field_set(sqe, ZIP_DEST_AVAIL, odd_size(seed));
	field_set(sqe, ZIP_LITERAL_LENGTH, odd_size(seed));
	if (next_random(seed) % 4) {
		field_set(sqe, ZIP_IN_SGE_OFFSET, next_random(seed) % 100);
		field_set(sqe, ZIP_OUT_SGE_OFFSET, next_random(seed) % 100);
	}
	if (next_random(seed) % 2)
		field_set(sqe, ZIP_CTX_DW2, next_random(seed) % 33000);
	for (unsigned int word = 18; word < 26; word += 2)
		field_set_addr(sqe, word, odd_address(pool, seed));
}

/* Lists that point anywhere, in a buffer of the pool. */
static void odd_lists(uint8_t *at, uint8_t *const *pool, uint64_t *seed)
{
	for (unsigned int i = 0; i < 4; i++) {
		struct hisi_sgl *list = (struct hisi_sgl *)(void *)(at + 1024 * (size_t)i);

		list->next = htole64(next_random(seed) % 3 ? odd_address(pool, seed) & ~63ull : 0);
		list->entry_sum_in_sgl = htole16((uint16_t)(next_random(seed) % 32));
		for (unsigned int k = 0; k < 30; k++) {
			list->entries[k].buf = htole64(odd_address(pool, seed));
			list->entries[k].len = htole32(odd_size(seed) % 3000);
		}
	}
}

static void check_results(const struct hisi_zip_sqe *sqe, const struct hisi_zip_sqe *before,
			  int ret)
{
	uint32_t room = field_get(before, ZIP_DEST_AVAIL);
	uint32_t produced = field_get(sqe, ZIP_PRODUCED);
	bool is_lz77 = field_get(before, ZIP_REQUEST_TYPE) >= 0x40;

	if (ret != 0 && ret != -EFAULT)
		ck_abort_msg("execute: %d", ret);
	if (ret && field_get(sqe, ZIP_STATUS) < 0x80)
		ck_abort_msg("fault with status 0x%x", field_get(sqe, ZIP_STATUS));
	if (field_get(sqe, ZIP_CONSUMED) > field_get(before, ZIP_INPUT_LENGTH))
		ck_abort_msg("consumed more than given");
	if (is_lz77 ? produced > room / 8 : produced > room)
		ck_abort_msg("produced more than there was room");
	if (is_lz77 && field_get(sqe, ZIP_COMP_DATA_LENGTH) > field_get(before, ZIP_INPUT_LENGTH))
		ck_abort_msg("more literals than input");
	for (int i = 4; i < 28; i++) {
		if (i != 15 && sqe->dw[i] != before->dw[i])
			ck_abort_msg("dword %d changed", i);
	}
}

START_TEST(random_elements_come_back)
{
	uint64_t seed = 100 + (uint64_t)_i;
	uint8_t *pool[POOL];

	for (unsigned int i = 0; i < POOL; i++) {
		pool[i] = client_alloc(c, POOL_NBYTES);
		data_fill(i % DATA_KINDS, pool[i], POOL_NBYTES);
	}
	for (int round = 0; round < 20000; round++) {
		struct hisi_zip_sqe sqe, before;
		int ret;

		if (round % 8 == 0)
			odd_lists(pool[next_random(&seed) % POOL], pool, &seed);
		if (round % 64 == 0)
			data_fill(round / 64 % DATA_KINDS, pool[round / 64 % POOL], POOL_NBYTES);
		odd_element(&sqe, pool, &seed);
		before = sqe;
		ret = client_run(c, next_random(&seed) % 2, &sqe);
		check_results(&sqe, &before, ret);
	}
}
END_TEST

/* A stream in the middle, of any sort. */
static void stream_begin(struct zip_stream *s, unsigned int qc_type, uint32_t type, uint8_t *in,
			 size_t nin, uint8_t *out, size_t nout, uint8_t *literals)
{
	struct hisi_zip_sqe sqe;

	stream_open(s, c, qc_type, type);
	sqe = stream_element(s, in, nin, out, nout, false);
	field_set(&sqe, ZIP_LITERAL_LENGTH, (uint32_t)nin + 16);
	field_set_addr(&sqe, ZIP_ADDR_LITERAL, (uintptr_t)literals);
	ck_assert_int_eq(client_run(c, qc_type, &sqe), 0);
	ck_assert_uint_eq(field_get(&sqe, ZIP_STATUS), ZIP_ST_OK);
	stream_results(s, &sqe);
}

static const struct {
	unsigned int qc_type;
	uint32_t type;
} streams[] = {{ZIP_QUEUE_COMP, ZIP_REQ_GZIP},	    {ZIP_QUEUE_COMP, ZIP_REQ_LZ77_ZSTD},
	       {ZIP_QUEUE_COMP, ZIP_REQ_LZ77_ONLY}, {ZIP_QUEUE_DECOMP, ZIP_REQ_DEFLATE},
	       {ZIP_QUEUE_DECOMP, ZIP_REQ_ZLIB},    {ZIP_QUEUE_DECOMP, ZIP_REQ_GZIP}};
enum { STREAMS = 6 };

static void damage(struct zip_stream *s, uint64_t *seed)
{
	/* The head, the words, and what follows the window are the interesting places. */
	static const uint32_t places[] = {0x00, 0x10, 0x2c, 0x40, 0x310, 0xc00, 0x8bf0, 0x9700};
	uint8_t *area = s->ctx + ZIP_CTX_DEVICE_OFFSET;
	unsigned int n = 1 + next_random(seed) % 4;

	while (n--) {
		uint32_t r = next_random(seed);

		if (r % 4 == 0)
			s->word[r / 4 % 5] ^= 1u << next_random(seed) % 32;
		else
			area[places[r / 4 % 8] + next_random(seed) % 0x60] =
				(uint8_t)(r % 4 == 1 ? 0xff : next_random(seed) % 32);
	}
}

START_TEST(damaged_contexts_come_back)
{
	enum { N = 6000 };
	uint64_t seed = 200 + (uint64_t)_i;
	uint8_t *in = client_alloc(c, N), *out = client_alloc(c, 9000);
	uint8_t *literals = client_alloc(c, 9000), *ctx, plain[40000];
	struct zip_stream s, saved;
	size_t nin = N;

	data_fill(DATA_TEXT, plain, sizeof(plain));
	if (streams[_i].qc_type == ZIP_QUEUE_DECOMP) {
		nin = judge_encode(streams[_i].type, 6, plain, sizeof(plain), out, 9000);
		ck_assert_uint_le(nin, 9000);
		nin = nin < N ? nin : N;
		memcpy(in, out, nin);
	} else {
		memcpy(in, plain, N);
	}
	stream_begin(&s, streams[_i].qc_type, streams[_i].type, in, nin / 2, out, 9000, literals);
	saved = s;
	ctx = malloc(ZIP_CTX_NBYTES);
	memcpy(ctx, s.ctx, ZIP_CTX_NBYTES);
	for (int round = 0; round < 8000; round++) {
		struct hisi_zip_sqe sqe, before;
		uint32_t nout = next_random(&seed) % 9000;
		int ret;

		if (round % 5 == 0) {
			memcpy(s.ctx, ctx, ZIP_CTX_NBYTES);
			memcpy(s.word, saved.word, sizeof(s.word));
		}
		damage(&s, &seed);
		sqe = stream_element(&s, in + nin / 2, next_random(&seed) % (nin / 2), out, nout,
				     round % 2);
		field_set(&sqe, ZIP_LITERAL_LENGTH, 9000);
		field_set_addr(&sqe, ZIP_ADDR_LITERAL, (uintptr_t)literals);
		before = sqe;
		ret = client_run(c, s.qc_type, &sqe);
		stream_results(&s, &sqe);
		check_results(&sqe, &before, ret);
	}
	free(ctx);
}
END_TEST

/* State of another direction or format, or of none, is refused by name. */
START_TEST(foreign_contexts_are_refused)
{
	enum { N = 500 };
	uint8_t *in = client_alloc(c, N), *out = client_alloc(c, 2000);
	uint8_t *literals = client_alloc(c, N + 16);
	struct zip_stream s;

	data_fill(DATA_TEXT, in, N);
	for (int i = 0; i < 3; i++) {
		for (int k = 0; k < STREAMS; k++) {
			struct hisi_zip_sqe sqe;
			uint32_t status;

			stream_begin(&s, streams[i].qc_type, streams[i].type, in, N, out, 2000,
				     literals);
			s.type = streams[k].type;
			sqe = stream_element(&s, in, N, out, 2000, false);
			field_set(&sqe, ZIP_LITERAL_LENGTH, N + 16);
			field_set_addr(&sqe, ZIP_ADDR_LITERAL, (uintptr_t)literals);
			ck_assert_int_eq(client_run(c, streams[k].qc_type, &sqe), 0);
			status = field_get(&sqe, ZIP_STATUS);
			if (i == k)
				ck_assert_uint_eq(status, ZIP_ST_OK);
			else
				ck_assert_uint_ge(status, 0x80);
			stream_close(&s);
		}
	}
	for (int k = 0; k < STREAMS; k++) {
		struct hisi_zip_sqe sqe;

		stream_open(&s, c, streams[k].qc_type, streams[k].type);
		s.is_started = true; /* but it is all zeros */
		sqe = stream_element(&s, in, N, out, 2000, false);
		field_set(&sqe, ZIP_LITERAL_LENGTH, N + 16);
		field_set_addr(&sqe, ZIP_ADDR_LITERAL, (uintptr_t)literals);
		ck_assert_int_eq(client_run(c, streams[k].qc_type, &sqe), 0);
		ck_assert_uint_ge(field_get(&sqe, ZIP_STATUS), 0x80);
	}
}
END_TEST

START_TEST(finished_compression_takes_no_more)
{
	uint8_t *in = client_alloc(c, 100), *out = client_alloc(c, 500);
	struct zip_stream s;

	stream_open(&s, c, ZIP_QUEUE_COMP, ZIP_REQ_GZIP);
	ck_assert_int_eq(stream_run(&s, in, 100, out, 500, true), 0);
	ck_assert_uint_eq(s.status, ZIP_ST_OK);
	ck_assert_int_eq(stream_run(&s, in, 100, out, 500, true), 0);
	ck_assert_uint_ge(s.status, 0x80);
	s.is_started = false;
	ck_assert_int_eq(stream_run(&s, in, 100, out, 500, true), 0);
	ck_assert_uint_eq(s.status, ZIP_ST_OK);
}
END_TEST

START_TEST(client_that_is_gone_is_told_as_such)
{
	uint8_t *in = client_alloc(c, 100), *out = client_alloc(c, 500);

	for (int k = 0; k < STREAMS; k++) {
		struct hisi_zip_sqe sqe = element(streams[k].type, in, 100, out, 500);

		field_set(&sqe, ZIP_LITERAL_LENGTH, 500);
		field_set_addr(&sqe, ZIP_ADDR_LITERAL, (uintptr_t)out);
		c->dma.is_gone = true;
		ck_assert_int_eq(client_run(c, streams[k].qc_type, &sqe), -ESRCH);
		ck_assert_uint_ge(field_get(&sqe, ZIP_STATUS), 0x80);
	}
}
END_TEST

/*
 * Who looks twice at memory that a client can write sees two different things:
 * no byte of lists, context or input may be read twice by one element.
 */
START_TEST(nothing_is_fetched_twice)
{
	enum { N = 3000 };
	uint8_t *in = client_alloc(c, N), *out = client_alloc(c, 9000);
	uint8_t *literals = client_alloc(c, 9000);
	struct hisi_sgl *lists[3] = {client_list(c, 3), client_list(c, 3), client_list(c, 1)};
	struct hisi_zip_sqe sqe;
	struct zip_stream s;
	uint8_t plain[N];

	data_fill(DATA_TEXT, plain, N);
	memcpy(in, plain, N);
	if (streams[_i].qc_type == ZIP_QUEUE_DECOMP)
		judge_encode(streams[_i].type, 0, plain, N - 100, in, N);
	stream_begin(&s, streams[_i].qc_type, streams[_i].type, in, N / 2, out, 9000, literals);
	list_put(lists[0], 0, in + N / 2, 10);
	list_put(lists[0], 1, in + N / 2 + 10, 90);
	list_put(lists[0], 2, in + N / 2 + 100, N / 2 - 100);
	list_put(lists[1], 0, out, 100);
	list_put(lists[1], 1, out + 100, 8900);
	list_put(lists[2], 0, literals, 9000);
	sqe = stream_element(&s, lists[0], N / 2, lists[1], 9000, false);
	field_set(&sqe, ZIP_BUFFER_TYPE, ZIP_BUF_SGL);
	field_set(&sqe, ZIP_LITERAL_LENGTH, 9000);
	field_set_addr(&sqe, ZIP_ADDR_LITERAL, (uintptr_t)lists[2]);
	c->dma.nreads = 0;
	ck_assert_int_eq(client_run(c, s.qc_type, &sqe), 0);
	ck_assert_uint_lt(field_get(&sqe, ZIP_STATUS), 0x80);
	ck_assert_uint_gt(c->dma.nreads, 6);
	for (unsigned int a = 0; a < c->dma.nreads; a++) {
		for (unsigned int b = 0; b < a; b++) {
			const struct client_read *x = &c->dma.read[a], *y = &c->dma.read[b];

			ck_assert(x->addr + x->nbytes <= y->addr || y->addr + y->nbytes <= x->addr);
		}
	}
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("zip hostile");
	TCase *t = tcase_create("hostile");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 120);
	tcase_add_loop_test(t, random_elements_come_back, 0, 4);
	tcase_add_loop_test(t, damaged_contexts_come_back, 0, STREAMS);
	tcase_add_test(t, foreign_contexts_are_refused);
	tcase_add_test(t, finished_compression_takes_no_more);
	tcase_add_test(t, client_that_is_gone_is_told_as_such);
	tcase_add_loop_test(t, nothing_is_fetched_twice, 0, STREAMS);
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
