// SPDX-License-Identifier: Apache-2.0
/*
 * Headers and stored blocks of wd_zip. zlib judges them.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include "../../samples/zip/format.h"

/* What zlib makes of the first bytes of a gzip file. */
static int zlib_reads_header(const uint8_t *in, size_t n, gz_header *h, char *name,
			     unsigned int size)
{
	z_stream z = { .next_in = (Bytef *)(uintptr_t)in, .avail_in = (uInt)n };
	uint8_t out[16];
	int rc;

	memset(h, 0, sizeof(*h));
	h->name = (Bytef *)name;
	h->name_max = size;
	ck_assert_int_eq(inflateInit2(&z, 31), Z_OK);
	ck_assert_int_eq(inflateGetHeader(&z, h), Z_OK);
	z.next_out = out;
	z.avail_out = sizeof(out);
	rc = inflate(&z, Z_NO_FLUSH);
	inflateEnd(&z);
	return rc;
}

START_TEST(gzip_header_write_is_read_by_zlib)
{
	uint8_t head[GZIP_HEADER_MAX];
	char name[300];
	gz_header h;
	size_t n = gzip_header_write(head, "a name", 0x89abcdef, 9);

	zlib_reads_header(head, n, &h, name, sizeof(name));
	ck_assert_int_eq(h.done, 1);
	ck_assert_str_eq(name, "a name");
	ck_assert_uint_eq(h.time, 0x89abcdef);
	ck_assert_int_eq(h.xflags, 2);
	ck_assert_int_eq(h.os, 3);
}
END_TEST

START_TEST(gzip_header_write_without_name_has_10_bytes)
{
	uint8_t head[GZIP_HEADER_MAX];
	char name[8];
	gz_header h;

	ck_assert_uint_eq(gzip_header_write(head, NULL, 0, 6), GZIP_HEADER_MIN);
	ck_assert_uint_eq(gzip_header_write(head, "", 0, 6), GZIP_HEADER_MIN);
	zlib_reads_header(head, GZIP_HEADER_MIN, &h, name, sizeof(name));
	ck_assert_int_eq(h.done, 1);
}
END_TEST

START_TEST(gzip_header_write_cuts_a_name_that_is_too_long)
{
	uint8_t head[GZIP_HEADER_MAX];
	char name[1000], found[1000];
	gz_header h;

	memset(name, 'n', sizeof(name));
	name[sizeof(name) - 1] = 0;
	ck_assert_uint_eq(gzip_header_write(head, name, 0, 6), GZIP_HEADER_MAX);
	zlib_reads_header(head, GZIP_HEADER_MAX, &h, found, sizeof(found));
	ck_assert_int_eq(h.done, 1);
	ck_assert_uint_eq(strlen(found), NAME_MAX);
}
END_TEST

/* A header with the fields of @flags; returns its length. */
static size_t make_header(uint8_t *p, unsigned int flags)
{
	size_t n = 10;

	memset(p, 0, 10);
	memcpy(p, "\x1f\x8b\x08", 3);
	p[3] = (uint8_t)flags;
	put_le32(p + 4, 1000000000);
	if (flags & 4) {
		p[n++] = 5;
		p[n++] = 0;
		memcpy(p + n, "extra", 5);
		n += 5;
	}
	if (flags & 8) {
		memcpy(p + n, "name", 5);
		n += 5;
	}
	if (flags & 16) {
		memcpy(p + n, "comment", 8);
		n += 8;
	}
	if (flags & 2) {
		uint32_t crc = (uint32_t)crc32(0, p, (uInt)n);

		p[n++] = (uint8_t)crc;
		p[n++] = (uint8_t)(crc >> 8);
	}
	return n;
}

START_TEST(gzip_header_parse_takes_every_set_of_fields)
{
	struct gzip_header h;
	uint8_t in[64];
	size_t n = make_header(in, (unsigned int)_i);

	in[n] = 'x';
	ck_assert_int_eq(gzip_header_parse(&h, in, n + 1), GZIP_HEADER_OK);
	ck_assert_uint_eq(h.nbytes, n);
	ck_assert_uint_eq(h.mtime, 1000000000);
	ck_assert_int_eq(h.has_name, !!(_i & 8));
	if (h.has_name)
		ck_assert_str_eq(h.name, "name");
}
END_TEST

START_TEST(gzip_header_parse_of_each_prefix_is_short)
{
	struct gzip_header h;
	uint8_t in[64];
	size_t n = make_header(in, (unsigned int)_i);

	for (size_t k = 0; k < n; k++) {
		/* In memory of its own, so that a look behind the end is seen. */
		uint8_t *cut = malloc(k ? k : 1);

		ck_assert_ptr_nonnull(cut);
		memcpy(cut, in, k);
		ck_assert_int_eq(gzip_header_parse(&h, cut, k), GZIP_HEADER_SHORT);
		free(cut);
	}
}
END_TEST

START_TEST(gzip_header_parse_refuses_what_zlib_refuses)
{
	uint8_t in[64];
	size_t n = make_header(in, 31);

	for (size_t i = 0; i < n; i++) {
		for (int bit = 0; bit < 8; bit++) {
			enum gzip_header_fault fault;
			struct gzip_header h;
			char name[64];
			gz_header z;
			int rc;

			in[i] ^= (uint8_t)(1 << bit);
			fault = gzip_header_parse(&h, in, n);
			rc = zlib_reads_header(in, n, &z, name, sizeof(name));
			ck_assert_msg((rc == Z_DATA_ERROR) == (fault > GZIP_HEADER_SHORT),
				      "byte %zu bit %d: zlib %d, fault %d", i, bit, rc, fault);
			in[i] ^= (uint8_t)(1 << bit);
		}
	}
}
END_TEST

START_TEST(zlib_header_is_valid_for_what_zlib_takes)
{
	for (unsigned int v = 0; v < 65536; v++) {
		uint8_t in[2] = { (uint8_t)(v >> 8), (uint8_t)v }, out[8];
		z_stream z = { .next_in = in, .avail_in = 2 };
		int rc;

		ck_assert_int_eq(inflateInit(&z), Z_OK);
		z.next_out = out;
		z.avail_out = sizeof(out);
		rc = inflate(&z, Z_NO_FLUSH);
		/* A preset dictionary is announced by the header, and nobody here has one. */
		if (rc == Z_OK && in[1] & 0x20)
			rc = Z_NEED_DICT;
		ck_assert_msg((rc == Z_OK) == zlib_header_is_valid(in, 2), "%02x %02x: zlib %d",
			      in[0], in[1], rc);
		inflateEnd(&z);
	}
}
END_TEST

START_TEST(zlib_header_write_is_valid_for_every_level)
{
	for (int level = 1; level <= 9; level++) {
		uint8_t head[ZLIB_HEADER];
		Bytef out[64];
		uLongf n = sizeof(out);

		zlib_header_write(head, level);
		ck_assert_int_eq(compress2(out, &n, (const Bytef *)"x", 1, level), Z_OK);
		ck_assert_mem_eq(head, out, ZLIB_HEADER);
	}
}
END_TEST

START_TEST(deflate_store_gives_its_input_back)
{
	static const size_t sizes[] = { 0, 1, 65534, 65535, 65536, 131070, 131071, 200000 };
	size_t n = sizes[_i], m;
	uint8_t *in = malloc(n + 1), *packed, *out = malloc(n + 1);
	z_stream z = { 0 };

	for (size_t i = 0; i < n; i++)
		in[i] = (uint8_t)(i * 7 + i / 256);
	packed = malloc(deflate_stored_size(n));
	m = deflate_store(packed, in, n, true);
	ck_assert_uint_eq(m, deflate_stored_size(n));
	ck_assert_int_eq(inflateInit2(&z, -15), Z_OK);
	z.next_in = packed;
	z.avail_in = (uInt)m;
	z.next_out = out;
	z.avail_out = (uInt)n + 1;
	ck_assert_int_eq(inflate(&z, Z_FINISH), Z_STREAM_END);
	ck_assert_uint_eq(z.avail_in, 0);
	ck_assert_uint_eq(z.total_out, n);
	ck_assert(!memcmp(in, out, n));
	inflateEnd(&z);
	free(in);
	free(packed);
	free(out);
}
END_TEST

START_TEST(deflate_store_not_final_can_be_followed)
{
	uint8_t packed[64], out[16];
	z_stream z = { 0 };
	size_t n = deflate_store(packed, (const uint8_t *)"one", 3, false);

	n += deflate_store(packed + n, (const uint8_t *)"two", 3, true);
	ck_assert_int_eq(inflateInit2(&z, -15), Z_OK);
	z.next_in = packed;
	z.avail_in = (uInt)n;
	z.next_out = out;
	z.avail_out = sizeof(out);
	ck_assert_int_eq(inflate(&z, Z_FINISH), Z_STREAM_END);
	ck_assert_uint_eq(z.total_out, 6);
	ck_assert_mem_eq(out, "onetwo", 6);
	inflateEnd(&z);
}
END_TEST

START_TEST(format_detect_knows_the_marks)
{
	ck_assert_int_eq(format_detect((const uint8_t *)"\x1f\x8b", 2), FORMAT_GZIP);
	ck_assert_int_eq(format_detect((const uint8_t *)"\x04\x22\x4d\x18", 4), FORMAT_LZ4);
	ck_assert_int_eq(format_detect((const uint8_t *)"\x5f\x2a\x4d\x18", 4), FORMAT_LZ4);
	ck_assert_int_eq(format_detect((const uint8_t *)"\x78\x9c", 2), FORMAT_ZLIB);
	ck_assert_int_eq(format_detect((const uint8_t *)"\x1f\x9d", 2), FORMAT_AUTO);
	ck_assert_int_eq(format_detect((const uint8_t *)"\x04\x22\x4d", 3), FORMAT_AUTO);
	ck_assert_int_eq(format_detect((const uint8_t *)"", 0), FORMAT_AUTO);
}
END_TEST

START_TEST(format_from_name_knows_its_own_names_only)
{
	for (int f = FORMAT_GZIP; f <= FORMAT_LZ4; f++)
		ck_assert_int_eq(format_from_name(format_name((enum format)f)), f);
	ck_assert_int_eq(format_from_name("unknown"), FORMAT_AUTO);
	ck_assert_int_eq(format_from_name("GZIP"), FORMAT_AUTO);
	ck_assert_int_eq(format_from_name(""), FORMAT_AUTO);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("wd_zip formats");
	TCase *tc = tcase_create("format");
	SRunner *sr = srunner_create(s);
	int failed;

	tcase_add_test(tc, gzip_header_write_is_read_by_zlib);
	tcase_add_test(tc, gzip_header_write_without_name_has_10_bytes);
	tcase_add_test(tc, gzip_header_write_cuts_a_name_that_is_too_long);
	tcase_add_loop_test(tc, gzip_header_parse_takes_every_set_of_fields, 0, 32);
	tcase_add_loop_test(tc, gzip_header_parse_of_each_prefix_is_short, 0, 32);
	tcase_add_test(tc, gzip_header_parse_refuses_what_zlib_refuses);
	tcase_add_test(tc, zlib_header_is_valid_for_what_zlib_takes);
	tcase_add_test(tc, zlib_header_write_is_valid_for_every_level);
	tcase_add_loop_test(tc, deflate_store_gives_its_input_back, 0, 8);
	tcase_add_test(tc, deflate_store_not_final_can_be_followed);
	tcase_add_test(tc, format_detect_knows_the_marks);
	tcase_add_test(tc, format_from_name_knows_its_own_names_only);
	suite_add_tcase(s, tc);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
