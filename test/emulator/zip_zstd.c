/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lz77_zstd requests through a standard zstd decoder: the device's sequences go
 * into zstd blocks untouched, with blocks stored raw in between and the client's
 * handling of repeat offsets (hisi-zip facts, 11.4 and section 16, item 26).
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#include "zip_client.h"
#include "zstd_frame.h"

enum { SIZE = 600000, BLOCK_MAX = 128 << 10 };

static struct zip_client *c;
static uint8_t *in, *literals, *device_sequences, *frame, *back;
static struct zstd_sequence *sequences;

enum { SEQUENCES_ROOM = BLOCK_MAX / 4 * 8 + 8 + 784 };

static void setup(void)
{
	c = client_new();
	in = client_alloc(c, SIZE);
	literals = client_alloc(c, BLOCK_MAX + 16);
	device_sequences = client_alloc(c, SEQUENCES_ROOM);
	sequences = malloc(BLOCK_MAX * sizeof(*sequences));
	frame = malloc(4 * SIZE);
	back = malloc(SIZE);
}

static void teardown(void)
{
	free(sequences);
	free(frame);
	free(back);
	client_free(c);
}

static void buffers(struct hisi_zip_sqe *sqe, uint32_t nin)
{
	field_set(sqe, ZIP_DEST_AVAIL, SEQUENCES_ROOM);
	field_set_addr(sqe, ZIP_ADDR_DEST, (uintptr_t)device_sequences);
	field_set(sqe, ZIP_LITERAL_LENGTH, nin + 16);
	field_set_addr(sqe, ZIP_ADDR_LITERAL, (uintptr_t)literals);
}

/* The device's entries as they are (11.3), the overflow put right (11.2). */
static size_t take_sequences(const struct hisi_zip_sqe *sqe)
{
	uint32_t n = field_get(sqe, ZIP_PRODUCED);

	for (uint32_t i = 0; i < n; i++) {
		const uint8_t *p = device_sequences + 8 * (size_t)i;
		uint32_t code;

		memcpy(&code, p, 4);
		sequences[i].offset_code = le32toh(code);
		sequences[i].run = p[4] | p[5] << 8;
		sequences[i].length = (uint32_t)(p[6] | p[7] << 8) + 3;
		if (field_get(sqe, ZIP_LIT_OVERFLOW_COUNT) == 1 &&
		    field_get(sqe, ZIP_LIT_OVERFLOW_POS) == i)
			sequences[i].run += 65536;
	}
	return n;
}

static size_t put_block(const struct hisi_zip_sqe *sqe, size_t at, const uint8_t *plain,
			size_t nplain, bool is_raw, bool is_last)
{
	size_t n = 0;

	if (!is_raw)
		n = zstd_put_block(frame + at, literals, field_get(sqe, ZIP_COMP_DATA_LENGTH),
				   sequences, take_sequences(sqe), is_last);
	return n ? n : zstd_put_raw_block(frame + at, plain, nplain, is_last);
}

static void check_frame(size_t nframe)
{
	size_t n = ZSTD_decompress(back, SIZE, frame, nframe);

	ck_assert_msg(!ZSTD_isError(n), "%s", ZSTD_getErrorName(n));
	ck_assert_uint_eq(n, SIZE);
	ck_assert(!memcmp(in, back, SIZE));
}

/* The client's side of 11.4; sets A and B at bytes 12 and 24 of the context. */
static void before_request(struct zip_stream *s, bool was_raw)
{
	uint8_t *area = s->ctx + 64;

	if (was_raw)
		memcpy(area + 784, s->ctx + 24, 12);
	else
		memcpy(s->ctx + 24, s->ctx + 12, 12);
	memset(area + 796, 0, 4);
}

static void after_request(struct zip_stream *s)
{
	memcpy(s->ctx + 12, s->ctx + 64 + 784, 12);
}

/* @raw_every: each such block is thrown away by the consumer, which stores it raw. */
static void check_stream(uint32_t type, enum data_kind kind, uint32_t block, unsigned int raw_every)
{
	size_t nframe = zstd_put_frame_head(frame);
	bool is_raw = false;
	struct zip_stream s;
	unsigned int i = 0;

	data_fill(kind, in, SIZE);
	stream_open(&s, c, ZIP_QUEUE_COMP, type);
	for (uint32_t pos = 0, n; pos < SIZE; pos += n, i++) {
		struct hisi_zip_sqe sqe;
		size_t put;

		n = block < SIZE - pos ? block : SIZE - pos;
		if (i)
			before_request(&s, is_raw);
		sqe = stream_element(&s, in + pos, n, NULL, 0, false);
		buffers(&sqe, n);
		ck_assert_int_eq(client_run(c, ZIP_QUEUE_COMP, &sqe), 0);
		ck_assert_uint_eq(field_get(&sqe, ZIP_STATUS), ZIP_ST_OK);
		stream_results(&s, &sqe);
		after_request(&s);
		is_raw = raw_every && i % raw_every == 0;
		put = put_block(&sqe, nframe, in + pos, n, is_raw, pos + n == SIZE);
		is_raw = is_raw || put == n + 3;
		nframe += put;
	}
	check_frame(nframe);
	stream_close(&s);
}

START_TEST(stream_decodes_with_raw_blocks_between)
{
	static const uint32_t types[] = {ZIP_REQ_LZ77_ZSTD, ZIP_REQ_LZ77_ZSTD_PRICE};
	static const uint32_t blocks[] = {100, 5000, 65536, BLOCK_MAX};

	for (int kind = 0; kind < DATA_KINDS; kind++) {
		for (int b = kind % 2 ? 0 : 1; b < 4; b++)
			check_stream(types[(kind + b) % 2], kind, blocks[b], (unsigned int)_i);
	}
}
END_TEST

/* Each block a request of its own, one frame: repeat codes rest on nothing outside. */
START_TEST(stateless_blocks_decode_in_one_frame)
{
	for (int kind = 0; kind < DATA_KINDS; kind++) {
		size_t nframe = zstd_put_frame_head(frame);

		data_fill(kind, in, SIZE);
		for (uint32_t pos = 0, n; pos < SIZE; pos += n) {
			struct hisi_zip_sqe sqe;

			n = SIZE - pos < 50000 ? SIZE - pos : 50000;
			sqe = element(ZIP_REQ_LZ77_ZSTD, in + pos, n, NULL, 0);
			buffers(&sqe, n);
			ck_assert_int_eq(client_run(c, ZIP_QUEUE_COMP, &sqe), 0);
			ck_assert_uint_eq(field_get(&sqe, ZIP_STATUS), ZIP_ST_OK);
			nframe += put_block(&sqe, nframe, in + pos, n, false, pos + n == SIZE);
		}
		check_frame(nframe);
	}
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("zip zstd");
	TCase *t = tcase_create("zstd");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, stream_decodes_with_raw_blocks_between, 0, 4);
	tcase_add_test(t, stateless_blocks_decode_in_one_frame);
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
