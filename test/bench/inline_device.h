/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A queue whose device is a few inlined instructions in the program itself, for
 * counting what the software in front of a device costs: deterministic, one
 * thread, no scheduler noise. The program's own open(), ioctl() and mmap() play
 * the kernel for the one node INLINE_NODE; everything else goes to the system.
 */
#ifndef INLINE_DEVICE_H
#define INLINE_DEVICE_H

#include <stddef.h>
#include <stdint.h>
#include "uapi/hisi_qm.h"
#include "uapi/hisi_zip.h"

#define INLINE_NODE "/dev/hisi_zip-0"
#define INLINE_DEPTH 1024u
#define INLINE_MAX_QUEUES 8

struct uacce_dev;

struct inline_queue {
	uint8_t *dus;
	uint8_t *mmio;
	struct hisi_zip_sqe *sq;
	struct hisi_qm_cqe *cq;
	uint32_t at; /* next slot the device completes */
	uint32_t phase;
};

extern struct inline_queue inline_queues[INLINE_MAX_QUEUES];

/* What the library would have found in sysfs. */
void inline_device_describe(struct uacce_dev *dev);
size_t inline_dus_nbytes(void);

/*
 * Complete the next @n elements in order: results into the element, then the
 * completion with its phase, as the hardware does.
 */
static inline void inline_device_complete(struct inline_queue *q, uint32_t n)
{
	while (n--) {
		struct hisi_zip_sqe *sqe = &q->sq[q->at];
		struct hisi_qm_cqe *cqe = &q->cq[q->at];

		sqe->dw[0] = sqe->dw[4];
		sqe->dw[1] = 64;
		sqe->dw[3] = 0;
		cqe->dw[2] = q->at;
		__atomic_store_n(&cqe->dw[3], q->phase << 16, __ATOMIC_RELEASE);
		if (++q->at == INLINE_DEPTH) {
			q->at = 0;
			q->phase ^= 1;
		}
	}
}

#endif
