// SPDX-License-Identifier: Apache-2.0
/*
 * The kernel side of an emulated device: attributes, open, ioctls, mappings,
 * poll, close and removal, after the conformance checklist of the
 * uacce facts (section 17; what needs a program behind the shim is not here, how queues and
 * devices end is in device_life.c).
 */
#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "device_client.h"

static const char *const versions[] = {"v2", "v3", "v5"};
static struct daemon daemon_;
static struct client client;

static void start(const char *spec)
{
	daemon_start_device(&daemon_, spec);
}

static void start_version(int version, const char *more)
{
	char spec[128];

	snprintf(spec, sizeof(spec), "null,qm=%s%s", versions[version], more);
	start(spec);
}

static void finish(void)
{
	client_close(&client);
	daemon_stop(&daemon_);
}

static void wait_available(long count)
{
	wait_until(daemon_number(&daemon_, NAME0, "available_instances") == count);
}

/* 1, 2, 4 */
START_TEST(attributes_have_the_values_of_their_version)
{
	static const char *const api[] = {"hisi_qm_v2\n", "hisi_qm_v3\n", "hisi_qm_v5\n"};
	long page = sysconf(_SC_PAGESIZE), shared = page > 4096 ? page : 8192;

	start_version(_i, ",queues=5,numa=1");
	ck_assert_str_eq(daemon_attribute(&daemon_, NAME0, "api"), api[_i]);
	ck_assert_int_eq(daemon_number(&daemon_, NAME0, "flags"), 1);
	ck_assert_int_eq(daemon_number(&daemon_, NAME0, "available_instances"), 5);
	ck_assert_int_eq(daemon_number(&daemon_, NAME0, "region_mmio_size"),
			 _i == 0 ? shared : 65536);
	ck_assert_int_eq(daemon_number(&daemon_, NAME0, "isolate"), 0);
	ck_assert_int_eq(daemon_number(&daemon_, NAME0, "isolate_strategy"), 0);
	ck_assert_int_eq(daemon_number(&daemon_, NAME0, "device/numa_node"), 1);
	ck_assert_str_eq(daemon_attribute(&daemon_, NAME0, "dev"), "511:0\n");
	ck_assert_str_eq(daemon_attribute(&daemon_, NAME0, "uevent"),
			 "MAJOR=511\nMINOR=0\nDEVNAME=hisi_zip-0\n");
	finish();
}
END_TEST

START_TEST(mmio_region_without_isolation_reaches_the_doorbell_only)
{
	long page = sysconf(_SC_PAGESIZE);

	start("null,isolation=off");
	ck_assert_int_eq(daemon_number(&daemon_, NAME0, "region_mmio_size"),
			 page > 4096 ? page : 8192);
	finish();
}
END_TEST

/* 3 */
START_TEST(dus_region_holds_both_rings_and_one_page_more)
{
	static const unsigned int depths[] = {2, 3, 7, 100, 1000, 1024, 4096};
	size_t page = (size_t)sysconf(_SC_PAGESIZE), rings;
	unsigned int i;
	char line[64];

	start("null,depth=1024");
	for (i = 0; i < sizeof(depths) / sizeof(depths[0]); i++) {
		snprintf(line, sizeof(line), "plug null,depth=%u", depths[i]);
		ck_assert_str_eq(daemon_control(&daemon_, line), "ok hisi_zip-1");
		client_start(&client, &daemon_, "hisi_zip-1", 0);
		ck_assert_uint_eq(client.info.sq_depth, depths[i]);
		ck_assert_uint_eq(client.info.cq_depth, depths[i]);
		rings = (size_t)client.info.sqe_size * depths[i] + 16ul * depths[i];
		ck_assert_uint_eq(client.dus_nbytes, ((rings + page - 1) / page + 1) * page);
		client_check_alive(&client, depths[i]);
		client_close(&client);
		ck_assert_str_eq(daemon_control(&daemon_, "unplug hisi_zip-1"), "ok");
	}
	finish();
}
END_TEST

/* 5 */
START_TEST(algorithms_are_whole_lines_in_the_documented_order)
{
	static const char *const order[] = {"zlib",	 "gzip",      "deflate",
					    "lz77_zstd", "lz77_only", "lz4"};
	unsigned int position = 0;
	char text[512], *save, *word;
	char spec[32];

	snprintf(spec, sizeof(spec), "zip,qm=%s", versions[_i]);
	start(spec);
	strcpy(text, daemon_attribute(&daemon_, NAME0, "algorithms"));
	ck_assert_int_eq(text[strlen(text) - 1], '\n');
	for (word = strtok_r(text, "\n", &save); word; word = strtok_r(NULL, "\n", &save)) {
		while (position < 6 && strcmp(order[position], word))
			position++;
		ck_assert_msg(position < 6, "%s: unknown or out of order", word);
	}
	finish();
}
END_TEST

START_TEST(names_count_globally_and_reuse_the_lowest_number)
{
	const char *const args[] = {"--device", "null", "--device", "null,driver=hisi_sec2",
				    "--device", "null", NULL};

	daemon_start(&daemon_, args);
	ck_assert_str_eq(daemon_control(&daemon_, "list"), "ok hisi_zip-0 hisi_sec2-1 hisi_zip-2");
	ck_assert_str_eq(daemon_control(&daemon_, "unplug hisi_sec2-1"), "ok");
	ck_assert_str_eq(daemon_control(&daemon_, "plug null,driver=x_y"), "ok x_y-1");
	ck_assert_str_eq(daemon_control(&daemon_, "list"), "ok hisi_zip-0 x_y-1 hisi_zip-2");
	finish();
}
END_TEST

/* 6 */
START_TEST(open_beyond_the_last_queue_is_busy)
{
	struct client clients[4], one_more;
	unsigned int i;

	start_version(_i, ",queues=4");
	for (i = 0; i < 4; i++) {
		ck_assert_int_eq(client_open(&clients[i], &daemon_, NAME0), 0);
		ck_assert_int_eq(daemon_number(&daemon_, NAME0, "available_instances"), 3 - (int)i);
	}
	ck_assert_int_eq(client_open(&one_more, &daemon_, NAME0), EBUSY);
	client_close(&clients[1]);
	wait_available(1);
	ck_assert_int_eq(client_open(&clients[1], &daemon_, NAME0), 0);
	for (i = 0; i < 4; i++)
		client_close(&clients[i]);
	wait_available(4);
	finish();
}
END_TEST

START_TEST(open_of_an_unknown_name_is_enodev)
{
	start("null");
	ck_assert_int_eq(client_open(&client, &daemon_, "hisi_zip-1"), ENODEV);
	ck_assert_int_eq(client_open(&client, &daemon_, ""), ENODEV);
	finish();
}
END_TEST

/* 7, 8, 9 */
START_TEST(set_qp_ctx_takes_types_up_to_two)
{
	struct hisi_qp_ctx ctx;
	unsigned int type;

	start_version(_i, "");
	ck_assert_int_eq(client_open(&client, &daemon_, NAME0), 0);
	for (type = 0; type < 3; type++) {
		ctx = (struct hisi_qp_ctx){.id = 99, .qc_type = (uint16_t)type};
		ck_assert_int_eq(client_ioctl(&client, HISI_QM_IOC_SET_QP_CTX, &ctx), 0);
		ck_assert_uint_eq(ctx.id, 0);
		ck_assert_uint_eq(ctx.qc_type, type);
	}
	ctx.qc_type = 3;
	ck_assert_int_eq(client_ioctl(&client, HISI_QM_IOC_SET_QP_CTX, &ctx), EINVAL);
	ctx.qc_type = 0xffff;
	ck_assert_int_eq(client_ioctl(&client, HISI_QM_IOC_SET_QP_CTX, &ctx), EINVAL);
	finish();
}
END_TEST

START_TEST(queue_numbers_differ_and_go_round)
{
	struct client a, b;

	start("null,queues=3");
	client_start(&a, &daemon_, NAME0, 0);
	client_start(&b, &daemon_, NAME0, 0);
	ck_assert_uint_eq(a.id, 0);
	ck_assert_uint_eq(b.id, 1);
	client_close(&a);
	wait_available(2);
	client_start(&a, &daemon_, NAME0, 0);
	ck_assert_uint_eq(a.id, 2);
	client_start(&client, &daemon_, NAME0, 0);
	ck_assert_uint_eq(client.id, 0);
	client_close(&a);
	client_close(&b);
	finish();
}
END_TEST

START_TEST(set_qp_info_tells_and_never_sets)
{
	struct hisi_qp_info info = {5, 6, 7, 0x1122334455667788};

	start_version(_i, ",depth=300");
	ck_assert_int_eq(client_open(&client, &daemon_, NAME0), 0);
	ck_assert_int_eq(client_ioctl(&client, HISI_QM_IOC_SET_QP_INFO, &info), 0);
	ck_assert_uint_eq(info.sqe_size, 128);
	ck_assert_uint_eq(info.sq_depth, 300);
	ck_assert_uint_eq(info.cq_depth, 300);
	ck_assert_uint_eq(info.reserved, 0x1122334455667788);
	finish();
}
END_TEST

/* 10, 11, 12, 13 */
START_TEST(second_start_is_einval_and_harmless)
{
	start_version(_i, "");
	client_start(&client, &daemon_, NAME0, 0);
	client_check_alive(&client, 1);
	ck_assert_int_eq(client_ioctl(&client, UACCE_IOC_START, NULL), EINVAL);
	client_check_alive(&client, 2);
	finish();
}
END_TEST

START_TEST(put_stops_and_allows_another_start)
{
	start_version(_i, ",queues=2");
	ck_assert_int_eq(client_open(&client, &daemon_, NAME0), 0);
	ck_assert_int_eq(client_ioctl(&client, UACCE_IOC_PUT, NULL), 0);
	client_close(&client);
	client_start(&client, &daemon_, NAME0, 0);
	ck_assert_int_eq(client_ioctl(&client, UACCE_IOC_PUT, NULL), 0);
	ck_assert_int_eq(client_ioctl(&client, UACCE_IOC_PUT, NULL), 0);
	wait_available(1);
	/* Stopped: nothing is fetched. */
	client_ring_sq(&client, 1);
	wait_until(daemon_counter(&daemon_, client.id, "refused") == 1);
	ck_assert_int_eq(client_ioctl(&client, UACCE_IOC_START, NULL), 0);
	client_check_alive(&client, 3);
	finish();
}
END_TEST

START_TEST(put_of_older_kernels_releases_the_queue)
{
	struct hisi_qp_ctx ctx = {0};

	start_version(_i, ",queues=1,put=release");
	client_start(&client, &daemon_, NAME0, 0);
	client_check_alive(&client, 3);
	ck_assert_int_eq(client_ioctl(&client, UACCE_IOC_PUT, NULL), 0);
	ck_assert_int_eq(daemon_number(&daemon_, NAME0, "available_instances"), 1);
	ck_assert_int_eq(client_ioctl(&client, UACCE_IOC_START, NULL), ENXIO);
	ck_assert_int_eq(client_ioctl(&client, UACCE_IOC_PUT, NULL), ENXIO);
	ck_assert_int_eq(client_ioctl(&client, HISI_QM_IOC_SET_QP_CTX, &ctx), ENXIO);
	ck_assert_int_eq(client_map(&client, UACCE_REGION_DUS, 1, NULL, NULL), ENXIO);
	ck_assert_uint_eq(client_poll(&client), 0);
	client_ring_sq(&client, 1);
	client_close(&client);
	client_start(&client, &daemon_, NAME0, 0);
	client_check_alive(&client, 4);
	finish();
}
END_TEST

START_TEST(unknown_ioctl_is_einval)
{
	start("null");
	ck_assert_int_eq(client_open(&client, &daemon_, NAME0), 0);
	ck_assert_int_eq(client_ioctl(&client, 0x5799, NULL), EINVAL);
	ck_assert_int_eq(client_ioctl(&client, 0, NULL), EINVAL);
	ck_assert_int_eq(client_ioctl(&client, _IOR('W', 3, unsigned long), NULL), EINVAL);
	ck_assert_int_eq(client_ioctl(&client, 0xffffffff, NULL), EINVAL);
	finish();
}
END_TEST

/* 15, 16 */
START_TEST(mapping_rules_are_checked_in_the_kernels_order)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE), dus;
	int token;

	start_version(_i, "");
	ck_assert_int_eq(client_open(&client, &daemon_, NAME0), 0);
	dus = (size_t)daemon_number(&daemon_, NAME0, "region_dus_size");
	ck_assert_int_eq(client_map(&client, 2, page, NULL, NULL), EINVAL);
	ck_assert_int_eq(client_map(&client, UINT64_MAX, page, NULL, NULL), EINVAL);
	ck_assert_int_eq(client_map(&client, UACCE_REGION_DUS, dus - page, NULL, NULL), EINVAL);
	ck_assert_int_eq(client_map(&client, UACCE_REGION_DUS, dus + page, NULL, NULL), EINVAL);
	ck_assert_int_eq(client_map(&client, UACCE_REGION_DUS, 0, NULL, NULL), EINVAL);
	ck_assert_int_eq(client_map(&client, UACCE_REGION_DUS, UINT64_MAX, NULL, NULL), EINVAL);
	ck_assert_int_eq(client_map(&client, UACCE_REGION_MMIO, page, &token, NULL), 0);
	ck_assert_int_eq(client_map(&client, UACCE_REGION_MMIO, page, NULL, NULL), EEXIST);
	ck_assert_int_eq(client_map(&client, UACCE_REGION_MMIO, page << 10, NULL, NULL), EEXIST);
	close(token);
	wait_until(client_map(&client, UACCE_REGION_MMIO, page, &token, NULL) == 0);
	close(token);
	wait_until(client_map(&client, UACCE_REGION_MMIO, 65537, NULL, NULL) == EINVAL);
	ck_assert_int_eq(client_map(&client, UACCE_REGION_DUS, dus - 1, &token, NULL), 0);
	ck_assert_int_eq(client_map(&client, UACCE_REGION_DUS, dus, NULL, NULL), EEXIST);
	close(token);
	finish();
}
END_TEST

/* 20 */
START_TEST(removed_device_leaves_descriptors_that_do_nothing)
{
	struct stat st;
	int error;

	start_version(_i, "");
	client_start(&client, &daemon_, NAME0, 0);
	client_check_alive(&client, 1);
	ck_assert_str_eq(daemon_control(&daemon_, "unplug " NAME0), "ok");
	ck_assert_int_eq(lstat(daemon_path(&daemon_, "sys/class/uacce/" NAME0), &st), -1);
	ck_assert_int_eq(lstat(daemon_path(&daemon_, "dev/" NAME0), &st), -1);
	ck_assert_int_eq(lstat(daemon_path(&daemon_, "sys/devices/platform/wd-emulator.0"), &st),
			 -1);
	ck_assert_uint_eq(client_poll(&client), 0);
	ck_assert_int_eq(client_ioctl(&client, UACCE_IOC_START, NULL), ENXIO);
	ck_assert_int_eq(client_ioctl(&client, UACCE_IOC_PUT, NULL), ENXIO);
	ck_assert_int_eq(client_ioctl(&client, 0x5799, NULL), ENXIO);
	ck_assert_int_eq(client_map(&client, UACCE_REGION_MMIO, 4096, NULL, NULL), ENXIO);
	client_ring_sq(&client, 5);
	client_load(&client, 0, 8, &error);
	ck_assert_int_eq(error, ENXIO);
	ck_assert_uint_eq(client_tx(&client), 1);
	ck_assert_uint_eq(client_rx(&client), 1);
	ck_assert_int_eq(client_open(&(struct client){0}, &daemon_, NAME0), ENODEV);
	ck_assert_str_eq(daemon_control(&daemon_, "plug null"), "ok " NAME0);
	client_close(&client);
	client_start(&client, &daemon_, NAME0, 0);
	client_check_alive(&client, 2);
	finish();
}
END_TEST

/* 21 */
START_TEST(mapping_keeps_the_queue_after_close)
{
	start_version(_i, ",queues=2");
	client_start(&client, &daemon_, NAME0, 0);
	close(client.mmio_token);
	client.mmio_token = -1;
	close(client.fd);
	client.fd = -1;
	/* A command later than the close: the daemon has seen it. */
	ck_assert_int_eq(client_open(&(struct client){0}, &daemon_, "nothing"), ENODEV);
	ck_assert_int_eq(daemon_number(&daemon_, NAME0, "available_instances"), 1);
	client_close(&client);
	wait_available(2);
	finish();
}
END_TEST

START_TEST(doorbells_of_a_mapping_work_after_close)
{
	start_version(_i, "");
	client_start(&client, &daemon_, NAME0, 0);
	close(client.fd);
	client.fd = -1;
	client_check_alive(&client, 1);
	client_check_alive(&client, 2);
	finish();
}
END_TEST

#define add(test) tcase_add_loop_test(tcase, test, 0, 3)
#define add_once(test) tcase_add_test(tcase, test)

static void add_tests(TCase *tcase)
{
	add(attributes_have_the_values_of_their_version);
	add_once(mmio_region_without_isolation_reaches_the_doorbell_only);
	add_once(dus_region_holds_both_rings_and_one_page_more);
	add(algorithms_are_whole_lines_in_the_documented_order);
	add_once(names_count_globally_and_reuse_the_lowest_number);
	add(open_beyond_the_last_queue_is_busy);
	add_once(open_of_an_unknown_name_is_enodev);
	add(set_qp_ctx_takes_types_up_to_two);
	add_once(queue_numbers_differ_and_go_round);
	add(set_qp_info_tells_and_never_sets);
	add(second_start_is_einval_and_harmless);
	add(put_stops_and_allows_another_start);
	add(put_of_older_kernels_releases_the_queue);
	add_once(unknown_ioctl_is_einval);
	add(mapping_rules_are_checked_in_the_kernels_order);
	add(removed_device_leaves_descriptors_that_do_nothing);
	add(mapping_keeps_the_queue_after_close);
	add(doorbells_of_a_mapping_work_after_close);
}

int main(void)
{
	return device_test_run("emulated kernel", 60, add_tests);
}
