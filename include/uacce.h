/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a program must know of the kernel's uacce interface to use the wd_ctx_* functions: commands,
 * regions and the device flag. It owns no function. The complete kernel ABI, with the commands that
 * belong to one maker's queue manager, is in the kernel's own <misc/uacce/uacce.h>; the names here
 * differ from it on purpose, so that both can be included.
 */
#ifndef WD_UACCE_H
#define WD_UACCE_H

#include <linux/ioctl.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Start the queue of the descriptor. No argument. Kernel name: UACCE_CMD_START_Q. */
#define UACCE_CMD_START			_IO('W', 0)

/* Stop the queue of the descriptor; older kernels release it as well. No argument. */
#define UACCE_CMD_PUT_Q			_IO('W', 1)

/*
 * Only in kernels with a mode without SVA. The argument points to a slice index of the static share
 * region and receives that slice's bus address; its low 12 bits hold the slice size in granules.
 */
#define UACCE_CMD_GET_SS_DMA		_IOR('W', 3, unsigned long)

/* Granule of a static share slice: 64 KiB. */
#define UACCE_GRAN_SIZE			0x10000ull
#define UACCE_GRAN_SHIFT		16
#define UACCE_GRAN_NUM_MASK		0xfffull

/* Device flags, attribute "flags" in sysfs. */
enum {
	/* Device and process share virtual addresses; pointers go into requests as they are. */
	UACCE_DEV_SVA = 0x1,
};

/* Suffix of the "api" attribute of a device whose requests carry bus addresses. */
#define UACCE_API_VER_NOIOMMU_SUBFIX	"_noiommu"

/**
 * enum uacce_qfrt - a region of a queue that can be mapped
 * @UACCE_QFRT_MMIO: doorbell registers
 * @UACCE_QFRT_DUS: device user share: submission ring, completion ring, status words
 * @UACCE_QFRT_SS: static share memory; only in kernels with a mode without SVA
 * @UACCE_QFRT_MAX: number of regions
 *
 * The mmap offset of a region is its number times the system page size.
 */
enum uacce_qfrt {
	UACCE_QFRT_MMIO = 0,
	UACCE_QFRT_DUS = 1,
	UACCE_QFRT_SS = 2,
	UACCE_QFRT_MAX = 3,
};

#ifdef __cplusplus
}
#endif

#endif /* WD_UACCE_H */
