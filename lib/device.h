/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Devices as sysfs shows them: reading one attribute with bounds and checks
 * (device_sysfs.c), and finding devices (device.c). Queues of a device are in
 * ctx.h, nodes and distances in node.h.
 */
#ifndef WD_LIB_DEVICE_H
#define WD_LIB_DEVICE_H

#include <stdbool.h>
#include <stddef.h>
#include "wd.h"

#define WD_CLASS_DIR "/sys/class/uacce"

/*
 * Read the text of @dir/@attr without its last newline. Its length, or
 * -ENOENT missing, -ENODATA empty, -E2BIG does not fit @size, -EBADMSG no newline
 * at the end or a byte that is no text, or another negated errno of open(2) or read(2).
 */
int wd_sysfs_text(const char *dir, const char *attr, char *text, size_t size);

/* The same for one decimal number in [@min, @max]; -EBADMSG when it is none, -ERANGE outside. */
int wd_sysfs_number(const char *dir, const char *attr, long min, long max, long *value);

/*
 * Fill @dev from the class directory of device @name. NULL, or why the device
 * cannot be used: a constant text.
 */
const char *wd_device_read(struct uacce_dev *dev, const char *name);

/* All usable devices, isolated ones left out; NULL with errno when there are none. */
struct uacce_dev_list *wd_device_list(void);

/* Whether a line of the device's algorithms is @alg or the class @alg belongs to. */
bool wd_device_offers(const struct uacce_dev *dev, const char *alg);

/* "hisi_zip-0" from any path that ends in it; points into @path. */
const char *wd_device_name(const char *path);
/* Length of the driver's part of a device name: without a last hyphen and number. */
size_t wd_device_driver_len(const char *name);

/* The class line an algorithm is offered under; NULL for a name not known. */
const char *wd_alg_class(const char *alg);

#endif
