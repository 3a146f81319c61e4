// SPDX-License-Identifier: Apache-2.0
/* Memory pools and block pools: wd_mempool.h. */
#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <string.h>
#include "run.h"
#include "wd.h"

static int lines_logged;

static void count_line(int level, const char *line, void *arg)
{
	(void)level;
	(void)line;
	(void)arg;
	lines_logged++;
}

static handle_t mempool_or_die(size_t size)
{
	handle_t mp = wd_mempool_create(size, NUMA_NO_NODE);

	ck_assert(mp && !WD_IS_ERR(mp));
	return mp;
}

static handle_t blockpool_or_die(handle_t mp, size_t size, size_t num)
{
	handle_t bp = wd_blockpool_create(mp, size, num);

	ck_assert(bp && !WD_IS_ERR(bp));
	return bp;
}

START_TEST(mempool_create_size_zero_einval)
{
	ck_assert_int_eq((intptr_t)wd_mempool_create(0, 0), -WD_EINVAL);
	ck_assert_int_eq(errno, EINVAL);
}
END_TEST

START_TEST(mempool_create_size_max_is_refused)
{
	ck_assert(WD_IS_ERR(wd_mempool_create(SIZE_MAX, 0)));
	ck_assert(WD_IS_ERR(wd_mempool_create(SIZE_MAX / 2, 0)));
	ck_assert(WD_IS_ERR(wd_mempool_create((size_t)1 << 62, 0)));
}
END_TEST

START_TEST(mempool_create_node_that_does_not_exist_einval)
{
	ck_assert_int_eq((intptr_t)wd_mempool_create(4096, 4000), -WD_EINVAL);
	ck_assert_int_eq((intptr_t)wd_mempool_create(4096, -2), -WD_EINVAL);
	ck_assert_int_eq((intptr_t)wd_mempool_create(4096, INT32_MAX), -WD_EINVAL);
}
END_TEST

START_TEST(mempool_is_on_the_node_asked_for)
{
	handle_t mp = wd_mempool_create(1 << 16, 0), bp;
	int node = -1;
	void *p;

	ck_assert(mp && !WD_IS_ERR(mp));
	bp = blockpool_or_die(mp, 4096, 4);
	p = wd_block_alloc(bp);
	memset(p, 1, 4096);
	/* The kernel says where a page is; without that call there is nothing to compare with. */
	if (numa_available() >= 0 && !numa_move_pages(0, 1, &p, NULL, &node, 0))
		ck_assert_int_eq(node, 0);
	wd_blockpool_destroy(bp);
	wd_mempool_destroy(mp);
}
END_TEST

START_TEST(mempool_stats_count_what_block_pools_take)
{
	handle_t mp = mempool_or_die(1 << 20), bp;
	struct wd_mempool_stats st;

	wd_mempool_stats(mp, &st);
	ck_assert_uint_ge(st.page_size * st.page_num, 1 << 20);
	ck_assert_uint_eq(st.blk_num * st.blk_size, st.page_num * st.page_size);
	ck_assert_uint_eq(st.free_blk_num, st.blk_num);
	ck_assert_uint_eq(st.blk_usage_rate, 0);

	bp = blockpool_or_die(mp, st.blk_size, st.blk_num / 2);
	wd_mempool_stats(mp, &st);
	ck_assert_uint_eq(st.free_blk_num, st.blk_num - st.blk_num / 2);
	ck_assert_uint_eq(st.blk_usage_rate, 50);

	wd_blockpool_destroy(bp);
	wd_mempool_stats(mp, &st);
	ck_assert_uint_eq(st.free_blk_num, st.blk_num);
	wd_mempool_destroy(mp);
}
END_TEST

START_TEST(mempool_serves_exactly_the_bytes_it_was_made_for)
{
	/* 4095 blocks of 17 bytes would not fit if each were padded to 32. */
	handle_t mp = mempool_or_die(17 * 240), bp = wd_blockpool_create(mp, 17, 240);

	ck_assert(!WD_IS_ERR(bp));
	wd_blockpool_destroy(bp);
	wd_mempool_destroy(mp);
}
END_TEST

START_TEST(mempool_gives_freed_memory_again)
{
	handle_t mp = mempool_or_die(64 * 4096), bp[4];

	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < 4; i++)
			bp[i] = blockpool_or_die(mp, 4096, 16);
		ck_assert(WD_IS_ERR(wd_blockpool_create(mp, 4096 * 64, 1)));
		wd_blockpool_destroy(bp[1]);
		wd_blockpool_destroy(bp[2]);
		bp[1] = blockpool_or_die(mp, 4096, 32); /* only neighbours make one piece */
		wd_blockpool_destroy(bp[0]);
		wd_blockpool_destroy(bp[1]);
		wd_blockpool_destroy(bp[3]);
	}
	wd_mempool_destroy(mp);
}
END_TEST

START_TEST(mempool_destroyed_first_lives_until_its_block_pools_are_gone)
{
	handle_t mp = mempool_or_die(1 << 16), bp = blockpool_or_die(mp, 64, 16);
	char *p;

	wd_log_set_handler(count_line, NULL);
	wd_mempool_destroy(mp);
	ck_assert_int_eq(lines_logged, 1);
	p = wd_block_alloc(bp);
	memset(p, 0x5a, 64);
	wd_block_free(bp, p);
	wd_blockpool_destroy(bp);
}
END_TEST

START_TEST(pools_null_and_error_handles_are_no_crash)
{
	handle_t bad = (handle_t)WD_ERR_PTR(-WD_ENOMEM);
	struct wd_blockpool_stats bst;
	struct wd_mempool_stats mst;

	wd_mempool_destroy(0);
	wd_mempool_destroy(bad);
	wd_blockpool_destroy(0);
	wd_blockpool_destroy(bad);
	wd_mempool_stats(0, &mst);
	wd_blockpool_stats(0, &bst);
	wd_block_free(0, &bst);
	ck_assert_ptr_null(wd_block_alloc(0));
	ck_assert_int_eq(errno, EINVAL);
	ck_assert_int_eq((intptr_t)wd_blockpool_create(0, 64, 1), -WD_EINVAL);
	ck_assert_int_eq((intptr_t)wd_blockpool_create(bad, 64, 1), -WD_EINVAL);
}
END_TEST

START_TEST(blockpool_create_bad_sizes_are_refused)
{
	handle_t mp = mempool_or_die(1 << 16);

	ck_assert_int_eq((intptr_t)wd_blockpool_create(mp, 0, 1), -WD_EINVAL);
	ck_assert_int_eq((intptr_t)wd_blockpool_create(mp, 1, 0), -WD_EINVAL);
	ck_assert_int_eq((intptr_t)wd_blockpool_create(mp, SIZE_MAX, 1), -WD_ENOMEM);
	ck_assert_int_eq((intptr_t)wd_blockpool_create(mp, SIZE_MAX, SIZE_MAX), -WD_ENOMEM);
	ck_assert_int_eq((intptr_t)wd_blockpool_create(mp, (size_t)1 << 33, (size_t)1 << 31),
			 -WD_ENOMEM);
	ck_assert_int_eq((intptr_t)wd_blockpool_create(mp, 1, SIZE_MAX), -WD_ENOMEM);
	ck_assert_int_eq((intptr_t)wd_blockpool_create(mp, 1 << 20, 1), -WD_ENOMEM);
	wd_mempool_destroy(mp);
}
END_TEST

START_TEST(block_alloc_gives_each_block_once_then_enomem)
{
	handle_t mp = mempool_or_die(1 << 16), bp = blockpool_or_die(mp, 100, 200);
	unsigned char *block[200];

	for (int i = 0; i < 200; i++) {
		block[i] = wd_block_alloc(bp);
		ck_assert_ptr_nonnull(block[i]);
		ck_assert_uint_eq((uintptr_t)block[i] % 16, 0);
		memset(block[i], i, 100);
	}
	ck_assert_ptr_null(wd_block_alloc(bp));
	ck_assert_int_eq(errno, ENOMEM);
	for (int i = 0; i < 200; i++)
		for (int j = 0; j < 100; j++)
			ck_assert_uint_eq(block[i][j], (unsigned char)i);
	wd_block_free(bp, block[77]);
	ck_assert_ptr_eq(wd_block_alloc(bp), block[77]);
	wd_blockpool_destroy(bp);
	wd_mempool_destroy(mp);
}
END_TEST

START_TEST(block_free_twice_is_detected)
{
	handle_t mp = mempool_or_die(1 << 16), bp = blockpool_or_die(mp, 64, 2);
	void *a = wd_block_alloc(bp), *b = wd_block_alloc(bp), *c;

	wd_log_set_handler(count_line, NULL);
	wd_block_free(bp, a);
	ck_assert_int_eq(lines_logged, 0);
	errno = 0;
	wd_block_free(bp, a);
	ck_assert_int_eq(lines_logged, 1);
	ck_assert_int_eq(errno, EINVAL);
	c = wd_block_alloc(bp);
	ck_assert_ptr_eq(c, a);
	ck_assert_ptr_null(wd_block_alloc(bp)); /* else two owners had one block */
	wd_block_free(bp, b);
	wd_blockpool_destroy(bp);
	wd_mempool_destroy(mp);
}
END_TEST

START_TEST(block_free_of_foreign_addresses_is_detected)
{
	handle_t mp = mempool_or_die(1 << 16), bp = blockpool_or_die(mp, 64, 4);
	char *a = wd_block_alloc(bp);
	struct wd_blockpool_stats st;
	int on_stack;

	wd_log_set_handler(count_line, NULL);
	wd_block_free(bp, NULL);
	ck_assert_int_eq(lines_logged, 0);
	wd_block_free(bp, &on_stack);
	wd_block_free(bp, a + 1);
	wd_block_free(bp, a - 64 * 4);
	wd_block_free(bp, a + 64 * 4);
	wd_block_free(bp, (void *)1);
	wd_block_free(bp, (void *)UINTPTR_MAX);
	ck_assert_int_eq(lines_logged, 6);
	wd_blockpool_stats(bp, &st);
	ck_assert_uint_eq(st.free_block_num, 3);
	wd_blockpool_destroy(bp);
	wd_mempool_destroy(mp);
}
END_TEST

START_TEST(blockpool_stats_tell_use_and_waste)
{
	handle_t mp = mempool_or_die(1 << 20), bp = blockpool_or_die(mp, 4096, 100);
	struct wd_blockpool_stats st;

	for (int i = 0; i < 25; i++)
		wd_block_alloc(bp);
	wd_blockpool_stats(bp, &st);
	ck_assert_uint_eq(st.block_size, 4096);
	ck_assert_uint_eq(st.block_num, 100);
	ck_assert_uint_eq(st.free_block_num, 75);
	ck_assert_uint_eq(st.block_usage_rate, 25);
	ck_assert_uint_le(st.mem_waste_rate, 100);
	wd_blockpool_destroy(bp);

	/* One byte of a block that takes at least a page of the memory pool. */
	bp = blockpool_or_die(mp, 1, 1);
	wd_blockpool_stats(bp, &st);
	ck_assert_uint_eq(st.mem_waste_rate, 99);
	wd_blockpool_destroy(bp);
	wd_mempool_destroy(mp);
}
END_TEST

/* Each thread writes its mark into blocks it holds and finds it there again. */
#define NTHREADS 4
#define NROUNDS 5000

static void *churn(void *arg)
{
	handle_t bp = *(handle_t *)arg;
	uintptr_t *held[8] = { NULL };
	uintptr_t mark = (uintptr_t)held;

	for (int i = 0; i < NROUNDS; i++) {
		int at = i % 8;

		if (held[at]) {
			if (*held[at] != mark + at)
				return (void *)1;
			wd_block_free(bp, held[at]);
		}
		held[at] = wd_block_alloc(bp);
		if (held[at])
			*held[at] = mark + at;
	}
	for (int at = 0; at < 8; at++)
		wd_block_free(bp, held[at]);
	return NULL;
}

START_TEST(blocks_of_many_threads_are_never_shared)
{
	handle_t mp = mempool_or_die(1 << 16), bp = blockpool_or_die(mp, 64, NTHREADS * 6);
	struct wd_blockpool_stats st;
	pthread_t thread[NTHREADS];
	void *bad;

	for (int i = 0; i < NTHREADS; i++)
		ck_assert_int_eq(pthread_create(&thread[i], NULL, churn, &bp), 0);
	for (int i = 0; i < NTHREADS; i++) {
		pthread_join(thread[i], &bad);
		ck_assert_ptr_null(bad);
	}
	wd_blockpool_stats(bp, &st);
	ck_assert_uint_eq(st.free_block_num, NTHREADS * 6);
	wd_blockpool_destroy(bp);
	wd_mempool_destroy(mp);
}
END_TEST

static void *make_and_break(void *arg)
{
	handle_t mp = *(handle_t *)arg;

	for (int i = 0; i < 300; i++) {
		handle_t bp = wd_blockpool_create(mp, 4096, 1 + i % 3);
		char *p;

		if (WD_IS_ERR(bp))
			continue;
		p = wd_block_alloc(bp);
		*p = 1;
		wd_blockpool_destroy(bp);
	}
	return NULL;
}

START_TEST(block_pools_of_many_threads_come_from_one_memory_pool)
{
	handle_t mp = mempool_or_die(8 * 4096);
	struct wd_mempool_stats st;
	pthread_t thread[NTHREADS];

	for (int i = 0; i < NTHREADS; i++)
		ck_assert_int_eq(pthread_create(&thread[i], NULL, make_and_break, &mp), 0);
	for (int i = 0; i < NTHREADS; i++)
		pthread_join(thread[i], NULL);
	wd_mempool_stats(mp, &st);
	ck_assert_uint_eq(st.free_blk_num, st.blk_num);
	wd_mempool_destroy(mp);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("blockpool");
	TCase *tc = tcase_create("mempool");

	tcase_add_test(tc, mempool_create_size_zero_einval);
	tcase_add_test(tc, mempool_create_size_max_is_refused);
	tcase_add_test(tc, mempool_create_node_that_does_not_exist_einval);
	tcase_add_test(tc, mempool_is_on_the_node_asked_for);
	tcase_add_test(tc, mempool_stats_count_what_block_pools_take);
	tcase_add_test(tc, mempool_serves_exactly_the_bytes_it_was_made_for);
	tcase_add_test(tc, mempool_gives_freed_memory_again);
	tcase_add_test(tc, mempool_destroyed_first_lives_until_its_block_pools_are_gone);
	tcase_add_test(tc, pools_null_and_error_handles_are_no_crash);
	suite_add_tcase(suite, tc);

	tc = tcase_create("blockpool");
	tcase_add_test(tc, blockpool_create_bad_sizes_are_refused);
	tcase_add_test(tc, block_alloc_gives_each_block_once_then_enomem);
	tcase_add_test(tc, block_free_twice_is_detected);
	tcase_add_test(tc, block_free_of_foreign_addresses_is_detected);
	tcase_add_test(tc, blockpool_stats_tell_use_and_waste);
	suite_add_tcase(suite, tc);

	tc = tcase_create("threads");
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, blocks_of_many_threads_are_never_shared);
	tcase_add_test(tc, block_pools_of_many_threads_come_from_one_memory_pool);
	suite_add_tcase(suite, tc);
	return run_suite(suite);
}
