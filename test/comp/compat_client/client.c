// SPDX-License-Identifier: Apache-2.0
/*
 * A program as others write it against this interface, and nothing else: installed
 * header names, contexts by hand, a scheduler of its own, a poll thread, callbacks,
 * setup structures on the stack that nobody cleared. It compresses a file of its
 * own making, block by block, asynchronously and synchronously, decompresses it and
 * compares. Exit status 0 if all is as it should be.
 */
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <uadk/wd.h>
#include <uadk/wd_comp.h>
#include <uadk/wd_sched.h>
#include "client.h"

#define CTX_NUM 4
#define BLOCK_NUM 64

struct client_sched {
	int begin[2][2]; /* direction, mode */
};

static struct wd_ctx_config ctx_config;
static struct wd_sched sched;
static struct client_sched sched_ctx;
static _Atomic int poll_stop;
static char block_in[BLOCK_NUM][BLOCK_SIZE];
static char block_mid[BLOCK_NUM][BLOCK_SIZE * 2];
static char block_out[BLOCK_NUM][BLOCK_SIZE];
static unsigned int mid_len[BLOCK_NUM];

struct client_key {
	int type;
};

static handle_t client_sched_init(handle_t h_sched_ctx, void *sched_param)
{
	struct sched_params *param = (struct sched_params *)sched_param;
	struct client_key *key = (struct client_key *)malloc(sizeof(*key));

	if (!key || h_sched_ctx != (handle_t)&sched_ctx)
		return (handle_t)0;
	key->type = param->type;
	return (handle_t)key;
}

static __u32 client_pick_next(handle_t h_sched_ctx, void *sched_key, const int sched_mode)
{
	struct client_sched *s = (struct client_sched *)h_sched_ctx;
	struct client_key *key = (struct client_key *)sched_key;

	return s->begin[key->type][sched_mode];
}

static int client_poll_policy(handle_t h_sched_ctx, __u32 expect, __u32 *count)
{
	struct client_sched *s = (struct client_sched *)h_sched_ctx;
	int i, ret;

	for (i = 0; i < 2; i++) {
		__u32 recv = 0;

		ret = wd_comp_poll_ctx(s->begin[i][CTX_MODE_ASYNC], expect, &recv);
		*count += recv;
		if (ret != -WD_EAGAIN && ret < 0)
			return ret;
	}
	return 0;
}

static int client_init(void)
{
	struct uacce_dev_list *list = wd_get_accel_list("zlib");
	struct uacce_dev *dev;
	int i;

	if (!list)
		return -WD_ENODEV;
	dev = wd_find_dev_by_numa(list, list->dev->numa_id);
	if (WD_IS_ERR(dev))
		return (int)WD_PTR_ERR(dev);
	ctx_config.ctx_num = CTX_NUM;
	ctx_config.ctxs = (struct wd_ctx *)calloc(CTX_NUM, sizeof(struct wd_ctx));
	for (i = 0; i < CTX_NUM; i++) {
		ctx_config.ctxs[i].ctx = wd_request_ctx(dev);
		if (!ctx_config.ctxs[i].ctx)
			return -WD_EBUSY;
		ctx_config.ctxs[i].op_type = i % 2;
		ctx_config.ctxs[i].ctx_mode = i / 2;
		sched_ctx.begin[i % 2][i / 2] = i;
	}
	wd_free_list_accels(list);

	sched.name = "client";
	sched.sched_policy = 0;
	sched.sched_init = client_sched_init;
	sched.pick_next_ctx = client_pick_next;
	sched.poll_policy = client_poll_policy;
	sched.h_sched_ctx = (handle_t)&sched_ctx;
	return wd_comp_init(&ctx_config, &sched);
}

static void client_uninit(void)
{
	int i;

	wd_comp_uninit();
	for (i = 0; i < CTX_NUM; i++)
		wd_release_ctx(ctx_config.ctxs[i].ctx);
	free(ctx_config.ctxs);
}

static void *poll_thread(void *arg)
{
	(void)arg;
	while (!poll_stop) {
		__u32 count = 0;
		int ret = wd_comp_poll(1, &count);

		if (ret < 0 && ret != -WD_EAGAIN) {
			fprintf(stderr, "poll: %d\n", ret);
			exit(2);
		}
	}
	return NULL;
}

struct job {
	int index;
	int status;
	sem_t done;
};

static void *block_done(struct wd_comp_req *req, void *cb_param)
{
	struct job *job = (struct job *)cb_param;

	job->status = (int)req->status;
	if (req->op_type == WD_DIR_COMPRESS)
		mid_len[job->index] = req->dst_len;
	else if (req->dst_len != BLOCK_SIZE)
		job->status = -1;
	sem_post(&job->done);
	return NULL;
}

static handle_t client_sess(enum wd_comp_op_type op)
{
	struct wd_comp_sess_setup setup; /* not cleared, as usual */
	struct sched_params param;

	param.numa_id = 0;
	param.type = op;
	param.mode = CTX_MODE_ASYNC;
	setup.alg_type = WD_GZIP;
	setup.comp_lv = WD_COMP_L8;
	setup.win_sz = WD_COMP_WS_16K;
	setup.op_type = op;
	setup.sched_param = &param;
	return wd_comp_alloc_sess(&setup);
}

static int run_async(handle_t h_sess, enum wd_comp_op_type op, struct job *jobs)
{
	struct wd_comp_req req; /* one, used again at once */
	int i, ret;

	for (i = 0; i < BLOCK_NUM; i++) {
		req.src = op == WD_DIR_COMPRESS ? block_in[i] : block_mid[i];
		req.src_len = op == WD_DIR_COMPRESS ? BLOCK_SIZE : mid_len[i];
		req.dst = op == WD_DIR_COMPRESS ? block_mid[i] : block_out[i];
		req.dst_len = op == WD_DIR_COMPRESS ? BLOCK_SIZE * 2 : BLOCK_SIZE;
		req.op_type = op;
		req.data_fmt = WD_FLAT_BUF;
		req.cb = block_done;
		req.cb_param = &jobs[i];
		jobs[i].index = i;
		do {
			ret = wd_do_comp_async(h_sess, &req);
		} while (ret == -WD_EBUSY);
		if (ret)
			return ret;
	}
	for (i = 0; i < BLOCK_NUM; i++) {
		sem_wait(&jobs[i].done);
		if (jobs[i].status)
			return -jobs[i].status;
	}
	return 0;
}

static int run_sync(handle_t h_sess)
{
	struct wd_comp_req req;
	int i, ret;

	for (i = 0; i < BLOCK_NUM; i++) {
		req.src = block_mid[i];
		req.src_len = mid_len[i];
		req.dst = block_out[i];
		req.dst_len = BLOCK_SIZE;
		req.op_type = WD_DIR_DECOMPRESS;
		req.data_fmt = WD_FLAT_BUF;
		req.cb = NULL;
		ret = wd_do_comp_sync(h_sess, &req);
		if (ret || req.status || req.dst_len != BLOCK_SIZE)
			return ret ? ret : -WD_EIO;
	}
	return 0;
}

static int compare(const char *what)
{
	if (memcmp(block_in, block_out, sizeof(block_in))) {
		fprintf(stderr, "%s: data differ\n", what);
		return 1;
	}
	memset(block_out, 0, sizeof(block_out));
	return 0;
}

int main(void)
{
	static struct job jobs[BLOCK_NUM];
	handle_t h_comp, h_decomp;
	pthread_t tid;
	int i, ret;

	client_fill(&block_in[0][0], sizeof(block_in));
	for (i = 0; i < BLOCK_NUM; i++)
		sem_init(&jobs[i].done, 0, 0);
	ret = client_init();
	if (ret) {
		fprintf(stderr, "init: %d\n", ret);
		return 2;
	}
	h_comp = client_sess(WD_DIR_COMPRESS);
	h_decomp = client_sess(WD_DIR_DECOMPRESS);
	if (!h_comp || !h_decomp)
		return 2;
	pthread_create(&tid, NULL, poll_thread, NULL);

	ret = run_async(h_comp, WD_DIR_COMPRESS, jobs);
	if (!ret)
		ret = run_async(h_decomp, WD_DIR_DECOMPRESS, jobs);
	if (!ret)
		ret = compare("asynchronous");
	if (!ret)
		ret = run_sync(h_decomp);
	if (!ret)
		ret = compare("synchronous");

	poll_stop = 1;
	pthread_join(tid, NULL);
	wd_comp_free_sess(h_comp);
	wd_comp_free_sess(h_decomp);
	client_uninit();
	if (!ret)
		ret = client_init2();
	if (ret)
		fprintf(stderr, "failed: %d\n", ret);
	return ret ? 1 : 0;
}
