/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What every algorithm header needs: how a program describes the contexts it wants, and what a
 * scheduler is. It owns no function; wd_sched.h has the schedulers that come with the library.
 */
#ifndef WD_ALG_COMMON_H
#define WD_ALG_COMMON_H

#include <numa.h>
#include <pthread.h>
#include <stdbool.h>
#include "wd.h"
#include "wd_alg.h"
#include "wd_internal.h"

#ifdef __cplusplus
extern "C" {
#endif

#define BYTE_BITS		8
#define BYTE_BITS_SHIFT		3
#define GET_NEGATIVE(val)	(0 - (val))
#define BITS_TO_BYTES(bits)	(((bits) + 7) >> 3)
#define BYTES_TO_BITS(bytes)	((bytes) << 3)

#define MAX_STR_LEN		256
#define CTX_TYPE_INVALID	9999
#define POLL_TIME		1000	/* milliseconds */

/* Key sizes in bytes. */
#define MAX_CIPHER_KEY_SIZE	64
#define AES_KEYSIZE_128		16
#define AES_KEYSIZE_192		24
#define AES_KEYSIZE_256		32
#define SM4_KEY_SIZE		16
#define DES_KEY_SIZE		8
#define DES3_2KEY_SIZE		(2 * DES_KEY_SIZE)
#define DES3_3KEY_SIZE		(3 * DES_KEY_SIZE)
#define MAX_HMAC_KEY_SIZE	128U

/**
 * enum alg_task_type - what may compute, for wd_*_init2()
 * @TASK_MIX: an accelerator, with the CPU for what it refuses or loses
 * @TASK_HW: an accelerator only
 * @TASK_INSTR: CPU instructions only
 */
enum alg_task_type {
	TASK_MIX = 0x0,
	TASK_HW,
	TASK_INSTR,
	TASK_MAX_TYPE,
};

/**
 * enum wd_ctx_mode - how a context is used
 * @CTX_MODE_SYNC: by wd_do_*_sync()
 * @CTX_MODE_ASYNC: by wd_do_*_async() and polling
 */
enum wd_ctx_mode {
	CTX_MODE_SYNC = 0,
	CTX_MODE_ASYNC,
	CTX_MODE_MAX,
};

/** enum wd_init_type - by wd_*_init() (V1) or by wd_*_init2() (V2) */
enum wd_init_type {
	WD_TYPE_V1,
	WD_TYPE_V2,
};

/**
 * enum wd_mem_type - whose memory a session uses with a device that does not share addresses
 * @UADK_MEM_AUTO: the library decides
 * @UADK_MEM_USER: that of the program's struct wd_mm_ops
 * @UADK_MEM_PROXY: the library's own
 */
enum wd_mem_type {
	UADK_MEM_AUTO,
	UADK_MEM_USER,
	UADK_MEM_PROXY,
	UADK_MEM_MAX,
};

/**
 * struct wd_ctx - one context and what it is for
 * @ctx: from wd_request_ctx()
 * @op_type: operation, for example WD_DIR_COMPRESS
 * @ctx_mode: enum wd_ctx_mode
 */
struct wd_ctx {
	handle_t ctx;
	__u8 op_type;
	__u8 ctx_mode;
};

/**
 * struct wd_cap_config - hints about sizes
 * @ctx_msg_num: asynchronous requests in flight per context, 1 to 1024; anything else means the
 *	default
 * @resv: not used
 */
struct wd_cap_config {
	__u32 ctx_msg_num;
	__u32 resv;
};

/**
 * struct wd_ctx_config - the contexts a program opened itself, for wd_*_init()
 * @ctx_num: elements of @ctxs
 * @ctxs: the contexts; their position is the index schedulers and wd_*_poll_ctx() use
 * @priv: the program's own, never looked at
 * @cap: hints, or NULL; the library may ignore them
 */
struct wd_ctx_config {
	__u32 ctx_num;
	struct wd_ctx *ctxs;
	void *priv;
	struct wd_cap_config *cap;
};

/**
 * struct wd_ctx_nums - contexts wanted for one operation on each NUMA node
 * @sync_ctx_num: for synchronous requests; 0 is allowed if none will be made
 * @async_ctx_num: for asynchronous requests; 0 is allowed if none will be made
 */
struct wd_ctx_nums {
	__u32 sync_ctx_num;
	__u32 async_ctx_num;
};

/**
 * struct wd_ctx_params - the contexts wd_*_init2_() shall open
 * @op_type_num: elements of @ctx_set_num
 * @ctx_set_num: numbers for each operation, in the order of the algorithm's operation type
 * @bmp: NUMA nodes whose devices may be used; NULL for all
 * @cap: hints, or NULL; the library may ignore them
 */
struct wd_ctx_params {
	__u32 op_type_num;
	struct wd_ctx_nums *ctx_set_num;
	struct bitmask *bmp;
	struct wd_cap_config *cap;
};

/**
 * struct wd_sched - a scheduler: which context takes the next request
 * @name: any name; may be NULL
 * @sched_policy: enum sched_policy_type; free for a program's own scheduler
 * @sched_init: called when a session is made, with @h_sched_ctx and the session's sched_param; the
 *	result is the session's key: memory from malloc(), which the library frees with the session,
 *	0, or an error handle that refuses the session
 * @pick_next_ctx: index of the context for a request; sched_mode is enum wd_ctx_mode
 * @poll_policy: poll contexts until expect requests are complete or none is left to wait for; adds
 *	to *count; 0 or a negative code
 * @h_sched_ctx: first argument of all of them
 *
 * The functions are called by any thread that makes sessions, sends or polls.
 */
struct wd_sched {
	const char *name;
	int sched_policy;
	handle_t (*sched_init)(handle_t h_sched_ctx, void *sched_param);
	__u32 (*pick_next_ctx)(handle_t h_sched_ctx, void *sched_key, const int sched_mode);
	int (*poll_policy)(handle_t h_sched_ctx, __u32 expect, __u32 *count);
	handle_t h_sched_ctx;
};

typedef int (*wd_alg_init)(struct wd_ctx_config *config, struct wd_sched *sched);
typedef int (*wd_alg_poll_ctx)(__u32 idx, __u32 expt, __u32 *count);

#ifdef __cplusplus
}
#endif

#endif /* WD_ALG_COMMON_H */
