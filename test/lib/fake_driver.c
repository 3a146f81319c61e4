// SPDX-License-Identifier: Apache-2.0
#include "fake_driver.h"

#include <stdlib.h>

#define DEPTH 8

struct fake_queue {
	struct wd_queue base;
	struct wd_msg *ring[DEPTH];
	unsigned int head, tail;
};

int fake_queues_open, fake_open_fails_at;

static int fake_open(const struct wd_queue_config *config, struct wd_queue **q)
{
	struct fake_queue *f;

	if (fake_open_fails_at && !--fake_open_fails_at)
		return -WD_EBUSY;
	f = aligned_alloc(64, (sizeof(*f) + 63) / 64 * 64);
	if (!f)
		return -WD_ENOMEM;
	*f = (struct fake_queue){ .base = { .ctx = config->ctx, .capacity = DEPTH } };
	*q = &f->base;
	fake_queues_open++;
	return 0;
}

static void fake_close(struct wd_queue *q)
{
	if (q)
		fake_queues_open--;
	free(q);
}

static int fake_session(struct wd_queue *q, const void *params, struct wd_template *t)
{
	(void)q;
	(void)params;
	(void)t;
	return 0;
}

static int fake_submit(struct wd_queue *q, struct wd_msg *msg)
{
	struct fake_queue *f = (struct fake_queue *)q;

	if (f->tail - f->head == DEPTH)
		return -WD_EBUSY;
	f->ring[f->tail++ % DEPTH] = msg;
	return 0;
}

static int fake_reap(struct wd_queue *q, struct wd_msg **done, int max)
{
	struct fake_queue *f = (struct fake_queue *)q;
	int n = 0;

	while (n < max && f->head != f->tail)
		done[n++] = f->ring[f->head++ % DEPTH];
	return n;
}

static int fake_arm(struct wd_queue *q)
{
	(void)q;
	return 0;
}

static void fake_kick(struct wd_queue *q)
{
	(void)q;
}

static int fake_usage(struct wd_queue *q, unsigned int op_type)
{
	(void)q;
	return (int)(40 + op_type);
}

const struct wd_driver fake_driver = {
	.abi = WD_DRIVER_ABI,
	.queue_open = fake_open,
	.queue_close = fake_close,
	.session_init = fake_session,
	.submit = fake_submit,
	.reap = fake_reap,
	.arm = fake_arm,
	.kick = fake_kick,
	.stop = fake_arm,
	.abort = fake_reap,
	.restart = fake_arm,
	.forked = fake_kick,
	.usage = fake_usage,
};
