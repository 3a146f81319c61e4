// SPDX-License-Identifier: Apache-2.0
/*
 * Decompression by streams of the device.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include "decompress.h"
#include "progress.h"
#include "report.h"

#define ROOM_NBYTES (4u << 20)
/* A step takes no more than this, so that its output is likely to fit. */
#define STEP_NBYTES (1u << 20)
/* A device that neither takes nor gives anything so often in a row is stuck. */
#define MAX_IDLE_STEPS 8

struct stream {
	struct decompressor *d;
	handle_t session;
	struct source *src;
	struct output *out;
	struct content *ct;
	const char *file;
	uint8_t tail[GZIP_TRAILER]; /* newest bytes taken */
	uint32_t check;		    /* --verify: of what came out */
	uint64_t nbytes;	    /* that came out of this member */
};

/* ---------------------------------------------------------- what it is */

static int refuse(const char *file, enum format f)
{
	report_error(file, "not in %s format", format_name(f));
	return -1;
}

static int detect_gzip(struct content *ct, const uint8_t *p, size_t n, const char *file)
{
	enum gzip_header_fault fault = gzip_header_parse(&ct->header, p, n);

	if (fault == GZIP_HEADER_OK)
		return 0;
	if (fault == GZIP_HEADER_SHORT && n >= SOURCE_PEEK_MAX)
		report_error(file, "gzip header is too long");
	else
		report_error(file, "%s", gzip_header_fault_text(fault));
	return -1;
}

int content_detect(struct content *ct, struct source *src, enum format hint,
		   const struct options *o, const char *file)
{
	const uint8_t *p;
	ssize_t n = source_peek(src, SOURCE_PEEK_MAX, &p);

	*ct = (struct content){ .format = o->format };
	if (n < 0) {
		report_error(file, "%s", strerror(errno));
		return -1;
	}
	if (ct->format == FORMAT_AUTO)
		ct->format = format_detect(p, (size_t)n);
	/* It has no mark, so the name must be believed; but no block begins as gzip does. */
	if (o->format == FORMAT_AUTO && hint == FORMAT_DEFLATE && ct->format != FORMAT_GZIP)
		ct->format = hint;
	if (ct->format == FORMAT_AUTO && o->force && o->to_stdout)
		return 0;
	if (n < 2) {
		report_error(file, "unexpected end of file");
		return -1;
	}
	switch (ct->format) {
	case FORMAT_GZIP:
		return detect_gzip(ct, p, (size_t)n, file);
	case FORMAT_ZLIB:
		return zlib_header_is_valid(p, (size_t)n) ? 0 : refuse(file, FORMAT_ZLIB);
	case FORMAT_LZ4:
		return format_detect(p, (size_t)n) == FORMAT_LZ4 ? 0 : refuse(file, FORMAT_LZ4);
	case FORMAT_DEFLATE:
		return 0;
	default:
		return refuse(file, hint == FORMAT_AUTO ? FORMAT_GZIP : hint);
	}
}

void content_end(struct source *src, const char *file)
{
	const uint8_t *p;
	ssize_t n;

	/* Tapes and block devices pad with zeros. */
	while ((n = source_peek(src, 1, &p)) > 0) {
		for (ssize_t i = 0; i < n; i++) {
			if (!p[i])
				continue;
			report_warning(file, "decompression OK, trailing garbage ignored");
			return;
		}
		source_take(src, (size_t)n);
	}
}

/* ---------------------------------------------------------- one stream */

static void keep_tail(struct stream *st, const uint8_t *p, size_t n)
{
	size_t keep = n < GZIP_TRAILER ? GZIP_TRAILER - n : 0;

	memmove(st->tail, st->tail + GZIP_TRAILER - keep, keep);
	memcpy(st->tail + keep, p + n - (GZIP_TRAILER - keep), GZIP_TRAILER - keep);
}

/* Take note of one step's result; 0 or -1. */
static int account(struct stream *st, const uint8_t *in, const struct wd_comp_req *req)
{
	const uint8_t *room = st->d->room;

	keep_tail(st, in, req->src_len);
	source_take(st->src, req->src_len);
	st->nbytes += req->dst_len;
	if (st->d->opts->verify && st->ct->format == FORMAT_GZIP)
		st->check = (uint32_t)crc32(st->check, room, req->dst_len);
	else if (st->d->opts->verify && st->ct->format == FORMAT_ZLIB)
		st->check = (uint32_t)adler32(st->check, room, req->dst_len);
	if (output_write(st->out, room, req->dst_len))
		return -1;
	progress_update(source_taken(st->src), st->out->nbytes);
	return 0;
}

static int fail(const struct stream *st, const char *why)
{
	report_error(st->file, "%s", why);
	return -1;
}

static int fail_with_status(const struct stream *st, __u32 status)
{
	if (status == WD_VERIFY_ERR)
		return fail(st, "invalid compressed data -- checksum error");
	return fail(st, "invalid compressed data -- format violated");
}

/* One step. 1: the stream is complete, 0: go on, -1: it failed and has been said. */
static int step(struct stream *st, int *idle)
{
	const uint8_t *in;
	ssize_t n = source_peek(st->src, 1, &in);
	struct wd_comp_req req = {
		.src_len = n > (ssize_t)STEP_NBYTES ? STEP_NBYTES : (__u32)n,
		.dst = st->d->room,
		.dst_len = ROOM_NBYTES,
		.op_type = WD_DIR_DECOMPRESS,
		.data_fmt = WD_FLAT_BUF,
	};
	__u32 offered = req.src_len;
	int rc;

	if (n < 0)
		return fail(st, strerror(errno));
	/* Nothing left: output may still be waiting in the device. It does not write to src. */
	req.src = n ? (void *)(uintptr_t)in : (void *)st->d->room;
	rc = wd_do_comp_strm(st->session, &req);
	if (rc)
		return fail(st, engine_code_text(rc));
	if (req.src_len > offered || req.dst_len > ROOM_NBYTES)
		return fail(st, "the device is broken");
	if (account(st, in, &req))
		return -1;
	if (req.status == WD_STREAM_END)
		return 1;
	if (req.status != WD_SUCCESS && req.status != WD_EAGAIN)
		return fail_with_status(st, req.status);
	*idle = req.src_len || req.dst_len ? 0 : *idle + 1;
	if (*idle && !n)
		return fail(st, "unexpected end of file");
	return *idle < MAX_IDLE_STEPS ? 0 : fail(st, "the device makes no progress");
}

/* The trailer is in the tail: the device has compared it, the CPU does so again. */
static int check_trailer(struct stream *st)
{
	bool good = true;

	if (st->ct->format == FORMAT_GZIP) {
		st->ct->check = get_le32(st->tail);
		good = st->check == st->ct->check && (uint32_t)st->nbytes == get_le32(st->tail + 4);
	} else if (st->ct->format == FORMAT_ZLIB) {
		st->ct->check = get_be32(st->tail + GZIP_TRAILER - ZLIB_TRAILER);
		good = st->check == st->ct->check;
	}
	if (!good && st->d->opts->verify)
		return fail(st, "verification failed: the checksum is not that of what came out");
	return 0;
}

static int decode_stream(struct stream *st)
{
	int idle = 0, rc;

	st->nbytes = 0;
	st->check = st->ct->format == FORMAT_ZLIB ? 1 : 0;
	if (wd_comp_reset_sess(st->session))
		return fail(st, "the session is broken");
	do
		rc = step(st, &idle);
	while (!rc);
	return rc < 0 ? -1 : check_trailer(st);
}

/* ------------------------------------------------------------- members */

/* 1: another member follows, 0: none, -1: one does and it is bad. */
static int next_member(const struct stream *st)
{
	struct gzip_header h;
	enum gzip_header_fault fault;
	const uint8_t *p;
	ssize_t n = source_peek(st->src, 2, &p);

	if (n < 2 || p[0] != 0x1f || p[1] != 0x8b)
		return 0;
	n = source_peek(st->src, SOURCE_PEEK_MAX, &p);
	fault = gzip_header_parse(&h, p, n < 0 ? 0 : (size_t)n);
	if (fault == GZIP_HEADER_OK)
		return 1;
	report_error(st->file, "%s", gzip_header_fault_text(fault));
	return -1;
}

static int decode_all(struct stream *st)
{
	int rc;

	do {
		if (decode_stream(st))
			return -1;
		rc = st->ct->format == FORMAT_GZIP ? next_member(st) : 0;
	} while (rc > 0);
	if (!rc)
		content_end(st->src, st->file);
	return rc;
}

static enum wd_comp_alg_type type_of(enum format f)
{
	return f == FORMAT_GZIP ? WD_GZIP : f == FORMAT_ZLIB ? WD_ZLIB : WD_DEFLATE;
}

static int decode_on_device(struct decompressor *d, struct content *ct, struct source *src,
			    struct output *out, const char *file)
{
	struct stream st = { .d = d, .src = src, .out = out, .ct = ct, .file = file };
	int rc;

	if (engine_start(d->engine, ct->format, WD_DIR_DECOMPRESS, file))
		return -1;
	st.session = engine_session(type_of(ct->format), WD_DIR_DECOMPRESS, CTX_MODE_SYNC,
				    d->opts->level);
	if (!st.session) {
		report_error(file, "the accelerator does not read %s", format_name(ct->format));
		return -1;
	}
	rc = decode_all(&st);
	wd_comp_free_sess(st.session);
	return rc;
}

/* gzip -cdf: what is in no known format goes through as it is. */
static int copy_through(struct source *src, struct output *out, const char *file)
{
	const uint8_t *p;
	ssize_t n;

	while ((n = source_peek(src, 1, &p)) > 0) {
		if (output_write(out, p, (size_t)n))
			return -1;
		source_take(src, (size_t)n);
	}
	if (n < 0)
		report_error(file, "%s", strerror(errno));
	return n < 0 ? -1 : 0;
}

int content_decompress(struct decompressor *d, struct content *ct, struct source *src,
		       struct output *out, const char *file)
{
	int rc;

	if (!d->room && !(d->room = malloc(ROOM_NBYTES))) {
		report_error(file, "%s", strerror(ENOMEM));
		return -1;
	}
	if (ct->format == FORMAT_AUTO)
		rc = copy_through(src, out, file);
	else if (ct->format == FORMAT_LZ4)
		rc = lz4_decode(ct, src, out, d->room, ROOM_NBYTES, file);
	else
		rc = decode_on_device(d, ct, src, out, file);
	ct->in_nbytes = source_taken(src);
	ct->out_nbytes = out->nbytes;
	return rc;
}

void decompressor_free(struct decompressor *d)
{
	free(d->room);
	d->room = NULL;
}
