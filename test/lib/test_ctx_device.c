// SPDX-License-Identifier: Apache-2.0
/*
 * Devices and contexts on an emulated device with four queues, as a program sees
 * them. The ending of the test's name says which kernel's stop command it has.
 * Every test leaves the device as it found it.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include "../comp/control.h"
#include "drv/wd_driver.h"
#include "run.h"
#include "uapi/hisi_qm.h"
#include "uapi/wd_shadow.h"
#include "wd_internal.h"

#define NQUEUES 4

static bool put_releases(void)
{
	char info[4096];

	control(info, sizeof(info), "info %s", control_device());
	return strstr(info, "\"put\":\"release\"");
}

static struct uacce_dev *device_or_die(void)
{
	struct uacce_dev *dev = wd_get_accel_dev("zlib");

	ck_assert_msg(dev, "%s", strerror(errno));
	return dev;
}

static handle_t ctx_or_die(void)
{
	struct uacce_dev *dev = device_or_die();
	handle_t ctx = wd_request_ctx(dev);

	ck_assert_msg(ctx, "%s", strerror(errno));
	free(dev);
	return ctx;
}

static int navailable(void)
{
	struct uacce_dev *dev = device_or_die();
	int n = wd_get_avail_ctx(dev);

	free(dev);
	return n;
}

/*
 * The emulator hears of a close a moment after the program made it; a kernel
 * would be done. Within five seconds is soon enough.
 */
static void expect_available(int n)
{
	for (int i = 0; i < 500 && navailable() != n; i++)
		usleep(10000);
	ck_assert_int_eq(navailable(), n);
}

static void all_available(void)
{
	expect_available(NQUEUES);
}

/* ----------------------------------------------------------------- device */

START_TEST(device_shares_addresses_and_speaks_the_queue_managers_protocol)
{
	struct uacce_dev *dev = device_or_die();

	ck_assert(dev->flags & UACCE_DEV_SVA);
	ck_assert_int_ge(dev->numa_id, 0);
	ck_assert_int_eq(strncmp(dev->api, "hisi_qm_v", 9), 0);
	ck_assert_int_gt(atoi(dev->api + 9), 0);
	ck_assert(strstr(dev->algs, "zlib\n") == dev->algs);
	ck_assert_int_eq(strncmp(dev->char_dev_path, "/dev/hisi_zip-", 14), 0);
	ck_assert_uint_gt(dev->qfrs_offs[UACCE_QFRT_MMIO], 0);
	ck_assert_uint_gt(dev->qfrs_offs[UACCE_QFRT_DUS], 0);
	ck_assert_uint_eq(dev->qfrs_offs[UACCE_QFRT_MMIO] % sysconf(_SC_PAGESIZE), 0);
	ck_assert_int_eq(wd_is_isolate(dev), 0);
	free(dev);
}
END_TEST

START_TEST(algorithms_of_other_engines_are_not_offered)
{
	ck_assert_ptr_null(wd_get_accel_dev("cipher"));
	ck_assert_ptr_null(wd_get_accel_dev("cbc(aes)"));
	ck_assert_ptr_null(wd_get_accel_dev("zstd"));
}
END_TEST

START_TEST(each_context_is_one_queue_less_until_there_are_none)
{
	struct uacce_dev *dev = device_or_die();
	handle_t ctx[NQUEUES];

	ck_assert_int_eq(wd_get_avail_ctx(dev), NQUEUES);
	for (int i = 0; i < NQUEUES; i++) {
		ctx[i] = ctx_or_die();
		ck_assert_int_eq(wd_get_avail_ctx(dev), NQUEUES - 1 - i);
	}
	ck_assert_uint_eq(wd_request_ctx(dev), 0);
	ck_assert_int_eq(errno, EBUSY);
	for (int i = 0; i < NQUEUES; i++)
		wd_release_ctx(ctx[i]);
	free(dev);
	all_available();
}
END_TEST

START_TEST(isolated_device_is_not_offered)
{
	struct uacce_dev *dev = device_or_die();
	handle_t ctx;

	control(NULL, 0, "isolate %s 1", control_device());
	ck_assert_int_eq(wd_is_isolate(dev), 1);
	ck_assert_ptr_null(wd_get_accel_dev("zlib"));
	ck_assert_ptr_null(wd_get_accel_list("zlib"));
	ctx = wd_request_ctx(dev); /* the kernel does not refuse what the library does not offer */
	ck_assert_uint_ne(ctx, 0);
	wd_release_ctx(ctx);
	control(NULL, 0, "isolate %s 0", control_device());
	ck_assert_int_eq(wd_is_isolate(dev), 0);
	free(dev);
	dev = device_or_die();
	free(dev);
}
END_TEST

/* ---------------------------------------------------------------- regions */

START_TEST(regions_have_the_sizes_of_sysfs_and_the_status_words_are_zero)
{
	handle_t ctx = ctx_or_die();
	size_t n = wd_ctx_get_region_size(ctx, UACCE_QFRT_DUS);
	char *dus = wd_ctx_mmap_qfr(ctx, UACCE_QFRT_DUS);
	uint64_t words;

	ck_assert_ptr_nonnull(dus);
	memcpy(&words, dus + n - sizeof(words), sizeof(words));
	ck_assert_uint_eq(words, 0);
	dus[0] = dus[n - 9] = 1;
	ck_assert_ptr_eq(wd_ctx_mmap_qfr(ctx, UACCE_QFRT_DUS), dus);
	ck_assert_ptr_nonnull(wd_ctx_mmap_qfr(ctx, UACCE_QFRT_MMIO));
	wd_ctx_unmap_qfr(ctx, UACCE_QFRT_DUS);
	wd_ctx_unmap_qfr(ctx, UACCE_QFRT_DUS);
	/* The emulator hears of an unmapping, too, a moment later. */
	dus = wd_ctx_mmap_qfr(ctx, UACCE_QFRT_DUS);
	for (int i = 0; i < 500 && !dus && errno == EEXIST; i++) {
		usleep(10000);
		dus = wd_ctx_mmap_qfr(ctx, UACCE_QFRT_DUS);
	}
	ck_assert_msg(dus, "%s", strerror(errno));
	ck_assert_ptr_null(wd_ctx_mmap_qfr(ctx, UACCE_QFRT_SS));
	wd_release_ctx(ctx);
	expect_available(NQUEUES);
}
END_TEST

START_TEST(shadow_page_is_mapped_after_it_was_asked_for)
{
	struct wd_shadow_enable enable = { .version = WD_SHADOW_VERSION };
	handle_t ctx = ctx_or_die();
	struct wd_shadow_page *page;

	ck_assert_int_eq(wd_ctx_set_io_cmd(ctx, WD_SHADOW_IOC_ENABLE, &enable), 0);
	page = wd_ctx_mmap_qfr(ctx, WD_SHADOW_REGION);
	ck_assert_msg(page, "%s", strerror(errno));
	ck_assert_uint_eq(page->sq_doorbell, 0);
	ck_assert_ptr_eq(wd_ctx_mmap_qfr(ctx, WD_SHADOW_REGION), page);
	wd_release_ctx(ctx);
	expect_available(NQUEUES);
}
END_TEST

/* --------------------------------------------------------------- commands */

START_TEST(start_twice_is_refused_and_the_queue_goes_on)
{
	handle_t ctx = ctx_or_die();

	ck_assert_int_eq(wd_ctx_start(ctx), 0);
	ck_assert_int_eq(wd_ctx_start(ctx), -WD_EINVAL);
	ck_assert_int_eq(wd_ctx_wait(ctx, 0), 0);
	ck_assert_int_eq(wd_release_ctx_force(ctx), 0);
	wd_release_ctx(ctx);
}
END_TEST

START_TEST(stop_works_twice_started_or_not_with_every_kernel)
{
	handle_t ctx = ctx_or_die();

	ck_assert_int_eq(wd_release_ctx_force(ctx), 0);
	ck_assert_int_eq(wd_release_ctx_force(ctx), 0);
	wd_release_ctx(ctx);
	ctx = ctx_or_die();
	ck_assert_int_eq(wd_ctx_start(ctx), 0);
	ck_assert_int_eq(wd_release_ctx_force(ctx), 0);
	ck_assert_int_eq(wd_release_ctx_force(ctx), 0);
	ck_assert_int_eq(wd_ctx_start(ctx), put_releases() ? -ENXIO : 0);
	wd_release_ctx(ctx);
	expect_available(NQUEUES);
}
END_TEST

START_TEST(command_of_the_queue_manager_goes_through)
{
	handle_t a = ctx_or_die(), b = ctx_or_die();
	struct hisi_qp_ctx qa = { .qc_type = 0 }, qb = { .qc_type = 1 }, bad = { .qc_type = 3 };

	ck_assert_int_eq(wd_ctx_set_io_cmd(a, HISI_QM_IOC_SET_QP_CTX, &qa), 0);
	ck_assert_int_eq(wd_ctx_set_io_cmd(b, HISI_QM_IOC_SET_QP_CTX, &qb), 0);
	ck_assert_uint_ne(qa.id, qb.id);
	ck_assert_int_eq(wd_ctx_set_io_cmd(a, HISI_QM_IOC_SET_QP_CTX, &bad), -1);
	ck_assert_int_eq(errno, EINVAL);
	ck_assert_int_eq(wd_ctx_set_io_cmd(a, _IO('W', 0x99), NULL), -1);
	ck_assert_int_eq(errno, EINVAL);
	wd_release_ctx(a);
	wd_release_ctx(b);
}
END_TEST

/* ----------------------------------------------------------------- reopen */

START_TEST(reopen_gives_a_new_queue_even_when_all_are_in_use)
{
	handle_t ctx[NQUEUES];
	int fd;

	for (int i = 0; i < NQUEUES; i++)
		ctx[i] = ctx_or_die();
	ck_assert_int_eq(wd_ctx_start(ctx[1]), 0);
	ck_assert_int_eq(wd_release_ctx_force(ctx[1]), 0);
	fd = wd_ctx_fd(ctx[1]);
	ck_assert_int_eq(wd_ctx_reopen(ctx[1]), 0);
	ck_assert_int_eq(wd_ctx_fd(ctx[1]), fd);
	ck_assert_ptr_nonnull(wd_ctx_mmap_qfr(ctx[1], UACCE_QFRT_DUS));
	ck_assert_int_eq(wd_ctx_start(ctx[1]), 0);
	for (int i = 0; i < NQUEUES; i++)
		wd_release_ctx(ctx[i]);
	expect_available(NQUEUES);
}
END_TEST

START_TEST(f30_reopen_again_and_again_leaves_nothing_behind)
{
	handle_t ctx = ctx_or_die();
	int before = dup(0), after;

	close(before);
	for (int i = 0; i < 300; i++) {
		ck_assert_ptr_nonnull(wd_ctx_mmap_qfr(ctx, UACCE_QFRT_DUS));
		ck_assert_int_eq(wd_ctx_start(ctx), 0);
		ck_assert_int_eq(wd_release_ctx_force(ctx), 0);
		wd_ctx_unmap_qfr(ctx, UACCE_QFRT_DUS);
		ck_assert_int_eq(wd_ctx_reopen(ctx), 0);
	}
	after = dup(0);
	close(after);
	ck_assert_int_eq(after, before);
	wd_release_ctx(ctx);
	expect_available(NQUEUES);
}
END_TEST

/* ------------------------------------------------------------------- fork */

static void in_child(void (*check)(handle_t ctx), handle_t ctx)
{
	int status;
	pid_t pid = fork();

	ck_assert_int_ge(pid, 0);
	if (!pid) {
		check(ctx);
		_exit(0);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
}

static void child_lets_go(handle_t ctx)
{
	ck_assert_int_eq(wd_release_ctx_force(ctx), -EOWNERDEAD);
	wd_release_ctx(ctx);
}

START_TEST(f21_child_that_releases_does_not_disturb_the_parent)
{
	handle_t ctx = ctx_or_die();
	char *dus = wd_ctx_mmap_qfr(ctx, UACCE_QFRT_DUS);

	ck_assert_int_eq(wd_ctx_start(ctx), 0);
	in_child(child_lets_go, ctx);
	dus[0] = 1;
	ck_assert_int_eq(wd_ctx_start(ctx), -WD_EINVAL); /* still running */
	ck_assert_int_eq(wd_ctx_wait(ctx, 0), 0);
	expect_available(NQUEUES - 1);
	wd_release_ctx(ctx);
	expect_available(NQUEUES);
}
END_TEST

static void child_reopens(handle_t ctx)
{
	ck_assert_int_eq(wd_ctx_reopen(ctx), 0);
	expect_available(NQUEUES - 2);
	ck_assert_ptr_nonnull(wd_ctx_mmap_qfr(ctx, UACCE_QFRT_DUS));
	ck_assert_int_eq(wd_ctx_start(ctx), 0);
	wd_release_ctx(ctx);
}

START_TEST(f21_child_gets_its_own_queue_under_the_same_handle)
{
	handle_t ctx = ctx_or_die();

	wd_ctx_mmap_qfr(ctx, UACCE_QFRT_DUS);
	ck_assert_int_eq(wd_ctx_start(ctx), 0);
	in_child(child_reopens, ctx);
	ck_assert_int_eq(wd_ctx_start(ctx), -WD_EINVAL);
	wd_release_ctx(ctx);
	expect_available(NQUEUES);
}
END_TEST

/* ----------------------------------------------------------------- removal */

START_TEST(f15_device_that_is_gone_answers_enxio_and_can_be_closed)
{
	const char *name = control_device();
	struct uacce_dev *dev = device_or_die();
	handle_t ctx = ctx_or_die(), idle = ctx_or_die();
	char spec[128];

	snprintf(spec, sizeof(spec), "zip,qm=v3,queues=%d,put=%s", NQUEUES,
		 put_releases() ? "release" : "stop");
	ck_assert_int_eq(wd_ctx_start(ctx), 0);
	control(NULL, 0, "unplug %s", name);
	ck_assert_int_eq(wd_ctx_start(idle), -ENXIO);
	ck_assert_int_eq(wd_release_ctx_force(ctx), 0);
	ck_assert_int_eq(wd_ctx_set_io_cmd(ctx, UACCE_CMD_START, NULL), -1);
	ck_assert_int_eq(errno, ENXIO);
	ck_assert_ptr_null(wd_ctx_mmap_qfr(idle, UACCE_QFRT_DUS));
	ck_assert_int_eq(errno, ENXIO);
	ck_assert_int_le(wd_ctx_wait(ctx, 1), 0);
	ck_assert_ptr_null(wd_get_accel_list("zlib"));
	ck_assert_int_lt(wd_get_avail_ctx(dev), 0);
	ck_assert_uint_eq(wd_request_ctx(dev), 0);
	ck_assert_int_lt(wd_ctx_reopen(ctx), 0);
	wd_release_ctx(ctx);
	wd_release_ctx(idle);

	/* Another device in its place is found. */
	control(NULL, 0, "plug %s", spec);
	free(dev);
}
END_TEST

/* ------------------------------------------------------------------ threads */

static void *open_and_close(void *arg)
{
	struct uacce_dev *dev = arg;

	for (int i = 0; i < 50; i++) {
		handle_t ctx = wd_request_ctx(dev);

		if (!ctx && errno != EBUSY)
			return (void *)1;
		if (!ctx)
			continue;
		if (!wd_ctx_mmap_qfr(ctx, UACCE_QFRT_DUS) || wd_ctx_start(ctx))
			return (void *)2;
		wd_release_ctx(ctx);
	}
	return NULL;
}

START_TEST(contexts_of_many_threads_come_and_go)
{
	struct uacce_dev *dev = device_or_die();
	pthread_t thread[6];
	void *bad;

	for (int i = 0; i < 6; i++)
		ck_assert_int_eq(pthread_create(&thread[i], NULL, open_and_close, dev), 0);
	for (int i = 0; i < 6; i++) {
		pthread_join(thread[i], &bad);
		ck_assert_ptr_null(bad);
	}
	free(dev);
	all_available();
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("ctx_device");
	TCase *tc = tcase_create("ctx_device");

	tcase_add_checked_fixture(tc, all_available, all_available);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, device_shares_addresses_and_speaks_the_queue_managers_protocol);
	tcase_add_test(tc, algorithms_of_other_engines_are_not_offered);
	tcase_add_test(tc, each_context_is_one_queue_less_until_there_are_none);
	tcase_add_test(tc, isolated_device_is_not_offered);
	tcase_add_test(tc, regions_have_the_sizes_of_sysfs_and_the_status_words_are_zero);
	tcase_add_test(tc, shadow_page_is_mapped_after_it_was_asked_for);
	tcase_add_test(tc, start_twice_is_refused_and_the_queue_goes_on);
	tcase_add_test(tc, stop_works_twice_started_or_not_with_every_kernel);
	tcase_add_test(tc, command_of_the_queue_manager_goes_through);
	tcase_add_test(tc, reopen_gives_a_new_queue_even_when_all_are_in_use);
	tcase_add_test(tc, f30_reopen_again_and_again_leaves_nothing_behind);
	tcase_add_test(tc, f21_child_that_releases_does_not_disturb_the_parent);
	tcase_add_test(tc, f21_child_gets_its_own_queue_under_the_same_handle);
	tcase_add_test(tc, f15_device_that_is_gone_answers_enxio_and_can_be_closed);
	tcase_add_test(tc, contexts_of_many_threads_come_and_go);
	suite_add_tcase(suite, tc);
	return run_suite(suite);
}
