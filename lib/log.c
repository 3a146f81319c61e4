// SPDX-License-Identifier: Apache-2.0
/*
 * The log. It owns the choice of the sink (a handler of the program, or standard
 * error), the level from the environment, and the limit that keeps a failing
 * device from filling a disk. No lock is taken: a child of fork() can always log.
 */
#include <ctype.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "wd.h"

#define LINE_NBYTES 1024
#define PREFIX "wd: "
#define LINES_PER_SECOND 10

typedef void (*log_handler)(int level, const char *line, void *arg);

/* ------------------------------------------------------------------ sink */

/*
 * Handler and argument belong together. A writer makes the count odd, changes
 * both, makes it even; a reader takes them between two equal even counts.
 */
static _Atomic uint32_t sink_seq;
static _Atomic(log_handler) sink_handler;
static _Atomic(void *) sink_arg;

static bool try_read_sink(log_handler *handler, void **arg)
{
	uint32_t seq = atomic_load_explicit(&sink_seq, memory_order_acquire);

	*handler = atomic_load_explicit(&sink_handler, memory_order_acquire);
	*arg = atomic_load_explicit(&sink_arg, memory_order_acquire);
	return !(seq & 1) && atomic_load_explicit(&sink_seq, memory_order_relaxed) == seq;
}

/* In the child of a process that was just changing the sink the count stays odd: no handler. */
static log_handler read_sink(void **arg)
{
	log_handler handler;

	for (int tries = 0; tries < 1000; tries++)
		if (try_read_sink(&handler, arg))
			return handler;
	return NULL;
}

void wd_log_set_handler(log_handler handler, void *arg)
{
	uint32_t seq;

	do
		seq = atomic_load_explicit(&sink_seq, memory_order_relaxed) & ~1u;
	while (!atomic_compare_exchange_weak_explicit(&sink_seq, &seq, seq + 1,
						      memory_order_acquire, memory_order_relaxed));
	/* Release: a reader that sees either value also sees the odd count, and tries again. */
	atomic_store_explicit(&sink_handler, handler, memory_order_release);
	atomic_store_explicit(&sink_arg, arg, memory_order_release);
	atomic_store_explicit(&sink_seq, seq + 2, memory_order_release);
}

/* ----------------------------------------------------------------- level */

static int parse_level(const char *text)
{
	static const char *const names[] = { "error", "warn", "info", "debug" };

	if (!text || !*text)
		return WD_LOG_WARN;
	if (isdigit((unsigned char)text[0]) && !text[1])
		return text[0] > '3' ? WD_LOG_DEBUG : text[0] - '0';
	for (int i = 0; i < (int)ARRAY_SIZE(names); i++)
		if (!strcasecmp(text, names[i]))
			return i;
	return WD_LOG_WARN;
}

/* Several threads may work it out at once: they all find the same. */
static int shown_level(void)
{
	static _Atomic int level = -1;
	int known = atomic_load_explicit(&level, memory_order_relaxed);

	if (known < 0) {
		known = parse_level(secure_getenv("WD_LOG_LEVEL"));
		atomic_store_explicit(&level, known, memory_order_relaxed);
	}
	return known;
}

static bool is_shown(int level)
{
	return atomic_load_explicit(&sink_handler, memory_order_relaxed) || level <= shown_level();
}

bool wd_need_debug(void)
{
	return is_shown(WD_LOG_DEBUG);
}

bool wd_need_info(void)
{
	return is_shown(WD_LOG_INFO);
}

/* ------------------------------------------------------------- the limit */

static _Atomic uint64_t window; /* second << 16 | lines in it */
static _Atomic uint32_t dropped;

static bool may_write(void)
{
	struct timespec now;
	uint64_t seen = atomic_load_explicit(&window, memory_order_relaxed), next;

	clock_gettime(CLOCK_MONOTONIC, &now);
	do {
		/* + 1: the first second after boot is not the same as never. */
		uint64_t second = (uint64_t)now.tv_sec + 1;
		uint64_t lines = seen >> 16 == second ? seen & 0xffff : 0;

		if (lines >= LINES_PER_SECOND)
			return false;
		next = second << 16 | (lines + 1);
	} while (!atomic_compare_exchange_weak_explicit(&window, &seen, next, memory_order_relaxed,
							memory_order_relaxed));
	return true;
}

/* One write() per line, so that lines of several threads and processes do not mix. */
static void put_line(const char *line, int n)
{
	char out[sizeof(PREFIX) + LINE_NBYTES + 1];
	ssize_t rc;

	n = snprintf(out, sizeof(out), PREFIX "%.*s\n", n, line);
	do
		rc = write(STDERR_FILENO, out, n);
	while (rc < 0 && errno == EINTR);
}

static void write_stderr(const char *line, int n)
{
	uint32_t lost;
	char note[64];

	if (!may_write()) {
		atomic_fetch_add_explicit(&dropped, 1, memory_order_relaxed);
		return;
	}
	lost = atomic_exchange_explicit(&dropped, 0, memory_order_relaxed);
	if (lost && may_write()) {
		int len = snprintf(note, sizeof(note), "%u more lines were not shown", lost);

		put_line(note, len);
	}
	put_line(line, n);
}

/* ------------------------------------------------------------------- log */

/* Names in it may come from a device or a file: it stays one line, and no terminal obeys. */
static int make_one_line(char *line, int n)
{
	while (n > 0 && line[n - 1] == '\n')
		line[--n] = '\0';
	for (int i = 0; i < n; i++)
		if (iscntrl((unsigned char)line[i]))
			line[i] = line[i] == '\n' || line[i] == '\t' ? ' ' : '?';
	return n;
}

void wd_log(int level, const char *fmt, ...)
{
	char line[LINE_NBYTES];
	int saved = errno, n;
	log_handler handler;
	va_list ap;
	void *arg;

	level = level < WD_LOG_ERR ? WD_LOG_ERR : level > WD_LOG_DEBUG ? WD_LOG_DEBUG : level;
	if (!fmt || !is_shown(level))
		return;
	va_start(ap, fmt);
	n = vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	if (n < 0)
		n = snprintf(line, sizeof(line), "(a message that cannot be formatted)");
	n = make_one_line(line, n < LINE_NBYTES ? n : LINE_NBYTES - 1);

	handler = read_sink(&arg);
	if (handler)
		handler(level, line, arg);
	else if (level <= shown_level())
		write_stderr(line, n);
	errno = saved;
}
