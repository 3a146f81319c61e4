/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The message of the compression family between library and driver. Facts
 * about a session that never change are in the driver's template; facts about
 * a stream are in the driver's stream memory.
 */
#ifndef WD_COMP_DRV_H
#define WD_COMP_DRV_H

#include "drv/wd_driver.h"
#include "wd_comp.h"

/* For session_init(). */
struct wd_comp_params {
	uint32_t alg_type; /* enum wd_comp_alg_type */
	uint32_t comp_lv;  /* enum wd_comp_level; 0 = default */
	uint32_t win_sz;   /* enum wd_comp_winsz_type */
	uint32_t op_type;  /* enum wd_comp_op_type */
};

struct wd_comp_msg {
	struct wd_msg head;

	/* in: set by the library, not changed by the driver */
	const struct wd_template *tmpl;
	union {
		void *src;
		struct wd_datalist *list_src;
	};
	union {
		void *dst;
		struct wd_datalist *list_dst;
	};
	uint32_t src_len;  /* bytes; with lists the sum the caller gave */
	uint32_t dst_len;  /* bytes available */
	uint8_t alg_type;  /* enum wd_comp_alg_type */
	uint8_t op_type;   /* enum wd_comp_op_type */
	uint8_t data_fmt;  /* enum wd_buff_type */
	uint8_t last;	   /* stateful: this is the last input of the stream */
	void *stream;	   /* stateful: stream memory; NULL: stateless */
	struct wd_lz77_zstd_data *lz77; /* LZ77 algorithms: where results go (may be NULL) */

	/* out, valid when handed back; consumed and produced never exceed src_len and dst_len */
	uint32_t consumed;
	uint32_t produced;
	/*
	 * WD_SUCCESS, WD_STREAM_END, or positive: WD_EAGAIN (more output waits in the
	 * stream: call again), WD_OUT_EPARA (output space too small), WD_VERIFY_ERR
	 * (checksum mismatch), WD_IN_EPARA (bad input). head.result is 0 in all of
	 * these: it speaks of the queue, status speaks of the data.
	 */
	uint32_t status;
	uint32_t checksum; /* running checksum as Adler-32 or standard CRC-32, 0 else */
};

/*
 * The asynchronous message with slot number @tag of queue @idx, or NULL. Kept for
 * drivers of the older interface; a driver of this one never needs it.
 */
void *wd_comp_get_msg(__u32 idx, __u32 tag);

#endif
