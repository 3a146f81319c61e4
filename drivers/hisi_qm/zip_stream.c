/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Streams of deflate, zlib and gzip over many requests (ZIP facts, section 8,
 * and the quirks of section 10). Owns the state behind the device's 64 KiB: header
 * in progress, saved words, the side buffer for callers with little room. The
 * requests of one stream come one after the other, so nothing here is locked.
 *
 * Nothing of a stream changes before a slot of the ring is reserved: a request
 * that is refused because the ring is full can be sent again.
 */
#include <stddef.h>
#include "zip.h"

#define ZIP_NO_DATA_CHECKSUM_ZLIB 1u	       /* Adler-32 of nothing */
#define ZIP_NO_DATA_CHECKSUM_GZIP 0xffffffffu /* reversed, inverted CRC-32 of nothing */

/* One request on its way to the device. */
struct step {
	struct zip_header header; /* as it is after the request */
	uint32_t taken;		  /* header bytes removed from the input */
	uint32_t written;	  /* header bytes put before the output */
	uint8_t *out;		  /* where output goes, header included */
	uint32_t in, room;	  /* what the device gets */
	bool side, finish;
};

/* The stream is over, or not begun: the next request opens a new one. Waiting output stays. */
static void stream_renew(struct zip_stream *s)
{
	memset(s, 0, offsetof(struct zip_stream, side_begin));
}

/*
 * The device starts fresh at the first request of a stream, whatever the memory
 * holds. What is cleared of its area are the repeat offsets and the literal
 * carry, which this driver reads or which nothing says the device sets itself.
 */
void zip_stream_reset(void *memory)
{
	struct zip_stream *s = zip_stream_of(memory);

	memset(s, 0, offsetof(struct zip_stream, side));
	memset(zip_device_area(memory) + ZIP_CTX_REPEAT_OFFSETS, 0,
	       ZIP_CTX_LITERAL_CARRY + sizeof(uint32_t) - ZIP_CTX_REPEAT_OFFSETS);
}

void zip_stream_put_state(const struct zip_stream *s, void *memory, bool finish,
			  struct zip_request *r)
{
	uint32_t word = zip_field(ZIP_STREAM_MODE, 1) | zip_field(ZIP_STREAM_NEW, !s->begun) |
			zip_field(ZIP_FLUSH_TYPE, finish ? ZIP_FLUSH_FINISH : ZIP_FLUSH_SYNC);

	r->words_6_7 = zip_pair(0, word);
	r->ctx = (uintptr_t)zip_device_area(memory);
	memcpy(r->state, s->state, sizeof(r->state));
	r->isize = s->isize;
	r->checksum = s->checksum;
}

void zip_stream_get_state(struct zip_stream *s, const struct hisi_zip_sqe *sqe)
{
	static const uint8_t words[3] = { FIELD_WORD(ZIP_CTX_DW0), FIELD_WORD(ZIP_CTX_DW1),
					  FIELD_WORD(ZIP_CTX_DW2) };

	for (int i = 0; i < 3; i++)
		s->state[i] = le32toh(dma_load32(&sqe->dw[words[i]]));
	s->isize = le32toh(dma_load32(&sqe->dw[FIELD_WORD(ZIP_ISIZE)]));
	s->checksum = le32toh(dma_load32(&sqe->dw[FIELD_WORD(ZIP_CHECKSUM)]));
	s->begun = true;
}

/* Hand out waiting bytes; returns how many. */
static uint32_t side_take(struct zip_stream *s, void *to, uint32_t room)
{
	uint32_t n = zip_min(room, s->side_end - s->side_begin);

	if (n) /* a caller without room may have no buffer either */
		memcpy(to, s->side + s->side_begin, n);
	s->side_begin += n;
	return n;
}

static bool side_waits(const struct zip_stream *s)
{
	return s->side_begin != s->side_end;
}

static int side_drain(struct zip_stream *s, struct wd_comp_msg *msg)
{
	uint32_t n = side_take(s, msg->dst, msg->dst_len);

	return zip_done(msg, side_waits(s) ? WD_EAGAIN : s->side_status, 0, n);
}

static int step_send(struct zip_queue *q, struct wd_comp_msg *msg, struct zip_stream *s,
		     const struct step *step)
{
	struct zip_request r = { .words_8_9 = msg->tmpl->word[ZIP_T_WORDS_8_9] };
	int slot = qm_reserve(&q->qm);

	if (slot < 0)
		return slot;
	zip_header_write(step->written, step->out);
	s->header = step->header;
	s->in_nbytes = step->in;
	s->out_nbytes = step->room;
	s->side_used = step->side;
	s->finishing = step->finish;
	zip_stream_put_state(s, msg->stream, step->finish, &r);
	r.dst = (uintptr_t)step->out + step->written;
	/* A request without input needs a valid address all the same (section 6). */
	r.src = step->in ? (uintptr_t)msg->src + step->taken : r.dst;
	r.in_nbytes = step->in;
	r.out_nbytes = step->room;
	zip_msg_begin(msg, zip_pair(step->taken, step->written), zip_pair(step->in, step->room),
		      ZIP_READ_STREAM);
	zip_fill(q, slot, &r);
	qm_publish(&q->qm, slot, &msg->head);
	return 0;
}

/* Q1: with little room the device writes into the side buffer. */
static void place_output(struct step *step, struct wd_comp_msg *msg, struct zip_stream *s)
{
	step->side = msg->dst_len <= step->written + ZIP_SIDE_LIMIT;
	step->out = step->side ? s->side : msg->dst;
	step->room = step->side ? ZIP_SIDE_NBYTES :
				  zip_min(msg->dst_len, ZIP_MAX_FLAT_NBYTES) - step->written;
}

/* ------------------------------------------------------------ compression */

/*
 * Q4: no device takes an empty final request. All before ended on a byte
 * boundary, so an empty stored block, marked final, ends the stream.
 */
static int end_in_software(struct wd_comp_msg *msg, struct zip_stream *s)
{
	static const uint8_t empty_final_block[] = { 0x01, 0x00, 0x00, 0xff, 0xff };
	uint32_t kind = msg->tmpl->word[ZIP_T_KIND], n = 0;
	uint32_t checksum = s->checksum;

	if (!s->begun) {
		n = zip_header_nbytes(kind);
		zip_header_write(n, s->side);
		checksum = kind & ZIP_KIND_GZIP ? ZIP_NO_DATA_CHECKSUM_GZIP :
						  ZIP_NO_DATA_CHECKSUM_ZLIB;
	}
	memcpy(s->side + n, empty_final_block, sizeof(empty_final_block));
	n += sizeof(empty_final_block);
	n += zip_trailer_write(kind, checksum, s->begun ? s->isize : 0, s->side + n);
	stream_renew(s);
	s->side_begin = 0;
	s->side_end = n;
	s->side_status = WD_STREAM_END;
	return side_drain(s, msg);
}

/*
 * Q3: the device wants room for 9/8 of the input. Less input then, in multiples
 * of 4, and no end of the stream yet.
 */
static void fit_input(struct step *step)
{
	if ((step->in * 9 + 7) / 8 <= step->room)
		return;
	step->in = (step->room * 8 / 9) & ~3u;
	step->finish = false;
}

static int deflate_step(struct zip_queue *q, struct wd_comp_msg *msg, struct zip_stream *s)
{
	struct step step = { .in = msg->src_len, .finish = msg->last };

	if (s->more) {
		step.in = 0;
		step.finish = s->finishing;
	} else if (!step.in) {
		/* Every request was flushed: without an end there is nothing to do. */
		return msg->last ? end_in_software(msg, s) : zip_done(msg, WD_SUCCESS, 0, 0);
	}
	if (!s->begun)
		step.written = msg->tmpl->word[ZIP_T_HEADER] >> 32;
	place_output(&step, msg, s);
	fit_input(&step);
	return step_send(q, msg, s, &step);
}

/* ---------------------------------------------------------- decompression */

static int inflate_step(struct zip_queue *q, struct wd_comp_msg *msg, struct zip_stream *s)
{
	uint32_t kind = msg->tmpl->word[ZIP_T_KIND];
	struct step step = { .header = s->header };
	int taken;

	if (!s->begun) {
		taken = zip_header_take(&step.header, kind, msg->src, msg->src_len);
		if (taken < 0) {
			s->failed = WD_IN_EPARA;
			return zip_done(msg, WD_IN_EPARA, 0, 0);
		}
		step.taken = taken;
	}
	if (!s->more)
		step.in = msg->src_len - step.taken;
	if (!step.in && !s->more && !s->full) {
		s->header = step.header;
		return zip_done(msg, WD_SUCCESS, step.taken, 0);
	}
	place_output(&step, msg, s);
	return step_send(q, msg, s, &step);
}

int zip_stream_submit(struct zip_queue *q, struct wd_comp_msg *msg)
{
	struct zip_stream *s = zip_stream_of(msg->stream);

	if (msg->src_len > ZIP_MAX_FLAT_NBYTES)
		return -WD_EINVAL;
	if (s->failed)
		return zip_done(msg, s->failed, 0, 0);
	if (side_waits(s))
		return side_drain(s, msg);
	return q->qm.op_type == WD_DIR_COMPRESS ? deflate_step(q, msg, s) : inflate_step(q, msg, s);
}

/* -------------------------------------------------------------- completion */

/* Q5: is the end of a raw stream among the bits the device holds back? */
static uint32_t tail_status(const struct zip_stream *s, const void *memory)
{
	uint32_t window = s->state[2] & ZIP_CTX2_WINDOW_MASK;
	uint32_t offset = ZIP_CTX_WINDOW + ((window + 15) & ~15u);
	uint64_t bits;

	if (offset + sizeof(bits) > ZIP_CTX_DEVICE_NBYTES)
		return WD_IN_EPARA; /* no window is that long */
	memcpy(&bits, zip_device_area((void *)memory) + offset, sizeof(bits));
	switch (zip_tail_check(le64toh(bits), ZIP_CTX0_TAIL_BITS(s->state[0]))) {
	case ZIP_TAIL_COMPLETE:
		return WD_EAGAIN;
	case ZIP_TAIL_BAD:
		return WD_IN_EPARA;
	default:
		return WD_SUCCESS;
	}
}

/* Section 8.4: what the state words of a good result ask for. */
static uint32_t inflate_status(const struct zip_stream *s, const struct wd_comp_msg *msg,
			       const struct zip_result *r)
{
	bool all_consumed = r->consumed == s->in_nbytes;

	switch (s->state[0] & ZIP_CTX0_ST_MASK) {
	case ZIP_CTX_ST_MIDDLE_NO_SPACE:
		/* Q6: stored data of the final block is still in the device. */
		if (all_consumed && s->state[0] & ZIP_CTX0_FINAL_BLOCK &&
		    s->state[1] & ZIP_CTX1_STORED_MASK)
			return WD_EAGAIN;
		return WD_SUCCESS;
	case ZIP_CTX_ST_BLOCK_NOT_STARTED:
		if (msg->tmpl->word[ZIP_T_KIND] & ZIP_KIND_DEFLATE)
			return tail_status(s, msg->stream);
		return r->last_block && all_consumed ? WD_EAGAIN : WD_SUCCESS;
	default: /* 4, no checksum in this format, is as good as none of these */
		return WD_SUCCESS;
	}
}

static uint32_t stream_status(const struct zip_stream *s, const struct wd_comp_msg *msg,
			      const struct zip_result *r)
{
	bool compress = msg->tmpl->word[ZIP_T_KIND] & ZIP_KIND_COMPRESS;
	uint32_t status = zip_result_status(r);

	if (status == WD_STREAM_END && compress)
		status = WD_SUCCESS; /* the end is where this driver asked for it */
	if (status == WD_STREAM_END)
		return status;
	if ((s->state[0] & ZIP_CTX0_ST_MASK) == ZIP_CTX_ST_LAST_NO_SPACE &&
	    (status == WD_SUCCESS || status == WD_OUT_EPARA))
		return WD_EAGAIN;
	if (status != WD_SUCCESS)
		return status;
	if (!compress)
		return inflate_status(s, msg, r);
	return s->finishing && r->consumed == s->in_nbytes ? WD_STREAM_END : WD_SUCCESS;
}

static bool is_failure(uint32_t status)
{
	return status != WD_SUCCESS && status != WD_STREAM_END && status != WD_EAGAIN;
}

/* Running checksum as the caller knows it. */
static uint32_t public_checksum(uint32_t kind, uint32_t word)
{
	if (kind & ZIP_KIND_GZIP)
		return zip_gzip_crc(word);
	return kind & ZIP_KIND_ZLIB ? word : 0;
}

/* Output in the side buffer: give what fits; the rest, and the status with it, wait. */
static void deliver_side(struct zip_stream *s, struct wd_comp_msg *msg)
{
	s->side_begin = 0;
	s->side_end = msg->produced;
	s->side_status = msg->status;
	msg->produced = side_take(s, msg->dst, msg->dst_len);
	if (is_failure(msg->status))
		s->side_end = s->side_begin;
	else if (side_waits(s))
		msg->status = WD_EAGAIN;
}

void zip_stream_complete(struct qm_queue *q, const struct hisi_zip_sqe *sqe,
			 struct wd_comp_msg *msg)
{
	struct zip_stream *s = zip_stream_of(msg->stream);
	struct zip_result r;
	uint32_t status;

	zip_result_load(&r, sqe);
	zip_stream_get_state(s, sqe);
	status = stream_status(s, msg, &r);
	if (r.consumed > s->in_nbytes || r.produced > s->out_nbytes) {
		if (!is_failure(status)) {
			s->failed = WD_IN_EPARA;
			zip_result_impossible(q, msg,
					      "device claims more of a stream than there was",
					      r.consumed > s->in_nbytes ? r.consumed : r.produced);
			return;
		}
		r.consumed = 0;
		r.produced = 0;
	}
	/* Asked for what it held back it gave nothing: do not let the caller ask for ever. */
	if (status == WD_EAGAIN && !s->in_nbytes && !r.produced)
		status = WD_SUCCESS;
	s->more = status == WD_EAGAIN;
	s->full = r.produced == s->out_nbytes;
	msg->head.result = 0;
	msg->status = status;
	msg->consumed += r.consumed;
	msg->produced += r.produced;
	msg->checksum = public_checksum(msg->tmpl->word[ZIP_T_KIND], s->checksum);
	if (s->side_used)
		deliver_side(s, msg);
	if (is_failure(status))
		s->failed = status;
	else if (status == WD_STREAM_END)
		stream_renew(s);
}
