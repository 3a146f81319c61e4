/* SPDX-License-Identifier: Apache-2.0 */
/* Device nodes: what the files of /dev look like and do. */
#ifndef EMULATOR_NODE_H
#define EMULATOR_NODE_H

#include <sys/stat.h>

/* As open(2) of the node: a descriptor, or -1 with errno. */
int node_open(const char *name, int flags);
/* As stat(2): 0, or -1 with errno. */
int node_stat(const char *name, struct stat *st);
/* As access(2). */
int node_access(const char *name, int mode);
/* As ioctl(2) on an open node. */
int node_ioctl(int fd, unsigned long request, void *arg);

#endif
