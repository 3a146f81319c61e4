// SPDX-License-Identifier: Apache-2.0
/* Reading one attribute, and names of algorithms and devices: lib/device.h, from the inside. */
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include "device.h"
#include "run.h"
#include "scratch.h"
#include "wd_alg.h"

#define TEXT_NBYTES 16

/* What wd_sysfs_text() says of a file with @n bytes of @data, and room for 16. */
static int text_of(const void *data, size_t n, char *text)
{
	scratch_put("attr", data, n, 0644);
	return wd_sysfs_text(scratch_dir, "attr", text, TEXT_NBYTES);
}

START_TEST(text_comes_without_its_last_newline)
{
	char text[TEXT_NBYTES];

	ck_assert_int_eq(text_of("hisi_qm_v2\n", 11, text), 10);
	ck_assert_str_eq(text, "hisi_qm_v2");
	ck_assert_int_eq(text_of("zlib\ngzip\n", 10, text), 9);
	ck_assert_str_eq(text, "zlib\ngzip");
	ck_assert_int_eq(text_of("123456789abcdef\n", 16, text), 15);
	ck_assert_str_eq(text, "123456789abcdef");
}
END_TEST

START_TEST(f31_text_missing_empty_cut_or_huge_is_refused)
{
	static char huge[1 << 20];
	char text[TEXT_NBYTES];

	ck_assert_int_eq(wd_sysfs_text(scratch_dir, "none", text, sizeof(text)), -ENOENT);
	ck_assert_int_eq(text_of("", 0, text), -ENODATA);
	ck_assert_int_eq(text_of("\n", 1, text), -ENODATA);
	ck_assert_int_eq(text_of("no newline", 10, text), -EBADMSG);
	ck_assert_int_eq(text_of("123456789abcdefg", 16, text), -E2BIG);
	ck_assert_int_eq(text_of("123456789abcdefg\n", 17, text), -E2BIG);
	memset(huge, 'x', sizeof(huge));
	ck_assert_int_eq(text_of(huge, sizeof(huge), text), -E2BIG);
	ck_assert_int_eq(text_of("a\0b\n", 4, text), -EBADMSG);
	ck_assert_int_eq(text_of("\x1b[2J\n", 5, text), -EBADMSG);
	ck_assert_int_eq(text_of("\xff\xfe\n", 3, text), -EBADMSG);
}
END_TEST

START_TEST(f31_attribute_that_is_no_file_is_refused)
{
	char text[TEXT_NBYTES];
	char name[2 * PATH_MAX];

	ck_assert_int_eq(mkdir(scratch("dir"), 0755), 0);
	ck_assert_int_eq(wd_sysfs_text(scratch_dir, "dir", text, sizeof(text)), -EISDIR);
	ck_assert_int_eq(mkfifo(scratch("fifo"), 0644), 0); /* must not wait for a writer */
	ck_assert_int_eq(wd_sysfs_text(scratch_dir, "fifo", text, sizeof(text)), -ENODATA);
	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	ck_assert_int_eq(wd_sysfs_text(scratch_dir, name, text, sizeof(text)), -ENAMETOOLONG);
}
END_TEST

static int number_of(const char *data, long *value)
{
	scratch_text("attr", data);
	return wd_sysfs_number(scratch_dir, "attr", -5, 1000, value);
}

START_TEST(number_in_range_is_read)
{
	long value;

	ck_assert_int_eq(number_of("0\n", &value), 0);
	ck_assert_int_eq(value, 0);
	ck_assert_int_eq(number_of("-5\n", &value), 0);
	ck_assert_int_eq(value, -5);
	ck_assert_int_eq(number_of("1000\n", &value), 0);
	ck_assert_int_eq(value, 1000);
	ck_assert_int_eq(number_of("0010\n", &value), 0); /* decimal, not octal */
	ck_assert_int_eq(value, 10);
}
END_TEST

START_TEST(f31_number_that_is_none_is_refused)
{
	static const char *const bad[] = { "x\n", "1x\n", "0x10\n", " 1\n", "1 \n", "+1\n", "-\n",
					   "--1\n", "1\n2\n", "1.5\n", "1e3\n", "1" };
	long value = 77;

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		ck_assert_msg(number_of(bad[i], &value) == -EBADMSG, "%s", bad[i]);
	ck_assert_int_eq(number_of("-6\n", &value), -ERANGE);
	ck_assert_int_eq(number_of("1001\n", &value), -ERANGE);
	ck_assert_int_eq(number_of("9223372036854775808\n", &value), -ERANGE);
	ck_assert_int_eq(number_of("99999999999999999999999999999999999\n", &value), -E2BIG);
	ck_assert_int_eq(value, 77);
}
END_TEST

/* ------------------------------------------------------------------ names */

START_TEST(device_name_splits_into_driver_and_number)
{
	static const struct {
		const char *path, *name, *driver;
	} cases[] = {
		{ "/dev/hisi_zip-0", "hisi_zip-0", "hisi_zip" },
		{ "hisi_sec2-13", "hisi_sec2-13", "hisi_sec2" },
		{ "/sys/class/uacce/a-b-7", "a-b-7", "a-b" },
		{ "/dev/zip-x", "zip-x", "zip-x" },
		{ "/dev/zip-1x", "zip-1x", "zip-1x" },
		{ "/dev/zip-", "zip-", "zip-" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char *path = strdup(cases[i].path);
		char *name = wd_get_accel_name(path, 0), *driver = wd_get_accel_name(path, 1);

		ck_assert_str_eq(name, cases[i].name);
		ck_assert_str_eq(driver, cases[i].driver);
		free(name);
		free(driver);
		free(path);
	}
}
END_TEST

START_TEST(device_name_of_nothing_einval)
{
	char no_hyphen[] = "/dev/null", empty[] = "", slash[] = "/dev/";

	ck_assert_ptr_null(wd_get_accel_name(NULL, 0));
	ck_assert_int_eq(errno, EINVAL);
	ck_assert_ptr_null(wd_get_accel_name(no_hyphen, 0));
	ck_assert_ptr_null(wd_get_accel_name(empty, 0));
	ck_assert_ptr_null(wd_get_accel_name(slash, 1));
}
END_TEST

START_TEST(algorithm_names_have_classes)
{
	static const struct {
		const char *alg, *line;
	} cases[] = {
		{ "zlib", "zlib" }, { "lz4", "lz4" }, { "cbc(aes)", "cipher" },
		{ "xts(sm4)", "cipher" }, { "cbc(des3_ede)", "cipher" }, { "sm3", "digest" },
		{ "sha512-256", "digest" }, { "cmac(aes)", "digest" }, { "gcm(aes)", "aead" },
		{ "authenc(generic,cbc(aes))", "aead" }, { "ecdsa", "ecdsa" },
		{ "join-gather", "hashjoin" },
	};
	char line[ALG_NAME_SIZE];

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		ck_assert_int_eq(wd_get_alg_type(cases[i].alg, line), 0);
		ck_assert_str_eq(line, cases[i].line);
	}
	strcpy(line, "unchanged");
	ck_assert_int_eq(wd_get_alg_type("rot13", line), -WD_EINVAL);
	ck_assert_int_eq(wd_get_alg_type("", line), -WD_EINVAL);
	ck_assert_int_eq(wd_get_alg_type(NULL, line), -WD_EINVAL);
	ck_assert_int_eq(wd_get_alg_type("zlib", NULL), -WD_EINVAL);
	ck_assert_str_eq(line, "unchanged");
}
END_TEST

START_TEST(device_offers_whole_lines_only)
{
	struct uacce_dev dev = { .algs = "lz77_zstd\nlz77_only\ncipher\n" };

	ck_assert(wd_device_offers(&dev, "lz77_zstd"));
	ck_assert(wd_device_offers(&dev, "lz77_only"));
	ck_assert(wd_device_offers(&dev, "cipher"));
	ck_assert(wd_device_offers(&dev, "cbc(aes)"));
	ck_assert(!wd_device_offers(&dev, "zstd"));
	ck_assert(!wd_device_offers(&dev, "lz77"));
	ck_assert(!wd_device_offers(&dev, "sm3"));
	ck_assert(!wd_device_offers(&dev, ""));
	ck_assert(!wd_device_offers(&dev, "lz77_only\ncipher"));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("sysfs");
	TCase *tc = tcase_create("attribute");

	tcase_add_checked_fixture(tc, scratch_make, scratch_remove);
	tcase_add_test(tc, text_comes_without_its_last_newline);
	tcase_add_test(tc, f31_text_missing_empty_cut_or_huge_is_refused);
	tcase_add_test(tc, f31_attribute_that_is_no_file_is_refused);
	tcase_add_test(tc, number_in_range_is_read);
	tcase_add_test(tc, f31_number_that_is_none_is_refused);
	suite_add_tcase(suite, tc);

	tc = tcase_create("names");
	tcase_add_test(tc, device_name_splits_into_driver_and_number);
	tcase_add_test(tc, device_name_of_nothing_einval);
	tcase_add_test(tc, algorithm_names_have_classes);
	tcase_add_test(tc, device_offers_whole_lines_only);
	suite_add_tcase(suite, tc);
	return run_suite(suite);
}
