/* SPDX-License-Identifier: Apache-2.0 */
/* One line of the driver registry (driver.c), as the bridge (driver_bridge.c) sees it. */
#ifndef WD_LIB_DRIVER_ENTRY_H
#define WD_LIB_DRIVER_ENTRY_H

#include "drv/wd_driver.h"
#include "wd_alg.h"

/* One algorithm of one driver. */
struct driver_entry {
	struct wd_alg_list item;	/* first: programs walk a list of these */
	struct wd_alg_driver table;	/* of a native driver; others bring their own */
	const struct wd_driver *native; /* NULL: a third party's table */
	bool disabled;			/* by wd_disable_drv() */
};

/* Fill entry->table with operations that call the native driver. */
void wd_driver_bridge(struct driver_entry *entry, const char *alg);

#endif
