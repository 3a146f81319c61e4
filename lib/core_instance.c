// SPDX-License-Identifier: Apache-2.0
/*
 * Instances of the algorithm core: their queues' birth and death, the counted
 * process-wide default of each family, and fork. Two kinds exist: an instance
 * on queues the program requested itself (init), which lets go of them at
 * uninit, and one that opened its own queues (init2, env), which lives on
 * while sessions use it, so that one user's uninit does not pull the floor from
 * under another's jobs.
 */
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include "core.h"

/* A job not done in this time is taken for lost; WD_JOB_TIMEOUT_MS changes it. */
#define DEFAULT_TIMEOUT_MS 30000ul
#define MAX_TIMEOUT_MS 3600000ul
#define MAX_QUEUES 4096u

const char *wd_core_env(const char *name)
{
	const char *text = name ? secure_getenv(name) : NULL;

	return text && *text ? text : NULL;
}

static __thread bool is_poller __attribute__((tls_model("initial-exec")));

static void readers_forked(struct wd_core_default *d);
static void retire_unused(struct wd_core_default *d);

/* ------------------------------------------------------------------ fork */

/*
 * All instances, for the child of fork(): its queues are the parent's, so each
 * is marked stopped and opens a queue of its own when it is used next.
 */
static pthread_mutex_t all_lock = PTHREAD_MUTEX_INITIALIZER;
static struct wd_core *all_cores;
static pthread_once_t fork_once = PTHREAD_ONCE_INIT;
static struct wd_core_default *all_defaults[8];

static void before_fork(void)
{
	for (unsigned int i = 0; i < 8 && all_defaults[i]; i++)
		pthread_mutex_lock(&all_defaults[i]->lock);
	pthread_mutex_lock(&all_lock);
}

static void after_fork_parent(void)
{
	pthread_mutex_unlock(&all_lock);
	for (unsigned int i = 0; i < 8 && all_defaults[i]; i++)
		pthread_mutex_unlock(&all_defaults[i]->lock);
}

static void after_fork_child(void)
{
	for (struct wd_core *core = all_cores; core; core = core->next) {
		for (uint32_t i = 0; i < core->nqueues; i++)
			wd_core_queue_forked(&core->queues[i]);
		wd_core_pollers_forked(core);
	}
	for (unsigned int i = 0; i < 8 && all_defaults[i]; i++)
		readers_forked(all_defaults[i]);
	after_fork_parent();
}

static void watch_fork(void)
{
	pthread_atfork(before_fork, after_fork_parent, after_fork_child);
}

/* Under d->lock, before the first instance of the family. */
static void remember_default(struct wd_core_default *d)
{
	pthread_once(&fork_once, watch_fork);
	pthread_mutex_lock(&all_lock);
	for (unsigned int i = 0; i < 8 && all_defaults[i] != d; i++) {
		if (!all_defaults[i]) {
			all_defaults[i] = d;
			break;
		}
	}
	pthread_mutex_unlock(&all_lock);
}

static void list_add(struct wd_core *core)
{
	pthread_mutex_lock(&all_lock);
	core->next = all_cores;
	all_cores = core;
	pthread_mutex_unlock(&all_lock);
}

static void list_del(struct wd_core *core)
{
	struct wd_core **p;

	pthread_mutex_lock(&all_lock);
	for (p = &all_cores; *p; p = &(*p)->next) {
		if (*p == core) {
			*p = core->next;
			break;
		}
	}
	pthread_mutex_unlock(&all_lock);
}

/* ---------------------------------------------------------------- queues */

/*
 * The lock must be as new in the child; a plain initialiser is as good as
 * pthread_mutex_init() and may be used there.
 */
static void locks_init(struct wd_core_queue *cq)
{
	cq->recover_lock = (pthread_mutex_t)PTHREAD_MUTEX_INITIALIZER;
	wd_lock_init(&cq->sleep_lock);
	cq->sleepers = NULL;
	atomic_store(&cq->leader, 0);
	atomic_store(&cq->stall_start_ns, 0);
	atomic_store(&cq->ready, NULL);
}

int wd_core_queue_open(struct wd_core *core, uint32_t idx, const struct wd_driver *drv,
		       const struct wd_ctx *ctx)
{
	struct wd_queue_config config = { .ctx = ctx->ctx, .op_type = ctx->op_type };
	struct wd_core_queue *cq = &core->queues[idx];
	struct wd_queue *q;
	int rc;

	rc = drv->queue_open(&config, &q);
	if (rc)
		return rc;
	/* More messages than ring slots: a callback may submit while it holds its own. */
	rc = wd_core_slots_init(&cq->slots, q->capacity + 64, core->family->msg_nbytes);
	if (rc)
		goto err_close_queue;
	cq->drv = drv;
	cq->core = core;
	cq->ctx = ctx->ctx;
	cq->op_type = ctx->op_type;
	cq->mode = ctx->ctx_mode;
	locks_init(cq);
	cq->q = q;
	return 0;

err_close_queue:
	drv->queue_close(q);
	return rc;
}

void wd_core_queue_close(struct wd_core_queue *cq)
{
	struct wd_queue *q = cq->q;

	if (!q)
		return;
	wd_core_queue_abandon(cq);
	cq->q = NULL;
	cq->drv->queue_close(q);
	wd_core_slots_destroy(&cq->slots);
}

void wd_core_queue_forked(struct wd_core_queue *cq)
{
	if (!cq->q)
		return;
	cq->drv->forked(cq->q);
	locks_init(cq);
	/*
	 * Who used slots is gone, except a callback that called fork(): it returns
	 * here, too, and gives its own back. Those of the parent's jobs are lost then.
	 */
	if (!wd_reader.depth && !is_poller)
		wd_core_slots_forget(&cq->slots);
}

/* -------------------------------------------------------------- instance */

static uint64_t job_timeout_ns(void)
{
	const char *text = wd_core_env("WD_JOB_TIMEOUT_MS");
	unsigned long ms;
	char *end;

	if (!text)
		return DEFAULT_TIMEOUT_MS * 1000000ull;
	errno = 0;
	ms = strtoul(text, &end, 10);
	if (errno || *end || *text == '-' || !ms || ms > MAX_TIMEOUT_MS) {
		WD_ERR("WD_JOB_TIMEOUT_MS=%s is not a number of milliseconds from 1 to %lu; %lu is used\n",
		       text, MAX_TIMEOUT_MS, DEFAULT_TIMEOUT_MS);
		return DEFAULT_TIMEOUT_MS * 1000000ull;
	}
	return ms * 1000000ull;
}

static bool wants_sleep(const struct wd_core_family *family)
{
	const char *text = wd_core_env(family->env_epoll);

	return text && !strcmp(text, "1");
}

struct wd_core *wd_core_new(const struct wd_core_family *family, uint32_t nqueues)
{
	struct wd_core *core = calloc(1, sizeof(*core));

	if (!core)
		return NULL;
	core->queues = aligned_alloc(WD_CORE_CACHELINE, nqueues * sizeof(*core->queues));
	if (!core->queues) {
		free(core);
		return NULL;
	}
	memset((void *)core->queues, 0, nqueues * sizeof(*core->queues));
	core->family = family;
	core->nqueues = nqueues;
	core->timeout_ns = job_timeout_ns();
	core->sleep_at_once = wants_sleep(family);
	atomic_init(&core->refs, 1);
	list_add(core);
	return core;
}

static void close_queues(struct wd_core *core)
{
	wd_core_pollers_stop(core);
	for (uint32_t i = 0; i < core->nqueues; i++) {
		struct wd_core_queue *cq = &core->queues[i];
		handle_t ctx = cq->ctx;

		wd_core_queue_close(cq);
		cq->ctx = 0;
		if (core->owns_ctxs && ctx)
			wd_release_ctx(ctx);
	}
}

void wd_core_put(struct wd_core *core)
{
	if (!core || atomic_fetch_sub_explicit(&core->refs, 1, memory_order_acq_rel) != 1)
		return;
	close_queues(core);
	list_del(core);
	wd_sched_rr_release(core->own_sched);
	free(core->queues);
	free(core);
}

/* -------------------------------------------------------------- readers */

static _Atomic uint32_t stripes_given;
__thread struct wd_core_reader wd_reader __attribute__((tls_model("initial-exec")));

void wd_core_mark_poller(void)
{
	is_poller = true;
}

void wd_core_reader_begin(void)
{
	wd_reader.stripe = 1 + atomic_fetch_add(&stripes_given, 1) % WD_CORE_READER_STRIPES;
}

void wd_core_reader_retire(struct wd_core_default *d)
{
	wd_reader.retire = false;
	retire_unused(d);
}

/* Only the thread that forked exists in the child. */
static void readers_forked(struct wd_core_default *d)
{
	for (unsigned int i = 0; i < WD_CORE_READER_STRIPES; i++)
		atomic_store(&d->readers[i].count, 0);
	if (wd_reader.depth && d == wd_reader.of)
		atomic_store(&d->readers[wd_reader.stripe - 1].count, wd_reader.depth);
}

static void wait_for_readers(struct wd_core_default *d)
{
	for (unsigned int i = 0; i < WD_CORE_READER_STRIPES; i++)
		while (atomic_load(&d->readers[i].count))
			sched_yield();
}

/*
 * Let go of the instance if nobody wants it any more: no init is left, and, where
 * the queues are the library's own, no session. Under a running callback
 * nothing can be taken away; then the poll does it as it returns.
 */
static void retire_unused(struct wd_core_default *d)
{
	struct wd_core *core;

	pthread_mutex_lock(&d->lock);
	core = atomic_load(&d->core);
	if (!core || d->users || is_poller ||
	    (core->owns_ctxs && atomic_load(&core->sessions))) {
		pthread_mutex_unlock(&d->lock);
		return;
	}
	if (wd_reader.depth) {
		wd_reader.retire = true;
		pthread_mutex_unlock(&d->lock);
		return;
	}
	atomic_store(&d->core, NULL);
	pthread_mutex_unlock(&d->lock);
	wait_for_readers(d);
	if (!core->owns_ctxs)
		close_queues(core); /* the program is about to release its contexts */
	wd_core_put(core);
}

/* -------------------------------------------------------------- sessions */

struct wd_core *wd_core_session_get(struct wd_core_default *d)
{
	struct wd_core *core;

	core = wd_core_enter(d);
	if (core) {
		atomic_fetch_add_explicit(&core->refs, 1, memory_order_relaxed);
		atomic_fetch_add(&core->sessions, 1);
	}
	wd_core_leave(d);
	return core;
}

void wd_core_session_put(struct wd_core_default *d, struct wd_core *core)
{
	bool last = atomic_fetch_sub(&core->sessions, 1) == 1;

	wd_core_put(core);
	if (last)
		retire_unused(d);
}

/* --------------------------------------------------------- init, uninit */

static int check_config(const struct wd_ctx_config *config, const struct wd_sched *sched)
{
	if (!config || !sched || !config->ctxs || !config->ctx_num ||
	    config->ctx_num > MAX_QUEUES || !sched->pick_next_ctx || !sched->poll_policy) {
		WD_ERR("init needs 1 to %u contexts and a scheduler that can pick and poll\n",
		       MAX_QUEUES);
		return -WD_EINVAL;
	}
	for (uint32_t i = 0; i < config->ctx_num; i++) {
		if (!config->ctxs[i].ctx || config->ctxs[i].ctx_mode >= CTX_MODE_MAX) {
			WD_ERR("init: context %u is empty or neither synchronous nor asynchronous\n",
			       i);
			return -WD_EINVAL;
		}
	}
	return 0;
}

/* The driver of a context the program opened: the one that serves the name of its device. */
static const struct wd_driver *driver_of(const struct wd_core_family *family, handle_t ctx)
{
	char *device = wd_get_accel_name(wd_ctx_get_dev_name(ctx), 1);
	const struct wd_driver *drv = NULL;

	for (const char *const *alg = family->algs; device && *alg && !drv; alg++)
		drv = wd_core_driver_find(*alg, device);
	if (!drv)
		WD_ERR("%s: no %s driver for this device\n", device ? device : "?", family->name);
	free(device);
	return drv;
}

static int open_config(struct wd_core *core, const struct wd_ctx_config *config)
{
	for (uint32_t i = 0; i < config->ctx_num; i++) {
		const struct wd_driver *drv = driver_of(core->family, config->ctxs[i].ctx);
		int rc;

		if (!drv)
			return -WD_ENODEV;
		if (config->ctxs[i].op_type >= core->family->op_types) {
			WD_ERR("init: context %u has no such direction: %u\n", i,
			       config->ctxs[i].op_type);
			return -WD_EINVAL;
		}
		rc = wd_core_queue_open(core, i, drv, &config->ctxs[i]);
		if (rc)
			return rc;
	}
	return 0;
}

static int open_given(struct wd_core **out, void *arg);

/*
 * One more user of the process-wide instance; the first opens it. Callers take
 * "exists" for success and undo it later, so it counts. An instance that only
 * sessions kept alive is taken over.
 */
int wd_core_default_open(struct wd_core_default *d,
			 int (*open)(struct wd_core **core, void *arg), void *arg)
{
	struct wd_core *core;
	int rc;

	remember_default(d);
	pthread_mutex_lock(&d->lock);
	if (atomic_load(&d->core)) {
		/* Never 0 to who brings his own queues: they are not used. */
		rc = d->users++ || open == open_given ? -WD_EEXIST : 0;
	} else {
		rc = open(&core, arg);
		if (!rc) {
			atomic_store(&d->core, core);
			d->users = 1;
		}
	}
	pthread_mutex_unlock(&d->lock);
	return rc;
}

struct init_arg {
	const struct wd_core_family *family;
	const struct wd_ctx_config *config;
	const struct wd_sched *sched;
};

static int open_given(struct wd_core **out, void *arg)
{
	const struct init_arg *a = arg;
	struct wd_core *core = wd_core_new(a->family, a->config->ctx_num);
	int rc;

	if (!core)
		return -WD_ENOMEM;
	core->sched = *a->sched;
	core->sched_is_rr = wd_core_sched_is_rr(a->sched);
	rc = open_config(core, a->config);
	if (rc) {
		wd_core_put(core);
		return rc;
	}
	*out = core;
	return 0;
}

int wd_core_init(struct wd_core_default *d, const struct wd_ctx_config *config,
		 const struct wd_sched *sched)
{
	struct init_arg arg = { d->family, config, sched };
	int rc = check_config(config, sched);

	return rc ? rc : wd_core_default_open(d, open_given, &arg);
}

struct init2_arg {
	const struct wd_core_family *family;
	const char *alg;
	uint32_t sched_type;
	int task_type;
	const struct wd_ctx_params *params;
};

static int open_chosen(struct wd_core **out, void *arg)
{
	const struct init2_arg *a = arg;

	return wd_core_open2(out, a->family, a->alg, a->sched_type, a->task_type, a->params);
}

int wd_core_init2(struct wd_core_default *d, const char *alg, uint32_t sched_type, int task_type,
		  const struct wd_ctx_params *params)
{
	struct init2_arg arg = { d->family, alg, sched_type, task_type, params };

	return wd_core_default_open(d, open_chosen, &arg);
}

/* Once more than init is harmless. */
void wd_core_uninit(struct wd_core_default *d)
{
	pthread_mutex_lock(&d->lock);
	if (d->users)
		d->users--;
	pthread_mutex_unlock(&d->lock);
	retire_unused(d);
}
