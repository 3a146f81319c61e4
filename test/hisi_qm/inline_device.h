/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The emulated ZIP engine as the device behind a fake queue, in this thread: what
 * is submitted is done when the test says so. Memory access is a copy, so the
 * sanitizers see every byte the "device" touches.
 */
#ifndef TEST_HISI_QM_INLINE_DEVICE_H
#define TEST_HISI_QM_INLINE_DEVICE_H

#include "drivers/hisi_qm/zip.h"
#include "fake.h"

struct inline_device {
	struct fake fake;
	struct wd_queue *q;
	uint32_t jobs; /* elements done so far */
	/* Called with each element before and after the engine; may be NULL. */
	void (*before)(struct inline_device *d, struct hisi_zip_sqe *sqe);
	void (*after)(struct inline_device *d, struct hisi_zip_sqe *sqe);
};

/* A queue of version 2, 3 or 5 for one direction. */
void inline_device_open(struct inline_device *d, unsigned int version, uint32_t op_type);
void inline_device_close(struct inline_device *d);
/* Do all that was submitted. */
void inline_device_work(struct inline_device *d);
/*
 * Submit one message, let the device work, collect it. What submit() returned; a
 * message that went to the device and came back counts as 0.
 */
int inline_device_run(struct inline_device *d, struct wd_comp_msg *msg);

#endif
