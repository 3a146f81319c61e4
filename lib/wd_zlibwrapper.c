// SPDX-License-Identifier: Apache-2.0
/*
 * zlib's calls on compression streams. It owns a z_stream's session and zlib's
 * rules of progress: which codes, how far the pointers move, what happens after
 * the end. It sits on the public stream interface alone; the instance is the one
 * of the process, of which each stream counts as one more user.
 */
#include "wd_zlibwrapper.h"
#include "wd_comp.h"
#include "wd_sched.h"
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

/* One operation of a device takes and gives no more. */
#define STEP_MAX_NBYTES (8u << 20)

/* Behind z_stream.reserved. */
struct wd_zlib {
	handle_t sess;
	enum wd_comp_op_type direction;
	bool ended;	/* the last byte of the stream is out of the device */
	bool bad;	/* inflate: the input is no such stream */
	bool waiting;	/* the device holds output it had no room for */
	bool finishing; /* deflate: all input is in, with Z_FINISH */
	bool has_carry; /* inflate: carry came when there was no room at all */
	__u8 carry;
	int last_flush; /* deflate */
};

static struct wd_zlib *zlib_of(z_streamp strm, enum wd_comp_op_type direction)
{
	struct wd_zlib *z = strm ? (struct wd_zlib *)(uintptr_t)strm->reserved : NULL;

	return z && z->direction == direction ? z : NULL;
}

/* ------------------------------------------------------------ begin, end */

/* zlib's way to say the format: 8..15 zlib, the same negative raw, plus 16 gzip. */
static int parse_window_bits(int bits, struct wd_comp_sess_setup *setup)
{
	/* By bits less 8; less than the smallest window is that one (hisi-zip, section 5). */
	static const __u8 windows[] = {WD_COMP_WS_4K,  WD_COMP_WS_4K, WD_COMP_WS_4K,
				       WD_COMP_WS_4K,  WD_COMP_WS_4K, WD_COMP_WS_8K,
				       WD_COMP_WS_16K, WD_COMP_WS_32K};

	setup->alg_type = WD_ZLIB;
	if (bits < 0) {
		setup->alg_type = WD_DEFLATE;
		bits = bits >= -MAX_WBITS ? -bits : 0;
	} else if (bits > MAX_WBITS) {
		setup->alg_type = WD_GZIP;
		bits -= 16;
	}
	if (bits < 8 || bits > MAX_WBITS)
		return Z_STREAM_ERROR;
	setup->win_sz = windows[bits - 8];
	return Z_OK;
}

static int code_of_error(int error)
{
	return error == WD_ENOMEM ? Z_MEM_ERROR : Z_STREAM_ERROR;
}

/* "Exists already" is success: it counts, and the stream's end undoes it. */
static int join_instance(void)
{
	char alg[] = "zlib";
	int rc = wd_comp_init2_(alg, SCHED_POLICY_RR, TASK_MIX, NULL);

	return !rc || rc == -WD_EEXIST ? Z_OK : code_of_error(-rc);
}

static int begin(z_streamp strm, struct wd_comp_sess_setup *setup)
{
	struct wd_zlib *z;
	int rc;

	strm->reserved = 0; /* whatever fails: there is nothing to end */
	z = calloc(1, sizeof(*z));
	if (!z)
		return Z_MEM_ERROR;
	rc = join_instance();
	if (rc)
		goto err_free;
	z->sess = wd_comp_alloc_sess(setup);
	if (!z->sess) {
		rc = code_of_error(errno);
		goto err_leave_instance;
	}
	z->direction = setup->op_type;
	strm->reserved = (uintptr_t)z;
	strm->total_in = 0;
	strm->total_out = 0;
	strm->msg = NULL;
	return Z_OK;

err_leave_instance:
	wd_comp_uninit2();
err_free:
	free(z);
	return rc;
}

static int renew(z_streamp strm, enum wd_comp_op_type direction)
{
	struct wd_zlib *z = zlib_of(strm, direction);

	if (!z || wd_comp_reset_sess(z->sess))
		return Z_STREAM_ERROR;
	*z = (struct wd_zlib){.sess = z->sess, .direction = direction};
	strm->total_in = 0;
	strm->total_out = 0;
	return Z_OK;
}

static int end(z_streamp strm, enum wd_comp_op_type direction)
{
	struct wd_zlib *z = zlib_of(strm, direction);

	if (!z)
		return Z_STREAM_ERROR;
	wd_comp_free_sess(z->sess);
	wd_comp_uninit2();
	free(z);
	strm->reserved = 0;
	return Z_OK;
}

int wd_deflate_init(z_streamp strm, int level, int windowbits)
{
	struct wd_comp_sess_setup setup = {.op_type = WD_DIR_COMPRESS};

	if (!strm || level < Z_DEFAULT_COMPRESSION || level > WD_COMP_L15 ||
	    parse_window_bits(windowbits, &setup))
		return Z_STREAM_ERROR;
	setup.comp_lv = level > 0 ? (enum wd_comp_level)level : (enum wd_comp_level)0;
	return begin(strm, &setup);
}

int wd_inflate_init(z_streamp strm, int windowbits)
{
	struct wd_comp_sess_setup setup = {.op_type = WD_DIR_DECOMPRESS};

	if (!strm || parse_window_bits(windowbits, &setup))
		return Z_STREAM_ERROR;
	return begin(strm, &setup);
}

int wd_deflate_reset(z_streamp strm)
{
	return renew(strm, WD_DIR_COMPRESS);
}

int wd_inflate_reset(z_streamp strm)
{
	return renew(strm, WD_DIR_DECOMPRESS);
}

int wd_deflate_end(z_streamp strm)
{
	return end(strm, WD_DIR_COMPRESS);
}

int wd_inflate_end(z_streamp strm)
{
	return end(strm, WD_DIR_DECOMPRESS);
}

/* ------------------------------------------------------------------ steps */

static bool buffers_are_sound(const z_stream *strm)
{
	return strm->next_out && (strm->next_in || !strm->avail_in);
}

static __u32 at_most(__u32 nbytes)
{
	return nbytes < STEP_MAX_NBYTES ? nbytes : STEP_MAX_NBYTES;
}

static void took_in(z_streamp strm, __u32 nbytes)
{
	strm->next_in += nbytes;
	strm->avail_in -= nbytes;
	strm->total_in += nbytes;
}

static void gave_out(z_streamp strm, __u32 nbytes)
{
	strm->next_out += nbytes;
	strm->avail_out -= nbytes;
	strm->total_out += nbytes;
}

/*
 * One operation of the device into @dst. Z_OK, Z_STREAM_END or an error; how much
 * moved is in @req.
 */
static int step(z_streamp strm, struct wd_zlib *z, void *dst, __u32 dst_len, bool finish,
		struct wd_comp_req *req)
{
	__u32 src_len = at_most(strm->avail_in);
	int rc;

	*req = (struct wd_comp_req){
		.src = (void *)(uintptr_t)strm->next_in,
		.src_len = src_len,
		.dst = dst,
		.dst_len = dst_len,
		.op_type = z->direction,
		.data_fmt = WD_FLAT_BUF,
		.last = finish && src_len == strm->avail_in,
	};
	rc = wd_do_comp_strm(z->sess, req);
	if (rc)
		return code_of_error(-rc);
	took_in(strm, req->src_len);
	z->waiting = req->status == WD_EAGAIN;
	switch (req->status) {
	case WD_EAGAIN:
		return Z_OK;
	case WD_SUCCESS:
		/* Compression may end like this, too: all is in, and nothing waits. */
		if (z->direction == WD_DIR_DECOMPRESS || !req->last || strm->avail_in)
			return Z_OK;
		/* fall through */
	case WD_STREAM_END:
		z->ended = true;
		return Z_STREAM_END;
	case WD_OUT_EPARA:
		return Z_BUF_ERROR;
	default:
		return Z_DATA_ERROR;
	}
}

/* Steps until there is no room, nothing moves any more, or the stream is at its end. */
static int steps(z_streamp strm, struct wd_zlib *z, bool finish)
{
	struct wd_comp_req req;
	int rc = Z_OK;

	while (!rc && strm->avail_out) {
		rc = step(strm, z, strm->next_out, at_most(strm->avail_out), finish, &req);
		if (rc < 0)
			break;
		gave_out(strm, req.dst_len);
		if (!req.src_len && !req.dst_len)
			break;
		/* Compressed data is never held back without a word: no need to ask once more. */
		if (z->direction == WD_DIR_COMPRESS && !strm->avail_in && !z->waiting && !finish)
			break;
	}
	return rc;
}

/* --------------------------------------------------------------- deflate */

/* Z_NO_FLUSH and Z_PARTIAL_FLUSH promise less than Z_SYNC_FLUSH, which they get. */
static bool deflate_takes(int flush)
{
	return flush >= Z_NO_FLUSH && flush <= Z_FINISH && flush != Z_FULL_FLUSH;
}

int wd_deflate(z_streamp strm, int flush)
{
	struct wd_zlib *z = zlib_of(strm, WD_DIR_COMPRESS);
	bool finish = flush == Z_FINISH;
	int rc, last_flush;
	__u64 moved;

	if (!z || !deflate_takes(flush) || !buffers_are_sound(strm) || (z->finishing && !finish))
		return Z_STREAM_ERROR;
	if (!strm->avail_out || (z->finishing && strm->avail_in))
		return Z_BUF_ERROR;
	if (z->ended)
		return Z_STREAM_END;
	last_flush = z->last_flush;
	z->last_flush = flush;
	if (!strm->avail_in && !z->waiting && !finish)
		return flush > last_flush ? Z_OK : Z_BUF_ERROR; /* all was flushed before */

	moved = strm->total_in + strm->total_out;
	rc = steps(strm, z, finish);
	z->finishing = finish && !strm->avail_in;
	if (rc == Z_OK && strm->total_in + strm->total_out == moved)
		return Z_BUF_ERROR;
	return rc == Z_DATA_ERROR ? Z_STREAM_ERROR : rc;
}

/* --------------------------------------------------------------- inflate */

/*
 * There is no room, but zlib would look further: the rest of the input may be the
 * stream's end without another byte of output. The device wants room to look; a
 * byte that comes nevertheless is handed out by the next call.
 */
static int look_for_end(z_streamp strm, struct wd_zlib *z)
{
	struct wd_comp_req req;
	int rc;

	do {
		rc = step(strm, z, &z->carry, sizeof(z->carry), false, &req);
		if (rc < 0)
			return rc;
		z->has_carry = req.dst_len;
	} while (!rc && !z->has_carry && req.src_len);
	return rc;
}

static int inflate_steps(z_streamp strm, struct wd_zlib *z, int flush)
{
	bool may_look = flush == Z_FINISH || !strm->avail_out;
	int rc = z->ended ? Z_STREAM_END : Z_OK;

	if (z->has_carry && strm->avail_out) {
		*strm->next_out = z->carry;
		gave_out(strm, 1);
		z->has_carry = false;
	}
	if (!rc)
		rc = steps(strm, z, false);
	if (!rc && !strm->avail_out && may_look && !z->has_carry)
		rc = look_for_end(strm, z);
	return rc == Z_STREAM_END && z->has_carry ? Z_OK : rc;
}

int wd_inflate(z_streamp strm, int flush)
{
	struct wd_zlib *z = zlib_of(strm, WD_DIR_DECOMPRESS);
	__u64 moved;
	int rc;

	if (!z || flush < Z_NO_FLUSH || flush > Z_FINISH || !buffers_are_sound(strm))
		return Z_STREAM_ERROR;
	if (z->bad)
		return Z_DATA_ERROR;
	moved = strm->total_in + strm->total_out;
	rc = inflate_steps(strm, z, flush);
	z->bad = rc == Z_DATA_ERROR;
	if (rc == Z_OK && (flush == Z_FINISH || strm->total_in + strm->total_out == moved))
		rc = Z_BUF_ERROR;
	return rc;
}
