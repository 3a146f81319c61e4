// SPDX-License-Identifier: Apache-2.0
/*
 * Owns mmap of an open node: the kernel's checks in the kernel's order, the
 * question to the daemon, the mapping itself, and changes of its protection.
 */
#include "shim.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifdef __has_include
#if __has_include(<valgrind/memcheck.h>)
#include <valgrind/memcheck.h>
#endif
#endif

#include "chain.h"
#include "descriptor.h"
#include "region_table.h"
#include "request.h"
#include "trap.h"
#include "uacce.h"

/* Somewhere out of the way; @fd itself if there is no other place. */
static int move_away(int fd, int lowest)
{
	int moved = (int)syscall(SYS_fcntl, fd, F_DUPFD_CLOEXEC, lowest);

	if (moved < 0)
		return fd;
	syscall(SYS_close, fd);
	return moved;
}

struct mapping {
	void *addr;
	size_t nbytes;
	int prot;
	int flags;
	bool is_mmio;
	unsigned long open_id;
	int memory; /* -1: none */
	int token;
};

/* Under valgrind: registers are fine to access, although the page is not. */
static void tell_memcheck(void *addr, size_t nbytes)
{
#ifdef VALGRIND_MAKE_MEM_DEFINED
	VALGRIND_MAKE_MEM_DEFINED(addr, nbytes);
#else
	(void)addr;
	(void)nbytes;
#endif
}

static void *map_memory(const struct mapping *m)
{
	const int place = MAP_FIXED | MAP_FIXED_NOREPLACE;

	if (!m->is_mmio)
		return REAL(mmap)(m->addr, m->nbytes, m->prot, m->flags, m->memory, 0);
	return REAL(mmap)(m->addr, m->nbytes, PROT_NONE,
			  (m->flags & place) | MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
}

/* Lock held. The token belongs to the table afterwards, or was closed. */
static void *map_locked(const struct mapping *m)
{
	struct region *region = region_add(m->token, m->is_mmio, m->open_id);
	void *addr = MAP_FAILED;
	uint64_t start;

	if (!region) {
		syscall(SYS_close, m->token);
		errno = ENOMEM;
		return MAP_FAILED;
	}
	addr = map_memory(m);
	if (addr == MAP_FAILED)
		goto err_free_region;
	start = (uintptr_t)addr;
	/* MAP_FIXED may have replaced others. */
	piece_cut_all(start, start + region_round_up(m->nbytes));
	madvise(addr, m->nbytes, MADV_DONTFORK);
	if (m->is_mmio)
		tell_memcheck(addr, m->nbytes);
	if (!piece_add(region, start, start + region_round_up(m->nbytes), start, m->prot)) {
		REAL(munmap)(addr, m->nbytes);
		errno = ENOMEM;
		goto err_free_region;
	}
	return addr;

err_free_region:
	region_free(region);
	return MAP_FAILED;
}

/* What the kernel looks at before it asks the device. 0 or a positive errno. */
static int check_arguments(const struct node *node, const struct mapping *m, off_t offset)
{
	const int type = m->flags & MAP_TYPE;
	const uint64_t mask = region_page_nbytes() - 1;

	if (offset & (off_t)mask || !m->nbytes)
		return EINVAL;
	if (m->flags & MAP_FIXED && (uintptr_t)m->addr & mask)
		return EINVAL;
	if (m->nbytes > (uint64_t)PTRDIFF_MAX)
		return ENOMEM;
	if (type != MAP_SHARED && type != MAP_PRIVATE && type != MAP_SHARED_VALIDATE)
		return EINVAL;
	if (node->access_mode == O_WRONLY)
		return EACCES;
	if (type != MAP_PRIVATE && m->prot & PROT_WRITE && node->access_mode == O_RDONLY)
		return EACCES;
	return 0;
}

static int ask_mapping(int fd, struct mapping *m, off_t offset)
{
	struct emu_request request = {
		.op = EMU_MAP,
		.value = (uint64_t)offset / region_page_nbytes(),
		.length = m->nbytes,
	};
	struct emu_reply reply;
	int error;

	m->is_mmio = request.value == UACCE_REGION_MMIO;
	m->memory = -1;
	error = request_ask(fd, &request, &reply, &m->token, &m->memory);
	if (error)
		return error;
	/* Memory did not come along: this process has no descriptor left. */
	if (!reply.error && !m->is_mmio && m->memory < 0)
		reply.error = EMFILE;
	if (!reply.error) {
		m->token = move_away(m->token, region_token_lowest());
		return 0;
	}
	syscall(SYS_close, m->token);
	if (m->memory >= 0)
		syscall(SYS_close, m->memory);
	return reply.error;
}

void *region_map(int fd, void *addr, size_t nbytes, int prot, int flags, off_t offset)
{
	struct mapping m = {.addr = addr, .nbytes = nbytes, .prot = prot, .flags = flags};
	struct node node;
	sigset_t mask;
	int error;

	if (descriptor_kind(fd, &node) != DESCRIPTOR_NODE)
		return REAL(mmap)(addr, nbytes, prot, flags, fd, offset);
	m.open_id = node.open_id;
	error = check_arguments(&node, &m, offset);
	if (!error)
		error = ask_mapping(fd, &m, offset);
	if (error) {
		errno = error;
		return MAP_FAILED;
	}
	if (m.is_mmio)
		chain_install(trap_handle);
	region_lock(&mask);
	addr = map_locked(&m);
	region_unlock(&mask);
	error = errno;
	/* Not the bare system call: a sanitizer has seen it being mapped. */
	if (m.memory >= 0)
		REAL(close)(m.memory);
	errno = error;
	return addr;
}

/* --- protection --- */

/* Split a piece in such a way that no piece crosses @address. False: no room. */
static bool split_at(uint64_t address)
{
	struct piece *piece = piece_in(address, address + 1, NULL);
	uint64_t end;

	if (!piece || piece->start == address)
		return true;
	end = piece->end;
	/* An address may be in two pieces for a moment: both say the same. */
	if (!piece_add(piece->region, address, end, piece->origin, piece->prot))
		return false;
	piece->end = address;
	return true;
}

static int protect_pieces(uint64_t start, uint64_t end, int prot)
{
	struct piece *piece;
	uint64_t next;

	if (!split_at(start) || !split_at(end)) {
		errno = ENOMEM;
		return -1;
	}
	for (; start < end; start = next) {
		piece = piece_in(start, start + 1, NULL);
		if (piece && ((struct region *)piece->region)->is_mmio) {
			/* Without access whatever happens; what is allowed is a note. */
			piece->prot = prot;
			next = piece->end;
			continue;
		}
		for (next = start; next < end; next += region_page_nbytes()) {
			piece = piece_in(next, next + 1, NULL);
			if (piece && ((struct region *)piece->region)->is_mmio)
				break;
		}
		if (REAL(mprotect)((void *)(uintptr_t)start, next - start, prot))
			return -1;
	}
	return 0;
}

int region_protect(void *addr, size_t nbytes, int prot)
{
	uint64_t start = (uintptr_t)addr;
	sigset_t mask;
	int result;

	if (start & (region_page_nbytes() - 1))
		return REAL(mprotect)(addr, nbytes, prot);
	region_lock(&mask);
	result = protect_pieces(start, start + region_round_up(nbytes), prot);
	region_unlock(&mask);
	return result;
}
