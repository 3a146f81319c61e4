/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A kernel and a device made of plain memory, in the place of libwd: the wd_ctx_*
 * functions a driver uses, on a queue the test sees from both sides. The test
 * plays the device, a correct one or a hostile one. Not the emulator: it shares
 * nothing with it and knows no engine.
 */
#ifndef TEST_HISI_QM_FAKE_H
#define TEST_HISI_QM_FAKE_H

#include <stdbool.h>
#include <stdint.h>
#include "drv/wd_driver.h"
#include "uapi/hisi_qm.h"
#include "uapi/wd_shadow.h"
#include "wd_internal.h"

/* Calls that can be made to fail. */
enum fake_call {
	FAKE_MAP_DUS,
	FAKE_MAP_MMIO,
	FAKE_MAP_SHADOW,
	FAKE_SET_CTX,
	FAKE_SET_INFO,
	FAKE_SHADOW,
	FAKE_START,
	FAKE_PUT,
	FAKE_REOPEN,
	FAKE_CALLS,
};

enum fake_state { FAKE_INIT, FAKE_STARTED, FAKE_ZOMBIE };

struct fake {
	struct wd_ctx_h pub; /* first: its address is the handle */
	struct uacce_dev dev;

	/* How the queue is; set after fake_init(), before the driver opens it. */
	uint32_t page;
	uint32_t sqe_nbytes;
	uint16_t sq_depth, cq_depth, id;
	bool old_put;	   /* PUT releases the queue, as older kernels do */
	bool offers_shadow;
	int error[FAKE_CALLS]; /* errno with which a call fails; 0: it does not */

	/* What happened to it. */
	int calls[FAKE_CALLS];
	enum fake_state state;
	uint16_t qc_type;
	uint8_t *dus, *mmio;
	struct wd_shadow_page *shadow;
	bool shadow_enabled;
	unsigned int mapped; /* bit per region */

	/* The device's own view. */
	uint32_t sq_head, cq_tail, phase;
};

/* hisi_qm_v<version> with 128-byte elements, depth 1024, 4 KiB pages, queue 5. */
void fake_init(struct fake *f, unsigned int version);
void fake_free(struct fake *f);
static inline handle_t fake_ctx(struct fake *f)
{
	return (handle_t)&f->pub;
}

size_t fake_dus_nbytes(const struct fake *f);
/* Last value stored to the MMIO doorbell since it was asked for last, or FAKE_NO_DOORBELL. */
uint64_t fake_doorbell(struct fake *f);
#define FAKE_NO_DOORBELL UINT64_MAX
struct hisi_qm_cqe *fake_cqe(struct fake *f, uint32_t index);
void *fake_sqe(struct fake *f, uint32_t index);
/* Status words: RX and TX. */
void fake_set_rx(struct fake *f, uint32_t value);
void fake_set_tx(struct fake *f, uint32_t value);

/* Write the next completion, of slot @sq_head, as a device does: phase last. */
void fake_complete_slot(struct fake *f, uint32_t sq_head);
/* Complete the next submitted slot in order. */
void fake_complete(struct fake *f);
/*
 * Tail in the newest submission doorbell value (shadow if enabled, else MMIO). Thread
 * safe, but MMIO here is plain memory, where a doorbell can overwrite another unseen.
 */
uint32_t fake_tail(struct fake *f);

/* Lines logged since the last call, and the text of the newest. */
int fake_log_lines(void);
const char *fake_log_text(void);

#endif
