// SPDX-License-Identifier: Apache-2.0
/*
 * The other half of the client: its folder of headers is on the search path, init2
 * does the work, and -WD_EEXIST counts as success. Streams, as storage programs use
 * them.
 */
#include <numa.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wd_comp.h"
#include "wd_sched.h"
#include "client.h"

#define TOTAL (300 * 1024)
#define STEP (64 * 1024)

void client_fill(char *to, size_t size)
{
	static const char *const words[] = { "lorem ", "ipsum ", "dolor ", "sit ", "amet\n" };
	unsigned int seed = 42;
	size_t at = 0;

	while (at < size) {
		const char *word;
		size_t len;

		seed = seed * 1103515245 + 12345;
		word = words[seed / 65536 % 5];
		len = strlen(word);
		if (len > size - at)
			len = size - at;
		memcpy(to + at, word, len);
		at += len;
	}
}

static int stream(enum wd_comp_op_type op, char *src, unsigned int src_len, char *dst,
		  unsigned int dst_room)
{
	struct wd_comp_sess_setup setup;
	struct sched_params param;
	struct wd_comp_req req;
	unsigned int in = 0, out = 0;
	handle_t h_sess;
	int ret;

	memset(&setup, 0, sizeof(setup));
	setup.alg_type = WD_ZLIB;
	setup.comp_lv = WD_COMP_L8;
	setup.win_sz = WD_COMP_WS_32K;
	setup.op_type = op;
	param.numa_id = -1;
	param.type = op;
	param.mode = CTX_MODE_SYNC;
	setup.sched_param = &param;
	h_sess = wd_comp_alloc_sess(&setup);
	if (!h_sess)
		return -1;
	memset(&req, 0, sizeof(req));
	do {
		req.src = src + in;
		req.src_len = src_len - in < STEP ? src_len - in : STEP;
		req.dst = dst + out;
		req.dst_len = dst_room - out < STEP * 2 ? dst_room - out : STEP * 2;
		req.op_type = op;
		req.last = in + req.src_len == src_len;
		ret = wd_do_comp_strm(h_sess, &req);
		if (ret || req.status == WD_IN_EPARA) {
			fprintf(stderr, "stream: %d, status %u\n", ret, req.status);
			wd_comp_free_sess(h_sess);
			return -1;
		}
		in += req.src_len;
		out += req.dst_len;
		/* Compression is complete when all has gone in and nothing more comes out. */
	} while (op == WD_DIR_COMPRESS ? in < src_len || req.status == WD_EAGAIN :
					 req.status != WD_STREAM_END);
	wd_comp_free_sess(h_sess);
	return (int)out;
}

static int init2(void)
{
	struct wd_ctx_nums nums[WD_DIR_MAX];
	struct wd_ctx_params params;
	char alg[] = "zlib";
	int ret, i;

	memset(&params, 0, sizeof(params));
	for (i = 0; i < WD_DIR_MAX; i++) {
		nums[i].sync_ctx_num = 2;
		nums[i].async_ctx_num = 2;
	}
	params.op_type_num = WD_DIR_MAX;
	params.ctx_set_num = nums;
	params.bmp = numa_allocate_nodemask();
	if (!params.bmp)
		return -WD_ENOMEM;
	numa_bitmask_setall(params.bmp);
	ret = wd_comp_init2_(alg, SCHED_POLICY_RR, TASK_HW, &params);
	numa_free_nodemask(params.bmp);
	return ret == -WD_EEXIST ? 0 : ret;
}

int client_init2(void)
{
	char *in = malloc(TOTAL), *mid = malloc(TOTAL * 2), *out = malloc(TOTAL + 1);
	int ret = 1, len;

	client_fill(in, TOTAL);
	ret = init2();
	if (!ret)
		ret = init2(); /* some other library of the process has done it before */
	if (ret) {
		fprintf(stderr, "init2: %d\n", ret);
		goto out;
	}
	ret = 1;
	len = stream(WD_DIR_COMPRESS, in, TOTAL, mid, TOTAL * 2);
	if (len > 0 && stream(WD_DIR_DECOMPRESS, mid, (unsigned int)len, out, TOTAL + 1) == TOTAL)
		ret = memcmp(in, out, TOTAL) ? 1 : 0;
	wd_comp_uninit2();
	wd_comp_uninit2();
out:
	free(in);
	free(mid);
	free(out);
	return ret;
}
