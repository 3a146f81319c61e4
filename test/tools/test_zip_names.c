// SPDX-License-Identifier: Apache-2.0
/*
 * Names of files and of their outputs.
 */
#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "../../samples/zip/names.h"

/* @made is taken. */
static void is_name(char *made, const char *expected)
{
	if (expected)
		ck_assert_str_eq(made, expected);
	else
		ck_assert_ptr_null(made);
	free(made);
}

static const struct {
	const char *path, *extra, *content;
	enum format format;
} cases[] = {
	{ "a.gz", NULL, "a", FORMAT_GZIP },
	{ "a.GZ", NULL, "a", FORMAT_GZIP },
	{ "a-gz", NULL, "a", FORMAT_GZIP },
	{ "a.z", NULL, "a", FORMAT_GZIP },
	{ "a-z", NULL, "a", FORMAT_GZIP },
	{ "a_z", NULL, "a", FORMAT_GZIP },
	{ "a.tgz", NULL, "a.tar", FORMAT_GZIP },
	{ "a.taz", NULL, "a.tar", FORMAT_GZIP },
	{ "d.gz/a.zz", NULL, "d.gz/a", FORMAT_ZLIB },
	{ "a.deflate", NULL, "a", FORMAT_DEFLATE },
	{ "a.lz4", NULL, "a", FORMAT_LZ4 },
	{ "a.gz.gz", NULL, "a.gz", FORMAT_GZIP },
	{ "a.foo", ".foo", "a", FORMAT_AUTO },
	{ "a.gz", ".foo", "a", FORMAT_GZIP },
	{ "a", NULL, NULL, FORMAT_AUTO },
	{ ".gz", NULL, NULL, FORMAT_AUTO },
	{ "d/.gz", NULL, NULL, FORMAT_AUTO },
	{ "d.gz/a", NULL, NULL, FORMAT_AUTO },
	{ "agz", NULL, NULL, FORMAT_AUTO },
	{ "", NULL, NULL, FORMAT_AUTO },
};

#define NCASES (int)(sizeof(cases) / sizeof(cases[0]))

START_TEST(names_decompressed_drops_known_suffixes)
{
	is_name(names_decompressed(cases[_i].path, cases[_i].extra), cases[_i].content);
	if (!cases[_i].content)
		ck_assert_int_eq(errno, EINVAL);
	ck_assert_int_eq(!names_suffix(cases[_i].path, cases[_i].extra), !cases[_i].content);
	ck_assert_int_eq(names_format(cases[_i].path), cases[_i].format);
}
END_TEST

START_TEST(names_compressed_appends)
{
	is_name(names_compressed("d/a", ".gz"), "d/a.gz");
	is_name(names_compressed("a", "suffix"), "asuffix");
}
END_TEST

START_TEST(names_restored_stays_in_the_folder)
{
	is_name(names_restored("a.gz", "name"), "name");
	is_name(names_restored("d/a.gz", "name"), "d/name");
	is_name(names_restored("d/a.gz", "/etc/passwd"), "d/passwd");
	is_name(names_restored("d/a.gz", "../../x"), "d/x");
	is_name(names_restored("d/a.gz", ".."), NULL);
	is_name(names_restored("d/a.gz", "x/."), NULL);
	is_name(names_restored("d/a.gz", "x/"), NULL);
	is_name(names_restored("d/a.gz", ""), NULL);
	ck_assert_int_eq(errno, EINVAL);
}
END_TEST

static void make_file(const char *name)
{
	FILE *f = fopen(name, "w");

	ck_assert_ptr_nonnull(f);
	fclose(f);
}

START_TEST(names_find_tries_suffixes_for_a_missing_file)
{
	char dir[] = "/tmp/test_zip_names-XXXXXX";

	ck_assert_ptr_nonnull(mkdtemp(dir));
	ck_assert_int_eq(chdir(dir), 0);
	make_file("there");
	make_file("there.gz");
	make_file("packed.lz4");
	make_file("own.foo");
	is_name(names_find("there", NULL), "there");
	is_name(names_find("packed", NULL), "packed.lz4");
	is_name(names_find("own", ".foo"), "own.foo");
	is_name(names_find("own", NULL), "own");
	is_name(names_find("nowhere", NULL), "nowhere");
	is_name(names_find("nowhere.gz", NULL), "nowhere.gz");
	is_name(names_find("-", NULL), "-");
	unlink("there");
	unlink("there.gz");
	unlink("packed.lz4");
	unlink("own.foo");
	ck_assert_int_eq(chdir("/"), 0);
	ck_assert_int_eq(rmdir(dir), 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("wd_zip names");
	TCase *tc = tcase_create("names");
	SRunner *sr = srunner_create(s);
	int failed;

	tcase_add_loop_test(tc, names_decompressed_drops_known_suffixes, 0, NCASES);
	tcase_add_test(tc, names_compressed_appends);
	tcase_add_test(tc, names_restored_stays_in_the_folder);
	tcase_add_test(tc, names_find_tries_suffixes_for_a_missing_file);
	suite_add_tcase(s, tc);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
