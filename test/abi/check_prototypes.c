/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Takes the address of every function programs may call, as exactly the type UADK 2.10 declares it
 * with: a header that differs does not compile, a library that lacks one does not link. Run, it
 * prints the names, for check_prototypes.sh to compare with the lists of exported functions. Also a
 * C++ program.
 */
#include <stdio.h>

#include "wd.h"
#include "wd_alg.h"
#include "wd_alg_common.h"
#include "wd_bmm.h"
#include "wd_comp.h"
#include "wd_internal.h"
#include "wd_sched.h"
#include "wd_zlibwrapper.h"

typedef void (*any_function)(void);
typedef void (*log_handler)(int level, const char *line, void *arg);

/* Volatile, so that the address is really asked for. */
static any_function volatile address;

#define FUNCTION(name, ret, ...)                                                                   \
	do {                                                                                       \
		ret (*fn)(__VA_ARGS__) = name;                                                     \
		address = (any_function)fn;                                                        \
		puts(#name);                                                                       \
	} while (0)

/* Exported for drivers, declared in no public header. */
#ifdef __cplusplus
extern "C"
#endif
void *wd_comp_get_msg(__u32 idx, __u32 tag);

static void devices(void)
{
	FUNCTION(wd_get_accel_list, struct uacce_dev_list *, const char *);
	FUNCTION(wd_free_list_accels, void, struct uacce_dev_list *);
	FUNCTION(wd_get_accel_dev, struct uacce_dev *, const char *);
	FUNCTION(wd_find_dev_by_numa, struct uacce_dev *, struct uacce_dev_list *, int);
	FUNCTION(wd_clone_dev, struct uacce_dev *, struct uacce_dev *);
	FUNCTION(wd_add_dev_to_list, void, struct uacce_dev_list *, struct uacce_dev_list *);
	FUNCTION(wd_create_device_nodemask, struct bitmask *, struct uacce_dev_list *);
	FUNCTION(wd_free_device_nodemask, void, struct bitmask *);
	FUNCTION(wd_get_avail_ctx, int, struct uacce_dev *);
	FUNCTION(wd_is_isolate, int, struct uacce_dev *);
	FUNCTION(wd_get_accel_name, char *, char *, int);
	FUNCTION(wd_get_dev_usage, int, struct uacce_dev *, const char *, __u8);
}

static void queues(void)
{
	FUNCTION(wd_request_ctx, handle_t, struct uacce_dev *);
	FUNCTION(wd_release_ctx, void, handle_t);
	FUNCTION(wd_ctx_start, int, handle_t);
	FUNCTION(wd_release_ctx_force, int, handle_t);
	FUNCTION(wd_ctx_set_priv, int, handle_t, void *);
	FUNCTION(wd_ctx_get_priv, void *, handle_t);
	FUNCTION(wd_ctx_get_api, char *, handle_t);
	FUNCTION(wd_ctx_get_dev_name, char *, handle_t);
	FUNCTION(wd_ctx_mmap_qfr, void *, handle_t, enum uacce_qfrt);
	FUNCTION(wd_ctx_unmap_qfr, void, handle_t, enum uacce_qfrt);
	FUNCTION(wd_ctx_get_region_size, unsigned long, handle_t, enum uacce_qfrt);
	FUNCTION(wd_ctx_wait, int, handle_t, __u16);
	FUNCTION(wd_ctx_set_io_cmd, int, handle_t, unsigned long, void *);
	FUNCTION(wd_is_sva, int, handle_t);
	FUNCTION(wd_get_numa_id, int, handle_t);
}

static void memory(void)
{
	FUNCTION(wd_mempool_create, handle_t, size_t, int);
	FUNCTION(wd_mempool_destroy, void, handle_t);
	FUNCTION(wd_mempool_stats, void, handle_t, struct wd_mempool_stats *);
	FUNCTION(wd_blockpool_create, handle_t, handle_t, size_t, size_t);
	FUNCTION(wd_blockpool_destroy, void, handle_t);
	FUNCTION(wd_blockpool_stats, void, handle_t, struct wd_blockpool_stats *);
	FUNCTION(wd_block_alloc, void *, handle_t);
	FUNCTION(wd_block_free, void, handle_t, void *);
	FUNCTION(wd_mempool_alloc, void *, handle_t, struct wd_mempool_setup *);
	FUNCTION(wd_mempool_free, void, handle_t, void *);
	FUNCTION(wd_mem_alloc, void *, void *, size_t);
	FUNCTION(wd_mem_free, void, void *, void *);
	FUNCTION(wd_mem_map, void *, void *, void *, size_t);
	FUNCTION(wd_mem_unmap, void, void *, void *, void *, size_t);
	FUNCTION(wd_get_free_num, int, void *, __u32 *);
	FUNCTION(wd_get_fail_num, int, void *, __u32 *);
	FUNCTION(wd_get_bufsize, __u32, void *);
	FUNCTION(wd_get_dev_id, __u32, void *);
	FUNCTION(wd_find_ctx, handle_t, const char *);
	FUNCTION(wd_insert_ctx_list, int, handle_t, char *);
	FUNCTION(wd_remove_ctx_list, void, void);
}

static void drivers(void)
{
	FUNCTION(wd_alg_driver_register, int, struct wd_alg_driver *);
	FUNCTION(wd_alg_driver_unregister, void, struct wd_alg_driver *);
	FUNCTION(wd_request_drv, struct wd_alg_driver *, const char *, bool);
	FUNCTION(wd_release_drv, void, struct wd_alg_driver *);
	FUNCTION(wd_drv_alg_support, bool, const char *, struct wd_alg_driver *);
	FUNCTION(wd_enable_drv, void, struct wd_alg_driver *);
	FUNCTION(wd_disable_drv, void, struct wd_alg_driver *);
	FUNCTION(wd_alg_driver_init, int, struct wd_alg_driver *, void *);
	FUNCTION(wd_alg_driver_exit, void, struct wd_alg_driver *);
	FUNCTION(wd_alg_driver_send, int, struct wd_alg_driver *, handle_t, void *);
	FUNCTION(wd_alg_driver_recv, int, struct wd_alg_driver *, handle_t, void *);
	FUNCTION(wd_alg_get_dev_usage, int, const char *, const char *, __u8);
	FUNCTION(wd_get_alg_type, int, const char *, char *);
	FUNCTION(wd_get_alg_head, struct wd_alg_list *, void);
}

static void the_rest_of_libwd(void)
{
	FUNCTION(wd_get_version, void, void);
	FUNCTION(wd_need_debug, bool, void);
	FUNCTION(wd_need_info, bool, void);
	FUNCTION(memcmp_consttime, int, const void *, const void *, size_t);
	FUNCTION(wd_log, void, int, const char *, ...);
	FUNCTION(wd_log_set_handler, void, log_handler, void *);
}

static void compression(void)
{
	FUNCTION(wd_comp_init, int, struct wd_ctx_config *, struct wd_sched *);
	FUNCTION(wd_comp_uninit, void, void);
	FUNCTION(wd_comp_init2_, int, char *, __u32, int, struct wd_ctx_params *);
	FUNCTION(wd_comp_uninit2, void, void);
	FUNCTION(wd_comp_alloc_sess, handle_t, struct wd_comp_sess_setup *);
	FUNCTION(wd_comp_free_sess, void, handle_t);
	FUNCTION(wd_comp_reset_sess, int, handle_t);
	FUNCTION(wd_do_comp_sync, int, handle_t, struct wd_comp_req *);
	FUNCTION(wd_do_comp_sync2, int, handle_t, struct wd_comp_req *);
	FUNCTION(wd_do_comp_strm, int, handle_t, struct wd_comp_req *);
	FUNCTION(wd_do_comp_async, int, handle_t, struct wd_comp_req *);
	FUNCTION(wd_comp_poll_ctx, int, __u32, __u32, __u32 *);
	FUNCTION(wd_comp_poll, int, __u32, __u32 *);
	FUNCTION(wd_comp_env_init, int, struct wd_sched *);
	FUNCTION(wd_comp_env_uninit, void, void);
	FUNCTION(wd_comp_ctx_num_init, int, __u32, __u32, __u32, __u8);
	FUNCTION(wd_comp_ctx_num_uninit, void, void);
	FUNCTION(wd_comp_get_env_param, int, __u32, __u32, __u32, __u32 *, __u8 *);
	FUNCTION(wd_comp_get_msg, void *, __u32, __u32);
}

static void schedulers(void)
{
	FUNCTION(wd_sched_rr_alloc, struct wd_sched *, __u8, __u8, __u16, user_poll_func);
	FUNCTION(wd_sched_rr_instance, int, const struct wd_sched *, struct sched_params *);
	FUNCTION(wd_sched_rr_release, void, struct wd_sched *);
}

static void zlib_like(void)
{
	FUNCTION(wd_deflate_init, int, z_streamp, int, int);
	FUNCTION(wd_deflate, int, z_streamp, int);
	FUNCTION(wd_deflate_reset, int, z_streamp);
	FUNCTION(wd_deflate_end, int, z_streamp);
	FUNCTION(wd_inflate_init, int, z_streamp, int);
	FUNCTION(wd_inflate, int, z_streamp, int);
	FUNCTION(wd_inflate_reset, int, z_streamp);
	FUNCTION(wd_inflate_end, int, z_streamp);
}

int main(void)
{
	devices();
	queues();
	memory();
	drivers();
	the_rest_of_libwd();
	compression();
	schedulers();
	zlib_like();
	return 0;
}
