/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One line on a terminal that shows how far a file is. It is redrawn a few
 * times per second, and gone before anything else is said. Main thread only.
 */
#ifndef ZIP_PROGRESS_H
#define ZIP_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

/* @total: bytes of input, 0 if nobody knows. Does nothing unless standard error is a terminal. */
void progress_begin(bool wanted, const char *file, uint64_t total);
void progress_update(uint64_t in_nbytes, uint64_t out_nbytes);
/* Wipe the line; the next update draws it again. */
void progress_hide(void);
void progress_end(void);

#endif
