// SPDX-License-Identifier: Apache-2.0
/*
 * Chunks as LZ4 blocks. A block stands alone, so one thread sends them all as
 * asynchronous requests and polls when it needs a result.
 */
#include <errno.h>
#include <lz4.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "chunk.h"

/* With nothing done for so long the device is taken for dead. */
#define PATIENCE_NS 60000000000ull
#define SPINS 200	 /* polls before sleeping between them */
#define NAP_NS 50000l

struct chunk_sender {
	const struct options *opts;
	handle_t session;
	uint8_t *scratch; /* --verify: a chunk's worth */
};

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

static struct chunk_sender *blocks_open(struct engine *e, const struct options *o, enum format f)
{
	struct chunk_sender *s = calloc(1, sizeof(*s));

	(void)e;
	(void)f;
	if (!s)
		return NULL;
	s->opts = o;
	s->session = engine_session(WD_LZ4, WD_DIR_COMPRESS, CTX_MODE_ASYNC, o->level);
	if (!s->session)
		goto err_free_sender;
	if (o->verify && !(s->scratch = malloc(CHUNK_NBYTES)))
		goto err_free_session;
	return s;

err_free_session:
	wd_comp_free_sess(s->session);
err_free_sender:
	free(s);
	return NULL;
}

/* Called from within wd_comp_poll(). */
static void *block_done(struct wd_comp_req *req, void *arg)
{
	struct chunk *c = arg;

	/* Not smaller, or no room for what is larger: the frame takes the input as it is. */
	c->raw = req->status == WD_OUT_EPARA ||
		 (req->status == WD_SUCCESS && req->dst_len >= c->src_nbytes);
	if (!c->raw && req->status != WD_SUCCESS)
		c->code = -(int)req->status;
	else if (!c->raw && req->src_len != c->src_nbytes)
		c->code = -WD_EIO;
	c->dst_nbytes = c->raw ? c->src_nbytes : req->dst_len;
	c->done = true;
	return NULL;
}

/* Poll once; sleep a little if that goes on without a result. */
static int poll_some(unsigned int *fruitless)
{
	const struct timespec nap = { .tv_nsec = NAP_NS };
	__u32 count = 0;
	int rc = wd_comp_poll(1, &count);

	if (count) {
		*fruitless = 0;
		return 0;
	}
	if (rc && rc != -WD_EAGAIN)
		return rc;
	if (++*fruitless > SPINS)
		nanosleep(&nap, NULL);
	return 0;
}

static void blocks_send(struct chunk_sender *s, struct chunk *c)
{
	struct wd_comp_req req = {
		.src = c->src,
		.src_len = c->src_nbytes,
		.dst = c->dst,
		.dst_len = CHUNK_DST_NBYTES,
		.cb = block_done,
		.cb_param = c,
		.op_type = WD_DIR_COMPRESS,
		.data_fmt = WD_FLAT_BUF,
		.last = 1,
	};
	uint64_t deadline = now_ns() + PATIENCE_NS;
	unsigned int fruitless = 0;

	c->done = false;
	c->code = 0;
	c->problem = NULL;
	do {
		c->code = wd_do_comp_async(s->session, &req);
		if (c->code != -WD_EBUSY || poll_some(&fruitless))
			break;
	} while (now_ns() < deadline);
	c->done = c->code != 0;
}

static bool expands_to_input(const struct chunk_sender *s, const struct chunk *c)
{
	int n = LZ4_decompress_safe((const char *)c->dst, (char *)s->scratch, (int)c->dst_nbytes,
				    (int)CHUNK_NBYTES);

	return n == (int)c->src_nbytes && !memcmp(s->scratch, c->src, c->src_nbytes);
}

static void blocks_wait(struct chunk_sender *s, struct chunk *c)
{
	uint64_t deadline = now_ns() + PATIENCE_NS;
	unsigned int fruitless = 0;

	while (!c->done && !c->code) {
		c->code = poll_some(&fruitless);
		if (!fruitless)
			deadline = now_ns() + PATIENCE_NS;
		else if (now_ns() > deadline)
			c->code = -WD_ETIMEDOUT;
	}
	if (!c->code && !c->raw && s->opts->verify && !expands_to_input(s, c))
		c->problem = CHUNK_NOT_VERIFIED;
}

static void blocks_close(struct chunk_sender *s)
{
	wd_comp_free_sess(s->session);
	free(s->scratch);
	free(s);
}

const struct chunk_sender_ops chunk_blocks = {
	.open = blocks_open,
	.send = blocks_send,
	.wait = blocks_wait,
	.close = blocks_close,
};
