// SPDX-License-Identifier: Apache-2.0
/*
 * Trapped doorbells beside the program's own signal handling: its SIGSEGV
 * handlers keep working as if nobody else had one, doorbells can be rung in any
 * handler and with any mask, and what is no doorbell ends as it always would.
 */
#pragma GCC diagnostic ignored "-Wdeprecated-declarations" /* sigset and its like */
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

#include "shim_run.h"

/* Its runtime puts handlers of its own in place of ours and blocks signals behind our back. */
#ifdef __SANITIZE_THREAD__
#define THREAD_SANITIZER 1
#else
#define THREAD_SANITIZER 0
#endif

static struct queue q;
static char *forbidden; /* a page without access */
static sigjmp_buf back;
static volatile sig_atomic_t caught, caught_code, caught_masked;
static void *volatile caught_address;

static void setup(void)
{
	/* A sanitizer has handlers of its own. */
	signal(SIGSEGV, SIG_DFL);
	signal(SIGBUS, SIG_DFL);
	forbidden = mmap(NULL, (size_t)sysconf(_SC_PAGESIZE), PROT_NONE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	queue_open(&q);
	caught = 0;
}

static void teardown(void)
{
	queue_check(&q);
	queue_close(&q);
}

static void jump_back(int sig, siginfo_t *info, void *context)
{
	sigset_t mask;

	(void)sig;
	(void)context;
	caught++;
	caught_code = info->si_code;
	caught_address = info->si_addr;
	sigprocmask(SIG_BLOCK, NULL, &mask);
	caught_masked = sigismember(&mask, SIGUSR2);
	siglongjmp(back, 1);
}

static void jump_back_plain(int sig)
{
	(void)sig;
	caught++;
	siglongjmp(back, 1);
}

static void set_action(int sig, void (*handler)(int, siginfo_t *, void *), int flags)
{
	struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO | flags};

	sigemptyset(&action.sa_mask);
	sigaddset(&action.sa_mask, SIGUSR2);
	ck_assert_int_eq(sigaction(sig, &action, NULL), 0);
}

static void touch(void)
{
	*(volatile char *)forbidden = 1;
}

START_TEST(own_handler_gets_its_faults_again_and_again)
{
	volatile int i;

	set_action(SIGSEGV, jump_back, 0);
	for (i = 0; i < 50; i++) {
		if (sigsetjmp(back, 1) == 0)
			touch();
		queue_check(&q);
	}
	ck_assert_int_eq(caught, 50);
	ck_assert_int_eq(caught_code, SEGV_ACCERR);
	ck_assert_ptr_eq(caught_address, forbidden);
	ck_assert_int_eq(caught_masked, 1);
}
END_TEST

/* In a process that has not mapped anything yet. */
START_TEST(what_was_set_before_the_first_mapping_holds)
{
	struct sigaction old;
	sigset_t all;

	set_action(SIGSEGV, jump_back, 0);
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	forbidden = mmap(NULL, (size_t)sysconf(_SC_PAGESIZE), PROT_NONE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	queue_open(&q);
	queue_check(&q);
	sigemptyset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	sigaction(SIGSEGV, NULL, &old);
	ck_assert(old.sa_sigaction == jump_back && sigismember(&old.sa_mask, SIGUSR2));
	if (sigsetjmp(back, 1) == 0)
		touch();
	ck_assert_int_eq(caught, 1);
	teardown();
}
END_TEST

START_TEST(old_action_is_told_as_it_was_set)
{
	struct sigaction action = {.sa_sigaction = jump_back, .sa_flags = SA_SIGINFO | SA_NODEFER},
			 old;

	sigemptyset(&action.sa_mask);
	sigaddset(&action.sa_mask, SIGSEGV);
	sigaddset(&action.sa_mask, SIGHUP);
	ck_assert_int_eq(sigaction(SIGBUS, &action, &old), 0);
	ck_assert(old.sa_handler == SIG_DFL);
	ck_assert_int_eq(sigaction(SIGBUS, NULL, &old), 0);
	ck_assert(old.sa_sigaction == jump_back);
	ck_assert(old.sa_flags & SA_NODEFER);
	ck_assert(sigismember(&old.sa_mask, SIGSEGV) && sigismember(&old.sa_mask, SIGHUP));
	ck_assert(!sigismember(&old.sa_mask, SIGINT));
	/* Also for a signal that has nothing to do with it. */
	ck_assert_int_eq(sigaction(SIGUSR1, &action, NULL), 0);
	ck_assert_int_eq(sigaction(SIGUSR1, NULL, &old), 0);
	ck_assert(sigismember(&old.sa_mask, SIGSEGV) && !sigismember(&old.sa_mask, SIGBUS));
	ck_assert(signal(SIGBUS, SIG_IGN) != SIG_ERR);
	ck_assert(signal(SIGBUS, SIG_DFL) == SIG_IGN);
}
END_TEST

START_TEST(signal_functions_set_a_handler)
{
	ck_assert(signal(SIGSEGV, jump_back_plain) == SIG_DFL);
	if (sigsetjmp(back, 1) == 0)
		touch();
	ck_assert_int_eq(caught, 1);
	ck_assert(sysv_signal(SIGSEGV, jump_back_plain) == jump_back_plain);
	if (sigsetjmp(back, 1) == 0)
		touch();
	ck_assert_int_eq(caught, 2);
	/* That one holds once. */
	ck_assert(signal(SIGSEGV, SIG_DFL) == SIG_DFL);
}
END_TEST

START_TEST(reset_hand_resets)
{
	struct sigaction old;

	set_action(SIGSEGV, jump_back, (int)SA_RESETHAND);
	if (sigsetjmp(back, 1) == 0)
		touch();
	ck_assert_int_eq(caught, 1);
	sigaction(SIGSEGV, NULL, &old);
	ck_assert(old.sa_handler == SIG_DFL);
}
END_TEST

static void count_only(int sig)
{
	(void)sig;
	caught++;
}

START_TEST(sent_signals_reach_the_handler_or_are_ignored)
{
	signal(SIGSEGV, count_only);
	raise(SIGSEGV);
	kill(getpid(), SIGSEGV);
	wait_until(caught == 2);
	signal(SIGSEGV, SIG_IGN);
	raise(SIGSEGV);
	ck_assert_int_eq(caught, 2);
}
END_TEST

/* How a child ends that does @what. */
static int end_of(void (*what)(void))
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
		/* libcheck has its own. */
		signal(SIGSEGV, SIG_DFL);
		queue_open(&q);
		what();
		_exit(0);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	return WIFSIGNALED(status) ? WTERMSIG(status) : -WEXITSTATUS(status);
}

static void raise_segv(void)
{
	raise(SIGSEGV);
}

static void ignore_and_touch(void)
{
	signal(SIGSEGV, SIG_IGN);
	touch();
}

static void touch_again(int sig)
{
	(void)sig;
	caught++;
	if (caught > 3)
		_exit(3);
	touch();
}

static void fault_in_handler(void)
{
	signal(SIGSEGV, touch_again);
	touch();
}

START_TEST(faults_without_a_handler_kill)
{
	ck_assert_int_eq(end_of(touch), SIGSEGV);
	ck_assert_int_eq(end_of(raise_segv), SIGSEGV);
	ck_assert_int_eq(end_of(ignore_and_touch), SIGSEGV);
	ck_assert_int_eq(end_of(fault_in_handler), SIGSEGV);
}
END_TEST

static void increment_register(void)
{
	/* Reads and writes: no device takes that, nor does the decoder. */
	fclose(stderr);
	__sync_fetch_and_add((volatile uint32_t *)(uintptr_t)(q.mmio + DOORBELL), 1);
}

static void jump_into_registers(void)
{
	void (*code)(void) = (void (*)(void))(uintptr_t)(q.mmio + DOORBELL);

	code();
}

static void write_to_read_only_registers(void)
{
	mprotect((void *)(uintptr_t)q.mmio, q.mmio_nbytes, PROT_READ);
	if (*(volatile uint32_t *)(uintptr_t)q.mmio)
		_exit(4);
	doorbell(&q, 0, 0, 0);
}

START_TEST(what_is_no_plain_access_kills)
{
	ck_assert_int_eq(end_of(increment_register), SIGSEGV);
	ck_assert_int_eq(end_of(jump_into_registers), SIGSEGV);
	ck_assert_int_eq(end_of(write_to_read_only_registers), SIGSEGV);
}
END_TEST

START_TEST(undecodable_access_is_told_in_one_line)
{
	char text[512] = "", *line_end;
	int fds[2], status;
	ssize_t got;
	pid_t pid;

	ck_assert_int_eq(pipe(fds), 0);
	pid = fork();
	if (pid == 0) {
		setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
		signal(SIGSEGV, SIG_DFL);
		dup2(fds[1], STDERR_FILENO);
		queue_open(&q);
		__sync_fetch_and_add((volatile uint32_t *)(uintptr_t)(q.mmio + DOORBELL), 1);
		_exit(0);
	}
	close(fds[1]);
	got = read(fds[0], text, sizeof(text) - 1);
	ck_assert_int_gt(got, 0);
	ck_assert(!strncmp(text, "wd-emulate: ", 12));
	line_end = strchr(text, '\n');
	ck_assert(line_end && !line_end[1]);
	ck_assert_int_eq(read(fds[0], text, sizeof(text)), 0);
	close(fds[0]);
	waitpid(pid, &status, 0);
	ck_assert(WIFSIGNALED(status));
}
END_TEST

/* --- doorbells in handlers --- */

static volatile sig_atomic_t rings;
static struct queue handler_queue;

static void ring_in_handler(int sig)
{
	(void)sig;
	queue_submit(&handler_queue, 1);
	rings++;
}

START_TEST(handlers_ring_while_the_program_rings)
{
	struct sigaction action = {.sa_handler = ring_in_handler, .sa_flags = SA_RESTART};
	struct itimerval timer = {{0, 700}, {0, 700}}, off = {{0, 0}, {0, 0}};
	int i;

	queue_open(&handler_queue);
	sigfillset(&action.sa_mask); /* SIGSEGV too */
	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &timer, NULL);
	for (i = 0; i < 2000 || rings < 100; i++) {
		queue_check(&q);
		if (rings > 700)
			setitimer(ITIMER_REAL, &off, NULL);
	}
	setitimer(ITIMER_REAL, &off, NULL);
	queue_consume(&handler_queue, 0);
	ck_assert_uint_eq(handler_queue.completed, (uint32_t)rings);
	queue_close(&handler_queue);
}
END_TEST

START_TEST(doorbell_rings_with_all_signals_blocked)
{
	sigset_t all, old;

	sigfillset(&all);
	ck_assert_int_eq(sigprocmask(SIG_SETMASK, &all, NULL), 0);
	queue_check(&q);
	ck_assert_int_eq(pthread_sigmask(SIG_BLOCK, NULL, &old), 0);
	ck_assert(sigismember(&old, SIGSEGV) && sigismember(&old, SIGBUS));
	sigemptyset(&all);
	ck_assert_int_eq(sigprocmask(SIG_SETMASK, &all, &old), 0);
	ck_assert(sigismember(&old, SIGSEGV) && sigismember(&old, SIGTERM));
	ck_assert_int_eq(sigprocmask(SIG_SETMASK, NULL, &old), 0);
	ck_assert(!sigismember(&old, SIGSEGV));
}
END_TEST

static int bit(int sig)
{
	return 1 << (sig - 1);
}

START_TEST(old_mask_functions_block_no_doorbell)
{
	sigset_t old;

	ck_assert_int_eq(sighold(SIGSEGV), 0);
	queue_check(&q);
	sigprocmask(SIG_BLOCK, NULL, &old);
	ck_assert(sigismember(&old, SIGSEGV));
	ck_assert_int_eq(sigrelse(SIGSEGV), 0);
	ck_assert_int_eq(sigsetmask(-1), 0);
	queue_check(&q);
	ck_assert_int_ne(sigsetmask(0) & bit(SIGSEGV), 0);
	ck_assert_int_eq(sigblock(bit(SIGBUS)), 0);
	queue_check(&q);
	ck_assert_int_eq(sigsetmask(0), bit(SIGBUS));
	ck_assert(sigset(SIGSEGV, count_only) == SIG_DFL);
	raise(SIGSEGV);
	ck_assert_int_eq(caught, 1);
	ck_assert(sigset(SIGSEGV, SIG_HOLD) == count_only);
	queue_check(&q);
	ck_assert(sigset(SIGSEGV, SIG_IGN) == SIG_HOLD);
	raise(SIGSEGV);
	ck_assert_int_eq(sigignore(SIGBUS), 0);
	ck_assert(signal(SIGBUS, SIG_DFL) == SIG_IGN);
}
END_TEST

static void ring_and_return(int sig, siginfo_t *info, void *context)
{
	(void)sig;
	(void)info;
	(void)context;
	queue_submit(&q, 1);
	caught++;
	mprotect(forbidden, (size_t)sysconf(_SC_PAGESIZE), PROT_READ | PROT_WRITE);
}

START_TEST(segv_handler_rings_and_returns)
{
	set_action(SIGSEGV, ring_and_return, 0);
	touch();
	ck_assert_int_eq(caught, 1);
	ck_assert_int_eq(forbidden[0], 1);
	queue_consume(&q, 0);
}
END_TEST

static volatile sig_atomic_t on_alternate;
static char *alternate_stack;
#define ALTERNATE_NBYTES 65536

static void look_at_stack(int sig, siginfo_t *info, void *context)
{
	char here;

	(void)sig;
	(void)info;
	(void)context;
	on_alternate = &here > alternate_stack && &here < alternate_stack + ALTERNATE_NBYTES;
	siglongjmp(back, 1);
}

START_TEST(handler_runs_on_the_stack_it_asked_for)
{
	stack_t stack = {.ss_size = ALTERNATE_NBYTES};

	alternate_stack = malloc(ALTERNATE_NBYTES);
	stack.ss_sp = alternate_stack;
	ck_assert_int_eq(sigaltstack(&stack, NULL), 0);
	set_action(SIGSEGV, look_at_stack, SA_ONSTACK);
	if (sigsetjmp(back, 1) == 0)
		touch();
	ck_assert_int_eq(on_alternate, 1);
	queue_check(&q);
	set_action(SIGSEGV, look_at_stack, 0);
	if (sigsetjmp(back, 1) == 0)
		touch();
	ck_assert_int_eq(on_alternate, 0);
	stack.ss_flags = SS_DISABLE;
	sigaltstack(&stack, NULL);
	free(alternate_stack);
}
END_TEST

START_TEST(errno_survives_a_doorbell)
{
	errno = 4711;
	doorbell(&q, 1, q.head, 0);
	ck_assert_int_eq(errno, 4711);
}
END_TEST

int main(int argc, char **argv)
{
	Suite *suite = suite_create("shim_signal");
	TCase *tcase = tcase_create("signal"), *fresh = tcase_create("fresh");

	(void)argc;
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, own_handler_gets_its_faults_again_and_again);
	tcase_add_test(tcase, old_action_is_told_as_it_was_set);
	tcase_add_test(tcase, signal_functions_set_a_handler);
	tcase_add_test(tcase, reset_hand_resets);
	tcase_add_test(tcase, sent_signals_reach_the_handler_or_are_ignored);
	tcase_add_test(tcase, faults_without_a_handler_kill);
	tcase_add_test(tcase, what_is_no_plain_access_kills);
	tcase_add_test(tcase, undecodable_access_is_told_in_one_line);
	if (!THREAD_SANITIZER)
		tcase_add_test(tcase, handlers_ring_while_the_program_rings);
	tcase_add_test(tcase, doorbell_rings_with_all_signals_blocked);
	tcase_add_test(tcase, old_mask_functions_block_no_doorbell);
	tcase_add_test(tcase, segv_handler_rings_and_returns);
	tcase_add_test(tcase, handler_runs_on_the_stack_it_asked_for);
	tcase_add_test(tcase, errno_survives_a_doorbell);
	suite_add_tcase(suite, tcase);
	if (!THREAD_SANITIZER)
		tcase_add_test(fresh, what_was_set_before_the_first_mapping_holds);
	suite_add_tcase(suite, fresh);
	return shim_main(argv, "null", suite);
}
