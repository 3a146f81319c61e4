// SPDX-License-Identifier: Apache-2.0
/*
 * Owns the command line of wd-emulatord and the defaults of everything on it.
 */
#include "config.h"

#include "options.h"

#include <argp.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../protocol.h"
#include "worker.h"

#define EXIT_USAGE 2

/* The C library looks it up by name. */
__attribute__((visibility("default"))) const char *argp_program_version =
	"wd-emulatord (" PACKAGE_NAME ") " PACKAGE_VERSION;

enum option_key {
	OPTION_DIR = 'd',
	OPTION_DEVICE = 'D',
	OPTION_ENGINES = 'e',
	OPTION_FOREGROUND = 'f',
	OPTION_DAEMON = 'b',
	OPTION_READY_FD = 256,
	OPTION_IDLE_EXIT,
	OPTION_VERBOSE = 'v',
};

static const struct argp_option option_table[] = {
	{"dir", OPTION_DIR, "DIR", 0,
	 "Directory for sockets and the device tree (default: $" EMU_DIR_ENV
	 ", else wd-emulator in $XDG_RUNTIME_DIR, else /tmp/wd-emulator-UID)",
	 0},
	{"device", OPTION_DEVICE, "KIND[,KEY=VALUE]...", 0,
	 "Add a device (default: one zip). KIND: zip or null. Keys: qm=v2|v3|v5, queues=1..1024, "
	 "depth=2..4096, numa=NODE, put=stop|release, shadow=on|off, isolation=on|off, "
	 "driver=NAME, isolate-strategy=N, drain-ms=N",
	 0},
	{"engines", OPTION_ENGINES, "N", 0, "Engines working in parallel (default: CPUs)", 0},
	{"foreground", OPTION_FOREGROUND, NULL, 0, "Stay in the foreground (default)", 0},
	{"daemon", OPTION_DAEMON, NULL, 0, "Go to the background once serving", 0},
	{"ready-fd", OPTION_READY_FD, "N", 0,
	 "Write \"ready\" and a newline to descriptor N "
	 "once serving, then close it",
	 0},
	{"idle-exit", OPTION_IDLE_EXIT, "SECONDS", 0, "End after so long without a client", 0},
	{"verbose", OPTION_VERBOSE, NULL, 0, "Report what happens to devices and queues", 0},
	{0},
};

static unsigned int parse_number(struct argp_state *state, const char *name, const char *text,
				 long min, long max)
{
	char *end;
	long value;

	errno = 0;
	value = strtol(text, &end, 10);
	if (errno || end == text || *end || value < min || value > max)
		argp_failure(state, EXIT_USAGE, 0, "--%s=%s: expected a number from %ld to %ld",
			     name, text, min, max);
	return (unsigned int)value;
}

static void add_device(struct argp_state *state, struct options *options, const char *spec)
{
	const char *wrong;

	if (options->device_count == OPTION_DEVICES_MAX)
		argp_failure(state, EXIT_USAGE, 0, "more than %d devices", OPTION_DEVICES_MAX);
	wrong = device_parse(spec, &options->devices[options->device_count++]);
	if (wrong)
		argp_failure(state, EXIT_USAGE, 0, "--device=%s: %s", spec, wrong);
}

static void set_ready_fd(struct argp_state *state, struct options *options, const char *text)
{
	options->ready_fd = (int)parse_number(state, "ready-fd", text, 0, 1 << 20);
	if (fcntl(options->ready_fd, F_GETFD) < 0)
		argp_failure(state, EXIT_USAGE, 0, "--ready-fd=%s: not an open descriptor", text);
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct options *options = state->input;

	switch (key) {
	case OPTION_DIR:
		free(options->dir);
		options->dir = strdup(arg);
		return 0;
	case OPTION_DEVICE:
		add_device(state, options, arg);
		return 0;
	case OPTION_ENGINES:
		options->engines = parse_number(state, "engines", arg, 1, WORKERS_MAX);
		return 0;
	case OPTION_FOREGROUND:
		options->background = false;
		return 0;
	case OPTION_DAEMON:
		options->background = true;
		return 0;
	case OPTION_READY_FD:
		set_ready_fd(state, options, arg);
		return 0;
	case OPTION_IDLE_EXIT:
		options->idle_exit_s = parse_number(state, "idle-exit", arg, 1, 1000000);
		return 0;
	case OPTION_VERBOSE:
		options->verbose = true;
		return 0;
	case ARGP_KEY_ARG:
		argp_failure(state, EXIT_USAGE, 0, "unexpected argument: %s", arg);
		return EINVAL;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static char *default_dir(void)
{
	const char *dir = getenv(EMU_DIR_ENV), *runtime = getenv("XDG_RUNTIME_DIR");
	char *path = NULL;

	if (dir && *dir)
		return strdup(dir);
	if (runtime && *runtime) {
		if (asprintf(&path, "%s/wd-emulator", runtime) < 0)
			return NULL;
	} else if (asprintf(&path, "/tmp/wd-emulator-%u", (unsigned int)geteuid()) < 0) {
		return NULL;
	}
	return path;
}

static unsigned int default_engines(void)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);

	if (cpus < 1)
		return 1;
	return cpus > WORKERS_MAX ? WORKERS_MAX : (unsigned int)cpus;
}

void options_parse(struct options *options, int argc, char **argv)
{
	static const struct argp argp = {
		.options = option_table,
		.parser = parse_option,
		.doc = "Emulate HiSilicon accelerators behind a queue manager, for wd-emulate.",
	};

	memset(options, 0, sizeof(*options));
	options->ready_fd = -1;
	options->engines = default_engines();
	argp_err_exit_status = EXIT_USAGE;
	argp_parse(&argp, argc, argv, 0, NULL, options);
	if (!options->dir)
		options->dir = default_dir();
	if (!options->dir) {
		fprintf(stderr, "wd-emulatord: out of memory\n");
		exit(EXIT_FAILURE);
	}
	if (!options->device_count)
		device_parse("zip", &options->devices[options->device_count++]);
}

void options_free(struct options *options)
{
	free(options->dir);
}
