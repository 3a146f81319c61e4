/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Structures that drivers and the algorithm headers share: what a context handle points to, the
 * context set as a driver receives it, and the scatter-gather element of requests. A program uses
 * struct wd_datalist and memcmp_consttime() and leaves the rest alone.
 */
#ifndef WD_INTERNAL_H
#define WD_INTERNAL_H

#include <pthread.h>
#include <stdbool.h>
#include "wd.h"

#ifdef __cplusplus
extern "C" {
#endif

#define DEVICE_REGION_MAX	16
#define DECIMAL_NUMBER		10
#define MAX_FD_NUM		65535

/**
 * struct wd_ctx_h - a hardware queue, behind the handle of wd_request_ctx()
 * @fd: descriptor of the device node
 * @dev_path: path of the node
 * @dev_name: for example "hisi_zip-0"
 * @drv_name: for example "hisi_zip"
 * @qfrs_offs: bytes of each region
 * @qfrs_base: where a region is mapped, or NULL
 * @dev: the queue's own copy of the device
 * @priv: pointer of wd_ctx_set_priv()
 */
struct wd_ctx_h {
	int fd;
	char dev_path[MAX_DEV_NAME_LEN];
	char *dev_name;
	char *drv_name;
	unsigned long qfrs_offs[UACCE_QFRT_MAX];
	void *qfrs_base[UACCE_QFRT_MAX];
	struct uacce_dev *dev;
	void *priv;
};

/** struct wd_soft_ctx - a context without hardware; fd is outside the range of descriptors */
struct wd_soft_ctx {
	int fd;
	void *priv;
};

/** struct wd_ce_ctx - a context of CPU instructions; fd is outside the range of descriptors */
struct wd_ce_ctx {
	int fd;
	char *drv_name;
	void *priv;
};

/*
 * In strict C11 without a POSIX level glibc hides pthread_spinlock_t. The structure must still have
 * its layout then; on every architecture served here the type is an int.
 */
#if defined(__GLIBC__) && !defined(__USE_XOPEN2K)
typedef volatile int wd_spinlock_t;
#else
typedef pthread_spinlock_t wd_spinlock_t;
#endif

/**
 * struct wd_ctx_internal - one context of a set
 * @ctx: the context
 * @op_type: operation it serves
 * @ctx_mode: enum wd_ctx_mode
 * @sqn: queue number inside the device
 * @lock: held by whoever sends to or receives from it
 */
struct wd_ctx_internal {
	handle_t ctx;
	__u8 op_type;
	__u8 ctx_mode;
	__u16 sqn;
	wd_spinlock_t lock;
};

/**
 * struct wd_ctx_config_internal - a set of contexts
 * @ctx_num: elements of @ctxs
 * @shmid: shared memory of the counters, or -1
 * @ctxs: the contexts
 * @priv: private data of the driver
 * @epoll_en: completions are waited for in poll(2)
 * @msg_cnt: request counters, or NULL
 * @alg_name: algorithm the set was opened for
 */
struct wd_ctx_config_internal {
	__u32 ctx_num;
	int shmid;
	struct wd_ctx_internal *ctxs;
	void *priv;
	bool epoll_en;
	unsigned long *msg_cnt;
	char *alg_name;
};

/**
 * struct wd_datalist - one piece of scattered data
 * @data: first byte
 * @len: bytes
 * @next: the piece that follows, or NULL
 */
struct wd_datalist {
	void *data;
	__u32 len;
	struct wd_datalist *next;
};

/**
 * memcmp_consttime() - compare memory in a time that does not depend on its content.
 *
 * For tags, keys and other secrets.
 *
 * @s1: @n bytes; may be NULL only if @n is 0.
 * @s2: @n bytes; may be NULL only if @n is 0.
 * @n: number of bytes.
 *
 * Return: 0 if equal, another value if not; it says nothing about order.
 *
 * Ownership: nothing is kept. Any thread.
 */
int memcmp_consttime(const void *s1, const void *s2, size_t n);

#ifdef __cplusplus
}
#endif

#endif /* WD_INTERNAL_H */
