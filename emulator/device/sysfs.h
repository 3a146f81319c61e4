/* SPDX-License-Identifier: Apache-2.0 */
/* The files by which programs find an emulated device. */
#ifndef EMULATOR_SYSFS_H
#define EMULATOR_SYSFS_H

#include "device.h"

/* 0 or a positive errno. */
int sysfs_add(const struct emu_device *dev);
void sysfs_remove(const struct emu_device *dev);
/* Bring an attribute that changes up to date. */
void sysfs_update_instances(const struct emu_device *dev);
void sysfs_update_isolation(const struct emu_device *dev);

#endif
