/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Everything wd_zip says to a person, and the exit status that follows from it:
 * one line per problem, with the file in front. Main thread only.
 */
#ifndef ZIP_REPORT_H
#define ZIP_REPORT_H

#include <stdbool.h>

/* @quiet: warnings count but are not shown. */
void report_init(bool quiet);

/* @file NULL: the problem is nobody's. */
void report_error(const char *file, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void report_warning(const char *file, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* A line that is no problem. */
void report_note(const char *file, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* 0, 1 after an error, 2 after nothing worse than a warning. */
int report_exit_status(void);

#endif
