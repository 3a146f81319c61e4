/* SPDX-License-Identifier: Apache-2.0 */
/* Between the two files of the client, which include the library's headers in different ways. */
#ifndef COMPAT_CLIENT_H
#define COMPAT_CLIENT_H

#include <stddef.h>

#define BLOCK_SIZE 4096

void client_fill(char *to, size_t size);
/* The other model: init2, streams. 0 if all is well. */
int client_init2(void);

#endif
