// SPDX-License-Identifier: Apache-2.0
/*
 * Every allocation of each function fails once: F18. The objects of the library
 * are in the program, and their calls of the allocator come by here. A run with
 * the n-th allocation failing must return the function's failure and leave nothing
 * behind; n grows until the function succeeds.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "driver.h"
#include "fake_driver.h"
#include "run.h"
#include "sched_rr.h"
#include "scratch.h"
#include "wd_alg.h"
#include "wd_bmm.h"

/* --------------------------------------------------------------- allocator */

/* The library is running, not the test. Volatile: compilers know that free() does not look at it. */
static volatile bool armed;
static int fail_at; /* 1: the next; 0: none */
static long live;   /* allocations less frees */

/* Run the library, and what ends the life of what it returned. */
#define LIB(call)                                                                                  \
	({                                                                                         \
		armed = true;                                                                      \
		__auto_type result = (call);                                                       \
		armed = false;                                                                     \
		result;                                                                            \
	})
#define LIB_VOID(call)                                                                             \
	do {                                                                                       \
		armed = true;                                                                      \
		call;                                                                              \
		armed = false;                                                                     \
	} while (0)

static bool fails(void)
{
	if (!armed || !fail_at || --fail_at)
		return false;
	errno = ENOMEM;
	return true;
}

static void *counted(void *p)
{
	live += armed && p;
	return p;
}

void *__real_malloc(size_t n);
void *__wrap_malloc(size_t n);
void *__real_calloc(size_t m, size_t n);
void *__wrap_calloc(size_t m, size_t n);
void *__real_reallocarray(void *p, size_t m, size_t n);
void *__wrap_reallocarray(void *p, size_t m, size_t n);
char *__real_strdup(const char *s);
char *__wrap_strdup(const char *s);
char *__real_strndup(const char *s, size_t n);
char *__wrap_strndup(const char *s, size_t n);
void *__real_mmap(void *addr, size_t n, int prot, int flags, int fd, off_t offset);
void *__wrap_mmap(void *addr, size_t n, int prot, int flags, int fd, off_t offset);
int __real_munmap(void *addr, size_t n);
int __wrap_munmap(void *addr, size_t n);
void __real_free(void *p);
void __wrap_free(void *p);

void *__wrap_malloc(size_t n)
{
	return fails() ? NULL : counted(__real_malloc(n));
}

void *__wrap_calloc(size_t m, size_t n)
{
	return fails() ? NULL : counted(__real_calloc(m, n));
}

void *__wrap_reallocarray(void *p, size_t m, size_t n)
{
	void *grown = fails() ? NULL : __real_reallocarray(p, m, n);

	return p ? grown : counted(grown);
}

char *__wrap_strdup(const char *s)
{
	return fails() ? NULL : counted(__real_strdup(s));
}

char *__wrap_strndup(const char *s, size_t n)
{
	return fails() ? NULL : counted(__real_strndup(s, n));
}

void *__wrap_mmap(void *addr, size_t n, int prot, int flags, int fd, off_t offset)
{
	void *p = fails() ? (void *)-1 : __real_mmap(addr, n, prot, flags, fd, offset);

	live += armed && p != (void *)-1;
	return p;
}

int __wrap_munmap(void *addr, size_t n)
{
	live -= armed;
	return __real_munmap(addr, n);
}

void __wrap_free(void *p)
{
	live -= armed && p;
	__real_free(p);
}

/* --------------------------------------------------------------- functions */

static struct uacce_dev device(void)
{
	struct uacce_dev dev = { .flags = UACCE_DEV_SVA, .api = "hisi_qm_v3" };

	strcpy(dev.char_dev_path, scratch("hisi_zip-0"));
	scratch_text("hisi_zip-0", "");
	return dev;
}

static bool failed(bool failure)
{
	if (failure)
		ck_assert_int_eq(errno, ENOMEM);
	return failure;
}

/* Each: do it and undo it. True when it worked; when not, the failure was checked. */
static bool try_ctx(void)
{
	struct uacce_dev dev = device();
	handle_t ctx = LIB(wd_request_ctx(&dev));

	if (failed(!ctx))
		return false;
	LIB_VOID(wd_release_ctx(ctx));
	return true;
}

static bool try_clone(void)
{
	struct uacce_dev dev = device(), *copy = LIB(wd_clone_dev(&dev));

	if (failed(!copy))
		return false;
	LIB_VOID(free(copy));
	return true;
}

static bool try_name(void)
{
	char path[] = "/dev/hisi_zip-0", *name = LIB(wd_get_accel_name(path, 1));

	if (failed(!name))
		return false;
	LIB_VOID(free(name));
	return true;
}

static bool try_mempool(void)
{
	handle_t mp = LIB(wd_mempool_create(1 << 16, 0));

	ck_assert_uint_ne(mp, 0);
	if (failed(WD_IS_ERR(mp)))
		return false;
	LIB_VOID(wd_mempool_destroy(mp));
	return true;
}

static bool try_blockpool(void)
{
	int saved = fail_at;
	handle_t mp, bp;

	fail_at = 0;
	mp = LIB(wd_mempool_create(1 << 16, 0));
	fail_at = saved;
	bp = LIB(wd_blockpool_create(mp, 64, 64));
	if (!failed(WD_IS_ERR(bp)))
		LIB_VOID(wd_blockpool_destroy(bp));
	LIB_VOID(wd_mempool_destroy(mp));
	return !WD_IS_ERR(bp);
}

static bool try_bmm(void)
{
	struct wd_mempool_setup setup = { .block_size = 64, .block_num = 64, .align_size = 64 };
	struct uacce_dev dev = device();
	int saved = fail_at;
	handle_t ctx;
	void *pool;

	fail_at = 0;
	ctx = LIB(wd_request_ctx(&dev));
	fail_at = saved;
	pool = LIB(wd_mempool_alloc(ctx, &setup));
	if (!failed(!pool))
		LIB_VOID(wd_mempool_free(ctx, pool));
	LIB_VOID(wd_release_ctx(ctx));
	return pool;
}

static bool try_ctx_list(void)
{
	struct uacce_dev dev = device();
	char alg[] = "zlib";
	int saved = fail_at;
	handle_t ctx;
	int rc;

	fail_at = 0;
	ctx = LIB(wd_request_ctx(&dev));
	fail_at = saved;
	rc = LIB(wd_insert_ctx_list(ctx, alg));
	ck_assert(rc == 0 || rc == -WD_ENOMEM);
	ck_assert_uint_eq(wd_find_ctx(alg), rc ? 0 : ctx);
	LIB_VOID(wd_remove_ctx_list());
	LIB_VOID(wd_release_ctx(ctx));
	return !rc;
}

static int poll_nothing(__u32 pos, __u32 expect, __u32 *count)
{
	(void)pos;
	(void)expect;
	*count = 0;
	return 0;
}

static bool try_sched(void)
{
	struct wd_sched *sched = LIB(wd_core_sched_rr_alloc(SCHED_POLICY_RR, 2, 2, poll_nothing));
	struct sched_params set = { .mode = CTX_MODE_ASYNC, .begin = 0, .end = 3 };
	handle_t key = 0;
	int rc;

	if (failed(!sched))
		return false;
	rc = LIB(wd_core_sched_rr_instance(sched, &set));
	ck_assert(rc == 0 || rc == -WD_ENOMEM);
	if (!rc)
		key = LIB(sched->sched_init(sched->h_sched_ctx, NULL));
	ck_assert(rc || !WD_IS_ERR(key) || (intptr_t)key == -WD_ENOMEM);
	if (!WD_IS_ERR(key))
		LIB_VOID(free((void *)key));
	LIB_VOID(wd_core_sched_rr_release(sched));
	return !rc && !WD_IS_ERR(key);
}

static bool try_driver(void)
{
	static const char *const algs[] = { "a", "b", "c", NULL };
	struct wd_driver drv = fake_driver;
	int rc;

	drv.name = "x";
	drv.family = "x";
	drv.algs = algs;
	rc = LIB(wd_driver_register(&drv));
	ck_assert(rc == 0 || rc == -WD_ENOMEM);
	ck_assert_int_eq(wd_driver_is_known("x", 1), !rc);
	LIB_VOID(wd_driver_unregister(&drv));
	return !rc;
}

static int table_init(struct wd_alg_driver *drv, void *conf)
{
	(void)drv;
	(void)conf;
	return 0;
}

static void table_exit(struct wd_alg_driver *drv)
{
	(void)drv;
}

static int table_move(struct wd_alg_driver *drv, handle_t ctx, void *msg)
{
	(void)drv;
	(void)ctx;
	(void)msg;
	return 0;
}

static bool try_table(void)
{
	struct wd_alg_driver drv = { .drv_name = "y", .alg_name = "y", .init = table_init,
				     .exit = table_exit, .send = table_move, .recv = table_move };
	int rc = LIB(wd_alg_driver_register(&drv));

	ck_assert(rc == 0 || rc == -WD_ENOMEM);
	LIB_VOID(wd_alg_driver_unregister(&drv));
	return !rc;
}

static const struct {
	const char *name;
	bool (*try)(void);
	int at_least; /* points of failure there must be */
} functions[] = {
	{ "wd_request_ctx", try_ctx, 4 },
	{ "wd_clone_dev", try_clone, 1 },
	{ "wd_get_accel_name", try_name, 1 },
	{ "wd_mempool_create", try_mempool, 3 },
	{ "wd_blockpool_create", try_blockpool, 2 },
	{ "wd_mempool_alloc", try_bmm, 5 },
	{ "wd_insert_ctx_list", try_ctx_list, 1 },
	{ "wd_sched_rr", try_sched, 4 },
	{ "wd_driver_register", try_driver, 3 },
	{ "wd_alg_driver_register", try_table, 1 },
};

START_TEST(f18_every_allocation_may_fail)
{
	int fd = dup(0), n, after;
	long before;

	close(fd);
	ck_assert(functions[_i].try()); /* what is made once per process is made now */
	before = live;
	for (n = 1; n < 100; n++) {
		bool worked;

		fail_at = n;
		worked = functions[_i].try();
		ck_assert_msg(live == before, "%s leaks %ld", functions[_i].name, live - before);
		if (fail_at) { /* not reached: there are less than n */
			ck_assert(worked);
			break;
		}
		ck_assert(!worked);
	}
	fail_at = 0;
	after = dup(0);
	close(after);
	ck_assert_int_eq(after, fd);
	ck_assert_int_ge(n - 1, functions[_i].at_least);
	printf("%s: %d allocations failed\n", functions[_i].name, n - 1);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("nomem");
	TCase *tc = tcase_create("nomem");

	tcase_add_checked_fixture(tc, scratch_make, scratch_remove);
	tcase_add_loop_test(tc, f18_every_allocation_may_fail, 0, ARRAY_SIZE(functions));
	suite_add_tcase(suite, tc);
	return run_suite(suite);
}
