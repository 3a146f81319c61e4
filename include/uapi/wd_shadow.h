/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * Shadow doorbells: how a driver that knows the device is emulated avoids a
 * trap for each doorbell.
 *
 * Negotiation: WD_SHADOW_IOC_ENABLE on an opened queue, before START. Every
 * real uacce device answers EINVAL to an ioctl number it does not know, so
 * asking is harmless there. On success the driver maps one page at region
 * number WD_SHADOW_REGION; the page starts out as zeros.
 *
 * Submission: after filling elements, store the doorbell value (the same 64
 * bits that MMIO would get) to sq_doorbell with release order, then a full
 * barrier, then read sq_sleeping. If it is 1, write the same value to the MMIO
 * doorbell as well (that access traps and wakes the device). The device sets
 * sq_sleeping, then a full barrier, then looks at sq_doorbell once more before
 * it sleeps: one of the two always sees the other (Dekker).
 *
 * Completion: store the doorbell value to cq_doorbell with release order. To be
 * notified (notify flag 1 in it), follow it by a full barrier and a last look at
 * the completion ring before waiting. The device reads cq_doorbell after a
 * full barrier behind each completion (or batch of completions) it has written.
 * No MMIO access is needed for completion doorbells.
 *
 * The device only uses the shadow values of a queue that has shadow enabled,
 * and MMIO doorbells of such a queue are still accepted. All values are
 * untrusted: the device copies them once, then checks.
 */
#ifndef WD_UAPI_SHADOW_H
#define WD_UAPI_SHADOW_H

#include <linux/ioctl.h>
#include <linux/types.h>

#define WD_SHADOW_VERSION 1

struct wd_shadow_enable {
	__u32 version;	/* in: WD_SHADOW_VERSION; out: what the device speaks */
	__u32 reserved; /* in: 0; out: 0 */
};

#define WD_SHADOW_IOC_ENABLE _IOWR('W', 0x40, struct wd_shadow_enable)
#define WD_SHADOW_REGION 16

struct wd_shadow_page {
	/* written by the driver's submitters */
	__u64 sq_doorbell;
	__u64 pad0[7];
	/* written by the driver's consumers */
	__u64 cq_doorbell;
	__u64 pad1[7];
	/* written by the device */
	__u32 sq_sleeping; /* 1: the device will not look at sq_doorbell unless MMIO is rung */
	__u32 pad2[15];
};

#endif
