// SPDX-License-Identifier: Apache-2.0
/*
 * Owns the ways to run a job in these tests. What is right is the judge's
 * business; here is only what is right for every job.
 */
#include "jobs.h"

#include <check.h>
#include <errno.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "corpus.h"

const char *const job_alg_names[WD_COMP_ALG_MAX] = { "deflate",	  "zlib", "gzip",
						     "lz77_zstd", "lz4",  "lz77_only" };
const char *const job_way_names[JOB_WAYS] = { "sync", "async", "sync2", "lists", "async lists" };

#define CANARY_NBYTES 64
#define CANARY 0x5a

void job_init(void)
{
	char alg[] = "zlib";

	ck_assert_int_eq(wd_comp_init2(alg, SCHED_POLICY_RR, TASK_HW), 0);
}

bool job_offered(enum wd_comp_alg_type alg)
{
	struct uacce_dev_list *list = wd_get_accel_list(job_alg_names[alg]);

	wd_free_list_accels(list);
	return list;
}

handle_t job_session_at(enum wd_comp_alg_type alg, enum wd_comp_op_type direction,
			unsigned int level, unsigned int window)
{
	struct wd_comp_sess_setup setup = { .alg_type = alg,
					    .comp_lv = (enum wd_comp_level)level,
					    .win_sz = (enum wd_comp_winsz_type)window,
					    .op_type = direction };
	handle_t sess = wd_comp_alloc_sess(&setup);

	ck_assert_msg(sess, "no session for %s, level %u, window %u: %s", job_alg_names[alg], level,
		      window, strerror(errno));
	return sess;
}

handle_t job_session(enum wd_comp_alg_type alg, enum wd_comp_op_type direction)
{
	return job_session_at(alg, direction, 0, WD_COMP_WS_32K);
}

static int all_queues;

static int free_queues(void)
{
	struct uacce_dev_list *list = wd_get_accel_list("zlib");
	int sum = 0;

	for (struct uacce_dev_list *l = list; l; l = l->next)
		sum += wd_get_avail_ctx(l->dev);
	wd_free_list_accels(list);
	return sum;
}

void job_count_queues(void)
{
	all_queues = free_queues();
}

void job_expect_open_queues(int n)
{
	struct timespec nap = { .tv_nsec = 5000000 };

	for (int i = 0; i < 2000 && all_queues - free_queues() != n; i++)
		nanosleep(&nap, NULL);
	ck_assert_int_eq(all_queues - free_queues(), n);
}

/* ------------------------------------------------------------------ lists */

struct wd_datalist *job_cut(void *data, size_t nbytes, uint32_t max_piece, uint64_t *seed)
{
	/* A third of the entries is empty. */
	size_t most = 3 * (nbytes / (max_piece / 2 + 1) + 2), n = 0;
	struct wd_datalist *list;
	size_t at = 0;

	list = calloc(most, sizeof(*list));
	ck_assert_ptr_nonnull(list);
	while (at < nbytes || !n) {
		uint32_t r = corpus_random(seed);
		uint32_t len = max_piece / 2 + 1 + r % (max_piece - max_piece / 2);

		if (len > max_piece)
			len = max_piece;
		if (len > nbytes - at)
			len = (uint32_t)(nbytes - at);
		ck_assert_uint_lt(n + 1, most);
		if (n % 3 == 1) { /* an empty entry, some with an address */
			list[n].data = r & 0x10000 ? (char *)data + at : NULL;
			len = 0;
		} else {
			list[n].data = (char *)data + at;
			list[n].len = len;
		}
		at += len;
		if (n)
			list[n - 1].next = &list[n];
		n++;
	}
	return list;
}

/* ------------------------------------------------------------ single jobs */

struct outcome {
	_Atomic uint32_t calls;
	struct wd_comp_req req;
};

static void *on_done(struct wd_comp_req *req, void *param)
{
	struct outcome *outcome = param;

	outcome->req = *req;
	atomic_fetch_add(&outcome->calls, 1);
	return NULL;
}

void job_poll_until(_Atomic uint32_t *done, uint32_t n)
{
	while (atomic_load(done) < n) {
		uint32_t count = 0;
		int rc = wd_comp_poll(64, &count);

		ck_assert_msg(!rc || rc == -WD_EAGAIN, "wd_comp_poll: %d", rc);
		if (!count)
			sched_yield();
	}
}

static int run_async(handle_t sess, struct wd_comp_req *req)
{
	struct outcome outcome = { 0 };
	struct wd_comp_req sent = *req;
	int rc;

	sent.cb = on_done;
	sent.cb_param = &outcome;
	rc = wd_do_comp_async(sess, &sent);
	if (rc)
		return rc;
	memset(&sent, 0xa5, sizeof(sent)); /* it was copied */
	job_poll_until(&outcome.calls, 1);
	ck_assert_uint_eq(outcome.calls, 1);
	*req = outcome.req;
	return 0;
}

static int run_lists(handle_t sess, enum job_way way, struct wd_comp_req *req)
{
	uint64_t seed = req->src_len * 2654435761u + way;
	/* From many lists of many pieces to few. */
	uint32_t in_piece = req->src_len > 100000 ? 4099 : req->src_len > 600 ? 37 : 5;
	uint32_t out_piece = req->dst_len > 100000 ? 5003 : req->dst_len > 600 ? 41 : 7;
	struct wd_datalist *in = job_cut(req->src, req->src_len, in_piece, &seed);
	struct wd_datalist *out = job_cut(req->dst, req->dst_len, out_piece, &seed);
	int rc;

	req->data_fmt = WD_SGL_BUF;
	req->list_src = in;
	req->list_dst = out;
	rc = way == JOB_LISTS ? wd_do_comp_sync(sess, req) : run_async(sess, req);
	free(in);
	free(out);
	return rc;
}

static int run_way(handle_t sess, enum job_way way, struct wd_comp_req *req)
{
	switch (way) {
	case JOB_SYNC:
		return wd_do_comp_sync(sess, req);
	case JOB_SYNC2:
		return wd_do_comp_sync2(sess, req);
	case JOB_ASYNC:
		return run_async(sess, req);
	default:
		return run_lists(sess, way, req);
	}
}

size_t job_run(handle_t sess, enum job_way way, enum wd_comp_op_type direction, const void *src,
	       size_t src_nbytes, void *dst, size_t dst_nbytes)
{
	struct wd_comp_req req = { .src = (void *)(uintptr_t)src,
				   .src_len = (uint32_t)src_nbytes,
				   .dst = dst,
				   .dst_len = (uint32_t)dst_nbytes,
				   .op_type = direction,
				   .data_fmt = WD_FLAT_BUF };
	int rc = run_way(sess, way, &req);

	ck_assert_msg(!rc, "%s of %zu bytes: %d", job_way_names[way], src_nbytes, rc);
	ck_assert_msg(req.status == WD_SUCCESS, "%s of %zu bytes into %zu: status %u",
		      job_way_names[way], src_nbytes, dst_nbytes, req.status);
	ck_assert_msg(req.src_len == src_nbytes, "%s consumed %u of %zu bytes", job_way_names[way],
		      req.src_len, src_nbytes);
	ck_assert_uint_le(req.dst_len, dst_nbytes);
	return req.dst_len;
}

int job_sync(handle_t sess, enum wd_comp_op_type direction, const void *src, size_t src_nbytes,
	     void *dst, size_t dst_nbytes, struct wd_comp_req *req)
{
	*req = (struct wd_comp_req){ .src = (void *)(uintptr_t)src,
				     .src_len = (uint32_t)src_nbytes,
				     .dst = dst,
				     .dst_len = (uint32_t)dst_nbytes,
				     .op_type = direction,
				     .data_fmt = WD_FLAT_BUF };
	return wd_do_comp_sync(sess, req);
}

/* ---------------------------------------------------------------- streams */

struct stream {
	const uint8_t *src;
	size_t in_left;
	uint8_t *dst;
	size_t out_left;
	size_t in_nbytes, out_nbytes; /* of one step */
	uint8_t *room;		      /* where a step writes, with a canary behind */
};

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* One step; returns whether the stream is at its end. */
static bool stream_step(handle_t sess, enum wd_comp_op_type direction, struct stream *s)
{
	size_t in = least(s->in_left, s->in_nbytes);
	size_t out = least(s->out_left, s->out_nbytes);
	struct wd_comp_req req = { .src = (void *)(uintptr_t)s->src,
				   .src_len = (uint32_t)in,
				   .dst = s->room,
				   .dst_len = (uint32_t)out,
				   .op_type = direction,
				   .data_fmt = WD_FLAT_BUF,
				   .last = in == s->in_left };
	int rc;

	memset(s->room + out, CANARY, CANARY_NBYTES);
	rc = wd_do_comp_strm(sess, &req);
	ck_assert_msg(!rc, "stream step of %zu into %zu bytes: %d", in, out, rc);
	ck_assert_msg(req.status == WD_SUCCESS || req.status == WD_STREAM_END ||
			      req.status == WD_EAGAIN,
		      "stream step of %zu into %zu bytes, %zu left: status %u", in, out, s->in_left,
		      req.status);
	ck_assert_uint_le(req.src_len, in);
	ck_assert_uint_le(req.dst_len, out);
	for (size_t i = 0; i < CANARY_NBYTES; i++)
		ck_assert_msg(s->room[out + i] == CANARY, "byte %zu beyond the room was written", i);
	memcpy(s->dst, s->room, req.dst_len);
	s->src += req.src_len;
	s->in_left -= req.src_len;
	s->dst += req.dst_len;
	s->out_left -= req.dst_len;
	return job_stream_ended(&req, s->in_left);
}

size_t job_stream(handle_t sess, enum wd_comp_op_type direction, const void *src,
		  size_t src_nbytes, size_t in_nbytes, void *dst, size_t dst_nbytes,
		  size_t out_nbytes)
{
	struct stream s = { .src = src,
			    .in_left = src_nbytes,
			    .dst = dst,
			    .out_left = dst_nbytes,
			    .in_nbytes = in_nbytes,
			    .out_nbytes = least(out_nbytes, dst_nbytes) };
	unsigned int idle = 0;

	s.room = malloc(s.out_nbytes + CANARY_NBYTES);
	ck_assert_ptr_nonnull(s.room);
	for (;;) {
		size_t in = s.in_left, out = s.out_left;

		ck_assert_msg(s.out_left, "the stream has no end: %zu bytes of input left", s.in_left);
		if (stream_step(sess, direction, &s))
			break;
		/* Never more than one step that moves nothing: callers would spin. */
		idle = in == s.in_left && out == s.out_left ? idle + 1 : 0;
		ck_assert_msg(idle < 2, "nothing moves any more: %zu of %zu bytes left", s.in_left,
			      src_nbytes);
	}
	ck_assert_msg(!s.in_left, "the stream ended with %zu of %zu bytes left", s.in_left, src_nbytes);
	free(s.room);
	return dst_nbytes - s.out_left;
}
