/* SPDX-License-Identifier: Apache-2.0 */
/* Accesses to a device's registers over the token of a mapping. Safe in a signal handler. */
#ifndef EMULATOR_MMIO_H
#define EMULATOR_MMIO_H

#include "region.h"

void mmio_store(struct region *region, uint64_t offset, unsigned int nbytes, uint64_t value);
/* All ones when the device does not answer in time or is no more. */
uint64_t mmio_load(struct region *region, uint64_t offset, unsigned int nbytes);

#endif
