/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The schedulers that come with the library. A program that uses wd_*_init2() needs none of this
 * beyond the policy names and struct sched_params; one that uses wd_*_init() makes its scheduler
 * here or fills in a struct wd_sched itself.
 */
#ifndef WD_SCHED_H
#define WD_SCHED_H

#include <asm/types.h>
#include <linux/types.h>
#include "wd_alg_common.h"

#ifdef __cplusplus
extern "C" {
#endif

/* No such context. */
#define INVALID_POS	0xFFFFFFFF

/**
 * enum sched_policy_type - how sessions are spread over contexts
 * @SCHED_POLICY_RR: in turn, over the contexts nearest to the session's NUMA node
 * @SCHED_POLICY_NONE: context 0 always; for drivers without queues
 * @SCHED_POLICY_SINGLE: context 0 for synchronous, 1 for asynchronous requests
 * @SCHED_POLICY_DEV: in turn, over the contexts of the session's device
 * @SCHED_POLICY_BUTT: number of policies
 */
enum sched_policy_type {
	SCHED_POLICY_RR = 0,
	SCHED_POLICY_NONE,
	SCHED_POLICY_SINGLE,
	SCHED_POLICY_DEV,
	SCHED_POLICY_BUTT,
};

/**
 * struct sched_params - a set of contexts; and a session's wish which set to use
 * @numa_id: NUMA node; for a session -1 means the node of the calling thread
 * @type: operation, for example WD_DIR_COMPRESS
 * @mode: enum wd_ctx_mode
 * @begin: first context index of the set; not used for a session
 * @end: last context index of the set; not used for a session
 * @dev_id: device, read with SCHED_POLICY_DEV only
 */
struct sched_params {
	int numa_id;
	__u8 type;
	__u8 mode;
	__u32 begin;
	__u32 end;
	__u32 dev_id;
};

/* Polls one context: wd_comp_poll_ctx() and its siblings. */
typedef int (*user_poll_func)(__u32 pos, __u32 expect, __u32 *count);

/**
 * wd_sched_rr_alloc() - make a scheduler.
 *
 * @sched_type: enum sched_policy_type.
 * @type_num: number of operations, more than 0; 2 for compression.
 * @numa_num: number of NUMA nodes, more than 0; may exceed what the machine has. Not used with
 *	SCHED_POLICY_DEV.
 * @func: polls one context of the algorithm, for example wd_comp_poll_ctx().
 *
 * Return: the scheduler, still without contexts; NULL with errno EINVAL or ENOMEM.
 *
 * Ownership: the caller frees it with wd_sched_rr_release(), after wd_*_uninit() of the algorithm
 *	that uses it. Any thread.
 */
struct wd_sched *wd_sched_rr_alloc(__u8 sched_type, __u8 type_num, __u16 numa_num,
				   user_poll_func func);

/**
 * wd_sched_rr_instance() - give a scheduler a set of contexts.
 *
 * @sched: from wd_sched_rr_alloc(); not NULL.
 * @param: the set, both ends included; not NULL. A second call for the same node or device,
 *	operation and mode replaces the first.
 *
 * Return: 0; -WD_EINVAL if an argument is NULL, begin is above end, or node, operation or mode is
 *	outside what the scheduler was made for; -WD_ENOMEM.
 *
 * Ownership: @param is copied. One thread, before the scheduler is in use.
 */
int wd_sched_rr_instance(const struct wd_sched *sched, struct sched_params *param);

/**
 * wd_sched_rr_release() - free a scheduler.
 *
 * @sched: from wd_sched_rr_alloc(); NULL is allowed.
 *
 * Return: nothing.
 *
 * Ownership: takes the scheduler; no algorithm may use it any more. One thread.
 */
void wd_sched_rr_release(struct wd_sched *sched);

#ifdef __cplusplus
}
#endif

#endif /* WD_SCHED_H */
