// SPDX-License-Identifier: Apache-2.0
/*
 * The public names of the scheduler. Every algorithm library exports them, because
 * programs link with -lwd_comp alone; libwd has them for its own use. The
 * implementation, and with it all state, exists once, in libwd.
 */
#include "sched_rr.h"

struct wd_sched *wd_sched_rr_alloc(__u8 sched_type, __u8 type_num, __u16 numa_num,
				   user_poll_func func)
{
	return wd_core_sched_rr_alloc(sched_type, type_num, numa_num, func);
}

int wd_sched_rr_instance(const struct wd_sched *sched, struct sched_params *param)
{
	return wd_core_sched_rr_instance(sched, param);
}

void wd_sched_rr_release(struct wd_sched *sched)
{
	wd_core_sched_rr_release(sched);
}
