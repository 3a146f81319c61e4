/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The algorithm core: what every algorithm family does alike, once. An
 * instance is a set of queues with a scheduler; a family (comp, cipher, ...)
 * supplies a constant descriptor and its own sessions and parameter checks. The
 * process-wide interface of a family is a struct wd_core_default around the
 * instance in force.
 *
 * core_instance.c instances, references, fork	core_queue.c  submit, reap, recover
 * core_open.c	   init2: devices to queues	core_wait.c   waiting for one job
 * core_env.c	   environment, poll threads	core_slots.c  messages of asynchronous jobs
 */
#ifndef WD_CORE_H
#define WD_CORE_H

#include <pthread.h>
#include "drv/wd_driver.h"
#include "drv/wd_lock.h"
#include "wd_alg_common.h"
#include "wd_sched.h"

#define WD_CORE_CACHELINE 64
#define WD_CORE_MAX_OP_TYPES 4
#define WD_CORE_READER_STRIPES 16

/* wd_msg.state of a synchronous job; a waiter sleeps on the word itself. */
enum wd_core_msg_state {
	WD_MSG_PENDING,
	WD_MSG_DONE,
	WD_MSG_SLEEPING, /* its thread sleeps until somebody completes or promotes it */
	WD_MSG_PROMOTED, /* its thread shall wait for the device on behalf of all */
};

/* The constant description of an algorithm family. */
struct wd_core_family {
	const char *name;		/* "comp": struct wd_driver.family */
	const char *env_ctx_num;	/* "WD_COMP_CTX_NUM" */
	const char *env_epoll;		/* "WD_COMP_EPOLL_EN" */
	const char *env_async_poll;	/* "WD_COMP_ASYNC_POLL_EN" */
	const char *env_async_poll_num; /* "WD_COMP_ASYNC_POLL_NUM" */
	const char *const *op_names;	/* words for directions in env_ctx_num; NULL: one direction */
	uint32_t op_types;
	uint32_t msg_nbytes;		/* of the family's asynchronous message */
	/* An asynchronous job ended: give the caller his results and call him back. */
	void (*complete)(struct wd_msg *msg);
	/* What a scheduler calls for one queue: wd_comp_poll_ctx(). */
	user_poll_func poll_ctx;
	/* For init without an algorithm name: any driver of the family offers one of these. */
	const char *const *algs;
};

/* Messages of asynchronous jobs of one queue: core_slots.h. */
struct wd_core_slots {
	_Alignas(WD_CORE_CACHELINE) _Atomic uint64_t head; /* tag << 32 | number of the top slot */
	char *base;
	uint32_t slot_nbytes;
	uint32_t max;
	_Atomic uint32_t made; /* slots used so far: numbers 1..made */
};

struct wd_core;

struct wd_core_queue {
	struct wd_queue *q; /* NULL: closed for ever */
	const struct wd_driver *drv;
	struct wd_core *core;
	handle_t ctx;
	uint8_t op_type;
	uint8_t mode; /* enum wd_ctx_mode */
	_Alignas(WD_CORE_CACHELINE) _Atomic uint32_t leader; /* 1: somebody waits for the device */
	struct wd_lock sleep_lock;			      /* over sleepers */
	struct wd_core_sleeper *sleepers;
	_Atomic uint64_t stall_start_ns; /* async: since when polls found nothing, 0 = not stalled */
	_Atomic uint32_t stall_submitted; /* and how many jobs had been submitted then */
	_Atomic uint32_t stall_kicked;	  /* and whether the doorbell was rung again */
	struct wd_msg *_Atomic ready;	  /* async: ended, not yet called back */
	_Atomic uint32_t failing;	 /* restart failed and was reported */
	pthread_mutex_t recover_lock;
	bool closing; /* under recover_lock: not to be opened again */
	struct wd_core_slots slots;
};

struct wd_core_pollers; /* threads that poll on behalf of the program (core_env.c) */

struct wd_core {
	const struct wd_core_family *family;
	struct wd_sched sched;	  /* copy: the caller may let go of his after init */
	struct wd_sched *own_sched; /* released with the instance */
	bool sched_is_rr;	  /* the pick is a pure function of the session's key */
	bool owns_ctxs;
	bool sleep_at_once; /* ..._EPOLL_EN: no spinning before poll() */
	uint64_t timeout_ns;
	uint32_t nqueues;
	struct wd_core_queue *queues;
	_Atomic uint32_t refs; /* sessions + the process-wide default */
	_Atomic uint32_t sessions;
	struct wd_core_pollers *pollers; /* NULL: the program polls itself */
	struct wd_core *next; /* list of all, for fork */
};

struct wd_core_reader_stripe {
	_Alignas(WD_CORE_CACHELINE) _Atomic uint32_t count;
};

/* The process-wide instance of one family. */
struct wd_core_default {
	const struct wd_core_family *family;
	pthread_mutex_t lock;		/* init and uninit */
	struct wd_core *_Atomic core;	/* in force, or NULL */
	uint32_t users;			/* inits not yet undone */
	struct wd_core_reader_stripe readers[WD_CORE_READER_STRIPES];
};

#define WD_CORE_DEFAULT(fam) { .family = (fam), .lock = PTHREAD_MUTEX_INITIALIZER }

/* ---- instances (core_instance.c) ---- */
int wd_core_init(struct wd_core_default *d, const struct wd_ctx_config *config,
		 const struct wd_sched *sched);
int wd_core_init2(struct wd_core_default *d, const char *alg, uint32_t sched_type, int task_type,
		  const struct wd_ctx_params *params);
void wd_core_uninit(struct wd_core_default *d);

/* For sessions: the instance in force with a reference, or NULL. */
struct wd_core *wd_core_session_get(struct wd_core_default *d);
void wd_core_session_put(struct wd_core_default *d, struct wd_core *core);
/*
 * For polls without a session, which has nothing to hold the instance by: what
 * enter() returns is valid until leave(). A poll counts itself in one of some
 * counters, spread so that threads do not share a cache line, and uninit waits
 * until all are zero after it has taken the instance out of view.
 */
struct wd_core_reader {
	uint32_t stripe; /* its counter + 1, 0 before the thread's first poll */
	uint32_t depth;	 /* polls within callbacks within polls */
	struct wd_core_default *of;
	bool retire; /* an uninit came in a callback */
};
extern __thread struct wd_core_reader wd_reader __attribute__((tls_model("initial-exec")));
void wd_core_reader_begin(void);
void wd_core_reader_retire(struct wd_core_default *d);

static inline struct wd_core *wd_core_enter(struct wd_core_default *d)
{
	struct wd_core_reader *me = &wd_reader;

	if (__builtin_expect(!me->stripe, 0))
		wd_core_reader_begin();
	me->depth++;
	me->of = d;
	/* Sequentially consistent against wait_for_readers(): one sees the other. */
	atomic_fetch_add(&d->readers[me->stripe - 1].count, 1);
	return atomic_load(&d->core);
}

static inline void wd_core_leave(struct wd_core_default *d)
{
	struct wd_core_reader *me = &wd_reader;

	atomic_fetch_sub_explicit(&d->readers[me->stripe - 1].count, 1, memory_order_release);
	if (!--me->depth && __builtin_expect(me->retire, 0))
		wd_core_reader_retire(d);
}

/* ---- inside the core ---- */
struct wd_core *wd_core_new(const struct wd_core_family *family, uint32_t nqueues);
int wd_core_queue_open(struct wd_core *core, uint32_t idx, const struct wd_driver *drv,
		       const struct wd_ctx *ctx);
void wd_core_queue_close(struct wd_core_queue *cq);
void wd_core_queue_forked(struct wd_core_queue *cq);
void wd_core_put(struct wd_core *core);
int wd_core_open2(struct wd_core **out, const struct wd_core_family *family, const char *alg,
		  uint32_t sched_type, int task_type, const struct wd_ctx_params *params);
/* Make @core the default of @d, or -WD_EEXIST (and it counts as one more user). */
int wd_core_default_open(struct wd_core_default *d,
			 int (*open)(struct wd_core **core, void *arg), void *arg);
uint64_t wd_core_now_ns(void);
/* May the environment be believed: secure_getenv(). NULL when unset or empty. */
const char *wd_core_env(const char *name);

/* ---- jobs (core_queue.c) ---- */
/* The queue a session's next job of @mode goes to, or NULL (logged once per kind). */
struct wd_core_queue *wd_core_pick(struct wd_core *core, void *sched_key, int mode, uint32_t op_type);
struct wd_core_queue *wd_core_queue_at(struct wd_core *core, uint32_t idx, int mode,
				       uint32_t op_type);

/* Run one job to its end. The message may be on the caller's stack. 0 or negative code. */
int wd_core_run(struct wd_core_queue *cq, struct wd_msg *msg);
/* Asynchronous, with a message from cq->slots; on an error the slot is given back. */
int wd_core_async_submit(struct wd_core_queue *cq, struct wd_msg *msg);
int wd_core_poll_queue(struct wd_core_queue *cq, uint32_t expt, uint32_t *count);
int wd_core_poll_ctx(struct wd_core_default *d, uint32_t idx, uint32_t expt, uint32_t *count);
int wd_core_poll(struct wd_core_default *d, uint32_t expt, uint32_t *count);
void *wd_core_msg_at(struct wd_core_default *d, uint32_t idx, uint32_t tag);

/* Would a poll find, or wait for, anything? */
static inline bool wd_core_queue_has_work(struct wd_core_queue *cq)
{
	return cq->q && (wd_queue_inflight(cq->q) ||
			 atomic_load_explicit(&cq->ready, memory_order_relaxed));
}

/* Stop the queue for good; every job of it is answered. */
void wd_core_queue_abandon(struct wd_core_queue *cq);
int wd_core_recover(struct wd_core_queue *cq, struct wd_msg *timed_out);
void wd_core_finish_sync(struct wd_msg *msg);
int wd_core_reap_sync(struct wd_core_queue *cq);
/* core_wait.c: wait for a job in flight; the state word is DONE when it returns. */
void wd_core_wait(struct wd_core_queue *cq, struct wd_msg *msg, uint64_t deadline_ns);
int wd_core_wait_room(struct wd_core_queue *cq, uint64_t deadline_ns);

/* ---- slots (core_slots.c; taking and giving back: core_slots.h) ---- */
int wd_core_slots_init(struct wd_core_slots *s, uint32_t max, uint32_t msg_nbytes);
void wd_core_slots_destroy(struct wd_core_slots *s);
void wd_core_slots_forget(struct wd_core_slots *s);
uint32_t wd_core_slot_tag(const struct wd_msg *msg);
struct wd_msg *wd_core_slot_at(struct wd_core_slots *s, uint32_t tag);

/* ---- how many queues of which kind (core_open.c, core_env.c) ---- */
#define WD_CORE_MAX_WANTS 256

struct wd_core_want {
	int node; /* NUMA node */
	uint8_t op_type;
	uint8_t mode;
	uint32_t num;
};

struct wd_core_wants {
	uint32_t count;
	struct wd_core_want item[WD_CORE_MAX_WANTS];
};

int wd_core_wants_add(struct wd_core_wants *w, int node, uint8_t op_type, uint8_t mode,
		      uint32_t num);
/* Open what is wanted of devices that offer @alg. @sched NULL: an own one of @sched_type. */
int wd_core_open_wants(struct wd_core **out, const struct wd_core_family *family, const char *alg,
		       uint32_t sched_type, const struct wd_sched *sched,
		       const struct wd_core_wants *wants);
/* 1 and *w filled: the environment says so; 0: it says nothing (usable). */
int wd_core_env_wants(const struct wd_core_family *family, struct wd_core_wants *w);

/* ---- environment, poll threads (core_env.c) ---- */
int wd_core_env_init(struct wd_core_default *d, const struct wd_sched *sched);
int wd_core_ctx_num_init(struct wd_core_default *d, uint32_t node, uint32_t type, uint32_t num,
			 uint8_t mode);
int wd_core_get_env_param(struct wd_core_default *d, uint32_t node, uint32_t type, uint32_t mode,
			  uint32_t *num, uint8_t *is_enable);
int wd_core_pollers_start(struct wd_core *core);
void wd_core_pollers_stop(struct wd_core *core);
void wd_core_pollers_forked(struct wd_core *core);
void wd_core_pollers_wake(struct wd_core *core);
/* core_instance.c: an uninit in a callback of this thread takes nothing away. */
void wd_core_mark_poller(void);

/* ---- sched.c ---- */
int wd_core_sched_is_rr(const struct wd_sched *sched);
/* ---- driver.c ---- */
const struct wd_driver *wd_core_driver_find(const char *alg, const char *device_name);
void wd_core_driver_put(const struct wd_driver *drv);

#endif
