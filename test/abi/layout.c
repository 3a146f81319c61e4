/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Prints the layout of every public structure and the value of every public constant, one fact per
 * line, for layout.sh to compare with the table of the interface. A member of the wrong type does not
 * compile. Knows nothing of the library's inside and links nothing of it.
 */
#include <stddef.h>
#include <stdio.h>

#include "wd.h"
#include "wd_alg.h"
#include "wd_alg_common.h"
#include "wd_bmm.h"
#include "wd_comp.h"
#include "wd_internal.h"
#include "wd_sched.h"
#include "wd_zlibwrapper.h"

#define SIZE(s) printf("sizeof %s %zu %zu\n", #s, sizeof(struct s), _Alignof(struct s))

#define MEMBER(s, m, ...)                                                                          \
	do {                                                                                       \
		_Static_assert(__builtin_types_compatible_p(__typeof__(((struct s *)0)->m),        \
							    __VA_ARGS__),                          \
			       "type of " #s "." #m);                                              \
		printf("member %s %s %zu %zu\n", #s, #m, offsetof(struct s, m),                    \
		       sizeof(((struct s *)0)->m));                                                \
	} while (0)

#define VALUE(c) printf("value %s %lld\n", #c, (long long)(c))

static void print_wd(void)
{
	SIZE(wd_mm_ops);
	MEMBER(wd_mm_ops, alloc, wd_alloc);
	MEMBER(wd_mm_ops, free, wd_free);
	MEMBER(wd_mm_ops, iova_map, wd_map);
	MEMBER(wd_mm_ops, iova_unmap, wd_unmap);
	MEMBER(wd_mm_ops, get_bufsize, wd_bufsize);
	MEMBER(wd_mm_ops, usr, void *);
	MEMBER(wd_mm_ops, sva_mode, bool);
	SIZE(wd_dtb);
	MEMBER(wd_dtb, data, char *);
	MEMBER(wd_dtb, dsize, __u32);
	MEMBER(wd_dtb, bsize, __u32);
	SIZE(uacce_dev);
	MEMBER(uacce_dev, flags, int);
	MEMBER(uacce_dev, numa_id, int);
	MEMBER(uacce_dev, api, char [64]);
	MEMBER(uacce_dev, algs, char [384]);
	MEMBER(uacce_dev, dev_root, char [256]);
	MEMBER(uacce_dev, char_dev_path, char [256]);
	MEMBER(uacce_dev, qfrs_offs, unsigned long [3]);
	SIZE(uacce_dev_list);
	MEMBER(uacce_dev_list, dev, struct uacce_dev *);
	MEMBER(uacce_dev_list, next, struct uacce_dev_list *);
	SIZE(wd_dev_mask);
	MEMBER(wd_dev_mask, mask, unsigned char *);
	MEMBER(wd_dev_mask, len, int);
	MEMBER(wd_dev_mask, magic, unsigned int);
	SIZE(wd_mempool_stats);
	MEMBER(wd_mempool_stats, page_type, enum wd_page_type);
	MEMBER(wd_mempool_stats, page_size, unsigned long);
	MEMBER(wd_mempool_stats, page_num, unsigned long);
	MEMBER(wd_mempool_stats, blk_size, unsigned long);
	MEMBER(wd_mempool_stats, blk_num, unsigned long);
	MEMBER(wd_mempool_stats, free_blk_num, unsigned long);
	MEMBER(wd_mempool_stats, blk_usage_rate, unsigned long);
	SIZE(wd_blockpool_stats);
	MEMBER(wd_blockpool_stats, block_size, unsigned long);
	MEMBER(wd_blockpool_stats, block_num, unsigned long);
	MEMBER(wd_blockpool_stats, free_block_num, unsigned long);
	MEMBER(wd_blockpool_stats, block_usage_rate, unsigned long);
	MEMBER(wd_blockpool_stats, mem_waste_rate, unsigned long);
	SIZE(wd_capability);
	MEMBER(wd_capability, alg_name, char [128]);
	MEMBER(wd_capability, drv_name, char [128]);
	MEMBER(wd_capability, available, bool);
	MEMBER(wd_capability, priority, int);
	MEMBER(wd_capability, calc_type, int);
	MEMBER(wd_capability, next, struct wd_capability *);
	VALUE(WD_FLAT_BUF);
	VALUE(WD_SGL_BUF);
	VALUE(WD_CIPHER);
	VALUE(WD_DIGEST);
	VALUE(WD_AEAD);
	VALUE(WD_HUGE_PAGE);
	VALUE(WD_NORMAL_PAGE);
}

static void print_wd_alg(void)
{
	SIZE(wd_alg_driver);
	MEMBER(wd_alg_driver, drv_name, const char *);
	MEMBER(wd_alg_driver, alg_name, const char *);
	MEMBER(wd_alg_driver, priority, int);
	MEMBER(wd_alg_driver, calc_type, int);
	MEMBER(wd_alg_driver, queue_num, int);
	MEMBER(wd_alg_driver, op_type_num, int);
	MEMBER(wd_alg_driver, priv, void *);
	MEMBER(wd_alg_driver, fallback, handle_t);
	MEMBER(wd_alg_driver, init, int (*)(struct wd_alg_driver *, void *));
	MEMBER(wd_alg_driver, exit, void (*)(struct wd_alg_driver *));
	MEMBER(wd_alg_driver, send, int (*)(struct wd_alg_driver *, handle_t, void *));
	MEMBER(wd_alg_driver, recv, int (*)(struct wd_alg_driver *, handle_t, void *));
	MEMBER(wd_alg_driver, get_usage, int (*)(void *));
	MEMBER(wd_alg_driver, get_extend_ops, int (*)(void *));
	SIZE(hisi_dev_usage);
	MEMBER(hisi_dev_usage, drv, struct wd_alg_driver *);
	MEMBER(hisi_dev_usage, dev_name, const char *);
	MEMBER(hisi_dev_usage, alg_op_type, __u8);
	SIZE(wd_alg_list);
	MEMBER(wd_alg_list, alg_name, char [128]);
	MEMBER(wd_alg_list, drv_name, char [128]);
	MEMBER(wd_alg_list, available, bool);
	MEMBER(wd_alg_list, priority, int);
	MEMBER(wd_alg_list, calc_type, int);
	MEMBER(wd_alg_list, refcnt, int);
	MEMBER(wd_alg_list, drv, struct wd_alg_driver *);
	MEMBER(wd_alg_list, next, struct wd_alg_list *);
	MEMBER(wd_alg_list, alg_type, char [128]);
	VALUE(UADK_ALG_SOFT);
	VALUE(UADK_ALG_CE_INSTR);
	VALUE(UADK_ALG_SVE_INSTR);
	VALUE(UADK_ALG_HW);
}

static void print_wd_alg_common(void)
{
	SIZE(wd_ctx);
	MEMBER(wd_ctx, ctx, handle_t);
	MEMBER(wd_ctx, op_type, __u8);
	MEMBER(wd_ctx, ctx_mode, __u8);
	SIZE(wd_cap_config);
	MEMBER(wd_cap_config, ctx_msg_num, __u32);
	MEMBER(wd_cap_config, resv, __u32);
	SIZE(wd_ctx_config);
	MEMBER(wd_ctx_config, ctx_num, __u32);
	MEMBER(wd_ctx_config, ctxs, struct wd_ctx *);
	MEMBER(wd_ctx_config, priv, void *);
	MEMBER(wd_ctx_config, cap, struct wd_cap_config *);
	SIZE(wd_ctx_nums);
	MEMBER(wd_ctx_nums, sync_ctx_num, __u32);
	MEMBER(wd_ctx_nums, async_ctx_num, __u32);
	SIZE(wd_ctx_params);
	MEMBER(wd_ctx_params, op_type_num, __u32);
	MEMBER(wd_ctx_params, ctx_set_num, struct wd_ctx_nums *);
	MEMBER(wd_ctx_params, bmp, struct bitmask *);
	MEMBER(wd_ctx_params, cap, struct wd_cap_config *);
	SIZE(wd_sched);
	MEMBER(wd_sched, name, const char *);
	MEMBER(wd_sched, sched_policy, int);
	MEMBER(wd_sched, sched_init, handle_t (*)(handle_t, void *));
	MEMBER(wd_sched, pick_next_ctx, __u32 (*)(handle_t, void *, const int));
	MEMBER(wd_sched, poll_policy, int (*)(handle_t, __u32, __u32 *));
	MEMBER(wd_sched, h_sched_ctx, handle_t);
	VALUE(TASK_MIX);
	VALUE(TASK_HW);
	VALUE(TASK_INSTR);
	VALUE(TASK_MAX_TYPE);
	VALUE(CTX_MODE_SYNC);
	VALUE(CTX_MODE_ASYNC);
	VALUE(CTX_MODE_MAX);
	VALUE(WD_TYPE_V1);
	VALUE(WD_TYPE_V2);
	VALUE(UADK_MEM_AUTO);
	VALUE(UADK_MEM_USER);
	VALUE(UADK_MEM_PROXY);
	VALUE(UADK_MEM_MAX);
}

static void print_wd_internal(void)
{
	SIZE(wd_ctx_h);
	MEMBER(wd_ctx_h, fd, int);
	MEMBER(wd_ctx_h, dev_path, char [256]);
	MEMBER(wd_ctx_h, dev_name, char *);
	MEMBER(wd_ctx_h, drv_name, char *);
	MEMBER(wd_ctx_h, qfrs_offs, unsigned long [3]);
	MEMBER(wd_ctx_h, qfrs_base, void *[3]);
	MEMBER(wd_ctx_h, dev, struct uacce_dev *);
	MEMBER(wd_ctx_h, priv, void *);
	SIZE(wd_soft_ctx);
	MEMBER(wd_soft_ctx, fd, int);
	MEMBER(wd_soft_ctx, priv, void *);
	SIZE(wd_ce_ctx);
	MEMBER(wd_ce_ctx, fd, int);
	MEMBER(wd_ce_ctx, drv_name, char *);
	MEMBER(wd_ce_ctx, priv, void *);
	SIZE(wd_ctx_internal);
	MEMBER(wd_ctx_internal, ctx, handle_t);
	MEMBER(wd_ctx_internal, op_type, __u8);
	MEMBER(wd_ctx_internal, ctx_mode, __u8);
	MEMBER(wd_ctx_internal, sqn, __u16);
	MEMBER(wd_ctx_internal, lock, pthread_spinlock_t);
	SIZE(wd_ctx_config_internal);
	MEMBER(wd_ctx_config_internal, ctx_num, __u32);
	MEMBER(wd_ctx_config_internal, shmid, int);
	MEMBER(wd_ctx_config_internal, ctxs, struct wd_ctx_internal *);
	MEMBER(wd_ctx_config_internal, priv, void *);
	MEMBER(wd_ctx_config_internal, epoll_en, bool);
	MEMBER(wd_ctx_config_internal, msg_cnt, unsigned long *);
	MEMBER(wd_ctx_config_internal, alg_name, char *);
	SIZE(wd_datalist);
	MEMBER(wd_datalist, data, void *);
	MEMBER(wd_datalist, len, __u32);
	MEMBER(wd_datalist, next, struct wd_datalist *);
}

static void print_wd_sched(void)
{
	SIZE(sched_params);
	MEMBER(sched_params, numa_id, int);
	MEMBER(sched_params, type, __u8);
	MEMBER(sched_params, mode, __u8);
	MEMBER(sched_params, begin, __u32);
	MEMBER(sched_params, end, __u32);
	MEMBER(sched_params, dev_id, __u32);
	VALUE(SCHED_POLICY_RR);
	VALUE(SCHED_POLICY_NONE);
	VALUE(SCHED_POLICY_SINGLE);
	VALUE(SCHED_POLICY_DEV);
	VALUE(SCHED_POLICY_BUTT);
}

static void print_wd_bmm(void)
{
	SIZE(wd_mempool_setup);
	MEMBER(wd_mempool_setup, block_size, __u32);
	MEMBER(wd_mempool_setup, block_num, __u32);
	MEMBER(wd_mempool_setup, align_size, __u32);
	MEMBER(wd_mempool_setup, ops, struct wd_mm_ops);
}

static void print_wd_comp(void)
{
	SIZE(wd_comp_req);
	MEMBER(wd_comp_req, src, void *);
	MEMBER(wd_comp_req, list_src, struct wd_datalist *);
	MEMBER(wd_comp_req, src_len, __u32);
	MEMBER(wd_comp_req, dst, void *);
	MEMBER(wd_comp_req, list_dst, struct wd_datalist *);
	MEMBER(wd_comp_req, dst_len, __u32);
	MEMBER(wd_comp_req, cb, wd_alg_comp_cb_t *);
	MEMBER(wd_comp_req, cb_param, void *);
	MEMBER(wd_comp_req, op_type, enum wd_comp_op_type);
	MEMBER(wd_comp_req, data_fmt, enum wd_buff_type);
	MEMBER(wd_comp_req, last, __u32);
	MEMBER(wd_comp_req, status, __u32);
	MEMBER(wd_comp_req, priv, void *);
	SIZE(wd_lz77_zstd_data);
	MEMBER(wd_lz77_zstd_data, literals_start, void *);
	MEMBER(wd_lz77_zstd_data, sequences_start, void *);
	MEMBER(wd_lz77_zstd_data, lit_num, __u32);
	MEMBER(wd_lz77_zstd_data, seq_num, __u32);
	MEMBER(wd_lz77_zstd_data, lit_length_overflow_cnt, __u32);
	MEMBER(wd_lz77_zstd_data, lit_length_overflow_pos, __u32);
	MEMBER(wd_lz77_zstd_data, freq, void *);
	MEMBER(wd_lz77_zstd_data, blk_type, __u32);
	SIZE(wd_comp_sess_setup);
	MEMBER(wd_comp_sess_setup, alg_type, enum wd_comp_alg_type);
	MEMBER(wd_comp_sess_setup, comp_lv, enum wd_comp_level);
	MEMBER(wd_comp_sess_setup, win_sz, enum wd_comp_winsz_type);
	MEMBER(wd_comp_sess_setup, op_type, enum wd_comp_op_type);
	MEMBER(wd_comp_sess_setup, sched_param, void *);
	MEMBER(wd_comp_sess_setup, mm_ops, struct wd_mm_ops);
	MEMBER(wd_comp_sess_setup, mm_type, enum wd_mem_type);
	VALUE(WD_DEFLATE);
	VALUE(WD_ZLIB);
	VALUE(WD_GZIP);
	VALUE(WD_LZ77_ZSTD);
	VALUE(WD_LZ4);
	VALUE(WD_LZ77_ONLY);
	VALUE(WD_COMP_ALG_MAX);
	VALUE(WD_DIR_COMPRESS);
	VALUE(WD_DIR_DECOMPRESS);
	VALUE(WD_DIR_MAX);
	VALUE(WD_COMP_L1);
	VALUE(WD_COMP_L2);
	VALUE(WD_COMP_L3);
	VALUE(WD_COMP_L4);
	VALUE(WD_COMP_L5);
	VALUE(WD_COMP_L6);
	VALUE(WD_COMP_L7);
	VALUE(WD_COMP_L8);
	VALUE(WD_COMP_L9);
	VALUE(WD_COMP_L10);
	VALUE(WD_COMP_L11);
	VALUE(WD_COMP_L12);
	VALUE(WD_COMP_L13);
	VALUE(WD_COMP_L14);
	VALUE(WD_COMP_L15);
	VALUE(WD_COMP_WS_4K);
	VALUE(WD_COMP_WS_8K);
	VALUE(WD_COMP_WS_16K);
	VALUE(WD_COMP_WS_24K);
	VALUE(WD_COMP_WS_32K);
}

static void print_wd_zlibwrapper(void)
{
	SIZE(internal_state);
	SIZE(z_stream_s);
	MEMBER(z_stream_s, next_in, const __u8 *);
	MEMBER(z_stream_s, avail_in, __u32);
	MEMBER(z_stream_s, total_in, __u64);
	MEMBER(z_stream_s, next_out, __u8 *);
	MEMBER(z_stream_s, avail_out, __u32);
	MEMBER(z_stream_s, total_out, __u64);
	MEMBER(z_stream_s, msg, const char *);
	MEMBER(z_stream_s, state, struct internal_state *);
	MEMBER(z_stream_s, zalloc, alloc_func);
	MEMBER(z_stream_s, zfree, free_func);
	MEMBER(z_stream_s, opaque, void *);
	MEMBER(z_stream_s, data_type, int);
	MEMBER(z_stream_s, adler, __u64);
	MEMBER(z_stream_s, reserved, __u64);
}

static void print_codes(void)
{
	VALUE(WD_SUCCESS);
	VALUE(WD_STREAM_END);
	VALUE(WD_STREAM_START);
	VALUE(WD_SOFT_COMPUTING);
	VALUE(WD_EIO);
	VALUE(WD_EAGAIN);
	VALUE(WD_ENOMEM);
	VALUE(WD_EACCES);
	VALUE(WD_EBUSY);
	VALUE(WD_EEXIST);
	VALUE(WD_ENODEV);
	VALUE(WD_EINVAL);
	VALUE(WD_ETIMEDOUT);
	VALUE(WD_ADDR_ERR);
	VALUE(WD_HW_EACCESS);
	VALUE(WD_SGL_ERR);
	VALUE(WD_VERIFY_ERR);
	VALUE(WD_OUT_EPARA);
	VALUE(WD_IN_EPARA);
	VALUE(WD_ENOPROC);
}

static void print_sizes(void)
{
	VALUE(PATH_STR_SIZE);
	VALUE(MAX_ATTR_STR_SIZE);
	VALUE(WD_NAME_SIZE);
	VALUE(MAX_DEV_NAME_LEN);
	VALUE(ALG_NAME_SIZE);
	VALUE(DEV_NAME_LEN);
	VALUE(CRYPTO_MAX_ALG_NAME);
	VALUE(WD_CTX_CNT_NUM);
	VALUE(WD_IPC_KEY);
	VALUE(MAX_STR_LEN);
	VALUE(CTX_TYPE_INVALID);
	VALUE(POLL_TIME);
	VALUE(MAX_CIPHER_KEY_SIZE);
	VALUE(MAX_HMAC_KEY_SIZE);
	VALUE(AES_KEYSIZE_128);
	VALUE(AES_KEYSIZE_192);
	VALUE(AES_KEYSIZE_256);
	VALUE(SM4_KEY_SIZE);
	VALUE(DES_KEY_SIZE);
	VALUE(DES3_2KEY_SIZE);
	VALUE(DES3_3KEY_SIZE);
	VALUE(INVALID_POS);
	VALUE(DEVICE_REGION_MAX);
	VALUE(NUMA_NO_NODE);
}

static void print_uacce(void)
{
	VALUE(UACCE_CMD_START);
	VALUE(UACCE_CMD_PUT_Q);
	VALUE(UACCE_CMD_GET_SS_DMA);
	VALUE(UACCE_QFRT_MMIO);
	VALUE(UACCE_QFRT_DUS);
	VALUE(UACCE_QFRT_SS);
	VALUE(UACCE_QFRT_MAX);
	VALUE(UACCE_DEV_SVA);
	VALUE(UACCE_GRAN_SIZE);
}

int main(void)
{
	print_wd();
	print_wd_alg();
	print_wd_alg_common();
	print_wd_internal();
	print_wd_sched();
	print_wd_bmm();
	print_wd_comp();
	print_wd_zlibwrapper();
	print_codes();
	print_sizes();
	print_uacce();
	return fflush(stdout) ? 1 : 0;
}
