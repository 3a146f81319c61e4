/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inside of the ZIP driver: what its files share. zip.c owns the driver table,
 * sessions, and requests that stand alone; zip_stream.c owns streams; zip_gzip.c
 * the headers of the formats; zip_lz77.c requests for sequences; zip_tail.c the
 * look into the bits a device holds back. Numbers in comments are sections of
 * the ZIP facts.
 */
#ifndef HISI_QM_ZIP_H
#define HISI_QM_ZIP_H

#include <stdbool.h>
#include "drv/wd_comp_drv.h"
#include "qm.h"
#include "uapi/hisi_zip.h"

#define ZIP_SQE_NBYTES sizeof(struct hisi_zip_sqe)

struct zip_queue {
	struct qm_queue qm;
	uint64_t sqe_type; /* in its place in words 6 and 7 */
	uint32_t refused;  /* bits of ZIP_KIND_*: not this direction, not on this device */
	uint32_t seldom;   /* and these are not done by the short way of zip_submit() */
};

static inline struct zip_queue *zip_of(struct wd_queue *q)
{
	return (struct zip_queue *)q;
}

/*
 * struct wd_template of a session. Words 0 and 1 are words 6..9 of the element of
 * a request that stands alone, flat, without the element type, which is the
 * queue's: a session's requests may go to devices of several versions. Word 3 is
 * the length of the header to write.
 */
enum { ZIP_T_WORDS_6_7, ZIP_T_WORDS_8_9, ZIP_T_KIND, ZIP_T_HEADER };

/* Bits of the kind. */
#define ZIP_KIND_COMPRESS 0x001u
#define ZIP_KIND_DECOMPRESS 0x002u
#define ZIP_KIND_DEFLATE 0x004u
#define ZIP_KIND_ZLIB 0x008u /* has a header of zlib's */
#define ZIP_KIND_GZIP 0x010u
#define ZIP_KIND_LZ4 0x020u
#define ZIP_KIND_LZ77_ZSTD 0x040u /* sequences, with frequencies and repeat offsets */
#define ZIP_KIND_LZ77_ONLY 0x080u /* sequences */
#define ZIP_KIND_PRICE 0x100u	  /* of these: price mode */
#define ZIP_KIND_LZ77 (ZIP_KIND_LZ77_ZSTD | ZIP_KIND_LZ77_ONLY)

/* Bytes before the compressed data (section 6). */
#define ZIP_ZLIB_HEADER_NBYTES 2u
#define ZIP_GZIP_HEADER_NBYTES 10u
#define ZIP_HEADER_MAX_NBYTES ZIP_GZIP_HEADER_NBYTES

static inline uint32_t zip_header_nbytes(uint32_t kind)
{
	return kind & ZIP_KIND_GZIP ? ZIP_GZIP_HEADER_NBYTES :
	       kind & ZIP_KIND_ZLIB ? ZIP_ZLIB_HEADER_NBYTES :
				      0;
}

/* Write the header that has this length. */
static inline void zip_header_write(uint32_t header_nbytes, void *to)
{
	static const uint8_t gzip[ZIP_GZIP_HEADER_NBYTES] = { 0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3 };
	static const uint8_t zlib[ZIP_ZLIB_HEADER_NBYTES] = { 0x78, 0x9c };

	if (__builtin_expect(header_nbytes == sizeof(zlib), 1))
		memcpy(to, zlib, sizeof(zlib));
	else if (header_nbytes)
		memcpy(to, gzip, sizeof(gzip));
}

/* Two neighbouring words of an element, low word first. */
static inline uint64_t zip_pair(uint32_t low, uint32_t high)
{
	return (uint64_t)high << 32 | low;
}

/* Two neighbouring members of a message, as zip_pair() makes them. */
typedef uint64_t __attribute__((may_alias, aligned(4))) zip_pair_t;

static inline uint64_t zip_swap_halves(uint64_t pair)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	return pair;
#else
	return pair << 32 | pair >> 32;
#endif
}

static inline void zip_put_pair(uint32_t *first, uint64_t pair)
{
	*(zip_pair_t *)first = zip_swap_halves(pair);
}

static inline uint64_t zip_get_pair(const uint32_t *first)
{
	return zip_swap_halves(*(const zip_pair_t *)first);
}

/* A word with one field set, in host order. */
static inline uint32_t zip_field(unsigned int field, uint32_t value)
{
	return le32toh(field_insert(0, field, value));
}

/* What an element says; everything not here is zero in it. */
struct zip_request {
	uint64_t words_6_7; /* flush, stream, offsets into lists, without the element type */
	uint64_t words_8_9;
	uint64_t src, dst, ctx, literals;
	uint32_t in_nbytes, out_nbytes, literal_nbytes;
	uint32_t state[3], isize, checksum;
};

/* Pairs of words of an element that a client writes. */
enum {
	ZIP_W_INPUT = 2,	   /* words 4, 5 */
	ZIP_W_6_7 = 3,
	ZIP_W_8_9 = 4,
	ZIP_W_LITERAL_ROOM = 6,	   /* high half */
	ZIP_W_ROOM_STATE0 = 7,
	ZIP_W_SRC = 9,
	ZIP_W_DST = 10,
	ZIP_W_CTX = 11,
	ZIP_W_LITERALS = 12,
	ZIP_W_STATE12 = 14,
	ZIP_W_ISIZE_CHECKSUM = 15,
};

/*
 * The element in a slot, cleared: the ring holds old elements and old results.
 * There is no tag: completions are in order, so nobody needs one. By vectors,
 * because compilers make a slow string instruction of memset() here.
 */
typedef uint64_t zip_vector_t __attribute__((vector_size(16), may_alias));

static inline uint64_t *zip_element(struct zip_queue *q, uint32_t slot)
{
	zip_vector_t *v = qm_sqe(&q->qm, slot, ZIP_SQE_NBYTES), zero = { 0 };

	v[0] = v[1] = v[2] = v[3] = v[4] = v[5] = v[6] = v[7] = zero;
	return (uint64_t *)v;
}
_Static_assert(ZIP_SQE_NBYTES == 8 * sizeof(zip_vector_t), "an element is 8 vectors");

static inline void zip_fill(struct zip_queue *q, uint32_t slot, const struct zip_request *r)
{
	uint64_t *w = zip_element(q, slot);

	w[ZIP_W_INPUT] = htole64(r->in_nbytes);
	w[ZIP_W_6_7] = htole64(r->words_6_7 | q->sqe_type);
	w[ZIP_W_8_9] = htole64(r->words_8_9);
	w[ZIP_W_LITERAL_ROOM] = htole64(zip_pair(0, r->literal_nbytes));
	w[ZIP_W_ROOM_STATE0] = htole64(zip_pair(r->out_nbytes, r->state[0]));
	w[ZIP_W_SRC] = htole64(r->src);
	w[ZIP_W_DST] = htole64(r->dst);
	w[ZIP_W_CTX] = htole64(r->ctx);
	w[ZIP_W_LITERALS] = htole64(r->literals);
	w[ZIP_W_STATE12] = htole64(zip_pair(r->state[1], r->state[2]));
	w[ZIP_W_ISIZE_CHECKSUM] = htole64(zip_pair(r->isize, r->checksum));
}

/* How a completed request is read. */
enum zip_reading {
	ZIP_READ_PLAIN,
	ZIP_READ_LISTS,
	ZIP_READ_STREAM,
	ZIP_READ_LZ77,
	ZIP_READ_LZ77_STREAM,
};

/*
 * Out fields of a message are the driver's until the message is handed back. In
 * flight, consumed and produced hold the header bytes removed and written, status
 * and checksum the input and the room given to the device (LZ77: the room for
 * literals and for sequences), result the reading. Both pairs are used as one number
 * each, consumed side low.
 */
static inline void zip_msg_begin(struct wd_comp_msg *msg, uint64_t own, uint64_t given,
				 enum zip_reading reading)
{
	zip_put_pair(&msg->consumed, own);
	zip_put_pair(&msg->status, given);
	msg->head.result = reading;
}
#define ZIP_MSG_PAIR(low, high) \
	_Static_assert(offsetof(struct wd_comp_msg, high) == \
			       offsetof(struct wd_comp_msg, low) + 4, #low)
ZIP_MSG_PAIR(consumed, produced);
ZIP_MSG_PAIR(status, checksum);

static inline uint32_t zip_given_in(const struct wd_comp_msg *msg)
{
	return msg->status;
}

static inline uint32_t zip_given_out(const struct wd_comp_msg *msg)
{
	return msg->checksum;
}

/* The request needs no device. */
static inline int zip_done(struct wd_comp_msg *msg, uint32_t status, uint32_t consumed,
			   uint32_t produced)
{
	msg->head.result = 0;
	msg->status = status;
	msg->consumed = consumed;
	msg->produced = produced;
	msg->checksum = 0;
	return WD_SUBMIT_DONE;
}

static inline uint32_t zip_min(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

extern const struct wd_driver hisi_zip_driver;

/* What the device wrote into an element, each word loaded once. */
struct zip_result {
	uint32_t consumed, produced, literals, code, last_block;
};

void zip_result_load(struct zip_result *r, const struct hisi_zip_sqe *sqe);
/* WD_SUCCESS, WD_STREAM_END, WD_OUT_EPARA, WD_VERIFY_ERR, WD_IN_EPARA (section 7). */
uint32_t zip_result_status(const struct zip_result *r);
/* The job failed: the device said something impossible. Counts, logs, marks. */
void zip_result_impossible(struct qm_queue *q, struct wd_comp_msg *msg, const char *what,
			   uint32_t value);

/* ---- zip_gzip.c */

/* State of a header being removed, possibly byte by byte. All zero: before its first byte. */
struct zip_header {
	uint8_t state;
	uint8_t flags;
	uint16_t left;	/* bytes left of the part at hand */
	uint16_t value; /* number being collected */
	uint32_t crc;	/* of the header so far, inverted, when it has a checksum */
};

/*
 * Take header bytes of the kind from p. Returns how many were taken; negative if
 * the header is malformed. zip_header_is_done() says whether data may follow.
 */
int zip_header_take(struct zip_header *h, uint32_t kind, const uint8_t *p, uint32_t nbytes);
bool zip_header_is_done(const struct zip_header *h);
/* Checksum word of a gzip stream as the standard CRC-32 (section 9). */
uint32_t zip_gzip_crc(uint32_t word);
/* Trailer of the kind after all data; returns its length, at most 8. */
uint32_t zip_trailer_write(uint32_t kind, uint32_t checksum_word, uint32_t isize, uint8_t *to);

/* ---- zip_tail.c */

enum zip_tail { ZIP_TAIL_INCOMPLETE, ZIP_TAIL_COMPLETE, ZIP_TAIL_BAD };

/* Whether n bits, first bit lowest, are blocks that end the stream (section 10). */
enum zip_tail zip_tail_check(uint64_t bits, unsigned int n);

/* ---- zip_stream.c */

#define ZIP_STREAM_NBYTES (ZIP_CTX_NBYTES + sizeof(struct zip_stream))
/* Output up to here goes through the side buffer (Q1). */
#define ZIP_SIDE_LIMIT 200u
#define ZIP_SIDE_NBYTES 236u

/* Behind the 64 KiB the device knows of a stream. */
struct zip_stream {
	_Alignas(64) uint32_t state[3]; /* words 15, 28, 29 as the device left them */
	uint32_t isize;
	uint32_t checksum;	    /* word 31 as the device left it */
	struct zip_header header;
	bool begun;	   /* the device has seen a request of this stream */
	bool more;	   /* the device holds output: an empty request gets it */
	bool full;	   /* it filled all room: perhaps it holds output */
	bool finishing;	   /* the last request was to end the stream */
	uint32_t failed;   /* status that ended the stream for good, or 0 */
	/* the request in flight */
	uint32_t in_nbytes, out_nbytes;
	bool side_used;
	/* output waiting in the side buffer, and the status that comes with its last byte */
	uint16_t side_begin, side_end;
	uint32_t side_status;
	uint32_t repeat_a[3], repeat_b[3]; /* repeat offsets of LZ77 for zstd (11.4) */
	uint8_t side[ZIP_HEADER_MAX_NBYTES + ZIP_SIDE_NBYTES];
};

static inline struct zip_stream *zip_stream_of(void *stream)
{
	return (struct zip_stream *)((char *)stream + ZIP_CTX_NBYTES);
}

static inline uint8_t *zip_device_area(void *stream)
{
	return (uint8_t *)stream + ZIP_CTX_DEVICE_OFFSET;
}

void zip_stream_reset(void *stream);
int zip_stream_submit(struct zip_queue *q, struct wd_comp_msg *msg);
void zip_stream_complete(struct qm_queue *q, const struct hisi_zip_sqe *sqe,
			 struct wd_comp_msg *msg);
/* Words of the stream into a request, and back from a completed element. */
void zip_stream_put_state(const struct zip_stream *s, void *memory, bool finish,
			  struct zip_request *r);
void zip_stream_get_state(struct zip_stream *s, const struct hisi_zip_sqe *sqe);

/* ---- zip_lz77.c */

int zip_lz77_submit(struct zip_queue *q, struct wd_comp_msg *msg);
void zip_lz77_complete(struct qm_queue *q, const struct hisi_zip_sqe *sqe,
		       struct wd_comp_msg *msg);

#endif
