/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * The user interface of a uacce queue: ioctl numbers, regions and flags that
 * the kernel and every user of /dev/<device> agree on. Numbers are those of
 * Linux's uacce class. Nothing device specific lives here.
 */
#ifndef WD_UAPI_UACCE_H
#define WD_UAPI_UACCE_H

#include <linux/ioctl.h>
#include <linux/types.h>

#define UACCE_IOC_START _IO('W', 0)
#define UACCE_IOC_PUT _IO('W', 1)

/* mmap offset of a region = region number x system page size */
enum uacce_region {
	UACCE_REGION_MMIO = 0,
	UACCE_REGION_DUS = 1,
};

#define UACCE_FLAG_SVA 0x1

#endif
