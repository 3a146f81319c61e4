/* SPDX-License-Identifier: Apache-2.0 */
/* Messages of the daemon: one line each, to standard error, rate limited. */
#ifndef EMULATOR_LOG_H
#define EMULATOR_LOG_H

#include <stdbool.h>

void log_set_verbose(bool verbose);

/* Something the user must know. At most ten lines a second get through. */
void log_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* What the device sees going on; only with --verbose, same rate limit. */
void log_info(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
