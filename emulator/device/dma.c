// SPDX-License-Identifier: Apache-2.0
/*
 * Owns the way into a client's memory: process_vm_readv() and writev() on the
 * process that opened the queue, as SVA hardware goes through the opener's page
 * tables. The kernel checks every address, so a bad one is an error number
 * here. The process descriptor is asked before each access: a process number
 * that was given to somebody else meanwhile is never touched.
 */
#include "dma.h"

#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <sys/uio.h>
#include <unistd.h>

#include "log.h"

typedef ssize_t vm_copy_fn(pid_t, const struct iovec *, unsigned long, const struct iovec *,
			   unsigned long, unsigned long);

void dma_bind(struct emu_dma *dma, pid_t pid, int pidfd)
{
	dma->pid = pid;
	dma->pidfd = pidfd;
	atomic_store(&dma->cut, false);
}

void dma_unbind(struct emu_dma *dma)
{
	atomic_store(&dma->cut, true);
	if (dma->pidfd >= 0)
		close(dma->pidfd);
	dma->pidfd = -1;
	dma->pid = 0;
}

bool dma_client_is_gone(const struct emu_dma *dma)
{
	struct pollfd exited = {.fd = dma->pidfd, .events = POLLIN};

	return poll(&exited, 1, 0) > 0;
}

static int copy_error(const struct emu_dma *dma, ssize_t copied)
{
	if (copied == 0)
		return -EFAULT;
	if (errno == ESRCH)
		return -ESRCH;
	if (errno == EPERM)
		log_error("no permission to reach the memory of process %d (ptrace_scope)",
			  (int)dma->pid);
	return -EFAULT;
}

static int dma_copy(struct emu_dma *dma, vm_copy_fn *copy, void *local, uint64_t addr,
		    size_t nbytes)
{
	struct iovec here = {.iov_base = local, .iov_len = nbytes};
	struct iovec there = {.iov_len = nbytes};
	ssize_t copied;

	if (atomic_load_explicit(&dma->cut, memory_order_acquire) || dma_client_is_gone(dma))
		return -ESRCH;
	if (addr > UINTPTR_MAX || nbytes > UINTPTR_MAX - (uintptr_t)addr)
		return -EFAULT;
	/* A short count ends at the bad page, or at the kernel's limit of one call. */
	while (here.iov_len) {
		there.iov_base = (void *)(uintptr_t)addr;
		there.iov_len = here.iov_len;
		copied = copy(dma->pid, &here, 1, &there, 1, 0);
		if (copied <= 0)
			return copy_error(dma, copied);
		here.iov_base = (char *)here.iov_base + copied;
		here.iov_len -= (size_t)copied;
		addr += (size_t)copied;
	}
	return 0;
}

int emu_dma_read(struct emu_dma *dma, void *dst, uint64_t addr, size_t nbytes)
{
	return dma_copy(dma, process_vm_readv, dst, addr, nbytes);
}

int emu_dma_write(struct emu_dma *dma, uint64_t addr, const void *src, size_t nbytes)
{
	return dma_copy(dma, process_vm_writev, (void *)(uintptr_t)src, addr, nbytes);
}
