// SPDX-License-Identifier: Apache-2.0
/*
 * Loading drivers. Each test runs in a process of its own, with a directory of
 * its own and copies of fixture_*.so in it. FIXTURE_DIR says where these are.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "driver.h"
#include "run.h"
#include "scratch.h"
#include "wd_alg.h"

/* ------------------------------------------------------------------ what was said */

static char said[8192];
static int nsaid;

static void keep_lines(int level, const char *line, void *arg)
{
	size_t n = strlen(said);

	(void)arg;
	if (level > WD_LOG_WARN)
		return;
	nsaid++;
	snprintf(said + n, sizeof(said) - n, "%s\n", line);
}

static void expect_said(const char *what)
{
	ck_assert_msg(strstr(said, what), "not said: %s\nsaid: %s", what, said);
	ck_assert_msg(nsaid == 1, "said more than once: %s", said);
}

/* ----------------------------------------------------------------- fixtures */

static void setup(void)
{
	scratch_make();
	ck_assert_int_eq(chmod(scratch_dir, 0755), 0);
	setenv("WD_DRIVER_DIR", scratch_dir, 1);
	wd_log_set_handler(keep_lines, NULL);
}

static const char *fixture_dir(void)
{
	const char *dir = getenv("FIXTURE_DIR");

	return dir ? dir : ".libs";
}

static void install_as(const char *fixture, const char *name, mode_t mode)
{
	static char image[1 << 22];
	char path[512];
	FILE *f;
	size_t n;

	snprintf(path, sizeof(path), "%s/fixture_%s.so", fixture_dir(), fixture);
	f = fopen(path, "re");
	ck_assert_msg(f, "%s: %s", path, strerror(errno));
	n = fread(image, 1, sizeof(image), f);
	fclose(f);
	ck_assert_uint_lt(n, sizeof(image));
	scratch_put(name, image, n, mode);
}

static void install(const char *fixture)
{
	char name[64];

	snprintf(name, sizeof(name), "libhisi_%s.so.2", fixture);
	install_as(fixture, name, 0755);
}

static bool has(const char *alg)
{
	const struct wd_driver *drv = wd_core_driver_find(alg, NULL);

	wd_core_driver_put(drv);
	return drv;
}

/* -------------------------------------------------------------------- good */

START_TEST(driver_is_found_by_algorithm_and_device)
{
	const struct wd_driver *drv;

	install("one");
	install("two");
	drv = wd_core_driver_find("fixture-hisi_one", NULL);
	ck_assert_ptr_nonnull(drv);
	ck_assert_str_eq(drv->name, "hisi_one");
	ck_assert_ptr_eq(wd_core_driver_find("fixture", "hisi_one-0"), drv);
	ck_assert_ptr_eq(wd_core_driver_find("fixture", "hisi_one-17"), drv);
	ck_assert_ptr_eq(wd_core_driver_find("fixture", "hisi_one"), drv);
	ck_assert_str_eq(wd_core_driver_find("fixture", "hisi_two-3")->name, "hisi_two");
	ck_assert_ptr_null(wd_core_driver_find("fixture", "hisi_three-0"));
	ck_assert_ptr_null(wd_core_driver_find("fixture", "hisi_on-0"));
	ck_assert_ptr_null(wd_core_driver_find("fixture-hisi_two", "hisi_one-0"));
	ck_assert_ptr_null(wd_core_driver_find("fixtur", NULL));
	ck_assert_ptr_null(wd_core_driver_find(NULL, NULL));
	ck_assert_int_eq(nsaid, 0);
}
END_TEST

START_TEST(drivers_are_loaded_at_the_first_question_only)
{
	install("one");
	ck_assert(has("fixture-hisi_one"));
	install("two");
	ck_assert(!has("fixture-hisi_two"));
}
END_TEST

START_TEST(directory_without_drivers_is_silent)
{
	scratch_text("README", "no driver");
	scratch_text("libhisi_zip.so", "a link for the linker, not for us");
	scratch_text("libother.so.2", "not ours");
	scratch_text("libhisi_.so.2x", "not ours");
	ck_assert(!has("fixture"));
	ck_assert_int_eq(nsaid, 0);
}
END_TEST

START_TEST(path_may_name_several_directories)
{
	char path[512];

	install_as("one", "a/libhisi_one.so.2", 0644);
	install_as("two", "b/libhisi_two.so.2", 0644);
	snprintf(path, sizeof(path), "%s/a::%s/b:", scratch_dir, scratch_dir);
	setenv("WD_DRIVER_DIR", path, 1);
	ck_assert(has("fixture-hisi_one"));
	ck_assert(has("fixture-hisi_two"));
	ck_assert_int_eq(nsaid, 0);
}
END_TEST

static int count_entries(void)
{
	int n = 0;

	for (struct wd_alg_list *item = wd_get_alg_head()->next; item; item = item->next)
		n++;
	return n;
}

START_TEST(same_driver_in_two_directories_is_loaded_once)
{
	char path[512];

	install_as("one", "a/libhisi_one.so.2", 0644);
	install_as("one", "b/libhisi_one.so.2", 0644);
	snprintf(path, sizeof(path), "%s/a:%s/b", scratch_dir, scratch_dir);
	setenv("WD_DRIVER_DIR", path, 1);
	ck_assert(has("fixture-hisi_one"));
	ck_assert_int_eq(count_entries(), 2);
	ck_assert_int_eq(nsaid, 0);
}
END_TEST

static void *ask(void *arg)
{
	(void)arg;
	return has("fixture-hisi_one") ? NULL : (void *)1;
}

START_TEST(many_threads_load_once)
{
	pthread_t thread[8];
	void *bad;

	install("one");
	for (int i = 0; i < 8; i++)
		pthread_create(&thread[i], NULL, ask, NULL);
	for (int i = 0; i < 8; i++) {
		pthread_join(thread[i], &bad);
		ck_assert_ptr_null(bad);
	}
	ck_assert_int_eq(nsaid, 0);
}
END_TEST

/* ---------------------------------------------------------------------- F40 */

START_TEST(f40_driver_of_another_version_is_refused)
{
	install("oldabi");
	ck_assert(!has("fixture"));
	ck_assert(strstr(said, "another version of the library"));
	ck_assert(strstr(said, "libhisi_oldabi.so.2"));
}
END_TEST

START_TEST(f40_driver_with_a_missing_symbol_is_refused)
{
	install("undefined");
	ck_assert(!has("fixture"));
	expect_said("a_function_nobody_has");
}
END_TEST

START_TEST(f40_object_that_registers_nothing_is_refused)
{
	install("mute");
	ck_assert(!has("fixture"));
	expect_said("it brought no new driver");
}
END_TEST

START_TEST(f40_file_that_is_no_object_is_refused)
{
	scratch_text("libhisi_text.so.2", "this is not an object\n");
	install("one");
	ck_assert(has("fixture-hisi_one")); /* one bad file does not keep the others out */
	expect_said("libhisi_text.so.2");
}
END_TEST

START_TEST(f40_empty_file_and_directory_are_refused)
{
	scratch_text("libhisi_empty.so.2", "");
	scratch_text("libhisi_dir.so.2/x", "");
	ck_assert(!has("fixture"));
	ck_assert_int_eq(nsaid, 2);
	ck_assert(strstr(said, "libhisi_empty.so.2"));
	ck_assert(strstr(said, "it is not a file"));
}
END_TEST

START_TEST(f40_file_others_can_write_is_refused)
{
	install_as("one", "libhisi_one.so.2", 0757);
	ck_assert(!has("fixture"));
	expect_said("anybody can write to it");
}
END_TEST

START_TEST(f40_directory_others_can_write_is_refused)
{
	install("one");
	ck_assert_int_eq(chmod(scratch_dir, 0777), 0);
	ck_assert(!has("fixture"));
	expect_said("anybody can write to it");
}
END_TEST

START_TEST(f40_sticky_directory_others_can_write_is_refused)
{
	install("one");
	ck_assert_int_eq(chmod(scratch_dir, 01777), 0);
	ck_assert(!has("fixture"));
	expect_said("anybody can write to it");
}
END_TEST

START_TEST(f40_directory_below_one_others_can_change_is_refused)
{
	install_as("one", "a/b/libhisi_one.so.2", 0644);
	ck_assert_int_eq(chmod(scratch("a"), 0777), 0);
	setenv("WD_DRIVER_DIR", scratch("a/b"), 1);
	ck_assert(!has("fixture"));
	expect_said("below a directory that others can change");
}
END_TEST

/* The link is followed first: it is the place of the files that counts. */
START_TEST(f40_link_to_a_directory_others_can_write_is_refused)
{
	install_as("one", "a/libhisi_one.so.2", 0644);
	ck_assert_int_eq(chmod(scratch("a"), 0777), 0);
	ck_assert_int_eq(symlink(scratch("a"), scratch("link")), 0);
	setenv("WD_DRIVER_DIR", scratch("link"), 1);
	ck_assert(!has("fixture"));
	expect_said("anybody can write to it");
}
END_TEST

START_TEST(f40_file_of_another_user_is_refused)
{
	install("one");
	if (geteuid()) /* cannot be made then */
		return;
	ck_assert_int_eq(chown(scratch("libhisi_one.so.2"), 65534, 0), 0);
	ck_assert(!has("fixture"));
	expect_said("it belongs to another user");
}
END_TEST

START_TEST(f40_directory_of_another_user_is_refused)
{
	install("one");
	if (geteuid())
		return;
	ck_assert_int_eq(chown(scratch_dir, 65534, 0), 0);
	ck_assert(!has("fixture"));
	expect_said("it belongs to another user");
}
END_TEST

START_TEST(f40_file_the_group_can_write_is_refused)
{
	install_as("one", "libhisi_one.so.2", 0775);
	if (geteuid())
		return;
	ck_assert_int_eq(chown(scratch("libhisi_one.so.2"), 0, 65534), 0);
	ck_assert(!has("fixture"));
	expect_said("its group can write to it");
}
END_TEST

START_TEST(f40_directory_that_is_not_there_is_said)
{
	setenv("WD_DRIVER_DIR", scratch("nowhere"), 1);
	ck_assert(!has("fixture"));
	expect_said("there is no such directory");
}
END_TEST

/* For a program with more rights than its user the C library hides the environment. */
static bool secure;
__attribute__((visibility("default"))) char *secure_getenv(const char *name);

char *secure_getenv(const char *name)
{
	return secure ? NULL : getenv(name);
}

START_TEST(f40_environment_is_ignored_in_setuid_programs)
{
	secure = true;
	install("one");
	ck_assert(!has("fixture"));
}
END_TEST

START_TEST(f40_registration_outlives_what_its_user_does)
{
	struct wd_alg_driver *drv;

	install("one");
	drv = wd_request_drv("fixture-hisi_one", true);
	ck_assert_ptr_nonnull(drv);
	ck_assert_str_eq(drv->drv_name, "hisi_one");
	wd_release_drv(drv);
	wd_release_drv(drv); /* once too often */
	ck_assert(has("fixture-hisi_one"));
}
END_TEST

/* ------------------------------------------------------------------- F41 */

static void conf(const char *text)
{
	install("one");
	install("two");
	scratch_text("uadk.cnf", text);
}

START_TEST(conf_names_what_is_loaded)
{
	conf("# only this\n\n  libhisi_two.so\t# with a remark\n");
	ck_assert(has("fixture-hisi_two"));
	ck_assert(!has("fixture-hisi_one"));
	ck_assert_int_eq(nsaid, 0);
}
END_TEST

START_TEST(conf_names_the_order)
{
	struct wd_alg_list *list;

	conf("libhisi_two.so.2\r\nlibhisi_one.so.2\r\nlibhisi_three.so");
	ck_assert(has("fixture"));
	list = wd_get_alg_head();
	ck_assert_str_eq(list->next->drv_name, "hisi_two");
	ck_assert_str_eq(list->next->next->next->drv_name, "hisi_one");
	ck_assert_int_eq(nsaid, 0);
}
END_TEST

START_TEST(f41_conf_not_understood_means_all_and_one_message)
{
	static char megabyte[1 << 20];
	static const char *const bad[] = { "libhisi_one.so\nlibhisi_one.so\n",
					   "../libhisi_one.so\n", "/tmp/x.so\n", "driver one\n",
					   megabyte };

	memset(megabyte, 'x', sizeof(megabyte) - 1);
	conf(bad[_i]);
	ck_assert(has("fixture-hisi_one"));
	ck_assert(has("fixture-hisi_two"));
	expect_said("uadk.cnf: not followed");
}
END_TEST

START_TEST(f41_conf_that_is_binary_or_no_file_means_all_and_one_message)
{
	install("one");
	if (_i)
		scratch_put("uadk.cnf", "lib\0x\n", 6, 0644);
	else
		scratch_text("uadk.cnf/x", "");
	ck_assert(has("fixture-hisi_one"));
	expect_said("uadk.cnf: not followed");
}
END_TEST

START_TEST(f41_conf_that_cannot_be_read_means_all_and_one_message)
{
	conf("libhisi_one.so\n");
	if (!geteuid()) /* may read everything */
		return;
	chmod(scratch("uadk.cnf"), 0);
	ck_assert(has("fixture-hisi_two"));
	expect_said("uadk.cnf: not followed: it cannot be opened");
}
END_TEST

START_TEST(f41_conf_that_is_empty_means_all)
{
	conf(_i ? "" : "# nothing\n\n");
	ck_assert(has("fixture-hisi_one"));
	ck_assert(has("fixture-hisi_two"));
	ck_assert_int_eq(nsaid, 0);
}
END_TEST

static void add_good(TCase *tc)
{
	tcase_add_test(tc, driver_is_found_by_algorithm_and_device);
	tcase_add_test(tc, drivers_are_loaded_at_the_first_question_only);
	tcase_add_test(tc, directory_without_drivers_is_silent);
	tcase_add_test(tc, path_may_name_several_directories);
	tcase_add_test(tc, same_driver_in_two_directories_is_loaded_once);
	tcase_add_test(tc, many_threads_load_once);
}

static void add_f40(TCase *tc)
{
	tcase_add_test(tc, f40_driver_of_another_version_is_refused);
	tcase_add_test(tc, f40_driver_with_a_missing_symbol_is_refused);
	tcase_add_test(tc, f40_object_that_registers_nothing_is_refused);
	tcase_add_test(tc, f40_file_that_is_no_object_is_refused);
	tcase_add_test(tc, f40_empty_file_and_directory_are_refused);
	tcase_add_test(tc, f40_file_others_can_write_is_refused);
	tcase_add_test(tc, f40_directory_others_can_write_is_refused);
	tcase_add_test(tc, f40_sticky_directory_others_can_write_is_refused);
	tcase_add_test(tc, f40_directory_below_one_others_can_change_is_refused);
	tcase_add_test(tc, f40_link_to_a_directory_others_can_write_is_refused);
	tcase_add_test(tc, f40_file_of_another_user_is_refused);
	tcase_add_test(tc, f40_directory_of_another_user_is_refused);
	tcase_add_test(tc, f40_file_the_group_can_write_is_refused);
	tcase_add_test(tc, f40_directory_that_is_not_there_is_said);
	tcase_add_test(tc, f40_environment_is_ignored_in_setuid_programs);
	tcase_add_test(tc, f40_registration_outlives_what_its_user_does);
}

static void add_f41(TCase *tc)
{
	tcase_add_test(tc, conf_names_what_is_loaded);
	tcase_add_test(tc, conf_names_the_order);
	tcase_add_loop_test(tc, f41_conf_not_understood_means_all_and_one_message, 0, 5);
	tcase_add_loop_test(tc, f41_conf_that_is_binary_or_no_file_means_all_and_one_message, 0, 2);
	tcase_add_test(tc, f41_conf_that_cannot_be_read_means_all_and_one_message);
	tcase_add_loop_test(tc, f41_conf_that_is_empty_means_all, 0, 2);
}

int main(void)
{
	static void (*const add[])(TCase *) = { add_good, add_f40, add_f41 };
	Suite *suite = suite_create("driver_load");

	for (int i = 0; i < 3; i++) {
		TCase *tc = tcase_create("load");

		tcase_add_checked_fixture(tc, setup, scratch_remove);
		add[i](tc);
		suite_add_tcase(suite, tc);
	}
	return run_suite(suite);
}
