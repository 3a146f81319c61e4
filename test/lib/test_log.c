// SPDX-License-Identifier: Apache-2.0
/* The log: wd_log.h. What goes to standard error is read back through a pipe. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "run.h"
#include "wd_internal.h"

static char seen[4096];
static int seen_level, nseen;

static void keep_line(int level, const char *line, void *arg)
{
	ck_assert_ptr_eq(arg, seen);
	snprintf(seen, sizeof(seen), "%s", line);
	seen_level = level;
	nseen++;
}

/* Standard error of what follows, until read_stderr(). */
static int catcher[2];

static void catch_stderr(void)
{
	ck_assert_int_eq(pipe2(catcher, O_NONBLOCK), 0);
	ck_assert_int_eq(dup2(catcher[1], STDERR_FILENO), STDERR_FILENO);
}

static const char *read_stderr(void)
{
	static char text[65536];
	ssize_t n = read(catcher[0], text, sizeof(text) - 1);

	text[n > 0 ? n : 0] = '\0';
	return text;
}

static int count_lines(const char *text)
{
	int n = 0;

	while ((text = strchr(text, '\n'))) {
		text++;
		n++;
	}
	return n;
}

START_TEST(lines_reach_standard_error_with_a_prefix)
{
	catch_stderr();
	wd_log(WD_LOG_ERR, "device %s: %d\n", "hisi_zip-0", 42);
	ck_assert_str_eq(read_stderr(), "wd: device hisi_zip-0: 42\n");
	wd_log(WD_LOG_WARN, "no newline");
	ck_assert_str_eq(read_stderr(), "wd: no newline\n");
}
END_TEST

START_TEST(info_and_debug_are_not_shown_unless_asked_for)
{
	catch_stderr();
	wd_log(WD_LOG_INFO, "info");
	wd_log(WD_LOG_DEBUG, "debug");
	ck_assert_str_eq(read_stderr(), "");
	ck_assert(!wd_need_info());
	ck_assert(!wd_need_debug());
}
END_TEST

static void expect_shown(const char *level, int nlines)
{
	if (level)
		setenv("WD_LOG_LEVEL", level, 1);
	catch_stderr();
	for (int i = WD_LOG_ERR; i <= WD_LOG_DEBUG; i++)
		wd_log(i, "level %d", i);
	ck_assert_int_eq(count_lines(read_stderr()), nlines);
	ck_assert_int_eq(wd_need_info(), nlines >= 3);
	ck_assert_int_eq(wd_need_debug(), nlines >= 4);
}

static const struct {
	const char *text;
	int nlines;
} levels[] = {
	{ NULL, 2 }, { "", 2 }, { "0", 1 }, { "1", 2 }, { "2", 3 }, { "3", 4 }, { "error", 1 },
	{ "warn", 2 }, { "info", 3 }, { "debug", 4 }, { "DEBUG", 4 }, { "9", 4 },
	/* what is no level is the default */
	{ "-1", 2 }, { "loud", 2 }, { "1x", 2 }, { "99999999999999999999", 2 },
};

START_TEST(level_comes_from_the_environment)
{
	expect_shown(levels[_i].text, levels[_i].nlines);
}
END_TEST

START_TEST(handler_receives_every_level_and_its_argument)
{
	catch_stderr();
	wd_log_set_handler(keep_line, seen);
	ck_assert(wd_need_debug());
	wd_log(WD_LOG_DEBUG, "deep %s\n\n", "thought");
	ck_assert_str_eq(seen, "deep thought");
	ck_assert_int_eq(seen_level, WD_LOG_DEBUG);
	wd_log(99, "x");
	ck_assert_int_eq(seen_level, WD_LOG_DEBUG);
	wd_log(-99, "x");
	ck_assert_int_eq(seen_level, WD_LOG_ERR);
	ck_assert_str_eq(read_stderr(), "");
	wd_log_set_handler(NULL, NULL);
	wd_log(WD_LOG_ERR, "again");
	ck_assert_str_eq(read_stderr(), "wd: again\n");
	ck_assert_int_eq(nseen, 3);
}
END_TEST

START_TEST(line_that_is_too_long_is_cut)
{
	char *text = malloc(1 << 20);

	memset(text, 'x', (1 << 20) - 1);
	text[(1 << 20) - 1] = '\0';
	wd_log_set_handler(keep_line, seen);
	wd_log(WD_LOG_ERR, "%s", text);
	ck_assert_uint_ge(strlen(seen), 200);
	ck_assert_uint_lt(strlen(seen), sizeof(seen) - 1);
	ck_assert_uint_eq(strspn(seen, "x"), strlen(seen));
	free(text);
}
END_TEST

/* A name that a device or file gives must not make a second line or steer a terminal. */
START_TEST(control_characters_are_made_harmless)
{
	wd_log_set_handler(keep_line, seen);
	wd_log(WD_LOG_ERR, "a\nwd: forged\033[2J\r\tb\n");
	ck_assert_str_eq(seen, "a wd: forged?[2J? b");
}
END_TEST

START_TEST(errno_is_preserved)
{
	catch_stderr();
	errno = EXDEV;
	wd_log(WD_LOG_ERR, "%s", "x");
	ck_assert_int_eq(errno, EXDEV);
	close(STDERR_FILENO);
	wd_log(WD_LOG_ERR, "into the void");
	ck_assert_int_eq(errno, EXDEV);
}
END_TEST

static time_t second(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec;
}

START_TEST(f48_log_storm_is_limited_and_the_loss_is_said)
{
	time_t start, took;
	const char *text;
	int nlines;

	catch_stderr();
	start = second();
	for (int i = 0; i < 100000; i++)
		wd_log(WD_LOG_ERR, "storm");
	took = second() - start;
	nlines = count_lines(read_stderr());
	ck_assert_int_ge(nlines, 10);
	ck_assert_int_le(nlines, 10 * (int)(took + 1));

	/* In a later second the next line comes with the number of those lost. */
	for (start = second(); second() == start;)
		usleep(10000);
	wd_log(WD_LOG_ERR, "calm");
	text = read_stderr();
	ck_assert_ptr_nonnull(strstr(text, " more lines were not shown\n"));
	ck_assert_ptr_nonnull(strstr(text, "wd: calm\n"));
}
END_TEST

static char args[2];
static _Atomic int nlogged;
static _Atomic bool stop;

static void first_sink(int level, const char *line, void *arg)
{
	(void)level;
	(void)line;
	if (arg == &args[0])
		nlogged++;
	else
		abort(); /* the other sink's argument */
}

static void second_sink(int level, const char *line, void *arg)
{
	(void)level;
	(void)line;
	if (arg == &args[1])
		nlogged++;
	else
		abort();
}

static void *log_until_stopped(void *arg)
{
	(void)arg;
	while (!stop)
		wd_log(WD_LOG_ERR, "x");
	return NULL;
}

START_TEST(handler_and_argument_change_together)
{
	pthread_t thread[2];

	wd_log_set_handler(first_sink, &args[0]);
	for (int i = 0; i < 2; i++)
		pthread_create(&thread[i], NULL, log_until_stopped, NULL);
	for (int i = 0; i < 20000 || nlogged < 1000; i++)
		wd_log_set_handler(i & 1 ? first_sink : second_sink, &args[~i & 1]);
	stop = true;
	for (int i = 0; i < 2; i++)
		pthread_join(thread[i], NULL);
	wd_log_set_handler(NULL, NULL);
}
END_TEST

START_TEST(memcmp_consttime_tells_equal_from_different)
{
	unsigned char a[100], b[100];

	memset(a, 7, sizeof(a));
	memset(b, 7, sizeof(b));
	ck_assert_int_eq(memcmp_consttime(a, b, sizeof(a)), 0);
	ck_assert_int_eq(memcmp_consttime(NULL, NULL, 0), 0);
	for (size_t i = 0; i < sizeof(a); i++)
		for (int bit = 0; bit < 8; bit++) {
			b[i] ^= 1 << bit;
			ck_assert_int_ne(memcmp_consttime(a, b, sizeof(a)), 0);
			ck_assert_int_eq(memcmp_consttime(a, b, i), 0);
			b[i] ^= 1 << bit;
		}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("log");
	TCase *tc = tcase_create("log");

	unsetenv("WD_LOG_LEVEL");
	tcase_add_test(tc, lines_reach_standard_error_with_a_prefix);
	tcase_add_test(tc, info_and_debug_are_not_shown_unless_asked_for);
	tcase_add_loop_test(tc, level_comes_from_the_environment, 0, ARRAY_SIZE(levels));
	tcase_add_test(tc, handler_receives_every_level_and_its_argument);
	tcase_add_test(tc, line_that_is_too_long_is_cut);
	tcase_add_test(tc, control_characters_are_made_harmless);
	tcase_add_test(tc, errno_is_preserved);
	tcase_add_test(tc, f48_log_storm_is_limited_and_the_loss_is_said);
	tcase_add_test(tc, handler_and_argument_change_together);
	tcase_add_test(tc, memcmp_consttime_tells_equal_from_different);
	tcase_set_timeout(tc, 30);
	suite_add_tcase(suite, tc);
	return run_suite(suite);
}
