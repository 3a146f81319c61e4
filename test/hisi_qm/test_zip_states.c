/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Streams and what an engine does seldom or never: states 1 to 4 of the saved
 * words, bits held back, errors, impossible lengths. The test changes an engine's
 * results before the driver reads them. Checklist lines of the ZIP facts (section
 * 16) are z<line>_..., its quirks (section 10) q<number>_...
 */
#include "stream.h"

static struct {
	uint32_t state, stored, code, last, consumed, produced, input;
	int calls;
} play;

static void play_result(struct inline_device *d, struct hisi_zip_sqe *sqe)
{
	(void)d;
	play.calls++;
	play.input = field_get(sqe, ZIP_INPUT_LENGTH);
	field_set(sqe, ZIP_STATUS, play.code);
	field_set(sqe, ZIP_LAST_BLOCK, play.last);
	field_set(sqe, ZIP_CONSUMED, play.consumed);
	field_set(sqe, ZIP_PRODUCED, play.produced);
	field_set(sqe, ZIP_CTX_DW0, play.state);
	field_set(sqe, ZIP_CTX_DW1, play.stored);
}

/* A decompression request of 100 bytes answered with what is in play. */
static struct wd_comp_msg played(uint32_t alg, uint32_t src_len)
{
	struct wd_comp_msg msg;

	decomp.after = play_result;
	data_deflate(alg, 6, in, 1000, mid, MIB);
	step(&decomp, &msg, alg, mid, src_len, out, 1000, false);
	return msg;
}

static uint32_t header_nbytes(uint32_t alg)
{
	return alg == WD_GZIP ? 10 : alg == WD_ZLIB ? 2 : 0;
}

TEST(z17_state_1_asks_for_an_empty_request_that_gets_the_rest)
{
	static const uint32_t codes[] = { 0x00, 0x0d, 0x13, 0x0e };
	struct wd_comp_msg msg;

	for (uint32_t alg = WD_DEFLATE; alg <= WD_GZIP; alg++)
		for (size_t i = 0; i < ARRAY_SIZE(codes); i++) {
			hisi_zip_driver.stream_reset(stream);
			memset(&play, 0, sizeof(play));
			play.state = ZIP_CTX_ST_LAST_NO_SPACE;
			play.code = codes[i];
			play.consumed = 50;
			play.produced = 1000;
			msg = played(alg, 100);
			ck_assert_uint_eq(msg.status, WD_EAGAIN);
			ck_assert_uint_eq(msg.consumed, 50 + header_nbytes(alg));
			ck_assert_uint_eq(msg.produced, 1000);
			/* Whatever the caller brings, the next request is empty. */
			play.code = 0x13;
			play.last = 1;
			play.consumed = 0;
			play.produced = 3;
			msg = played(alg, 40);
			ck_assert_uint_eq(play.input, 0);
			ck_assert_uint_eq(msg.status, WD_STREAM_END);
			ck_assert_uint_eq(msg.consumed, 0);
			ck_assert_uint_eq(msg.produced, 3);
		}
}

TEST(q6_state_2_with_stored_data_of_the_final_block)
{
	static const struct {
		uint32_t state, stored, less, status;
	} t[] = {
		{2 | ZIP_CTX0_FINAL_BLOCK, 5, 0, WD_EAGAIN},
		{2 | ZIP_CTX0_FINAL_BLOCK, 0x40000, 0, WD_EAGAIN},
		{2 | ZIP_CTX0_FINAL_BLOCK, 0x80000, 0,
		 WD_SUCCESS}, /* bit 19 is not of the number */
		{2 | ZIP_CTX0_FINAL_BLOCK, 0, 0, WD_SUCCESS},
		{2, 5, 0, WD_SUCCESS},
		{2 | ZIP_CTX0_FINAL_BLOCK, 5, 1, WD_SUCCESS}, /* input is left: that comes first */
		{3 | ZIP_CTX0_FINAL_BLOCK, 5, 0, WD_SUCCESS},
		{4 | ZIP_CTX0_FINAL_BLOCK, 5, 0, WD_SUCCESS},
		{0, 0, 0, WD_SUCCESS},
		{15, 0, 0, WD_SUCCESS},
	};
	struct wd_comp_msg msg;

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		hisi_zip_driver.stream_reset(stream);
		memset(&play, 0, sizeof(play));
		play.state = t[i].state;
		play.stored = t[i].stored;
		play.consumed = 98 - t[i].less;
		play.produced = 500;
		msg = played(WD_ZLIB, 100);
		ck_assert_uint_eq(msg.status, t[i].status);
	}
}

TEST(state_3_with_the_last_block_seen_asks_once_more)
{
	struct wd_comp_msg msg;

	memset(&play, 0, sizeof(play));
	play.state = 3;
	play.last = 1;
	play.consumed = 98;
	play.produced = 10;
	msg = played(WD_ZLIB, 100);
	ck_assert_uint_eq(msg.status, WD_EAGAIN);
	/* It holds nothing: the trailer is missing. No endless asking. */
	play.consumed = 0;
	play.produced = 0;
	msg = played(WD_ZLIB, 100);
	ck_assert_uint_eq(play.input, 0);
	ck_assert_uint_eq(msg.status, WD_SUCCESS);
	/* So the next input goes to the device again. */
	msg = played(WD_ZLIB, 4);
	ck_assert_uint_eq(play.input, 4);
}

static uint64_t held_bits;
static uint32_t held_window;

static void play_tail(struct inline_device *d, struct hisi_zip_sqe *sqe)
{
	uint8_t *area = (uint8_t *)(uintptr_t)field_get_addr(sqe, ZIP_ADDR_CTX);
	uint64_t bits = htole64(held_bits);

	play_result(d, sqe);
	field_set(sqe, ZIP_CTX_DW2, held_window);
	if (held_window <= 32768)
		memcpy(area + 0xc00 + (held_window + 15) / 16 * 16, &bits, 8);
}

static struct wd_comp_msg tail_of(uint32_t alg, uint64_t bits, unsigned int n, uint32_t window)
{
	struct wd_comp_msg msg;

	hisi_zip_driver.stream_reset(stream);
	memset(&play, 0, sizeof(play));
	play.state = 3 | n << 10;
	play.consumed = 100 - header_nbytes(alg);
	play.produced = 10;
	held_bits = bits;
	held_window = window;
	decomp.after = play_tail;
	data_deflate(alg, 6, in, 1000, mid, MIB);
	step(&decomp, &msg, alg, mid, 100, out, 1000, false);
	ck_assert_int_eq(msg.head.result, 0);
	return msg;
}

TEST(q5_end_of_a_raw_stream_among_the_held_bits)
{
	static const uint32_t windows[] = { 0, 1, 15, 16, 17, 4096, 32767, 32768 };

	for (size_t i = 0; i < ARRAY_SIZE(windows); i++) {
		ck_assert_uint_eq(tail_of(WD_DEFLATE, 3, 10, windows[i]).status, WD_EAGAIN);
		ck_assert_uint_eq(tail_of(WD_DEFLATE, 3, 9, windows[i]).status, WD_SUCCESS);
		ck_assert_uint_eq(tail_of(WD_DEFLATE, 7, 10, windows[i]).status, WD_IN_EPARA);
		ck_assert_uint_eq(tail_of(WD_DEFLATE, 3, 0, windows[i]).status, WD_SUCCESS);
		ck_assert_uint_eq(tail_of(WD_DEFLATE, 3, 40, windows[i]).status, WD_SUCCESS);
	}
	/* Only raw streams; the others have a trailer. */
	ck_assert_uint_eq(tail_of(WD_ZLIB, 7, 10, 64).status, WD_SUCCESS);
	ck_assert_uint_eq(tail_of(WD_GZIP, 3, 10, 64).status, WD_SUCCESS);
}

TEST(window_length_beyond_the_device_s_area_is_not_followed)
{
	ck_assert_uint_eq(tail_of(WD_DEFLATE, 3, 10, 65535).status, WD_IN_EPARA);
	ck_assert_uint_eq(tail_of(WD_DEFLATE, 3, 10, 0x8bc0).status, WD_IN_EPARA);
}

static void check_stream_lengths_refused(uint32_t consumed, uint32_t produced)
{
	struct wd_comp_msg msg;

	hisi_zip_driver.stream_reset(stream);
	memset(&play, 0, sizeof(play));
	play.consumed = consumed;
	play.produced = produced;
	msg = played(WD_ZLIB, 100);
	ck_assert_int_eq(msg.head.result, -WD_EIO);
	ck_assert_uint_eq(msg.consumed + msg.produced, 0);
	/* The stream is lost. */
	play.consumed = 1;
	play.produced = 1;
	msg = played(WD_ZLIB, 100);
	ck_assert_int_eq(msg.head.result, 0);
	ck_assert_uint_eq(msg.status, WD_IN_EPARA);
}

TEST(f05_lengths_beyond_the_request_fail_the_stream)
{
	check_stream_lengths_refused(99, 10);
	check_stream_lengths_refused(98, 1001);
	check_stream_lengths_refused(UINT32_MAX, UINT32_MAX);
}

TEST(lengths_that_come_with_an_error_are_dropped_if_impossible)
{
	struct wd_comp_msg msg;

	memset(&play, 0, sizeof(play));
	play.code = 0x10;
	play.consumed = 98;
	play.produced = 400;
	msg = played(WD_ZLIB, 100);
	ck_assert_uint_eq(msg.status, WD_VERIFY_ERR);
	ck_assert_uint_eq(msg.produced, 400);
	hisi_zip_driver.stream_reset(stream);
	play.produced = UINT32_MAX;
	msg = played(WD_ZLIB, 100);
	ck_assert_int_eq(msg.head.result, 0);
	ck_assert_uint_eq(msg.status, WD_VERIFY_ERR);
	ck_assert_uint_eq(msg.produced, 0);
	/* With little room: what fits comes with the error, the rest is dropped. */
	hisi_zip_driver.stream_reset(stream);
	play.produced = 100;
	data_deflate(WD_ZLIB, 6, in, 1000, mid, MIB);
	step(&decomp, &msg, WD_ZLIB, mid, 100, out, 30, false);
	ck_assert_uint_eq(msg.status, WD_VERIFY_ERR);
	ck_assert_uint_eq(msg.produced, 30);
	step(&decomp, &msg, WD_ZLIB, mid, 100, out, 300, false);
	ck_assert_uint_eq(msg.status, WD_VERIFY_ERR);
	ck_assert_uint_eq(msg.produced, 0);
}

TEST(f05_lengths_beyond_the_side_buffer_fail_the_stream)
{
	struct wd_comp_msg msg;

	memset(&play, 0, sizeof(play));
	play.consumed = 1;
	play.produced = 237;
	comp.after = play_result;
	data_fill(in, 100, DATA_TEXT);
	step(&comp, &msg, WD_GZIP, in, 100, mid, 5, false);
	ck_assert_int_eq(msg.head.result, -WD_EIO);
	ck_assert_uint_eq(msg.produced, 0);
}

TEST(compression_with_state_1_is_finished_by_empty_requests)
{
	struct wd_comp_msg msg;

	memset(&play, 0, sizeof(play));
	play.state = ZIP_CTX_ST_LAST_NO_SPACE;
	play.consumed = 100;
	play.produced = 1000 - 2;
	comp.after = play_result;
	data_fill(in, 100, DATA_TEXT);
	step(&comp, &msg, WD_ZLIB, in, 100, mid, 1000, true);
	ck_assert_uint_eq(msg.status, WD_EAGAIN);
	ck_assert_uint_eq(msg.produced, 1000);
	play.state = 0;
	play.consumed = 0;
	play.produced = 20;
	step(&comp, &msg, WD_ZLIB, in, 0, mid, 1000, true);
	ck_assert_int_eq(play.calls, 2);
	ck_assert_uint_eq(play.input, 0);
	ck_assert_uint_eq(msg.status, WD_STREAM_END);
	ck_assert_uint_eq(msg.produced, 20);
}

TEST(device_that_ends_a_stream_it_compresses_is_not_believed)
{
	struct wd_comp_msg msg;

	memset(&play, 0, sizeof(play));
	play.code = 0x13;
	play.last = 1;
	play.consumed = 100;
	play.produced = 50;
	comp.after = play_result;
	step(&comp, &msg, WD_ZLIB, in, 100, mid, 1000, false);
	ck_assert_uint_eq(msg.status, WD_SUCCESS);
}

int main(void)
{
	return run_tests("zip_states", setup, teardown);
}
