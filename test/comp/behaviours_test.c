// SPDX-License-Identifier: Apache-2.0
/*
 * Behaviours that programs written for this interface depend on, odd or not: one
 * test at least for each that concerns devices, init and compression. The number
 * in a test's name is that of the list.
 */
#include "corpus.h"
#include "jobs.h"
#include "judge.h"
#include "runner.h"

#include <errno.h>
#include <malloc.h>
#include <numa.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <unistd.h>

#define NBYTES 20000

static uint8_t packed[2 * NBYTES], unpacked[2 * NBYTES];

static const uint8_t *text(void)
{
	return corpus(CORPUS_TEXT);
}

/* A job there and back with each of two sessions; the judge looks at the middle. */
static void round_trip(enum job_way way)
{
	handle_t comp = job_session(WD_ZLIB, WD_DIR_COMPRESS);
	handle_t decomp = job_session(WD_ZLIB, WD_DIR_DECOMPRESS);
	size_t n = job_run(comp, way, WD_DIR_COMPRESS, text(), NBYTES, packed, sizeof(packed));

	ck_assert(judge_accepts(WD_ZLIB, packed, n, text(), NBYTES));
	ck_assert_uint_eq(job_run(decomp, way, WD_DIR_DECOMPRESS, packed, n, unpacked, NBYTES),
			  NBYTES);
	ck_assert(!memcmp(unpacked, text(), NBYTES));
	wd_comp_free_sess(comp);
	wd_comp_free_sess(decomp);
}


/* ------------------------------------------------------------- 2, 3: devices */

START_TEST(b02_a_device_is_found_by_its_class_line_and_shares_addresses)
{
	struct uacce_dev *dev = wd_get_accel_dev("zlib");

	ck_assert_ptr_nonnull(dev);
	ck_assert_int_eq(dev->flags & UACCE_DEV_SVA, UACCE_DEV_SVA);
	ck_assert(!strncmp(dev->api, "hisi_qm_v", 9));
	ck_assert_ptr_nonnull(strstr(dev->algs, "zlib\n"));
	ck_assert(!strncmp(dev->char_dev_path, "/dev/hisi_zip-", 14));
	ck_assert_int_ge(dev->numa_id, 0);
	free(dev);
	ck_assert_ptr_null(wd_get_accel_dev("zli"));
	ck_assert_ptr_null(wd_get_accel_dev("rot13"));
}
END_TEST

START_TEST(b03_devices_are_memory_of_malloc)
{
	struct uacce_dev *dev = wd_get_accel_dev("zlib"), *clone;

	ck_assert_ptr_nonnull(dev);
	clone = wd_clone_dev(dev);
	ck_assert_ptr_nonnull(clone);
	ck_assert(!memcmp(clone, dev, sizeof(*dev)));
	ck_assert_uint_ge(malloc_usable_size(dev), sizeof(*dev));
	ck_assert_uint_ge(malloc_usable_size(clone), sizeof(*clone));
	free(dev);
	ck_assert_int_gt(wd_get_avail_ctx(clone), 0);
	free(clone);
}
END_TEST

/* --------------------------------------------------------------- 4..6: init */

START_TEST(b04_second_init2_is_eexist_and_counts_as_one_more_user)
{
	struct wd_comp_sess_setup setup = { .alg_type = WD_ZLIB };
	char alg[] = "zlib";

	ck_assert_int_eq(wd_comp_init2(alg, SCHED_POLICY_RR, TASK_HW), 0);
	ck_assert_int_eq(wd_comp_init2(alg, SCHED_POLICY_RR, TASK_HW), -WD_EEXIST);
	ck_assert_int_eq(wd_comp_init2(alg, SCHED_POLICY_RR, TASK_MIX), -WD_EEXIST);
	ck_assert_str_eq(alg, "zlib");
	wd_comp_uninit2();
	round_trip(JOB_SYNC);
	wd_comp_uninit2();
	round_trip(JOB_SYNC);
	wd_comp_uninit2();
	errno = 0;
	ck_assert_uint_eq(wd_comp_alloc_sess(&setup), 0);
	ck_assert_int_eq(errno, ENODEV);
	job_expect_open_queues(0);
	ck_assert_int_eq(wd_comp_init2(alg, SCHED_POLICY_RR, TASK_HW), 0);
	round_trip(JOB_SYNC);
	wd_comp_uninit2();
}
END_TEST

START_TEST(b04_bad_arguments_of_init2_are_einval_and_open_nothing)
{
	char unknown[] = "rot13", cipher[] = "cbc(aes)", empty[] = "", zlib[] = "zlib";

	ck_assert_int_eq(wd_comp_init2(NULL, SCHED_POLICY_RR, TASK_HW), -WD_EINVAL);
	ck_assert_int_eq(wd_comp_init2(empty, SCHED_POLICY_RR, TASK_HW), -WD_EINVAL);
	ck_assert_int_eq(wd_comp_init2(unknown, SCHED_POLICY_RR, TASK_HW), -WD_EINVAL);
	ck_assert_int_eq(wd_comp_init2(cipher, SCHED_POLICY_RR, TASK_HW), -WD_EINVAL);
	ck_assert_int_eq(wd_comp_init2(zlib, SCHED_POLICY_BUTT, TASK_HW), -WD_EINVAL);
	ck_assert_int_eq(wd_comp_init2(zlib, SCHED_POLICY_RR, TASK_MAX_TYPE), -WD_EINVAL);
	job_expect_open_queues(0);
}
END_TEST

START_TEST(b05_one_init2_serves_the_other_formats_of_the_driver)
{
	char alg[] = "gzip";

	ck_assert_int_eq(wd_comp_init2(alg, SCHED_POLICY_RR, TASK_HW), 0);
	for (enum wd_comp_alg_type other = 0; other < WD_COMP_ALG_MAX; other++) {
		handle_t sess;
		size_t n;

		if (!job_offered(other) || other == WD_LZ77_ZSTD || other == WD_LZ77_ONLY)
			continue;
		sess = job_session(other, WD_DIR_COMPRESS);
		n = job_run(sess, JOB_SYNC, WD_DIR_COMPRESS, text(), NBYTES, packed, sizeof(packed));
		ck_assert(judge_accepts(other, packed, n, text(), NBYTES));
		wd_comp_free_sess(sess);
	}
	wd_comp_uninit2();
}
END_TEST

#define CHANNELS 4

struct channel {
	pthread_t thread;
	_Atomic int *go;
	int rc;
	unsigned int wrong;
};

/* A thread may not use ck_assert: it only counts. */
static void *channel_main(void *arg)
{
	struct channel *c = arg;
	struct wd_comp_sess_setup setup = { .alg_type = WD_ZLIB, .op_type = WD_DIR_COMPRESS };
	uint8_t *out = malloc(2 * NBYTES);
	struct wd_comp_req req;
	char alg[] = "zlib";
	handle_t sess;

	c->rc = wd_comp_init2(alg, SCHED_POLICY_RR, TASK_HW);
	sess = wd_comp_alloc_sess(&setup);
	atomic_fetch_add(c->go, 1);
	while (atomic_load(c->go) < CHANNELS)
		sched_yield();
	wd_comp_uninit2();
	wd_comp_uninit2(); /* once more than init */
	for (int i = 0; sess && i < 100; i++) {
		if (job_sync(sess, WD_DIR_COMPRESS, text(), NBYTES, out, 2 * NBYTES, &req) ||
		    req.status || !judge_accepts(WD_ZLIB, out, req.dst_len, text(), NBYTES))
			c->wrong++;
		wd_comp_uninit2();
	}
	wd_comp_free_sess(sess);
	free(out);
	c->wrong += !sess;
	return NULL;
}

START_TEST(b06_uninit2_from_all_threads_and_too_often_leaves_sessions_working)
{
	struct channel channels[CHANNELS];
	int first = 0;
	_Atomic int go = 0;

	for (int i = 0; i < CHANNELS; i++) {
		channels[i] = (struct channel){ .go = &go };
		ck_assert_int_eq(pthread_create(&channels[i].thread, NULL, channel_main,
						&channels[i]),
				 0);
	}
	for (int i = 0; i < CHANNELS; i++) {
		pthread_join(channels[i].thread, NULL);
		ck_assert(channels[i].rc == 0 || channels[i].rc == -WD_EEXIST);
		first += channels[i].rc == 0;
		ck_assert_uint_eq(channels[i].wrong, 0);
	}
	ck_assert_int_eq(first, 1);
	job_expect_open_queues(0);
}
END_TEST

START_TEST(b06_one_uninit2_too_many_leaves_others_the_instance_while_one_has_a_session)
{
	char alg[] = "zlib";
	handle_t sess;

	job_init();
	sess = job_session(WD_ZLIB, WD_DIR_COMPRESS);
	wd_comp_uninit2();
	wd_comp_uninit2();
	round_trip(JOB_SYNC); /* with sessions of its own */
	round_trip(JOB_ASYNC);
	ck_assert_int_eq(wd_comp_init2(alg, SCHED_POLICY_RR, TASK_HW), 0);
	wd_comp_free_sess(sess);
	round_trip(JOB_SYNC);
	wd_comp_uninit2();
	job_expect_open_queues(0);
}
END_TEST

START_TEST(b06_uninit2_without_init_or_after_a_failed_one_does_nothing)
{
	char unknown[] = "rot13";

	wd_comp_uninit2();
	wd_comp_uninit();
	ck_assert_int_lt(wd_comp_init2(unknown, SCHED_POLICY_RR, TASK_HW), 0);
	wd_comp_uninit2();
	job_init();
	round_trip(JOB_SYNC);
	wd_comp_uninit2();
	wd_comp_uninit2();
}
END_TEST

/* ------------------------------------------------- 7: numbers of contexts */

static int init_with(uint32_t sync, uint32_t async, struct bitmask *nodes)
{
	struct wd_ctx_nums nums[WD_DIR_MAX] = { { sync, async }, { sync, async } };
	struct wd_ctx_params params = { .op_type_num = WD_DIR_MAX,
					.ctx_set_num = nums,
					.bmp = nodes };
	char alg[] = "zlib";

	return wd_comp_init2_(alg, SCHED_POLICY_RR, TASK_HW, &params);
}

static void *count_call(struct wd_comp_req *req, void *param)
{
	(void)req;
	atomic_fetch_add((_Atomic uint32_t *)param, 1);
	return NULL;
}

START_TEST(b07_no_synchronous_contexts_and_two_asynchronous_ones)
{
	struct wd_comp_req req;
	handle_t sess;

	ck_assert_int_eq(init_with(0, 2, NULL), 0);
	job_expect_open_queues(4);
	round_trip(JOB_ASYNC);
	sess = job_session(WD_ZLIB, WD_DIR_COMPRESS);
	ck_assert_int_lt(job_sync(sess, WD_DIR_COMPRESS, text(), NBYTES, packed, sizeof(packed), &req),
			 0);
	wd_comp_free_sess(sess);
	wd_comp_uninit2();
	job_expect_open_queues(0);
}
END_TEST

START_TEST(b07_two_synchronous_contexts_and_no_asynchronous_ones)
{
	_Atomic uint32_t calls = 0;
	struct wd_comp_req req = { .src = (void *)text(),
				   .src_len = NBYTES,
				   .dst = packed,
				   .dst_len = sizeof(packed),
				   .cb = count_call,
				   .cb_param = &calls };
	uint32_t count = 0;
	handle_t sess;

	ck_assert_int_eq(init_with(2, 0, NULL), 0);
	job_expect_open_queues(4);
	round_trip(JOB_SYNC);
	sess = job_session(WD_ZLIB, WD_DIR_COMPRESS);
	ck_assert_int_lt(wd_do_comp_async(sess, &req), 0);
	wd_comp_poll(1, &count);
	ck_assert_uint_eq(calls, 0);
	wd_comp_free_sess(sess);
	wd_comp_uninit2();
	job_expect_open_queues(0);
}
END_TEST

START_TEST(b07_node_minus_one_means_any)
{
	struct sched_params any = { .numa_id = -1, .type = WD_DIR_COMPRESS, .mode = CTX_MODE_SYNC };
	struct wd_comp_sess_setup setup = { .alg_type = WD_ZLIB, .sched_param = &any };
	struct wd_comp_req req;
	handle_t sess;

	job_init();
	sess = wd_comp_alloc_sess(&setup);
	ck_assert_uint_ne(sess, 0);
	ck_assert_int_eq(job_sync(sess, WD_DIR_COMPRESS, text(), NBYTES, packed, sizeof(packed), &req),
			 0);
	ck_assert(judge_accepts(WD_ZLIB, packed, req.dst_len, text(), NBYTES));
	wd_comp_free_sess(sess);
	wd_comp_uninit2();
}
END_TEST

START_TEST(b07_bmp_restricts_the_nodes)
{
	struct uacce_dev_list *list = wd_get_accel_list("zlib");
	struct bitmask *nodes = wd_create_device_nodemask(list);

	ck_assert(!WD_IS_ERR(nodes));
	ck_assert_int_eq(init_with(1, 1, nodes), 0);
	job_expect_open_queues(4);
	round_trip(JOB_SYNC);
	wd_comp_uninit2();
	numa_bitmask_clearall(nodes);
	ck_assert_int_lt(init_with(1, 1, nodes), 0);
	job_expect_open_queues(0);
	wd_free_device_nodemask(nodes);
	wd_free_list_accels(list);
}
END_TEST

START_TEST(b07_init2_without_any_context_is_refused)
{
	ck_assert_int_eq(init_with(0, 0, NULL), -WD_EINVAL);
	job_expect_open_queues(0);
}
END_TEST

/* ------------------------------------------------------- 8: the old model */

struct own_sched {
	_Atomic uint32_t inits, picks, polls;
};

static struct own_sched own;

static handle_t own_init(handle_t h, void *param)
{
	uint8_t *direction = malloc(1);

	ck_assert_uint_eq(h, (handle_t)&own);
	atomic_fetch_add(&own.inits, 1);
	*direction = *(uint8_t *)param;
	return (handle_t)direction;
}

/* Contexts by hand: direction * 2 + mode. */
static __u32 own_pick(handle_t h, void *key, const int mode)
{
	ck_assert_uint_eq(h, (handle_t)&own);
	atomic_fetch_add(&own.picks, 1);
	return *(uint8_t *)key * 2u + (uint32_t)mode;
}

static int own_poll(handle_t h, __u32 expect, __u32 *count)
{
	ck_assert_uint_eq(h, (handle_t)&own);
	atomic_fetch_add(&own.polls, 1);
	for (uint32_t i = 1; i < 4; i += 2) {
		uint32_t got = 0;
		int rc = wd_comp_poll_ctx(i, expect, &got);

		*count += got;
		if (rc && rc != -WD_EAGAIN)
			return rc;
	}
	return 0;
}

static void open_by_hand(struct wd_ctx *ctxs)
{
	struct uacce_dev *dev = wd_get_accel_dev("zlib");

	ck_assert_ptr_nonnull(dev);
	for (int i = 0; i < 4; i++) {
		ctxs[i] = (struct wd_ctx){ .ctx = wd_request_ctx(dev),
					   .op_type = (uint8_t)(i / 2),
					   .ctx_mode = (uint8_t)(i % 2) };
		ck_assert_uint_ne(ctxs[i].ctx, 0);
	}
	free(dev);
}

static void round_trip_by(uint8_t *directions, enum job_way way)
{
	struct wd_comp_sess_setup setup = { .alg_type = WD_GZIP, .op_type = WD_DIR_COMPRESS };
	handle_t comp, decomp;
	size_t n;

	setup.sched_param = &directions[0];
	comp = wd_comp_alloc_sess(&setup);
	setup.op_type = WD_DIR_DECOMPRESS;
	setup.sched_param = &directions[1];
	decomp = wd_comp_alloc_sess(&setup);
	ck_assert(comp && decomp);
	n = job_run(comp, way, WD_DIR_COMPRESS, text(), NBYTES, packed, sizeof(packed));
	ck_assert(judge_accepts(WD_GZIP, packed, n, text(), NBYTES));
	ck_assert_uint_eq(job_run(decomp, way, WD_DIR_DECOMPRESS, packed, n, unpacked, NBYTES),
			  NBYTES);
	wd_comp_free_sess(comp);
	wd_comp_free_sess(decomp);
}

START_TEST(b08_contexts_by_hand_with_a_scheduler_of_the_program)
{
	struct wd_sched sched = { .sched_policy = 77,
				  .sched_init = own_init,
				  .pick_next_ctx = own_pick,
				  .poll_policy = own_poll,
				  .h_sched_ctx = (handle_t)&own };
	uint8_t directions[] = { WD_DIR_COMPRESS, WD_DIR_DECOMPRESS };
	struct wd_ctx ctxs[4];
	struct wd_ctx_config config = { .ctx_num = 4, .ctxs = ctxs };

	open_by_hand(ctxs);
	sched.name = "the program's own";
	ck_assert_int_eq(wd_comp_init(&config, &sched), 0);
	ck_assert_int_eq(wd_comp_init(&config, &sched), -WD_EEXIST);
	wd_comp_uninit();
	for (int way = 0; way < JOB_WAYS; way++)
		round_trip_by(directions, way);
	ck_assert_uint_eq(own.inits, 2 * JOB_WAYS);
	ck_assert_uint_ge(own.picks, 2 * JOB_WAYS);
	ck_assert_uint_ge(own.polls, 1);
	wd_comp_uninit();
	for (int i = 0; i < 4; i++)
		wd_release_ctx(ctxs[i].ctx);
}
END_TEST

START_TEST(b08_rr_scheduler_for_four_nodes_works_on_one)
{
	struct wd_sched *sched = wd_sched_rr_alloc(SCHED_POLICY_RR, 2, 4, wd_comp_poll_ctx);
	struct sched_params any = { .numa_id = -1 };
	struct wd_ctx ctxs[4];
	struct wd_ctx_config config = { .ctx_num = 4, .ctxs = ctxs };
	struct wd_comp_sess_setup setup = { .alg_type = WD_ZLIB, .sched_param = &any };
	handle_t sess;

	ck_assert_ptr_nonnull(sched);
	sched->name = "mine";
	open_by_hand(ctxs);
	for (uint32_t i = 0; i < 4; i++) {
		struct sched_params region = { .numa_id = 0,
					       .type = ctxs[i].op_type,
					       .mode = ctxs[i].ctx_mode,
					       .begin = i,
					       .end = i };

		ck_assert_int_eq(wd_sched_rr_instance(sched, &region), 0);
	}
	ck_assert_int_eq(wd_comp_init(&config, sched), 0);
	round_trip(JOB_SYNC);
	round_trip(JOB_ASYNC);
	sess = wd_comp_alloc_sess(&setup);
	ck_assert_uint_ne(sess, 0);
	wd_comp_free_sess(sess);
	wd_comp_uninit();
	wd_sched_rr_release(sched);
	for (int i = 0; i < 4; i++)
		wd_release_ctx(ctxs[i].ctx);
}
END_TEST

START_TEST(b08_init_from_the_environment)
{
	uint32_t num = 99;
	uint8_t on = 99;

	setenv("WD_COMP_CTX_NUM",
	       "sync-comp:1@0,sync-decomp:2@0,async-comp:3@0,async-decomp:1@0", 1);
	ck_assert_int_eq(wd_comp_env_init(NULL), 0);
	job_expect_open_queues(7);
	ck_assert_int_eq(wd_comp_get_env_param(0, WD_DIR_COMPRESS, CTX_MODE_ASYNC, &num, &on), 0);
	ck_assert_uint_eq(num, 3);
	ck_assert_uint_eq(on, 0);
	ck_assert_int_eq(wd_comp_get_env_param(0, WD_DIR_DECOMPRESS, CTX_MODE_SYNC, &num, &on), 0);
	ck_assert_uint_eq(num, 2);
	round_trip(JOB_SYNC);
	round_trip(JOB_ASYNC);
	wd_comp_env_uninit();
	job_expect_open_queues(0);
}
END_TEST

START_TEST(b08_the_environment_beats_ctx_params)
{
	setenv("WD_COMP_CTX_NUM", "sync-comp:3@0,sync-decomp:1@0,async-comp:1@0,async-decomp:1@0", 1);
	ck_assert_int_eq(init_with(1, 0, NULL), 0);
	job_expect_open_queues(6);
	round_trip(JOB_ASYNC);
	wd_comp_uninit2();
}
END_TEST

START_TEST(b08_contexts_of_one_kind)
{
	struct wd_comp_req req;
	handle_t sess;

	ck_assert_int_eq(wd_comp_ctx_num_init(0, WD_DIR_COMPRESS, 2, CTX_MODE_SYNC), 0);
	job_expect_open_queues(2);
	sess = job_session(WD_ZLIB, WD_DIR_COMPRESS);
	ck_assert_int_eq(job_sync(sess, WD_DIR_COMPRESS, text(), NBYTES, packed, sizeof(packed), &req),
			 0);
	ck_assert(judge_accepts(WD_ZLIB, packed, req.dst_len, text(), NBYTES));
	wd_comp_free_sess(sess);
	wd_comp_ctx_num_uninit();
	job_expect_open_queues(0);
}
END_TEST

/* ------------------------------------------- 9, 10: what callers do not set */

static void poison(void *p, size_t nbytes)
{
	memset(p, 0xa5, nbytes);
}

START_TEST(b09_fields_of_a_setup_without_use_are_not_looked_at)
{
	struct wd_comp_sess_setup setup;
	handle_t sess;
	size_t n;

	job_init();
	poison(&setup, sizeof(setup));
	setup.alg_type = WD_ZLIB;
	setup.op_type = WD_DIR_COMPRESS;
	setup.comp_lv = WD_COMP_L8;
	setup.win_sz = WD_COMP_WS_8K;
	setup.sched_param = NULL;
	sess = wd_comp_alloc_sess(&setup);
	ck_assert_uint_ne(sess, 0);
	n = job_run(sess, JOB_SYNC, WD_DIR_COMPRESS, text(), NBYTES, packed, sizeof(packed));
	ck_assert(judge_accepts(WD_ZLIB, packed, n, text(), NBYTES));
	wd_comp_free_sess(sess);

	poison(&setup, sizeof(setup)); /* level and window, too: they mean nothing here */
	setup.alg_type = WD_ZLIB;
	setup.op_type = WD_DIR_DECOMPRESS;
	setup.sched_param = NULL;
	sess = wd_comp_alloc_sess(&setup);
	ck_assert_uint_ne(sess, 0);
	ck_assert_uint_eq(job_run(sess, JOB_SYNC, WD_DIR_DECOMPRESS, packed, n, unpacked, NBYTES),
			  NBYTES);
	wd_comp_free_sess(sess);
}
END_TEST

static void run_poisoned(handle_t sess, enum wd_comp_op_type direction, const void *src, uint32_t len,
			 void *dst, uint32_t room, struct wd_comp_req *req)
{
	poison(req, sizeof(*req));
	req->src = (void *)(uintptr_t)src;
	req->src_len = len;
	req->dst = dst;
	req->dst_len = room;
	req->cb = NULL;
	req->op_type = direction;
	req->data_fmt = WD_FLAT_BUF;
	ck_assert_int_eq(wd_do_comp_sync(sess, req), 0);
	ck_assert_uint_eq(req->status, WD_SUCCESS);
	ck_assert_uint_eq(req->src_len, len);
	/* Nobody asked for them to change, either. */
	ck_assert_uint_eq((uintptr_t)req->cb_param, (uintptr_t)0xa5a5a5a5a5a5a5a5u);
	ck_assert_uint_eq((uintptr_t)req->priv, (uintptr_t)0xa5a5a5a5a5a5a5a5u);
}

START_TEST(b09_fields_of_a_request_without_use_are_not_looked_at)
{
	struct wd_comp_req req;
	handle_t sess;
	uint32_t n;

	job_init();
	sess = job_session(WD_ZLIB, WD_DIR_COMPRESS);
	run_poisoned(sess, WD_DIR_COMPRESS, text(), NBYTES, packed, sizeof(packed), &req);
	ck_assert(judge_accepts(WD_ZLIB, packed, req.dst_len, text(), NBYTES));
	wd_comp_free_sess(sess);
	n = req.dst_len;
	sess = job_session(WD_ZLIB, WD_DIR_DECOMPRESS);
	run_poisoned(sess, WD_DIR_DECOMPRESS, packed, n, unpacked, sizeof(unpacked), &req);
	ck_assert_uint_eq(req.dst_len, NBYTES);
	ck_assert(!memcmp(unpacked, text(), NBYTES));
	wd_comp_free_sess(sess);
}
END_TEST

/* @nbytes at the end of a page, behind which there is nothing; seal() forbids writing. */
static void *before_the_edge(size_t nbytes)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	char *two = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	ck_assert_ptr_ne(two, MAP_FAILED);
	ck_assert_int_eq(mprotect(two + page, page, PROT_NONE), 0);
	return two + page - nbytes;
}

static void seal(const void *p)
{
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);

	ck_assert_int_eq(mprotect((void *)((uintptr_t)p & ~(page - 1)), page, PROT_READ), 0);
}

/* The structure as programs built against 2.9.1 and before have it: 24 bytes. */
#define OLD_SETUP_NBYTES offsetof(struct wd_comp_sess_setup, mm_ops)
/* And struct sched_params: 16 bytes. */
#define OLD_PARAMS_NBYTES offsetof(struct sched_params, dev_id)

static handle_t session_from_sealed(size_t setup_nbytes, size_t params_nbytes)
{
	struct sched_params params = { .numa_id = -1, .type = WD_DIR_COMPRESS };
	struct wd_comp_sess_setup setup = { .alg_type = WD_ZLIB, .op_type = WD_DIR_COMPRESS };
	void *sealed_params = before_the_edge(params_nbytes);
	void *sealed_setup = before_the_edge(setup_nbytes);

	memcpy(sealed_params, &params, params_nbytes);
	seal(sealed_params);
	setup.sched_param = sealed_params;
	memcpy(sealed_setup, &setup, setup_nbytes);
	seal(sealed_setup);
	return wd_comp_alloc_sess(sealed_setup);
}

START_TEST(b09_a_setup_of_either_size_is_never_written_nor_read_beyond)
{
	static const size_t setups[] = { OLD_SETUP_NBYTES, sizeof(struct wd_comp_sess_setup) };
	static const size_t params[] = { OLD_PARAMS_NBYTES, sizeof(struct sched_params) };
	struct wd_comp_req req;

	ck_assert_uint_eq(OLD_SETUP_NBYTES, 24);
	ck_assert_uint_eq(OLD_PARAMS_NBYTES, 16);
	job_init();
	for (int i = 0; i < 2; i++) {
		handle_t sess = session_from_sealed(setups[i], params[i]);

		ck_assert_uint_ne(sess, 0);
		ck_assert_int_eq(job_sync(sess, WD_DIR_COMPRESS, text(), NBYTES, packed,
					  sizeof(packed), &req),
				 0);
		ck_assert(judge_accepts(WD_ZLIB, packed, req.dst_len, text(), NBYTES));
		wd_comp_free_sess(sess);
	}
}
END_TEST

START_TEST(b09_a_setup_between_canaries_is_unchanged)
{
	struct {
		uint64_t before[8];
		struct wd_comp_sess_setup setup;
		uint64_t after[8];
	} framed, copy;
	handle_t sess;

	job_init();
	poison(&framed, sizeof(framed));
	framed.setup = (struct wd_comp_sess_setup){ .alg_type = WD_ZLIB };
	memcpy(&copy, &framed, sizeof(copy));
	sess = wd_comp_alloc_sess(&framed.setup);
	ck_assert_uint_ne(sess, 0);
	wd_comp_free_sess(sess);
	ck_assert(!memcmp(&copy, &framed, sizeof(copy)));
}
END_TEST

START_TEST(b10_level_0_and_window_0_are_valid)
{
	enum wd_comp_alg_type algs[] = { WD_ZLIB, WD_GZIP, WD_DEFLATE };

	job_init();
	for (int i = 0; i < 3; i++) {
		handle_t sess;
		size_t n;

		if (!job_offered(algs[i]))
			continue;
		sess = job_session_at(algs[i], WD_DIR_COMPRESS, 0, 0);
		n = job_run(sess, JOB_SYNC, WD_DIR_COMPRESS, text(), NBYTES, packed, sizeof(packed));
		ck_assert(judge_accepts(algs[i], packed, n, text(), NBYTES));
		ck_assert_uint_lt(n, NBYTES);
		wd_comp_free_sess(sess);
	}
}
END_TEST

START_TEST(b10_levels_and_windows_out_of_range_are_einval)
{
	struct wd_comp_sess_setup setup = { .alg_type = WD_ZLIB, .comp_lv = 16 };

	job_init();
	ck_assert_uint_eq(wd_comp_alloc_sess(&setup), 0);
	ck_assert_int_eq(errno, EINVAL);
	setup.comp_lv = 0;
	setup.win_sz = WD_COMP_WS_32K + 1;
	ck_assert_uint_eq(wd_comp_alloc_sess(&setup), 0);
	ck_assert_int_eq(errno, EINVAL);
	ck_assert_uint_eq(wd_comp_alloc_sess(NULL), 0);
	ck_assert_int_eq(errno, EINVAL);
}
END_TEST

/* ------------------------------------------------ 11..13: asynchronous jobs */

struct reply {
	_Atomic uint32_t calls;
	struct wd_comp_req req;
	const void *src;
	void *dst;
	void *param;
};

static _Atomic uint32_t replies;

static void *on_reply(struct wd_comp_req *req, void *param)
{
	struct reply *reply = param;

	reply->req = *req;
	reply->param = req->cb_param;
	atomic_fetch_add(&reply->calls, 1);
	atomic_fetch_add(&replies, 1);
	return (void *)(uintptr_t)42; /* not used */
}

START_TEST(b11_the_request_object_is_free_at_once_and_the_callback_gets_its_own)
{
	enum { N = 40 };
	struct reply reply[N];
	uint8_t *out[N];
	struct wd_comp_req req; /* one for all */
	handle_t sess;

	job_init();
	memset(reply, 0, sizeof(reply));
	sess = job_session(WD_ZLIB, WD_DIR_COMPRESS);
	for (int i = 0; i < N; i++) {
		out[i] = malloc(2000);
		req = (struct wd_comp_req){ .src = (void *)(text() + i * 500),
					    .src_len = 700,
					    .dst = out[i],
					    .dst_len = 2000,
					    .cb = on_reply,
					    .cb_param = &reply[i],
					    .op_type = WD_DIR_COMPRESS };
		ck_assert_int_eq(wd_do_comp_async(sess, &req), 0);
		poison(&req, sizeof(req));
	}
	job_poll_until(&replies, N);
	for (int i = 0; i < N; i++) {
		ck_assert_uint_eq(reply[i].calls, 1);
		ck_assert_ptr_eq(reply[i].param, &reply[i]);
		ck_assert_ptr_eq(reply[i].req.src, text() + i * 500);
		ck_assert_ptr_eq(reply[i].req.dst, out[i]);
		ck_assert_uint_eq(reply[i].req.status, WD_SUCCESS);
		ck_assert_uint_eq(reply[i].req.src_len, 700);
		ck_assert(judge_accepts(WD_ZLIB, out[i], reply[i].req.dst_len, text() + i * 500, 700));
		free(out[i]);
	}
	wd_comp_free_sess(sess);
}
END_TEST

START_TEST(b11_callbacks_are_made_by_polls_alone)
{
	struct reply reply = { 0 };
	uint8_t rubbish[100];
	struct wd_comp_req req = { .src = rubbish,
				   .src_len = sizeof(rubbish),
				   .dst = unpacked,
				   .dst_len = sizeof(unpacked),
				   .cb = on_reply,
				   .cb_param = &reply,
				   .op_type = WD_DIR_DECOMPRESS };
	uint32_t total = 0;
	handle_t sess;

	job_init();
	poison(rubbish, sizeof(rubbish)); /* no header of any format */
	sess = job_session(WD_GZIP, WD_DIR_DECOMPRESS);
	ck_assert_int_eq(wd_do_comp_async(sess, &req), 0);
	ck_assert_uint_eq(reply.calls, 0);
	/* And the poll that makes them counts them: programs wait for the count. */
	while (total < 1) {
		uint32_t count = 0;

		wd_comp_poll(1, &count);
		total += count;
	}
	ck_assert_uint_eq(total, 1);
	ck_assert_uint_eq(reply.calls, 1);
	ck_assert_uint_eq(reply.req.status, WD_IN_EPARA);
	wd_comp_free_sess(sess);
}
END_TEST

static handle_t resubmit_sess;

static void *on_first(struct wd_comp_req *req, void *param)
{
	struct wd_comp_req again = *req;

	again.src_len = 700;
	again.dst_len = 2000;
	again.cb = on_reply;
	again.cb_param = param;
	ck_assert_int_eq(wd_do_comp_async(resubmit_sess, &again), 0);
	return NULL;
}

START_TEST(b11_a_callback_may_send_the_next_request)
{
	struct reply reply = { 0 };
	struct wd_comp_req req = { .src = (void *)text(),
				   .src_len = 700,
				   .dst = packed,
				   .dst_len = 2000,
				   .cb = on_first,
				   .cb_param = &reply };

	job_init();
	resubmit_sess = job_session(WD_ZLIB, WD_DIR_COMPRESS);
	ck_assert_int_eq(wd_do_comp_async(resubmit_sess, &req), 0);
	job_poll_until(&reply.calls, 1);
	ck_assert(judge_accepts(WD_ZLIB, packed, reply.req.dst_len, text(), 700));
	wd_comp_free_sess(resubmit_sess);
}
END_TEST

START_TEST(b12_a_synchronous_request_with_a_callback_is_einval)
{
	_Atomic uint32_t calls = 0;
	struct wd_comp_req req = { .src = (void *)text(),
				   .src_len = NBYTES,
				   .dst = packed,
				   .dst_len = sizeof(packed),
				   .cb = count_call,
				   .cb_param = &calls };
	handle_t sess;

	job_init();
	sess = job_session(WD_ZLIB, WD_DIR_COMPRESS);
	ck_assert_int_eq(wd_do_comp_sync(sess, &req), -WD_EINVAL);
	ck_assert_int_eq(wd_do_comp_sync2(sess, &req), -WD_EINVAL);
	ck_assert_int_eq(wd_do_comp_strm(sess, &req), -WD_EINVAL);
	req.cb = NULL;
	ck_assert_int_eq(wd_do_comp_async(sess, &req), -WD_EINVAL);
	ck_assert_uint_eq(calls, 0);
	wd_comp_free_sess(sess);
}
END_TEST

/* Rings of 1024 with one place left free. */
#define BURST 1023

START_TEST(b13_a_burst_of_a_ring_is_never_busy)
{
	struct wd_comp_req req;
	_Atomic uint32_t calls = 0;
	uint8_t *out = malloc(BURST * 256);
	uint32_t total = 0, count;
	handle_t sess;

	job_init();
	sess = job_session(WD_ZLIB, WD_DIR_COMPRESS);
	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < BURST; i++) {
			req = (struct wd_comp_req){ .src = (void *)(text() + i),
						    .src_len = 100,
						    .dst = out + i * 256,
						    .dst_len = 256,
						    .cb = count_call,
						    .cb_param = &calls };
			ck_assert_msg(!wd_do_comp_async(sess, &req), "job %d of round %d", i, round);
		}
		for (total = 0; total < BURST; total += count) {
			count = 0;
			wd_comp_poll(BURST, &count);
		}
		ck_assert_uint_eq(total, BURST);
		ck_assert_uint_eq(calls, (uint32_t)BURST * (uint32_t)(round + 1));
	}
	free(out);
	wd_comp_free_sess(sess);
}
END_TEST

/* The device works on while nobody polls; then a full queue says so, and polling helps. */
START_TEST(b13_a_full_queue_is_busy_and_polling_makes_room)
{
	struct wd_comp_req req;
	_Atomic uint32_t calls = 0;
	uint8_t *out = malloc(4096 * 256);
	uint32_t sent = 0, count = 0;
	handle_t sess;
	int rc = 0;

	job_init();
	sess = job_session(WD_ZLIB, WD_DIR_COMPRESS);
	while (sent < 4096 && !rc) {
		req = (struct wd_comp_req){ .src = (void *)text(),
					    .src_len = 100,
					    .dst = out + sent * 256,
					    .dst_len = 256,
					    .cb = count_call,
					    .cb_param = &calls };
		rc = wd_do_comp_async(sess, &req);
		sent += !rc;
	}
	ck_assert_int_eq(rc, -WD_EBUSY);
	ck_assert_uint_ge(sent, BURST);
	while (!count)
		wd_comp_poll(1, &count);
	ck_assert_int_eq(wd_do_comp_async(sess, &req), 0);
	job_poll_until(&calls, sent + 1);
	free(out);
	wd_comp_free_sess(sess);
}
END_TEST

/* -------------------------------------------------------- 14: room and size */

START_TEST(b14_a_page_that_does_not_shrink_reports_its_true_length)
{
	struct wd_comp_req req;
	handle_t sess;

	job_init();
	sess = job_session(WD_ZLIB, WD_DIR_COMPRESS);
	ck_assert_int_eq(job_sync(sess, WD_DIR_COMPRESS, corpus(CORPUS_NOISE), 4096, packed, 8192,
				  &req),
			 0);
	ck_assert_uint_eq(req.status, WD_SUCCESS);
	ck_assert_uint_ge(req.dst_len, 4096);
	ck_assert_uint_le(req.dst_len, 8192);
	ck_assert(judge_accepts(WD_ZLIB, packed, req.dst_len, corpus(CORPUS_NOISE), 4096));
	wd_comp_free_sess(sess);
}
END_TEST

static void check_no_room(handle_t sess, enum wd_comp_op_type direction, const void *src, size_t nbytes,
			  size_t room)
{
	uint8_t out[8192];
	struct wd_comp_req req;

	memset(out, 0x77, sizeof(out));
	ck_assert_int_eq(job_sync(sess, direction, src, nbytes, out, room, &req), 0);
	ck_assert_msg(req.status == WD_OUT_EPARA, "%zu bytes into %zu: status %u", nbytes, room,
		      req.status);
	ck_assert_uint_le(req.dst_len, room);
	ck_assert_uint_le(req.src_len, nbytes);
	for (size_t i = room; i < sizeof(out); i++)
		ck_assert_uint_eq(out[i], 0x77);
}

START_TEST(b14_output_that_does_not_fit_is_said_and_not_written_beyond)
{
	static const size_t rooms[] = { 1, 2, 3, 10, 11, 18, 100, 1000, 4095, 4096, 4100 };
	enum wd_comp_alg_type alg = _i ? WD_GZIP : WD_ZLIB;
	handle_t sess;
	size_t n;

	job_init();
	sess = job_session(alg, WD_DIR_COMPRESS);
	for (size_t i = 0; i < sizeof(rooms) / sizeof(rooms[0]); i++)
		check_no_room(sess, WD_DIR_COMPRESS, corpus(CORPUS_NOISE), 4096, rooms[i]);
	wd_comp_free_sess(sess);
	sess = job_session(alg, WD_DIR_DECOMPRESS);
	n = judge_compress(alg, JUDGE_BEST, text(), 4096, packed, sizeof(packed));
	for (size_t i = 0; i < 9; i++)
		check_no_room(sess, WD_DIR_DECOMPRESS, packed, n, rooms[i]);
	/* And after all this the session is as good as new. */
	ck_assert_uint_eq(job_run(sess, JOB_SYNC, WD_DIR_DECOMPRESS, packed, n, unpacked, 4096), 4096);
	wd_comp_free_sess(sess);
}
END_TEST

START_TEST(b14_decompression_reports_the_exact_length)
{
	static const size_t lengths[] = { 1, 2, 255, 4095, 4096, 4097, NBYTES };
	handle_t sess;

	job_init();
	sess = job_session(WD_ZLIB, WD_DIR_DECOMPRESS);
	for (int i = 0; i < 7; i++) {
		size_t n = judge_compress(WD_ZLIB, JUDGE_BEST, text(), lengths[i], packed,
					  sizeof(packed));
		struct wd_comp_req req;

		for (size_t extra = 0; extra < 3; extra++) {
			ck_assert_int_eq(job_sync(sess, WD_DIR_DECOMPRESS, packed, n, unpacked,
						  lengths[i] + extra * 5000, &req),
					 0);
			ck_assert_uint_eq(req.status, WD_SUCCESS);
			ck_assert_uint_eq(req.dst_len, lengths[i]);
			ck_assert_uint_eq(req.src_len, n);
			ck_assert(!memcmp(unpacked, text(), lengths[i]));
		}
	}
	wd_comp_free_sess(sess);
}
END_TEST

/* -------------------------------------------------------------- 15: streams */

#define STREAM_NBYTES (8u << 20)

START_TEST(b15_a_stream_takes_eight_mib_in_one_call_and_ends_with_stream_end)
{
	const uint8_t *src = corpus(CORPUS_TEXT);
	size_t room = STREAM_NBYTES + STREAM_NBYTES / 8 + 64;
	uint8_t *out = malloc(room), *back = malloc(STREAM_NBYTES);
	struct wd_comp_req req = { .src = (void *)src,
				   .src_len = STREAM_NBYTES,
				   .dst = out,
				   .dst_len = (uint32_t)room,
				   .op_type = WD_DIR_COMPRESS,
				   .last = 1 };
	handle_t sess;
	size_t n = 0;

	job_init();
	sess = job_session(WD_GZIP, WD_DIR_COMPRESS);
	do {
		ck_assert_int_eq(wd_do_comp_strm(sess, &req), 0);
		ck_assert(req.src_len || req.dst_len);
		n += req.dst_len;
		req.src = (char *)req.src + req.src_len;
		req.src_len = (uint32_t)(src + STREAM_NBYTES - (const uint8_t *)req.src);
		req.dst = out + n;
		req.dst_len = (uint32_t)(room - n);
	} while (!job_stream_ended(&req, req.src_len));
	ck_assert(judge_accepts(WD_GZIP, out, n, src, STREAM_NBYTES));
	wd_comp_free_sess(sess);

	sess = job_session(WD_GZIP, WD_DIR_DECOMPRESS);
	ck_assert_uint_eq(job_stream(sess, WD_DIR_DECOMPRESS, out, n, n, back, STREAM_NBYTES,
				     STREAM_NBYTES),
			  STREAM_NBYTES);
	ck_assert(!memcmp(back, src, STREAM_NBYTES));
	wd_comp_free_sess(sess);
	free(out);
	free(back);
}
END_TEST

static void *stream_thread(void *arg)
{
	struct channel *c = arg;
	enum wd_comp_alg_type alg = c->rc % 2 ? WD_GZIP : WD_ZLIB;
	const uint8_t *src = corpus(c->rc % CORPUS_KINDS);
	struct wd_comp_sess_setup setup = { .alg_type = alg, .op_type = WD_DIR_COMPRESS };
	handle_t sess = wd_comp_alloc_sess(&setup);
	uint8_t *out = malloc(200000);
	size_t in = 0, n = 0;
	struct wd_comp_req req;

	do {
		req = (struct wd_comp_req){ .src = (void *)(src + in),
					    .src_len = in + 3000 < 100000 ? 3000 : (uint32_t)(100000 - in),
					    .dst = out + n,
					    .dst_len = (uint32_t)(200000 - n) };
		req.last = in + req.src_len == 100000;
		if (wd_do_comp_strm(sess, &req))
			break;
		in += req.src_len;
		n += req.dst_len;
	} while (!job_stream_ended(&req, 100000 - in));
	c->wrong = !judge_accepts(alg, out, n, src, 100000);
	wd_comp_free_sess(sess);
	free(out);
	return NULL;
}

START_TEST(b15_threads_share_contexts_each_with_its_own_session)
{
	struct channel channels[8];

	job_init();
	for (int i = 0; i < 8; i++) {
		channels[i] = (struct channel){ .rc = i };
		ck_assert_int_eq(pthread_create(&channels[i].thread, NULL, stream_thread,
						&channels[i]),
				 0);
	}
	for (int i = 0; i < 8; i++) {
		pthread_join(channels[i].thread, NULL);
		ck_assert_msg(!channels[i].wrong, "stream of thread %d", i);
	}
}
END_TEST

START_TEST(b15_reset_makes_a_session_new_in_mid_stream)
{
	struct wd_comp_req req = { .src = (void *)corpus(CORPUS_NOISE),
				   .src_len = 5000,
				   .dst = packed,
				   .dst_len = sizeof(packed),
				   .op_type = WD_DIR_COMPRESS };
	handle_t sess;
	size_t n;

	job_init();
	ck_assert_int_eq(wd_comp_reset_sess(0), -WD_EINVAL);
	sess = job_session(WD_ZLIB, WD_DIR_COMPRESS);
	ck_assert_int_eq(wd_comp_reset_sess(sess), 0);
	ck_assert_int_eq(wd_do_comp_strm(sess, &req), 0);
	ck_assert_int_eq(wd_comp_reset_sess(sess), 0);
	n = job_stream(sess, WD_DIR_COMPRESS, text(), NBYTES, 777, packed, sizeof(packed), 150);
	ck_assert(judge_accepts(WD_ZLIB, packed, n, text(), NBYTES));
	wd_comp_free_sess(sess);

	sess = job_session(WD_ZLIB, WD_DIR_DECOMPRESS);
	req = (struct wd_comp_req){ .src = packed,
				    .src_len = (uint32_t)n / 2,
				    .dst = unpacked,
				    .dst_len = 50, /* output waits in the side buffer */
				    .op_type = WD_DIR_DECOMPRESS };
	ck_assert_int_eq(wd_do_comp_strm(sess, &req), 0);
	ck_assert_int_eq(wd_comp_reset_sess(sess), 0);
	ck_assert_uint_eq(job_stream(sess, WD_DIR_DECOMPRESS, packed, n, 1000, unpacked, NBYTES + 1,
				     NBYTES),
			  NBYTES);
	ck_assert(!memcmp(unpacked, text(), NBYTES));
	/* A failed one, too. */
	packed[n / 2] ^= 0x55;
	req.src_len = (uint32_t)n;
	req.dst_len = sizeof(unpacked);
	ck_assert_int_eq(wd_do_comp_strm(sess, &req), 0);
	packed[n / 2] ^= 0x55;
	ck_assert_int_eq(wd_comp_reset_sess(sess), 0);
	ck_assert_uint_eq(job_stream(sess, WD_DIR_DECOMPRESS, packed, n, n, unpacked, NBYTES + 1,
				     NBYTES),
			  NBYTES);
	wd_comp_free_sess(sess);
}
END_TEST

START_TEST(b15_sync2_leaves_a_session_new)
{
	struct wd_comp_req req = { .src = packed,
				   .dst = unpacked,
				   .dst_len = NBYTES / 2,
				   .op_type = WD_DIR_DECOMPRESS };
	handle_t sess;
	size_t n;

	job_init();
	sess = job_session(WD_ZLIB, WD_DIR_DECOMPRESS);
	n = judge_compress(WD_ZLIB, JUDGE_BEST, text(), NBYTES, packed, sizeof(packed));
	req.src_len = (uint32_t)n;
	ck_assert_int_eq(wd_do_comp_sync2(sess, &req), 0);
	ck_assert_uint_eq(req.status, WD_OUT_EPARA);
	ck_assert_uint_eq(job_stream(sess, WD_DIR_DECOMPRESS, packed, n, n, unpacked, NBYTES + 1,
				     NBYTES),
			  NBYTES);
	wd_comp_free_sess(sess);
}
END_TEST

/* ------------------------------------------------------ 16: codes and counts */

/* Index of the asynchronous context for compression. */
static uint32_t async_context(void)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < 4; i++)
		if (wd_comp_poll_ctx(i, 1, &count) != -WD_EINVAL)
			return i;
	ck_abort_msg("no asynchronous context");
	return 0;
}

START_TEST(b16_polling_when_there_is_nothing_to_do)
{
	uint32_t count = 0;
	int rc;

	ck_assert_int_eq(wd_comp_poll(1, &count), -WD_EINVAL); /* no instance */
	job_init();
	for (int i = 0; i < 100; i++) {
		rc = wd_comp_poll(10, &count);
		ck_assert(rc == 0 || rc == -WD_EAGAIN);
		ck_assert_uint_eq(count, 0);
		rc = wd_comp_poll_ctx(async_context(), 10, &count);
		ck_assert(rc == 0 || rc == -WD_EAGAIN);
		ck_assert_uint_eq(count, 0);
	}
	ck_assert_int_eq(wd_comp_poll(0, &count), -WD_EINVAL);
	ck_assert_int_eq(wd_comp_poll(1, NULL), -WD_EINVAL);
	ck_assert_int_eq(wd_comp_poll_ctx(99, 1, &count), -WD_EINVAL);
}
END_TEST

static void send_some(handle_t sess, int n, _Atomic uint32_t *calls)
{
	for (int i = 0; i < n; i++) {
		struct wd_comp_req req = { .src = (void *)text(),
					   .src_len = 500,
					   .dst = packed + i * 1000,
					   .dst_len = 1000,
					   .cb = count_call,
					   .cb_param = calls };

		ck_assert_int_eq(wd_do_comp_async(sess, &req), 0);
	}
}

START_TEST(b16_poll_ctx_sets_the_count_and_may_return_eagain_with_it)
{
	uint32_t ctx, total = 0, again = 0, count;
	_Atomic uint32_t calls = 0;
	handle_t sess;
	int rc;

	job_init();
	ctx = async_context();
	sess = job_session(WD_ZLIB, WD_DIR_COMPRESS);
	for (int round = 0; round < 50; round++) {
		send_some(sess, 3, &calls);
		for (total = 0; total < 3; total += count) {
			count = 12345;
			rc = wd_comp_poll_ctx(ctx, 10, &count);
			ck_assert_int_eq(rc, -WD_EAGAIN); /* never ten */
			ck_assert_uint_le(count, 3);
			again += count > 0;
		}
		ck_assert_uint_eq(total, 3);
	}
	ck_assert_uint_gt(again, 0);
	ck_assert_uint_eq(calls, 150);
	wd_comp_free_sess(sess);
}
END_TEST

START_TEST(b16_poll_adds_to_the_count_and_succeeds_with_what_there_is)
{
	_Atomic uint32_t calls = 0;
	uint32_t count = 1000;
	handle_t sess;
	int rc;

	job_init();
	sess = job_session(WD_ZLIB, WD_DIR_COMPRESS);
	send_some(sess, 5, &calls);
	while (count < 1005) {
		uint32_t before = count;

		rc = wd_comp_poll(20, &count);
		ck_assert_int_eq(rc, count > before ? 0 : rc);
		ck_assert(rc == 0 || rc == -WD_EAGAIN);
	}
	ck_assert_uint_eq(count, 1005);
	ck_assert_uint_eq(calls, 5);
	wd_comp_free_sess(sess);
}
END_TEST

START_TEST(b16_expt_is_the_most_that_comes)
{
	_Atomic uint32_t calls = 0;
	uint32_t total = 0, count;
	handle_t sess;

	job_init();
	sess = job_session(WD_ZLIB, WD_DIR_COMPRESS);
	send_some(sess, 9, &calls);
	for (; total < 9; total += count) {
		count = 0;
		wd_comp_poll(2, &count);
		ck_assert_uint_le(count, 2);
		ck_assert_uint_eq(calls, total + count);
	}
	wd_comp_free_sess(sess);
}
END_TEST

START_TEST(b16_malformed_requests_are_einval_and_malformed_data_a_positive_status)
{
	struct wd_comp_req good = { .src = packed,
				    .src_len = 100,
				    .dst = unpacked,
				    .dst_len = 100,
				    .op_type = WD_DIR_DECOMPRESS },
			   req;
	handle_t sess;

	job_init();
	sess = job_session(WD_ZLIB, WD_DIR_DECOMPRESS);
	memset(packed, 0x11, 100);
	req = good;
	ck_assert_int_eq(wd_do_comp_sync(sess, &req), 0);
	ck_assert_uint_eq(req.status, WD_IN_EPARA);
	ck_assert_int_eq(wd_do_comp_sync(0, &good), -WD_EINVAL);
	ck_assert_int_eq(wd_do_comp_sync(sess, NULL), -WD_EINVAL);
	req = good;
	req.src = NULL;
	ck_assert_int_eq(wd_do_comp_sync(sess, &req), -WD_EINVAL);
	req = good;
	req.dst = NULL;
	ck_assert_int_eq(wd_do_comp_sync(sess, &req), -WD_EINVAL);
	req = good;
	req.dst_len = 0;
	ck_assert_int_eq(wd_do_comp_sync(sess, &req), -WD_EINVAL);
	req = good;
	req.op_type = WD_DIR_COMPRESS;
	ck_assert_int_eq(wd_do_comp_sync(sess, &req), -WD_EINVAL);
	req = good;
	req.data_fmt = WD_SGL_BUF + 1;
	ck_assert_int_eq(wd_do_comp_sync(sess, &req), -WD_EINVAL);
	wd_comp_free_sess(sess);
	wd_comp_free_sess(0);
}
END_TEST

START_TEST(b16_a_wrong_checksum_is_a_positive_status)
{
	enum wd_comp_alg_type alg = _i ? WD_GZIP : WD_ZLIB;
	struct wd_comp_req req;
	handle_t sess;
	size_t n;

	job_init();
	sess = job_session(alg, WD_DIR_DECOMPRESS);
	n = judge_compress(alg, JUDGE_BEST, text(), 1000, packed, sizeof(packed));
	packed[n - 1] ^= 1;
	ck_assert_int_eq(job_sync(sess, WD_DIR_DECOMPRESS, packed, n, unpacked, 1000, &req), 0);
	ck_assert_uint_eq(req.status, WD_VERIFY_ERR);
	wd_comp_free_sess(sess);
}
END_TEST

static void add_tests(TCase *tests)
{
	tcase_add_test(tests, b02_a_device_is_found_by_its_class_line_and_shares_addresses);
	tcase_add_test(tests, b03_devices_are_memory_of_malloc);
	tcase_add_test(tests, b04_second_init2_is_eexist_and_counts_as_one_more_user);
	tcase_add_test(tests, b04_bad_arguments_of_init2_are_einval_and_open_nothing);
	tcase_add_test(tests, b05_one_init2_serves_the_other_formats_of_the_driver);
	tcase_add_test(tests, b06_uninit2_from_all_threads_and_too_often_leaves_sessions_working);
	tcase_add_test(tests,
		       b06_one_uninit2_too_many_leaves_others_the_instance_while_one_has_a_session);
	tcase_add_test(tests, b06_uninit2_without_init_or_after_a_failed_one_does_nothing);
	tcase_add_test(tests, b07_no_synchronous_contexts_and_two_asynchronous_ones);
	tcase_add_test(tests, b07_two_synchronous_contexts_and_no_asynchronous_ones);
	tcase_add_test(tests, b07_node_minus_one_means_any);
	tcase_add_test(tests, b07_bmp_restricts_the_nodes);
	tcase_add_test(tests, b07_init2_without_any_context_is_refused);
	tcase_add_test(tests, b08_contexts_by_hand_with_a_scheduler_of_the_program);
	tcase_add_test(tests, b08_rr_scheduler_for_four_nodes_works_on_one);
	tcase_add_test(tests, b08_init_from_the_environment);
	tcase_add_test(tests, b08_the_environment_beats_ctx_params);
	tcase_add_test(tests, b08_contexts_of_one_kind);
	tcase_add_test(tests, b09_fields_of_a_setup_without_use_are_not_looked_at);
	tcase_add_test(tests, b09_fields_of_a_request_without_use_are_not_looked_at);
	tcase_add_test(tests, b09_a_setup_of_either_size_is_never_written_nor_read_beyond);
	tcase_add_test(tests, b09_a_setup_between_canaries_is_unchanged);
	tcase_add_test(tests, b10_level_0_and_window_0_are_valid);
	tcase_add_test(tests, b10_levels_and_windows_out_of_range_are_einval);
	tcase_add_test(tests, b11_the_request_object_is_free_at_once_and_the_callback_gets_its_own);
	tcase_add_test(tests, b11_callbacks_are_made_by_polls_alone);
	tcase_add_test(tests, b11_a_callback_may_send_the_next_request);
	tcase_add_test(tests, b12_a_synchronous_request_with_a_callback_is_einval);
	tcase_add_test(tests, b13_a_burst_of_a_ring_is_never_busy);
	tcase_add_test(tests, b13_a_full_queue_is_busy_and_polling_makes_room);
	tcase_add_test(tests, b14_a_page_that_does_not_shrink_reports_its_true_length);
	tcase_add_loop_test(tests, b14_output_that_does_not_fit_is_said_and_not_written_beyond, 0, 2);
	tcase_add_test(tests, b14_decompression_reports_the_exact_length);
	tcase_add_test(tests, b15_a_stream_takes_eight_mib_in_one_call_and_ends_with_stream_end);
	tcase_add_test(tests, b15_threads_share_contexts_each_with_its_own_session);
	tcase_add_test(tests, b15_reset_makes_a_session_new_in_mid_stream);
	tcase_add_test(tests, b15_sync2_leaves_a_session_new);
	tcase_add_test(tests, b16_polling_when_there_is_nothing_to_do);
	tcase_add_test(tests, b16_poll_ctx_sets_the_count_and_may_return_eagain_with_it);
	tcase_add_test(tests, b16_poll_adds_to_the_count_and_succeeds_with_what_there_is);
	tcase_add_test(tests, b16_expt_is_the_most_that_comes);
	tcase_add_test(tests, b16_malformed_requests_are_einval_and_malformed_data_a_positive_status);
	tcase_add_loop_test(tests, b16_a_wrong_checksum_is_a_positive_status, 0, 2);
}

int main(void)
{
	corpus(CORPUS_TEXT);
	corpus(CORPUS_BINARY);
	corpus(CORPUS_NOISE);
	corpus(CORPUS_ZEROS);
	job_count_queues();
	return run_suite("behaviours", add_tests);
}
