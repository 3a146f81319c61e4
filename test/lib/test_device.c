// SPDX-License-Identifier: Apache-2.0
/*
 * Finding devices: wd.h on trees of attributes made by hand. The shim of the
 * emulator ($WD_SHIM) shows the tree as /sys; no daemon runs. The program starts
 * itself again with the shim; without one it is skipped.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "run.h"
#include "scratch.h"
#include "wd.h"

#define SKIPPED 77

/* ------------------------------------------------------------------- trees */

/* A sound device; a test changes what it is about. */
struct attrs {
	const char *api, *flags, *available, *algorithms, *mmio, *dus, *isolate, *node;
};

static const struct attrs sound = {
	.api = "hisi_qm_v3\n",
	.flags = "1\n",
	.available = "256\n",
	.algorithms = "zlib\ngzip\ndeflate\n",
	.mmio = "65536\n",
	.dus = "262144\n",
	.isolate = "0\n",
	.node = "0\n",
};

static void put(unsigned int id, const char *name, const char *attr, const char *text)
{
	char path[256];

	snprintf(path, sizeof(path), "sys/devices/platform/wd-emulator.%u/%s%s%s%s", id,
		 name ? "uacce/" : "", name ? name : "", name ? "/" : "", attr);
	if (text)
		scratch_text(path, text);
}

static void add_link(const char *target, const char *fmt, unsigned int id, const char *name)
{
	char path[256];

	snprintf(path, sizeof(path), fmt, id, name);
	ck_assert_int_eq(symlink(target, scratch(path)), 0);
}

static void add_device(unsigned int id, const char *name, const struct attrs *a)
{
	char text[256];

	put(id, NULL, "numa_node", a->node);
	put(id, NULL, "uevent", "DRIVER=test\n");
	put(id, name, "api", a->api);
	put(id, name, "flags", a->flags);
	put(id, name, "available_instances", a->available);
	put(id, name, "algorithms", a->algorithms);
	put(id, name, "region_mmio_size", a->mmio);
	put(id, name, "region_dus_size", a->dus);
	put(id, name, "isolate", a->isolate);
	snprintf(text, sizeof(text), "511:%u\n", id);
	put(id, name, "dev", text);
	snprintf(text, sizeof(text), "MAJOR=511\nMINOR=%u\nDEVNAME=%s\n", id, name);
	put(id, name, "uevent", text);
	add_link("../..", "sys/devices/platform/wd-emulator.%u/uacce/%s/device", id, name);
	add_link("../../../../../class/uacce",
		 "sys/devices/platform/wd-emulator.%u/uacce/%s/subsystem", id, name);
	mkdir(scratch("sys/class"), 0755);
	mkdir(scratch("sys/class/uacce"), 0755);
	snprintf(text, sizeof(text), "../../devices/platform/wd-emulator.%u/uacce/%s", id, name);
	add_link(text, "sys/class/uacce/%.0u%s", 0, name);
}

static void add_sound(unsigned int id, const char *name)
{
	add_device(id, name, &sound);
}

/* --------------------------------------------------------- what was said */

static char said[4096];
static int nsaid;

static void keep_lines(int level, const char *line, void *arg)
{
	size_t n = strlen(said);

	(void)arg;
	if (level > WD_LOG_WARN)
		return;
	nsaid++;
	snprintf(said + n, sizeof(said) - n, "%s\n", line);
}

static void setup(void)
{
	strcpy(scratch_dir, getenv("WD_EMULATOR_DIR"));
	mkdir(scratch("sys"), 0755);
	mkdir(scratch("dev"), 0755);
	wd_log_set_handler(keep_lines, NULL);
}

/* Without the shim: it shows the system's own entries beside the tree's, and they are to stay. */
static void teardown(void)
{
	char command[256];

	snprintf(command, sizeof(command), "env -u LD_PRELOAD rm -rf '%s/sys' '%s/dev'",
		 scratch_dir, scratch_dir);
	ck_assert_int_eq(system(command), 0);
}

static int count(struct uacce_dev_list *list)
{
	int n = 0;

	for (; list; list = list->next)
		n++;
	return n;
}

static int count_of(const char *alg)
{
	struct uacce_dev_list *list = wd_get_accel_list(alg);
	int n = count(list);

	wd_free_list_accels(list);
	return n;
}

/* ---------------------------------------------------------------- the list */

START_TEST(system_without_devices_enodev)
{
	errno = 0;
	ck_assert_ptr_null(wd_get_accel_list("zlib"));
	ck_assert_int_eq(errno, ENODEV);
	errno = 0;
	ck_assert_ptr_null(wd_get_accel_dev("zlib"));
	ck_assert_int_eq(errno, ENODEV);
	ck_assert_int_eq(nsaid, 0);
}
END_TEST

START_TEST(list_without_a_name_einval)
{
	add_sound(0, "hisi_zip-0");
	errno = 0;
	ck_assert_ptr_null(wd_get_accel_list(NULL));
	ck_assert_int_eq(errno, EINVAL);
	ck_assert_ptr_null(wd_get_accel_list(""));
	ck_assert_ptr_null(wd_get_accel_list("zlib\ngzip"));
	ck_assert_int_eq(errno, EINVAL);
	ck_assert_ptr_null(wd_get_accel_dev(NULL));
	ck_assert_int_eq(errno, EINVAL);
	wd_free_list_accels(NULL);
}
END_TEST

START_TEST(device_is_described_as_sysfs_does)
{
	struct attrs a = sound;
	struct uacce_dev_list *list;

	a.node = "-1\n";
	add_device(7, "hisi_zip-7", &a);
	list = wd_get_accel_list("gzip");
	ck_assert_int_eq(count(list), 1);
	ck_assert_int_eq(list->dev->flags, UACCE_DEV_SVA);
	ck_assert_int_eq(list->dev->numa_id, 0); /* of no node: as if of the first */
	ck_assert_str_eq(list->dev->api, "hisi_qm_v3");
	ck_assert_str_eq(list->dev->algs, "zlib\ngzip\ndeflate\n");
	ck_assert_str_eq(list->dev->dev_root, "/sys/class/uacce/hisi_zip-7");
	ck_assert_str_eq(list->dev->char_dev_path, "/dev/hisi_zip-7");
	ck_assert_uint_eq(list->dev->qfrs_offs[UACCE_QFRT_MMIO], 65536);
	ck_assert_uint_eq(list->dev->qfrs_offs[UACCE_QFRT_DUS], 262144);
	ck_assert_uint_eq(list->dev->qfrs_offs[UACCE_QFRT_SS], 0);
	wd_free_list_accels(list);
}
END_TEST

/* Programs ask for the class lines themselves, and others for one algorithm of the class. */
START_TEST(class_lines_and_their_algorithms_are_found)
{
	struct attrs sec = sound, zip = sound;

	sec.algorithms = "cipher\ndigest\naead\n";
	zip.algorithms = "lz77_zstd\nlz77_only\n";
	add_device(0, "hisi_sec2-0", &sec);
	add_device(1, "hisi_zip-1", &zip);
	ck_assert_int_eq(count_of("cipher"), 1);
	ck_assert_int_eq(count_of("digest"), 1);
	ck_assert_int_eq(count_of("aead"), 1);
	ck_assert_int_eq(count_of("cbc(aes)"), 1);
	ck_assert_int_eq(count_of("sm3"), 1);
	ck_assert_int_eq(count_of("gcm(aes)"), 1);
	ck_assert_int_eq(count_of("lz77_only"), 1);
	/* Parts of lines, and what nobody offers. */
	ck_assert_int_eq(count_of("zstd"), 0);
	ck_assert_int_eq(count_of("lz77"), 0);
	ck_assert_int_eq(count_of("ciph"), 0);
	ck_assert_int_eq(count_of("zlib"), 0);
	ck_assert_int_eq(count_of("rsa"), 0);
}
END_TEST

START_TEST(devices_with_gaps_in_their_numbers_are_all_found)
{
	add_sound(0, "hisi_zip-0");
	add_sound(2, "hisi_zip-2");
	add_sound(11, "hisi_zip-11");
	ck_assert_int_eq(count_of("zlib"), 3);
}
END_TEST

START_TEST(device_that_comes_or_goes_is_seen_by_the_next_list)
{
	add_sound(0, "hisi_zip-0");
	ck_assert_int_eq(count_of("zlib"), 1);
	add_sound(1, "hisi_zip-1");
	ck_assert_int_eq(count_of("zlib"), 2);
	ck_assert_int_eq(unlink(scratch("sys/class/uacce/hisi_zip-0")), 0);
	ck_assert_int_eq(count_of("zlib"), 1);
}
END_TEST

/* ---------------------------------------------------------------------- F31 */

/* Each device spoilt in one way, beside a sound one. */
static const struct {
	const char *what;
	struct attrs attrs; /* a member that is set replaces the sound one */
	const char *missing;
} spoilt[] = {
	{ "api is missing", .missing = "api" },
	{ "api is malformed", .attrs = { .api = "" } },
	{ "api is malformed", .attrs = { .api = "\n" } },
	{ "api is malformed", .attrs = { .api = "hisi_qm_v3" } },
	{ "api is malformed", .attrs = { .api = "two\nlines\n" } },
	{ "api is malformed",
	  .attrs = { .api = "0123456789012345678901234567890123456789"
			    "012345678901234567890123\n" } },
	{ "flags is missing", .missing = "flags" },
	{ "flags is malformed", .attrs = { .flags = "" } },
	{ "flags is malformed", .attrs = { .flags = "x\n" } },
	{ "flags is malformed", .attrs = { .flags = "-1\n" } },
	{ "flags is malformed", .attrs = { .flags = "0x1\n" } },
	{ "flags is malformed", .attrs = { .flags = "99999999999\n" } },
	{ "flags is malformed", .attrs = { .flags = "1" } },
	{ "available_instances is missing", .missing = "available_instances" },
	{ "available_instances is malformed", .attrs = { .available = "many\n" } },
	{ "available_instances is malformed", .attrs = { .available = "\n" } },
	{ "available_instances is malformed", .attrs = { .available = "9999999999999999999\n" } },
	{ "algorithms is missing", .missing = "algorithms" },
	{ "algorithms is empty", .attrs = { .algorithms = "" } },
	{ "algorithms is empty", .attrs = { .algorithms = "\n" } },
	{ "algorithms is malformed", .attrs = { .algorithms = "zlib" } },
	{ "algorithms is malformed", .attrs = { .algorithms = "zl\033ib\n" } },
	{ "region_mmio_size is malformed", .attrs = { .mmio = "big\n" } },
	{ "region_mmio_size is malformed", .attrs = { .mmio = "-4096\n" } },
	{ "region_mmio_size is malformed", .attrs = { .mmio = "4097\n" } },
	{ "region_dus_size is malformed", .attrs = { .dus = "" } },
	{ "region_dus_size is malformed", .attrs = { .dus = "18446744073709551616\n" } },
	{ "isolate is malformed", .attrs = { .isolate = "2\n" } },
	{ "isolate is malformed", .attrs = { .isolate = "no\n" } },
	{ "device/numa_node is malformed", .attrs = { .node = "one\n" } },
	{ "device/numa_node is malformed", .attrs = { .node = "-2\n" } },
	{ "device/numa_node is malformed", .attrs = { .node = "2000000000\n" } },
};

#define TAKE(member) (a.member = with->member ? with->member : a.member)

START_TEST(f31_spoilt_device_is_left_out_with_one_reason)
{
	const struct attrs *with = &spoilt[_i].attrs;
	struct attrs a = sound;
	char path[128], expected[128];

	TAKE(api), TAKE(flags), TAKE(available), TAKE(algorithms);
	TAKE(mmio), TAKE(dus), TAKE(isolate), TAKE(node);
	add_device(0, "hisi_zip-0", &a);
	if (spoilt[_i].missing) {
		snprintf(path, sizeof(path), "sys/class/uacce/hisi_zip-0/%s", spoilt[_i].missing);
		ck_assert_int_eq(unlink(scratch(path)), 0);
	}
	add_sound(1, "hisi_zip-1");

	snprintf(expected, sizeof(expected), "hisi_zip-0: device left out: %s\n", spoilt[_i].what);
	for (int again = 0; again < 3; again++) {
		ck_assert_int_eq(count_of("zlib"), 1);
		ck_assert_str_eq(said, expected);
	}
}
END_TEST

START_TEST(f31_attribute_of_a_megabyte_is_refused)
{
	static const char *const names[] = { "api", "flags", "available_instances", "algorithms",
					     "region_mmio_size", "region_dus_size", "isolate" };
	static char megabyte[(1 << 20) + 1];

	add_sound(0, "hisi_zip-0");
	memset(megabyte, '1', sizeof(megabyte) - 1);
	for (int newlines = 0; newlines < 2; newlines++) {
		for (size_t i = 0; newlines && i < sizeof(megabyte) - 1; i += 5)
			megabyte[i] = '\n';
		put(0, "hisi_zip-0", names[_i], megabyte);
		ck_assert_int_eq(count_of("zlib"), 0);
	}
	ck_assert_int_eq(nsaid, 1);
}
END_TEST

START_TEST(f31_second_reason_of_a_device_is_said_too)
{
	add_sound(0, "hisi_zip-0");
	put(0, "hisi_zip-0", "api", "\n");
	ck_assert_int_eq(count_of("zlib"), 0);
	put(0, "hisi_zip-0", "api", "hisi_qm_v3\n");
	put(0, "hisi_zip-0", "flags", "x\n");
	ck_assert_int_eq(count_of("zlib"), 0);
	ck_assert_int_eq(nsaid, 2);
	put(0, "hisi_zip-0", "flags", "1\n");
	ck_assert_int_eq(count_of("zlib"), 1);
}
END_TEST

START_TEST(optional_attributes_may_be_missing)
{
	static const char *const files[] = { "uacce/hisi_zip-0/isolate",
					     "uacce/hisi_zip-0/region_mmio_size",
					     "uacce/hisi_zip-0/region_dus_size", "numa_node" };
	struct uacce_dev_list *list;
	char path[128];

	add_sound(0, "hisi_zip-0");
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		snprintf(path, sizeof(path), "sys/devices/platform/wd-emulator.0/%s", files[i]);
		ck_assert_int_eq(unlink(scratch(path)), 0);
	}
	list = wd_get_accel_list("zlib");
	ck_assert_int_eq(count(list), 1);
	ck_assert_uint_eq(list->dev->qfrs_offs[UACCE_QFRT_MMIO], 0);
	ck_assert_uint_eq(list->dev->qfrs_offs[UACCE_QFRT_DUS], 0);
	ck_assert_int_eq(list->dev->numa_id, 0);
	ck_assert_int_eq(wd_is_isolate(list->dev), 0);
	wd_free_list_accels(list);
	ck_assert_int_eq(nsaid, 0);
}
END_TEST

/* ------------------------------------------------------------------ choice */

static void add_on(unsigned int id, const char *name, const char *node, const char *nfree)
{
	struct attrs a = sound;

	a.node = node;
	a.available = nfree;
	add_device(id, name, &a);
}

static void expect_chosen(const char *path)
{
	struct uacce_dev *dev = wd_get_accel_dev("zlib");

	ck_assert_ptr_nonnull(dev);
	ck_assert_str_eq(dev->char_dev_path, path);
	free(dev); /* as programs do */
}

START_TEST(nearest_device_is_chosen_then_the_one_with_most_free_queues)
{
	/* The second node need not exist here: it is farther than the own one then, too. */
	bool first_node = wd_get_accel_dev("zlib") == NULL && numa_node_of_cpu(0) == 0;

	add_on(0, "hisi_zip-0", "1\n", "1000\n");
	expect_chosen("/dev/hisi_zip-0");
	if (numa_max_node() > 0 || !first_node)
		return; /* the thread may run on either */
	add_on(1, "hisi_zip-1", "0\n", "3\n");
	expect_chosen("/dev/hisi_zip-1");
	add_on(2, "hisi_zip-2", "0\n", "5\n");
	expect_chosen("/dev/hisi_zip-2");
	/* The number is live. */
	put(1, "hisi_zip-1", "available_instances", "6\n");
	expect_chosen("/dev/hisi_zip-1");
	/* A full device is of no use, however near. */
	put(1, "hisi_zip-1", "available_instances", "0\n");
	put(2, "hisi_zip-2", "available_instances", "0\n");
	expect_chosen("/dev/hisi_zip-0");
	put(0, "hisi_zip-0", "available_instances", "0\n");
	expect_chosen("/dev/hisi_zip-1");
}
END_TEST

START_TEST(isolated_device_is_not_chosen)
{
	struct uacce_dev_list *list;

	add_on(0, "hisi_zip-0", "0\n", "100\n");
	add_on(1, "hisi_zip-1", "0\n", "1\n");
	list = wd_get_accel_list("zlib");
	put(0, "hisi_zip-0", "isolate", "1\n");
	ck_assert_int_eq(wd_is_isolate(list->dev), 1);
	ck_assert_int_eq(wd_is_isolate(list->next->dev), 0);
	wd_free_list_accels(list);
	expect_chosen("/dev/hisi_zip-1");
	ck_assert_int_eq(count_of("zlib"), 1);
	ck_assert_ptr_nonnull(strstr(said, "hisi_zip-0: device left out: it is isolated"));
}
END_TEST

START_TEST(device_of_a_node_is_the_one_with_most_free_queues)
{
	struct uacce_dev_list *list;

	add_on(0, "hisi_zip-0", "3\n", "10\n");
	add_on(1, "hisi_zip-1", "3\n", "11\n");
	add_on(2, "hisi_zip-2", "1\n", "99\n");
	add_on(3, "hisi_zip-3", "2\n", "0\n");
	list = wd_get_accel_list("zlib");
	ck_assert_ptr_eq(wd_find_dev_by_numa(list, 3), list->next->dev);
	ck_assert_ptr_eq(wd_find_dev_by_numa(list, 1), list->next->next->dev);
	ck_assert_int_eq((intptr_t)wd_find_dev_by_numa(list, 2), -WD_ENODEV); /* full */
	ck_assert_int_eq((intptr_t)wd_find_dev_by_numa(list, 0), -WD_ENODEV);
	ck_assert_int_eq((intptr_t)wd_find_dev_by_numa(list, -1), -WD_ENODEV);
	ck_assert_int_eq((intptr_t)wd_find_dev_by_numa(NULL, 0), -WD_EINVAL);
	wd_free_list_accels(list);
}
END_TEST

START_TEST(nodemask_has_the_nodes_of_the_list)
{
	struct uacce_dev_list *list;
	struct bitmask *mask;

	add_on(0, "hisi_zip-0", "0\n", "10\n");
	add_on(1, "hisi_zip-1", "4000\n", "11\n"); /* beyond any mask: left out, no overflow */
	list = wd_get_accel_list("zlib");
	mask = wd_create_device_nodemask(list);
	ck_assert(!WD_IS_ERR(mask));
	ck_assert_int_eq(numa_bitmask_weight(mask), numa_bitmask_nbytes(mask) * 8 > 4000 ? 2 : 1);
	ck_assert(numa_bitmask_isbitset(mask, 0));
	wd_free_device_nodemask(mask);
	ck_assert_int_eq((intptr_t)wd_create_device_nodemask(NULL), -WD_EINVAL);
	wd_free_device_nodemask(NULL);
	wd_free_device_nodemask(WD_ERR_PTR(-WD_ENOMEM));
	wd_free_list_accels(list);
}
END_TEST

START_TEST(lists_are_joined_and_devices_copied)
{
	struct uacce_dev_list *list, *other;
	struct uacce_dev *copy;

	add_sound(0, "hisi_zip-0");
	list = wd_get_accel_list("zlib");
	other = wd_get_accel_list("zlib");
	copy = wd_clone_dev(list->dev);
	ck_assert_int_eq(memcmp(copy, list->dev, sizeof(*copy)), 0);
	free(copy);
	ck_assert_ptr_null(wd_clone_dev(NULL));
	ck_assert_int_eq(errno, EINVAL);
	wd_add_dev_to_list(list, other);
	wd_add_dev_to_list(list, NULL);
	wd_add_dev_to_list(NULL, list);
	ck_assert_int_eq(count(list), 2);
	wd_free_list_accels(list);
}
END_TEST

/* ------------------------------------------------------------------- state */

START_TEST(free_queues_are_read_anew_each_time)
{
	struct uacce_dev *dev;

	add_sound(0, "hisi_zip-0");
	dev = wd_get_accel_dev("zlib");
	ck_assert_int_eq(wd_get_avail_ctx(dev), 256);
	put(0, "hisi_zip-0", "available_instances", "17\n");
	ck_assert_int_eq(wd_get_avail_ctx(dev), 17);
	put(0, "hisi_zip-0", "available_instances", "-3\n");
	ck_assert_int_eq(wd_get_avail_ctx(dev), 0);
	put(0, "hisi_zip-0", "available_instances", "x\n");
	ck_assert_int_eq(wd_get_avail_ctx(dev), -WD_EINVAL);
	put(0, "hisi_zip-0", "isolate", "x\n");
	ck_assert_int_lt(wd_is_isolate(dev), 0);
	ck_assert_int_eq(unlink(scratch("sys/class/uacce/hisi_zip-0")), 0);
	ck_assert_int_eq(wd_get_avail_ctx(dev), -WD_ENODEV);
	ck_assert_int_eq(wd_get_avail_ctx(NULL), -WD_EINVAL);
	ck_assert_int_eq(wd_is_isolate(NULL), -WD_EINVAL);
	free(dev);
}
END_TEST

/* Values replaced while they are read: each list sees the device sound, or leaves it out. */
START_TEST(f31_attributes_changing_while_they_are_read)
{
	pid_t pid;
	int status;

	add_sound(0, "hisi_zip-0");
	pid = fork();
	if (!pid) {
		for (int i = 0; i < 3000; i++) {
			const char *texts[] = { "1\n", "", "1", "x\n", "1111111111111111111\n" };

			put(0, "hisi_zip-0", "flags", texts[i % 5]);
			put(0, "hisi_zip-0", "algorithms", i & 1 ? "zlib\n" : "zl");
		}
		_exit(0);
	}
	do {
		struct uacce_dev_list *list = wd_get_accel_list("zlib");

		ck_assert_int_le(count(list), 1);
		if (list) {
			ck_assert_int_eq(list->dev->flags, 1);
			ck_assert(!strncmp(list->dev->algs, "zlib\n", 5));
		}
		wd_free_list_accels(list);
	} while (!waitpid(pid, &status, WNOHANG));
	ck_assert_int_eq(status, 0);
}
END_TEST

/* ------------------------------------------------------------------- main */

static int run(void)
{
	Suite *suite = suite_create("device");
	TCase *tc = tcase_create("device");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, system_without_devices_enodev);
	tcase_add_test(tc, list_without_a_name_einval);
	tcase_add_test(tc, device_is_described_as_sysfs_does);
	tcase_add_test(tc, class_lines_and_their_algorithms_are_found);
	tcase_add_test(tc, devices_with_gaps_in_their_numbers_are_all_found);
	tcase_add_test(tc, device_that_comes_or_goes_is_seen_by_the_next_list);
	tcase_add_loop_test(tc, f31_spoilt_device_is_left_out_with_one_reason, 0,
			    ARRAY_SIZE(spoilt));
	tcase_add_loop_test(tc, f31_attribute_of_a_megabyte_is_refused, 0, 7);
	tcase_add_test(tc, f31_second_reason_of_a_device_is_said_too);
	tcase_add_test(tc, optional_attributes_may_be_missing);
	tcase_add_test(tc, nearest_device_is_chosen_then_the_one_with_most_free_queues);
	tcase_add_test(tc, isolated_device_is_not_chosen);
	tcase_add_test(tc, device_of_a_node_is_the_one_with_most_free_queues);
	tcase_add_test(tc, nodemask_has_the_nodes_of_the_list);
	tcase_add_test(tc, lists_are_joined_and_devices_copied);
	tcase_add_test(tc, free_queues_are_read_anew_each_time);
	tcase_add_test(tc, f31_attributes_changing_while_they_are_read);
	suite_add_tcase(suite, tc);
	return run_suite(suite);
}

int main(int argc, char **argv)
{
	const char *shim = getenv("WD_SHIM");
	int status;
	pid_t pid;

	if (argc > 1)
		return run();
	if (!shim || access(shim, R_OK)) {
		fprintf(stderr, "skipped: no shim (WD_SHIM)\n");
		return SKIPPED;
	}
	pid = fork();
	if (!pid) {
		setenv("LD_PRELOAD", shim, 1);
		setenv("WD_EMULATOR_DIR", scratch_root(), 1);
		execl("/proc/self/exe", argv[0], "run", (char *)NULL);
		_exit(127);
	}
	if (waitpid(pid, &status, 0) != pid)
		return EXIT_FAILURE;
	return WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_FAILURE;
}
