/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The drivers known to this process. Drivers of this project register a struct
 * wd_driver (drv/wd_driver.h); the registry also shows them, and third-party tables,
 * in the form of wd_alg.h. Files are found and loaded by driver_load.c at the first
 * question.
 */
#ifndef WD_LIB_DRIVER_H
#define WD_LIB_DRIVER_H

#include "drv/wd_driver.h"

/*
 * The driver of highest priority that offers @alg, on devices named like
 * @device_name ("hisi_zip-0") unless NULL. Counted as used until put. NULL if none.
 */
const struct wd_driver *wd_core_driver_find(const char *alg, const char *device_name);
void wd_core_driver_put(const struct wd_driver *drv);

/* Load the drivers of the library's directory, once per process. */
void wd_drivers_load(void);

/* How many drivers have registered so far: tells the loader whether a file brought any. */
unsigned int wd_driver_count(void);
/* Is a driver registered whose name is the first @n characters of @name? */
bool wd_driver_is_known(const char *name, size_t n);

#endif
