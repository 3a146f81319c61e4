/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * Format of the HiSilicon ZIP engine's 128-byte submission element: words,
 * codes and limits (hisi-zip facts, sections 3 to 11). How to use them is the
 * driver's and the emulated engine's business, each by its own reading.
 */
#ifndef WD_UAPI_HISI_ZIP_H
#define WD_UAPI_HISI_ZIP_H

#include <linux/types.h>
#include "field.h"

struct hisi_zip_sqe {
	__le32 dw[32];
};
_Static_assert(sizeof(struct hisi_zip_sqe) == 128, "ZIP SQE is 128 bytes");

/* written by the device */
#define ZIP_CONSUMED FIELD(0, 31, 0)
#define ZIP_PRODUCED FIELD(1, 31, 0)
#define ZIP_COMP_DATA_LENGTH FIELD(2, 31, 0)
#define ZIP_STATUS FIELD(3, 7, 0)
#define ZIP_LAST_BLOCK FIELD(3, 8, 8)
/* written by the client */
#define ZIP_INPUT_LENGTH FIELD(4, 31, 0)
#define ZIP_IN_SGE_OFFSET FIELD(7, 23, 0)
#define ZIP_FLUSH_TYPE FIELD(7, 25, 25)
#define ZIP_STREAM_MODE FIELD(7, 26, 26)
#define ZIP_STREAM_NEW FIELD(7, 27, 27)
#define ZIP_SQE_TYPE FIELD(7, 31, 28)
#define ZIP_OUT_SGE_OFFSET FIELD(8, 23, 0)
#define ZIP_REQUEST_TYPE FIELD(9, 7, 0)
#define ZIP_BUFFER_TYPE FIELD(9, 11, 8)
#define ZIP_WINDOW_SIZE FIELD(9, 15, 12)
#define ZIP_TAG_TYPE0 FIELD(13, 31, 0)
#define ZIP_LITERAL_LENGTH FIELD(13, 31, 0)
#define ZIP_DEST_AVAIL FIELD(14, 31, 0)
#define ZIP_TAG_TYPE3 FIELD(26, 31, 0)
#define ZIP_TAG_TYPE3_HIGH FIELD(27, 31, 0)
/* both directions */
#define ZIP_CTX_DW0 FIELD(15, 31, 0)
#define ZIP_CTX_DW1 FIELD(28, 31, 0)
#define ZIP_CTX_DW2 FIELD(29, 31, 0)
#define ZIP_ISIZE FIELD(30, 31, 0)
#define ZIP_CHECKSUM FIELD(31, 31, 0)
/* lz77_zstd result in the checksum word */
#define ZIP_LIT_OVERFLOW_COUNT FIELD(31, 31, 24)
#define ZIP_LIT_OVERFLOW_POS FIELD(31, 23, 0)

/* first word of each 64-bit address: field_get_addr(), field_set_addr() */
#define ZIP_ADDR_SOURCE 18
#define ZIP_ADDR_DEST 20
#define ZIP_ADDR_CTX 22
#define ZIP_ADDR_LITERAL 24

/* parts of state word 0 and 1 and 2 */
#define ZIP_CTX0_ST_MASK 0xfu
#define ZIP_CTX0_FINAL_BLOCK 0x80u
#define ZIP_CTX0_TAIL_BITS(w) ((w) >> 10 & 0x3fu)
#define ZIP_CTX1_STORED_MASK 0x7ffffu
#define ZIP_CTX2_WINDOW_MASK 0xffffu

enum hisi_zip_ctx_st {
	ZIP_CTX_ST_LAST_NO_SPACE = 1,
	ZIP_CTX_ST_MIDDLE_NO_SPACE = 2,
	ZIP_CTX_ST_BLOCK_NOT_STARTED = 3,
	ZIP_CTX_ST_NO_CHECKSUM = 4,
};

enum hisi_zip_request {
	ZIP_REQ_DEFLATE = 0x01,
	ZIP_REQ_ZLIB = 0x02,
	ZIP_REQ_GZIP = 0x03,
	ZIP_REQ_LZ4 = 0x04,
	ZIP_REQ_LZ77_ONLY = 0x40,
	ZIP_REQ_LZ77_ONLY_PRICE = 0x41,
	ZIP_REQ_LZ77_ZSTD_PRICE = 0x42,
	ZIP_REQ_LZ77_ZSTD = 0x43,
};

enum hisi_zip_status {
	ZIP_ST_OK = 0x00,
	ZIP_ST_NEGATIVE_COMP = 0x0d,
	ZIP_ST_DEST_FULL = 0x0e,
	ZIP_ST_CHECKSUM_BAD = 0x10,
	ZIP_ST_DECOMP_END = 0x13,
};

enum hisi_zip_buffer { ZIP_BUF_FLAT = 0, ZIP_BUF_SGL = 1 };
enum hisi_zip_flush { ZIP_FLUSH_SYNC = 0, ZIP_FLUSH_FINISH = 1 };

/* algorithm type of the queue, set by SET_QP_CTX: the only place of the direction */
enum hisi_zip_queue_type { ZIP_QUEUE_COMP = 0, ZIP_QUEUE_DECOMP = 1, ZIP_QUEUE_DAE = 2 };

#define ZIP_MAX_FLAT_NBYTES (8u << 20)
#define ZIP_MAX_LZ77_ZSTD_NBYTES (128u << 10)
#define ZIP_LZ77_LITERAL_SLACK 16u
#define ZIP_LZ77_FREQ_NBYTES 784u

/* stream context buffer of the client: 64 KiB, device area from byte 64 on */
#define ZIP_CTX_NBYTES (64u << 10)
#define ZIP_CTX_DEVICE_OFFSET 64u
#define ZIP_CTX_DEVICE_NBYTES (0x97c0u)
/* offsets inside the device area */
#define ZIP_CTX_REPEAT_OFFSETS 0x310u
#define ZIP_CTX_LITERAL_CARRY 0x31cu
#define ZIP_CTX_WINDOW 0xc00u

#endif
