/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The constructs a program written for UADK 2.10 takes from its headers beside functions and
 * structures: macros, inline functions, callback types, and what the headers include for it. Only
 * compiled, in C and C++, with WD_NO_LOG too.
 */
#include "wd_comp.h"
#include "wd_sched.h"

extern int client(handle_t h_ctx, struct uacce_dev *dev, void *reg);

static void *done(struct wd_comp_req *req, void *cb_param)
{
	*(__u32 *)cb_param = req->status;
	return NULL;
}

static int log_lines(handle_t h_ctx)
{
	WD_ERR("failed\n");
	WD_ERR("failed: %d\n", -WD_EINVAL);
	WD_INFO("%s %u\n", "chosen", 1U);
	WD_DEBUG("detail\n");
#ifndef WD_NO_LOG
	WD_DEV_ERR(h_ctx, "broken");
	if (h_ctx)
		WD_DEV_ERR(h_ctx, "broken: %d", 1);
	else
		WD_ERR("no queue\n");
#endif
	WD_CONSOLE("%s\n", "console");
	return h_ctx ? 0 : -WD_ENODEV;
}

static uint64_t registers(void *reg)
{
	wd_iowrite32(reg, 1);
	wmb();
	wd_iowrite64(reg, 2);
	rmb();
	mb();
	return wd_ioread64(reg) + wd_ioread32(reg);
}

static handle_t own_sched_init(handle_t h_sched_ctx, void *sched_param)
{
	(void)sched_param;
	return h_sched_ctx;
}

static __u32 own_pick(handle_t h_sched_ctx, void *sched_key, const int sched_mode)
{
	(void)h_sched_ctx;
	(void)sched_key;
	return sched_mode == CTX_MODE_SYNC ? 0 : INVALID_POS;
}

static int own_poll(handle_t h_sched_ctx, __u32 expect, __u32 *count)
{
	user_poll_func poll_one = wd_comp_poll_ctx;
	wd_alg_poll_ctx same = wd_comp_poll_ctx;

	(void)h_sched_ctx;
	return poll_one(0, expect, count) ? same(1, expect, count) : 0;
}

static int init_by_hand(struct wd_ctx_config *config)
{
	wd_alg_init init = wd_comp_init;
	struct wd_sched sched;

	memset(&sched, 0, sizeof(sched));
	sched.name = "own";
	sched.sched_policy = SCHED_POLICY_BUTT;
	sched.sched_init = own_sched_init;
	sched.pick_next_ctx = own_pick;
	sched.poll_policy = own_poll;
	return init(config, &sched);
}

static int init2(struct bitmask *nodes)
{
	char alg[] = "zlib";
	struct wd_ctx_nums nums[WD_DIR_MAX];
	struct wd_ctx_params params;
	int ret;

	memset(&params, 0, sizeof(params));
	memset(nums, 0, sizeof(nums));
	params.op_type_num = ARRAY_SIZE(nums);
	params.ctx_set_num = nums;
	params.bmp = nodes;
	numa_bitmask_setbit(nodes, 0);
	ret = wd_comp_init2_(alg, SCHED_POLICY_RR, TASK_HW, &params);
	if (unlikely(ret == -WD_EEXIST))
		ret = wd_comp_init2(alg, SCHED_POLICY_NONE, TASK_MIX);
	return ret;
}

int client(handle_t h_ctx, struct uacce_dev *dev, void *reg)
{
	wd_dev_mask_t mask = { NULL, 0, 0 };
	struct wd_comp_req req;
	struct wd_ctx_config config;
	handle_t pool = wd_mempool_create(BITS_TO_BYTES(BYTES_TO_BITS(4096)), NUMA_NO_NODE);

	if (WD_IS_ERR(pool) || WD_IS_ERR(dev) || mask.len)
		return (int)WD_HANDLE_ERR(pool) + (int)WD_PTR_ERR(WD_ERR_PTR((uintptr_t)-WD_EINVAL));
	memset(&req, 0, sizeof(req));
	memset(&config, 0, sizeof(config));
	req.cb = done;
	req.src = reg;
	if (likely(!strcmp(dev->api, "hisi_qm_v2")) && (dev->flags & UACCE_DEV_SVA))
		return log_lines(h_ctx);
	return init_by_hand(&config) + init2(wd_create_device_nodemask(NULL)) +
	       (int)registers(reg);
}
