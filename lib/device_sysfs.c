// SPDX-License-Identifier: Apache-2.0
/*
 * The attributes of a uacce device. It owns the reading of one attribute, with
 * bounds and checks, and the filling of a struct uacce_dev from them. Attributes
 * are read anew each time: some of them are live. What a file says is not
 * believed: a device whose text is missing, empty, cut, too long or out of range is
 * refused with a reason. Source: Linux Documentation/ABI/testing/sysfs-driver-uacce.
 */
#include <ctype.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "device.h"

#define NODE_MAX 4095 /* more than any kernel is built for (NODES_SHIFT <= 10) */

/* The kernel gives a whole attribute to one read of enough size, a plain file perhaps in parts. */
static ssize_t read_whole(int fd, char *text, size_t size)
{
	size_t n = 0;

	while (n < size) {
		ssize_t got = read(fd, text + n, size - n);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		if (!got)
			break;
		n += got;
	}
	return n;
}

static bool is_text(const char *text, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (text[i] != '\n' && !isprint((unsigned char)text[i]))
			return false;
	return true;
}

int wd_sysfs_text(const char *dir, const char *attr, char *text, size_t size)
{
	char path[PATH_MAX];
	ssize_t n;
	int fd;

	if ((size_t)snprintf(path, sizeof(path), "%s/%s", dir, attr) >= sizeof(path))
		return -ENAMETOOLONG;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return -errno;
	n = read_whole(fd, text, size);
	close(fd);
	if (n < 0)
		return n;
	if (!n || (n == 1 && text[0] == '\n'))
		return -ENODATA;
	/* No room was left: there may be more. The newline's place serves the terminator. */
	if ((size_t)n == size && text[n - 1] != '\n')
		return -E2BIG;
	if (text[n - 1] != '\n' || !is_text(text, n))
		return -EBADMSG;
	text[--n] = '\0';
	return n;
}

int wd_sysfs_number(const char *dir, const char *attr, long min, long max, long *value)
{
	char text[32] = "", *end;
	int n = wd_sysfs_text(dir, attr, text, sizeof(text));
	long number;

	if (n < 0)
		return n;
	/* strtol() would also take spaces and a plus sign. */
	if (!isdigit((unsigned char)text[text[0] == '-']))
		return -EBADMSG;
	errno = 0;
	number = strtol(text, &end, 10);
	if (*end)
		return -EBADMSG;
	if (errno || number < min || number > max)
		return -ERANGE;
	*value = number;
	return 0;
}

static const char *read_region(struct uacce_dev *dev, enum uacce_qfrt region, const char *attr)
{
	long nbytes;
	int rc = wd_sysfs_number(dev->dev_root, attr, 0, LONG_MAX, &nbytes);

	dev->qfrs_offs[region] = 0;
	if (rc == -ENOENT) /* a region of no pages has no attribute */
		return NULL;
	if (rc || nbytes % sysconf(_SC_PAGESIZE))
		return region == UACCE_QFRT_MMIO ? "region_mmio_size is malformed" :
						   "region_dus_size is malformed";
	dev->qfrs_offs[region] = nbytes;
	return NULL;
}

static const char *read_regions(struct uacce_dev *dev)
{
	const char *why = read_region(dev, UACCE_QFRT_MMIO, "region_mmio_size");

	if (!why)
		why = read_region(dev, UACCE_QFRT_DUS, "region_dus_size");
	dev->qfrs_offs[UACCE_QFRT_SS] = 0;
	return why;
}

static const char *read_node(struct uacce_dev *dev)
{
	long node;
	int rc = wd_sysfs_number(dev->dev_root, "device/numa_node", -1, NODE_MAX, &node);

	if (rc == -ENOENT || rc == -ENOTDIR)
		node = -1;
	else if (rc)
		return "device/numa_node is malformed";
	dev->numa_id = node < 0 ? 0 : node;
	return NULL;
}

static const char *read_algorithms(struct uacce_dev *dev)
{
	size_t n = sizeof(dev->algs);
	int rc = wd_sysfs_text(dev->dev_root, "algorithms", dev->algs, n);

	if (rc == -ENOENT)
		return "algorithms is missing";
	if (rc == -ENODATA)
		return "algorithms is empty";
	if (rc < 0)
		return "algorithms is malformed";
	dev->algs[rc] = '\n'; /* as the attribute has it: each name ends with a newline */
	if ((size_t)rc + 1 < n)
		dev->algs[rc + 1] = '\0';
	else
		return "algorithms is too long";
	return NULL;
}

static const char *read_state(struct uacce_dev *dev)
{
	long value;
	int rc = wd_sysfs_number(dev->dev_root, "available_instances", INT_MIN, INT_MAX, &value);

	if (rc == -ENOENT)
		return "available_instances is missing";
	if (rc && rc != -ENODEV) /* ENODEV: the driver keeps no count */
		return "available_instances is malformed";
	rc = wd_sysfs_number(dev->dev_root, "isolate", 0, 1, &value);
	if (rc && rc != -ENOENT) /* not every driver can isolate */
		return "isolate is malformed";
	if (!rc && value)
		return "it is isolated after too many errors";
	return NULL;
}

static const char *read_identity(struct uacce_dev *dev)
{
	long flags;
	int rc = wd_sysfs_text(dev->dev_root, "api", dev->api, sizeof(dev->api));

	if (rc == -ENOENT)
		return "api is missing";
	if (rc < 0 || strchr(dev->api, '\n'))
		return "api is malformed";
	rc = wd_sysfs_number(dev->dev_root, "flags", 0, INT_MAX, &flags);
	if (rc == -ENOENT)
		return "flags is missing";
	if (rc)
		return "flags is malformed";
	dev->flags = flags;
	return NULL;
}

const char *wd_device_read(struct uacce_dev *dev, const char *name)
{
	const char *why;

	memset(dev, 0, sizeof(*dev));
	if ((size_t)snprintf(dev->dev_root, sizeof(dev->dev_root), WD_CLASS_DIR "/%s", name) >=
		    sizeof(dev->dev_root) ||
	    (size_t)snprintf(dev->char_dev_path, sizeof(dev->char_dev_path), "/dev/%s", name) >=
		    sizeof(dev->char_dev_path))
		return "its name is too long";

	why = read_identity(dev);
	if (!why)
		why = read_algorithms(dev);
	if (!why)
		why = read_regions(dev);
	if (!why)
		why = read_node(dev);
	if (!why)
		why = read_state(dev);
	return why;
}
