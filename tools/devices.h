/* SPDX-License-Identifier: Apache-2.0 */
/*
 * All accelerators of this system, once each: those the library offers for any
 * algorithm, and those it leaves out (isolated, or with attributes it does not
 * believe), which somebody who looks after them wants to see as well.
 */
#ifndef WDCTL_DEVICES_H
#define WDCTL_DEVICES_H

#include <stdbool.h>
#include <stddef.h>
#include "wd.h"

struct device {
	struct uacce_dev dev; /* char_dev_path and dev_root are always there */
	char *name;
	char *driver;
	bool usable; /* the library offers it: all of dev is valid */
};

struct devices {
	struct device *item; /* in the order of their names */
	size_t count;
};

/* 0 (also if there is none) or -1 and it has been said why. */
int devices_load(struct devices *d);
void devices_free(struct devices *d);
/* By name ("hisi_zip-0") or node ("/dev/hisi_zip-0"); NULL if there is none. */
struct device *devices_find(struct devices *d, const char *name);
/* Text of an attribute of the device, or NULL; the caller frees it. */
char *device_attribute(const struct device *dev, const char *attribute);

#endif
