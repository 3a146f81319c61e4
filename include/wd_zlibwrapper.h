/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Compression with the calls of zlib, for programs that are turned to an accelerator with few
 * changes. The types have zlib's names and other sizes: this header and <zlib.h> exclude each
 * other. Owns the z_stream; wd_comp.h has everything this has, and more.
 */
#ifndef WD_ZLIBWRAPPER_H
#define WD_ZLIBWRAPPER_H

#ifdef ZLIB_H
#error "zlib.h has the same names with different types: include it or wd_zlibwrapper.h, not both"
#endif

#include <asm/types.h>
#include <linux/types.h>

/* Flush values. */
#define Z_NO_FLUSH		0
#define Z_PARTIAL_FLUSH		1
#define Z_SYNC_FLUSH		2
#define Z_FULL_FLUSH		3
#define Z_FINISH		4

/* What the functions return. */
#define Z_OK			0
#define Z_STREAM_END		1
#define Z_NEED_DICT		2
#define Z_ERRNO			(-1)
#define Z_STREAM_ERROR		(-2)
#define Z_DATA_ERROR		(-3)
#define Z_MEM_ERROR		(-4)
#define Z_BUF_ERROR		(-5)
#define Z_VERSION_ERROR		(-6)

#define Z_DEFAULT_COMPRESSION	(-1)
#define MAX_WBITS		15
#define DEF_MEM_LEVEL		0
#define Z_DEFAULT_STRATEGY	0

/* Nothing in it; outside the extern "C" block because C and C++ disagree on the size of nothing. */
struct internal_state {};

#ifdef __cplusplus
extern "C" {
#endif

typedef void (*alloc_func)(void *opaque, __u32 items, __u32 size);
typedef void (*free_func)(void *opaque, void *address);

/**
 * struct z_stream_s - a stream and its buffers
 * @next_in: next input byte
 * @avail_in: bytes at @next_in
 * @total_in: bytes consumed since the stream began
 * @next_out: where the next output byte goes
 * @avail_out: room at @next_out
 * @total_out: bytes produced since the stream began
 * @msg: not used
 * @state: not used
 * @zalloc: not used
 * @zfree: not used
 * @opaque: not used
 * @data_type: not used
 * @adler: not used
 * @reserved: the session; leave it alone
 */
typedef struct z_stream_s {
	const __u8 *next_in;
	__u32 avail_in;
	__u64 total_in;

	__u8 *next_out;
	__u32 avail_out;
	__u64 total_out;

	const char *msg;
	struct internal_state *state;

	alloc_func zalloc;
	free_func zfree;
	void *opaque;

	int data_type;
	__u64 adler;
	__u64 reserved;
} z_stream;

typedef z_stream *z_streamp;

/**
 * wd_deflate_init() - begin to compress.
 *
 * The first call in a process makes the instance of wd_comp.h, if there is none.
 *
 * @strm: not NULL.
 * @level: 1 to 15, 0 or Z_DEFAULT_COMPRESSION for the default; devices have one effort only.
 * @windowbits: 8 to 15 for zlib, -8 to -15 for raw deflate, 24 to 31 for gzip; smaller windows than
 *	the device has are rounded up.
 *
 * Return: Z_OK; Z_STREAM_ERROR for a bad argument or if no accelerator can be had; Z_MEM_ERROR.
 *
 * Ownership: @strm stays the caller's; wd_deflate_end() frees what it holds. Any thread, one per
 *	stream.
 */
int wd_deflate_init(z_streamp strm, int level, int windowbits);

/**
 * wd_deflate() - compress what is at next_in to next_out.
 *
 * @strm: a stream begun; not NULL.
 * @flush: Z_SYNC_FLUSH, or Z_FINISH with the last input; Z_NO_FLUSH and Z_PARTIAL_FLUSH are as
 *	Z_SYNC_FLUSH. Not Z_FULL_FLUSH: a device does not forget its window.
 *
 * Return: Z_OK; Z_STREAM_END if @flush is Z_FINISH and all input was consumed and all output
 *	written; Z_BUF_ERROR if there was nothing to do or no room, which does no harm;
 *	Z_STREAM_ERROR for a bad argument, flush other than Z_FINISH after it, or if the device
 *	failed; Z_MEM_ERROR.
 *
 * Ownership: the buffers are used during the call only. One thread per stream.
 */
int wd_deflate(z_streamp strm, int flush);

/**
 * wd_deflate_reset() - begin a new stream with the same settings.
 *
 * @strm: a stream begun; not NULL.
 *
 * Return: Z_OK, or Z_STREAM_ERROR if @strm is NULL or was not begun.
 *
 * Ownership: nothing changes hands. One thread per stream.
 */
int wd_deflate_reset(z_streamp strm);

/**
 * wd_deflate_end() - free what a stream holds.
 *
 * @strm: a stream begun; not NULL.
 *
 * Return: Z_OK, or Z_STREAM_ERROR if @strm is NULL or was not begun.
 *
 * Ownership: ends what wd_deflate_init() began. One thread per stream.
 */
int wd_deflate_end(z_streamp strm);

/**
 * wd_inflate_init() - begin to decompress.
 *
 * The first call in a process makes the instance of wd_comp.h, if there is none.
 *
 * @strm: not NULL.
 * @windowbits: as for wd_deflate_init(); says the format.
 *
 * Return: as wd_deflate_init().
 *
 * Ownership: @strm stays the caller's; wd_inflate_end() frees what it holds. Any thread, one per
 *	stream.
 */
int wd_inflate_init(z_streamp strm, int windowbits);

/**
 * wd_inflate() - decompress what is at next_in to next_out.
 *
 * @strm: a stream begun; not NULL.
 * @flush: Z_NO_FLUSH to Z_FINISH; with Z_FINISH all that is left of the stream is expected to come
 *	in and to fit.
 *
 * Return: Z_OK; Z_STREAM_END when the stream is complete, now and until wd_inflate_reset();
 *	Z_BUF_ERROR if nothing could be done for want of input or room, or with Z_FINISH if the
 *	stream is not complete, which does no harm; Z_DATA_ERROR for malformed input, then until
 *	wd_inflate_reset(), and for a stream with a preset dictionary; Z_STREAM_ERROR for a bad
 *	argument or if the device failed; Z_MEM_ERROR.
 *
 * Ownership: the buffers are used during the call only. One thread per stream.
 */
int wd_inflate(z_streamp strm, int flush);

/**
 * wd_inflate_reset() - begin a new stream with the same settings.
 *
 * @strm: a stream begun; not NULL.
 *
 * Return: Z_OK, or Z_STREAM_ERROR if @strm is NULL or was not begun.
 *
 * Ownership: nothing changes hands. One thread per stream.
 */
int wd_inflate_reset(z_streamp strm);

/**
 * wd_inflate_end() - free what a stream holds.
 *
 * @strm: a stream begun; not NULL.
 *
 * Return: Z_OK, or Z_STREAM_ERROR if @strm is NULL or was not begun.
 *
 * Ownership: ends what wd_inflate_init() began. One thread per stream.
 */
int wd_inflate_end(z_streamp strm);

#ifdef __cplusplus
}
#endif

#endif /* WD_ZLIBWRAPPER_H */
