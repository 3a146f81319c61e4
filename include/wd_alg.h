/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The driver registry in the form UADK knows it: one structure per pair of algorithm and driver, a
 * list of them, and calls through their operations. Programs need it to ask what is there
 * (wd_drv_alg_support(), wd_get_alg_head()) or to bring a driver of this form. It owns no device
 * and no queue.
 */
#ifndef WD_ALG_H
#define WD_ALG_H

#include <asm/types.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <unistd.h>
#include <linux/types.h>

#ifdef __cplusplus
extern "C" {
#endif

#ifndef handle_t
#define handle_t uintptr_t
#endif

#define ALG_NAME_SIZE		128
#define DEV_NAME_LEN		128

/*
 * Bits of getauxval(3) under the names drivers of CPU instructions use. Source: the Linux arm64
 * user ABI, <asm/hwcap.h>.
 */
#ifndef AT_HWCAP
#define AT_HWCAP		16
#endif
#ifndef AT_HWCAP2
#define AT_HWCAP2		26
#endif
#if defined(__aarch64__)
#define HWCAP			AT_HWCAP
#define HWCAP_CE		AT_HWCAP
#define HWCAP_NEON		(1 << 1)
#define HWCAP_CE_AES		(1 << 3)
#define HWCAP_CE_PMULL		(1 << 4)
#define HWCAP_CE_SHA1		(1 << 5)
#define HWCAP_CE_SHA256		(1 << 6)
#define HWCAP_CE_SM3		(1 << 18)
#define HWCAP_CE_SM4		(1 << 19)
#define HWCAP_CE_SHA512		(1 << 21)
#ifndef HWCAP_CPUID
#define HWCAP_CPUID		(1 << 11)
#endif
#ifndef HWCAP_SHA3
#define HWCAP_SHA3		(1 << 17)
#endif
#ifndef HWCAP_SVE
#define HWCAP_SVE		(1 << 22)
#endif
#ifndef HWCAP2
#define HWCAP2			AT_HWCAP2
#endif
#ifndef HWCAP2_SVE2
#define HWCAP2_SVE2		(1 << 1)
#endif
#ifndef HWCAP2_RNG
#define HWCAP2_RNG		(1 << 16)
#endif
#endif

/**
 * enum alg_dev_type - what computes
 * @UADK_ALG_SOFT: a library on the CPU
 * @UADK_ALG_CE_INSTR: cryptographic instructions of the CPU
 * @UADK_ALG_SVE_INSTR: vector instructions of the CPU
 * @UADK_ALG_HW: an accelerator
 */
enum alg_dev_type {
	UADK_ALG_SOFT = 0x0,
	UADK_ALG_CE_INSTR = 0x1,
	UADK_ALG_SVE_INSTR = 0x2,
	UADK_ALG_HW = 0x3
};

/**
 * struct wd_alg_driver - one algorithm of one driver
 * @drv_name: driver; for hardware the device name without its number
 * @alg_name: algorithm, for example "zlib"
 * @priority: higher is preferred; 0 for software, 100 for hardware
 * @calc_type: enum alg_dev_type
 * @queue_num: queues one context needs
 * @op_type_num: operations that need contexts of their own; 2 for compression
 * @priv: the driver's own, set by @init
 * @fallback: handle of the driver that takes over, or 0
 * @init: prepare the contexts of conf (struct wd_ctx_config_internal); 0 or a negative code
 * @exit: undo @init
 * @send: hand one message to a context; 0, -WD_EBUSY when full, or another negative code
 * @recv: take one completed message; 0, -WD_EAGAIN when there is none, or another negative code
 * @get_usage: load in percent, param is a struct hisi_dev_usage; may be NULL
 * @get_extend_ops: fill in operations beyond these; may be NULL
 */
struct wd_alg_driver {
	const char *drv_name;
	const char *alg_name;
	int priority;
	int calc_type;
	int queue_num;
	int op_type_num;
	void *priv;
	handle_t fallback;

	int (*init)(struct wd_alg_driver *drv, void *conf);
	void (*exit)(struct wd_alg_driver *drv);
	int (*send)(struct wd_alg_driver *drv, handle_t ctx, void *drv_msg);
	int (*recv)(struct wd_alg_driver *drv, handle_t ctx, void *drv_msg);
	int (*get_usage)(void *param);
	int (*get_extend_ops)(void *ops);
};

/**
 * struct hisi_dev_usage - question of wd_alg_driver.get_usage
 * @drv: the driver asked
 * @dev_name: device, for example "hisi_zip-0"
 * @alg_op_type: operation
 */
struct hisi_dev_usage {
	struct wd_alg_driver *drv;
	const char *dev_name;
	__u8 alg_op_type;
};

/**
 * struct wd_alg_list - an entry of the registry
 * @alg_name: algorithm
 * @drv_name: driver
 * @available: the driver can be used; wd_enable_drv(), wd_disable_drv()
 * @priority: as in struct wd_alg_driver
 * @calc_type: as in struct wd_alg_driver
 * @refcnt: calls of wd_request_drv() not undone yet
 * @drv: the driver
 * @next: next entry, or NULL
 * @alg_type: family of the algorithm, as wd_get_alg_type() gives it
 */
struct wd_alg_list {
	char alg_name[ALG_NAME_SIZE];
	char drv_name[DEV_NAME_LEN];
	bool available;
	int priority;
	int calc_type;
	int refcnt;

	struct wd_alg_driver *drv;
	struct wd_alg_list *next;
	char alg_type[ALG_NAME_SIZE];
};

/**
 * wd_alg_driver_register() - make a driver known for one algorithm.
 *
 * A pair of driver and algorithm that is known already is left as it is.
 *
 * @drv: not NULL; names, init, exit, send and recv are required.
 *
 * Return: 0; -WD_EINVAL for a NULL driver or a missing operation or name; -WD_ENODEV if there is no
 *	such hardware or instruction here; -WD_ENOMEM.
 *
 * Ownership: @drv is kept and must not change or go away before it is unregistered. Any thread.
 */
int wd_alg_driver_register(struct wd_alg_driver *drv);

/**
 * wd_alg_driver_unregister() - forget a driver for one algorithm.
 *
 * @drv: as registered; NULL and unknown drivers do nothing.
 *
 * Return: nothing.
 *
 * Ownership: ends the hold on @drv. Any thread; the caller has released the driver everywhere
 *	before.
 */
void wd_alg_driver_unregister(struct wd_alg_driver *drv);

/**
 * wd_request_drv() - the best available driver for an algorithm.
 *
 * @alg_name: algorithm; not NULL.
 * @hw_mask: true leaves accelerators out; false takes nothing but accelerators.
 *
 * Return: the driver of highest priority, or NULL if there is none or @alg_name is NULL.
 *
 * Ownership: the driver is counted as used until wd_release_drv(). Any thread.
 */
struct wd_alg_driver *wd_request_drv(const char *alg_name, bool hw_mask);

/**
 * wd_release_drv() - undo one wd_request_drv().
 *
 * @drv: the driver; NULL does nothing.
 *
 * Return: nothing.
 *
 * Ownership: gives up one use. Any thread.
 */
void wd_release_drv(struct wd_alg_driver *drv);

/**
 * wd_drv_alg_support() - whether the driver of this name also offers an algorithm.
 *
 * @alg_name: algorithm; not NULL.
 * @drv: a registered driver; not NULL.
 *
 * Return: true if it does; false if not or for a NULL argument.
 *
 * Ownership: nothing is kept. Any thread.
 */
bool wd_drv_alg_support(const char *alg_name, struct wd_alg_driver *drv);

/**
 * wd_enable_drv() - let wd_request_drv() find a driver again.
 *
 * @drv: the driver; NULL does nothing.
 *
 * Return: nothing.
 *
 * Ownership: nothing changes hands. Any thread.
 */
void wd_enable_drv(struct wd_alg_driver *drv);

/**
 * wd_disable_drv() - hide a driver from wd_request_drv().
 *
 * Who has it already keeps it.
 *
 * @drv: the driver; NULL does nothing.
 *
 * Return: nothing.
 *
 * Ownership: nothing changes hands. Any thread.
 */
void wd_disable_drv(struct wd_alg_driver *drv);

/**
 * wd_alg_driver_init() - call a driver's init.
 *
 * @drv: not NULL.
 * @conf: struct wd_ctx_config_internal.
 *
 * Return: what the driver returned; -WD_EINVAL if @drv or its operation is NULL.
 *
 * Ownership: as the driver says; end with wd_alg_driver_exit(). One thread per driver.
 */
int wd_alg_driver_init(struct wd_alg_driver *drv, void *conf);

/**
 * wd_alg_driver_exit() - call a driver's exit.
 *
 * @drv: NULL, or a driver without that operation, does nothing.
 *
 * Return: nothing.
 *
 * Ownership: ends what wd_alg_driver_init() began. One thread per driver.
 */
void wd_alg_driver_exit(struct wd_alg_driver *drv);

/**
 * wd_alg_driver_send() - hand one message to a driver.
 *
 * @drv: not NULL.
 * @ctx: context the driver was initialised with.
 * @msg: the algorithm's message.
 *
 * Return: what the driver returned (0, -WD_EBUSY, ...); -WD_EINVAL if @drv or its operation is
 *	NULL.
 *
 * Ownership: the message's buffers belong to the driver until the message is received. Threads as
 *	the driver allows.
 */
int wd_alg_driver_send(struct wd_alg_driver *drv, handle_t ctx, void *msg);

/**
 * wd_alg_driver_recv() - take one completed message from a driver.
 *
 * @drv: not NULL.
 * @ctx: context the driver was initialised with.
 * @msg: receives the message.
 *
 * Return: what the driver returned (0, -WD_EAGAIN, ...); -WD_EINVAL if @drv or its operation is
 *	NULL.
 *
 * Ownership: the message's buffers are the caller's again. Threads as the driver allows.
 */
int wd_alg_driver_recv(struct wd_alg_driver *drv, handle_t ctx, void *msg);

/**
 * wd_alg_get_dev_usage() - ask a device's driver for its load.
 *
 * @dev_name: device, for example "hisi_zip-0"; not NULL.
 * @alg_type: family of wd_get_alg_type(), for example "zlib"; not NULL.
 * @op_type: operation as in struct wd_ctx.
 *
 * Return: 0 to 100 percent; -WD_EINVAL for a NULL argument or a driver that reports none;
 *	-WD_EACCES if no driver in use serves that device and family.
 *
 * Ownership: nothing is kept. Any thread.
 */
int wd_alg_get_dev_usage(const char *dev_name, const char *alg_type, __u8 op_type);

/**
 * wd_get_alg_type() - family of an algorithm: the line a device offers it under.
 *
 * @alg_name: for example "cbc(aes)"; not NULL.
 * @alg_type: receives the family, for example "cipher"; ALG_NAME_SIZE bytes; not NULL.
 *
 * Return: 0; -WD_EINVAL for a NULL argument or an unknown algorithm, @alg_type then unchanged.
 *
 * Ownership: nothing is kept. Any thread.
 */
int wd_get_alg_type(const char *alg_name, char *alg_type);

/**
 * wd_get_alg_head() - the registry, to be walked.
 *
 * The entry returned is an empty head; its next is the first driver.
 *
 * Return: the head, never NULL.
 *
 * Ownership: the registry's; read only. The caller sees to it that no thread registers or
 *	unregisters a driver meanwhile.
 */
struct wd_alg_list *wd_get_alg_head(void);

#ifdef __cplusplus
}
#endif

#endif /* WD_ALG_H */
