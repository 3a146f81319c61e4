// SPDX-License-Identifier: Apache-2.0
/*
 * Takes over the functions that set signal handlers and masks, the old ones
 * included: chain.c says why. Not taken over are those of the C library that
 * start threads with all signals blocked (SIGEV_THREAD): a doorbell rung in such
 * a thread ends the program.
 */
#include "shim.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>

#include "chain.h"
#include "emudir.h"

static bool is_ours(int sig)
{
	return (sig == SIGSEGV || sig == SIGBUS) && emudir();
}

EXPORT int sigaction(int sig, const struct sigaction *restrict act, struct sigaction *restrict old)
{
	return chain_change_action(sig, act, old);
}

static sighandler_t set_handler(int sig, sighandler_t handler, int flags, bool mask_itself)
{
	struct sigaction action = {.sa_handler = handler, .sa_flags = flags}, old;

	sigemptyset(&action.sa_mask);
	if (mask_itself && sigaddset(&action.sa_mask, sig))
		return SIG_ERR;
	return chain_change_action(sig, &action, &old) ? SIG_ERR : old.sa_handler;
}

EXPORT sighandler_t signal(int sig, sighandler_t handler)
{
	if (!is_ours(sig))
		return REAL(signal)(sig, handler);
	return set_handler(sig, handler, SA_RESTART, true);
}

extern sighandler_t bsd_signal(int sig, sighandler_t handler);
EXPORT sighandler_t bsd_signal(int sig, sighandler_t handler)
{
	return signal(sig, handler);
}

EXPORT sighandler_t ssignal(int sig, sighandler_t handler)
{
	return signal(sig, handler);
}

extern sighandler_t __sysv_signal(int sig, sighandler_t handler);
EXPORT sighandler_t __sysv_signal(int sig, sighandler_t handler)
{
	if (!is_ours(sig))
		return REAL(__sysv_signal)(sig, handler);
	return set_handler(sig, handler, (int)(SA_RESETHAND | SA_NODEFER), false);
}

extern sighandler_t sysv_signal(int sig, sighandler_t handler);
EXPORT sighandler_t sysv_signal(int sig, sighandler_t handler)
{
	return __sysv_signal(sig, handler);
}

EXPORT int sigprocmask(int how, const sigset_t *restrict set, sigset_t *restrict old)
{
	return chain_change_mask(REAL(sigprocmask), how, set, old);
}

EXPORT int pthread_sigmask(int how, const sigset_t *restrict set, sigset_t *restrict old)
{
	return chain_change_mask(REAL(pthread_sigmask), how, set, old);
}

EXPORT int sigsuspend(const sigset_t *mask)
{
	sigset_t space;

	return REAL(sigsuspend)(chain_mask(mask, &space));
}

extern int pthread_attr_setsigmask_np(pthread_attr_t *attr, const sigset_t *mask);
EXPORT int pthread_attr_setsigmask_np(pthread_attr_t *attr, const sigset_t *mask)
{
	sigset_t space;

	return REAL(pthread_attr_setsigmask_np)(attr, chain_mask(mask, &space));
}

/* --- System V and BSD: their headers call them deprecated --- */

#pragma GCC diagnostic ignored "-Wdeprecated-declarations"

static int change_one(int how, int sig)
{
	sigset_t set;

	sigemptyset(&set);
	return sigaddset(&set, sig) ? -1 : sigprocmask(how, &set, NULL);
}

EXPORT int sighold(int sig)
{
	return change_one(SIG_BLOCK, sig);
}

EXPORT int sigrelse(int sig)
{
	return change_one(SIG_UNBLOCK, sig);
}

EXPORT int sigignore(int sig)
{
	return is_ours(sig) ? (set_handler(sig, SIG_IGN, 0, false) == SIG_ERR ? -1 : 0)
			    : REAL(sigignore)(sig);
}

/* SIG_HOLD blocks; everything else sets and unblocks. The old mask is told as SIG_HOLD. */
EXPORT sighandler_t sigset(int sig, sighandler_t handler)
{
	struct sigaction old;
	sigset_t mask;

	if (!is_ours(sig))
		return REAL(sigset)(sig, handler);
	if (sigprocmask(SIG_BLOCK, NULL, &mask) || sigaction(sig, NULL, &old))
		return SIG_ERR;
	if (handler == SIG_HOLD) {
		if (change_one(SIG_BLOCK, sig))
			return SIG_ERR;
	} else if (set_handler(sig, handler, 0, false) == SIG_ERR || change_one(SIG_UNBLOCK, sig)) {
		return SIG_ERR;
	}
	return sigismember(&mask, sig) ? SIG_HOLD : old.sa_handler;
}

/* Masks of the first 32 signals, in an int. */
static int change_word(int how, int word)
{
	sigset_t set, old;
	unsigned int bits = (unsigned int)word;

	sigemptyset(&set);
	memcpy(&set, &bits, sizeof(bits));
	if (sigprocmask(how, &set, &old))
		return -1;
	memcpy(&bits, &old, sizeof(bits));
	return (int)bits;
}

extern int sigblock(int mask);
extern int sigsetmask(int mask);

EXPORT int sigblock(int mask)
{
	return change_word(SIG_BLOCK, mask);
}

EXPORT int sigsetmask(int mask)
{
	return change_word(SIG_SETMASK, mask);
}
