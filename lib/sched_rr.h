/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The schedulers of wd_sched.h as the libraries of one build reach them: libwd
 * has the one implementation, and every algorithm library forwards the public
 * names to it (sched_forward.c), because programs link with that library alone.
 */
#ifndef WD_LIB_SCHED_RR_H
#define WD_LIB_SCHED_RR_H

#include "wd_sched.h"

struct wd_sched *wd_core_sched_rr_alloc(__u8 sched_type, __u8 type_num, __u16 numa_num,
					user_poll_func func);
int wd_core_sched_rr_instance(const struct wd_sched *sched, struct sched_params *param);
void wd_core_sched_rr_release(struct wd_sched *sched);

/*
 * Is @sched, or what it was copied from, made here? Then the context of a session
 * and mode never changes, and a caller may remember it.
 */
int wd_core_sched_is_rr(const struct wd_sched *sched);

#endif
