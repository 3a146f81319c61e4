// SPDX-License-Identifier: Apache-2.0
/*
 * Chunks of the deflate formats. Each chunk is a stream of its own that is not
 * finished but flushed: it ends on a byte boundary and without a final block, so
 * that chunks put one behind the other are one deflate stream. Only the last one
 * is finished. A stream belongs to one thread at a time, so there is a thread
 * with a session for each chunk in flight.
 */
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <zlib.h>
#include "chunk.h"

#define TRIES 3
#define PAUSE_NS 50000000l /* before the next try: a reset takes some time */
/* A device that neither takes nor gives anything so often in a row is stuck. */
#define MAX_IDLE_STEPS 8

struct chunk_sender {
	const struct options *opts;
	struct engine *engine;
	enum format format;
	pthread_t threads[OPTIONS_MAX_THREADS];
	unsigned int nthreads;
	unsigned int out; /* chunks sent and not taken back */
	pthread_mutex_t lock;
	pthread_cond_t work;
	pthread_cond_t done;
	struct chunk *first, **last; /* not begun yet */
	bool stop;
};

/* ------------------------------------------------------------- one chunk */

static int run_stream(handle_t session, struct chunk *c)
{
	uint32_t in = 0, out = 0;
	int idle = 0;

	do {
		struct wd_comp_req req = {
			.src = c->src + in,
			.src_len = c->src_nbytes - in,
			.dst = c->dst + out,
			.dst_len = CHUNK_DST_NBYTES - out,
			.op_type = WD_DIR_COMPRESS,
			.data_fmt = WD_FLAT_BUF,
			.last = c->last,
		};
		int rc = wd_do_comp_strm(session, &req);

		if (rc)
			return rc;
		if (req.status != WD_SUCCESS && req.status != WD_STREAM_END &&
		    req.status != WD_EAGAIN)
			return -(int)req.status;
		if (req.src_len > c->src_nbytes - in || req.dst_len > CHUNK_DST_NBYTES - out)
			return -WD_EIO;
		in += req.src_len;
		out += req.dst_len;
		idle = req.src_len || req.dst_len ? 0 : idle + 1;
		if (req.status == WD_STREAM_END)
			break;
		if (in == c->src_nbytes && req.status == WD_SUCCESS)
			break;
	} while (idle < MAX_IDLE_STEPS);
	c->dst_nbytes = out;
	return in == c->src_nbytes && idle < MAX_IDLE_STEPS ? 0 : -WD_EIO;
}

/* Take header and trailer of zlib off where the device does not do without. */
static int unwrap(struct chunk *c, enum wd_comp_alg_type type)
{
	uint32_t nbytes = ZLIB_HEADER + (c->last ? ZLIB_TRAILER : 0);

	if (type == WD_DEFLATE)
		return 0;
	if (c->dst_nbytes < nbytes || !zlib_header_is_valid(c->dst, c->dst_nbytes))
		return -WD_EIO;
	c->dst_nbytes -= nbytes;
	memmove(c->dst, c->dst + ZLIB_HEADER, c->dst_nbytes);
	return 0;
}

/* zlib is asked what the result holds: it shares no fault with the device. */
static bool inflates_to_input(const struct chunk *c)
{
	z_stream z = { .next_in = c->dst, .avail_in = c->dst_nbytes };
	uint8_t piece[16384];
	size_t at = 0;
	bool same = true;
	int rc;

	if (inflateInit2(&z, -MAX_WBITS) != Z_OK)
		return false;
	do {
		size_t n;

		z.next_out = piece;
		z.avail_out = sizeof(piece);
		rc = inflate(&z, Z_NO_FLUSH);
		n = sizeof(piece) - z.avail_out;
		same = n <= c->src_nbytes - at && !memcmp(piece, c->src + at, n);
		at += n;
	} while (same && rc == Z_OK && !z.avail_out);
	if (c->last)
		same = same && rc == Z_STREAM_END;
	else
		same = same && (rc == Z_OK || rc == Z_BUF_ERROR);
	same = same && !z.avail_in && at == c->src_nbytes;
	inflateEnd(&z);
	return same;
}

static int try_chunk(const struct chunk_sender *s, handle_t session, struct chunk *c)
{
	int rc = wd_comp_reset_sess(session);

	if (!rc)
		rc = run_stream(session, c);
	return rc ? rc : unwrap(c, s->engine->deflate_type);
}

static void run_chunk(const struct chunk_sender *s, handle_t session, struct chunk *c)
{
	const struct timespec pause = { .tv_nsec = PAUSE_NS };

	if (s->format == FORMAT_GZIP)
		c->check = (uint32_t)crc32(0, c->src, c->src_nbytes);
	else if (s->format == FORMAT_ZLIB)
		c->check = (uint32_t)adler32(1, c->src, c->src_nbytes);
	for (int i = 1;; i++) {
		c->code = try_chunk(s, session, c);
		if (!engine_code_is_passing(c->code) || i == TRIES)
			break;
		nanosleep(&pause, NULL);
	}
	if (c->code)
		return;
	if (s->opts->verify && !inflates_to_input(c))
		c->problem = CHUNK_NOT_VERIFIED;
	else if (c->dst_nbytes > deflate_stored_size(c->src_nbytes))
		c->dst_nbytes = (uint32_t)deflate_store(c->dst, c->src, c->src_nbytes, c->last);
}

/* --------------------------------------------------------------- threads */

static struct chunk *take_work(struct chunk_sender *s)
{
	struct chunk *c;

	pthread_mutex_lock(&s->lock);
	while (!s->first && !s->stop)
		pthread_cond_wait(&s->work, &s->lock);
	c = s->first;
	if (c) {
		s->first = c->next;
		if (!s->first)
			s->last = &s->first;
	}
	pthread_mutex_unlock(&s->lock);
	return c;
}

static void hand_back(struct chunk_sender *s, struct chunk *c)
{
	pthread_mutex_lock(&s->lock);
	c->done = true;
	pthread_cond_signal(&s->done);
	pthread_mutex_unlock(&s->lock);
}

static void *worker(void *arg)
{
	struct chunk_sender *s = arg;
	handle_t session = engine_session(s->engine->deflate_type, WD_DIR_COMPRESS, CTX_MODE_SYNC,
					  s->opts->level);
	struct chunk *c;

	while ((c = take_work(s))) {
		if (session)
			run_chunk(s, session, c);
		else
			c->problem = "the accelerator gives no session";
		hand_back(s, c);
	}
	wd_comp_free_sess(session);
	return NULL;
}

/* A signal is the main thread's: it knows what to clean up. */
static int start_thread(struct chunk_sender *s)
{
	sigset_t all, old;
	int rc;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	rc = pthread_create(&s->threads[s->nthreads], NULL, worker, s);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (!rc)
		s->nthreads++;
	return rc;
}

static struct chunk_sender *streams_open(struct engine *e, const struct options *o, enum format f)
{
	struct chunk_sender *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->engine = e;
	s->opts = o;
	s->format = f;
	s->last = &s->first;
	pthread_mutex_init(&s->lock, NULL);
	pthread_cond_init(&s->work, NULL);
	pthread_cond_init(&s->done, NULL);
	return s;
}

static void streams_send(struct chunk_sender *s, struct chunk *c)
{
	c->done = false;
	c->next = NULL;
	c->code = 0;
	c->problem = NULL;
	s->out++;
	if (s->nthreads < s->out && s->nthreads < s->opts->threads && start_thread(s) &&
	    !s->nthreads) {
		c->problem = "cannot start a thread";
		c->done = true;
		return;
	}
	pthread_mutex_lock(&s->lock);
	*s->last = c;
	s->last = &c->next;
	pthread_cond_signal(&s->work);
	pthread_mutex_unlock(&s->lock);
}

static void streams_wait(struct chunk_sender *s, struct chunk *c)
{
	pthread_mutex_lock(&s->lock);
	while (!c->done)
		pthread_cond_wait(&s->done, &s->lock);
	pthread_mutex_unlock(&s->lock);
	s->out--;
}

static void streams_close(struct chunk_sender *s)
{
	pthread_mutex_lock(&s->lock);
	s->stop = true;
	pthread_cond_broadcast(&s->work);
	pthread_mutex_unlock(&s->lock);
	for (unsigned int i = 0; i < s->nthreads; i++)
		pthread_join(s->threads[i], NULL);
	pthread_cond_destroy(&s->done);
	pthread_cond_destroy(&s->work);
	pthread_mutex_destroy(&s->lock);
	free(s);
}

const struct chunk_sender_ops chunk_streams = {
	.open = streams_open,
	.send = streams_send,
	.wait = streams_wait,
	.close = streams_close,
};
