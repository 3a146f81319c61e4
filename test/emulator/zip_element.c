/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the emulated ZIP engine makes of an element before any data moves, and
 * LZ4 requests (hisi-zip facts, sections 1 to 5 and 16: items 1, 3, 30).
 */
#include <check.h>
#include <errno.h>
#include <lz4.h>
#include <stdlib.h>
#include <string.h>

#include "zip_client.h"
#include "zip_judge.h"

static struct zip_client *c;
static uint8_t *in, *out;

enum { N = 1000, ROOM = 4000 };

static void setup(void)
{
	c = client_new();
	in = client_alloc(c, N);
	out = client_alloc(c, ROOM);
	data_fill(DATA_TEXT, in, N);
}

static void teardown(void)
{
	client_free(c);
}

static uint32_t run_status(unsigned int qc_type, struct hisi_zip_sqe *sqe)
{
	ck_assert_int_eq(client_run(c, qc_type, sqe), 0);
	return field_get(sqe, ZIP_STATUS);
}

START_TEST(element_type_0_belongs_to_v2_and_3_to_later)
{
	for (unsigned int version = 1; version < 7; version++) {
		for (uint32_t type = 0; type < 16; type++) {
			struct hisi_zip_sqe sqe = element(ZIP_REQ_ZLIB, in, N, out, ROOM);
			bool is_right = type == (version <= 2 ? 0 : 3);

			c->qm_version = version;
			field_set(&sqe, ZIP_SQE_TYPE, type);
			ck_assert_int_eq(run_status(ZIP_QUEUE_COMP, &sqe) == ZIP_ST_OK, is_right);
		}
	}
}
END_TEST

static bool is_of(uint32_t type, const uint32_t *set, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (set[i] == type)
			return true;
	}
	return false;
}

START_TEST(only_the_known_request_types_are_served)
{
	static const uint32_t known[] = {1, 2, 3, 4, 0x40, 0x41, 0x42, 0x43};
	static const uint32_t known_to_v2[] = {1, 2, 3};
	uint8_t *literals = client_alloc(c, ROOM);

	for (uint32_t type = 0; type < 256; type++) {
		struct hisi_zip_sqe sqe = element(type, in, N, out, ROOM);

		field_set(&sqe, ZIP_LITERAL_LENGTH, ROOM);
		field_set_addr(&sqe, ZIP_ADDR_LITERAL, (uintptr_t)literals);
		c->qm_version = 5;
		ck_assert_int_eq(run_status(ZIP_QUEUE_COMP, &sqe) == ZIP_ST_OK,
				 is_of(type, known, 8));
		sqe = element(type, in, N, out, ROOM);
		field_set(&sqe, ZIP_SQE_TYPE, 0);
		c->qm_version = 2;
		ck_assert_int_eq(run_status(ZIP_QUEUE_COMP, &sqe) == ZIP_ST_OK,
				 is_of(type, known_to_v2, 3));
	}
}
END_TEST

START_TEST(only_deflate_zlib_gzip_decompress)
{
	for (uint32_t type = 4; type < 256; type++) {
		struct hisi_zip_sqe sqe = element(type, in, N, out, ROOM);

		ck_assert_uint_ge(run_status(ZIP_QUEUE_DECOMP, &sqe), 0x80);
	}
}
END_TEST

START_TEST(queue_type_of_other_engines_is_refused)
{
	struct hisi_zip_sqe sqe = element(ZIP_REQ_ZLIB, in, N, out, ROOM);

	ck_assert_uint_ge(run_status(ZIP_QUEUE_DAE, &sqe), 0x80);
	ck_assert_uint_ge(run_status(77, &sqe), 0x80);
}
END_TEST

START_TEST(buffer_types_and_windows_beyond_the_known_are_refused)
{
	for (uint32_t v = 0; v < 16; v++) {
		struct hisi_zip_sqe sqe = element(ZIP_REQ_ZLIB, in, N, out, ROOM);

		field_set(&sqe, ZIP_WINDOW_SIZE, v);
		ck_assert_int_eq(run_status(ZIP_QUEUE_COMP, &sqe) == ZIP_ST_OK, v <= 4);
		if (v < 2)
			continue;
		sqe = element(ZIP_REQ_ZLIB, in, N, out, ROOM);
		field_set(&sqe, ZIP_BUFFER_TYPE, v);
		ck_assert_uint_ge(run_status(ZIP_QUEUE_COMP, &sqe), 0x80);
	}
}
END_TEST

START_TEST(refused_element_keeps_client_words_and_has_no_results)
{
	struct hisi_zip_sqe sqe = element(0x99, in, N, out, ROOM), before;

	for (int i = 0; i < 4; i++)
		sqe.dw[i] = 0xffffffff;
	for (int i = 15; i < 32; i++)
		sqe.dw[i] = htole32(0x01010101u * (unsigned int)i);
	before = sqe;
	ck_assert_uint_ge(run_status(ZIP_QUEUE_COMP, &sqe), 0x80);
	ck_assert_uint_eq(field_get(&sqe, ZIP_CONSUMED), 0);
	ck_assert_uint_eq(field_get(&sqe, ZIP_PRODUCED), 0);
	ck_assert_uint_eq(field_get(&sqe, ZIP_LAST_BLOCK), 0);
	ck_assert(!memcmp(&sqe.dw[4], &before.dw[4], 11 * 4));
	ck_assert(!memcmp(&sqe.dw[16], &before.dw[16], 12 * 4));
}
END_TEST

START_TEST(algorithms_are_the_kernels_lists)
{
	ck_assert_str_eq(emu_engine_zip.algorithms(2), "zlib\ngzip\n");
	ck_assert_str_eq(emu_engine_zip.algorithms(3),
			 "zlib\ngzip\ndeflate\nlz77_zstd\nlz77_only\nlz4\n");
	ck_assert_str_eq(emu_engine_zip.algorithms(5), emu_engine_zip.algorithms(3));
	ck_assert_uint_eq(emu_engine_zip.sqe_nbytes, 128);
	ck_assert_str_eq(emu_engine_zip.driver_name, "hisi_zip");
}
END_TEST

static void check_lz4(enum data_kind kind, int nbytes)
{
	int room = LZ4_compressBound(nbytes);
	uint8_t *plain = client_alloc(c, (size_t)nbytes);
	uint8_t *body = client_alloc(c, (size_t)room);
	char *back = malloc((size_t)nbytes);
	struct hisi_zip_sqe sqe = element(ZIP_REQ_LZ4, plain, (size_t)nbytes, body, (size_t)room);
	uint32_t status, produced;

	data_fill(kind, plain, (size_t)nbytes);
	status = run_status(ZIP_QUEUE_COMP, &sqe);
	produced = field_get(&sqe, ZIP_PRODUCED);
	ck_assert_uint_eq(status, produced < (uint32_t)nbytes ? ZIP_ST_OK : ZIP_ST_NEGATIVE_COMP);
	ck_assert_uint_eq(field_get(&sqe, ZIP_CONSUMED), (uint32_t)nbytes);
	ck_assert_int_eq(LZ4_decompress_safe((char *)body, back, (int)produced, nbytes), nbytes);
	ck_assert(!memcmp(back, plain, (size_t)nbytes));
	/* one byte less than needed, and no room at all */
	sqe = element(ZIP_REQ_LZ4, plain, (size_t)nbytes, body, produced - 1);
	ck_assert_uint_eq(run_status(ZIP_QUEUE_COMP, &sqe), ZIP_ST_DEST_FULL);
	sqe = element(ZIP_REQ_LZ4, plain, (size_t)nbytes, body, 0);
	ck_assert_uint_eq(run_status(ZIP_QUEUE_COMP, &sqe), ZIP_ST_DEST_FULL);
	ck_assert_uint_eq(field_get(&sqe, ZIP_PRODUCED), 0);
	free(back);
	client_release(c, plain);
	client_release(c, body);
}

/* Item 30. */
START_TEST(lz4_block_is_what_liblz4_decodes)
{
	static const int sizes[] = {1, 2, 12, 13, 64, 1000, 65535, 65536, 65537, 300000, 8 << 20};

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		check_lz4((enum data_kind)_i, sizes[i]);
}
END_TEST

START_TEST(lz4_limits)
{
	uint8_t *big = client_alloc(c, (8 << 20) + 1);
	struct hisi_zip_sqe sqe = element(ZIP_REQ_LZ4, big, (8 << 20) + 1, out, ROOM);

	ck_assert_uint_ge(run_status(ZIP_QUEUE_COMP, &sqe), 0x80);
	sqe = element(ZIP_REQ_LZ4, in, 0, out, ROOM);
	ck_assert_uint_ge(run_status(ZIP_QUEUE_COMP, &sqe), 0x80);
	sqe = element(ZIP_REQ_LZ4, in, N, out, ROOM);
	sqe.dw[7] = htole32(0x3c000000); /* stateful */
	ck_assert_uint_ge(run_status(ZIP_QUEUE_COMP, &sqe), 0x80);
	sqe = element(ZIP_REQ_LZ4, in, N + 1, out, ROOM);
	ck_assert_int_eq(client_run(c, ZIP_QUEUE_COMP, &sqe), -EFAULT);
}
END_TEST

START_TEST(lz4_takes_lists)
{
	struct hisi_sgl *list[2];
	struct hisi_zip_sqe sqe;
	uint8_t back[N];

	for (int i = 0; i < 2; i++) {
		size_t half = i ? ROOM / 2 : N / 2;

		list[i] = client_list(c, 2);
		list_put(list[i], 0, i ? out : in, half);
		list_put(list[i], 1, (i ? out : in) + half, half);
	}
	sqe = element(ZIP_REQ_LZ4, list[0], N, list[1], ROOM);
	field_set(&sqe, ZIP_BUFFER_TYPE, ZIP_BUF_SGL);
	ck_assert_uint_eq(run_status(ZIP_QUEUE_COMP, &sqe), ZIP_ST_OK);
	ck_assert_int_eq(LZ4_decompress_safe((char *)out, (char *)back,
					     (int)field_get(&sqe, ZIP_PRODUCED), N),
			 N);
	ck_assert(!memcmp(back, in, N));
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("zip element");
	TCase *t = tcase_create("element");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, element_type_0_belongs_to_v2_and_3_to_later);
	tcase_add_test(t, only_the_known_request_types_are_served);
	tcase_add_test(t, only_deflate_zlib_gzip_decompress);
	tcase_add_test(t, queue_type_of_other_engines_is_refused);
	tcase_add_test(t, buffer_types_and_windows_beyond_the_known_are_refused);
	tcase_add_test(t, refused_element_keeps_client_words_and_has_no_results);
	tcase_add_test(t, algorithms_are_the_kernels_lists);
	tcase_add_loop_test(t, lz4_block_is_what_liblz4_decodes, 0, DATA_KINDS);
	tcase_add_test(t, lz4_limits);
	tcase_add_test(t, lz4_takes_lists);
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
