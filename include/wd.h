/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The base of WarpDrive: devices and queues ("contexts"), and the types and codes all algorithms
 * share. It owns no algorithm (wd_comp.h, ...), no scheduler (wd_sched.h) and no driver interface
 * (wd_alg.h); logging and memory pools are in headers of their own, which it includes. Names, types
 * and layouts are those of UADK 2.10.
 *
 * Every function has one comment in five parts, from which its manual page is made: what it does;
 * the arguments; "Return:" with each error; "Ownership:" with lifetime and thread rule; and
 * "Source:" where it mirrors something outside. Unless stated otherwise a negative return value is
 * a negated code from the list below, a handle of 0 or a NULL pointer is a failure, and errno then
 * says why.
 */
#ifndef WD_H
#define WD_H

#include <asm/types.h>
#include <errno.h>
#include <fcntl.h>
#include <numa.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>
#include <linux/types.h>

#include "uacce.h"
#include "wd_log.h"
#include "wd_mempool.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Sizes of the character arrays below, in bytes, terminator included. */
#define PATH_STR_SIZE			256
#define MAX_ATTR_STR_SIZE		384
#define WD_NAME_SIZE			64
#define MAX_DEV_NAME_LEN		256
#define CRYPTO_MAX_ALG_NAME		128

#define LINUX_CRTDIR_SIZE		1
#define LINUX_PRTDIR_SIZE		2
#define WD_CTX_CNT_NUM			1024
#define WD_IPC_KEY			0x500011

#ifndef NUMA_NO_NODE
#define NUMA_NO_NODE			(-1)
#endif

#ifndef likely
#define likely(x)			__builtin_expect(!!(x), 1)
#endif
#ifndef unlikely
#define unlikely(x)			__builtin_expect(!!(x), 0)
#endif
#ifndef ARRAY_SIZE
#define ARRAY_SIZE(x)			(sizeof(x) / sizeof((x)[0]))
#endif

/* A macro and not a type, as in UADK: programs may have declared a handle_t of their own before. */
#ifndef handle_t
#define handle_t uintptr_t
#endif

/*
 * Codes. Functions return them negated; req->status and req->state hold them positive. Those
 * without an errno name share their number with an unrelated errno, so strerror() is wrong for
 * them.
 */
#define WD_SUCCESS			0
#define WD_STREAM_END			1	/* the stream is complete */
#define WD_STREAM_START			2	/* the next call begins a stream */
#define WD_SOFT_COMPUTING		3	/* done, or to be done, by the CPU */
#define WD_EIO				EIO
#define WD_EAGAIN			EAGAIN
#define WD_ENOMEM			ENOMEM
#define WD_EACCES			EACCES
#define WD_EBUSY			EBUSY
#define WD_EEXIST			EEXIST
#define WD_ENODEV			ENODEV
#define WD_EINVAL			EINVAL
#define WD_ETIMEDOUT			ETIMEDOUT
#define WD_ADDR_ERR			61	/* an address the device cannot use */
#define WD_HW_EACCESS			62	/* the device refuses service: resetting or gone */
#define WD_SGL_ERR			63	/* malformed scatter-gather list */
#define WD_VERIFY_ERR			64	/* signature or tag does not match */
#define WD_OUT_EPARA			66	/* the operation gave an error in its output */
#define WD_IN_EPARA			67	/* the input is malformed or incomplete */
#define WD_ENOPROC			68	/* the request was not processed */

/* Some functions return an error as a pointer: a negated code cast to it. */
#define WD_HANDLE_ERR(h)		((long long)(h))
#define WD_IS_ERR(h)			((uintptr_t)(h) > (uintptr_t)(-1000))

/**
 * enum wd_buff_type - how a request names its data
 * @WD_FLAT_BUF: one address and one length
 * @WD_SGL_BUF: a chain of struct wd_datalist
 */
enum wd_buff_type {
	WD_FLAT_BUF,
	WD_SGL_BUF,
};

/** enum wd_alg_type - families of symmetric algorithms */
enum wd_alg_type {
	WD_CIPHER,
	WD_DIGEST,
	WD_AEAD,
};

/* Memory functions of a program for devices that do not share its addresses. */
typedef void *(*wd_alloc)(void *usr, size_t size);
typedef void (*wd_free)(void *usr, void *va);
typedef void *(*wd_map)(void *usr, void *va, size_t sz);
typedef void (*wd_unmap)(void *usr, void *va, void *dma, size_t sz);
typedef __u32 (*wd_bufsize)(void *usr);

/**
 * struct wd_mm_ops - where a session gets its memory when the device does not share addresses
 * @alloc: allocate size bytes; NULL on failure
 * @free: give back what @alloc returned
 * @iova_map: address the device must use for sz bytes at va; NULL on failure
 * @iova_unmap: undo @iova_map
 * @get_bufsize: bytes of one allocation unit; optional, may be NULL
 * @usr: first argument of all of them
 * @sva_mode: the device shares addresses, nothing above is needed
 *
 * With a device that shares addresses (SVA) the library neither reads nor writes this structure.
 */
struct wd_mm_ops {
	wd_alloc alloc;
	wd_free free;
	wd_map iova_map;
	wd_unmap iova_unmap;
	wd_bufsize get_bufsize;
	void *usr;
	bool sva_mode;
};

/**
 * struct wd_dtb - a number or string with the room it has
 * @data: first byte
 * @dsize: bytes used
 * @bsize: bytes available at @data
 */
struct wd_dtb {
	char *data;
	__u32 dsize;
	__u32 bsize;
};

/**
 * struct uacce_dev - a device as sysfs describes it
 * @flags: UACCE_DEV_SVA, or 0
 * @numa_id: NUMA node; 0 where the system names none
 * @api: protocol of the queue, for example "hisi_qm_v3"
 * @algs: names of the algorithms, each ended by a newline
 * @dev_root: directory of the device in sysfs
 * @char_dev_path: its node, for example "/dev/hisi_zip-0"
 * @qfrs_offs: bytes of each region, by enum uacce_qfrt; 0 where there is none
 */
struct uacce_dev {
	int flags;
	int numa_id;
	char api[WD_NAME_SIZE];
	char algs[MAX_ATTR_STR_SIZE];
	char dev_root[PATH_STR_SIZE];
	char char_dev_path[MAX_DEV_NAME_LEN];
	unsigned long qfrs_offs[UACCE_QFRT_MAX];
};

/** struct uacce_dev_list - devices, linked; NULL is the empty list */
struct uacce_dev_list {
	struct uacce_dev *dev;
	struct uacce_dev_list *next;
};

/** struct wd_dev_mask - a set of devices; kept for programs that name the type */
struct wd_dev_mask {
	unsigned char *mask;
	int len;
	unsigned int magic;
};

typedef struct wd_dev_mask wd_dev_mask_t;

/**
 * struct wd_capability - what one driver offers for one algorithm
 * @alg_name: the algorithm
 * @drv_name: the driver
 * @available: it can be used now
 * @priority: higher is preferred
 * @calc_type: enum alg_dev_type
 * @next: next in the list, or NULL
 */
struct wd_capability {
	char alg_name[CRYPTO_MAX_ALG_NAME];
	char drv_name[CRYPTO_MAX_ALG_NAME];
	bool available;
	int priority;
	int calc_type;
	struct wd_capability *next;
};

/*
 * Barriers between normal memory and a device, for programs that drive a mapped region themselves.
 * On arm64 a device observes in the outer shareable domain, hence dsb; elsewhere a full barrier
 * does.
 */
#ifndef rmb
#if defined(__aarch64__)
#define rmb()	__asm__ volatile("dsb ld" : : : "memory")
#define wmb()	__asm__ volatile("dsb st" : : : "memory")
#define mb()	__asm__ volatile("dsb sy" : : : "memory")
#else
#define rmb()	__sync_synchronize()
#define wmb()	__sync_synchronize()
#define mb()	__sync_synchronize()
#endif
#endif

/** wd_ioread32() - one aligned 32-bit load from a device register; no ordering */
static inline uint32_t wd_ioread32(void *addr)
{
	return *(volatile uint32_t *)addr;
}

/** wd_ioread64() - one aligned 64-bit load from a device register; no ordering */
static inline uint64_t wd_ioread64(void *addr)
{
	return *(volatile uint64_t *)addr;
}

/** wd_iowrite32() - one aligned 32-bit store to a device register; no ordering */
static inline void wd_iowrite32(void *addr, uint32_t value)
{
	*(volatile uint32_t *)addr = value;
}

/** wd_iowrite64() - one aligned 64-bit store to a device register; no ordering */
static inline void wd_iowrite64(void *addr, uint64_t value)
{
	*(volatile uint64_t *)addr = value;
}

/** WD_ERR_PTR() - a negated code as a pointer */
static inline void *WD_ERR_PTR(uintptr_t error)
{
	return (void *)error;
}

/** WD_PTR_ERR() - the negated code in a pointer for which WD_IS_ERR() holds */
static inline long WD_PTR_ERR(const void *ptr)
{
	return (long)(intptr_t)ptr;
}

/**
 * wd_get_accel_list() - list the devices that offer an algorithm.
 *
 * @alg_name: one line of the device attribute "algorithms", for example "zlib" or "cipher"; the
 *	whole line must be equal. Or an algorithm that wd_get_alg_type() knows, for example
 *	"cbc(aes)", for the line of its family. Not NULL, not empty.
 *
 * Return: the list in the order of the system, or NULL with errno ENODEV if no usable device offers
 *	the algorithm, EINVAL for a bad name, ENOMEM. A device with missing or malformed attributes
 *	is left out, as is one that the system has isolated.
 *
 * Ownership: the caller frees the list with wd_free_list_accels(). Any thread.
 *
 * Source: Linux Documentation/ABI/testing/sysfs-driver-uacce.
 */
struct uacce_dev_list *wd_get_accel_list(const char *alg_name);

/**
 * wd_free_list_accels() - free a list of devices and the devices in it.
 *
 * @list: from wd_get_accel_list(); NULL is allowed.
 *
 * Return: nothing.
 *
 * Ownership: takes the list. Queues opened from its devices are not affected. Any thread, one per
 *	list.
 */
void wd_free_list_accels(struct uacce_dev_list *list);

/**
 * wd_get_accel_dev() - the device nearest to the calling thread that offers an algorithm.
 *
 * Nearest is the smallest NUMA distance from the node the thread runs on; among equals it is the
 * device with most free queues. One without a free queue is chosen only if all are so.
 *
 * @alg_name: as for wd_get_accel_list().
 *
 * Return: a copy of the device, or NULL with errno as for wd_get_accel_list().
 *
 * Ownership: the caller releases it with free(). Any thread.
 */
struct uacce_dev *wd_get_accel_dev(const char *alg_name);

/**
 * wd_find_dev_by_numa() - the device of a list on one node with most free queues.
 *
 * @list: from wd_get_accel_list(); not NULL.
 * @numa_id: NUMA node.
 *
 * Return: the device, or an error pointer (see WD_IS_ERR()): -WD_EINVAL if @list is NULL,
 *	-WD_ENODEV if no device on that node has a free queue. Never NULL.
 *
 * Ownership: the device belongs to the list. Any thread, while no other frees or extends the list.
 */
struct uacce_dev *wd_find_dev_by_numa(struct uacce_dev_list *list, int numa_id);

/**
 * wd_clone_dev() - copy a device description.
 *
 * @dev: not NULL.
 *
 * Return: the copy, or NULL with errno EINVAL or ENOMEM.
 *
 * Ownership: the caller releases the copy with free(). Any thread.
 */
struct uacce_dev *wd_clone_dev(struct uacce_dev *dev);

/**
 * wd_add_dev_to_list() - append a node to a list of devices.
 *
 * @head: first node of the list; not NULL.
 * @node: node to append, and what follows it; NULL does nothing.
 *
 * Return: nothing.
 *
 * Ownership: the list takes @node, which wd_free_list_accels() then frees with free(). The caller
 *	keeps other threads off the list.
 */
void wd_add_dev_to_list(struct uacce_dev_list *head, struct uacce_dev_list *node);

/**
 * wd_create_device_nodemask() - the set of NUMA nodes that have a device of a list.
 *
 * @list: not NULL.
 *
 * Return: a libnuma mask, or an error pointer (see WD_IS_ERR()): -WD_EINVAL if @list is NULL,
 *	-WD_ENOMEM. Never NULL.
 *
 * Ownership: the caller frees it with wd_free_device_nodemask(). Any thread.
 *
 * Source: numa(3).
 */
struct bitmask *wd_create_device_nodemask(struct uacce_dev_list *list);

/**
 * wd_free_device_nodemask() - free a mask of wd_create_device_nodemask().
 *
 * @bmp: NULL and error pointers are allowed.
 *
 * Return: nothing.
 *
 * Ownership: takes the mask. Any thread, one per mask.
 */
void wd_free_device_nodemask(struct bitmask *bmp);

/**
 * wd_get_avail_ctx() - number of queues of a device that can still be opened.
 *
 * The number is the system's at this moment; others open and close queues meanwhile.
 *
 * @dev: not NULL.
 *
 * Return: 0 or more, -WD_EINVAL if @dev is NULL or the attribute is malformed, or the negated errno
 *	of reading it (-WD_ENODEV if the device is gone or keeps no count).
 *
 * Ownership: nothing is kept. Any thread.
 *
 * Source: sysfs attribute available_instances.
 */
int wd_get_avail_ctx(struct uacce_dev *dev);

/**
 * wd_is_isolate() - whether the system has withdrawn a device after too many errors.
 *
 * @dev: not NULL.
 *
 * Return: 1 if isolated; 0 if not, or if the device has no isolation; -WD_EINVAL if @dev is NULL or
 *	names no device, or the negated errno of reading the attribute.
 *
 * Ownership: nothing is kept. Any thread.
 *
 * Source: sysfs attribute isolate.
 */
int wd_is_isolate(struct uacce_dev *dev);

/**
 * wd_get_accel_name() - last part of a device path.
 *
 * @dev_path: for example "/dev/hisi_zip-0"; not NULL, with a hyphen in it.
 * @no_apdx: 0 for the device name ("hisi_zip-0"), 1 for the driver name ("hisi_zip": without the
 *	last hyphen and the number behind it, if there is a number).
 *
 * Return: the name, or NULL with errno EINVAL or ENOMEM.
 *
 * Ownership: the caller releases it with free(). Any thread.
 */
char *wd_get_accel_name(char *dev_path, int no_apdx);

/**
 * wd_get_dev_usage() - load of a device with one algorithm.
 *
 * @dev: not NULL.
 * @alg_name: a name in @dev->algs; not NULL.
 * @alg_op_type: operation as in struct wd_ctx, for example WD_DIR_COMPRESS.
 *
 * Return: 0 to 100 percent; -WD_EINVAL for a NULL argument or an algorithm the device does not
 *	have; -WD_EACCES if neither its driver nor the system reports a load.
 *
 * Ownership: nothing is kept. Any thread.
 */
int wd_get_dev_usage(struct uacce_dev *dev, const char *alg_name, __u8 alg_op_type);

/**
 * wd_request_ctx() - open a queue of a device.
 *
 * The queue belongs to the process that opens it: its device works on the addresses of this process
 * only. A child of fork() must open its own.
 *
 * @dev: the device; not NULL.
 *
 * Return: the queue, or 0 with errno: EINVAL if @dev is NULL or has no path; EBUSY if no queue is
 *	free; ENODEV or ENOENT if the device is gone; EACCES if the caller may not open its node;
 *	ENOMEM; or another errno of open(2).
 *
 * Ownership: the caller releases it with wd_release_ctx(). @dev is copied. Any thread.
 *
 * Source: Linux drivers/misc/uacce/uacce.c, open.
 */
handle_t wd_request_ctx(struct uacce_dev *dev);

/**
 * wd_release_ctx() - close a queue.
 *
 * Regions still mapped are unmapped. The system stops the queue first if it is running.
 *
 * @h_ctx: from wd_request_ctx(); 0 is allowed.
 *
 * Return: nothing.
 *
 * Ownership: takes the handle. The caller sees to it that no thread uses the queue any more.
 */
void wd_release_ctx(handle_t h_ctx);

/**
 * wd_ctx_start() - let the device work on a queue.
 *
 * @h_ctx: a queue that is not started.
 *
 * Return: 0; -WD_EINVAL if @h_ctx is 0, no hardware queue, or started already; -EPERM if the device
 *	is stopped for a reset; -WD_EIO, -WD_ETIMEDOUT if it does not answer; -ENXIO if it is gone;
 *	-EOWNERDEAD in a child of fork(): the queue is the parent's.
 *
 * Ownership: nothing changes hands. One thread per queue.
 *
 * Source: UACCE_CMD_START.
 */
int wd_ctx_start(handle_t h_ctx);

/**
 * wd_release_ctx_force() - stop a queue and keep its handle.
 *
 * When it returns 0 the device no longer reads or writes memory for this queue. Afterwards the
 * handle is good for unmapping and wd_release_ctx() only.
 *
 * @h_ctx: the queue; started or not.
 *
 * Return: 0, also if the queue is stopped or its device gone; -WD_EINVAL if @h_ctx is 0;
 *	-EOWNERDEAD in a child of fork(); or the negated errno of ioctl(2).
 *
 * Ownership: the handle stays the caller's. One thread per queue.
 *
 * Source: UACCE_CMD_PUT_Q.
 */
int wd_release_ctx_force(handle_t h_ctx);

/**
 * wd_ctx_set_priv() - attach a pointer to a queue.
 *
 * A hardware driver keeps its ring state there: leave it alone on queues given to wd_*_init().
 *
 * @h_ctx: the queue.
 * @priv: any value.
 *
 * Return: 0, or -WD_EINVAL if @h_ctx is 0.
 *
 * Ownership: the pointer is kept, never followed. The caller orders threads.
 */
int wd_ctx_set_priv(handle_t h_ctx, void *priv);

/**
 * wd_ctx_get_priv() - the pointer of wd_ctx_set_priv().
 *
 * @h_ctx: the queue.
 *
 * Return: the pointer; NULL if none was set or @h_ctx is 0.
 *
 * Ownership: nothing changes hands. The caller orders threads.
 */
void *wd_ctx_get_priv(handle_t h_ctx);

/**
 * wd_ctx_get_api() - protocol name of a queue's device, for example "hisi_qm_v3".
 *
 * @h_ctx: the queue.
 *
 * Return: the string, or NULL if @h_ctx is 0.
 *
 * Ownership: the string belongs to the queue and lives as long; do not change or free it. Any
 *	thread.
 */
char *wd_ctx_get_api(handle_t h_ctx);

/**
 * wd_ctx_get_dev_name() - name of a queue's device, for example "hisi_zip-0".
 *
 * @h_ctx: the queue.
 *
 * Return: the string, or NULL if @h_ctx is 0.
 *
 * Ownership: the string belongs to the queue and lives as long; do not change or free it. Any
 *	thread.
 */
char *wd_ctx_get_dev_name(handle_t h_ctx);

/**
 * wd_ctx_mmap_qfr() - map a region of a queue into the process.
 *
 * A region that is mapped already is not mapped again.
 *
 * @h_ctx: the queue.
 * @qfrt: the region.
 *
 * Return: its first byte, page aligned, wd_ctx_get_region_size() bytes long; or NULL with errno
 *	EINVAL (no queue, no such region), ENXIO (device gone), EOWNERDEAD (in a child of fork()),
 *	ENOMEM or another errno of mmap(2).
 *
 * Ownership: the mapping belongs to the queue: wd_ctx_unmap_qfr() or wd_release_ctx() ends it. It
 *	is not inherited by fork(). One thread per queue.
 *
 * Source: Linux drivers/misc/uacce/uacce.c, mmap.
 */
void *wd_ctx_mmap_qfr(handle_t h_ctx, enum uacce_qfrt qfrt);

/**
 * wd_ctx_unmap_qfr() - unmap a region of a queue.
 *
 * @h_ctx: the queue; 0 does nothing.
 * @qfrt: the region; one that is not mapped is left alone.
 *
 * Return: nothing.
 *
 * Ownership: ends the mapping; no thread may use it any more.
 */
void wd_ctx_unmap_qfr(handle_t h_ctx, enum uacce_qfrt qfrt);

/**
 * wd_ctx_get_region_size() - size of a region of a queue.
 *
 * @h_ctx: the queue.
 * @qfrt: the region.
 *
 * Return: bytes; 0 if @h_ctx is 0 or the queue has no such region.
 *
 * Ownership: nothing changes hands. Any thread.
 *
 * Source: sysfs attributes region_mmio_size, region_dus_size.
 */
unsigned long wd_ctx_get_region_size(handle_t h_ctx, enum uacce_qfrt qfrt);

/**
 * wd_ctx_wait() - sleep until a queue has completions nobody has been woken for.
 *
 * Wake-ups can be spurious, and one is given per batch of completions: read the ring to its end.
 *
 * @h_ctx: the queue.
 * @ms: longest time to sleep, in milliseconds, whatever signals arrive; 0 only looks.
 *
 * Return: more than 0 if there is something to read, 0 if the time is over, -WD_EINVAL if @h_ctx is
 *	0, -WD_ENODEV if the device is gone, or a negated errno of poll(2).
 *
 * Ownership: nothing changes hands. Any thread.
 */
int wd_ctx_wait(handle_t h_ctx, __u16 ms);

/**
 * wd_ctx_set_io_cmd() - send a command to the kernel driver of a queue.
 *
 * @h_ctx: the queue.
 * @cmd: ioctl(2) number.
 * @arg: what the command reads or writes; NULL if it takes nothing.
 *
 * Return: what ioctl(2) returned, 0 or more; -1 on failure with errno set; -WD_EINVAL if @h_ctx is
 *	0.
 *
 * Ownership: @arg is used during the call only. Any thread; the kernel takes one command at a time.
 */
int wd_ctx_set_io_cmd(handle_t h_ctx, unsigned long cmd, void *arg);

/**
 * wd_is_sva() - whether a queue's device shares the addresses of the process.
 *
 * @h_ctx: the queue.
 *
 * Return: 1 if it does (UACCE_DEV_SVA), 0 if not, -WD_EINVAL if @h_ctx is 0, a negative code if it
 *	is no hardware queue.
 *
 * Ownership: nothing changes hands. Any thread.
 */
int wd_is_sva(handle_t h_ctx);

/**
 * wd_get_numa_id() - NUMA node of a queue's device.
 *
 * @h_ctx: the queue.
 *
 * Return: the node, or -WD_EINVAL if @h_ctx is 0.
 *
 * Ownership: nothing changes hands. Any thread.
 */
int wd_get_numa_id(handle_t h_ctx);

/**
 * wd_get_version() - print the version of the library to standard output.
 *
 * Return: nothing.
 *
 * Ownership: nothing changes hands. Any thread.
 */
void wd_get_version(void);

/**
 * wd_need_debug() - whether debug lines reach a sink, so that a caller can save making them.
 *
 * Return: true if they are.
 *
 * Ownership: nothing changes hands. Any thread.
 */
bool wd_need_debug(void);

/**
 * wd_need_info() - whether informational lines reach a sink, so that a caller can save making them.
 *
 * Return: true if they are.
 *
 * Ownership: nothing changes hands. Any thread.
 */
bool wd_need_info(void);

#ifdef __cplusplus
}
#endif

#endif /* WD_H */
