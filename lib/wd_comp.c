// SPDX-License-Identifier: Apache-2.0
/*
 * Everything that is particular to compression: its sessions, the checks of a
 * request, how a request becomes a driver message and back, streams. Queues,
 * waiting, polling and init are the algorithm core's; formats are the driver's.
 */
#include <stdlib.h>
#include <string.h>
#include "core_slots.h"
#include "drv/wd_comp_drv.h"
#include "wd_comp.h"

#define WD_EXPORT __attribute__((visibility("default")))

/* wd_do_comp_sync2() feeds a stream in pieces of this size: one device operation takes 8 MiB at most. */
#define SYNC2_CHUNK_NBYTES (1u << 20)

struct wd_comp_sess {
	struct wd_core *core;
	struct wd_core_queue *pinned[CTX_MODE_MAX]; /* fixed by the scheduler; NULL: ask each time */
	void *sched_key;
	struct wd_template tmpl;
	uint8_t op_type;
	bool stream_broken; /* the device stopped in mid-stream; reset makes it whole */
	void *stream;	    /* the driver's stream memory, made by the first stream call */
};

static void comp_complete(struct wd_msg *head);

static const char *const comp_op_names[] = { "comp", "decomp" };
static const char *const comp_algs[] = { "zlib", "gzip", "deflate", "lz77_zstd", "lz4", "lz77_only",
					 NULL };

static const struct wd_core_family comp_family = {
	.name = "comp",
	.env_ctx_num = "WD_COMP_CTX_NUM",
	.env_epoll = "WD_COMP_EPOLL_EN",
	.env_async_poll = "WD_COMP_ASYNC_POLL_EN",
	.env_async_poll_num = "WD_COMP_ASYNC_POLL_NUM",
	.op_names = comp_op_names,
	.op_types = WD_DIR_MAX,
	.msg_nbytes = sizeof(struct wd_comp_msg),
	.complete = comp_complete,
	.poll_ctx = wd_comp_poll_ctx,
	.algs = comp_algs,
};

static struct wd_core_default comp = WD_CORE_DEFAULT(&comp_family);

/* ------------------------------------------------------------------ init */

WD_EXPORT int wd_comp_init(struct wd_ctx_config *config, struct wd_sched *sched)
{
	return wd_core_init(&comp, config, sched);
}

WD_EXPORT void wd_comp_uninit(void)
{
	wd_core_uninit(&comp);
}

WD_EXPORT int wd_comp_init2_(char *alg, __u32 sched_type, int task_type,
			     struct wd_ctx_params *ctx_params)
{
	return wd_core_init2(&comp, alg, sched_type, task_type, ctx_params);
}

WD_EXPORT void wd_comp_uninit2(void)
{
	wd_core_uninit(&comp);
}

WD_EXPORT int wd_comp_env_init(struct wd_sched *sched)
{
	return wd_core_env_init(&comp, sched);
}

WD_EXPORT void wd_comp_env_uninit(void)
{
	wd_core_uninit(&comp);
}

WD_EXPORT int wd_comp_ctx_num_init(__u32 node, __u32 type, __u32 num, __u8 mode)
{
	return wd_core_ctx_num_init(&comp, node, type, num, mode);
}

WD_EXPORT void wd_comp_ctx_num_uninit(void)
{
	wd_core_uninit(&comp);
}

WD_EXPORT int wd_comp_get_env_param(__u32 node, __u32 type, __u32 mode, __u32 *num, __u8 *is_enable)
{
	return wd_core_get_env_param(&comp, node, type, mode, num, is_enable);
}

/* --------------------------------------------------------------- session */

static int check_setup(const struct wd_comp_sess_setup *setup)
{
	if (!setup || (unsigned int)setup->alg_type >= WD_COMP_ALG_MAX ||
	    (unsigned int)setup->op_type >= WD_DIR_MAX) {
		WD_ERR("compression session: no setup, or an unknown algorithm or direction\n");
		return -WD_EINVAL;
	}
	if (setup->op_type == WD_DIR_COMPRESS && ((unsigned int)setup->comp_lv > WD_COMP_L15 ||
						  (unsigned int)setup->win_sz > WD_COMP_WS_32K)) {
		WD_ERR("compression session: level %u or window %u is out of range\n",
		       setup->comp_lv, setup->win_sz);
		return -WD_EINVAL;
	}
	return 0;
}

static struct wd_queue *queue_of_direction(struct wd_core *core, uint32_t op_type)
{
	for (uint32_t i = 0; i < core->nqueues; i++)
		if (core->queues[i].q && core->queues[i].op_type == op_type)
			return core->queues[i].q;
	return NULL;
}

static int init_template(struct wd_comp_sess *sess, const struct wd_comp_sess_setup *setup)
{
	struct wd_comp_params params = { .alg_type = setup->alg_type, .op_type = setup->op_type };
	struct wd_queue *q = queue_of_direction(sess->core, setup->op_type);

	/* A decompressing caller need not have set them. */
	if (setup->op_type == WD_DIR_COMPRESS) {
		params.comp_lv = setup->comp_lv;
		params.win_sz = setup->win_sz;
	}
	return q ? q->drv->session_init(q, &params, &sess->tmpl) : -WD_ENODEV;
}

/* The caller's setup may come from an older, shorter structure: only its stable part is read. */
static int init_sched(struct wd_comp_sess *sess, const struct wd_comp_sess_setup *setup)
{
	struct wd_core *core = sess->core;
	struct sched_params nearest = { .numa_id = NUMA_NO_NODE, .type = sess->op_type };
	void *param = setup->sched_param;

	if (!core->sched.sched_init)
		return 0;
	if (!param && core->sched_is_rr)
		param = &nearest;
	sess->sched_key = (void *)core->sched.sched_init(core->sched.h_sched_ctx, param);
	if (WD_IS_ERR(sess->sched_key)) {
		sess->sched_key = NULL;
		return -WD_EINVAL;
	}
	for (int mode = 0; mode < CTX_MODE_MAX && core->sched_is_rr; mode++)
		sess->pinned[mode] = wd_core_pick(core, sess->sched_key, mode, sess->op_type);
	return 0;
}

WD_EXPORT handle_t wd_comp_alloc_sess(struct wd_comp_sess_setup *setup)
{
	struct wd_comp_sess *sess;
	int rc;

	rc = check_setup(setup);
	if (rc)
		goto err;
	rc = -WD_ENOMEM;
	sess = calloc(1, sizeof(*sess));
	if (!sess)
		goto err;
	sess->core = wd_core_session_get(&comp);
	if (!sess->core) {
		WD_ERR("compression session: wd_comp_init2() or another init comes first\n");
		rc = -WD_ENODEV;
		goto err_free_sess;
	}
	sess->op_type = (uint8_t)setup->op_type;
	rc = init_template(sess, setup);
	if (rc) {
		WD_ERR("compression session: no queue of this direction takes algorithm %u at level %u\n",
		       setup->alg_type, setup->comp_lv);
		goto err_put_core;
	}
	rc = init_sched(sess, setup);
	if (rc)
		goto err_put_core;
	return (handle_t)sess;

err_put_core:
	wd_core_session_put(&comp, sess->core);
err_free_sess:
	free(sess);
err:
	errno = -rc;
	return 0;
}

WD_EXPORT void wd_comp_free_sess(handle_t h_sess)
{
	struct wd_comp_sess *sess = (struct wd_comp_sess *)h_sess;

	if (!sess)
		return;
	wd_core_session_put(&comp, sess->core);
	free(sess->sched_key);
	free(sess->stream);
	free(sess);
}

WD_EXPORT int wd_comp_reset_sess(handle_t h_sess)
{
	struct wd_comp_sess *sess = (struct wd_comp_sess *)h_sess;

	if (!sess)
		return -WD_EINVAL;
	if (sess->stream)
		sess->core->queues[0].drv->stream_reset(sess->stream);
	sess->stream_broken = false;
	return 0;
}

/* --------------------------------------------------------------- request */

static inline bool request_is_sound(const struct wd_comp_sess *sess, const struct wd_comp_req *req)
{
	return sess && req && req->src && req->dst && req->src_len && req->dst_len &&
	       (uint32_t)req->op_type == sess->op_type && (uint32_t)req->data_fmt <= WD_SGL_BUF;
}

static __attribute__((noinline, cold)) int refuse(const struct wd_comp_sess *sess,
						  const struct wd_comp_req *req, bool wants_cb)
{
	const char *why = "no buffer, or one of no length";

	if (!sess || !req)
		why = "no session or no request";
	else if ((uint32_t)req->op_type != sess->op_type)
		why = "its direction is not the session's";
	else if ((uint32_t)req->data_fmt > WD_SGL_BUF)
		why = "unknown data format";
	else if (wants_cb && !req->cb)
		why = "it is asynchronous and has no callback";
	else if (!wants_cb && req->cb)
		why = "it is synchronous and has a callback";
	WD_ERR("compression request refused: %s\n", why);
	return -WD_EINVAL;
}

static inline struct wd_core_queue *queue_for(struct wd_comp_sess *sess, int mode)
{
	struct wd_core_queue *cq = sess->pinned[mode];

	if (__builtin_expect(!cq, 0))
		cq = wd_core_pick(sess->core, sess->sched_key, mode, sess->op_type);
	return cq;
}

static __attribute__((noinline, cold)) int no_queue(int mode)
{
	WD_ERR("compression request refused: the scheduler gives no %s queue of this direction\n",
	       mode == CTX_MODE_SYNC ? "synchronous" : "asynchronous");
	return -WD_EINVAL;
}

static inline void take_results(struct wd_comp_req *req, const struct wd_comp_msg *msg)
{
	req->src_len = msg->consumed;
	req->dst_len = msg->produced;
	req->status = msg->status;
}

static inline int run(struct wd_comp_sess *sess, struct wd_comp_req *req, void *stream)
{
	struct wd_core_queue *cq = queue_for(sess, CTX_MODE_SYNC);
	struct wd_comp_msg msg;
	int rc;

	if (__builtin_expect(!cq, 0))
		return no_queue(CTX_MODE_SYNC);
	msg.tmpl = &sess->tmpl;
	msg.stream = stream;
	msg.req = *req;
	rc = wd_core_run(cq, &msg.head);
	if (__builtin_expect(rc, 0)) {
		req->status = (uint32_t)-rc;
		return rc;
	}
	take_results(req, &msg);
	return 0;
}

WD_EXPORT int wd_do_comp_sync(handle_t h_sess, struct wd_comp_req *req)
{
	struct wd_comp_sess *sess = (struct wd_comp_sess *)h_sess;

	if (__builtin_expect(!request_is_sound(sess, req) || req->cb, 0))
		return refuse(sess, req, false);
	return run(sess, req, NULL);
}

WD_EXPORT int wd_do_comp_async(handle_t h_sess, struct wd_comp_req *req)
{
	struct wd_comp_sess *sess = (struct wd_comp_sess *)h_sess;
	struct wd_core_queue *cq;
	struct wd_comp_msg *msg;

	if (__builtin_expect(!request_is_sound(sess, req) || !req->cb, 0))
		return refuse(sess, req, true);
	cq = queue_for(sess, CTX_MODE_ASYNC);
	if (__builtin_expect(!cq, 0))
		return no_queue(CTX_MODE_ASYNC);
	/* The request is copied: the caller may reuse his at once. */
	msg = (struct wd_comp_msg *)wd_core_slots_get(&cq->slots);
	if (__builtin_expect(!msg, 0))
		return -WD_EBUSY;
	msg->tmpl = &sess->tmpl;
	msg->stream = NULL;
	msg->req = *req;
	return wd_core_async_submit(cq, &msg->head);
}

/* Called once for each asynchronous job; the session may be gone by now. */
static void comp_complete(struct wd_msg *head)
{
	struct wd_comp_msg *msg = (struct wd_comp_msg *)head;

	if (__builtin_expect(head->result, 0)) {
		msg->req.status = (uint32_t)-head->result;
		msg->req.src_len = 0;
		msg->req.dst_len = 0;
	} else {
		take_results(&msg->req, msg);
	}
	msg->req.cb(&msg->req, msg->req.cb_param);
}

WD_EXPORT int wd_comp_poll_ctx(__u32 idx, __u32 expt, __u32 *count)
{
	return wd_core_poll_ctx(&comp, idx, expt, count);
}

WD_EXPORT int wd_comp_poll(__u32 expt, __u32 *count)
{
	return wd_core_poll(&comp, expt, count);
}

WD_EXPORT void *wd_comp_get_msg(__u32 idx, __u32 tag)
{
	return wd_core_msg_at(&comp, idx, tag);
}

/* --------------------------------------------------------------- streams */

static int stream_open(struct wd_comp_sess *sess)
{
	const struct wd_driver *drv = sess->core->queues[0].drv;

	if (sess->stream)
		return 0;
	if (!drv->stream_nbytes)
		return -WD_EINVAL;
	sess->stream = aligned_alloc(WD_CORE_CACHELINE,
				     (drv->stream_nbytes + WD_CORE_CACHELINE - 1) &
					     ~(size_t)(WD_CORE_CACHELINE - 1));
	if (!sess->stream)
		return -WD_ENOMEM;
	drv->stream_reset(sess->stream);
	return 0;
}

static bool stream_request_is_sound(const struct wd_comp_sess *sess, const struct wd_comp_req *req)
{
	return sess && req && req->dst && req->dst_len && (req->src || !req->src_len) &&
	       (uint32_t)req->op_type == sess->op_type && req->data_fmt == WD_FLAT_BUF && !req->cb;
}

static bool stops_stream(int rc)
{
	return rc == -WD_EIO || rc == -WD_ETIMEDOUT || rc == -WD_HW_EACCESS;
}

WD_EXPORT int wd_do_comp_strm(handle_t h_sess, struct wd_comp_req *req)
{
	struct wd_comp_sess *sess = (struct wd_comp_sess *)h_sess;
	int rc;

	if (!stream_request_is_sound(sess, req)) {
		WD_ERR("compression stream request refused: it needs an output buffer, flat data, "
		       "the session's direction and no callback\n");
		return -WD_EINVAL;
	}
	if (sess->stream_broken) {
		WD_ERR("the device failed in mid-stream; wd_comp_reset_sess() starts anew\n");
		return -WD_EIO;
	}
	rc = stream_open(sess);
	if (rc)
		return rc;
	rc = run(sess, req, sess->stream);
	sess->stream_broken = stops_stream(rc);
	return rc;
}

/* What is left of a wd_do_comp_sync2() request. */
struct sync2 {
	struct wd_comp_req step;
	uint8_t *dst;
	uint32_t in_left;
	uint32_t out_left;
	uint8_t beyond; /* room for a device to say that the stream has an end */
	bool overflow;	/* something came there */
};

static int sync2_step(handle_t h_sess, struct sync2 *s)
{
	bool full = !s->out_left;
	int rc;

	s->step.src_len = s->in_left < SYNC2_CHUNK_NBYTES ? s->in_left : SYNC2_CHUNK_NBYTES;
	s->step.last = s->step.src_len == s->in_left;
	s->step.dst = full ? &s->beyond : s->dst;
	s->step.dst_len = full ? sizeof(s->beyond) : s->out_left;
	rc = wd_do_comp_strm(h_sess, &s->step);
	if (rc)
		return rc;
	s->step.src = (char *)s->step.src + s->step.src_len;
	s->in_left -= s->step.src_len;
	s->overflow = full && s->step.dst_len;
	if (!full) {
		s->dst += s->step.dst_len;
		s->out_left -= s->step.dst_len;
	}
	return 0;
}

/* Is the stream at its end, one way or the other? If so *@status is what to report. */
static bool sync2_ended(const struct sync2 *s, uint32_t *status)
{
	bool compress = s->step.op_type == WD_DIR_COMPRESS;

	*status = s->overflow ? WD_OUT_EPARA : s->step.status;
	switch (*status) {
	case WD_STREAM_END:
		*status = WD_SUCCESS;
		return true;
	case WD_SUCCESS:
		if (compress && !s->in_left && s->step.last)
			return true;
		break;
	case WD_EAGAIN:
		break;
	default:
		return true;
	}
	/* Decompression goes on without room: what is left may be the stream's end alone. */
	if (compress && !s->out_left)
		*status = WD_OUT_EPARA;
	else if (!s->step.src_len && !s->step.dst_len)
		*status = WD_IN_EPARA; /* the input ends before its stream does */
	else
		return false;
	return true;
}

WD_EXPORT int wd_do_comp_sync2(handle_t h_sess, struct wd_comp_req *req)
{
	struct wd_comp_sess *sess = (struct wd_comp_sess *)h_sess;
	struct sync2 s;
	int rc;

	if (!request_is_sound(sess, req) || req->cb)
		return refuse(sess, req, false);
	wd_comp_reset_sess(h_sess);
	s = (struct sync2){ .step = *req,
			    .dst = req->dst,
			    .in_left = req->src_len,
			    .out_left = req->dst_len };
	do {
		rc = sync2_step(h_sess, &s);
	} while (!rc && !sync2_ended(&s, &req->status));
	wd_comp_reset_sess(h_sess);
	if (rc) {
		req->status = (uint32_t)-rc;
		return rc;
	}
	req->src_len -= s.in_left;
	req->dst_len -= s.out_left;
	return 0;
}
