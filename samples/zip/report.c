// SPDX-License-Identifier: Apache-2.0
/*
 * Lines on standard error and the exit status. Each line goes out in one write,
 * so that those of several programs on one terminal do not mix.
 */
#include <stdarg.h>
#include <stdio.h>
#include "progress.h"
#include "report.h"

static bool is_quiet;
static int exit_status;

void report_init(bool quiet)
{
	is_quiet = quiet;
	setvbuf(stderr, NULL, _IOLBF, BUFSIZ);
}

static void say(const char *file, const char *fmt, va_list ap)
{
	progress_hide();
	fputs("wd_zip: ", stderr);
	if (file)
		fprintf(stderr, "%s: ", file);
	vfprintf(stderr, fmt, ap);
	fputc('\n', stderr);
}

void report_error(const char *file, const char *fmt, ...)
{
	va_list ap;

	exit_status = 1;
	va_start(ap, fmt);
	say(file, fmt, ap);
	va_end(ap);
}

void report_warning(const char *file, const char *fmt, ...)
{
	va_list ap;

	if (!exit_status)
		exit_status = 2;
	if (is_quiet)
		return;
	va_start(ap, fmt);
	say(file, fmt, ap);
	va_end(ap);
}

void report_note(const char *file, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(file, fmt, ap);
	va_end(ap);
}

int report_exit_status(void)
{
	return exit_status;
}
