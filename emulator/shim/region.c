// SPDX-License-Identifier: Apache-2.0
/*
 * Owns the table of mapped regions: what is mapped where, and the token that
 * keeps it mapped in the daemon. Memory regions are ordinary shared mappings;
 * an MMIO region is a reservation without access, which traps. Neither is
 * inherited by fork.
 *
 * A region that is unmapped in part stays mapped for the device until its last
 * piece is gone.
 *
 * The table changes under a lock, with signals blocked, since a handler of the
 * program may map and unmap too. The trap handler reads it without the lock: it
 * raises `users` of a region, looks whether the piece is still what it was, and
 * whoever frees a region waits for `users` to be zero.
 */
#include "shim.h"

#include "region.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "chain.h"
#include "descriptor.h"
#include "request.h"
#include "trap.h"
#include "uacce.h"

#define REGIONS_MAX 4096
#define PIECES_MAX 8192
/* Tokens are kept away from the low numbers, which programs count on. */
#define TOKEN_LOWEST 700
#define TOKENS_ROOM 64
#define OWNED_MAX 65536

struct piece {
	_Atomic uint64_t start, end; /* equal: free */
	_Atomic uint64_t origin;     /* address of the region's first byte */
	struct region *_Atomic region;
	atomic_int prot;
};

static struct region regions[REGIONS_MAX];
static struct piece pieces[PIECES_MAX];
static atomic_uint pieces_used; /* all entries from here on are free */
static atomic_uchar owned[OWNED_MAX];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static sigset_t mask_before_fork;

static void enter(sigset_t *mask)
{
	sigset_t all;

	sigfillset(&all);
	sigdelset(&all, SIGSEGV);
	sigdelset(&all, SIGBUS);
	sigdelset(&all, SIGFPE);
	sigdelset(&all, SIGILL);
	sigdelset(&all, SIGTRAP);
	REAL(pthread_sigmask)(SIG_BLOCK, &all, mask);
	pthread_mutex_lock(&lock);
}

static void leave(const sigset_t *mask)
{
	pthread_mutex_unlock(&lock);
	REAL(pthread_sigmask)(SIG_SETMASK, mask, NULL);
}

static uint64_t page_nbytes(void)
{
	static _Atomic uint64_t nbytes;

	if (!nbytes)
		nbytes = (uint64_t)sysconf(_SC_PAGESIZE);
	return nbytes;
}

static uint64_t round_up(uint64_t nbytes)
{
	return (nbytes + page_nbytes() - 1) & ~(page_nbytes() - 1);
}

static void set_owned(int fd, bool ours)
{
	if (fd >= 0 && fd < OWNED_MAX)
		owned[fd] = ours;
}

bool region_owns_descriptor(int fd)
{
	return fd >= 0 && fd < OWNED_MAX && owned[fd];
}

int region_next_descriptor(int fd)
{
	for (; fd < OWNED_MAX; fd++) {
		if (owned[fd])
			return fd;
	}
	return -1;
}

/* Somewhere out of the way; @fd itself if there is no other place. */
static int move_away(int fd, int lowest)
{
	int moved = (int)syscall(SYS_fcntl, fd, F_DUPFD_CLOEXEC, lowest);

	if (moved < 0)
		return fd;
	syscall(SYS_close, fd);
	return moved;
}

static int token_lowest(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) || limit.rlim_cur > TOKEN_LOWEST + TOKENS_ROOM)
		return TOKEN_LOWEST;
	return (int)(limit.rlim_cur / 2);
}

static struct region *region_add(int token, bool is_mmio)
{
	struct region *region;

	for (region = regions; region < regions + REGIONS_MAX; region++) {
		if (region->token)
			continue;
		region->is_mmio = is_mmio;
		region->late_answers = 0;
		region->load_lock = 0;
		region->pieces = 0;
		region->token = token;
		set_owned(token, true);
		return region;
	}
	return NULL;
}

static void wait_until_unused(struct region *region)
{
	/* A trap in another thread; it takes no lock and ends. */
	while (region->users)
		syscall(SYS_sched_yield);
}

static void region_free(struct region *region)
{
	int token = region->token;

	wait_until_unused(region);
	set_owned(token, false);
	syscall(SYS_close, token);
	region->token = 0;
}

static struct piece *piece_add(struct region *region, uint64_t start, uint64_t end, uint64_t origin,
			       int prot)
{
	struct piece *piece;
	unsigned int i;

	for (i = 0; i < PIECES_MAX && pieces[i].start != pieces[i].end; i++)
		;
	if (i == PIECES_MAX)
		return NULL;
	piece = &pieces[i];
	piece->start = UINT64_MAX;
	piece->region = region;
	piece->origin = origin;
	piece->prot = prot;
	piece->end = end;
	/* Last: until now no address lies in the piece. */
	piece->start = start;
	if (i >= pieces_used)
		pieces_used = i + 1;
	region->pieces++;
	return piece;
}

static void piece_free(struct piece *piece)
{
	struct region *region = piece->region;

	piece->start = UINT64_MAX;
	piece->end = UINT64_MAX;
	if (--region->pieces == 0)
		region_free(region);
}

/* [start, end) is no part of the piece any more. */
static void piece_cut(struct piece *piece, uint64_t start, uint64_t end)
{
	uint64_t old_end = piece->end;

	if (start <= piece->start && end >= old_end) {
		piece_free(piece);
	} else if (start <= piece->start) {
		piece->start = end;
	} else {
		piece->end = start;
		/* No room for the rest: forget it, the device keeps the region until exit. */
		if (end < old_end &&
		    !piece_add(piece->region, end, old_end, piece->origin, piece->prot))
			((struct region *)piece->region)->pieces++;
	}
}

static struct piece *piece_in(uint64_t start, uint64_t end, struct piece *from)
{
	struct piece *piece;

	for (piece = from; piece < pieces + pieces_used; piece++) {
		if (piece->start < end && start < piece->end)
			return piece;
	}
	return NULL;
}

static void cut_all(uint64_t start, uint64_t end)
{
	struct piece *piece = pieces;

	while ((piece = piece_in(start, end, piece)))
		piece_cut(piece++, start, end);
}

bool region_overlaps(const void *addr, size_t nbytes)
{
	uint64_t start = (uintptr_t)addr;

	return pieces_used && piece_in(start, start + nbytes, pieces);
}

long region_replace(void *addr, size_t nbytes, long (*change)(void *arg), void *arg)
{
	uint64_t start = (uintptr_t)addr;
	sigset_t mask;
	long result;

	enter(&mask);
	result = change(arg);
	if (result != -1)
		cut_all(start, start + round_up(nbytes));
	leave(&mask);
	return result;
}

/* Split a piece in such a way that no piece crosses @address. False: no room. */
static bool split_at(uint64_t address)
{
	struct piece *piece = piece_in(address, address + 1, pieces);
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
		piece = piece_in(start, start + 1, pieces);
		if (piece && ((struct region *)piece->region)->is_mmio) {
			/* Without access whatever happens; what is allowed is a note. */
			piece->prot = prot;
			next = piece->end;
			continue;
		}
		for (next = start; next < end; next += page_nbytes()) {
			piece = piece_in(next, next + 1, pieces);
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

	if (start & (page_nbytes() - 1))
		return REAL(mprotect)(addr, nbytes, prot);
	enter(&mask);
	result = protect_pieces(start, start + round_up(nbytes), prot);
	leave(&mask);
	return result;
}

bool region_enter(uint64_t address, struct region_register *reg)
{
	unsigned int i, used = pieces_used;
	uint64_t start, end, origin;
	struct region *region;

	for (i = 0; i < used; i++) {
		start = pieces[i].start;
		end = pieces[i].end;
		if (address < start || address >= end)
			continue;
		region = pieces[i].region;
		if (!region->is_mmio)
			continue;
		region->users++;
		origin = pieces[i].origin;
		reg->prot = pieces[i].prot;
		/* Freed, cut or used anew in between: look again. */
		if (pieces[i].start != start || pieces[i].end != end ||
		    pieces[i].region != region) {
			region->users--;
			i = (unsigned int)-1;
			continue;
		}
		reg->region = region;
		reg->offset = address - origin;
		reg->room = end - address;
		return true;
	}
	return false;
}

void region_leave(struct region_register *reg)
{
	reg->region->users--;
}

void region_vacate_descriptor(int fd)
{
	struct region *region;
	sigset_t mask;
	int moved;

	if (!region_owns_descriptor(fd))
		return;
	enter(&mask);
	for (region = regions; region < regions + REGIONS_MAX; region++) {
		if (region->token != fd)
			continue;
		moved = (int)syscall(SYS_fcntl, fd, F_DUPFD_CLOEXEC, token_lowest());
		if (moved < 0)
			break;
		set_owned(moved, true);
		region->token = moved;
		wait_until_unused(region);
		set_owned(fd, false);
		syscall(SYS_close, fd);
		break;
	}
	leave(&mask);
}

/* --- mapping --- */

struct mapping {
	void *addr;
	size_t nbytes;
	int prot;
	int flags;
	bool is_mmio;
	int memory; /* -1: none */
	int token;
};

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
	struct region *region = region_add(m->token, m->is_mmio);
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
	cut_all(start, start + round_up(m->nbytes));
	madvise(addr, m->nbytes, MADV_DONTFORK);
	if (!piece_add(region, start, start + round_up(m->nbytes), start, m->prot)) {
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
	const uint64_t mask = page_nbytes() - 1;

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
		.value = (uint64_t)offset / page_nbytes(),
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
		m->token = move_away(m->token, token_lowest());
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
	error = check_arguments(&node, &m, offset);
	if (!error)
		error = ask_mapping(fd, &m, offset);
	if (error) {
		errno = error;
		return MAP_FAILED;
	}
	if (m.is_mmio)
		chain_install(trap_handle);
	enter(&mask);
	addr = map_locked(&m);
	leave(&mask);
	error = errno;
	if (m.memory >= 0)
		syscall(SYS_close, m.memory);
	errno = error;
	return addr;
}

/* --- fork --- */

void region_before_fork(void)
{
	sigset_t mask;

	enter(&mask);
	mask_before_fork = mask;
}

void region_after_fork(void)
{
	sigset_t mask = mask_before_fork;

	leave(&mask);
}

/* The mappings are not there, and their tokens would keep them for the device. */
void region_forget_all(void)
{
	struct region *region;
	struct piece *piece;

	for (piece = pieces; piece < pieces + pieces_used; piece++) {
		piece->start = UINT64_MAX;
		piece->end = UINT64_MAX;
	}
	pieces_used = 0;
	for (region = regions; region < regions + REGIONS_MAX; region++) {
		if (region->token) {
			set_owned(region->token, false);
			syscall(SYS_close, region->token);
		}
		region->token = 0;
		region->users = 0;
	}
}

void region_after_fork_in_child(void)
{
	sigset_t mask = mask_before_fork;

	region_forget_all();
	pthread_mutex_init(&lock, NULL);
	REAL(pthread_sigmask)(SIG_SETMASK, &mask, NULL);
}
