/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ZIP driver's face to the library: its table, queues and sessions, and the
 * requests that stand alone (deflate, zlib, gzip, LZ4; flat or scattered).
 * submit() and reap() of a flat request are each one function, with the queue
 * manager's part inlined.
 */
#include <stdlib.h>
#include "zip.h"

#define ZIP_STATUS_BYTE (4 * FIELD_WORD(ZIP_STATUS))

/* ------------------------------------------------------------- results */

__attribute__((cold)) void zip_result_load(struct zip_result *r, const struct hisi_zip_sqe *sqe)
{
	uint32_t status = dma_load32(&sqe->dw[FIELD_WORD(ZIP_STATUS)]);

	r->consumed = field_extract(dma_load32(&sqe->dw[FIELD_WORD(ZIP_CONSUMED)]), ZIP_CONSUMED);
	r->produced = field_extract(dma_load32(&sqe->dw[FIELD_WORD(ZIP_PRODUCED)]), ZIP_PRODUCED);
	r->literals = field_extract(dma_load32(&sqe->dw[FIELD_WORD(ZIP_COMP_DATA_LENGTH)]),
				    ZIP_COMP_DATA_LENGTH);
	r->code = field_extract(status, ZIP_STATUS);
	r->last_block = field_extract(status, ZIP_LAST_BLOCK);
}

uint32_t zip_result_status(const struct zip_result *r)
{
	switch (r->code) {
	case ZIP_ST_OK:
	case ZIP_ST_NEGATIVE_COMP:
		return WD_SUCCESS;
	case ZIP_ST_DECOMP_END:
		return r->last_block ? WD_STREAM_END : WD_SUCCESS;
	case ZIP_ST_DEST_FULL:
		return WD_OUT_EPARA;
	case ZIP_ST_CHECKSUM_BAD:
		return WD_VERIFY_ERR;
	default:
		return WD_IN_EPARA;
	}
}

__attribute__((cold)) void zip_result_impossible(struct qm_queue *q, struct wd_comp_msg *msg,
						  const char *what, uint32_t value)
{
	msg->head.result = -WD_EIO;
	msg->status = WD_IN_EPARA;
	msg->consumed = 0;
	msg->produced = 0;
	msg->checksum = 0;
	qm_complain(q, what, value);
}

/*
 * Any result of a request that stands alone. A request is a whole stream, so the
 * end mark is plain success, and its absence in the "end of data" code means that
 * input is missing. Lengths that come with an error have no defined value: those
 * out of range are not passed on.
 */
static __attribute__((cold, noinline)) void plain_result(struct qm_queue *q, const void *sqe,
							  struct wd_comp_msg *msg)
{
	uint32_t in_left = zip_given_in(msg), out_left = zip_given_out(msg);
	struct zip_result r;

	zip_result_load(&r, sqe);
	msg->status = zip_result_status(&r);
	if (msg->status == WD_STREAM_END)
		msg->status = WD_SUCCESS;
	else if (r.code == ZIP_ST_DECOMP_END)
		msg->status = WD_IN_EPARA;
	msg->head.result = 0;
	msg->checksum = 0;
	if (r.consumed <= in_left && r.produced <= out_left) {
		msg->consumed += r.consumed;
		msg->produced += r.produced;
	} else if (msg->status == WD_SUCCESS) {
		zip_result_impossible(q, msg, "device claims more input or output than there was",
				      r.consumed <= in_left ? r.produced : r.consumed);
	} else {
		msg->consumed = 0;
		msg->produced = 0;
	}
}

static inline void zip_decode(struct qm_queue *q, uint32_t slot, void *sqe, struct wd_msg *head)
{
	struct wd_comp_msg *msg = (struct wd_comp_msg *)head;

	sgl_release(&q->sgls, slot);
	switch (msg->head.result) {
	case ZIP_READ_STREAM:
		zip_stream_complete(q, sqe, msg);
		break;
	case ZIP_READ_LZ77:
	case ZIP_READ_LZ77_STREAM:
		zip_lz77_complete(q, sqe, msg);
		break;
	default:
		plain_result(q, sqe, msg);
	}
}

/*
 * A flat request that stands alone and went well. Lengths are compared as pairs: the
 * low halves first, and if these are in order the whole is if the high halves are.
 */
static inline bool zip_decode_quick(void *sqe, struct wd_msg *head)
{
	struct wd_comp_msg *msg = (struct wd_comp_msg *)head;
	uint64_t lengths = le64toh(dma_load64(sqe)); /* words 0 and 1 */
	uint32_t code = dma_load8((uint8_t *)sqe + ZIP_STATUS_BYTE);

	if (qm_unlikely(code | (uint32_t)head->result))
		return false;
	if (qm_unlikely((uint32_t)lengths > zip_given_in(msg) ||
			lengths > zip_get_pair(&msg->status)))
		return false;
	zip_put_pair(&msg->consumed, zip_get_pair(&msg->consumed) + lengths);
	zip_put_pair(&msg->status, 0); /* WD_SUCCESS, no checksum; result is 0 already */
	return true;
}
_Static_assert(ZIP_ST_OK == 0 && ZIP_READ_PLAIN == 0 && WD_SUCCESS == 0, "zip_decode_quick()");
_Static_assert(FIELD_LOW(ZIP_STATUS) == 0 && FIELD_MASK(ZIP_STATUS) == 0xff, "ZIP_STATUS_BYTE");

static __attribute__((noinline)) int zip_reap_on(struct qm_queue *q, struct wd_msg **done, int n,
						 int max)
{
	return qm_reap_on(q, done, n, max, ZIP_SQE_NBYTES, zip_decode);
}

static int zip_reap(struct wd_queue *q, struct wd_msg **done, int max)
{
	return qm_reap(qm_of(q), done, max, ZIP_SQE_NBYTES, zip_decode_quick, zip_reap_on);
}

/* -------------------------------------------------------------- submit */

/* Header bytes of a whole gzip stream in one buffer; -1 if malformed or if nothing follows. */
static __attribute__((noinline)) int gzip_header(const uint8_t *p, uint32_t nbytes)
{
	struct zip_header h = { 0 };
	int taken = zip_header_take(&h, ZIP_KIND_GZIP, p, nbytes);

	return taken >= 0 && zip_header_is_done(&h) ? taken : -1;
}

/* The two bytes of zlib: method 8, window up to 32 KiB, no dictionary, and a check on both. */
static inline bool zlib_header_is_good(uint32_t cmf, uint32_t flg)
{
	return (cmf & 15) == 8 && cmf >> 4 <= 7 && !(flg & 0x20) && (cmf << 8 | flg) % 31 == 0;
}

/*
 * Into the reserved slot: the element of a flat request; publish. header is the
 * pair of header bytes removed from the input and written before the output. Each
 * load stands next to its store: so it takes few registers and no stack.
 */
static __attribute__((noinline)) int plain_send(struct zip_queue *q, uint32_t slot,
						struct wd_comp_msg *msg, uint64_t header,
						uint32_t room)
{
	uint64_t *w = zip_element(q, slot);
	uint32_t in = msg->src_len - (uint32_t)header;
	uint8_t *dst = msg->dst;

	w[ZIP_W_INPUT] = htole64(in);
	w[ZIP_W_SRC] = htole64((uintptr_t)msg->src + (uint32_t)header);
	w[ZIP_W_ROOM_STATE0] = htole64(room);
	w[ZIP_W_DST] = htole64((uintptr_t)dst + (header >> 32));
	w[ZIP_W_6_7] = htole64(msg->tmpl->word[ZIP_T_WORDS_6_7] | q->sqe_type);
	w[ZIP_W_8_9] = htole64(msg->tmpl->word[ZIP_T_WORDS_8_9]);
	zip_header_write(header >> 32, dst);
	zip_msg_begin(msg, header, zip_pair(in, room), ZIP_READ_PLAIN);
	qm_publish(&q->qm, slot, &msg->head);
	return 0;
}

/* The same when the lock or a slot is not at hand. */
static __attribute__((noinline, cold)) int plain_send_patiently(struct zip_queue *q,
								 struct wd_comp_msg *msg,
								 uint64_t header, uint32_t room,
								 bool locked)
{
	int slot = locked ? qm_reserve_locked(&q->qm) : qm_reserve(&q->qm);

	return slot < 0 ? slot : plain_send(q, slot, msg, header, room);
}

static inline __attribute__((always_inline)) int plain_submit(struct zip_queue *q,
							      struct wd_comp_msg *msg,
							      uint64_t header)
{
	uint32_t room = zip_min(msg->dst_len, ZIP_MAX_FLAT_NBYTES);

	if (qm_unlikely(room <= header >> 32))
		return zip_done(msg, WD_OUT_EPARA, 0, 0);
	room -= header >> 32;
	if (qm_unlikely(!wd_lock_try(&q->qm.sq_lock)))
		return plain_send_patiently(q, msg, header, room, false);
	if (qm_unlikely(!qm_slot_at_hand(&q->qm)))
		return plain_send_patiently(q, msg, header, room, true);
	return plain_send(q, q->qm.tail, msg, header, room);
}

static __attribute__((noinline)) int plain_decompress(struct zip_queue *q, struct wd_comp_msg *msg,
						       uint32_t kind)
{
	const uint8_t *p = msg->src;
	int header = 0;

	if (kind & ZIP_KIND_GZIP)
		header = gzip_header(p, msg->src_len);
	else if (kind & ZIP_KIND_ZLIB)
		header = msg->src_len >= ZIP_ZLIB_HEADER_NBYTES && zlib_header_is_good(p[0], p[1]) ?
				 (int)ZIP_ZLIB_HEADER_NBYTES :
				 -1;
	if (header < 0 || (uint32_t)header == msg->src_len)
		return zip_done(msg, WD_IN_EPARA, 0, 0);
	return plain_submit(q, msg, zip_pair(header, 0));
}

static int submit_seldom(struct zip_queue *q, struct wd_comp_msg *msg);

static int zip_submit(struct wd_queue *wq, struct wd_msg *head)
{
	struct wd_comp_msg *msg = (struct wd_comp_msg *)head;
	struct zip_queue *q = zip_of(wq);
	uint32_t kind = msg->tmpl->word[ZIP_T_KIND];

	if (qm_unlikely((uintptr_t)msg->stream | msg->data_fmt | (kind & q->seldom)))
		return submit_seldom(q, msg);
	if (qm_unlikely(msg->src_len - 1 >= ZIP_MAX_FLAT_NBYTES))
		return -WD_EINVAL;
	if (kind & ZIP_KIND_DECOMPRESS)
		return plain_decompress(q, msg, kind);
	return plain_submit(q, msg, msg->tmpl->word[ZIP_T_HEADER]);
}
_Static_assert(WD_FLAT_BUF == 0, "zip_submit() tests it together with other zeros");

/* ----------------------------------------------------- scattered requests */

/* Header of a scattered stream: its length, or -1 if malformed or nothing follows it. */
static int scattered_header(uint32_t kind, struct sgl_cursor at, uint32_t nbytes)
{
	struct zip_header h = { 0 };
	uint32_t total = 0, n;
	int taken;

	while (total < nbytes && !zip_header_is_done(&h)) {
		const uint8_t *p = sgl_peek(&at, &n);

		if (!p)
			return -1;
		taken = zip_header_take(&h, kind, p, zip_min(n, nbytes - total));
		if (taken < 0)
			return -1;
		sgl_advance(&at, taken);
		total += taken;
		if (!zip_header_is_done(&h) && (uint32_t)taken < n)
			break; /* the end of the input */
	}
	return zip_header_is_done(&h) && total < nbytes && total <= FIELD_MASK(ZIP_IN_SGE_OFFSET) ?
		       (int)total :
		       -1;
}

/* Both lists of a request, and with them the numbers in it. */
static int build_lists(struct zip_queue *q, struct wd_comp_msg *msg, struct zip_request *r,
		       struct sgl_node **chain)
{
	struct sgl_cursor in = { msg->list_src, 0 }, out = { msg->list_dst, 0 };
	int ret = sgl_pool_prepare(&q->qm.sgls, q->qm.depth);

	if (!ret)
		ret = sgl_build(&q->qm.sgls, &in, msg->src_len, chain, &r->src);
	if (!ret)
		ret = sgl_build(&q->qm.sgls, &out, msg->dst_len, chain, &r->dst);
	return ret;
}

static int scattered_submit(struct zip_queue *q, struct wd_comp_msg *msg)
{
	const uint64_t *t = msg->tmpl->word;
	uint32_t kind = t[ZIP_T_KIND], skip_in = 0, skip_out = 0;
	struct sgl_cursor in = { msg->list_src, 0 }, out = { msg->list_dst, 0 };
	struct zip_request r = { 0 };
	struct sgl_node *chain = NULL;
	uint8_t header[ZIP_HEADER_MAX_NBYTES];
	int slot, ret;

	if (!msg->src_len || !msg->dst_len)
		return -WD_EINVAL;
	if (kind & ZIP_KIND_DECOMPRESS) {
		ret = scattered_header(kind, in, msg->src_len);
		if (ret < 0)
			return zip_done(msg, WD_IN_EPARA, 0, 0);
		skip_in = ret;
	} else {
		skip_out = t[ZIP_T_HEADER] >> 32;
		zip_header_write(skip_out, header);
		if (msg->dst_len <= skip_out)
			return zip_done(msg, WD_OUT_EPARA, 0, 0);
	}
	ret = build_lists(q, msg, &r, &chain);
	if (ret)
		goto err_put_lists;
	r.words_6_7 = t[ZIP_T_WORDS_6_7] | zip_pair(0, zip_field(ZIP_IN_SGE_OFFSET, skip_in));
	r.words_8_9 = t[ZIP_T_WORDS_8_9] | zip_pair(zip_field(ZIP_OUT_SGE_OFFSET, skip_out),
						    zip_field(ZIP_BUFFER_TYPE, ZIP_BUF_SGL));
	r.in_nbytes = msg->src_len - skip_in;
	r.out_nbytes = msg->dst_len - skip_out;
	ret = qm_reserve(&q->qm);
	if (ret < 0)
		goto err_put_lists;
	slot = ret;
	sgl_copy_out(&out, header, skip_out);
	sgl_attach(&q->qm.sgls, slot, chain);
	zip_msg_begin(msg, zip_pair(skip_in, skip_out), zip_pair(r.in_nbytes, r.out_nbytes),
		      ZIP_READ_LISTS);
	zip_fill(q, slot, &r);
	qm_publish(&q->qm, slot, &msg->head);
	return 0;

err_put_lists:
	sgl_put(&q->qm.sgls, chain);
	return ret;
}

/* Everything that is not a flat request, not for LZ77, that stands alone. */
static __attribute__((noinline)) int submit_seldom(struct zip_queue *q, struct wd_comp_msg *msg)
{
	uint32_t kind = msg->tmpl->word[ZIP_T_KIND];

	if (kind & q->refused)
		return -WD_EINVAL;
	if (msg->data_fmt != WD_FLAT_BUF && msg->data_fmt != WD_SGL_BUF)
		return -WD_EINVAL;
	if (kind & ZIP_KIND_LZ77)
		return zip_lz77_submit(q, msg);
	if (!msg->stream && msg->data_fmt == WD_SGL_BUF)
		return scattered_submit(q, msg);
	if (kind & ZIP_KIND_LZ4 || msg->data_fmt == WD_SGL_BUF)
		return -WD_EINVAL; /* no streams of these */
	return zip_stream_submit(q, msg);
}

/* ------------------------------------------------------ queue, session */

static const struct zip_algorithm {
	const char *name;
	uint8_t alg_type;
	uint8_t request;
	uint32_t kind;
} algorithms[] = {
	{ "zlib", WD_ZLIB, ZIP_REQ_ZLIB, ZIP_KIND_ZLIB },
	{ "gzip", WD_GZIP, ZIP_REQ_GZIP, ZIP_KIND_GZIP },
	{ "deflate", WD_DEFLATE, ZIP_REQ_DEFLATE, ZIP_KIND_DEFLATE },
	{ "lz77_zstd", WD_LZ77_ZSTD, ZIP_REQ_LZ77_ZSTD, ZIP_KIND_LZ77_ZSTD },
	{ "lz4", WD_LZ4, ZIP_REQ_LZ4, ZIP_KIND_LZ4 },
	{ "lz77_only", WD_LZ77_ONLY, ZIP_REQ_LZ77_ONLY, ZIP_KIND_LZ77_ONLY },
};

/* Whether a whole line of the device's algorithms is the name. */
static bool has_line(const char *lines, const char *name)
{
	size_t len = strlen(name);

	for (; lines && *lines; lines = strchr(lines, '\n'), lines += !!lines)
		if (!strncmp(lines, name, len) && (!lines[len] || lines[len] == '\n'))
			return true;
	return false;
}

/* Section 1: elements of type 0 have no room for the addresses of LZ77, and no code for LZ4. */
static uint32_t refused_kinds(const struct zip_queue *q, uint32_t type)
{
	const char *lines = ((struct wd_ctx_h *)q->qm.base.ctx)->dev->algs;
	uint32_t refused = q->qm.op_type == WD_DIR_COMPRESS ? ZIP_KIND_DECOMPRESS :
							      ZIP_KIND_COMPRESS;

	for (size_t i = 0; i < ARRAY_SIZE(algorithms); i++)
		if (!has_line(lines, algorithms[i].name))
			refused |= algorithms[i].kind;
	return type ? refused : refused | ZIP_KIND_LZ77 | ZIP_KIND_LZ4;
}

static int zip_queue_open(const struct wd_queue_config *config, struct wd_queue **out)
{
	unsigned int version = qm_api_version(wd_ctx_get_api(config->ctx));
	uint32_t type = version == 2 ? 0 : 3;
	struct zip_queue *q;
	int ret;

	if (config->op_type >= WD_DIR_MAX)
		return -WD_EINVAL;
	if (version == 1) {
		WD_ERR("%s: a ZIP engine of %s cannot be used: its request format is not known",
		       wd_ctx_get_dev_name(config->ctx), wd_ctx_get_api(config->ctx));
		return -WD_ENODEV;
	}
	q = aligned_alloc(_Alignof(struct zip_queue), sizeof(*q));
	if (!q)
		return -WD_ENOMEM;
	memset(q, 0, sizeof(*q));
	ret = qm_open(&q->qm, config, ZIP_SQE_NBYTES);
	if (ret) {
		free(q);
		return ret;
	}
	q->qm.base.drv = &hisi_zip_driver;
	q->sqe_type = zip_pair(0, zip_field(ZIP_SQE_TYPE, type));
	q->refused = refused_kinds(q, type);
	q->seldom = q->refused | ZIP_KIND_LZ77;
	*out = &q->qm.base;
	return 0;
}

static void zip_queue_close(struct wd_queue *q)
{
	if (!q)
		return;
	qm_close(qm_of(q));
	free(q);
}

/* Section 4: 8 and 9 for LZ77, where 9 is price mode; no field carries one for the others. */
static int set_level(const struct wd_comp_params *p, uint32_t *kind)
{
	if (!(*kind & ZIP_KIND_LZ77))
		return p->comp_lv <= WD_COMP_L15 ? 0 : -WD_EINVAL;
	if (p->comp_lv == WD_COMP_L9)
		*kind |= ZIP_KIND_PRICE;
	else if (p->comp_lv && p->comp_lv != WD_COMP_L8)
		return -WD_EINVAL;
	return 0;
}

/* Price mode is the code below for zstd, the one above for LZ77 alone. */
static uint32_t request_code(uint32_t plain, uint32_t kind)
{
	if (!(kind & ZIP_KIND_PRICE))
		return plain;
	return kind & ZIP_KIND_LZ77_ZSTD ? ZIP_REQ_LZ77_ZSTD_PRICE : ZIP_REQ_LZ77_ONLY_PRICE;
}

static int zip_session_init(struct wd_queue *q, const void *params, struct wd_template *t)
{
	const struct wd_comp_params *p = params;
	uint32_t kind, code, header = 0, window = p->win_sz;

	if (p->alg_type >= ARRAY_SIZE(algorithms) || p->op_type >= WD_DIR_MAX)
		return -WD_EINVAL;
	for (const struct zip_algorithm *a = algorithms;; a++) {
		if (a->alg_type != p->alg_type)
			continue;
		kind = a->kind;
		code = a->request;
		break;
	}
	if (kind & zip_of(q)->refused)
		return -WD_EINVAL;
	if (p->op_type == WD_DIR_DECOMPRESS) {
		if (kind & (ZIP_KIND_LZ77 | ZIP_KIND_LZ4))
			return -WD_EINVAL; /* one way only */
		kind |= ZIP_KIND_DECOMPRESS;
		window = 0; /* any distance is accepted (section 5) */
	} else {
		kind |= ZIP_KIND_COMPRESS;
		header = zip_header_nbytes(kind);
		if (window > WD_COMP_WS_32K || set_level(p, &kind))
			return -WD_EINVAL;
	}
	memset(t, 0, sizeof(*t));
	t->word[ZIP_T_WORDS_6_7] = zip_pair(0, zip_field(ZIP_STREAM_NEW, 1) |
						       zip_field(ZIP_FLUSH_TYPE, ZIP_FLUSH_FINISH));
	t->word[ZIP_T_WORDS_8_9] =
		zip_pair(0, zip_field(ZIP_REQUEST_TYPE, request_code(code, kind)) |
				    zip_field(ZIP_BUFFER_TYPE, ZIP_BUF_FLAT) |
				    zip_field(ZIP_WINDOW_SIZE, window));
	t->word[ZIP_T_KIND] = kind;
	t->word[ZIP_T_HEADER] = zip_pair(0, header);
	return 0;
}

/* Channels of the usage register: 0 compression, 1 decompression (queue facts, section 13). */
static int zip_usage(struct wd_queue *q, unsigned int op_type)
{
	return op_type < WD_DIR_MAX ? qm_usage(qm_of(q), op_type) : -WD_EINVAL;
}

static const char *const names[] = { "zlib", "gzip", "deflate", "lz77_zstd",
				     "lz4", "lz77_only", NULL };

const struct wd_driver hisi_zip_driver = {
	.abi = WD_DRIVER_ABI,
	.priority = 100,
	.calc_type = UADK_ALG_HW,
	.op_types = WD_DIR_MAX,
	.name = "hisi_zip",
	.family = "comp",
	.algs = names,
	.stream_nbytes = ZIP_STREAM_NBYTES,
	.queue_open = zip_queue_open,
	.queue_close = zip_queue_close,
	.session_init = zip_session_init,
	.stream_reset = zip_stream_reset,
	.submit = zip_submit,
	.reap = zip_reap,
	.arm = qm_arm,
	.kick = qm_kick,
	.stop = qm_stop,
	.abort = qm_abort,
	.restart = qm_restart,
	.forked = qm_forked,
	.usage = zip_usage,
};
