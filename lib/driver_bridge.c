// SPDX-License-Identifier: Apache-2.0
/*
 * A native driver seen through struct wd_alg_driver, for programs that walk the
 * registry and call what they find. It owns the queues opened this way. The
 * algorithm core does not come here: it calls the driver itself.
 *
 * Messages are the driver contract's: send() takes a struct wd_msg, recv() a
 * struct wd_msg ** that receives the pointer sent. send() may return
 * WD_SUBMIT_DONE: the message is complete, recv() will not return it.
 */
#include <stdlib.h>
#include <string.h>
#include "ctx.h"
#include "device.h"
#include "driver_entry.h"

struct bridge {
	uint32_t nqueues;
	struct wd_queue *queues[];
};

static const struct wd_driver *native_of(const struct wd_alg_driver *drv)
{
	const char *entry = (const char *)drv - offsetof(struct driver_entry, table);

	return ((const struct driver_entry *)entry)->native;
}

static void close_queues(const struct wd_driver *native, struct bridge *bridge)
{
	while (bridge->nqueues)
		native->queue_close(bridge->queues[--bridge->nqueues]);
	free(bridge);
}

static int open_queue(const struct wd_driver *native, const struct wd_ctx_internal *ctx,
		      struct wd_queue **q)
{
	struct wd_queue_config config = { .ctx = ctx->ctx, .op_type = ctx->op_type };

	return wd_ctx_is_hw(ctx->ctx) ? native->queue_open(&config, q) : -WD_EINVAL;
}

static int bridge_init(struct wd_alg_driver *drv, void *conf)
{
	const struct wd_driver *native = native_of(drv);
	const struct wd_ctx_config_internal *config = conf;
	struct bridge *bridge;
	int rc;

	if (!config || !config->ctx_num || !config->ctxs)
		return -WD_EINVAL;
	if (drv->priv)
		return -WD_EEXIST;
	bridge = calloc(1, sizeof(*bridge) + config->ctx_num * sizeof(bridge->queues[0]));
	if (!bridge)
		return -WD_ENOMEM;
	while (bridge->nqueues < config->ctx_num) {
		uint32_t i = bridge->nqueues;

		rc = open_queue(native, &config->ctxs[i], &bridge->queues[i]);
		if (rc)
			goto err_close_queues;
		bridge->nqueues++;
	}
	drv->priv = bridge;
	return 0;

err_close_queues:
	close_queues(native, bridge);
	return rc;
}

static void bridge_exit(struct wd_alg_driver *drv)
{
	if (!drv->priv)
		return;
	close_queues(native_of(drv), drv->priv);
	drv->priv = NULL;
}

static struct wd_queue *queue_of(const struct wd_alg_driver *drv, handle_t ctx)
{
	struct bridge *bridge = drv->priv;

	for (uint32_t i = 0; bridge && i < bridge->nqueues; i++)
		if (bridge->queues[i]->ctx == ctx)
			return bridge->queues[i];
	return NULL;
}

static int bridge_send(struct wd_alg_driver *drv, handle_t ctx, void *msg)
{
	struct wd_queue *q = queue_of(drv, ctx);

	return q && msg ? native_of(drv)->submit(q, msg) : -WD_EINVAL;
}

static int bridge_recv(struct wd_alg_driver *drv, handle_t ctx, void *msg)
{
	struct wd_queue *q = queue_of(drv, ctx);
	int n;

	if (!q || !msg)
		return -WD_EINVAL;
	n = native_of(drv)->reap(q, msg, 1);
	return n > 0 ? 0 : n ? n : -WD_EAGAIN;
}

/* ------------------------------------------------------------------ usage */

/* The driver reads the load through a queue; this one is only for asking. */
static int ask_on_new_queue(const struct wd_driver *native, struct uacce_dev *dev,
			    unsigned int op_type)
{
	struct wd_queue_config config = { .op_type = op_type };
	struct wd_queue *q;
	int rc;

	config.ctx = wd_request_ctx(dev);
	if (!config.ctx)
		return -errno;
	rc = native->queue_open(&config, &q);
	if (!rc) {
		rc = native->usage(q, op_type);
		native->queue_close(q);
	}
	wd_release_ctx(config.ctx);
	return rc;
}

static int bridge_usage(void *param)
{
	const struct hisi_dev_usage *question = param;
	const struct wd_driver *native;
	struct uacce_dev dev;

	if (!question || !question->drv || !question->dev_name)
		return -WD_EINVAL;
	native = native_of(question->drv);
	if (!native->usage || strchr(question->dev_name, '/'))
		return -WD_EINVAL;
	if (wd_device_read(&dev, question->dev_name))
		return -WD_ENODEV;
	return ask_on_new_queue(native, &dev, question->alg_op_type);
}

void wd_driver_bridge(struct driver_entry *entry, const char *alg)
{
	const struct wd_driver *native = entry->native;

	entry->table = (struct wd_alg_driver){
		.drv_name = native->name,
		.alg_name = alg,
		.priority = native->priority,
		.calc_type = native->calc_type,
		.queue_num = 1,
		.op_type_num = native->op_types,
		.init = bridge_init,
		.exit = bridge_exit,
		.send = bridge_send,
		.recv = bridge_recv,
		.get_usage = native->usage ? bridge_usage : NULL,
	};
}
