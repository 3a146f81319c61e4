/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * Format of a HiSilicon queue manager (QM) queue as user space sees it: the two
 * ioctls, the rings' elements, the doorbell word and the status words. Sources
 * of the numbers: hisi-qm facts, sections 3, 4 and 6. Behaviour lives elsewhere.
 */
#ifndef WD_UAPI_HISI_QM_H
#define WD_UAPI_HISI_QM_H

#include <linux/ioctl.h>
#include <linux/types.h>
#include "field.h"

struct hisi_qp_ctx {
	__u16 id;      /* out: queue number, used in doorbells */
	__u16 qc_type; /* in: algorithm type 0..2 */
};

struct hisi_qp_info {
	__u32 sqe_size; /* out, bytes */
	__u16 sq_depth; /* out, elements */
	__u16 cq_depth; /* out, elements */
	__u64 reserved; /* echoed */
};

#define HISI_QM_IOC_SET_QP_CTX _IOWR('H', 10, struct hisi_qp_ctx)
#define HISI_QM_IOC_SET_QP_INFO _IOWR('H', 11, struct hisi_qp_info)

#define HISI_QM_DEPTH_DEFAULT 1024

/* Completion element: 16 bytes. */
struct hisi_qm_cqe {
	__le32 dw[4];
};
_Static_assert(sizeof(struct hisi_qm_cqe) == 16, "CQE is 16 bytes");

#define QM_CQE_SQ_HEAD FIELD(2, 15, 0)
#define QM_CQE_SQ_NUM FIELD(2, 31, 16)
#define QM_CQE_PHASE FIELD(3, 16, 16)

/* Status words, counted from the END of the DUS region. */
#define QM_STATUS_TX_FROM_END 4
#define QM_STATUS_RX_FROM_END 8
#define QM_STATUS_DISABLED 1

/* Doorbell: one 64-bit store. */
#define QM_DOORBELL_OFFSET_V1 0x340
#define QM_DOORBELL_OFFSET_V2 0x1000

enum qm_doorbell_cmd {
	QM_DOORBELL_SQ = 0,
	QM_DOORBELL_CQ = 1,
};

static inline __u64 qm_doorbell_v1(__u16 qn, enum qm_doorbell_cmd cmd, __u16 index, __u8 priority)
{
	return (__u64)qn | (__u64)cmd << 16 | (__u64)index << 32 | (__u64)priority << 48;
}

static inline __u64 qm_doorbell_v2(__u16 qn, enum qm_doorbell_cmd cmd, __u16 index, __u8 priority)
{
	return (__u64)(qn & 0x3ff) | (__u64)cmd << 12 | (__u64)index << 32 | (__u64)priority << 48;
}

/* Device side of the v2 word. */
#define QM_DOORBELL_V2_QN(v) ((__u16)((v) & 0x3ff))
#define QM_DOORBELL_V2_CMD(v) ((__u8)((v) >> 12 & 0xf))
#define QM_DOORBELL_V2_RAND(v) ((__u16)((v) >> 16))
#define QM_DOORBELL_INDEX(v) ((__u16)((v) >> 32))
#define QM_DOORBELL_PRIORITY(v) ((__u8)((v) >> 48))

/* Usage register (v5): used in 15:0, total in 31:16, one word a channel. */
#define QM_USAGE_OFFSET 0x1100

/* Hardware scatter-gather list: head of 64 bytes, 64-byte aligned, then entries of 32. */
#define HISI_SGL_MAX_ENTRIES 255
#define HISI_SGL_MAX_LISTS 256
#define HISI_SGL_MAX_ENTRY_NBYTES (8u << 20)

struct hisi_sge {
	__le64 buf;
	__le64 page_ctrl; /* software only */
	__le32 len;
	__le32 pad;
	__le64 pad1;
};
_Static_assert(sizeof(struct hisi_sge) == 32, "SGL entry is 32 bytes");

struct hisi_sgl {
	__le64 next;
	__le16 entry_sum_in_chain; /* an upper bound at most: writers disagree on it */
	__le16 entry_sum_in_sgl;   /* valid entries in this list */
	__le16 entry_capacity;
	__le16 pad;
	__u8 software[48];
	struct hisi_sge entries[];
};
_Static_assert(sizeof(struct hisi_sgl) == 64, "SGL head is 64 bytes");

#endif
