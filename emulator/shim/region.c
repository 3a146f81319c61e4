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

#include "region_table.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "chain.h"
#include "deadline.h"
#include "descriptor.h"
#include "mmio.h"
#include "request.h"
#include "trap.h"
#include "uacce.h"

#define REGIONS_MAX 4096
#define PIECES_MAX 8192
/* Tokens are kept away from the low numbers, which programs count on. */
#define TOKEN_LOWEST 700
#define TOKENS_ROOM 64
#define UNMAP_TIMEOUT_MS 5000
#define OWNED_MAX 65536

static struct region regions[REGIONS_MAX];
static struct piece pieces[PIECES_MAX];
static atomic_uint pieces_used; /* all entries from here on are free */
static atomic_uchar owned[OWNED_MAX];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static sigset_t mask_before_fork;

/* All but those that a fault raises. */
static void block_signals(sigset_t *mask)
{
	sigset_t all;

	sigfillset(&all);
	sigdelset(&all, SIGSEGV);
	sigdelset(&all, SIGBUS);
	sigdelset(&all, SIGFPE);
	sigdelset(&all, SIGILL);
	sigdelset(&all, SIGTRAP);
	REAL(pthread_sigmask)(SIG_BLOCK, &all, mask);
}

void region_lock(sigset_t *mask)
{
	block_signals(mask);
	pthread_mutex_lock(&lock);
}

void region_unlock(const sigset_t *mask)
{
	pthread_mutex_unlock(&lock);
	REAL(pthread_sigmask)(SIG_SETMASK, mask, NULL);
}

uint64_t region_page_nbytes(void)
{
	static _Atomic uint64_t nbytes;

	if (!nbytes)
		nbytes = (uint64_t)sysconf(_SC_PAGESIZE);
	return nbytes;
}

uint64_t region_round_up(uint64_t nbytes)
{
	return (nbytes + region_page_nbytes() - 1) & ~(region_page_nbytes() - 1);
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

int region_token_lowest(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) || limit.rlim_cur > TOKEN_LOWEST + TOKENS_ROOM)
		return TOKEN_LOWEST;
	return (int)(limit.rlim_cur / 2);
}

struct region *region_add(int token, bool is_mmio, unsigned long open_id)
{
	struct region *region;

	for (region = regions; region < regions + REGIONS_MAX; region++) {
		if (region->token)
			continue;
		region->is_mmio = is_mmio;
		region->open_id = open_id;
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

/*
 * As munmap of a real device: when it returns, the device has seen all stores
 * and the region can be mapped again. The daemon closes its end in answer.
 */
static void finish_token(int token)
{
	struct deadline deadline = deadline_in_ms(UNMAP_TIMEOUT_MS);
	char late_answer;

	if (syscall(SYS_shutdown, token, SHUT_WR))
		return;
	while (deadline_poll(&deadline, token, POLLIN)) {
		if (syscall(SYS_recvfrom, token, &late_answer, 1, MSG_DONTWAIT, NULL, NULL) <= 0)
			break;
	}
}

void region_free(struct region *region)
{
	int token = region->token, saved_errno = errno;

	wait_until_unused(region);
	finish_token(token);
	errno = saved_errno;
	set_owned(token, false);
	syscall(SYS_close, token);
	region->token = 0;
}

struct piece *piece_add(struct region *region, uint64_t start, uint64_t end, uint64_t origin,
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

struct piece *piece_in(uint64_t start, uint64_t end, struct piece *from)
{
	struct piece *piece;

	for (piece = from ? from : pieces; piece < pieces + pieces_used; piece++) {
		if (piece->start < end && start < piece->end)
			return piece;
	}
	return NULL;
}

void piece_cut_all(uint64_t start, uint64_t end)
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

	region_lock(&mask);
	result = change(arg);
	if (result != -1)
		piece_cut_all(start, start + region_round_up(nbytes));
	region_unlock(&mask);
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

void region_flush_stores(unsigned long open_id)
{
	struct region *region;
	sigset_t mask;

	/* A handler that loads from the same region would wait for the thread it interrupts. */
	block_signals(&mask);
	for (region = regions; region < regions + REGIONS_MAX; region++) {
		if (!region->token || !region->is_mmio || region->open_id != open_id)
			continue;
		region->users++;
		/* Its answer comes behind everything sent before; a freed one gives none. */
		if (region->token && region->is_mmio && region->open_id == open_id)
			mmio_load(region, 0, sizeof(uint32_t));
		region->users--;
	}
	REAL(pthread_sigmask)(SIG_SETMASK, &mask, NULL);
}

void region_vacate_descriptor(int fd)
{
	struct region *region;
	sigset_t mask;
	int moved;

	if (!region_owns_descriptor(fd))
		return;
	region_lock(&mask);
	for (region = regions; region < regions + REGIONS_MAX; region++) {
		if (region->token != fd)
			continue;
		moved = (int)syscall(SYS_fcntl, fd, F_DUPFD_CLOEXEC, region_token_lowest());
		if (moved < 0)
			break;
		set_owned(moved, true);
		region->token = moved;
		wait_until_unused(region);
		set_owned(fd, false);
		syscall(SYS_close, fd);
		break;
	}
	region_unlock(&mask);
}

/* --- fork --- */

void region_before_fork(void)
{
	sigset_t mask;

	region_lock(&mask);
	mask_before_fork = mask;
}

void region_after_fork(void)
{
	sigset_t mask = mask_before_fork;

	region_unlock(&mask);
}

/* The mappings are not there, and their tokens would keep them for the device. */
static void forget_all(void)
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

	forget_all();
	region_unlock(&mask);
}

void region_after_bare_fork_in_child(void)
{
	forget_all();
	/* Whoever held it is not here. */
	pthread_mutex_init(&lock, NULL);
}
