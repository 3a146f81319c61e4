// SPDX-License-Identifier: Apache-2.0
/*
 * Owns the knowledge which descriptors are device nodes. A node's connection is
 * bound to an abstract address that spells out the device and the access mode,
 * so whoever has the descriptor (after exec, from a message, by dup) can read
 * off what it is. A table remembers the answer for descriptors that are not
 * nodes; everything that brings a new descriptor makes its entry unknown again.
 * A positive entry is never trusted: the C library closes files behind our back.
 */
#include "shim.h"

#include "descriptor.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "deadline.h"
#include "emudir.h"

#define DESCRIPTORS_MAX 65536
#define ADDRESS_MARK "wd-emulate/"

static _Atomic unsigned char kinds[DESCRIPTORS_MAX];

static enum descriptor_kind remembered(int fd)
{
	if (fd < 0 || fd >= DESCRIPTORS_MAX)
		return DESCRIPTOR_UNKNOWN;
	return atomic_load_explicit(&kinds[fd], memory_order_relaxed);
}

void descriptor_set(int fd, enum descriptor_kind kind)
{
	if (fd >= 0 && fd < DESCRIPTORS_MAX)
		atomic_store_explicit(&kinds[fd], (unsigned char)kind, memory_order_relaxed);
}

void descriptor_forget(int fd)
{
	descriptor_set(fd, DESCRIPTOR_UNKNOWN);
}

void descriptor_forget_range(unsigned int first, unsigned int last)
{
	for (; first <= last && first < DESCRIPTORS_MAX; first++)
		descriptor_forget((int)first);
}

/* "wd-emulate/MODE/UNIQUE/NAME" after the zero byte of an abstract address. */
void descriptor_address(struct node_address *address, const char *name, int access_mode)
{
	static atomic_uint counter;
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	int length;

	length = snprintf(addr.sun_path + 1, sizeof(addr.sun_path) - 1,
			  ADDRESS_MARK "%d/%x.%x/%.63s", access_mode & O_ACCMODE,
			  (unsigned int)getpid(),
			  atomic_fetch_add(&counter, 1) ^ (unsigned int)deadline_now_ns(), name);
	address->nbytes =
		(unsigned int)(offsetof(struct sockaddr_un, sun_path) + 1) + (unsigned int)length;
	memcpy(address->bytes, &addr, address->nbytes);
}

static bool read_address(const struct sockaddr_un *addr, socklen_t nbytes, struct node *node)
{
	const size_t head = offsetof(struct sockaddr_un, sun_path) + 1;
	const size_t mark = sizeof(ADDRESS_MARK) - 1;
	const char *name;
	char text[sizeof(addr->sun_path)];
	unsigned int process, number;

	if (nbytes <= head + mark || nbytes > sizeof(*addr) || addr->sun_family != AF_UNIX ||
	    addr->sun_path[0] || memcmp(addr->sun_path + 1, ADDRESS_MARK, mark))
		return false;
	memcpy(text, addr->sun_path + 1 + mark, nbytes - head - mark);
	text[nbytes - head - mark] = '\0';
	name = strrchr(text, '/');
	if (!name || strlen(name + 1) >= sizeof(node->name))
		return false;
	if (sscanf(text, "%d/%x.%x/", &node->access_mode, &process, &number) != 3)
		return false;
	strcpy(node->name, name + 1);
	node->open_id = (unsigned long)process << 32 | number;
	return true;
}

static bool is_strategy(int fd, struct node *node)
{
	char link[32], target[PLACE_PATH_MAX];
	ssize_t length;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	length = REAL(readlink)(link, target, sizeof(target) - 1);
	if (length < 1)
		return false;
	target[length] = '\0';
	return path_is_strategy(target, node->name);
}

static enum descriptor_kind ask_kernel(int fd, struct node *node)
{
	struct sockaddr_un addr;
	socklen_t nbytes = sizeof(addr);

	if (getsockname(fd, (struct sockaddr *)&addr, &nbytes) == 0)
		return read_address(&addr, nbytes, node) ? DESCRIPTOR_NODE : DESCRIPTOR_OTHER;
	if (errno == ENOTSOCK)
		return is_strategy(fd, node) ? DESCRIPTOR_STRATEGY : DESCRIPTOR_OTHER;
	return DESCRIPTOR_UNKNOWN;
}

static __attribute__((noinline)) enum descriptor_kind look(int fd, struct node *node)
{
	enum descriptor_kind kind;
	int saved_errno = errno;
	struct node unused;

	kind = ask_kernel(fd, node ? node : &unused);
	descriptor_set(fd, kind);
	errno = saved_errno;
	return kind;
}

enum descriptor_kind descriptor_kind(int fd, struct node *node)
{
	if (remembered(fd) == DESCRIPTOR_OTHER || fd < 0)
		return DESCRIPTOR_OTHER;
	return emudir() ? look(fd, node) : DESCRIPTOR_OTHER;
}

bool descriptor_is_node(int fd)
{
	return descriptor_kind(fd, NULL) == DESCRIPTOR_NODE;
}
