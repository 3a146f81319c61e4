/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Compression and decompression: deflate, zlib, gzip, LZ4, and LZ77 for zstd. Owns the algorithm's
 * instance in this process (init to uninit), its sessions and its requests.
 *
 * Make an instance once with one of the three init functions, a session per stream or thread, and
 * then as many requests as you like. Sessions may be shared by threads for requests that stand
 * alone (wd_do_comp_sync(), wd_do_comp_async()); a stream (wd_do_comp_strm(), wd_do_comp_sync2())
 * belongs to one thread at a time.
 */
#ifndef WD_COMP_H
#define WD_COMP_H

#include <numa.h>

#include "wd_alg_common.h"

#ifdef __cplusplus
extern "C" {
#endif

/**
 * enum wd_comp_alg_type - formats
 * @WD_DEFLATE: RFC 1951, raw
 * @WD_ZLIB: RFC 1950
 * @WD_GZIP: RFC 1952
 * @WD_LZ77_ZSTD: literals and sequences for a zstd encoder, see struct wd_lz77_zstd_data
 * @WD_LZ4: LZ4 block format
 * @WD_LZ77_ONLY: as WD_LZ77_ZSTD, without frequencies
 */
enum wd_comp_alg_type {
	WD_DEFLATE,
	WD_ZLIB,
	WD_GZIP,
	WD_LZ77_ZSTD,
	WD_LZ4,
	WD_LZ77_ONLY,
	WD_COMP_ALG_MAX,
};

/** enum wd_comp_op_type - direction */
enum wd_comp_op_type {
	WD_DIR_COMPRESS,
	WD_DIR_DECOMPRESS,
	WD_DIR_MAX,
};

/** enum wd_comp_level - effort; higher is smaller and slower, 0 is the device's default */
enum wd_comp_level {
	WD_COMP_L1 = 1,
	WD_COMP_L2,
	WD_COMP_L3,
	WD_COMP_L4,
	WD_COMP_L5,
	WD_COMP_L6,
	WD_COMP_L7,
	WD_COMP_L8,
	WD_COMP_L9,
	WD_COMP_L10,
	WD_COMP_L11,
	WD_COMP_L12,
	WD_COMP_L13,
	WD_COMP_L14,
	WD_COMP_L15,
};

/** enum wd_comp_winsz_type - how far back a match may reach */
enum wd_comp_winsz_type {
	WD_COMP_WS_4K,
	WD_COMP_WS_8K,
	WD_COMP_WS_16K,
	WD_COMP_WS_24K,
	WD_COMP_WS_32K,
};

struct wd_comp_req;

/*
 * Called by the polling thread when an asynchronous request is complete. req is a copy of the one
 * that was sent, with its results, valid during the call only; the value returned is not used.
 */
typedef void *wd_alg_comp_cb_t(struct wd_comp_req *req, void *cb_param);

/**
 * struct wd_comp_req - one request
 * @src: input (WD_FLAT_BUF); not NULL
 * @list_src: input (WD_SGL_BUF); not NULL
 * @src_len: bytes of input; afterwards bytes consumed
 * @dst: output (WD_FLAT_BUF); not NULL; must not overlap the input
 * @list_dst: output (WD_SGL_BUF); not NULL
 * @dst_len: bytes of room for output; afterwards bytes produced
 * @cb: asynchronous requests: called on completion; synchronous ones: NULL
 * @cb_param: second argument of @cb
 * @op_type: direction; must be that of the session
 * @data_fmt: flat or scattered
 * @last: streams: 1 if no input follows this; not looked at otherwise
 * @status: afterwards WD_SUCCESS, WD_STREAM_END, or a positive code: WD_OUT_EPARA (output does not
 *	fit), WD_IN_EPARA (input malformed or incomplete), WD_VERIFY_ERR (checksum does not match),
 *	WD_EAGAIN (streams: output is left, call again with more room)
 * @priv: WD_LZ77_ZSTD and WD_LZ77_ONLY: struct wd_lz77_zstd_data that receives the result; else not
 *	used
 */
struct wd_comp_req {
	union {
		void *src;
		struct wd_datalist *list_src;
	};
	__u32 src_len;
	union {
		void *dst;
		struct wd_datalist *list_dst;
	};
	__u32 dst_len;
	wd_alg_comp_cb_t *cb;
	void *cb_param;
	enum wd_comp_op_type op_type;
	enum wd_buff_type data_fmt;
	__u32 last;
	__u32 status;
	void *priv;
};

/**
 * struct wd_lz77_zstd_data - where LZ77 results are, inside the request's output
 * @literals_start: first literal byte
 * @sequences_start: first sequence, 8 bytes each
 * @lit_num: bytes of literals
 * @seq_num: number of sequences
 * @lit_length_overflow_cnt: sequences with more than 65535 literals
 * @lit_length_overflow_pos: index of that sequence; it holds the low 16 bits of the number only
 * @freq: 784 bytes of frequencies (WD_LZ77_ZSTD), or NULL
 * @blk_type: in, for the block before this one: 0 uncompressed, 1 repeated byte, 2 compressed
 */
struct wd_lz77_zstd_data {
	void *literals_start;
	void *sequences_start;
	__u32 lit_num;
	__u32 seq_num;
	__u32 lit_length_overflow_cnt;
	__u32 lit_length_overflow_pos;
	void *freq;
	__u32 blk_type;
};

/**
 * struct wd_comp_sess_setup - what a session shall be
 * @alg_type: format
 * @comp_lv: level, or 0 for the default; not used to decompress
 * @win_sz: window; not used to decompress
 * @op_type: direction
 * @sched_param: for the scheduler: struct sched_params of wd_sched.h, or NULL
 * @mm_ops: memory, with @mm_type UADK_MEM_USER and a device that does not share addresses; else
 *	never looked at
 * @mm_type: whose memory; read only if the device does not share addresses
 *
 * The library never writes to it.
 */
struct wd_comp_sess_setup {
	enum wd_comp_alg_type alg_type;
	enum wd_comp_level comp_lv;
	enum wd_comp_winsz_type win_sz;
	enum wd_comp_op_type op_type;
	void *sched_param;
	struct wd_mm_ops mm_ops;
	enum wd_mem_type mm_type;
};

/**
 * wd_comp_init() - make the instance from contexts the program opened and a scheduler it made.
 *
 * @config: at least one context of wd_request_ctx(), not started; not NULL.
 * @sched: from wd_sched_rr_alloc(), or a structure of the program with all functions set; not NULL.
 *
 * Return: 0; -WD_EINVAL for a bad argument; -WD_EEXIST if there is an instance already; -WD_ENODEV
 *	if no driver serves the contexts' devices; -WD_ENOMEM; or the code with which a queue did
 *	not start.
 *
 * Ownership: @config and @sched are copied. Contexts and what the scheduler points to stay the
 *	caller's and must live until wd_comp_uninit(). Any thread.
 */
int wd_comp_init(struct wd_ctx_config *config, struct wd_sched *sched);

/**
 * wd_comp_uninit() - end the instance of wd_comp_init().
 *
 * Contexts are stopped and remain open. Without an instance it does nothing.
 *
 * Return: nothing.
 *
 * Ownership: contexts and scheduler are the caller's alone again. All sessions must be freed and no
 *	thread may be in a request.
 */
void wd_comp_uninit(void);

/**
 * wd_comp_init2_() - make the instance: choose a driver, open contexts, make a scheduler.
 *
 * One instance serves all formats of the driver it chose, not @alg only. The environment variable
 * WD_COMP_CTX_NUM takes precedence over @ctx_params.
 *
 * @alg: "zlib", "gzip", "deflate", "lz4", "lz77_zstd" or "lz77_only"; not NULL; not changed.
 * @sched_type: enum sched_policy_type.
 * @task_type: enum alg_task_type.
 * @ctx_params: numbers of contexts; NULL for the default.
 *
 * Return: 0; -WD_EEXIST if there is an instance already: it can be used, and wd_comp_uninit2() is
 *	due all the same; -WD_EINVAL for a bad argument or an unknown algorithm; -WD_ENODEV if
 *	nothing here offers it; -WD_EBUSY if no queue is free; -WD_ENOMEM.
 *
 * Ownership: the arguments are not kept. Each call, also one that gave -WD_EEXIST, is undone by one
 *	wd_comp_uninit2(). Any thread. A child of fork() has its own queues from its first request
 *	on.
 */
int wd_comp_init2_(char *alg, __u32 sched_type, int task_type, struct wd_ctx_params *ctx_params);

#define wd_comp_init2(alg, sched_type, task_type) wd_comp_init2_(alg, sched_type, task_type, NULL)

/**
 * wd_comp_uninit2() - undo one wd_comp_init2_(); the last one ends the instance.
 *
 * Without an instance it does nothing.
 *
 * Return: nothing.
 *
 * Ownership: the last call closes the contexts; sessions of others keep them from going before. Any
 *	thread.
 */
void wd_comp_uninit2(void);

/**
 * wd_comp_alloc_sess() - make a session.
 *
 * @setup: not NULL.
 *
 * Return: the session; 0 with errno EINVAL for a bad argument, ENODEV without an instance, ENOMEM.
 *
 * Ownership: the caller frees it with wd_comp_free_sess(). @setup is neither kept nor changed. Any
 *	thread.
 */
handle_t wd_comp_alloc_sess(struct wd_comp_sess_setup *setup);

/**
 * wd_comp_free_sess() - free a session.
 *
 * @h_sess: from wd_comp_alloc_sess(); 0 is allowed.
 *
 * Return: nothing.
 *
 * Ownership: takes the session; its requests must be complete. One thread.
 */
void wd_comp_free_sess(handle_t h_sess);

/**
 * wd_comp_reset_sess() - forget a session's stream; the next request begins a new one.
 *
 * @h_sess: the session.
 *
 * Return: 0, or -WD_EINVAL if @h_sess is 0.
 *
 * Ownership: nothing changes hands. One thread per stream.
 */
int wd_comp_reset_sess(handle_t h_sess);

/**
 * wd_do_comp_sync() - do one request that stands alone, and wait for it.
 *
 * @h_sess: the session; not 0.
 * @req: not NULL; its cb must be NULL. On return src_len, dst_len and status hold the result.
 *
 * Return: 0 if the request was done: look at req->status. -WD_EINVAL for a bad argument; -WD_EBUSY
 *	if the queue stayed full; -WD_ETIMEDOUT if the device did not finish; -WD_HW_EACCESS or
 *	-WD_EIO if it is broken or being reset; -WD_ENOMEM. After an error the device no longer
 *	touches the buffers.
 *
 * Ownership: request and buffers are the caller's again on return. Any number of threads per
 *	session.
 */
int wd_do_comp_sync(handle_t h_sess, struct wd_comp_req *req);

/**
 * wd_do_comp_sync2() - as wd_do_comp_sync(), for lengths beyond what the device takes at once.
 *
 * The session's stream is used and is new again afterwards.
 *
 * @h_sess: the session; not 0.
 * @req: as for wd_do_comp_sync(), flat buffers only, src_len more than 0.
 *
 * Return: as wd_do_comp_sync(); -WD_EINVAL also if input ends before the stream does.
 *
 * Ownership: request and buffers are the caller's again on return. One thread per session.
 */
int wd_do_comp_sync2(handle_t h_sess, struct wd_comp_req *req);

/**
 * wd_do_comp_strm() - do the next step of a session's stream, and wait for it.
 *
 * The first step after wd_comp_alloc_sess(), wd_comp_reset_sess() or the end of a stream begins a
 * new one.
 *
 * @h_sess: the session; not 0.
 * @req: flat buffers only; its cb must be NULL. On return src_len is what was consumed, dst_len
 *	what was produced. To compress, set last with the final input, and call again while status
 *	is WD_EAGAIN or input is left.
 *
 * Return: 0 if the step was done: status is WD_STREAM_END when the stream is complete. Errors as
 *	wd_do_comp_sync(); the stream is then lost.
 *
 * Ownership: request and buffers are the caller's again on return. One thread per session.
 */
int wd_do_comp_strm(handle_t h_sess, struct wd_comp_req *req);

/**
 * wd_do_comp_async() - start one request that stands alone.
 *
 * Its cb is called, with results, by the thread that finds it complete in wd_comp_poll() or
 * wd_comp_poll_ctx().
 *
 * @h_sess: the session; not 0.
 * @req: not NULL, with cb set. src_len more than 0.
 *
 * Return: 0 if it is under way; -WD_EINVAL for a bad argument; -WD_EBUSY if the queue is full: poll
 *	and try again; -WD_HW_EACCESS or -WD_EIO if the device is broken or being reset. After an
 *	error cb is not called.
 *
 * Ownership: @req is copied and may be used again at once; the buffers, with the elements of lists,
 *	belong to the device until cb is called. Any number of threads per session.
 */
int wd_do_comp_async(handle_t h_sess, struct wd_comp_req *req);

/**
 * wd_comp_poll_ctx() - call back for completed requests of one context.
 *
 * @idx: index of an asynchronous context.
 * @expt: most requests to take, more than 0.
 * @count: receives the number taken, whatever is returned; not NULL.
 *
 * Return: 0 if @expt were taken; -WD_EAGAIN if there were fewer, even none; -WD_EINVAL for a bad
 *	argument; -WD_HW_EACCESS or -WD_EIO if the queue is broken.
 *
 * Ownership: as the callbacks. Any number of threads; a callback may send requests but not poll.
 */
int wd_comp_poll_ctx(__u32 idx, __u32 expt, __u32 *count);

/**
 * wd_comp_poll() - call back for completed requests of all contexts, as the scheduler likes.
 *
 * @expt: most requests to take, more than 0.
 * @count: increased by the number taken, whatever is returned; not NULL, set before the call.
 *
 * Return: 0, or -WD_EAGAIN if none was complete; -WD_EINVAL for a bad argument or without an
 *	instance; -WD_HW_EACCESS or -WD_EIO if a queue is broken.
 *
 * Ownership: as the callbacks. Any number of threads; a callback may send requests but not poll.
 */
int wd_comp_poll(__u32 expt, __u32 *count);

/**
 * wd_comp_env_init() - make the instance from environment variables.
 *
 * WD_COMP_CTX_NUM says how many contexts on which node ("sync-comp:1@0,async-decomp:2@1"),
 * WD_COMP_EPOLL_EN whether waiting sleeps, WD_COMP_ASYNC_POLL_EN and WD_COMP_ASYNC_POLL_NUM whether
 * and how many threads of the library poll.
 *
 * @sched: scheduler of the program, or NULL for one of the library.
 *
 * Return: 0; -WD_EINVAL for a malformed variable; else as wd_comp_init2_().
 *
 * Ownership: what @sched points to stays the caller's and must live until wd_comp_env_uninit(). Any
 *	thread.
 */
int wd_comp_env_init(struct wd_sched *sched);

/**
 * wd_comp_env_uninit() - end the instance of wd_comp_env_init().
 *
 * Return: nothing.
 *
 * Ownership: as wd_comp_uninit(). One thread.
 */
void wd_comp_env_uninit(void);

/**
 * wd_comp_ctx_num_init() - make the instance with contexts of one kind.
 *
 * @node: NUMA node.
 * @type: direction, enum wd_comp_op_type.
 * @num: number of contexts, more than 0.
 * @mode: enum wd_ctx_mode.
 *
 * Return: 0; -WD_EINVAL for a bad argument; else as wd_comp_init2_().
 *
 * Ownership: undone by wd_comp_ctx_num_uninit(). Any thread.
 */
int wd_comp_ctx_num_init(__u32 node, __u32 type, __u32 num, __u8 mode);

/**
 * wd_comp_ctx_num_uninit() - end the instance of wd_comp_ctx_num_init().
 *
 * Return: nothing.
 *
 * Ownership: as wd_comp_uninit(). One thread.
 */
void wd_comp_ctx_num_uninit(void);

/**
 * wd_comp_get_env_param() - what wd_comp_env_init() or wd_comp_ctx_num_init() configured.
 *
 * @node: NUMA node.
 * @type: direction, enum wd_comp_op_type.
 * @mode: enum wd_ctx_mode.
 * @num: receives the number of contexts; not NULL.
 * @is_enable: receives 1 if threads of the library poll, else 0; not NULL.
 *
 * Return: 0; -WD_EINVAL for a bad argument or if nothing was configured.
 *
 * Ownership: nothing is kept. Any thread.
 */
int wd_comp_get_env_param(__u32 node, __u32 type, __u32 mode, __u32 *num, __u8 *is_enable);

#ifdef __cplusplus
}
#endif

#endif /* WD_COMP_H */
