/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Scatter-gather lists as the emulated ZIP engine walks them, sound and hostile
 * (hisi-zip facts, sections 13 and 16: items 27 to 29).
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

enum chain_count { COUNT_CAPACITY, COUNT_CAPACITY_TIMES_LISTS, COUNT_TRUE, COUNT_GARBAGE, COUNTS };

/* @npieces pieces of @data in lists of at most @per_list; sizes 1, 2, 3.. and the rest last. */
static struct hisi_sgl *list_of(const uint8_t *data, size_t nbytes, unsigned int npieces,
				unsigned int per_list, enum chain_count count)
{
	struct hisi_sgl *first = NULL, *list = NULL;
	unsigned int nlists = (npieces + per_list - 1) / per_list;
	const unsigned int sums[COUNTS] = {per_list, per_list * nlists, npieces, 0x5a5a};
	size_t pos = 0;

	for (unsigned int i = 0; i < npieces; i++) {
		size_t n = i + 1 == npieces ? nbytes - pos : 1 + i % 50;
		uint8_t *piece;

		if (i % per_list == 0) {
			unsigned int here = npieces - i < per_list ? npieces - i : per_list;
			struct hisi_sgl *next = client_list(c, here);

			next->entry_sum_in_chain = htole16((uint16_t)sums[count]);
			if (list)
				list->next = htole64((uintptr_t)next);
			else
				first = next;
			list = next;
		}
		piece = data ? client_copy(c, data + pos, n) : client_alloc(c, n);
		list_put(list, i % per_list, piece, n);
		pos += n;
	}
	return first;
}

/* What was written into a list made by list_of(). */
static void collect(const struct hisi_sgl *list, uint8_t *to)
{
	while (list) {
		for (unsigned int i = 0; i < le16toh(list->entry_sum_in_sgl); i++) {
			uint32_t n = le32toh(list->entries[i].len);

			memcpy(to, (void *)(uintptr_t)le64toh(list->entries[i].buf), n);
			to += n;
		}
		list = (const struct hisi_sgl *)(uintptr_t)le64toh(list->next);
	}
}

static struct hisi_zip_sqe list_element(uint32_t type, const struct hisi_sgl *in, size_t nin,
					const struct hisi_sgl *out, size_t nout)
{
	struct hisi_zip_sqe sqe = element(type, in, nin, NULL, nout);

	field_set(&sqe, ZIP_BUFFER_TYPE, ZIP_BUF_SGL);
	field_set_addr(&sqe, ZIP_ADDR_DEST, (uintptr_t)out);
	return sqe;
}

static uint32_t run_status(unsigned int qc_type, struct hisi_zip_sqe *sqe, int expected)
{
	ck_assert_int_eq(client_run(c, qc_type, sqe), expected);
	return field_get(sqe, ZIP_STATUS);
}

/* Items 27 and 28; and back again. */
START_TEST(list_of_300_pieces_equals_flat)
{
	enum { N = 20000, ROOM = 24000 };
	uint8_t *plain = client_alloc(c, N);
	uint8_t *flat = client_alloc(c, ROOM);
	uint8_t gathered[ROOM], back[N];
	struct hisi_sgl *in, *out;
	struct hisi_zip_sqe sqe = element(ZIP_REQ_GZIP, plain, N, flat, ROOM);
	uint32_t produced;

	data_fill(DATA_TEXT, plain, N);
	ck_assert_uint_eq(run_status(ZIP_QUEUE_COMP, &sqe, 0), ZIP_ST_OK);
	produced = field_get(&sqe, ZIP_PRODUCED);

	in = list_of(plain, N, 300, 255, (enum chain_count)_i);
	ck_assert_uint_ne(in->next, 0);
	out = list_of(NULL, ROOM, 300, 255, (enum chain_count)_i);
	sqe = list_element(ZIP_REQ_GZIP, in, N, out, ROOM);
	ck_assert_uint_eq(run_status(ZIP_QUEUE_COMP, &sqe, 0), ZIP_ST_OK);
	ck_assert_uint_eq(field_get(&sqe, ZIP_CONSUMED), N);
	ck_assert_uint_eq(field_get(&sqe, ZIP_PRODUCED), produced);
	collect(out, gathered);
	ck_assert(!memcmp(gathered, flat, produced));

	in = list_of(flat, produced, 100, 7, (enum chain_count)_i);
	out = list_of(NULL, N, 300, 30, (enum chain_count)_i);
	sqe = list_element(ZIP_REQ_GZIP, in, produced, out, N);
	ck_assert_uint_eq(run_status(ZIP_QUEUE_DECOMP, &sqe, 0), ZIP_ST_OK);
	ck_assert_uint_eq(field_get(&sqe, ZIP_CONSUMED), produced);
	collect(out, back);
	ck_assert(!memcmp(back, plain, N));
}
END_TEST

/* Item 29: the header is skipped by offsets that cross elements. */
START_TEST(offsets_cross_elements)
{
	enum { N = 3000, ROOM = 3500 };
	uint8_t plain[N], body[10 + ROOM], written[ROOM + 10];
	struct hisi_sgl *in, *out;
	struct hisi_zip_sqe sqe;
	size_t nbody;
	uint32_t produced;

	data_fill(DATA_TEXT, plain, N);
	for (uint32_t skip = 0; skip < 40; skip++) {
		memset(body, 0xee, 10);
		nbody = judge_encode(ZIP_REQ_GZIP, 6, plain, N, body + skip % 11, ROOM);
		in = list_of(body, skip % 11 + nbody, 20, 255, COUNT_TRUE);
		out = list_of(NULL, N + skip, 20, 255, COUNT_TRUE);
		sqe = list_element(ZIP_REQ_GZIP, in, nbody, out, N);
		field_set(&sqe, ZIP_IN_SGE_OFFSET, skip % 11);
		field_set(&sqe, ZIP_OUT_SGE_OFFSET, skip);
		ck_assert_uint_eq(run_status(ZIP_QUEUE_DECOMP, &sqe, 0), ZIP_ST_OK);
		collect(out, written);
		ck_assert(!memcmp(written + skip, plain, N));
		for (uint32_t i = 0; i < skip; i++)
			ck_assert_uint_eq(written[i], 0xa5);
		client_free(c);
		c = client_new();
	}
	in = list_of(plain, N, 20, 255, COUNT_TRUE);
	out = list_of(NULL, ROOM, 20, 255, COUNT_TRUE);
	sqe = list_element(ZIP_REQ_GZIP, in, N - 100, out, ROOM - 10);
	field_set(&sqe, ZIP_IN_SGE_OFFSET, 100);
	field_set(&sqe, ZIP_OUT_SGE_OFFSET, 10);
	ck_assert_uint_eq(run_status(ZIP_QUEUE_COMP, &sqe, 0), ZIP_ST_OK);
	produced = field_get(&sqe, ZIP_PRODUCED);
	collect(out, written);
	ck_assert_int_eq(judge_decode(ZIP_REQ_GZIP, written + 10, produced, body, N - 100),
			 N - 100);
	ck_assert(!memcmp(body, plain + 100, N - 100));
}
END_TEST

START_TEST(streams_take_lists_too)
{
	enum { N = 9000 };
	uint8_t plain[N], *body = client_alloc(c, N), back[N + 100];
	struct zip_stream s;
	size_t n = 0;

	data_fill(DATA_BINARY, plain, N);
	stream_open(&s, c, ZIP_QUEUE_COMP, ZIP_REQ_ZLIB);
	for (size_t pos = 0; pos < N; pos += 3000) {
		struct hisi_sgl *in = list_of(plain + pos, 3000, 30, 20, COUNT_TRUE);
		struct hisi_sgl *out = list_of(NULL, 3500, 30, 20, COUNT_TRUE);
		struct hisi_zip_sqe sqe = stream_element(&s, in, 3000, out, 3500, pos + 3000 == N);

		field_set(&sqe, ZIP_BUFFER_TYPE, ZIP_BUF_SGL);
		ck_assert_uint_eq(run_status(ZIP_QUEUE_COMP, &sqe, 0), ZIP_ST_OK);
		stream_results(&s, &sqe);
		collect(out, back);
		memcpy(body + n, back, s.produced);
		n += s.produced;
	}
	ck_assert_int_eq(judge_decode(ZIP_REQ_ZLIB, body, n, back, N), N);
	ck_assert(!memcmp(plain, back, N));
}
END_TEST

/* DW 14 limits the output even if the list is longer, and a short list limits DW 14. */
START_TEST(room_is_the_smaller_of_list_and_dw14)
{
	enum { N = 2000 };
	uint8_t plain[N];
	struct hisi_sgl *in, *out;
	struct hisi_zip_sqe sqe;

	data_fill(DATA_RANDOM, plain, N);
	in = list_of(plain, N, 20, 255, COUNT_TRUE);
	out = list_of(NULL, 4000, 20, 255, COUNT_TRUE);
	sqe = list_element(ZIP_REQ_DEFLATE, in, N, out, 1500);
	ck_assert_uint_eq(run_status(ZIP_QUEUE_COMP, &sqe, 0), ZIP_ST_DEST_FULL);
	out = list_of(NULL, 1500, 20, 255, COUNT_TRUE);
	sqe = list_element(ZIP_REQ_DEFLATE, in, N, out, 4000);
	ck_assert_uint_eq(run_status(ZIP_QUEUE_COMP, &sqe, 0), ZIP_ST_DEST_FULL);
}
END_TEST

START_TEST(list_shorter_than_the_input_is_refused)
{
	uint8_t plain[500];
	struct hisi_sgl *in, *out = list_of(NULL, 1000, 3, 255, COUNT_TRUE);
	struct hisi_zip_sqe sqe;

	data_fill(DATA_TEXT, plain, sizeof(plain));
	in = list_of(plain, sizeof(plain), 10, 4, COUNT_TRUE);
	sqe = list_element(ZIP_REQ_DEFLATE, in, 501, out, 1000);
	ck_assert_uint_ge(run_status(ZIP_QUEUE_COMP, &sqe, 0), 0x80);
	sqe = list_element(ZIP_REQ_DEFLATE, in, 500, out, 1000);
	field_set(&sqe, ZIP_IN_SGE_OFFSET, 1);
	ck_assert_uint_ge(run_status(ZIP_QUEUE_COMP, &sqe, 0), 0x80);
	field_set(&sqe, ZIP_IN_SGE_OFFSET, 0xffffff);
	ck_assert_uint_ge(run_status(ZIP_QUEUE_COMP, &sqe, 0), 0x80);
}
END_TEST

START_TEST(zero_length_entries_and_empty_lists_are_passed_over)
{
	uint8_t plain[100], back[100];
	struct hisi_sgl *empty = client_list(c, 0), *padded = client_list(c, 5);
	struct hisi_sgl *in = list_of(plain, sizeof(plain), 1, 255, COUNT_TRUE);
	struct hisi_sgl *out = list_of(NULL, 300, 3, 2, COUNT_TRUE);
	struct hisi_zip_sqe sqe;
	uint8_t written[300];

	data_fill(DATA_TEXT, plain, sizeof(plain));
	memcpy((void *)(uintptr_t)le64toh(in->entries[0].buf), plain, sizeof(plain));
	padded->entries[3] = in->entries[0];
	empty->next = htole64((uintptr_t)padded);
	sqe = list_element(ZIP_REQ_DEFLATE, empty, sizeof(plain), out, 300);
	ck_assert_uint_eq(run_status(ZIP_QUEUE_COMP, &sqe, 0), ZIP_ST_OK);
	collect(out, written);
	ck_assert_int_eq(
		judge_decode(ZIP_REQ_DEFLATE, written, field_get(&sqe, ZIP_PRODUCED), back, 100),
		100);
	ck_assert(!memcmp(back, plain, 100));
}
END_TEST

/* F7: a chain that bites its tail, with data and without. */
START_TEST(loop_of_lists_ends)
{
	struct hisi_sgl *list = client_list(c, _i ? 1 : 0);
	struct hisi_sgl *out = list_of(NULL, 1000, 3, 255, COUNT_TRUE);
	struct hisi_zip_sqe sqe;

	if (_i) {
		list_put(list, 0, client_alloc(c, 10), 10);
	}
	list->next = htole64((uintptr_t)list);
	sqe = list_element(ZIP_REQ_DEFLATE, list, 100000, out, 1000);
	ck_assert_uint_ge(run_status(ZIP_QUEUE_COMP, &sqe, 0), 0x80);
	sqe = list_element(ZIP_REQ_DEFLATE, out, 1000, list, 100000);
	ck_assert_uint_ge(run_status(ZIP_QUEUE_COMP, &sqe, 0), 0x80);
}
END_TEST

START_TEST(chain_of_256_lists_works_and_of_257_is_refused)
{
	enum { PIECE = 30, NLISTS = 256 + 1 };
	uint8_t *data = client_alloc(c, PIECE);
	struct hisi_sgl *out = list_of(NULL, 2000, 3, 255, COUNT_TRUE), *in = NULL;
	struct hisi_zip_sqe sqe;

	memset(data, 'x', PIECE);
	for (unsigned int i = 1; i <= NLISTS; i++) {
		struct hisi_sgl *list = client_list(c, 1);

		list->next = htole64((uintptr_t)in);
		list_put(list, 0, data, PIECE);
		in = list;
		sqe = list_element(ZIP_REQ_DEFLATE, in, i * PIECE, out, 2000);
		if (i < NLISTS)
			ck_assert_uint_lt(run_status(ZIP_QUEUE_COMP, &sqe, 0), 0x80);
		else
			ck_assert_uint_ge(run_status(ZIP_QUEUE_COMP, &sqe, 0), 0x80);
	}
}
END_TEST

START_TEST(malformed_heads_and_entries_are_refused)
{
	struct hisi_sgl *out = list_of(NULL, 1000, 3, 255, COUNT_TRUE);
	struct hisi_sgl *list = client_list(c, 255);
	struct hisi_zip_sqe sqe = list_element(ZIP_REQ_DEFLATE, list, 100, out, 1000);

	list_put(list, 0, client_alloc(c, 100), 100);
	ck_assert_uint_eq(run_status(ZIP_QUEUE_COMP, &sqe, 0), ZIP_ST_OK);
	/* more entries than a list can have */
	list->entry_sum_in_sgl = htole16(256);
	ck_assert_uint_ge(run_status(ZIP_QUEUE_COMP, &sqe, 0), 0x80);
	list->entry_sum_in_sgl = htole16(1);
	/* an entry longer than 8 MiB */
	list->entries[0].len = htole32(UINT32_MAX);
	ck_assert_uint_ge(run_status(ZIP_QUEUE_COMP, &sqe, 0), 0x80);
	list->entries[0].len = htole32(100);
	/* a head that is not aligned */
	field_set_addr(&sqe, ZIP_ADDR_SOURCE, (uintptr_t)list + 8);
	ck_assert_uint_ge(run_status(ZIP_QUEUE_COMP, &sqe, 0), 0x80);
	/* heads, entries and data that are not mapped */
	field_set_addr(&sqe, ZIP_ADDR_SOURCE, 0x4000);
	ck_assert_uint_ge(run_status(ZIP_QUEUE_COMP, &sqe, -EFAULT), 0x80);
	field_set_addr(&sqe, ZIP_ADDR_SOURCE, (uintptr_t)list);
	list->entries[0].buf = htole64(0xfffffffffffffff0);
	ck_assert_uint_ge(run_status(ZIP_QUEUE_COMP, &sqe, -EFAULT), 0x80);
	list = client_list(c, 3);
	list->entry_sum_in_sgl = htole16(4);
	field_set_addr(&sqe, ZIP_ADDR_SOURCE, (uintptr_t)list);
	ck_assert_uint_ge(run_status(ZIP_QUEUE_COMP, &sqe, -EFAULT), 0x80);
}
END_TEST

/* Lists describe more than a flat buffer may hold; not more than the engine's bound. */
START_TEST(list_input_may_exceed_8_mib_but_not_64)
{
	enum { ENTRY = 8 << 20, N = 9 << 20 };
	struct hisi_sgl *in = client_list(c, 9), *out = client_list(c, 2);
	uint8_t *data = client_alloc(c, ENTRY);
	struct hisi_zip_sqe sqe;

	memset(data, 0, ENTRY);
	for (int i = 0; i < 9; i++) {
		list_put(in, i, data, ENTRY);
	}
	for (int i = 0; i < 2; i++) {
		list_put(out, i, client_alloc(c, 1 << 20), 1 << 20);
	}
	sqe = list_element(ZIP_REQ_GZIP, in, N, out, 2 << 20);
	ck_assert_uint_eq(run_status(ZIP_QUEUE_COMP, &sqe, 0), ZIP_ST_OK);
	ck_assert_uint_eq(field_get(&sqe, ZIP_ISIZE), N);
	sqe = list_element(ZIP_REQ_GZIP, in, (64 << 20) + 1, out, 2 << 20);
	ck_assert_uint_ge(run_status(ZIP_QUEUE_COMP, &sqe, 0), 0x80);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("zip list");
	TCase *t = tcase_create("list");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, list_of_300_pieces_equals_flat, 0, COUNTS);
	tcase_add_test(t, offsets_cross_elements);
	tcase_add_test(t, streams_take_lists_too);
	tcase_add_test(t, room_is_the_smaller_of_list_and_dw14);
	tcase_add_test(t, list_shorter_than_the_input_is_refused);
	tcase_add_test(t, zero_length_entries_and_empty_lists_are_passed_over);
	tcase_add_loop_test(t, loop_of_lists_ends, 0, 2);
	tcase_add_test(t, chain_of_256_lists_works_and_of_257_is_refused);
	tcase_add_test(t, malformed_heads_and_entries_are_refused);
	tcase_add_test(t, list_input_may_exceed_8_mib_but_not_64);
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
