// SPDX-License-Identifier: Apache-2.0
/*
 * Reading ahead: what is seen is what was in the file, in one piece, however it
 * is asked for.
 */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "../../samples/zip/report.h"
#include "../../samples/zip/source.h"

#define NBYTES (5u << 20)

/* input.c says what it refuses; nothing here is refused. */
void report_error(const char *file, const char *fmt, ...)
{
	(void)fmt;
	ck_abort_msg("%s", file);
}

void report_warning(const char *file, const char *fmt, ...)
{
	(void)fmt;
	ck_abort_msg("%s", file);
}

static uint8_t byte_at(uint64_t i)
{
	return (uint8_t)(i * 2654435761u >> 13);
}

/* A file of @n known bytes. */
static struct input known_input(size_t n)
{
	struct input in = { .fd = memfd_create("input", MFD_CLOEXEC), .name = "input" };
	uint8_t *data = malloc(n + 1);

	ck_assert_int_ge(in.fd, 0);
	for (size_t i = 0; i < n; i++)
		data[i] = byte_at(i);
	ck_assert_int_eq(write(in.fd, data, n), (ssize_t)n);
	ck_assert_int_eq(lseek(in.fd, 0, SEEK_SET), 0);
	ck_assert_int_eq(fstat(in.fd, &in.st), 0);
	free(data);
	return in;
}

/* Take all of @src in steps of what @rand_r() says, and compare. */
static void read_all(struct source *src, size_t n, size_t max_need, unsigned int seed)
{
	uint64_t at = 0;
	const uint8_t *p;
	ssize_t got;

	while ((got = source_peek(src, 1 + (size_t)rand_r(&seed) % max_need, &p)) > 0) {
		size_t take = 1 + (size_t)rand_r(&seed) % (size_t)got;

		for (size_t i = 0; i < take; i++)
			ck_assert_uint_eq(p[i], byte_at(at + i));
		source_take(src, take);
		at += take;
		ck_assert_uint_eq(source_taken(src), at);
	}
	ck_assert_int_eq(got, 0);
	ck_assert_uint_eq(at, n);
}

START_TEST(source_gives_the_bytes_of_the_file)
{
	static const size_t sizes[] = { 0, 1, (1 << 20) - 1, 1 << 20, (1 << 20) + 1, NBYTES };
	struct input in = known_input(sizes[_i]);
	struct source *src = source_open(&in);

	ck_assert_ptr_nonnull(src);
	read_all(src, sizes[_i], SOURCE_PEEK_MAX, 1);
	source_close(src);
	close(in.fd);
}
END_TEST

START_TEST(source_peek_joins_what_is_asked_for)
{
	struct input in = known_input(NBYTES);
	struct source *src = source_open(&in);
	const uint8_t *p;

	/* So that the next piece lies over the end of a buffer. */
	source_peek(src, 1, &p);
	source_take(src, (1 << 20) - 5);
	ck_assert_int_ge(source_peek(src, SOURCE_PEEK_MAX, &p), SOURCE_PEEK_MAX);
	for (size_t i = 0; i < SOURCE_PEEK_MAX; i++)
		ck_assert_uint_eq(p[i], byte_at((1 << 20) - 5 + i));
	source_close(src);
	close(in.fd);
}
END_TEST

START_TEST(source_peek_less_at_the_end)
{
	struct input in = known_input(100);
	struct source *src = source_open(&in);
	const uint8_t *p;

	ck_assert_int_eq(source_peek(src, 200, &p), 100);
	source_take(src, 99);
	ck_assert_int_eq(source_peek(src, 2, &p), 1);
	source_take(src, 1);
	ck_assert_int_eq(source_peek(src, 1, &p), 0);
	source_close(src);
	close(in.fd);
}
END_TEST

START_TEST(source_close_early_does_not_hang)
{
	struct input in = known_input(NBYTES * 2);
	struct source *src = source_open(&in);
	const uint8_t *p;

	ck_assert_int_gt(source_peek(src, 1, &p), 0);
	source_close(src);
	close(in.fd);
}
END_TEST

START_TEST(source_close_does_not_wait_for_a_silent_pipe)
{
	struct input in = { .name = "pipe" };
	struct source *src;
	int fds[2];

	ck_assert_int_eq(pipe(fds), 0);
	in.fd = fds[0];
	ck_assert_int_eq(fstat(in.fd, &in.st), 0);
	src = source_open(&in);
	ck_assert_ptr_nonnull(src);
	source_close(src);
	close(fds[0]);
	close(fds[1]);
}
END_TEST

START_TEST(source_peek_reports_a_read_error_after_the_bytes)
{
	/* A directory can be opened and not be read. */
	struct input in = { .name = "directory", .fd = open("/", O_RDONLY | O_DIRECTORY) };
	struct source *src;
	const uint8_t *p;

	ck_assert_int_ge(in.fd, 0);
	ck_assert_int_eq(fstat(in.fd, &in.st), 0);
	src = source_open(&in);
	ck_assert_ptr_nonnull(src);
	ck_assert_int_eq(source_peek(src, 1, &p), -1);
	ck_assert_int_eq(errno, EISDIR);
	source_close(src);
	close(in.fd);
}
END_TEST

START_TEST(source_close_null_does_nothing)
{
	source_close(NULL);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("wd_zip source");
	TCase *tc = tcase_create("source");
	SRunner *sr = srunner_create(s);
	int failed;

	tcase_add_loop_test(tc, source_gives_the_bytes_of_the_file, 0, 6);
	tcase_add_test(tc, source_peek_joins_what_is_asked_for);
	tcase_add_test(tc, source_peek_less_at_the_end);
	tcase_add_test(tc, source_close_early_does_not_hang);
	tcase_add_test(tc, source_close_does_not_wait_for_a_silent_pipe);
	tcase_add_test(tc, source_peek_reports_a_read_error_after_the_bytes);
	tcase_add_test(tc, source_close_null_does_nothing);
	tcase_set_timeout(tc, 60);
	suite_add_tcase(s, tc);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
