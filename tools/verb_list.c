// SPDX-License-Identifier: Apache-2.0
/*
 * wdctl list: one line per device.
 */
#include <stdio.h>
#include "device_table.h"
#include "wdctl.h"

static const struct argp_option options[] = {
	{ "json", 'J', NULL, 0, "print JSON", 0 },
	{ NULL, 0, NULL, 0, NULL, 0 }
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	bool *json = state->input;

	(void)arg;
	if (key != 'J')
		return ARGP_ERR_UNKNOWN;
	*json = true;
	return 0;
}

static int run(int argc, char **argv)
{
	static const struct argp argp = {
		.options = options,
		.parser = parse,
		.doc = "List accelerators: name, driver, interface, NUMA node, free queues, "
		       "whether the system has isolated it, algorithms.",
	};
	struct devices d;
	bool json = false;
	int rc;

	verb_parse(&argp, argc, argv, &json);
	if (devices_load(&d))
		return 1;
	rc = device_table_list(&d, json);
	if (!rc && !d.count)
		complain("no accelerator found; for an emulated one: wd-emulate -- wdctl list");
	devices_free(&d);
	return rc ? 1 : 0;
}

const struct verb verb_list = {
	.name = "list",
	.arguments = "[--json]",
	.summary = "list accelerators",
	.run = run,
};
