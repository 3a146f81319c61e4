// SPDX-License-Identifier: Apache-2.0
/*
 * Init from environment variables, and the threads that poll on behalf of a
 * program that asked for it there. WD_X_CTX_NUM is a comma list of
 * mode[-direction]:count@node; a list with a mistake is ignored as a whole with
 * one message, so that a typing error does not open half a set of queues.
 */
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include "core.h"

#define MAX_ENV_NBYTES 4096u
#define MAX_POLLERS 64u
#define IDLE_SPINS 200
#define TICK_MS 100

/* ---------------------------------------------------------------- text */

static int parse_number(const char **p, char stop, unsigned long max, unsigned long *value)
{
	char *end;

	if (**p < '0' || **p > '9')
		return -WD_EINVAL;
	errno = 0;
	*value = strtoul(*p, &end, 10);
	if (errno || *value > max || (*end != stop && !(stop == ',' && !*end)))
		return -WD_EINVAL;
	*p = *end ? end + 1 : end;
	return 0;
}

static bool skip_word(const char **p, const char *word)
{
	size_t n = strlen(word);

	if (strncmp(*p, word, n))
		return false;
	*p += n;
	return true;
}

/* sync|async, then for families with directions -name, then a colon. */
static int parse_kind(const struct wd_core_family *family, const char **p, uint8_t *mode,
		      uint8_t *op)
{
	if (skip_word(p, "sync"))
		*mode = CTX_MODE_SYNC;
	else if (skip_word(p, "async"))
		*mode = CTX_MODE_ASYNC;
	else
		return -WD_EINVAL;
	*op = 0;
	if (!family->op_names)
		return skip_word(p, ":") ? 0 : -WD_EINVAL;
	if (!skip_word(p, "-"))
		return -WD_EINVAL;
	for (uint32_t i = 0; i < family->op_types; i++) {
		const char *name = *p;

		if (skip_word(&name, family->op_names[i]) && skip_word(&name, ":")) {
			*op = (uint8_t)i;
			*p = name;
			return 0;
		}
	}
	return -WD_EINVAL;
}

static int parse_wants(const struct wd_core_family *family, const char *p, struct wd_core_wants *w)
{
	unsigned long num, node;
	uint8_t mode, op;
	int rc;

	if (strnlen(p, MAX_ENV_NBYTES) == MAX_ENV_NBYTES)
		return -WD_EINVAL;
	while (*p) {
		rc = parse_kind(family, &p, &mode, &op);
		if (!rc)
			rc = parse_number(&p, '@', WD_CTX_CNT_NUM, &num);
		if (!rc)
			rc = parse_number(&p, ',', 1023, &node);
		if (!rc)
			rc = wd_core_wants_add(w, (int)node, op, mode, (uint32_t)num);
		if (rc)
			return rc;
	}
	return w->count ? 0 : -WD_EINVAL;
}

int wd_core_env_wants(const struct wd_core_family *family, struct wd_core_wants *w)
{
	const char *text = wd_core_env(family->env_ctx_num);

	if (!text)
		return 0;
	if (!parse_wants(family, text, w))
		return 1;
	WD_ERR("%s=%.64s is not a list like %s:1@0; it is ignored\n", family->env_ctx_num, text,
	       family->op_names ? "sync-comp" : "sync");
	w->count = 0;
	return 0;
}

/* ---------------------------------------------------------------- threads */

struct poller {
	struct wd_core *core;
	pthread_t thread;
	uint32_t first; /* serves queues first, first + step, ... */
	uint32_t step;
};

struct wd_core_pollers {
	_Atomic uint32_t work; /* bumped by submissions while somebody sleeps: futex word */
	_Atomic uint32_t asleep;
	_Atomic uint32_t stop;
	uint32_t want;
	_Atomic uint32_t n;
	pthread_mutex_t start_lock;
	struct poller poller[];
};

static bool serves(const struct poller *p, uint32_t i)
{
	return i % p->step == p->first && p->core->queues[i].mode == CTX_MODE_ASYNC &&
	       p->core->queues[i].q;
}

static bool collect_round(struct poller *p, bool *inflight)
{
	uint32_t got = 0, n;

	*inflight = false;
	for (uint32_t i = 0; i < p->core->nqueues; i++) {
		struct wd_core_queue *cq = &p->core->queues[i];

		if (!serves(p, i) || !wd_core_queue_has_work(cq))
			continue;
		wd_core_poll_queue(cq, 64, &n);
		got += n;
		*inflight = *inflight || wd_core_queue_has_work(cq);
	}
	return got;
}

/* Jobs are out: sleep on the queues' descriptors after asking each for an event. */
static void sleep_on_queues(struct poller *p)
{
	struct pollfd fds[32];
	nfds_t n = 0;

	for (uint32_t i = 0; i < p->core->nqueues && n < 32; i++) {
		struct wd_core_queue *cq = &p->core->queues[i];

		if (!serves(p, i) || !wd_queue_inflight(cq->q))
			continue;
		if (cq->drv->arm(cq->q) < 0)
			return; /* dead: the next round of collecting mends it */
		fds[n++] = (struct pollfd){ .fd = wd_ctx_fd(cq->ctx), .events = POLLIN };
	}
	/* What completed before the asking is found by the walk of poll() itself. */
	poll(fds, n, TICK_MS);
}

/* Nothing is out: sleep until something is submitted. */
static void sleep_for_work(struct poller *p, struct wd_core_pollers *all, uint32_t work)
{
	bool inflight;

	atomic_fetch_add(&all->asleep, 1);
	/* Sequentially consistent against wd_core_pollers_wake(): one sees the other. */
	if (!collect_round(p, &inflight) && !inflight && !atomic_load(&all->stop))
		syscall(SYS_futex, &all->work, FUTEX_WAIT_PRIVATE, work, NULL, NULL, 0);
	atomic_fetch_sub(&all->asleep, 1);
}

static void *poller_main(void *arg)
{
	struct poller *p = arg;
	struct wd_core_pollers *all = p->core->pollers;
	unsigned int idle = 0;

	wd_core_mark_poller();
	while (!atomic_load(&all->stop)) {
		uint32_t work = atomic_load(&all->work);
		bool inflight;

		if (collect_round(p, &inflight)) {
			idle = 0;
		} else if (++idle < IDLE_SPINS) {
			wd_cpu_relax();
		} else if (inflight) {
			sleep_on_queues(p);
		} else {
			sleep_for_work(p, all, work);
			idle = 0;
		}
	}
	return NULL;
}

/* Once per process: at init, or at the first submission in a child. */
static int start_threads(struct wd_core *core)
{
	static const int faults[] = { SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP };
	struct wd_core_pollers *all = core->pollers;
	sigset_t every, old;
	uint32_t n;
	int rc = 0;

	pthread_mutex_lock(&all->start_lock);
	/* Signals are for the program's own threads; faults are this one's. */
	sigfillset(&every);
	for (unsigned int i = 0; i < ARRAY_SIZE(faults); i++)
		sigdelset(&every, faults[i]);
	pthread_sigmask(SIG_SETMASK, &every, &old);
	for (n = atomic_load(&all->n); n < all->want && !rc; n += !rc) {
		struct poller *p = &all->poller[n];

		*p = (struct poller){ .core = core, .first = n, .step = all->want };
		rc = pthread_create(&p->thread, NULL, poller_main, p);
	}
	atomic_store(&all->n, n);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	pthread_mutex_unlock(&all->start_lock);
	return -rc;
}

void wd_core_pollers_wake(struct wd_core *core)
{
	struct wd_core_pollers *all = core->pollers;

	if (__builtin_expect(!atomic_load_explicit(&all->n, memory_order_relaxed), 0))
		start_threads(core);
	atomic_thread_fence(memory_order_seq_cst);
	if (!atomic_load(&all->asleep))
		return;
	atomic_fetch_add(&all->work, 1);
	syscall(SYS_futex, &all->work, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0);
}

static uint32_t wanted_pollers(const struct wd_core_family *family)
{
	const char *on = wd_core_env(family->env_async_poll);
	const char *num = wd_core_env(family->env_async_poll_num);
	unsigned long n = 1;

	if (!on || strcmp(on, "1"))
		return 0;
	if (num && (parse_number(&num, ',', MAX_POLLERS, &n) || *num || !n)) {
		WD_ERR("%s is not a number from 1 to %u; 1 is used\n", family->env_async_poll_num,
		       MAX_POLLERS);
		n = 1;
	}
	return (uint32_t)n;
}

/* As the environment says; 0 also when it wants none. */
int wd_core_pollers_start(struct wd_core *core)
{
	uint32_t n = wanted_pollers(core->family);
	int rc;

	if (!n)
		return 0;
	core->pollers = calloc(1, sizeof(*core->pollers) + n * sizeof(struct poller));
	if (!core->pollers)
		return -WD_ENOMEM;
	core->pollers->want = n;
	core->pollers->start_lock = (pthread_mutex_t)PTHREAD_MUTEX_INITIALIZER;
	rc = start_threads(core);
	if (rc)
		wd_core_pollers_stop(core);
	return rc;
}

void wd_core_pollers_stop(struct wd_core *core)
{
	struct wd_core_pollers *all = core->pollers;

	if (!all)
		return;
	atomic_store(&all->stop, 1);
	atomic_fetch_add(&all->work, 1);
	syscall(SYS_futex, &all->work, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0);
	for (uint32_t i = 0; i < all->n; i++)
		pthread_join(all->poller[i].thread, NULL);
	core->pollers = NULL;
	free(all);
}

/*
 * The threads are the parent's. A fork handler cannot create any, so the
 * child's first submission does.
 */
void wd_core_pollers_forked(struct wd_core *core)
{
	struct wd_core_pollers *all = core->pollers;

	if (!all)
		return;
	all->start_lock = (pthread_mutex_t)PTHREAD_MUTEX_INITIALIZER;
	atomic_store(&all->n, 0);
	atomic_store(&all->asleep, 0);
}

/* ------------------------------------------------------------------ init */

struct env_arg {
	const struct wd_core_family *family;
	const struct wd_sched *sched;
	struct wd_core_wants wants;
};

static int open_env(struct wd_core **out, void *arg)
{
	const struct env_arg *a = arg;
	int rc = -WD_ENODEV;

	for (const char *const *alg = a->family->algs; *alg && rc == -WD_ENODEV; alg++)
		rc = wd_core_open_wants(out, a->family, *alg, SCHED_POLICY_RR, a->sched, &a->wants);
	if (!rc) {
		rc = wd_core_pollers_start(*out);
		if (rc)
			wd_core_put(*out);
	}
	return rc;
}

static int open_with(struct wd_core_default *d, struct env_arg *arg)
{
	int rc = wd_core_default_open(d, open_env, arg);

	free(arg);
	return rc;
}

static int wants_everything(const struct wd_core_family *family, struct wd_core_wants *w)
{
	int rc = 0;

	for (uint8_t op = 0; op < family->op_types && !rc; op++)
		for (uint8_t mode = 0; mode < CTX_MODE_MAX && !rc; mode++)
			rc = wd_core_wants_add(w, -1, op, mode, 1);
	return rc;
}

int wd_core_env_init(struct wd_core_default *d, const struct wd_sched *sched)
{
	struct env_arg *arg = calloc(1, sizeof(*arg));

	if (!arg)
		return -WD_ENOMEM;
	arg->family = d->family;
	arg->sched = sched;
	if (!wd_core_env_wants(d->family, &arg->wants))
		wants_everything(d->family, &arg->wants);
	return open_with(d, arg);
}

int wd_core_ctx_num_init(struct wd_core_default *d, uint32_t node, uint32_t type, uint32_t num,
			 uint8_t mode)
{
	struct env_arg *arg;

	if (type == CTX_TYPE_INVALID)
		type = 0;
	if (node > 1023 || type >= d->family->op_types || mode >= CTX_MODE_MAX || !num ||
	    num > WD_CTX_CNT_NUM)
		return -WD_EINVAL;
	arg = calloc(1, sizeof(*arg));
	if (!arg)
		return -WD_ENOMEM;
	arg->family = d->family;
	wd_core_wants_add(&arg->wants, (int)node, (uint8_t)type, mode, num);
	return open_with(d, arg);
}

int wd_core_get_env_param(struct wd_core_default *d, uint32_t node, uint32_t type, uint32_t mode,
			  uint32_t *num, uint8_t *is_enable)
{
	struct wd_core *core;
	int rc = -WD_EINVAL;

	if (type == CTX_TYPE_INVALID)
		type = 0;
	if (!num || !is_enable || mode >= CTX_MODE_MAX || type >= d->family->op_types)
		return -WD_EINVAL;
	core = wd_core_enter(d);
	if (core) {
		*num = 0;
		for (uint32_t i = 0; i < core->nqueues; i++) {
			const struct wd_core_queue *cq = &core->queues[i];

			if (cq->q && cq->mode == mode && cq->op_type == type &&
			    (uint32_t)wd_get_numa_id(cq->ctx) == node)
				++*num;
		}
		*is_enable = core->pollers != NULL;
		rc = 0;
	}
	wd_core_leave(d);
	return rc;
}
