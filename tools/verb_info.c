// SPDX-License-Identifier: Apache-2.0
/*
 * wdctl info: all there is about one device.
 */
#include <stdio.h>
#include "device_table.h"
#include "wdctl.h"

struct wishes {
	const char *device;
	bool json;
};

static const struct argp_option options[] = {
	{ "json", 'J', NULL, 0, "print JSON", 0 },
	{ NULL, 0, NULL, 0, NULL, 0 }
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct wishes *w = state->input;

	switch (key) {
	case 'J':
		w->json = true;
		return 0;
	case ARGP_KEY_ARG:
		if (w->device)
			argp_failure(state, 1, 0, "%s: one device at a time", arg);
		w->device = arg;
		return 0;
	case ARGP_KEY_NO_ARGS:
		argp_failure(state, 1, 0, "which device? wdctl list shows them");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static int run(int argc, char **argv)
{
	static const struct argp argp = {
		.options = options,
		.parser = parse,
		.args_doc = "DEVICE",
		.doc = "Show all properties of DEVICE, which is named as in `wdctl list' or by its "
		       "node in /dev.",
	};
	struct wishes w = { 0 };
	struct device *dev;
	struct devices d;
	int rc = -1;

	verb_parse(&argp, argc, argv, &w);
	if (devices_load(&d))
		return 1;
	dev = devices_find(&d, w.device);
	if (dev)
		rc = device_table_info(dev, w.json);
	else
		complain("%s: no such device; wdctl list shows those there are", w.device);
	devices_free(&d);
	return rc ? 1 : 0;
}

const struct verb verb_info = {
	.name = "info",
	.arguments = "DEVICE [--json]",
	.summary = "show all properties of one accelerator",
	.run = run,
};
