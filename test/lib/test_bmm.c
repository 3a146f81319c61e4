// SPDX-License-Identifier: Apache-2.0
/*
 * Pools of DMA memory: wd_bmm.h. The device is a plain file, so the region of a
 * kernel without SVA can be mapped; what that kernel says of its slices is
 * pretended here.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include "run.h"
#include "scratch.h"
#include "wd_bmm.h"
#include "wd_internal.h"

/* -------------------------------------------------------- pretended slices */

#define GRAN UACCE_GRAN_SIZE

static unsigned long slices[8]; /* device address | size in granules */
static int nslices, slice_errno;

int __wrap_ioctl(int fd, unsigned long cmd, ...);

int __wrap_ioctl(int fd, unsigned long cmd, ...)
{
	unsigned long *arg;
	va_list ap;

	(void)fd;
	va_start(ap, cmd);
	arg = va_arg(ap, unsigned long *);
	va_end(ap);
	ck_assert_uint_eq(cmd, UACCE_CMD_GET_SS_DMA);
	if (slice_errno || *arg >= (unsigned long)nslices) {
		errno = slice_errno ? slice_errno : EINVAL;
		return -1;
	}
	int left = nslices - 1 - (int)*arg;

	*arg = slices[*arg];
	return left;
}

/* ---------------------------------------------------------------- devices */

static handle_t ctx_with(int flags, const char *api)
{
	struct uacce_dev dev = { .flags = flags };
	int fd;
	handle_t ctx;

	strcpy(dev.api, api);
	strcpy(dev.char_dev_path, scratch("hisi_zip-12"));
	fd = open(dev.char_dev_path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	ck_assert_int_eq(ftruncate(fd, 256 << 20), 0); /* sparse */
	close(fd);
	ctx = wd_request_ctx(&dev);
	ck_assert_uint_ne(ctx, 0);
	return ctx;
}

static handle_t sva_ctx(void)
{
	return ctx_with(UACCE_DEV_SVA, "hisi_qm_v3");
}

static struct wd_mempool_setup setup_of(uint32_t size, uint32_t num, uint32_t align)
{
	struct wd_mempool_setup setup = { .block_size = size, .block_num = num,
					  .align_size = align };

	return setup;
}

static void *pool_or_die(handle_t ctx, uint32_t size, uint32_t num, uint32_t align)
{
	struct wd_mempool_setup setup = setup_of(size, num, align);
	void *pool = wd_mempool_alloc(ctx, &setup);

	ck_assert_msg(pool, "%s", strerror(errno));
	return pool;
}

static uint32_t free_blocks(void *pool)
{
	uint32_t n;

	ck_assert_int_eq(wd_get_free_num(pool, &n), 0);
	return n;
}

static int lines_logged;

static void count_line(int level, const char *line, void *arg)
{
	(void)level;
	(void)line;
	(void)arg;
	lines_logged++;
}

/* -------------------------------------------------------- shared addresses */

START_TEST(pool_bad_arguments_einval)
{
	struct wd_mempool_setup good = setup_of(4096, 4, 64), bad;
	handle_t ctx = sva_ctx();

	ck_assert_ptr_null(wd_mempool_alloc(0, &good));
	ck_assert_int_eq(errno, EINVAL);
	ck_assert_ptr_null(wd_mempool_alloc(ctx, NULL));
	bad = good, bad.block_size = 0;
	ck_assert_ptr_null(wd_mempool_alloc(ctx, &bad));
	bad = good, bad.block_num = 0;
	ck_assert_ptr_null(wd_mempool_alloc(ctx, &bad));
	bad = good, bad.align_size = 0;
	ck_assert_ptr_null(wd_mempool_alloc(ctx, &bad));
	bad = good, bad.align_size = 48;
	errno = 0;
	ck_assert_ptr_null(wd_mempool_alloc(ctx, &bad));
	ck_assert_int_eq(errno, EINVAL);
	bad = setup_of(UINT32_MAX, UINT32_MAX, 1);
	ck_assert_ptr_null(wd_mempool_alloc(ctx, &bad));
	ck_assert_int_eq(errno, ENOMEM);
	wd_mempool_free(ctx, NULL);
	wd_release_ctx(ctx);
}
END_TEST

START_TEST(pool_functions_refuse_null)
{
	uint32_t n;
	int x;

	ck_assert_ptr_null(wd_mem_alloc(NULL, 1));
	ck_assert_int_eq(errno, EINVAL);
	wd_mem_free(NULL, &x);
	ck_assert_ptr_null(wd_mem_map(NULL, &x, 1));
	wd_mem_unmap(NULL, &x, &x, 1);
	ck_assert_int_eq(wd_get_free_num(NULL, &n), -WD_EINVAL);
	ck_assert_int_eq(wd_get_fail_num(NULL, &n), -WD_EINVAL);
	ck_assert_uint_eq(wd_get_bufsize(NULL), 0);
	ck_assert_uint_eq(wd_get_dev_id(NULL), 0);
}
END_TEST

START_TEST(pool_tells_its_numbers)
{
	handle_t ctx = sva_ctx();
	void *pool = pool_or_die(ctx, 1000, 7, 256);
	uint32_t n;

	ck_assert_uint_eq(wd_get_bufsize(pool), 1000);
	ck_assert_uint_eq(wd_get_dev_id(pool), 12);
	ck_assert_uint_eq(free_blocks(pool), 7);
	ck_assert_int_eq(wd_get_fail_num(pool, &n), 0);
	ck_assert_uint_eq(n, 0);
	ck_assert_int_eq(wd_get_free_num(pool, NULL), -WD_EINVAL);
	ck_assert_int_eq(wd_get_fail_num(pool, NULL), -WD_EINVAL);
	wd_mempool_free(ctx, pool);
	wd_release_ctx(ctx);
}
END_TEST

START_TEST(memory_is_as_many_neighbouring_blocks_as_needed)
{
	handle_t ctx = sva_ctx();
	void *pool = pool_or_die(ctx, 1000, 10, 1024);
	char *a = wd_mem_alloc(pool, 1), *b, *c;
	uint32_t n;

	ck_assert_uint_eq((uintptr_t)a % 1024, 0);
	ck_assert_uint_eq(free_blocks(pool), 9);
	b = wd_mem_alloc(pool, 1024 + 1000); /* ends with the second block's last usable byte */
	ck_assert_uint_eq(free_blocks(pool), 7);
	c = wd_mem_alloc(pool, 1024 + 1001);
	ck_assert_uint_eq(free_blocks(pool), 4);
	memset(a, 1, 1000);
	memset(b, 2, 2024);
	memset(c, 3, 2025);
	ck_assert_int_eq(a[999], 1);
	ck_assert_int_eq(b[2023], 2);

	ck_assert_ptr_null(wd_mem_alloc(pool, 5 * 1024));
	ck_assert_int_eq(errno, ENOMEM);
	ck_assert_ptr_null(wd_mem_alloc(pool, SIZE_MAX));
	ck_assert_int_eq(wd_get_fail_num(pool, &n), 0);
	ck_assert_uint_eq(n, 2);
	ck_assert_ptr_null(wd_mem_alloc(pool, 0));
	ck_assert_int_eq(errno, EINVAL);

	wd_mem_free(pool, b);
	ck_assert_uint_eq(free_blocks(pool), 6);
	ck_assert_ptr_null(wd_mem_alloc(pool, 6 * 1024 - 24)); /* enough, but not together */
	ck_assert_ptr_eq(wd_mem_alloc(pool, 2000), b);
	wd_mempool_free(ctx, pool);
	wd_release_ctx(ctx);
}
END_TEST

START_TEST(memory_freed_wrongly_is_detected)
{
	handle_t ctx = sva_ctx();
	void *pool = pool_or_die(ctx, 64, 10, 64);
	char *a = wd_mem_alloc(pool, 64 * 3);
	int other;

	wd_log_set_handler(count_line, NULL);
	wd_mem_free(pool, NULL);
	ck_assert_int_eq(lines_logged, 0);
	wd_mem_free(pool, a + 1);
	wd_mem_free(pool, a + 64);     /* inside */
	wd_mem_free(pool, a + 64 * 5); /* not handed out */
	wd_mem_free(pool, a - 64);
	wd_mem_free(pool, a + 64 * 10);
	wd_mem_free(pool, &other);
	ck_assert_int_eq(lines_logged, 6);
	ck_assert_uint_eq(free_blocks(pool), 7);
	wd_mem_free(pool, a);
	ck_assert_int_eq(lines_logged, 6);
	wd_mem_free(pool, a);
	ck_assert_int_eq(lines_logged, 7);
	ck_assert_uint_eq(free_blocks(pool), 10);
	wd_mempool_free(ctx, pool);
	wd_release_ctx(ctx);
}
END_TEST

START_TEST(map_is_the_address_itself_and_only_for_what_is_handed_out)
{
	handle_t ctx = sva_ctx();
	void *pool = pool_or_die(ctx, 64, 10, 64);
	char *a = wd_mem_alloc(pool, 128), *b = wd_mem_alloc(pool, 64);

	ck_assert_ptr_eq(wd_mem_map(pool, a, 128), a);
	ck_assert_ptr_eq(wd_mem_map(pool, a + 100, 28), a + 100);
	wd_mem_unmap(pool, a, a, 128);
	errno = 0;
	ck_assert_ptr_null(wd_mem_map(pool, a, 129)); /* into the next one's */
	ck_assert_int_eq(errno, EINVAL);
	ck_assert_ptr_null(wd_mem_map(pool, a + 127, 2));
	ck_assert_ptr_null(wd_mem_map(pool, a, 0));
	ck_assert_ptr_null(wd_mem_map(pool, b, SIZE_MAX));
	ck_assert_ptr_null(wd_mem_map(pool, b + 64, 1)); /* free */
	ck_assert_ptr_null(wd_mem_map(pool, b + 64 * 8, 1));
	ck_assert_ptr_null(wd_mem_map(pool, &a, 1));
	wd_mempool_free(ctx, pool);
	wd_release_ctx(ctx);
}
END_TEST

/* -------------------------------------------------------- program's memory */

static char *user_memory;
static int nmapped;

static void *user_alloc(void *usr, size_t size)
{
	ck_assert_ptr_eq(usr, &nmapped);
	return user_memory = malloc(size);
}

static void user_free(void *usr, void *va)
{
	ck_assert_ptr_eq(usr, &nmapped);
	ck_assert_ptr_eq(va, user_memory);
	free(va);
	user_memory = NULL;
}

static void *user_map(void *usr, void *va, size_t sz)
{
	ck_assert_ptr_eq(usr, &nmapped);
	ck_assert_uint_gt(sz, 0);
	nmapped++;
	return (char *)va + (1UL << 40);
}

static void user_unmap(void *usr, void *va, void *dma, size_t sz)
{
	ck_assert_ptr_eq(usr, &nmapped);
	ck_assert_ptr_eq(dma, (char *)va + (1UL << 40));
	ck_assert_uint_eq(sz, 64);
	nmapped--;
}

static struct wd_mm_ops user_ops(void)
{
	struct wd_mm_ops ops = { .alloc = user_alloc, .free = user_free, .iova_map = user_map,
				 .iova_unmap = user_unmap, .usr = &nmapped };

	return ops;
}

START_TEST(program_brings_its_own_memory_without_shared_addresses)
{
	struct wd_mempool_setup setup = setup_of(64, 4, 4096);
	handle_t ctx = ctx_with(0, "hisi_qm_v3");
	char *a, *dma;
	void *pool;

	setup.ops = user_ops();
	pool = wd_mempool_alloc(ctx, &setup);
	ck_assert_ptr_nonnull(pool);
	memset(&setup, 0xff, sizeof(setup)); /* it was copied */
	a = wd_mem_alloc(pool, 64);
	ck_assert_uint_eq((uintptr_t)a % 4096, 0);
	ck_assert(a >= user_memory);
	dma = wd_mem_map(pool, a, 64);
	ck_assert_ptr_eq(dma, a + (1UL << 40));
	ck_assert_int_eq(nmapped, 1);
	wd_mem_unmap(pool, dma, a, 64);
	ck_assert_int_eq(nmapped, 0);
	wd_mempool_free(ctx, pool);
	ck_assert_ptr_null(user_memory);

	setup = setup_of(64, 4, 64);
	setup.ops = user_ops();
	setup.ops.iova_map = NULL;
	ck_assert_ptr_null(wd_mempool_alloc(ctx, &setup));
	ck_assert_int_eq(errno, EINVAL);
	wd_release_ctx(ctx);
}
END_TEST

START_TEST(program_functions_are_not_looked_at_with_shared_addresses)
{
	struct wd_mempool_setup setup = setup_of(64, 4, 64);
	handle_t ctx = sva_ctx();
	void *pool;

	memset(&setup.ops, 0xa5, sizeof(setup.ops)); /* what was on the caller's stack */
	pool = wd_mempool_alloc(ctx, &setup);
	ck_assert_ptr_nonnull(pool);
	ck_assert_ptr_nonnull(wd_mem_alloc(pool, 64));
	wd_mempool_free(ctx, pool);
	wd_release_ctx(ctx);
}
END_TEST

/* -------------------------------------------------------- kernel's memory */

START_TEST(kernel_slices_are_translated_one_by_one)
{
	handle_t ctx = ctx_with(2, "hisi_qm_v2_noiommu");
	size_t block = GRAN / 2;
	uint32_t first_segment = 0;
	char *a, *base = NULL;
	void *pool;

	/* Two neighbours make one stretch of 4 granules, a third lies elsewhere. */
	slices[0] = 0x100000 | 3;
	slices[1] = (0x100000 + 3 * GRAN) | 1;
	slices[2] = 0x9000000 | 5;
	nslices = 3;
	pool = pool_or_die(ctx, block, 16, 4096);
	ck_assert_uint_eq(free_blocks(pool), 16);
	ck_assert_ptr_null(wd_mem_alloc(pool, 9 * block)); /* no stretch is so long */
	for (int i = 0; i < 16; i++) {
		uintptr_t dma;

		a = wd_mem_alloc(pool, block);
		base = base ? base : a;
		dma = (uintptr_t)wd_mem_map(pool, a, block);
		if ((size_t)(a - base) < 4 * GRAN) {
			ck_assert_uint_eq(dma, 0x100000 + (a - base));
			first_segment++;
		} else {
			ck_assert_uint_eq(dma, 0x9000000 + (a - base) - 4 * GRAN);
		}
		memset(a, i, block);
	}
	ck_assert_uint_eq(first_segment, 8);
	wd_mempool_free(ctx, pool);
	/* The region is free for the next pool. */
	pool = pool_or_die(ctx, block, 16, 4096);
	wd_mempool_free(ctx, pool);
	wd_release_ctx(ctx);
}
END_TEST

START_TEST(kernel_with_iommu_has_one_slice_of_any_size)
{
	handle_t ctx = ctx_with(0x80, "hisi_qm_v3");
	char *a, *b;
	void *pool;

	slices[0] = 0x40000000; /* says no size: it is that of the mapping */
	nslices = 1;
	pool = pool_or_die(ctx, 1 << 20, 8, 4096);
	a = wd_mem_alloc(pool, 8 << 20);
	ck_assert_ptr_nonnull(a);
	b = wd_mem_map(pool, a + 5000, 1000);
	ck_assert_ptr_eq(b, (char *)0x40000000 + 5000);
	wd_mempool_free(ctx, pool);
	wd_release_ctx(ctx);
}
END_TEST

START_TEST(kernel_that_gives_no_memory_is_a_clean_error)
{
	struct wd_mempool_setup setup = setup_of(4096, 16, 64);
	handle_t ctx = ctx_with(2, "hisi_qm_v2_noiommu");

	wd_log_set_handler(count_line, NULL);
	slice_errno = EINVAL; /* mainline: does not know the command */
	ck_assert_ptr_null(wd_mempool_alloc(ctx, &setup));
	ck_assert_int_eq(errno, EINVAL);
	slice_errno = 0;
	nslices = 1;
	slices[0] = 0x100000; /* an empty slice */
	ck_assert_ptr_null(wd_mempool_alloc(ctx, &setup));
	ck_assert_int_eq(errno, ENODEV);
	slices[0] = 0x100000 | 1; /* less than was mapped */
	ck_assert_ptr_null(wd_mempool_alloc(ctx, &setup));
	ck_assert_int_eq(errno, ENOMEM);
	setup.align_size = 1 << 20;
	ck_assert_ptr_null(wd_mempool_alloc(ctx, &setup));
	ck_assert_int_eq(errno, EINVAL);
	wd_release_ctx(ctx);
}
END_TEST

/* --------------------------------------------------------- the list of contexts */

START_TEST(listed_context_is_given_out_once)
{
	handle_t a = sva_ctx(), b = sva_ctx();
	struct wd_soft_ctx soft = { .fd = MAX_FD_NUM + 1 };
	char zlib[] = "zlib", cbc[] = "cbc(aes)";

	ck_assert_int_eq(wd_insert_ctx_list(0, zlib), -WD_EINVAL);
	ck_assert_int_eq(wd_insert_ctx_list(a, NULL), -WD_EINVAL);
	ck_assert_int_eq(wd_insert_ctx_list((handle_t)&soft, zlib), 0);
	ck_assert_uint_eq(wd_find_ctx("zlib"), 0);
	ck_assert_int_eq(wd_insert_ctx_list(a, zlib), 0);
	ck_assert_int_eq(wd_insert_ctx_list(b, cbc), 0);
	ck_assert_uint_eq(wd_find_ctx(NULL), 0);
	ck_assert_uint_eq(wd_find_ctx("sm4"), 0);
	ck_assert_uint_eq(wd_find_ctx("aes"), b); /* part of the name */
	ck_assert_uint_eq(wd_find_ctx("aes"), 0);
	ck_assert_uint_eq(wd_find_ctx("zlib"), a);
	ck_assert_uint_eq(wd_find_ctx("zlib"), 0);
	ck_assert_int_eq(wd_insert_ctx_list(a, zlib), 0);
	wd_remove_ctx_list();
	ck_assert_uint_eq(wd_find_ctx("zlib"), 0);
	wd_remove_ctx_list();
	wd_release_ctx(a);
	wd_release_ctx(b);
}
END_TEST

START_TEST(listed_name_that_is_too_long_is_cut)
{
	handle_t a = sva_ctx();
	char name[1000];

	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	ck_assert_int_eq(wd_insert_ctx_list(a, name), 0);
	name[CRYPTO_MAX_ALG_NAME] = '\0';
	ck_assert_uint_eq(wd_find_ctx(name), 0);
	name[CRYPTO_MAX_ALG_NAME - 1] = '\0';
	ck_assert_uint_eq(wd_find_ctx(name), a);
	wd_remove_ctx_list();
	wd_release_ctx(a);
}
END_TEST

/* ------------------------------------------------------------------ threads */

#define NTHREADS 4

static void *churn(void *pool)
{
	char *held[8] = { NULL };

	for (int i = 0; i < 3000; i++) {
		size_t at = i % 8, n = 1 + i % 200;

		if (held[at] && held[at][0] != (char)at)
			return (void *)1;
		wd_mem_free(pool, held[at]);
		held[at] = wd_mem_alloc(pool, n);
		if (held[at])
			memset(held[at], (int)at, n);
	}
	for (int at = 0; at < 8; at++)
		wd_mem_free(pool, held[at]);
	return NULL;
}

START_TEST(memory_of_many_threads_is_never_shared)
{
	handle_t ctx = sva_ctx();
	void *pool = pool_or_die(ctx, 64, 60, 64), *bad;
	pthread_t thread[NTHREADS];

	for (int i = 0; i < NTHREADS; i++)
		ck_assert_int_eq(pthread_create(&thread[i], NULL, churn, pool), 0);
	for (int i = 0; i < NTHREADS; i++) {
		pthread_join(thread[i], &bad);
		ck_assert_ptr_null(bad);
	}
	ck_assert_uint_eq(free_blocks(pool), 60);
	wd_mempool_free(ctx, pool);
	wd_release_ctx(ctx);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("bmm");
	TCase *tc = tcase_create("bmm");

	tcase_add_checked_fixture(tc, scratch_make, scratch_remove);
	tcase_set_timeout(tc, 30);
	tcase_add_test(tc, pool_bad_arguments_einval);
	tcase_add_test(tc, pool_functions_refuse_null);
	tcase_add_test(tc, pool_tells_its_numbers);
	tcase_add_test(tc, memory_is_as_many_neighbouring_blocks_as_needed);
	tcase_add_test(tc, memory_freed_wrongly_is_detected);
	tcase_add_test(tc, map_is_the_address_itself_and_only_for_what_is_handed_out);
	tcase_add_test(tc, program_brings_its_own_memory_without_shared_addresses);
	tcase_add_test(tc, program_functions_are_not_looked_at_with_shared_addresses);
	tcase_add_test(tc, kernel_slices_are_translated_one_by_one);
	tcase_add_test(tc, kernel_with_iommu_has_one_slice_of_any_size);
	tcase_add_test(tc, kernel_that_gives_no_memory_is_a_clean_error);
	tcase_add_test(tc, listed_context_is_given_out_once);
	tcase_add_test(tc, listed_name_that_is_too_long_is_cut);
	tcase_add_test(tc, memory_of_many_threads_is_never_shared);
	suite_add_tcase(suite, tc);
	return run_suite(suite);
}
