/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tail check against the table of the ZIP facts (section 16, line 31), and
 * against zlib on bits made at random: both must agree on what a complete raw
 * stream is, apart from the rules the facts give a law of their own.
 */
#include <zlib.h>
#include "drivers/hisi_qm/zip.h"
#include "runner.h"

/* Bits as they are read, first bit leftmost. */
static enum zip_tail check(const char *bits)
{
	uint64_t value = 0;
	unsigned int n = 0;

	for (; *bits; bits++)
		if (*bits == '0' || *bits == '1')
			value |= (uint64_t)(*bits - '0') << n++;
	return zip_tail_check(value, n);
}

TEST(z31_empty_final_fixed_block_is_complete)
{
	ck_assert_int_eq(zip_tail_check(0x0003, 16), ZIP_TAIL_COMPLETE);
	ck_assert_int_eq(zip_tail_check(0x0003, 10), ZIP_TAIL_COMPLETE);
}

TEST(z31_its_first_9_bits_are_incomplete)
{
	for (unsigned int n = 0; n <= 9; n++)
		ck_assert_int_eq(zip_tail_check(0x0003, n), ZIP_TAIL_INCOMPLETE);
}

TEST(z31_block_type_3_is_an_error)
{
	ck_assert_int_eq(check("111"), ZIP_TAIL_BAD);
	ck_assert_int_eq(check("011 0000000000"), ZIP_TAIL_BAD);
}

static enum zip_tail check_stored(unsigned int padding, uint32_t length, uint32_t complement,
				  unsigned int final)
{
	uint64_t value = final;
	unsigned int n = 3 + padding;

	value |= (uint64_t)length << n;
	value |= (uint64_t)complement << (n + 16);
	return zip_tail_check(value, n + 32);
}

TEST(z31_empty_stored_block_is_complete_with_any_padding)
{
	for (unsigned int p = 0; p <= 4; p++) {
		ck_assert_int_eq(check_stored(p, 0, 0xffff, 1), ZIP_TAIL_COMPLETE);
		/* Its final bit is not looked at. */
		ck_assert_int_eq(check_stored(p, 0, 0xffff, 0), ZIP_TAIL_COMPLETE);
		ck_assert_int_eq(check_stored(p, 0, 0xfffe, 1), ZIP_TAIL_BAD);
		ck_assert_int_eq(check_stored(p, 1, 0xfffe, 1), ZIP_TAIL_INCOMPLETE);
	}
}

TEST(z31_forty_bits_and_more_are_incomplete)
{
	for (unsigned int n = 40; n < 64; n++) {
		ck_assert_int_eq(zip_tail_check(0x0003, n), ZIP_TAIL_INCOMPLETE);
		ck_assert_int_eq(zip_tail_check(7, n), ZIP_TAIL_INCOMPLETE);
	}
	ck_assert_int_eq(check_stored(5, 0, 0xffff, 1), ZIP_TAIL_INCOMPLETE);
}

TEST(stored_header_cut_short_is_incomplete)
{
	for (unsigned int n = 3; n < 35; n++)
		ck_assert_int_eq(zip_tail_check(1, n), ZIP_TAIL_INCOMPLETE);
}

TEST(dynamic_block_is_incomplete)
{
	ck_assert_int_eq(check("101 00000000"), ZIP_TAIL_INCOMPLETE);
}

TEST(fixed_block_with_a_literal_and_a_match)
{
	/* literal 'a' = code 0x91; match of 3 (257: 0000001), distance 1 (00000); end. */
	ck_assert_int_eq(check("110 10010001 0000001 00000 0000000"), ZIP_TAIL_COMPLETE);
	ck_assert_int_eq(check("110 10010001 0000001 00000 000000"), ZIP_TAIL_INCOMPLETE);
	ck_assert_int_eq(check("110 10010001 0000001 000"), ZIP_TAIL_INCOMPLETE);
	/* Not final: something must follow. */
	ck_assert_int_eq(check("010 0000000"), ZIP_TAIL_INCOMPLETE);
	ck_assert_int_eq(check("010 0000000 110 0000000"), ZIP_TAIL_COMPLETE);
}

TEST(codes_that_do_not_exist_are_errors)
{
	ck_assert_int_eq(check("110 11000110"), ZIP_TAIL_BAD); /* 286 */
	ck_assert_int_eq(check("110 11000111"), ZIP_TAIL_BAD); /* 287 */
	ck_assert_int_eq(check("110 10010001 0000001 11110"), ZIP_TAIL_BAD);
	ck_assert_int_eq(check("110 10010001 0000001 11111"), ZIP_TAIL_BAD);
	ck_assert_int_eq(check("110 10010001 0000001 11101 000000000000 0"), ZIP_TAIL_INCOMPLETE);
}

/* What zlib makes of the bits as a raw stream behind a window of zeros. */
static int by_zlib(uint64_t bits)
{
	static uint8_t window[32768], out[70000];
	z_stream z = { 0 };
	int ret;

	ck_assert_int_eq(inflateInit2(&z, -15), Z_OK);
	inflateSetDictionary(&z, window, sizeof(window));
	z.next_in = (Bytef *)&bits;
	z.avail_in = sizeof(bits);
	z.next_out = out;
	z.avail_out = sizeof(out);
	ret = inflate(&z, Z_SYNC_FLUSH);
	inflateEnd(&z);
	return ret;
}

TEST(random_fixed_blocks_agree_with_zlib)
{
	uint64_t state = 88172645463325252;
	int complete = 0, bad = 0;

	for (int i = 0; i < 200000; i++) {
		enum zip_tail tail;
		uint64_t bits;

		state ^= state << 13;
		state ^= state >> 7;
		state ^= state << 17;
		/* Fixed and final; what follows the 39 bits is zeros for both. */
		bits = (state & 0x7ffffffff8) | 3;
		if (i & 1)
			bits &= ~(0x7full << (3 + (state >> 40) % 28)); /* an end somewhere */
		tail = zip_tail_check(bits, 39);
		switch (by_zlib(htole64(bits))) {
		case Z_STREAM_END:
			/* zlib saw zeros behind the 39 bits; an end in them is incomplete here. */
			ck_assert_int_ne(tail, ZIP_TAIL_BAD);
			complete += tail == ZIP_TAIL_COMPLETE;
			break;
		case Z_DATA_ERROR:
			ck_assert_int_ne(tail, ZIP_TAIL_COMPLETE);
			bad += tail == ZIP_TAIL_BAD;
			break;
		default:
			ck_assert_int_eq(tail, ZIP_TAIL_INCOMPLETE);
		}
	}
	ck_assert_int_gt(complete, 1000);
	ck_assert_int_gt(bad, 1000);
}

int main(void)
{
	return run_tests("zip_tail", NULL, NULL);
}
