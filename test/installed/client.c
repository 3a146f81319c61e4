// SPDX-License-Identifier: Apache-2.0
/*
 * A program outside the tree: it includes installed headers only, is built with what
 * pkg-config says and linked with installed libraries. One buffer there and back,
 * synchronous, asynchronous and as a stream. What is judged is the installation;
 * formats and edges are the business of test/comp.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uadk/wd_comp.h>
#include <uadk/wd_sched.h>

enum { NBYTES = 200000, ROOM = 2 * NBYTES, JOBS = 16 };

static char text[NBYTES], packed[JOBS][ROOM], back[ROOM];
static unsigned int called_back;

static handle_t open_session(enum wd_comp_op_type dir)
{
	struct wd_comp_sess_setup setup = {
		.alg_type = WD_ZLIB, .op_type = dir, .comp_lv = WD_COMP_L8, .win_sz = WD_COMP_WS_32K
	};

	return wd_comp_alloc_sess(&setup);
}

static struct wd_comp_req request(enum wd_comp_op_type dir, void *src, __u32 src_len, void *dst)
{
	return (struct wd_comp_req){
		.op_type = dir, .src = src, .src_len = src_len, .dst = dst, .dst_len = ROOM, .last = 1
	};
}

static int comes_back(handle_t unpack, void *data, __u32 nbytes)
{
	struct wd_comp_req req = request(WD_DIR_DECOMPRESS, data, nbytes, back);

	memset(back, 0, sizeof(back));
	return !wd_do_comp_sync(unpack, &req) && req.status == WD_SUCCESS &&
	       req.dst_len == NBYTES && !memcmp(back, text, NBYTES);
}

static int sync_way(handle_t pack, handle_t unpack)
{
	struct wd_comp_req req = request(WD_DIR_COMPRESS, text, NBYTES, packed[0]);

	return !wd_do_comp_sync(pack, &req) && req.dst_len < NBYTES &&
	       comes_back(unpack, packed[0], req.dst_len);
}

static int stream_way(handle_t pack, handle_t unpack)
{
	struct wd_comp_req req = request(WD_DIR_COMPRESS, text, NBYTES, packed[0]);

	return !wd_do_comp_strm(pack, &req) && req.src_len == NBYTES &&
	       comes_back(unpack, packed[0], req.dst_len);
}

static void *note_length(struct wd_comp_req *req, void *length)
{
	*(__u32 *)length = req->status == WD_SUCCESS ? req->dst_len : 0;
	called_back++;
	return NULL;
}

static int async_way(handle_t pack, handle_t unpack)
{
	__u32 length[JOBS] = { 0 }, count = 0;

	for (int i = 0; i < JOBS; i++) {
		struct wd_comp_req req = request(WD_DIR_COMPRESS, text, NBYTES, packed[i]);

		req.cb = note_length;
		req.cb_param = &length[i];
		if (wd_do_comp_async(pack, &req))
			return 0;
	}
	while (called_back < JOBS)
		wd_comp_poll(JOBS, &count);
	for (int i = 0; i < JOBS; i++)
		if (!comes_back(unpack, packed[i], length[i]))
			return 0;
	return count == JOBS;
}

int main(void)
{
	char alg[] = "zlib";
	handle_t pack, unpack;
	int failed = 0;

	for (int i = 0; i < NBYTES; i++)
		text[i] = "accelerator"[(i * 7 + i / 1000) % 11];
	if (wd_comp_init2(alg, SCHED_POLICY_RR, TASK_HW))
		return EXIT_FAILURE;
	pack = open_session(WD_DIR_COMPRESS);
	unpack = open_session(WD_DIR_DECOMPRESS);
	if (!pack || !unpack)
		return EXIT_FAILURE;
	failed += !sync_way(pack, unpack);
	failed += !async_way(pack, unpack);
	failed += !stream_way(pack, unpack);
	wd_comp_free_sess(unpack);
	wd_comp_free_sess(pack);
	wd_comp_uninit2();
	printf("3 checks, %d failed\n", failed);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
