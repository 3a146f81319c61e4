// SPDX-License-Identifier: Apache-2.0
/*
 * Owns what happens around fork: descriptors of nodes are inherited as on any
 * system, mappings are not, so their tokens are closed in the child. vfork and
 * posix_spawn need nothing: the descriptors are closed by exec.
 */
#include "shim.h"

#include "fork.h"

#include <pthread.h>
#include <unistd.h>

#include "chain.h"
#include "epoll_watch.h"
#include "region.h"
#include "request.h"

static pthread_once_t once = PTHREAD_ONCE_INIT;

/* Regions first and last: that is where signals are blocked. */
static void before(void)
{
	region_before_fork();
	chain_before_fork();
	epoll_watch_before_fork();
}

static void after(void)
{
	epoll_watch_after_fork();
	chain_after_fork();
	region_after_fork();
}

static void in_child(void)
{
	epoll_watch_after_fork();
	chain_after_fork_in_child();
	region_after_fork_in_child();
	request_after_fork();
}

static void register_handlers(void)
{
	pthread_atfork(before, after, in_child);
}

/*
 * Before any program registers handlers of its own: they run before ours, then, and
 * the locks they take, under which a library may map or close, come before ours in
 * every thread.
 */
__attribute__((constructor)) static void register_early(void)
{
	pthread_once(&once, register_handlers);
}

/* A constructor may have opened a node before that. */
void fork_watch(void)
{
	pthread_once(&once, register_handlers);
}

/* The one form of fork that calls no handlers; the child may only do little before exec. */
EXPORT pid_t _Fork(void)
{
	pid_t pid = REAL(_Fork)();

	if (pid == 0) {
		region_after_bare_fork_in_child();
		request_after_fork();
	}
	return pid;
}
