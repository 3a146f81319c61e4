/* SPDX-License-Identifier: Apache-2.0 */
/* A directory of a test's own: made before it, removed with all in it afterwards. */
#ifndef TEST_LIB_SCRATCH_H
#define TEST_LIB_SCRATCH_H

#include <sys/types.h>

extern char scratch_dir[64];

/* Where they all are; removed when the program ends. */
const char *scratch_root(void);

void scratch_make(void);   /* a checked fixture's setup */
void scratch_remove(void); /* and its teardown */

/* Path of something in it; valid until the next call but seven. */
const char *scratch(const char *name);
/* Write @n bytes to a file in it, whose directories are made as needed. */
void scratch_put(const char *name, const void *data, size_t n, mode_t mode);
void scratch_text(const char *name, const char *text);

#endif
