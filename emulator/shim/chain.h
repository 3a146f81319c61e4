/* SPDX-License-Identifier: Apache-2.0 */
/* SIGSEGV and SIGBUS, shared by the program's handlers and ours. */
#ifndef EMULATOR_CHAIN_H
#define EMULATOR_CHAIN_H

#include <signal.h>
#include <stdbool.h>

/* True: the signal was ours and everything is done. */
typedef bool chain_handler(int sig, siginfo_t *info, void *context);

/* From now on @first sees SIGSEGV and SIGBUS before the program does. */
void chain_install(chain_handler *first);
/* As sigaction, for any signal. */
int chain_change_action(int sig, const struct sigaction *act, struct sigaction *old);
/* As @real, which is sigprocmask or pthread_sigmask: they tell errors in different ways. */
int chain_change_mask(int (*real)(int, const sigset_t *, sigset_t *), int how, const sigset_t *set,
		      sigset_t *old);
/* The mask to give to the kernel where the program gave @mask; NULL stays NULL. */
const sigset_t *chain_mask(const sigset_t *mask, sigset_t *space);

/* Around fork, in all threads' stead. */
void chain_before_fork(void);
void chain_after_fork(void);
void chain_after_fork_in_child(void);

#endif
