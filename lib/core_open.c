// SPDX-License-Identifier: Apache-2.0
/*
 * From "I want this algorithm" to open queues: which nodes, how many of each
 * kind, which device of a node, and a scheduler over the result. What a queue
 * is and how it runs is not known here.
 */
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include "core.h"

#define MAX_NODE 1023

int wd_core_wants_add(struct wd_core_wants *w, int node, uint8_t op_type, uint8_t mode,
		      uint32_t num)
{
	if (!num)
		return 0;
	if (w->count == WD_CORE_MAX_WANTS || num > WD_CTX_CNT_NUM)
		return -WD_EINVAL;
	w->item[w->count++] = (struct wd_core_want){ node, op_type, mode, num };
	return 0;
}

/* ------------------------------------------------------------- a device */

static bool is_usable(const struct uacce_dev *dev)
{
	if (!(dev->flags & UACCE_DEV_SVA)) {
		WD_WARN("%s: no shared virtual addressing; the device is not used\n",
			dev->char_dev_path);
		return false;
	}
	return wd_is_isolate((struct uacce_dev *)(uintptr_t)dev) != 1;
}

/* The device of @node (any if negative) with most free queues that is not in @tried. */
static struct uacce_dev *best_device(struct uacce_dev_list *list, int node, uint64_t tried)
{
	struct uacce_dev *best = NULL;
	int most = 0;

	for (unsigned int i = 0; list && i < 64; list = list->next, i++) {
		int avail;

		if (tried >> i & 1 || (node >= 0 && list->dev->numa_id != node) ||
		    !is_usable(list->dev))
			continue;
		avail = wd_get_avail_ctx(list->dev);
		if (avail > most) {
			most = avail;
			best = list->dev;
		}
	}
	return best;
}

static unsigned int position_of(const struct uacce_dev_list *list, const struct uacce_dev *dev)
{
	unsigned int i = 0;

	for (; list && list->dev != dev; list = list->next)
		i++;
	return i;
}

/* One queue on @node for @want; another device of the node when the first refuses. */
static int open_one(struct wd_core *core, uint32_t idx, struct uacce_dev_list *list,
		    const char *alg, const struct wd_core_want *want)
{
	struct wd_ctx ctx = { .op_type = want->op_type, .ctx_mode = want->mode };
	const struct wd_driver *drv;
	struct uacce_dev *dev;
	uint64_t tried = 0;
	int rc = -WD_EBUSY;
	char *name;

	while ((dev = best_device(list, want->node, tried))) {
		tried |= 1ull << position_of(list, dev);
		name = wd_get_accel_name(dev->char_dev_path, 1);
		drv = wd_core_driver_find(alg, name);
		free(name);
		if (!drv) {
			rc = -WD_ENODEV;
			continue;
		}
		ctx.ctx = wd_request_ctx(dev);
		if (!ctx.ctx) {
			rc = errno ? -errno : -WD_EBUSY;
			continue;
		}
		rc = wd_core_queue_open(core, idx, drv, &ctx);
		if (!rc)
			return 0;
		wd_release_ctx(ctx.ctx);
	}
	return rc;
}

/* ------------------------------------------------------------ all wanted */

/*
 * Queues of one want lie side by side. Fewer than wanted is enough as long as
 * there is one; the count reached is returned, or the reason for none.
 */
static int open_want(struct wd_core *core, uint32_t first, struct uacce_dev_list *list,
		     const char *alg, const struct wd_core_want *want)
{
	uint32_t n;
	int rc = 0;

	for (n = 0; n < want->num; n++) {
		rc = open_one(core, first + n, list, alg, want);
		if (rc)
			break;
	}
	if (n && n < want->num)
		WD_WARN("%s: %u of %u queues on node %d: %s\n", alg, n, want->num, want->node,
			strerror(-rc));
	return n ? (int)n : rc;
}

static int add_region(const struct wd_sched *sched, const struct wd_core_want *want, uint32_t first,
		      uint32_t n)
{
	struct sched_params region = {
		.numa_id = want->node,
		.type = want->op_type,
		.mode = want->mode,
		.begin = first,
		.end = first + n - 1,
		.dev_id = (uint32_t)want->node, /* a scheduler by device must not mix nodes */
	};

	return wd_sched_rr_instance(sched, &region);
}

static int fill(struct wd_core *core, struct uacce_dev_list *list, const char *alg,
		const struct wd_core_wants *wants)
{
	uint32_t at = 0;
	int last_error = -WD_EBUSY;

	for (uint32_t i = 0; i < wants->count; i++) {
		const struct wd_core_want *want = &wants->item[i];
		int n = open_want(core, at, list, alg, want);

		if (n < 0) {
			WD_WARN("%s: no queue on node %d: %s\n", alg, want->node, strerror(-n));
			last_error = n;
			continue;
		}
		if (core->own_sched) {
			int rc = add_region(core->own_sched, want, at, (uint32_t)n);

			if (rc)
				return rc;
		}
		at += (uint32_t)n;
	}
	core->nqueues = at;
	return at ? 0 : last_error;
}

static uint32_t total(const struct wd_core_wants *wants)
{
	uint32_t sum = 0;

	for (uint32_t i = 0; i < wants->count; i++)
		sum += wants->item[i].num;
	return sum;
}

static int max_node(const struct wd_core_wants *wants)
{
	int max = 0;

	for (uint32_t i = 0; i < wants->count; i++)
		if (wants->item[i].node > max)
			max = wants->item[i].node;
	return max;
}

static int give_sched(struct wd_core *core, const struct wd_sched *sched, uint32_t sched_type,
		      const struct wd_core_wants *wants)
{
	if (!sched) {
		core->own_sched = wd_sched_rr_alloc((uint8_t)sched_type,
						    (uint8_t)core->family->op_types,
						    (uint16_t)(max_node(wants) + 1),
						    core->family->poll_ctx);
		if (!core->own_sched)
			return -WD_EINVAL;
		sched = core->own_sched;
	}
	core->sched = *sched;
	core->sched_is_rr = wd_core_sched_is_rr(sched);
	return 0;
}

int wd_core_open_wants(struct wd_core **out, const struct wd_core_family *family, const char *alg,
		       uint32_t sched_type, const struct wd_sched *sched,
		       const struct wd_core_wants *wants)
{
	struct uacce_dev_list *list;
	struct wd_core *core;
	uint32_t n = total(wants);
	int rc = -WD_ENOMEM;

	if (!n || n > WD_CTX_CNT_NUM)
		return -WD_EINVAL;
	list = wd_get_accel_list(alg);
	if (!list) {
		WD_ERR("%s: no accelerator offers this algorithm\n", alg);
		return -WD_ENODEV;
	}
	core = wd_core_new(family, n);
	if (!core)
		goto err_free_list;
	core->owns_ctxs = true;
	rc = give_sched(core, sched, sched_type, wants);
	if (!rc)
		rc = fill(core, list, alg, wants);
	if (rc)
		goto err_put_core;
	wd_free_list_accels(list);
	*out = core;
	return 0;

err_put_core:
	wd_core_put(core);
err_free_list:
	wd_free_list_accels(list);
	return rc;
}

/* ----------------------------------------------------------------- init2 */

static int add_node(struct wd_core_wants *w, const struct wd_core_family *family, int node,
		    const struct wd_ctx_params *params)
{
	int rc = 0;

	for (uint32_t op = 0; op < family->op_types && !rc; op++) {
		struct wd_ctx_nums nums = { 1, 1 };

		if (params && params->ctx_set_num)
			nums = op < params->op_type_num ? params->ctx_set_num[op] :
							  (struct wd_ctx_nums){ 0, 0 };
		rc = wd_core_wants_add(w, node, (uint8_t)op, CTX_MODE_SYNC, nums.sync_ctx_num);
		if (!rc)
			rc = wd_core_wants_add(w, node, (uint8_t)op, CTX_MODE_ASYNC,
					       nums.async_ctx_num);
	}
	return rc;
}

static bool node_chosen(const struct wd_ctx_params *params, int node)
{
	return !params || !params->bmp || numa_bitmask_isbitset(params->bmp, (unsigned int)node);
}

/* Every node that has a device, or those of them the caller named. */
static int default_wants(struct wd_core_wants *w, const struct wd_core_family *family,
			 const char *alg, const struct wd_ctx_params *params)
{
	struct uacce_dev_list *list = wd_get_accel_list(alg);
	uint64_t seen[(MAX_NODE + 64) / 64] = { 0 };
	int rc = list ? 0 : -WD_ENODEV;

	for (struct uacce_dev_list *l = list; l && !rc; l = l->next) {
		int node = l->dev->numa_id;

		if (node < 0 || node > MAX_NODE || seen[node / 64] >> (node % 64) & 1 ||
		    !node_chosen(params, node))
			continue;
		seen[node / 64] |= 1ull << (node % 64);
		rc = add_node(w, family, node, params);
	}
	wd_free_list_accels(list);
	if (rc == -WD_ENODEV)
		WD_ERR("%s: no accelerator offers this algorithm\n", alg);
	else if (rc)
		WD_ERR("%s: more than %u queues of a kind, or too many nodes\n", alg,
		       WD_CTX_CNT_NUM);
	else if (!w->count)
		WD_ERR("%s: no queue asked for on any node with a device\n", alg);
	return rc ? rc : w->count ? 0 : -WD_EINVAL;
}

static bool offers(const struct wd_core_family *family, const char *alg)
{
	for (const char *const *a = family->algs; *a; a++)
		if (!strcmp(*a, alg))
			return true;
	return false;
}

int wd_core_open2(struct wd_core **out, const struct wd_core_family *family, const char *alg,
		  uint32_t sched_type, int task_type, const struct wd_ctx_params *params)
{
	struct wd_core_wants *w;
	int rc;

	if (!alg || !offers(family, alg) || sched_type >= SCHED_POLICY_BUTT || task_type < 0 ||
	    task_type >= TASK_MAX_TYPE || (params && params->ctx_set_num &&
					   params->op_type_num > WD_CORE_MAX_OP_TYPES)) {
		WD_ERR("init2: unknown algorithm (%s), scheduler (%u) or task type (%d)\n",
		       alg ? alg : "NULL", sched_type, task_type);
		return -WD_EINVAL;
	}
	if (task_type == TASK_INSTR) {
		WD_ERR("%s: no driver on CPU instructions for this algorithm\n", alg);
		return -WD_ENODEV;
	}
	w = calloc(1, sizeof(*w));
	if (!w)
		return -WD_ENOMEM;
	rc = wd_core_env_wants(family, w);
	if (!rc)
		rc = default_wants(w, family, alg, params);
	if (rc >= 0)
		rc = wd_core_open_wants(out, family, alg, sched_type, NULL, w);
	free(w);
	return rc;
}
