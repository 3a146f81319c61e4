// SPDX-License-Identifier: Apache-2.0
/*
 * The files of emulated devices, by every function that takes a path: sysfs,
 * device nodes, listings, links, canonical paths, the variants that fortified
 * and older programs call, and libudev.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <libudev.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "shim_run.h"

#define PARENT "/sys/devices/platform/wd-emulator.0"
#define DEVICE PARENT "/uacce/" NAME0
#define EMULATED_MAJOR 511

extern int __open_2(const char *path, int flags);
extern int __open64_2(const char *path, int flags);
extern int __openat_2(int dirfd, const char *path, int flags);
extern int __openat64_2(int dirfd, const char *path, int flags);
extern ssize_t __readlink_chk(const char *path, char *buf, size_t nbytes, size_t room);
extern ssize_t __readlinkat_chk(int dirfd, const char *path, char *buf, size_t nbytes, size_t room);
extern char *__realpath_chk(const char *path, char *buf, size_t room);
extern int __xstat(int version, const char *path, struct stat *st);
extern int __lxstat64(int version, const char *path, struct stat64 *st);
extern int __fxstat(int version, int fd, struct stat *st);
extern int __fxstatat(int version, int dirfd, const char *path, struct stat *st, int flags);

static void check_text(int fd, const char *text)
{
	char got[64] = "";

	ck_assert_int_ge(fd, 0);
	ck_assert_int_gt(read(fd, got, sizeof(got) - 1), 0);
	ck_assert_str_eq(got, text);
	close(fd);
}

START_TEST(attribute_opens_by_every_name_of_open)
{
	const char *path = CLASS0 "/api";
	int dir = open(CLASS0, O_RDONLY | O_DIRECTORY);
	int sys = open("/sys", O_PATH | O_DIRECTORY), class = open("/sys/class", O_RDONLY);

	check_text(open(path, O_RDONLY), "hisi_qm_v3\n");
	check_text(open64(path, O_RDONLY | O_CLOEXEC), "hisi_qm_v3\n");
	check_text(openat(AT_FDCWD, path, O_RDONLY), "hisi_qm_v3\n");
	check_text(openat64(dir, "api", O_RDONLY), "hisi_qm_v3\n");
	check_text(openat(sys, "class/uacce/" NAME0 "/api", O_RDONLY), "hisi_qm_v3\n");
	check_text(openat(class, "uacce/" NAME0 "/api", O_RDONLY), "hisi_qm_v3\n");
	check_text(openat(dir, "../" NAME0 "/api", O_RDONLY), "hisi_qm_v3\n");
	check_text(__open_2(path, O_RDONLY), "hisi_qm_v3\n");
	check_text(__open64_2(path, O_RDONLY), "hisi_qm_v3\n");
	check_text(__openat_2(dir, "api", O_RDONLY), "hisi_qm_v3\n");
	check_text(__openat64_2(dir, "api", O_RDONLY), "hisi_qm_v3\n");
	check_text(open("//sys/./class//uacce/" NAME0 "/api", O_RDONLY), "hisi_qm_v3\n");
	check_text(open("/sys/class/../class/uacce/" NAME0 "/api", O_RDONLY), "hisi_qm_v3\n");
	check_text(open(CLASS0 "/device/uacce/" NAME0 "/api", O_RDONLY), "hisi_qm_v3\n");
	check_text(open(CLASS0 "/subsystem/" NAME0 "/api", O_RDONLY), "hisi_qm_v3\n");
	check_text(open(DEVICE "/api", O_RDONLY), "hisi_qm_v3\n");
	check_text(open(CLASS0 "/device/numa_node", O_RDONLY), "0\n");
	close(dir);
	close(sys);
	close(class);
}
END_TEST

START_TEST(attribute_opens_as_a_stream)
{
	FILE *stream = fopen(CLASS0 "/flags", "r");
	int flags = 0;

	ck_assert(stream && fscanf(stream, "%d", &flags) == 1);
	ck_assert_int_eq(flags, 1);
	stream = freopen64(CLASS0 "/isolate", "re", stream);
	ck_assert(stream && fscanf(stream, "%d", &flags) == 1);
	ck_assert_int_eq(flags, 0);
	fclose(stream);
	stream = fopen64(CLASS0 "/isolate_strategy", "w");
	ck_assert_ptr_nonnull(stream);
	ck_assert_int_gt(fprintf(stream, "%d\n", 7), 0);
	ck_assert_int_eq(fclose(stream), 0);
	ck_assert_int_eq(attribute("isolate_strategy"), 7);
	stream = fopen(CLASS0 "/isolate_strategy", "w");
	fputs("nonsense\n", stream);
	ck_assert_errno(fflush(stream), EINVAL);
	fclose(stream);
	ck_assert_int_eq(attribute("isolate_strategy"), 7);
}
END_TEST

START_TEST(attributes_can_not_be_created_or_overwritten)
{
	int fd;

	ck_assert_errno(open(CLASS0 "/api", O_WRONLY), EACCES);
	ck_assert_errno(open(CLASS0 "/api", O_RDWR | O_TRUNC), EACCES);
	ck_assert_errno(creat(CLASS0 "/api", 0600), EACCES);
	ck_assert_errno(open(CLASS0 "/new", O_WRONLY | O_CREAT, 0600), EACCES);
	ck_assert_errno(open(CLASS0 "/new", O_RDONLY), ENOENT);
	ck_assert_errno(open(CLASS0, O_WRONLY), EISDIR);
	fd = creat(CLASS0 "/isolate_strategy", 0600);
	ck_assert_int_eq(write(fd, "9", 1), 1);
	close(fd);
	ck_assert_int_eq(attribute("isolate_strategy"), 9);
	check_text(open(CLASS0 "/api", O_RDONLY), "hisi_qm_v3\n");
}
END_TEST

static void check_node(const struct stat *st)
{
	ck_assert_uint_eq(st->st_mode, S_IFCHR | 0600);
	ck_assert_uint_eq(major(st->st_rdev), EMULATED_MAJOR);
	ck_assert_uint_eq(minor(st->st_rdev), 0);
}

START_TEST(node_is_a_character_device_for_every_stat)
{
	struct stat st;
	struct stat64 st64;
	struct statx stx;
	int fd = open(NODE0, O_RDWR), dev = open("/dev", O_RDONLY);

	ck_assert_int_eq(stat(NODE0, &st), 0);
	check_node(&st);
	ck_assert_int_eq(lstat(NODE0, &st), 0);
	check_node(&st);
	ck_assert_int_eq(fstat(fd, &st), 0);
	check_node(&st);
	ck_assert_int_eq(fstatat(dev, NAME0, &st, AT_SYMLINK_NOFOLLOW), 0);
	check_node(&st);
	ck_assert_int_eq(fstatat(fd, "", &st, AT_EMPTY_PATH), 0);
	check_node(&st);
	ck_assert_int_eq(stat64("/dev/../dev/./" NAME0, &st64), 0);
	check_node((struct stat *)&st64);
	ck_assert_int_eq(__xstat(1, NODE0, &st), 0);
	check_node(&st);
	ck_assert_int_eq(__lxstat64(1, NODE0, &st64), 0);
	check_node((struct stat *)&st64);
	ck_assert_int_eq(__fxstat(1, fd, &st), 0);
	check_node(&st);
	ck_assert_int_eq(__fxstatat(1, dev, NAME0, &st, 0), 0);
	check_node(&st);
	ck_assert_int_eq(statx(AT_FDCWD, NODE0, 0, STATX_BASIC_STATS, &stx), 0);
	ck_assert_uint_eq(stx.stx_mode, S_IFCHR | 0600);
	ck_assert_uint_eq(stx.stx_rdev_major, EMULATED_MAJOR);
	ck_assert_int_eq(statx(fd, "", AT_EMPTY_PATH, STATX_BASIC_STATS, &stx), 0);
	ck_assert_uint_eq(stx.stx_mode, S_IFCHR | 0600);
	ck_assert_errno(stat("/dev/hisi_zip-77", &st), ENOENT);
	ck_assert_errno(stat("/dev/hisi_zip", &st), ENOENT);
	close(fd);
	close(dev);
}
END_TEST

START_TEST(access_answers_for_nodes_and_attributes)
{
	ck_assert_int_eq(access(NODE0, R_OK | W_OK), 0);
	ck_assert_int_eq(eaccess(NODE0, R_OK | W_OK), 0);
	ck_assert_int_eq(euidaccess(NODE0, F_OK), 0);
	ck_assert_int_eq(faccessat(AT_FDCWD, NODE0, R_OK, AT_EACCESS), 0);
	ck_assert_errno(access(NODE0, X_OK), EACCES);
	ck_assert_errno(access("/dev/hisi_zip-77", F_OK), ENOENT);
	ck_assert_int_eq(access(CLASS0 "/api", R_OK), 0);
	ck_assert_errno(access(CLASS0 "/none", R_OK), ENOENT);
}
END_TEST

START_TEST(node_open_looks_at_its_flags)
{
	ck_assert_errno(open(NODE0, O_RDWR | O_CREAT | O_EXCL, 0600), EEXIST);
	ck_assert_errno(open(NODE0, O_RDONLY | O_DIRECTORY), ENOTDIR);
	ck_assert_errno(open("/dev/hisi_zip-77", O_RDWR), ENOENT);
	ck_assert_ptr_null(opendir(NODE0));
	ck_assert_int_eq(errno, ENOTDIR);
}
END_TEST

static void check_link(ssize_t length, const char *got, const char *text)
{
	ck_assert_int_eq(length, (ssize_t)strlen(text));
	ck_assert(!strncmp(got, text, (size_t)length));
}

START_TEST(links_lead_where_sysfs_links_do)
{
	const char *target = "../../devices/platform/wd-emulator.0/uacce/" NAME0;
	int dir = open("/sys/class/uacce", O_RDONLY | O_DIRECTORY), fd;
	char link[64], got[PATH_MAX];

	check_link(readlink(CLASS0, got, sizeof(got)), got, target);
	check_link(readlinkat(dir, NAME0, got, sizeof(got)), got, target);
	check_link(__readlink_chk(CLASS0, got, sizeof(got), sizeof(got)), got, target);
	check_link(__readlinkat_chk(dir, NAME0, got, sizeof(got), sizeof(got)), got, target);
	ck_assert_int_eq(readlink(CLASS0, got, 5), 5);
	ck_assert_errno((int)readlink(NODE0, got, sizeof(got)), EINVAL);
	snprintf(link, sizeof(link), "/proc/self/fd/%d", dir);
	check_link(readlink(link, got, sizeof(got)), got, "/sys/class/uacce");
	snprintf(link, sizeof(link), "/proc/%d/fd/%d", (int)getpid(), dir);
	check_link(readlink(link, got, sizeof(got)), got, "/sys/class/uacce");
	fd = open(NODE0, O_RDWR);
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	check_link(readlink(link, got, sizeof(got)), got, NODE0);
	close(fd);
	close(dir);
}
END_TEST

START_TEST(canonical_paths_are_those_of_a_real_device)
{
	char got[PATH_MAX], *allocated;

	ck_assert_str_eq(realpath(NODE0, got), NODE0);
	ck_assert_str_eq(realpath("/dev/./../dev/" NAME0, got), NODE0);
	ck_assert_str_eq(realpath(CLASS0, got), DEVICE);
	ck_assert_str_eq(realpath(CLASS0 "/device", got), PARENT);
	ck_assert_str_eq(realpath(CLASS0 "/device/../wd-emulator.0/uacce", got), PARENT "/uacce");
	ck_assert_str_eq(__realpath_chk(CLASS0, got, sizeof(got)), DEVICE);
	allocated = realpath(CLASS0 "/subsystem", NULL);
	ck_assert_str_eq(allocated, "/sys/class/uacce");
	free(allocated);
	allocated = canonicalize_file_name(NODE0);
	ck_assert_str_eq(allocated, NODE0);
	free(allocated);
	ck_assert_ptr_null(realpath("/dev/hisi_zip-77", got));
	ck_assert_int_eq(errno, ENOENT);
	ck_assert_ptr_null(realpath(CLASS0 "/none", got));
	ck_assert_int_eq(errno, ENOENT);
}
END_TEST

static unsigned int count_entries(DIR *dir, const char *name)
{
	struct dirent *entry;
	unsigned int found = 0;

	ck_assert_ptr_nonnull(dir);
	while ((entry = readdir(dir)))
		found += !strcmp(entry->d_name, name);
	return found;
}

static unsigned int count_in(const char *path, const char *name)
{
	DIR *dir = opendir(path);
	unsigned int found = count_entries(dir, name);

	rewinddir(dir);
	ck_assert_uint_eq(count_entries(dir, name), found);
	closedir(dir);
	return found;
}

static int is_uacce(const struct dirent *entry)
{
	return !strcmp(entry->d_name, "uacce");
}

START_TEST(listings_show_emulated_and_real_entries)
{
	struct dirent **entries;
	glob_t found;
	DIR *dir;
	int i;

	ck_assert_uint_eq(count_in("/sys/class", "uacce"), 1);
	ck_assert_uint_eq(count_in("/sys/class/", "net"), access("/sys/class/net", F_OK) == 0);
	ck_assert_uint_eq(count_in("/sys/class/uacce", NAME0), 1);
	ck_assert_uint_eq(count_in("/sys/devices/platform", "wd-emulator.0"), 1);
	ck_assert_uint_eq(count_in("/dev", NAME0), 1);
	ck_assert_uint_eq(count_in("/dev", "null"), 1);
	ck_assert_uint_eq(count_in("/proc/self", NAME0), 0);
	dir = fdopendir(open("/dev", O_RDONLY | O_DIRECTORY));
	ck_assert_uint_eq(count_entries(dir, NAME0), 1);
	closedir(dir);
	ck_assert_int_eq(scandir("/sys/class", &entries, is_uacce, alphasort), 1);
	ck_assert_str_eq(entries[0]->d_name, "uacce");
	free(entries[0]);
	free(entries);
	ck_assert_int_eq(scandir(CLASS0 "/..", &entries, NULL, NULL), 3);
	for (i = 0; i < 3; i++)
		free(entries[i]);
	free(entries);
	ck_assert_int_eq(glob("/dev/hisi_zip-*", 0, NULL, &found), 0);
	ck_assert_uint_eq(found.gl_pathc, 1);
	ck_assert_str_eq(found.gl_pathv[0], NODE0);
	globfree(&found);
	ck_assert_int_eq(glob("/sys/class/uac*/*/api", 0, NULL, &found), 0);
	ck_assert_str_eq(found.gl_pathv[0], CLASS0 "/api");
	globfree(&found);
}
END_TEST

START_TEST(way_out_of_the_tree_leads_to_the_real_one)
{
	int dir = open("/sys/class/uacce", O_RDONLY | O_DIRECTORY);
	struct stat up, class;

	ck_assert_int_eq(stat("/sys/class", &class), 0);
	ck_assert_int_eq(stat("/sys/class/uacce/..", &up), 0);
	ck_assert_uint_eq(up.st_ino, class.st_ino);
	ck_assert_int_eq(fstatat(dir, "..", &up, 0), 0);
	ck_assert_uint_eq(up.st_ino, class.st_ino);
	close(dir);
}
END_TEST

START_TEST(working_directory_may_be_in_the_tree)
{
	char got[PATH_MAX];

	ck_assert_int_eq(chdir(CLASS0), 0);
	ck_assert_str_eq(getcwd(got, sizeof(got)), DEVICE);
	check_text(open("api", O_RDONLY), "hisi_qm_v3\n");
	ck_assert_str_eq(realpath("api", got), DEVICE "/api");
	ck_assert_int_eq(chdir("/sys/class"), 0);
	check_text(open("uacce/" NAME0 "/api", O_RDONLY), "hisi_qm_v3\n");
	ck_assert_uint_eq(count_in(".", "uacce"), 1);
	ck_assert_int_eq(chdir("/"), 0);
	ck_assert_errno(chdir(NODE0), ENOTDIR);
}
END_TEST

START_TEST(file_system_is_sysfs)
{
	int fd = open(CLASS0 "/api", O_RDONLY);
	struct statfs st;

	ck_assert_int_eq(statfs(CLASS0, &st), 0);
	ck_assert_int_eq(st.f_type, SYSFS_MAGIC);
	ck_assert_int_eq(fstatfs(fd, &st), 0);
	ck_assert_int_eq(st.f_type, SYSFS_MAGIC);
	close(fd);
}
END_TEST

START_TEST(other_files_are_left_alone)
{
	char path[] = "/tmp/shim-files-XXXXXX", got[PATH_MAX];
	/* By a pointer: what checks its arguments does not want to see this. */
	int (*volatile open_any)(const char *path, int flags, ...) = open;
	struct stat st;
	int fd = mkstemp(path);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, "hello\n", 6), 6);
	ck_assert_int_eq(fstat(fd, &st), 0);
	ck_assert(S_ISREG(st.st_mode) && st.st_size == 6);
	close(fd);
	check_text(open(path, O_RDONLY), "hello\n");
	ck_assert_str_eq(realpath(path, got), path);
	unlink(path);
	ck_assert_int_eq(stat("/dev/null", &st), 0);
	ck_assert(S_ISCHR(st.st_mode));
	ck_assert_errno(open_any(NULL, O_RDONLY), EFAULT);
	ck_assert_errno(open("", O_RDONLY), ENOENT);
	ck_assert_errno(stat("", &st), ENOENT);
}
END_TEST

/* --- libudev --- */

static struct udev_device *first_device(struct udev *udev)
{
	struct udev_enumerate *list = udev_enumerate_new(udev);
	struct udev_list_entry *entry;
	struct udev_device *device;

	udev_enumerate_add_match_subsystem(list, "uacce");
	ck_assert_int_ge(udev_enumerate_scan_devices(list), 0);
	entry = udev_enumerate_get_list_entry(list);
	ck_assert_ptr_nonnull(entry);
	ck_assert_ptr_null(udev_list_entry_get_next(entry));
	device = udev_device_new_from_syspath(udev, udev_list_entry_get_name(entry));
	ck_assert_ptr_nonnull(device);
	udev_enumerate_unref(list);
	return device;
}

START_TEST(libudev_finds_the_device)
{
	struct udev *udev = udev_new();
	struct udev_device *device = first_device(udev), *parent, *again;

	ck_assert_str_eq(udev_device_get_sysname(device), NAME0);
	ck_assert_str_eq(udev_device_get_syspath(device), DEVICE);
	ck_assert_str_eq(udev_device_get_subsystem(device), "uacce");
	ck_assert_str_eq(udev_device_get_devnode(device), NODE0);
	ck_assert_uint_eq(udev_device_get_devnum(device), makedev(EMULATED_MAJOR, 0));
	ck_assert_str_eq(udev_device_get_sysattr_value(device, "api"), "hisi_qm_v3");
	ck_assert_str_eq(udev_device_get_sysattr_value(device, "device/numa_node"), "0");
	ck_assert_ptr_null(udev_device_get_sysattr_value(device, "none"));
	parent = udev_device_get_parent(device);
	ck_assert_ptr_nonnull(parent);
	ck_assert_str_eq(udev_device_get_syspath(parent), PARENT);
	ck_assert_str_eq(udev_device_get_sysattr_value(parent, "numa_node"), "0");
	again = udev_device_new_from_subsystem_sysname(udev, "uacce", NAME0);
	ck_assert_ptr_nonnull(again);
	udev_device_unref(again);
	ck_assert_int_eq(udev_device_set_sysattr_value(device, "isolate_strategy", "5"), 0);
	ck_assert_int_eq(attribute("isolate_strategy"), 5);
	ck_assert_int_lt(udev_device_set_sysattr_value(device, "isolate_strategy", "-5"), 0);
	udev_device_unref(device);
	udev_unref(udev);
}
END_TEST

int main(int argc, char **argv)
{
	Suite *suite = suite_create("shim_files");
	TCase *tcase = tcase_create("files");

	(void)argc;
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, attribute_opens_by_every_name_of_open);
	tcase_add_test(tcase, attribute_opens_as_a_stream);
	tcase_add_test(tcase, attributes_can_not_be_created_or_overwritten);
	tcase_add_test(tcase, node_is_a_character_device_for_every_stat);
	tcase_add_test(tcase, access_answers_for_nodes_and_attributes);
	tcase_add_test(tcase, node_open_looks_at_its_flags);
	tcase_add_test(tcase, links_lead_where_sysfs_links_do);
	tcase_add_test(tcase, canonical_paths_are_those_of_a_real_device);
	tcase_add_test(tcase, listings_show_emulated_and_real_entries);
	tcase_add_test(tcase, way_out_of_the_tree_leads_to_the_real_one);
	tcase_add_test(tcase, working_directory_may_be_in_the_tree);
	tcase_add_test(tcase, file_system_is_sysfs);
	tcase_add_test(tcase, other_files_are_left_alone);
	tcase_add_test(tcase, libudev_finds_the_device);
	suite_add_tcase(suite, tcase);
	return shim_main(argv, "null", suite);
}
