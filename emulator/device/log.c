// SPDX-License-Identifier: Apache-2.0
/*
 * Owns the message stream of the daemon. Every client can make the device
 * complain as often as it likes, so lines are counted per second and the rest
 * is dropped with one line that says how many. Knows nothing about queues.
 */
#include "log.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>

#define LINES_PER_SECOND 10

static pthread_mutex_t log_lock = PTHREAD_MUTEX_INITIALIZER;
static bool log_verbose;
static time_t log_second;
static unsigned int log_lines;
static unsigned long log_dropped;

void log_set_verbose(bool verbose)
{
	log_verbose = verbose;
}

static bool line_may_pass(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	if (now.tv_sec != log_second) {
		log_second = now.tv_sec;
		log_lines = 0;
		if (log_dropped)
			fprintf(stderr, "wd-emulatord: %lu messages dropped\n", log_dropped);
		log_dropped = 0;
	}
	if (log_lines++ < LINES_PER_SECOND)
		return true;
	log_dropped++;
	return false;
}

static void log_line(const char *format, va_list args)
{
	char text[512];

	vsnprintf(text, sizeof(text), format, args);
	pthread_mutex_lock(&log_lock);
	if (line_may_pass())
		fprintf(stderr, "wd-emulatord: %s\n", text);
	pthread_mutex_unlock(&log_lock);
}

void log_error(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	log_line(format, args);
	va_end(args);
}

void log_info(const char *format, ...)
{
	va_list args;

	if (!log_verbose)
		return;
	va_start(args, format);
	log_line(format, args);
	va_end(args);
}
