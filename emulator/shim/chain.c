// SPDX-License-Identifier: Apache-2.0
/*
 * Owns the two signals an MMIO access may raise. The kernel's action for them
 * is ours once the first MMIO region is mapped; the program's own action is
 * kept here, reported when it asks, and carried out for every SIGSEGV and SIGBUS
 * that is not an MMIO access, with the flags and the mask it asked for.
 *
 * A doorbell may be rung anywhere, also in a signal handler, and a fault while
 * its signal is blocked kills. So neither of the two is ever really blocked:
 * masks are passed on without them. That such a signal counts as blocked while
 * the program's handler for it runs is noted in the thread's real mask, by
 * blocking one of the two signals the C library keeps to itself. siglongjmp()
 * out of the handler then clears the note together with the rest of the mask.
 *
 * What differs from a system without us: a thread that has blocked SIGSEGV with
 * sigprocmask() gets it delivered all the same.
 */
#include "shim.h"

#include "chain.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "emudir.h"

#define SIGNALS 64
#define KERNEL_MASK_NBYTES 8

/* In the order of slot_of(). */
enum { SLOT_SEGV, SLOT_BUS, SLOTS };
static const int slot_signals[SLOTS] = {SIGSEGV, SIGBUS};

/* Signals 32 and 33 are below SIGRTMIN and not for programs. */
static const uint64_t slot_marks[SLOTS] = {UINT64_C(1) << 31, UINT64_C(1) << 32};

struct slot {
	atomic_uint sequence; /* odd: being written */
	struct sigaction action;
};

static struct slot slots[SLOTS];
/* The process whose actions these are: a child of vfork has its own, but our memory. */
static atomic_int installed_in;
static chain_handler *first_handler;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
/* Per signal: which of the two were in the program's sa_mask. Bit = slot. */
static atomic_uchar wanted_masks[SIGNALS + 1];
/* What the thread believes to have blocked. */
static __thread unsigned char blocked __attribute__((tls_model("initial-exec")));

extern int __sigaction(int sig, const struct sigaction *act, struct sigaction *old);

static int slot_of(int sig)
{
	if (sig == SIGSEGV)
		return SLOT_SEGV;
	return sig == SIGBUS ? SLOT_BUS : -1;
}

/* Takes the two signals out of @mask; which of them were in it. */
static unsigned char strip(sigset_t *mask)
{
	unsigned char found = 0;
	int i;

	for (i = 0; i < SLOTS; i++) {
		if (sigismember(mask, slot_signals[i]) == 1)
			found |= (unsigned char)(1 << i);
		sigdelset(mask, slot_signals[i]);
	}
	return found;
}

static void put_back(sigset_t *mask, unsigned char which)
{
	int i;

	for (i = 0; i < SLOTS; i++) {
		if (which & 1 << i)
			sigaddset(mask, slot_signals[i]);
	}
}

const sigset_t *chain_mask(const sigset_t *mask, sigset_t *space)
{
	if (!mask || !emudir())
		return mask;
	*space = *mask;
	strip(space);
	return space;
}

/* --- the program's actions --- */

static struct sigaction read_action(int slot)
{
	struct sigaction action;
	unsigned int before;

	do {
		before = atomic_load_explicit(&slots[slot].sequence, memory_order_acquire);
		action = slots[slot].action;
		atomic_thread_fence(memory_order_acquire);
	} while (before & 1 ||
		 before != atomic_load_explicit(&slots[slot].sequence, memory_order_relaxed));
	return action;
}

/* One writer at a time: lock held, or the handler with its compare-exchange. */
static void write_action(int slot, const struct sigaction *action)
{
	atomic_fetch_add_explicit(&slots[slot].sequence, 1, memory_order_acq_rel);
	slots[slot].action = *action;
	atomic_fetch_add_explicit(&slots[slot].sequence, 1, memory_order_release);
}

static void handle(int sig, siginfo_t *info, void *context);

/* Our action; where it runs and what it interrupts is as the program wants it for its own. */
static int install_for(int slot, const struct sigaction *program, struct sigaction *old)
{
	struct sigaction action = {.sa_sigaction = handle};

	/* All of them, the C library's own two too; but not what a fault may raise. */
	memset(&action.sa_mask, 0xff, KERNEL_MASK_NBYTES);
	sigdelset(&action.sa_mask, SIGSEGV);
	sigdelset(&action.sa_mask, SIGBUS);
	sigdelset(&action.sa_mask, SIGILL);
	sigdelset(&action.sa_mask, SIGFPE);
	sigdelset(&action.sa_mask, SIGTRAP);
	action.sa_flags = SA_SIGINFO | SA_NODEFER | (program->sa_flags & (SA_ONSTACK | SA_RESTART));
	return REAL(__sigaction)(slot_signals[slot], &action, old);
}

static void enter(sigset_t *mask)
{
	sigset_t all;

	sigfillset(&all);
	strip(&all);
	REAL(pthread_sigmask)(SIG_BLOCK, &all, mask);
	pthread_mutex_lock(&lock);
}

static void leave(const sigset_t *mask)
{
	pthread_mutex_unlock(&lock);
	REAL(pthread_sigmask)(SIG_SETMASK, mask, NULL);
}

static bool is_installed(void)
{
	return installed_in && installed_in == getpid();
}

void chain_before_fork(void)
{
	pthread_mutex_lock(&lock);
}

void chain_after_fork(void)
{
	pthread_mutex_unlock(&lock);
}

void chain_after_fork_in_child(void)
{
	if (installed_in)
		installed_in = getpid();
	pthread_mutex_unlock(&lock);
}

void chain_install(chain_handler *first)
{
	struct sigaction old;
	sigset_t mask, both;
	int i;

	if (is_installed())
		return;
	enter(&mask);
	for (i = 0; i < SLOTS && !is_installed(); i++) {
		first_handler = first;
		REAL(__sigaction)(slot_signals[i], NULL, &old);
		put_back(&old.sa_mask, wanted_masks[slot_signals[i]]);
		write_action(i, &old);
		install_for(i, &old, NULL);
	}
	installed_in = getpid();
	leave(&mask);
	/* They may be blocked since before this program began. */
	sigemptyset(&both);
	put_back(&both, (1 << SLOTS) - 1);
	REAL(pthread_sigmask)(SIG_UNBLOCK, &both, NULL);
}

static int change_own(int slot, const struct sigaction *act, struct sigaction *old)
{
	struct sigaction before;
	sigset_t mask;

	enter(&mask);
	before = read_action(slot);
	if (act) {
		write_action(slot, act);
		install_for(slot, act, NULL);
	}
	leave(&mask);
	if (old)
		*old = before;
	return 0;
}

static int change_any(int sig, const struct sigaction *act, struct sigaction *old)
{
	unsigned char wanted = 0, before = 0;
	struct sigaction stripped;
	int result;

	if (sig > 0 && sig <= SIGNALS)
		before = wanted_masks[sig];
	if (act) {
		stripped = *act;
		wanted = strip(&stripped.sa_mask);
	}
	result = REAL(sigaction)(sig, act ? &stripped : NULL, old);
	if (result)
		return result;
	if (old)
		put_back(&old->sa_mask, before);
	if (act)
		wanted_masks[sig] = wanted;
	return 0;
}

int chain_change_action(int sig, const struct sigaction *act, struct sigaction *old)
{
	int slot = slot_of(sig);

	if (!emudir())
		return REAL(sigaction)(sig, act, old);
	if (slot >= 0 && is_installed())
		return change_own(slot, act, old);
	return change_any(sig, act, old);
}

/* --- masks --- */

static void note_mask(int how, unsigned char which)
{
	if (how == SIG_BLOCK)
		blocked |= which;
	else if (how == SIG_UNBLOCK)
		blocked &= (unsigned char)~which;
	else if (how == SIG_SETMASK)
		blocked = which;
}

int chain_change_mask(int (*real)(int, const sigset_t *, sigset_t *), int how, const sigset_t *set,
		      sigset_t *old)
{
	unsigned char before = blocked, which = 0;
	sigset_t stripped;
	int result;

	if (!emudir())
		return real(how, set, old);
	if (set) {
		stripped = *set;
		which = strip(&stripped);
		/* To unblock them in earnest does no harm. */
		if (how == SIG_UNBLOCK)
			stripped = *set;
	}
	result = real(how, set ? &stripped : NULL, old);
	if (result)
		return result;
	if (old)
		put_back(old, before);
	if (set)
		note_mask(how, which);
	return 0;
}

/* --- the handler --- */

static void set_kernel_mask(uint64_t mask)
{
	syscall(SYS_rt_sigprocmask, SIG_SETMASK, &mask, NULL, KERNEL_MASK_NBYTES);
}

static uint64_t kernel_mask(const sigset_t *mask)
{
	uint64_t bits;

	memcpy(&bits, mask, sizeof(bits));
	return bits;
}

static uint64_t signal_bit(int sig)
{
	return UINT64_C(1) << (sig - 1);
}

/*
 * The default action. For a fault it is enough to go back to the instruction:
 * it faults again, and a core dump shows it as if we had not been there.
 */
static void die(int sig, siginfo_t *info)
{
	struct sigaction action = {.sa_handler = SIG_DFL};

	REAL(__sigaction)(sig, &action, NULL);
	if (info->si_code <= 0)
		syscall(SYS_rt_tgsigqueueinfo, getpid(), syscall(SYS_gettid), sig, info);
}

static void run_handler(int slot, const struct sigaction *action, siginfo_t *info, void *context)
{
	const ucontext_t *interrupted = context;
	uint64_t mask = kernel_mask(&interrupted->uc_sigmask) | kernel_mask(&action->sa_mask);
	int sig = slot_signals[slot], i;

	if (!(action->sa_flags & SA_NODEFER))
		mask |= signal_bit(sig);
	for (i = 0; i < SLOTS; i++) {
		if (mask & signal_bit(slot_signals[i]))
			mask |= slot_marks[i];
		mask &= ~signal_bit(slot_signals[i]);
	}
	set_kernel_mask(mask);
	if (action->sa_flags & SA_SIGINFO)
		action->sa_sigaction(sig, info, context);
	else
		action->sa_handler(sig);
}

/* What the kernel would do now, had we not been first. */
static void pass_on(int slot, siginfo_t *info, void *context)
{
	const ucontext_t *interrupted = context;
	struct sigaction action = read_action(slot), reset;
	bool is_fault = info->si_code > 0;

	if (action.sa_handler == SIG_IGN && !is_fault)
		return;
	/* A fault can neither be ignored nor, in the handler of its signal, wait. */
	if (action.sa_handler == SIG_DFL || action.sa_handler == SIG_IGN ||
	    (is_fault && kernel_mask(&interrupted->uc_sigmask) & slot_marks[slot])) {
		die(slot_signals[slot], info);
		return;
	}
	if (action.sa_flags & (int)SA_RESETHAND) {
		reset = action;
		reset.sa_handler = SIG_DFL;
		write_action(slot, &reset);
	}
	run_handler(slot, &action, info, context);
}

static void handle(int sig, siginfo_t *info, void *context)
{
	int saved_errno = errno;
	bool done = first_handler(sig, info, context);

	errno = saved_errno;
	if (!done)
		pass_on(slot_of(sig), info, context);
}
