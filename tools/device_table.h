/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What can be said about a device, defined once: a column of a table for people,
 * a member of an object in JSON.
 */
#ifndef WDCTL_DEVICE_TABLE_H
#define WDCTL_DEVICE_TABLE_H

#include "devices.h"

/* One line per device, the most important columns. 0, or -1 and it has been said why. */
int device_table_list(const struct devices *d, bool json);
/* All there is about one device, one property per line. */
int device_table_info(struct device *dev, bool json);

#endif
