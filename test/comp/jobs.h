/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One call for one job, by each way the interface has, with the checks that hold
 * for every job: nothing beyond the room is written, lengths are in range, input
 * is not changed. They fail the running test themselves.
 */
#ifndef TEST_COMP_JOBS_H
#define TEST_COMP_JOBS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "wd_comp.h"
#include "wd_sched.h"

extern const char *const job_alg_names[WD_COMP_ALG_MAX];

/* Room that always suffices for @nbytes compressed. */
static inline size_t job_bound(size_t nbytes)
{
	return nbytes + nbytes / 8 + 1024;
}

/* Make the process-wide instance with default numbers of queues. */
void job_init(void);
/* Does the device of this run offer the format? */
bool job_offered(enum wd_comp_alg_type alg);
handle_t job_session(enum wd_comp_alg_type alg, enum wd_comp_op_type direction);
handle_t job_session_at(enum wd_comp_alg_type alg, enum wd_comp_op_type direction,
			unsigned int level, unsigned int window);

/*
 * Once, before the first test: how many queues the devices have. Then a test can
 * wait until @n are open; a close is not seen at once, not even that of the test
 * before.
 */
void job_count_queues(void);
void job_expect_open_queues(int n);

enum job_way {
	JOB_SYNC,
	JOB_ASYNC,
	JOB_SYNC2,
	JOB_LISTS,	 /* synchronous, scatter-gather lists of odd pieces */
	JOB_ASYNC_LISTS,
	JOB_WAYS,
};

extern const char *const job_way_names[JOB_WAYS];

/* Run @way; bytes produced. Fails the test unless the status is WD_SUCCESS and all was consumed. */
size_t job_run(handle_t sess, enum job_way way, enum wd_comp_op_type direction, const void *src,
	       size_t src_nbytes, void *dst, size_t dst_nbytes);

/* A synchronous job; returns its code, results in @req. */
int job_sync(handle_t sess, enum wd_comp_op_type direction, const void *src, size_t src_nbytes,
	     void *dst, size_t dst_nbytes, struct wd_comp_req *req);

/* A whole stream in pieces of at most @in_nbytes and @out_nbytes; bytes produced. */
size_t job_stream(handle_t sess, enum wd_comp_op_type direction, const void *src,
		  size_t src_nbytes, size_t in_nbytes, void *dst, size_t dst_nbytes,
		  size_t out_nbytes);

/*
 * Is a stream complete after this step, @left bytes of input being left? Compression
 * is when all has gone in and nothing waits to come out.
 */
static inline bool job_stream_ended(const struct wd_comp_req *req, size_t left)
{
	if (req->op_type == WD_DIR_COMPRESS && req->status == WD_SUCCESS)
		return req->last && !left;
	return req->status == WD_STREAM_END;
}

/* Poll until @done reaches @n; the test's own time limit ends a wait for ever. */
void job_poll_until(_Atomic uint32_t *done, uint32_t n);

/* Pieces of a list: at most @max_piece bytes each, with empty ones between. Free the result. */
struct wd_datalist *job_cut(void *data, size_t nbytes, uint32_t max_piece, uint64_t *seed);

#endif
