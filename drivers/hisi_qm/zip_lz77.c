/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requests for LZ77 literals and sequences, with and without what a zstd encoder
 * needs besides (ZIP facts, section 11). The destination is cut in two, room for
 * literals and room for sequences; streams carry repeat offsets from block to
 * block.
 */
#include "zip.h"

#define SEQUENCE_NBYTES 8u
#define OVERFLOW_NBYTES 8u
#define REPEAT_NBYTES 12u

/* struct wd_lz77_zstd_data::blk_type: how the consumer stored the block before. */
enum { BLOCK_RAW, BLOCK_RLE, BLOCK_COMPRESSED };

/* Least room for sequences (section 11.1). */
static uint32_t sequence_room_min(uint32_t kind, bool stream)
{
	if (kind & ZIP_KIND_LZ77_ZSTD) {
		if (!stream)
			return ZIP_LZ77_FREQ_NBYTES;
		return (kind & ZIP_KIND_PRICE ? 4096 + ZIP_LZ77_FREQ_NBYTES + 16 : 1000) + 1;
	}
	if (!stream)
		return 16;
	return (kind & ZIP_KIND_PRICE ? 4096 : 200) + 1;
}

static bool input_fits(uint32_t kind, uint32_t nbytes)
{
	return nbytes <= (kind & ZIP_KIND_LZ77_ZSTD ? ZIP_MAX_LZ77_ZSTD_NBYTES :
						      ZIP_MAX_FLAT_NBYTES - ZIP_LZ77_LITERAL_SLACK);
}

/* Where both parts of a flat destination are. Q7: 16 bytes more than the literals need. */
static int cut_flat(struct wd_comp_msg *msg, struct zip_request *r)
{
	r->literal_nbytes = msg->src_len + ZIP_LZ77_LITERAL_SLACK;
	if (msg->dst_len <= r->literal_nbytes)
		return -WD_EINVAL;
	r->src = (uintptr_t)msg->src;
	r->literals = (uintptr_t)msg->dst;
	r->dst = r->literals + r->literal_nbytes;
	r->out_nbytes = zip_min(msg->dst_len - r->literal_nbytes, ZIP_MAX_FLAT_NBYTES);
	if (msg->lz77) {
		msg->lz77->literals_start = msg->dst;
		msg->lz77->sequences_start = (char *)msg->dst + r->literal_nbytes;
	}
	return 0;
}

/* Bytes of the leading pieces that together hold the literals: a piece is never shared. */
static uint32_t literal_pieces(struct sgl_cursor at, uint32_t need)
{
	uint64_t sum = 0;
	uint32_t n;

	for (; sum < need && sgl_peek(&at, &n); sum += n)
		sgl_advance(&at, n);
	return sum > UINT32_MAX ? UINT32_MAX : sum;
}

static int cut_lists(struct zip_queue *q, struct wd_comp_msg *msg, struct zip_request *r,
		     struct sgl_node **chain)
{
	struct sgl_cursor in = { msg->list_src, 0 }, out = { msg->list_dst, 0 };
	struct sgl_pool *pool = &q->qm.sgls;
	uint32_t n;
	int ret;

	r->literal_nbytes = literal_pieces(out, msg->src_len + ZIP_LZ77_LITERAL_SLACK);
	if (r->literal_nbytes < msg->src_len + ZIP_LZ77_LITERAL_SLACK ||
	    r->literal_nbytes >= msg->dst_len)
		return -WD_EINVAL;
	r->out_nbytes = zip_min(msg->dst_len - r->literal_nbytes, ZIP_MAX_FLAT_NBYTES);
	r->words_8_9 |= zip_pair(0, zip_field(ZIP_BUFFER_TYPE, ZIP_BUF_SGL));
	if (msg->lz77)
		msg->lz77->literals_start = sgl_peek(&out, &n);
	ret = sgl_pool_prepare(pool, q->qm.depth);
	if (!ret)
		ret = sgl_build(pool, &in, msg->src_len, chain, &r->src);
	if (!ret)
		ret = sgl_build(pool, &out, r->literal_nbytes, chain, &r->literals);
	if (msg->lz77)
		msg->lz77->sequences_start = sgl_peek(&out, &n);
	if (!ret)
		ret = sgl_build(pool, &out, r->out_nbytes, chain, &r->dst);
	return ret;
}

/*
 * Q9: the device goes on from its own repeat offsets, as if the block before had
 * been stored compressed. If the consumer stored it otherwise, a decoder has still
 * the offsets from before that block: put them back (section 11.4). Q8: literals
 * are not carried over.
 */
static void restore_repeat_offsets(struct zip_stream *s, struct wd_comp_msg *msg, uint32_t kind)
{
	uint8_t *area = zip_device_area(msg->stream);
	uint32_t before = msg->lz77 ? msg->lz77->blk_type : (uint32_t)BLOCK_COMPRESSED;

	if (!s->begun) {
		memset(area + ZIP_CTX_REPEAT_OFFSETS, 0, REPEAT_NBYTES);
	} else if (kind & ZIP_KIND_LZ77_ZSTD) {
		if (before == BLOCK_COMPRESSED)
			memcpy(s->repeat_b, s->repeat_a, REPEAT_NBYTES);
		else if (before == BLOCK_RAW || before == BLOCK_RLE)
			memcpy(area + ZIP_CTX_REPEAT_OFFSETS, s->repeat_b, REPEAT_NBYTES);
	}
	memset(area + ZIP_CTX_LITERAL_CARRY, 0, sizeof(uint32_t));
}

static void begin_stream_request(struct zip_stream *s, struct wd_comp_msg *msg, uint32_t kind,
				 struct zip_request *r)
{
	restore_repeat_offsets(s, msg, kind);
	s->finishing = msg->last;
	s->in_nbytes = msg->src_len;
	zip_stream_put_state(s, msg->stream, msg->last, r);
}

static int lz77_send(struct zip_queue *q, struct wd_comp_msg *msg)
{
	uint32_t kind = msg->tmpl->word[ZIP_T_KIND];
	struct zip_request r = { .words_6_7 = msg->tmpl->word[ZIP_T_WORDS_6_7],
				 .words_8_9 = msg->tmpl->word[ZIP_T_WORDS_8_9],
				 .in_nbytes = msg->src_len };
	struct sgl_node *chain = NULL;
	bool lists = msg->data_fmt == WD_SGL_BUF;
	int ret = lists ? cut_lists(q, msg, &r, &chain) : cut_flat(msg, &r);

	if (!ret && r.out_nbytes < sequence_room_min(kind, msg->stream))
		ret = -WD_EINVAL;
	if (!ret)
		ret = qm_reserve(&q->qm);
	if (ret < 0) {
		sgl_put(&q->qm.sgls, chain);
		return ret;
	}
	if (lists)
		sgl_attach(&q->qm.sgls, ret, chain);
	if (msg->stream)
		begin_stream_request(zip_stream_of(msg->stream), msg, kind, &r);
	zip_msg_begin(msg, 0, zip_pair(r.literal_nbytes, r.out_nbytes),
		      msg->stream ? ZIP_READ_LZ77_STREAM : ZIP_READ_LZ77);
	zip_fill(q, ret, &r);
	qm_publish(&q->qm, ret, &msg->head);
	return 0;
}

static void report(struct wd_lz77_zstd_data *to, uint32_t literals, uint32_t sequences)
{
	to->lit_num = literals;
	to->seq_num = sequences;
	to->lit_length_overflow_cnt = 0;
	to->lit_length_overflow_pos = 0;
	to->freq = NULL;
}

/* The end of a stream with no input before it: nothing for a device to look at. */
static int end_without_input(struct wd_comp_msg *msg)
{
	if (msg->lz77)
		report(msg->lz77, 0, 0);
	if (msg->last)
		zip_stream_reset(msg->stream);
	return zip_done(msg, msg->last ? WD_STREAM_END : WD_SUCCESS, 0, 0);
}

int zip_lz77_submit(struct zip_queue *q, struct wd_comp_msg *msg)
{
	uint32_t kind = msg->tmpl->word[ZIP_T_KIND];

	if (!input_fits(kind, msg->src_len) || (msg->stream && msg->data_fmt == WD_SGL_BUF))
		return -WD_EINVAL;
	if (msg->stream && zip_stream_of(msg->stream)->failed)
		return zip_done(msg, zip_stream_of(msg->stream)->failed, 0, 0);
	if (!msg->src_len)
		return msg->stream ? end_without_input(msg) : -WD_EINVAL;
	return lz77_send(q, msg);
}

/* -------------------------------------------------------------- completion */

static void complete_stream(struct zip_stream *s, const struct hisi_zip_sqe *sqe,
			    struct wd_comp_msg *msg)
{
	zip_stream_get_state(s, sqe);
	memcpy(s->repeat_a, zip_device_area(msg->stream) + ZIP_CTX_REPEAT_OFFSETS, REPEAT_NBYTES);
	if (msg->status != WD_SUCCESS)
		s->failed = msg->status;
	else if (s->finishing && msg->consumed == s->in_nbytes) {
		msg->status = WD_STREAM_END;
		zip_stream_reset(msg->stream);
	}
}

static void report_zstd(struct wd_lz77_zstd_data *to, const struct hisi_zip_sqe *sqe,
			uint32_t sequence_room)
{
	uint32_t word = dma_load32(&sqe->dw[FIELD_WORD(ZIP_CHECKSUM)]);
	uint64_t freq = (uint64_t)to->seq_num * SEQUENCE_NBYTES + OVERFLOW_NBYTES;

	to->lit_length_overflow_cnt = field_extract(word, ZIP_LIT_OVERFLOW_COUNT);
	to->lit_length_overflow_pos = field_extract(word, ZIP_LIT_OVERFLOW_POS);
	if (freq + ZIP_LZ77_FREQ_NBYTES <= sequence_room)
		to->freq = (char *)to->sequences_start + freq;
}

void zip_lz77_complete(struct qm_queue *q, const struct hisi_zip_sqe *sqe, struct wd_comp_msg *msg)
{
	uint32_t literal_room = zip_given_in(msg), sequence_room = zip_given_out(msg);
	struct zip_stream *s =
		msg->head.result == ZIP_READ_LZ77_STREAM ? zip_stream_of(msg->stream) : NULL;
	struct zip_result r;

	zip_result_load(&r, sqe);
	msg->head.result = 0;
	msg->checksum = 0;
	msg->status = zip_result_status(&r);
	if (msg->status == WD_STREAM_END)
		msg->status = WD_SUCCESS;
	if (msg->status != WD_SUCCESS) {
		; /* nothing was consumed or produced: both are 0 */
	} else if (r.consumed > msg->src_len || r.literals > literal_room ||
		   (uint64_t)r.produced * SEQUENCE_NBYTES > sequence_room) {
		zip_result_impossible(q, msg, "device claims more sequences than there was room",
				      r.produced);
	} else {
		msg->consumed = r.consumed;
		msg->produced = r.literals + r.produced * SEQUENCE_NBYTES;
		if (msg->lz77)
			report(msg->lz77, r.literals, r.produced);
		if (msg->lz77 && msg->tmpl->word[ZIP_T_KIND] & ZIP_KIND_LZ77_ZSTD)
			report_zstd(msg->lz77, sqe, sequence_room);
	}
	if (s)
		complete_stream(s, sqe, msg);
}
