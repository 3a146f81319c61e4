// SPDX-License-Identifier: Apache-2.0
/*
 * The progress line.
 */
#include <inttypes.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>
#include "progress.h"

#define INTERVAL_NS 200000000ull

static struct {
	bool on;
	bool drawn;
	const char *file;
	uint64_t total;
	uint64_t start_ns;
	uint64_t next_ns;
} line;

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

void progress_begin(bool wanted, const char *file, uint64_t total)
{
	line.on = wanted && isatty(STDERR_FILENO);
	line.drawn = false;
	line.file = file;
	line.total = total;
	if (!line.on)
		return;
	line.start_ns = now_ns();
	line.next_ns = line.start_ns + INTERVAL_NS; /* small files pass without a flicker */
}

void progress_update(uint64_t in_nbytes, uint64_t out_nbytes)
{
	uint64_t now;

	if (!line.on)
		return;
	now = now_ns();
	if (now < line.next_ns)
		return;
	line.next_ns = now + INTERVAL_NS;
	line.drawn = true;
	fprintf(stderr, "\r%s: ", line.file);
	if (line.total)
		fprintf(stderr, "%3.0f %%, ", (double)in_nbytes * 100 / (double)line.total);
	fprintf(stderr, "%" PRIu64 " -> %" PRIu64 " KiB, %.1f MB/s\033[K", in_nbytes >> 10,
		out_nbytes >> 10, (double)in_nbytes * 1e3 / (double)(now - line.start_ns));
	fflush(stderr);
}

void progress_hide(void)
{
	if (!line.drawn)
		return;
	line.drawn = false;
	fputs("\r\033[K", stderr);
	fflush(stderr);
}

void progress_end(void)
{
	progress_hide();
	line.on = false;
}
