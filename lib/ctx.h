/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A context: one hardware queue as the kernel gives it. What is here is for the
 * rest of libwd; drivers use wd.h and drv/wd_driver.h.
 */
#ifndef WD_LIB_CTX_H
#define WD_LIB_CTX_H

#include <stdbool.h>
#include <stddef.h>
#include "wd_internal.h"

/* Does @h stand for a hardware queue, and not for 0 or a context of the CPU? */
bool wd_ctx_is_hw(handle_t h);

/*
 * Map the region of DMA memory of a kernel without SVA, @nbytes long. Only one at
 * a time. NULL with errno.
 */
void *wd_ctx_map_ss(handle_t h, size_t nbytes);

#endif
