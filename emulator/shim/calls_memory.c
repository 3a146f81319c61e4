// SPDX-License-Identifier: Apache-2.0
/*
 * Takes over mmap and its relatives. Memory that has nothing to do with a queue
 * passes with a comparison or two.
 */
#include "shim.h"

#include <errno.h>
#include <stdarg.h>
#include <sys/mman.h>
#include <unistd.h>

#include "descriptor.h"
#include "region.h"

struct mmap_call {
	void *addr;
	size_t nbytes;
	int prot;
	int flags;
	int fd;
	off_t offset;
};

static long do_mmap(void *arg)
{
	const struct mmap_call *call = arg;

	return (long)REAL(mmap)(call->addr, call->nbytes, call->prot, call->flags, call->fd,
				call->offset);
}

static void *map(void *addr, size_t nbytes, int prot, int flags, int fd, off_t offset)
{
	struct mmap_call call = {addr, nbytes, prot, flags, fd, offset};

	if (!(flags & MAP_ANONYMOUS) && descriptor_is_node(fd))
		return region_map(fd, addr, nbytes, prot, flags, offset);
	/* A region that is replaced is unmapped. */
	if (flags & MAP_FIXED && !(flags & MAP_FIXED_NOREPLACE) && region_overlaps(addr, nbytes))
		return (void *)region_replace(addr, nbytes, do_mmap, &call);
	return REAL(mmap)(addr, nbytes, prot, flags, fd, offset);
}

EXPORT void *mmap(void *addr, size_t nbytes, int prot, int flags, int fd, off_t offset)
{
	return map(addr, nbytes, prot, flags, fd, offset);
}

EXPORT void *mmap64(void *addr, size_t nbytes, int prot, int flags, int fd, off64_t offset)
{
	return map(addr, nbytes, prot, flags, fd, offset);
}

static long do_munmap(void *arg)
{
	const struct mmap_call *call = arg;

	return REAL(munmap)(call->addr, call->nbytes);
}

EXPORT int munmap(void *addr, size_t nbytes)
{
	struct mmap_call call = {.addr = addr, .nbytes = nbytes};

	if (!region_overlaps(addr, nbytes))
		return REAL(munmap)(addr, nbytes);
	return (int)region_replace(addr, nbytes, do_munmap, &call);
}

EXPORT int mprotect(void *addr, size_t nbytes, int prot)
{
	if (!region_overlaps(addr, nbytes))
		return REAL(mprotect)(addr, nbytes, prot);
	return region_protect(addr, nbytes, prot);
}

struct mremap_call {
	void *addr;
	size_t old_nbytes;
	size_t nbytes;
	int flags;
	void *wanted;
};

static long do_mremap(void *arg)
{
	const struct mremap_call *call = arg;

	return (long)REAL(mremap)(call->addr, call->old_nbytes, call->nbytes, call->flags,
				  call->wanted);
}

/* The device's memory stays where it was mapped: it may shrink, but neither move nor grow. */
static void *remap_region(const struct mremap_call *call)
{
	char *tail = (char *)call->addr + call->nbytes;

	if (call->nbytes > call->old_nbytes) {
		errno = EFAULT;
		return MAP_FAILED;
	}
	if (call->flags & (MREMAP_FIXED | MREMAP_DONTUNMAP)) {
		errno = EPERM;
		return MAP_FAILED;
	}
	if (call->nbytes < call->old_nbytes && munmap(tail, call->old_nbytes - call->nbytes))
		return MAP_FAILED;
	return call->addr;
}

EXPORT void *mremap(void *addr, size_t old_nbytes, size_t nbytes, int flags, ...)
{
	struct mremap_call call = {addr, old_nbytes, nbytes, flags, NULL};
	va_list args;

	va_start(args, flags);
	if (flags & MREMAP_FIXED)
		call.wanted = va_arg(args, void *);
	va_end(args);
	/* A length of 0 would make a second mapping of the same. */
	if (region_overlaps(addr, old_nbytes ? old_nbytes : 1))
		return remap_region(&call);
	if (flags & MREMAP_FIXED && region_overlaps(call.wanted, nbytes))
		return (void *)region_replace(call.wanted, nbytes, do_mremap, &call);
	return (void *)do_mremap(&call);
}
