// SPDX-License-Identifier: Apache-2.0
/*
 * Owns the tree of plain files that stands for sysfs (layout in
 * ../protocol.h, values in the uacce facts, sections 2 to 5 and 8). A file that
 * changes is replaced by a new one, so that no reader sees half a value.
 */
#include "sysfs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../protocol.h"
#include "log.h"
#include "rundir.h"
#include "uacce.h"

#define PATH_NBYTES 256

static int make_directory(const char *path)
{
	return mkdirat(rundir_fd(), path, 0755) && errno != EEXIST ? errno : 0;
}

static int write_file(const char *path, const char *text, mode_t mode)
{
	int fd = openat(rundir_fd(), "new", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
	size_t length = strlen(text);
	int error = 0;

	if (fd < 0)
		return errno;
	if (write(fd, text, length) != (ssize_t)length)
		error = errno ? errno : ENOSPC;
	close(fd);
	if (!error && renameat(rundir_fd(), "new", rundir_fd(), path))
		error = errno;
	if (error)
		unlinkat(rundir_fd(), "new", 0);
	return error;
}

static int make_link(const char *target, const char *path)
{
	return symlinkat(target, rundir_fd(), path) ? errno : 0;
}

static void parent_path(const struct emu_device *dev, char path[PATH_NBYTES])
{
	snprintf(path, PATH_NBYTES, "sys/devices/platform/wd-emulator.%u", dev->id);
}

static void attribute_path(const struct emu_device *dev, const char *name, char path[PATH_NBYTES])
{
	snprintf(path, PATH_NBYTES, "sys/devices/platform/wd-emulator.%u/uacce/%s%s%s", dev->id,
		 dev->name, *name ? "/" : "", name);
}

static int write_attribute(const struct emu_device *dev, const char *name, const char *text)
{
	char path[PATH_NBYTES];

	attribute_path(dev, name, path);
	return write_file(path, text, strcmp(name, "isolate_strategy") ? 0444 : 0644);
}

static int write_number(const struct emu_device *dev, const char *name, long long value)
{
	char text[32];

	snprintf(text, sizeof(text), "%lld\n", value);
	return write_attribute(dev, name, text);
}

static int add_directories(const struct emu_device *dev)
{
	static const char *const fixed[] = {"dev",	   "sys",
					    "sys/class",   "sys/class/uacce",
					    "sys/devices", "sys/devices/platform"};
	char path[PATH_NBYTES];
	unsigned int i;
	int error = 0;

	for (i = 0; !error && i < sizeof(fixed) / sizeof(fixed[0]); i++)
		error = make_directory(fixed[i]);
	parent_path(dev, path);
	if (!error)
		error = make_directory(path);
	strcat(path, "/uacce");
	if (!error)
		error = make_directory(path);
	attribute_path(dev, "", path);
	return error ? error : make_directory(path);
}

static int add_parent(const struct emu_device *dev)
{
	char path[PATH_NBYTES], text[128];
	int error;

	parent_path(dev, path);
	strcat(path, "/numa_node");
	snprintf(text, sizeof(text), "%d\n", dev->config.numa_node);
	error = write_file(path, text, 0444);
	parent_path(dev, path);
	strcat(path, "/uevent");
	snprintf(text, sizeof(text), "DRIVER=%s\n", dev->config.driver);
	return error ? error : write_file(path, text, 0444);
}

static int add_attributes(const struct emu_device *dev)
{
	char text[256];
	int error;

	snprintf(text, sizeof(text), "hisi_qm_v%u\n", dev->config.qm_version);
	error = write_attribute(dev, "api", text);
	if (!error)
		error = write_attribute(dev, "algorithms",
					dev->config.engine->algorithms(dev->config.qm_version));
	if (!error)
		error = write_number(dev, "flags", UACCE_FLAG_SVA);
	if (!error)
		error = write_number(dev, "available_instances", device_available(dev));
	if (!error)
		error = write_number(dev, "region_mmio_size", (long long)dev->mmio_nbytes);
	if (!error)
		error = write_number(dev, "region_dus_size", (long long)dev->dus_nbytes);
	if (!error)
		error = write_number(dev, "isolate", dev->isolate);
	if (!error)
		error = write_number(dev, "isolate_strategy", dev->isolate_strategy);
	snprintf(text, sizeof(text), "%d:%u\n", EMU_MAJOR, dev->id);
	if (!error)
		error = write_attribute(dev, "dev", text);
	snprintf(text, sizeof(text), "MAJOR=%d\nMINOR=%u\nDEVNAME=%s\n", EMU_MAJOR, dev->id,
		 dev->name);
	return error ? error : write_attribute(dev, "uevent", text);
}

static int add_links(const struct emu_device *dev)
{
	char path[PATH_NBYTES], target[PATH_NBYTES];
	int error;

	attribute_path(dev, "device", path);
	error = make_link("../..", path);
	attribute_path(dev, "subsystem", path);
	if (!error)
		error = make_link("../../../../../class/uacce", path);
	snprintf(path, sizeof(path), "dev/%s", dev->name);
	if (!error)
		error = write_file(path, "", 0600);
	/* Last: what finds the name finds a complete device. */
	snprintf(path, sizeof(path), "sys/class/uacce/%s", dev->name);
	snprintf(target, sizeof(target), "../../devices/platform/wd-emulator.%u/uacce/%s", dev->id,
		 dev->name);
	return error ? error : make_link(target, path);
}

int sysfs_add(const struct emu_device *dev)
{
	int error = add_directories(dev);

	if (!error)
		error = add_parent(dev);
	if (!error)
		error = add_attributes(dev);
	if (!error)
		error = add_links(dev);
	if (error)
		sysfs_remove(dev);
	return error;
}

void sysfs_remove(const struct emu_device *dev)
{
	static const char *const names[] = {"api",
					    "algorithms",
					    "flags",
					    "available_instances",
					    "region_mmio_size",
					    "region_dus_size",
					    "isolate",
					    "isolate_strategy",
					    "dev",
					    "uevent",
					    "device",
					    "subsystem"};
	static const char *const parent_names[] = {"/numa_node", "/uevent"};
	char path[PATH_NBYTES];
	unsigned int i;

	snprintf(path, sizeof(path), "sys/class/uacce/%s", dev->name);
	unlinkat(rundir_fd(), path, 0);
	snprintf(path, sizeof(path), "dev/%s", dev->name);
	unlinkat(rundir_fd(), path, 0);
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		attribute_path(dev, names[i], path);
		unlinkat(rundir_fd(), path, 0);
	}
	attribute_path(dev, "", path);
	unlinkat(rundir_fd(), path, AT_REMOVEDIR);
	parent_path(dev, path);
	strcat(path, "/uacce");
	unlinkat(rundir_fd(), path, AT_REMOVEDIR);
	for (i = 0; i < sizeof(parent_names) / sizeof(parent_names[0]); i++) {
		parent_path(dev, path);
		strcat(path, parent_names[i]);
		unlinkat(rundir_fd(), path, 0);
	}
	parent_path(dev, path);
	unlinkat(rundir_fd(), path, AT_REMOVEDIR);
}

static void update(const struct emu_device *dev, const char *name, long long value)
{
	int error;

	if (dev->state == DEVICE_GONE)
		return;
	error = write_number(dev, name, value);
	if (error)
		log_error("%s: cannot update %s: %s", dev->name, name, strerror(error));
}

void sysfs_update_instances(const struct emu_device *dev)
{
	update(dev, "available_instances", device_available(dev));
}

void sysfs_update_isolation(const struct emu_device *dev)
{
	update(dev, "isolate", dev->isolate);
	update(dev, "isolate_strategy", dev->isolate_strategy);
}
