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

/*
 * The caller's request is in the message as a copy: what the driver may rely on
 * in it, it finds under the same names in the message.
 */
struct wd_comp_msg {
	struct wd_msg head;

	/* in: set by the library, not changed by the driver */
	const struct wd_template *tmpl;
	void *stream; /* stateful: stream memory; NULL: stateless */
	union {
		struct wd_comp_req req;
		struct {
			union {
				void *src;
				struct wd_datalist *list_src;
			};
			uint32_t src_len; /* bytes; with lists the sum the caller gave */
			union {
				void *dst;
				struct wd_datalist *list_dst;
			};
			uint32_t dst_len; /* bytes available */
			void *callback;	  /* the library's */
			void *callback_param;
			enum wd_comp_op_type op_type;
			enum wd_buff_type data_fmt;
			uint32_t last; /* stateful: this is the last input of the stream */
			uint32_t unused;
			/* LZ77 algorithms: where results go, may be NULL; else undefined */
			struct wd_lz77_zstd_data *lz77;
		};
	};

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

#define WD_COMP_MSG_SAME(name, member) \
	_Static_assert(offsetof(struct wd_comp_msg, name) == \
				   offsetof(struct wd_comp_msg, req.member), #name)
WD_COMP_MSG_SAME(src_len, src_len);
WD_COMP_MSG_SAME(dst_len, dst_len);
WD_COMP_MSG_SAME(callback_param, cb_param);
WD_COMP_MSG_SAME(op_type, op_type);
WD_COMP_MSG_SAME(data_fmt, data_fmt);
WD_COMP_MSG_SAME(last, last);
WD_COMP_MSG_SAME(lz77, priv);

/**
 * wd_comp_get_msg() - the asynchronous message in one slot of a queue.
 *
 * Kept for drivers of the older interface; a driver of this one never needs it.
 *
 * @idx: index of the context.
 * @tag: number of the slot.
 *
 * Return: the message, struct wd_comp_msg; NULL if there is no instance, context or slot of that
 *	number.
 *
 * Ownership: the message stays the library's. Any thread.
 */
void *wd_comp_get_msg(__u32 idx, __u32 tag);

#endif
