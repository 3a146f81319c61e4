/* SPDX-License-Identifier: Apache-2.0 */
/* What wd-emulate needs to know and to have before it can run a command. */
#ifndef EMULATOR_LAUNCH_H
#define EMULATOR_LAUNCH_H

#include <stdbool.h>
#include <sys/types.h>

#define LAUNCH_DEVICES_MAX 32

enum { EXIT_LAUNCH = 125, EXIT_CANNOT_RUN = 126, EXIT_NO_COMMAND = 127 };

struct launch {
	const char *devices[LAUNCH_DEVICES_MAX];
	unsigned int device_count;
	const char *dir; /* given, or chosen by launch_start() */
	const char *daemon;
	const char *shim;
	bool join;
	bool keep;
	bool verbose;
	char **command;
	pid_t daemon_pid; /* 0: not ours */
};

/* "wd-emulate: ..." on stderr, and the end with EXIT_LAUNCH. */
__attribute__((noreturn, format(printf, 1, 2))) void launch_fail(const char *format, ...);

/* All of these end the program with a message if they fail. */
void launch_find_programs(struct launch *launch);
void launch_join(struct launch *launch);
void launch_start(struct launch *launch);
/* Stop the daemon if it is ours, and see that nothing of it is left. */
void launch_stop(struct launch *launch);

#endif
