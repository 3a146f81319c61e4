// SPDX-License-Identifier: Apache-2.0
/*
 * Sends jobs through the driver of writing-a-driver.md to an emulated null device
 * and looks at what comes back. Exit status 0 if that is what the engine does:
 * consume all, produce nothing.
 */
#include <stdio.h>
#include "wd_comp.h"
#include "wd_sched.h"

static char in[4096], out[4096];

/* More than the ring is deep, so that indexes and phase wrap. */
#define RING_DEPTH 64
#define JOBS (3 * RING_DEPTH + 1)

static int run_job(handle_t sess, unsigned int nbytes)
{
	struct wd_comp_req req = { .src = in, .src_len = nbytes, .dst = out,
				   .dst_len = sizeof(out), .op_type = WD_DIR_COMPRESS };
	int ret = wd_do_comp_sync(sess, &req);

	if (!ret && req.src_len == nbytes && !req.dst_len && req.status == WD_SUCCESS)
		return 0;
	fprintf(stderr, "%u bytes: returned %d, status %u, consumed %u, produced %u\n", nbytes, ret,
		req.status, req.src_len, req.dst_len);
	return 1;
}

static int run_jobs(handle_t sess)
{
	int failed = 0;

	for (unsigned int i = 1; i <= JOBS && !failed; i++)
		failed = run_job(sess, i);
	return failed;
}

int main(void)
{
	struct wd_comp_sess_setup setup = { .alg_type = WD_ZLIB, .op_type = WD_DIR_COMPRESS };
	struct wd_comp_sess_setup other = { .alg_type = WD_GZIP, .op_type = WD_DIR_COMPRESS };
	char alg[] = "zlib";
	handle_t sess;
	int failed = 1;

	if (wd_comp_init2(alg, SCHED_POLICY_RR, TASK_HW)) {
		fprintf(stderr, "no instance\n");
		return 1;
	}
	sess = wd_comp_alloc_sess(&setup);
	if (!sess)
		fprintf(stderr, "no session\n");
	else if (wd_comp_alloc_sess(&other))
		fprintf(stderr, "a session the driver refuses\n");
	else
		failed = run_jobs(sess);
	wd_comp_free_sess(sess);
	wd_comp_uninit2();
	return failed;
}
