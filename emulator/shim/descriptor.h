/* SPDX-License-Identifier: Apache-2.0 */
/* Which of the program's descriptors are open device nodes. */
#ifndef EMULATOR_DESCRIPTOR_H
#define EMULATOR_DESCRIPTOR_H

#include <stdbool.h>

#include "path.h"

enum descriptor_kind {
	DESCRIPTOR_UNKNOWN,
	DESCRIPTOR_OTHER,
	DESCRIPTOR_NODE,
	DESCRIPTOR_STRATEGY, /* isolate_strategy, opened for writing */
};

/* What is known about an open node, from the descriptor alone. */
struct node {
	char name[DEVICE_NAME_NBYTES];
	int access_mode;       /* O_RDONLY, O_WRONLY, O_RDWR */
	unsigned long open_id; /* the same for all descriptors of one open */
};

/* @node may be NULL. Never asks the kernel about a descriptor known to be something else. */
enum descriptor_kind descriptor_kind(int fd, struct node *node);
/* Is it a node? The question every poll asks about every descriptor. */
bool descriptor_is_node(int fd);
void descriptor_set(int fd, enum descriptor_kind kind);
void descriptor_forget(int fd);
void descriptor_forget_range(unsigned int first, unsigned int last);

/* The address that makes a connection recognizable as an open of @name. */
struct node_address {
	unsigned int nbytes;
	unsigned char bytes[128];
};
void descriptor_address(struct node_address *address, const char *name, int access_mode);

#endif
