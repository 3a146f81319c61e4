// SPDX-License-Identifier: Apache-2.0
/*
 * Owns the worker threads and the two lists they live from: queues that have
 * work (served in turn, a bounded share each), and queues whose clients ring by
 * shadow doorbell and were busy a moment ago (watched). At most one worker does
 * nothing but watch, for some 50 us after the last element; all others sleep on
 * a condition. The scheduler's lock is taken inside a queue's lock, never the
 * other way round.
 */
#include "worker.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "device.h"
#include "log.h"
#include "server.h"

#define ENGINES_MAX 4
#define DELAY_MAX_NS (60 * NS_PER_S)
#define DELAY_SPIN_NS (100 * NS_PER_US)
#define STOP_TIMEOUT_S 2
/*
 * A client can make a DMA access wait for ever (a page of its own that it never
 * provides). A worker held for so long counts as lost, and a spare takes its
 * place until it returns.
 */
#define LOST_NS (500 * NS_PER_MS)
/* How often the main thread looks after the workers while they work. */
#define SUPERVISION_NS (20 * NS_PER_MS)
#define THREADS_MAX (2 * WORKERS_MAX)

struct worker {
	pthread_t thread;
	bool used, ended;	       /* [sched.lock] */
	atomic_int busy_type;	       /* algorithm type it executes, -1 none */
	atomic_uint_fast64_t since_ns; /* in the engine since, 0: not in the engine */
	struct {
		const struct emu_engine *engine;
		void *scratch;
	} engines[ENGINES_MAX];
	struct emu_job jobs[BURST_MAX];
};

struct queue_list {
	struct emu_queue *first, *last;
};

static struct {
	pthread_mutex_t lock;
	pthread_cond_t work;
	pthread_cond_t left; /* a worker has ended */
	struct queue_list run, watch;
	unsigned int idle;	/* workers asleep */
	unsigned int signalled; /* of those, told to wake up */
	bool watching;		/* one worker does nothing but watch */
	bool stop;
	unsigned int wanted;  /* workers as configured */
	unsigned int running; /* threads, lost ones and spares included */
	unsigned int ending;  /* on their way out */
	unsigned int lost;
	atomic_bool supervised; /* the main thread looks for lost workers */
	uint64_t next_look_ns;	/* main thread's */
	uint64_t watch_ns;
	struct worker *all[THREADS_MAX];
} sched = {.lock = PTHREAD_MUTEX_INITIALIZER, .work = PTHREAD_COND_INITIALIZER};

static void wake_one(void)
{
	if (sched.idle > sched.signalled) {
		sched.signalled++;
		pthread_cond_signal(&sched.work);
	}
}

void sched_push(struct emu_queue *q, bool wake)
{
	pthread_mutex_lock(&sched.lock);
	if (!q->in_run) {
		q->in_run = true;
		q->run_next = NULL;
		if (sched.run.last)
			sched.run.last->run_next = q;
		else
			sched.run.first = q;
		sched.run.last = q;
	}
	/* A worker that only watches picks it up as fast as one that is woken. */
	if (wake && !sched.watching)
		wake_one();
	pthread_mutex_unlock(&sched.lock);
}

void sched_watch(struct emu_queue *q)
{
	pthread_mutex_lock(&sched.lock);
	if (!q->in_watch) {
		q->in_watch = true;
		q->watch_next = NULL;
		if (sched.watch.last)
			sched.watch.last->watch_next = q;
		else
			sched.watch.first = q;
		sched.watch.last = q;
	}
	pthread_mutex_unlock(&sched.lock);
}

void sched_hand_over(void)
{
	pthread_mutex_lock(&sched.lock);
	if (sched.watch.first && !sched.watching)
		wake_one();
	pthread_mutex_unlock(&sched.lock);
}

enum sched_cover sched_cover(void)
{
	enum sched_cover cover = COVER_BUSY;

	pthread_mutex_lock(&sched.lock);
	if (sched.watching)
		cover = COVER_WATCHED;
	else if (sched.idle)
		cover = COVER_ASLEEP;
	pthread_mutex_unlock(&sched.lock);
	return cover;
}

uint64_t sched_watch_ns(void)
{
	return sched.watch_ns;
}

unsigned int sched_workers(void)
{
	return sched.wanted;
}

unsigned int sched_busy(unsigned int qc_type)
{
	unsigned int i, busy = 0;

	for (i = 0; i < THREADS_MAX && sched.all[i]; i++)
		busy += atomic_load(&sched.all[i]->busy_type) == (int)qc_type;
	return busy < sched.wanted ? busy : sched.wanted;
}

static struct emu_queue *take_run(void)
{
	struct emu_queue *q = sched.run.first;

	if (!q)
		return NULL;
	sched.run.first = q->run_next;
	if (!sched.run.first)
		sched.run.last = NULL;
	q->in_run = false;
	q->holders++;
	/* Several queues have work: several workers should. */
	if (sched.run.first && !sched.watching)
		wake_one();
	return q;
}

static struct emu_queue *take_watch(void)
{
	struct emu_queue *q = sched.watch.first;

	if (!q)
		return NULL;
	sched.watch.first = q->watch_next;
	if (!sched.watch.first)
		sched.watch.last = NULL;
	q->in_watch = false;
	q->holders++;
	return q;
}

static void list_drop_run(struct emu_queue *q)
{
	struct emu_queue **link = &sched.run.first, *before = NULL;

	for (; *link; before = *link, link = &(*link)->run_next) {
		if (*link != q)
			continue;
		*link = q->run_next;
		if (sched.run.last == q)
			sched.run.last = before;
		break;
	}
	q->in_run = false;
}

static void list_drop_watch(struct emu_queue *q)
{
	struct emu_queue **link = &sched.watch.first, *before = NULL;

	for (; *link; before = *link, link = &(*link)->watch_next) {
		if (*link != q)
			continue;
		*link = q->watch_next;
		if (sched.watch.last == q)
			sched.watch.last = before;
		break;
	}
	q->in_watch = false;
}

bool sched_forget(struct emu_queue *q)
{
	bool forgotten;

	pthread_mutex_lock(&sched.lock);
	list_drop_run(q);
	list_drop_watch(q);
	forgotten = !q->holders;
	pthread_mutex_unlock(&sched.lock);
	return forgotten;
}

static void *scratch_for(struct worker *w, const struct emu_engine *engine)
{
	unsigned int i;

	for (i = 0; i < ENGINES_MAX && w->engines[i].engine; i++) {
		if (w->engines[i].engine == engine)
			return w->engines[i].scratch;
	}
	if (i == ENGINES_MAX)
		return NULL;
	w->engines[i].scratch = engine->worker_new();
	if (w->engines[i].scratch)
		w->engines[i].engine = engine;
	return w->engines[i].scratch;
}

static void free_scratch(struct worker *w)
{
	unsigned int i;

	for (i = 0; i < ENGINES_MAX && w->engines[i].engine; i++)
		w->engines[i].engine->worker_free(w->engines[i].scratch);
}

/* Short delays are spun, a sleep would be off by more than they are long. */
static void suffer_delay(struct emu_queue *q, uint64_t usec)
{
	uint64_t left = usec > DELAY_MAX_NS / NS_PER_US ? DELAY_MAX_NS : usec * NS_PER_US;
	uint64_t end = clock_now_ns() + left;
	struct timespec slice = {.tv_nsec = 5 * NS_PER_MS};
	uint64_t now;

	while ((now = clock_now_ns()) < end && !queue_is_cut(q)) {
		if (end - now > 2 * 5 * NS_PER_MS) {
			nanosleep(&slice, NULL);
		} else if (end - now > DELAY_SPIN_NS) {
			struct timespec rest = {.tv_nsec = (long)(end - now - DELAY_SPIN_NS / 2)};

			nanosleep(&rest, NULL);
		} else {
			cpu_relax();
		}
	}
}

static int run_element(struct emu_queue *q, void *scratch, struct emu_job *job)
{
	const struct emu_engine *engine = q->dev->config.engine;

	if (!scratch)
		return -ENOMEM;
	if (job->qc_type >= engine->qc_types)
		return -EINVAL;
	return engine->execute(scratch, job);
}

/* So that the main thread can tell a worker that is held up from one that works. */
static void note_progress(struct worker *w, uint64_t now_ns)
{
	atomic_store_explicit(&w->since_ns, now_ns, memory_order_relaxed);
}

static void run_burst(struct worker *w, struct emu_queue *q, struct queue_burst *burst)
{
	void *scratch = scratch_for(w, q->dev->config.engine);
	unsigned int i;

	for (i = 0; i < burst->count; i++) {
		if (burst->faulty && burst->faults[i].hangs)
			continue;
		if (burst->faulty && burst->faults[i].delay_us) {
			note_progress(w, 0);
			suffer_delay(q, burst->faults[i].delay_us);
			note_progress(w, clock_now_ns());
		}
		burst->errors[i] = run_element(q, scratch, &w->jobs[i]);
	}
}

static void serve(struct worker *w, struct emu_queue *q)
{
	struct queue_burst burst;
	uint64_t start;

	if (!queue_claim(q, w->jobs, &burst))
		return;
	start = clock_now_ns();
	atomic_store_explicit(&w->busy_type, (int)w->jobs[0].qc_type, memory_order_relaxed);
	note_progress(w, start);
	run_burst(w, q, &burst);
	note_progress(w, 0);
	atomic_store_explicit(&w->busy_type, -1, memory_order_relaxed);
	queue_finish(q, w->jobs, &burst, clock_now_ns() - start);
}

static void pause_briefly(void)
{
	unsigned int i;

	for (i = 0; i < 8; i++)
		cpu_relax();
}

static void sleep_until_work(void)
{
	sched.idle++;
	while (!sched.stop && !sched.signalled)
		pthread_cond_wait(&sched.work, &sched.lock);
	if (sched.signalled)
		sched.signalled--;
	sched.idle--;
	if (!atomic_exchange(&sched.supervised, true))
		server_poke();
}

/* [sched.lock] One step of a worker; returns with the lock held. */
static void work_step(struct worker *w)
{
	struct emu_queue *q = take_run();
	/* With work in hand a glance at one watched queue; without, one watcher only. */
	struct emu_queue *watched = q || !sched.watching ? take_watch() : NULL;
	bool watcher = watched && !q;

	if (!q && !watched) {
		sleep_until_work();
		return;
	}
	if (watcher)
		sched.watching = true;
	pthread_mutex_unlock(&sched.lock);
	if (watched)
		queue_look(watched);
	if (watcher)
		pause_briefly();
	else
		serve(w, q);
	pthread_mutex_lock(&sched.lock);
	if (watcher)
		sched.watching = false;
	if (watched)
		watched->holders--;
	if (q)
		q->holders--;
}

static void *worker_main(void *arg)
{
	struct worker *w = arg;

	/* So that an emulated delay is not rounded up by the timer slack. */
	prctl(PR_SET_TIMERSLACK, 1ul, 0ul, 0ul, 0ul);
	pthread_mutex_lock(&sched.lock);
	while (!sched.stop && sched.running - sched.ending <= sched.wanted + sched.lost)
		work_step(w);
	/* What it leaves is for those that stay. */
	if (sched.run.first || sched.watch.first)
		wake_one();
	sched.ending++;
	pthread_mutex_unlock(&sched.lock);
	free_scratch(w);
	pthread_mutex_lock(&sched.lock);
	sched.ending--;
	sched.running--;
	w->ended = true;
	pthread_cond_signal(&sched.left);
	pthread_mutex_unlock(&sched.lock);
	return NULL;
}

/* Waits on a monotonic clock, so that setting the time does not matter. */
static void init_left(void)
{
	pthread_condattr_t attr;

	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&sched.left, &attr);
	pthread_condattr_destroy(&attr);
}

/* [sched.lock] */
static struct worker *free_slot(void)
{
	struct worker *w;
	unsigned int i;

	for (i = 0; i < THREADS_MAX; i++) {
		if (!sched.all[i])
			break;
		if (sched.all[i]->used && sched.all[i]->ended) {
			pthread_join(sched.all[i]->thread, NULL);
			sched.all[i]->used = false;
		}
		if (!sched.all[i]->used)
			return sched.all[i];
	}
	w = i < THREADS_MAX ? aligned_alloc(64, sizeof(*w)) : NULL;
	if (w) {
		memset(w, 0, sizeof(*w));
		sched.all[i] = w;
	}
	return w;
}

/* [sched.lock] 0 or a positive errno. */
static int start_worker(void)
{
	struct worker *w = free_slot();
	int error;

	if (!w)
		return ENOMEM;
	memset(w->engines, 0, sizeof(w->engines));
	atomic_store(&w->busy_type, -1);
	atomic_store(&w->since_ns, 0);
	w->ended = false;
	error = pthread_create(&w->thread, NULL, worker_main, w);
	w->used = !error;
	sched.running += !error;
	return error;
}

int sched_start(unsigned int workers)
{
	int error = 0;

	init_left();
	/* With one CPU, watching only keeps the client from running. */
	sched.watch_ns = sysconf(_SC_NPROCESSORS_ONLN) > 1 ? 50 * NS_PER_US : 0;
	pthread_mutex_lock(&sched.lock);
	sched.wanted = workers;
	while (!error && sched.running < workers)
		error = start_worker();
	pthread_mutex_unlock(&sched.lock);
	return error;
}

static unsigned int count_lost(uint64_t now_ns)
{
	unsigned int i, lost = 0;
	uint64_t since_ns;

	for (i = 0; i < THREADS_MAX && sched.all[i]; i++) {
		since_ns = atomic_load_explicit(&sched.all[i]->since_ns, memory_order_relaxed);
		lost += since_ns && since_ns < now_ns && now_ns - since_ns > LOST_NS;
	}
	return lost;
}

uint64_t sched_service(uint64_t now_ns)
{
	uint64_t next_ns = NEVER_NS;

	if (!atomic_load(&sched.supervised) || now_ns < sched.next_look_ns)
		return atomic_load(&sched.supervised) ? sched.next_look_ns : NEVER_NS;
	pthread_mutex_lock(&sched.lock);
	sched.lost = count_lost(now_ns);
	while (sched.running - sched.ending < sched.wanted + sched.lost && !start_worker())
		log_error("a client holds up a worker: starting a spare one");
	if (sched.idle == sched.running)
		atomic_store(&sched.supervised, false);
	else
		next_ns = now_ns + SUPERVISION_NS;
	sched.next_look_ns = next_ns == NEVER_NS ? 0 : next_ns;
	/*
	 * One too many now that a lost one is back: a sleeper has to go. Or work
	 * waits for a worker that took on more than it thought: a sleeper may help.
	 */
	if (sched.running - sched.ending > sched.wanted + sched.lost ||
	    ((sched.run.first || sched.watch.first) && !sched.watching))
		wake_one();
	pthread_mutex_unlock(&sched.lock);
	return next_ns;
}

/* False: some did not end in time. */
static bool wait_for_workers(void)
{
	struct timespec deadline;
	int error = 0;

	clock_gettime(CLOCK_MONOTONIC, &deadline);
	deadline.tv_sec += STOP_TIMEOUT_S;
	pthread_mutex_lock(&sched.lock);
	sched.stop = true;
	pthread_cond_broadcast(&sched.work);
	while (sched.running && !error)
		error = pthread_cond_timedwait(&sched.left, &sched.lock, &deadline);
	pthread_mutex_unlock(&sched.lock);
	return !error;
}

bool sched_stop(void)
{
	unsigned int i;

	if (!wait_for_workers())
		return false;
	for (i = 0; i < THREADS_MAX && sched.all[i]; i++) {
		if (sched.all[i]->used)
			pthread_join(sched.all[i]->thread, NULL);
		free(sched.all[i]);
		sched.all[i] = NULL;
	}
	return true;
}
