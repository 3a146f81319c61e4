/* SPDX-License-Identifier: Apache-2.0 */
/* The command line of wd-emulatord. */
#ifndef EMULATOR_OPTIONS_H
#define EMULATOR_OPTIONS_H

#include <stdbool.h>

#include "device.h"

#define OPTION_DEVICES_MAX 32

struct options {
	char *dir;
	struct device_config devices[OPTION_DEVICES_MAX];
	unsigned int device_count;
	unsigned int engines;
	unsigned int idle_exit_s; /* 0: never */
	bool background;
	int ready_fd; /* -1: none */
	bool verbose;
};

/* Fills in all defaults; ends the program with status 2 on a mistake. */
void options_parse(struct options *options, int argc, char **argv);
void options_free(struct options *options);

#endif
