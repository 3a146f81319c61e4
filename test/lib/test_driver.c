// SPDX-License-Identifier: Apache-2.0
/* The driver registry: wd_alg.h and drv/wd_driver.h. No device is needed or looked for. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include "driver.h"
#include "fake_driver.h"
#include "run.h"
#include "scratch.h"
#include "wd_alg.h"
#include "wd_internal.h"

static int nsaid;

static void count_line(int level, const char *line, void *arg)
{
	(void)line;
	(void)arg;
	nsaid += level <= WD_LOG_WARN;
}

/* No driver but the test's: an empty directory to load from. */
static void setup(void)
{
	scratch_make();
	setenv("WD_DRIVER_DIR", scratch_dir, 1);
	wd_log_set_handler(count_line, NULL);
}

static const char *const soft_algs[] = { "x-soft", "x-both", NULL };
static const char *const hw_algs[] = { "x-hw", "x-both", NULL };

static struct wd_driver soft_driver(void)
{
	struct wd_driver drv = fake_driver;

	drv.name = "x_soft";
	drv.family = "x";
	drv.algs = soft_algs;
	drv.op_types = 2;
	drv.priority = 1;
	drv.calc_type = UADK_ALG_SOFT;
	return drv;
}

static struct wd_driver hw_driver(void)
{
	struct wd_driver drv = soft_driver();

	drv.name = "x_hw";
	drv.algs = hw_algs;
	drv.priority = 100;
	drv.calc_type = UADK_ALG_HW;
	return drv;
}

/* --------------------------------------------------------- native drivers */

START_TEST(register_refuses_a_driver_of_another_abi)
{
	struct wd_driver drv = soft_driver();

	drv.abi = WD_DRIVER_ABI + 1;
	ck_assert_int_eq(wd_driver_register(&drv), -WD_EINVAL);
	ck_assert_int_eq(nsaid, 1);
	ck_assert_int_eq(wd_driver_register(NULL), -WD_EINVAL);
	wd_driver_unregister(NULL);
	wd_driver_unregister(&drv);
}
END_TEST

START_TEST(register_refuses_a_driver_without_an_operation)
{
	static const size_t operations[] = {
		offsetof(struct wd_driver, queue_open), offsetof(struct wd_driver, queue_close),
		offsetof(struct wd_driver, session_init), offsetof(struct wd_driver, submit),
		offsetof(struct wd_driver, reap), offsetof(struct wd_driver, arm),
		offsetof(struct wd_driver, kick), offsetof(struct wd_driver, stop),
		offsetof(struct wd_driver, abort), offsetof(struct wd_driver, restart),
		offsetof(struct wd_driver, forked), offsetof(struct wd_driver, name),
		offsetof(struct wd_driver, family), offsetof(struct wd_driver, algs),
	};
	struct wd_driver drv = soft_driver();

	memset((char *)&drv + operations[_i], 0, sizeof(void *));
	ck_assert_int_eq(wd_driver_register(&drv), -WD_EINVAL);
	ck_assert_int_eq(nsaid, 1);
}
END_TEST

START_TEST(register_refuses_bad_names)
{
	static const char *const none[] = { NULL }, *const empty[] = { "", NULL };
	static const char *too_long[] = { NULL, NULL };
	struct wd_driver drv = soft_driver();
	char name[1000];

	memset(name, 'x', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	too_long[0] = name;
	drv.algs = none;
	ck_assert_int_eq(wd_driver_register(&drv), -WD_EINVAL);
	drv.algs = empty;
	ck_assert_int_eq(wd_driver_register(&drv), -WD_EINVAL);
	drv.algs = too_long;
	ck_assert_int_eq(wd_driver_register(&drv), -WD_EINVAL);
	drv = soft_driver();
	drv.name = name;
	ck_assert_int_eq(wd_driver_register(&drv), -WD_EINVAL);
	drv.name = "";
	ck_assert_int_eq(wd_driver_register(&drv), -WD_EINVAL);
	drv = soft_driver();
	drv.stream_nbytes = 64; /* and no stream_reset */
	ck_assert_int_eq(wd_driver_register(&drv), -WD_EINVAL);
	drv = soft_driver();
	drv.usage = NULL; /* that one is optional */
	ck_assert_int_eq(wd_driver_register(&drv), 0);
}
END_TEST

START_TEST(register_twice_eexist)
{
	struct wd_driver drv = soft_driver(), twin = drv;

	ck_assert_int_eq(wd_driver_register(&drv), 0);
	ck_assert_int_eq(wd_driver_register(&drv), -WD_EEXIST);
	ck_assert_int_eq(wd_driver_register(&twin), -WD_EEXIST);
	twin.family = "y"; /* one device may serve several families */
	ck_assert_int_eq(wd_driver_register(&twin), 0);
	wd_driver_unregister(&drv);
	ck_assert_int_eq(wd_driver_register(&drv), 0);
}
END_TEST

START_TEST(find_takes_the_highest_priority)
{
	struct wd_driver soft = soft_driver(), hw = hw_driver();

	ck_assert_int_eq(wd_driver_register(&soft), 0);
	ck_assert_int_eq(wd_driver_register(&hw), 0);
	ck_assert_ptr_eq(wd_core_driver_find("x-both", NULL), &hw);
	ck_assert_ptr_eq(wd_core_driver_find("x-both", "x_soft-1"), &soft);
	ck_assert_ptr_eq(wd_core_driver_find("x-soft", NULL), &soft);
	ck_assert_ptr_null(wd_core_driver_find("x-soft", "x_hw-1"));
	wd_driver_unregister(&hw);
	ck_assert_ptr_eq(wd_core_driver_find("x-both", NULL), &soft);
}
END_TEST

START_TEST(unregister_in_use_is_remembered_until_put)
{
	struct wd_driver soft = soft_driver();
	const struct wd_driver *found;

	ck_assert_int_eq(wd_driver_register(&soft), 0);
	found = wd_core_driver_find("x-soft", NULL);
	ck_assert_ptr_eq(wd_core_driver_find("x-both", NULL), found);
	wd_driver_unregister(&soft);
	ck_assert_ptr_null(wd_core_driver_find("x-soft", NULL));
	wd_core_driver_put(found);
	wd_core_driver_put(found);
	wd_core_driver_put(found); /* once too often: no harm */
	wd_core_driver_put(NULL);
	ck_assert_int_eq(wd_driver_register(&soft), 0);
	ck_assert_ptr_eq(wd_core_driver_find("x-soft", NULL), &soft);
}
END_TEST

/* ------------------------------------------------------ the form of wd_alg.h */

static const struct wd_alg_list *entry(const char *drv, const char *alg)
{
	const struct wd_alg_list *item = wd_get_alg_head();

	ck_assert_ptr_nonnull(item);
	ck_assert_str_eq(item->alg_name, "");
	for (item = item->next; item; item = item->next)
		if (!strcmp(item->drv_name, drv) && !strcmp(item->alg_name, alg))
			return item;
	return NULL;
}

START_TEST(native_driver_is_in_the_list_once_per_algorithm)
{
	struct wd_driver soft = soft_driver(), hw = hw_driver();
	const struct wd_alg_list *item;

	ck_assert_int_eq(wd_driver_register(&soft), 0);
	ck_assert_int_eq(wd_driver_register(&hw), 0);
	item = entry("x_soft", "x-both");
	ck_assert_ptr_nonnull(item);
	ck_assert(item->available);
	ck_assert_int_eq(item->priority, 1);
	ck_assert_int_eq(item->calc_type, UADK_ALG_SOFT);
	ck_assert_str_eq(item->alg_type, "x-both");
	ck_assert_str_eq(item->drv->alg_name, "x-both");
	ck_assert_int_eq(item->drv->op_type_num, 2);
	item = entry("x_hw", "x-hw");
	ck_assert_ptr_nonnull(item);
	ck_assert(!item->available); /* no such device */
	ck_assert_ptr_null(entry("x_hw", "x-soft"));
	wd_driver_unregister(&hw);
	ck_assert_ptr_null(entry("x_hw", "x-hw"));
	ck_assert_ptr_nonnull(entry("x_soft", "x-soft"));
}
END_TEST

START_TEST(request_tells_accelerators_from_the_cpu)
{
	struct wd_driver soft = soft_driver(), hw = hw_driver();
	struct wd_alg_driver *drv;

	ck_assert_int_eq(wd_driver_register(&soft), 0);
	ck_assert_int_eq(wd_driver_register(&hw), 0);
	ck_assert_ptr_null(wd_request_drv(NULL, true));
	ck_assert_ptr_null(wd_request_drv("x-none", true));
	ck_assert_ptr_null(wd_request_drv("x-soft", false)); /* accelerators only */
	ck_assert_ptr_null(wd_request_drv("x-hw", false));   /* no such device */
	drv = wd_request_drv("x-both", true);
	ck_assert_ptr_nonnull(drv);
	ck_assert_str_eq(drv->drv_name, "x_soft");
	ck_assert_int_eq(entry("x_soft", "x-both")->refcnt, 1);
	ck_assert(wd_drv_alg_support("x-soft", drv));
	ck_assert(!wd_drv_alg_support("x-hw", drv));
	ck_assert(!wd_drv_alg_support(NULL, drv));
	ck_assert(!wd_drv_alg_support("x-soft", NULL));
	wd_release_drv(drv);
	ck_assert_int_eq(entry("x_soft", "x-both")->refcnt, 0);
	wd_release_drv(NULL);
}
END_TEST

START_TEST(disabled_driver_is_not_given_out)
{
	struct wd_driver soft = soft_driver();
	struct wd_alg_driver *drv;

	ck_assert_int_eq(wd_driver_register(&soft), 0);
	drv = wd_request_drv("x-soft", true);
	wd_disable_drv(drv);
	ck_assert_ptr_null(wd_request_drv("x-soft", true));
	ck_assert_ptr_null(wd_core_driver_find("x-soft", NULL));
	ck_assert_ptr_nonnull(wd_request_drv("x-both", true)); /* one algorithm of it */
	ck_assert(!entry("x_soft", "x-soft")->available);
	wd_enable_drv(drv);
	ck_assert_ptr_eq(wd_request_drv("x-soft", true), drv);
	wd_disable_drv(NULL);
	wd_enable_drv(NULL);
}
END_TEST

/* --------------------------------------------------- third parties' tables */

static int table_init(struct wd_alg_driver *drv, void *conf)
{
	drv->priv = conf;
	return 11;
}

static void table_exit(struct wd_alg_driver *drv)
{
	drv->priv = NULL;
}

static int table_send(struct wd_alg_driver *drv, handle_t ctx, void *msg)
{
	(void)drv;
	return (int)ctx + *(int *)msg;
}

static int table_recv(struct wd_alg_driver *drv, handle_t ctx, void *msg)
{
	(void)drv;
	return (int)ctx - *(int *)msg;
}

static struct wd_alg_driver table_of(const char *alg, int priority)
{
	struct wd_alg_driver drv = { .drv_name = "third", .alg_name = alg, .priority = priority,
				     .init = table_init, .exit = table_exit,
				     .send = table_send, .recv = table_recv };

	return drv;
}

START_TEST(table_with_something_missing_einval)
{
	struct wd_alg_driver drv;

	ck_assert_int_eq(wd_alg_driver_register(NULL), -WD_EINVAL);
	drv = table_of("x-t", 1), drv.drv_name = NULL;
	ck_assert_int_eq(wd_alg_driver_register(&drv), -WD_EINVAL);
	drv = table_of(NULL, 1);
	ck_assert_int_eq(wd_alg_driver_register(&drv), -WD_EINVAL);
	drv = table_of("x-t", 1), drv.init = NULL;
	ck_assert_int_eq(wd_alg_driver_register(&drv), -WD_EINVAL);
	drv = table_of("x-t", 1), drv.exit = NULL;
	ck_assert_int_eq(wd_alg_driver_register(&drv), -WD_EINVAL);
	drv = table_of("x-t", 1), drv.send = NULL;
	ck_assert_int_eq(wd_alg_driver_register(&drv), -WD_EINVAL);
	drv = table_of("x-t", 1), drv.recv = NULL;
	ck_assert_int_eq(wd_alg_driver_register(&drv), -WD_EINVAL);
	wd_alg_driver_unregister(NULL);
	wd_alg_driver_unregister(&drv);
}
END_TEST

START_TEST(table_for_hardware_that_is_not_there_enodev)
{
	struct wd_alg_driver drv = table_of("x-no-device-has-this", 100);

	drv.calc_type = UADK_ALG_HW;
	ck_assert_int_eq(wd_alg_driver_register(&drv), -WD_ENODEV);
	drv.calc_type = 77;
	ck_assert_int_eq(wd_alg_driver_register(&drv), -WD_ENODEV);
#ifndef __aarch64__
	drv.calc_type = UADK_ALG_SVE_INSTR;
	ck_assert_int_eq(wd_alg_driver_register(&drv), -WD_ENODEV);
#endif
}
END_TEST

START_TEST(table_is_requested_by_priority_and_called_through)
{
	struct wd_alg_driver low = table_of("x-t", 1), high = table_of("x-t", 2), *drv;
	int value = 5;

	high.drv_name = "other";
	ck_assert_int_eq(wd_alg_driver_register(&low), 0);
	ck_assert_int_eq(wd_alg_driver_register(&low), 0); /* known already */
	ck_assert_int_eq(wd_alg_driver_register(&high), 0);
	drv = wd_request_drv("x-t", true);
	ck_assert_ptr_eq(drv, &high);
	ck_assert_int_eq(wd_alg_driver_init(drv, &value), 11);
	ck_assert_ptr_eq(high.priv, &value);
	ck_assert_int_eq(wd_alg_driver_send(drv, 100, &value), 105);
	ck_assert_int_eq(wd_alg_driver_recv(drv, 100, &value), 95);
	wd_alg_driver_exit(drv);
	ck_assert_ptr_null(high.priv);
	wd_release_drv(drv);
	wd_alg_driver_unregister(&high);
	ck_assert_ptr_eq(wd_request_drv("x-t", true), &low);
	ck_assert_ptr_null(wd_core_driver_find("x-t", NULL)); /* the core calls native ones only */
	wd_alg_driver_unregister(&low);
	ck_assert_ptr_null(wd_request_drv("x-t", true));
	wd_release_drv(&low);
}
END_TEST

START_TEST(calls_through_nothing_einval)
{
	struct wd_alg_driver drv = { 0 };

	ck_assert_int_eq(wd_alg_driver_init(NULL, NULL), -WD_EINVAL);
	ck_assert_int_eq(wd_alg_driver_init(&drv, NULL), -WD_EINVAL);
	ck_assert_int_eq(wd_alg_driver_send(NULL, 0, NULL), -WD_EINVAL);
	ck_assert_int_eq(wd_alg_driver_send(&drv, 0, NULL), -WD_EINVAL);
	ck_assert_int_eq(wd_alg_driver_recv(NULL, 0, NULL), -WD_EINVAL);
	ck_assert_int_eq(wd_alg_driver_recv(&drv, 0, NULL), -WD_EINVAL);
	wd_alg_driver_exit(NULL);
	wd_alg_driver_exit(&drv);
}
END_TEST

/* -------------------------------------------- a native driver through its table */

#define NCTX 3

static struct wd_ctx_internal ctxs[NCTX];
static struct wd_ctx_config_internal config = { .ctx_num = NCTX, .ctxs = ctxs };

static struct wd_alg_driver *native_table(struct wd_driver *soft)
{
	struct uacce_dev dev = { .api = "x" };
	struct wd_alg_driver *drv;

	strcpy(dev.char_dev_path, scratch("x_soft-0"));
	scratch_text("x_soft-0", "");
	for (int i = 0; i < NCTX; i++) {
		ctxs[i].ctx = wd_request_ctx(&dev);
		ck_assert_uint_ne(ctxs[i].ctx, 0);
	}
	*soft = soft_driver();
	ck_assert_int_eq(wd_driver_register(soft), 0);
	drv = wd_request_drv("x-soft", true);
	ck_assert_ptr_nonnull(drv);
	return drv;
}

static void release_ctxs(void)
{
	for (int i = 0; i < NCTX; i++)
		wd_release_ctx(ctxs[i].ctx);
}

START_TEST(table_of_a_native_driver_moves_messages)
{
	struct wd_msg msg[2], *got = NULL;
	struct wd_driver soft;
	struct wd_alg_driver *drv = native_table(&soft);

	ck_assert_int_eq(wd_alg_driver_init(drv, &config), 0);
	ck_assert_int_eq(fake_queues_open, NCTX);
	ck_assert_int_eq(wd_alg_driver_init(drv, &config), -WD_EEXIST);

	ck_assert_int_eq(wd_alg_driver_recv(drv, ctxs[1].ctx, &got), -WD_EAGAIN);
	ck_assert_int_eq(wd_alg_driver_send(drv, ctxs[1].ctx, &msg[0]), 0);
	ck_assert_int_eq(wd_alg_driver_send(drv, ctxs[1].ctx, &msg[1]), 0);
	ck_assert_int_eq(wd_alg_driver_recv(drv, ctxs[0].ctx, &got), -WD_EAGAIN);
	ck_assert_int_eq(wd_alg_driver_recv(drv, ctxs[1].ctx, &got), 0);
	ck_assert_ptr_eq(got, &msg[0]);
	ck_assert_int_eq(wd_alg_driver_recv(drv, ctxs[1].ctx, &got), 0);
	ck_assert_ptr_eq(got, &msg[1]);
	for (int i = 0; i < 8; i++)
		ck_assert_int_eq(wd_alg_driver_send(drv, ctxs[2].ctx, &msg[0]), 0);
	ck_assert_int_eq(wd_alg_driver_send(drv, ctxs[2].ctx, &msg[0]), -WD_EBUSY);

	ck_assert_int_eq(wd_alg_driver_send(drv, 0, &msg[0]), -WD_EINVAL);
	ck_assert_int_eq(wd_alg_driver_send(drv, ctxs[0].ctx, NULL), -WD_EINVAL);
	ck_assert_int_eq(wd_alg_driver_recv(drv, ctxs[0].ctx, NULL), -WD_EINVAL);
	wd_alg_driver_exit(drv);
	ck_assert_int_eq(fake_queues_open, 0);
	ck_assert_int_eq(wd_alg_driver_send(drv, ctxs[1].ctx, &msg[0]), -WD_EINVAL);
	wd_alg_driver_exit(drv);
	release_ctxs();
}
END_TEST

START_TEST(table_of_a_native_driver_undoes_a_half_done_init)
{
	struct wd_driver soft;
	struct wd_alg_driver *drv = native_table(&soft);
	struct wd_ctx_config_internal bad = { 0 };

	ck_assert_int_eq(wd_alg_driver_init(drv, NULL), -WD_EINVAL);
	ck_assert_int_eq(wd_alg_driver_init(drv, &bad), -WD_EINVAL);
	fake_open_fails_at = _i + 1;
	ck_assert_int_eq(wd_alg_driver_init(drv, &config), -WD_EBUSY);
	ck_assert_int_eq(fake_queues_open, 0);
	ck_assert_int_eq(wd_alg_driver_init(drv, &config), 0);
	wd_alg_driver_exit(drv);
	release_ctxs();
}
END_TEST

START_TEST(usage_of_what_is_not_there_is_an_error)
{
	struct wd_driver soft = soft_driver();
	struct uacce_dev dev = { .algs = "x-soft\n", .char_dev_path = "/dev/x_soft-0" };

	ck_assert_int_eq(wd_driver_register(&soft), 0);
	ck_assert_int_eq(wd_alg_get_dev_usage(NULL, "x-soft", 0), -WD_EINVAL);
	ck_assert_int_eq(wd_alg_get_dev_usage("x_soft-0", NULL, 0), -WD_EINVAL);
	ck_assert_int_eq(wd_alg_get_dev_usage("y-0", "x-soft", 0), -WD_EACCES);
	ck_assert_int_eq(wd_alg_get_dev_usage("x_soft-0", "x-none", 0), -WD_EACCES);
	ck_assert_int_lt(wd_alg_get_dev_usage("x_soft-0", "x-soft", 0), 0); /* no such device */
	ck_assert_int_eq(wd_get_dev_usage(NULL, "x-soft", 0), -WD_EINVAL);
	ck_assert_int_eq(wd_get_dev_usage(&dev, NULL, 0), -WD_EINVAL);
	ck_assert_int_eq(wd_get_dev_usage(&dev, "x-other", 0), -WD_EINVAL);
	ck_assert_int_eq(wd_get_dev_usage(&dev, "x-soft", 0), -WD_EACCES);
}
END_TEST

/* ------------------------------------------------------------------ threads */

static struct wd_driver many[4];

static void *come_and_go(void *arg)
{
	struct wd_driver *drv = arg;

	for (int i = 0; i < 500; i++) {
		const struct wd_driver *found;

		if (wd_driver_register(drv))
			return (void *)1;
		found = wd_core_driver_find("x-both", NULL);
		wd_core_driver_put(found);
		wd_driver_unregister(drv);
	}
	return NULL;
}

START_TEST(drivers_come_and_go_in_many_threads)
{
	static const char *const names[] = { "a", "b", "c", "d" };
	pthread_t thread[4];
	void *bad;

	for (int i = 0; i < 4; i++) {
		many[i] = soft_driver();
		many[i].name = names[i];
		pthread_create(&thread[i], NULL, come_and_go, &many[i]);
	}
	for (int i = 0; i < 4; i++) {
		pthread_join(thread[i], &bad);
		ck_assert_ptr_null(bad);
	}
	ck_assert_ptr_null(wd_core_driver_find("x-both", NULL));
}
END_TEST

/* The child finds every lock free, whoever of the parent's threads held it. */
START_TEST(f21_child_of_a_busy_parent_can_use_the_registry)
{
	pthread_t thread;
	void *bad;

	many[0] = soft_driver();
	pthread_create(&thread, NULL, come_and_go, &many[0]);
	for (int i = 0; i < 100; i++) {
		pid_t pid = fork();
		int status;

		if (!pid) {
			wd_log(WD_LOG_ERR, "child");
			wd_core_driver_find("x-both", NULL);
			/* Not _exit(): a sanitizer would miss the parent's thread there. */
			syscall(SYS_exit_group, 0);
		}
		ck_assert_int_eq(waitpid(pid, &status, 0), pid);
		ck_assert_int_eq(status, 0);
	}
	pthread_join(thread, &bad);
	ck_assert_ptr_null(bad);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("driver");
	TCase *tc = tcase_create("driver");

	tcase_add_checked_fixture(tc, setup, scratch_remove);
	tcase_set_timeout(tc, 30);
	tcase_add_test(tc, register_refuses_a_driver_of_another_abi);
	tcase_add_loop_test(tc, register_refuses_a_driver_without_an_operation, 0, 14);
	tcase_add_test(tc, register_refuses_bad_names);
	tcase_add_test(tc, register_twice_eexist);
	tcase_add_test(tc, find_takes_the_highest_priority);
	tcase_add_test(tc, unregister_in_use_is_remembered_until_put);
	tcase_add_test(tc, native_driver_is_in_the_list_once_per_algorithm);
	tcase_add_test(tc, request_tells_accelerators_from_the_cpu);
	tcase_add_test(tc, disabled_driver_is_not_given_out);
	tcase_add_test(tc, table_with_something_missing_einval);
	tcase_add_test(tc, table_for_hardware_that_is_not_there_enodev);
	tcase_add_test(tc, table_is_requested_by_priority_and_called_through);
	tcase_add_test(tc, calls_through_nothing_einval);
	tcase_add_test(tc, table_of_a_native_driver_moves_messages);
	tcase_add_loop_test(tc, table_of_a_native_driver_undoes_a_half_done_init, 0, NCTX);
	tcase_add_test(tc, usage_of_what_is_not_there_is_an_error);
	tcase_add_test(tc, drivers_come_and_go_in_many_threads);
	tcase_add_test(tc, f21_child_of_a_busy_parent_can_use_the_registry);
	suite_add_tcase(suite, tc);
	return run_suite(suite);
}
