// SPDX-License-Identifier: Apache-2.0
/*
 * Finding devices: the list of the class through libudev, the search by
 * algorithm, and the choice by NUMA distance and free queues. No udev object
 * outlives a call, and no udev daemon is needed. What single attributes say is
 * device_sysfs.c's business.
 */
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <libudev.h>
#include "device.h"
#include "device_report.h"
#include "node.h"
#include "wd_alg.h"

/* ----------------------------------------------------------------- names */

const char *wd_device_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

size_t wd_device_driver_len(const char *name)
{
	const char *hyphen = strrchr(name, '-');

	if (!hyphen || !hyphen[1] || hyphen[1 + strspn(hyphen + 1, "0123456789")])
		return strlen(name);
	return hyphen - name;
}

char *wd_get_accel_name(char *dev_path, int no_apdx)
{
	const char *name;
	size_t n;

	if (!dev_path || !*(name = wd_device_name(dev_path)) || !strchr(name, '-')) {
		errno = EINVAL;
		return NULL;
	}
	n = no_apdx ? wd_device_driver_len(name) : strlen(name);
	return strndup(name, n);
}

/* Is @word, @n bytes long, a whole line of @lines? */
static bool has_line(const char *lines, const char *word, size_t n)
{
	while (*lines) {
		size_t len = strcspn(lines, "\n");

		if (len == n && !memcmp(lines, word, n))
			return true;
		lines += len + (lines[len] == '\n');
	}
	return false;
}

bool wd_device_offers(const struct uacce_dev *dev, const char *alg)
{
	const char *line = wd_alg_class(alg);

	return has_line(dev->algs, alg, strlen(alg)) ||
	       (line && has_line(dev->algs, line, strlen(line)));
}

/* ------------------------------------------------------------------ list */

static struct uacce_dev_list *list_node(const struct uacce_dev *dev)
{
	struct uacce_dev_list *node = calloc(1, sizeof(*node));

	if (!node)
		return NULL;
	node->dev = malloc(sizeof(*dev));
	if (!node->dev) {
		free(node);
		return NULL;
	}
	memcpy(node->dev, dev, sizeof(*dev));
	return node;
}

void wd_free_list_accels(struct uacce_dev_list *list)
{
	while (list) {
		struct uacce_dev_list *next = list->next;

		free(list->dev);
		free(list);
		list = next;
	}
}

void wd_add_dev_to_list(struct uacce_dev_list *head, struct uacce_dev_list *node)
{
	if (!head || !node)
		return;
	while (head->next)
		head = head->next;
	head->next = node;
}

/* Put the usable ones of @found into *@list, in order. 0 or -ENOMEM, the list then partial. */
static int collect(struct udev_enumerate *found, const char *alg, struct uacce_dev_list **list)
{
	struct uacce_dev_list **end = list;
	struct udev_list_entry *entry;
	struct uacce_dev dev;

	udev_list_entry_foreach(entry, udev_enumerate_get_list_entry(found)) {
		const char *name = wd_device_name(udev_list_entry_get_name(entry));
		const char *why = wd_device_read(&dev, name);

		if (why) {
			wd_device_report(name, why);
			continue;
		}
		if (alg && !wd_device_offers(&dev, alg))
			continue;
		*end = list_node(&dev);
		if (!*end)
			return -ENOMEM;
		end = &(*end)->next;
	}
	return 0;
}

static int enumerate(const char *alg, struct uacce_dev_list **list)
{
	struct udev_enumerate *found;
	struct udev *udev;
	int rc = -ENOMEM;

	*list = NULL;
	udev = udev_new();
	if (!udev)
		return rc;
	found = udev_enumerate_new(udev);
	if (!found)
		goto put_udev;
	if (udev_enumerate_add_match_subsystem(found, "uacce") < 0)
		goto put_enumerate;
	/* A system without the class gives an error or an empty list; both mean: no device. */
	rc = 0;
	if (udev_enumerate_scan_devices(found) >= 0)
		rc = collect(found, alg, list);

put_enumerate:
	udev_enumerate_unref(found);
put_udev:
	udev_unref(udev);
	return rc;
}

static struct uacce_dev_list *list_matching(const char *alg)
{
	struct uacce_dev_list *list;
	int rc = enumerate(alg, &list);

	if (rc) {
		wd_free_list_accels(list);
		errno = -rc;
		return NULL;
	}
	if (!list)
		errno = ENODEV;
	return list;
}

struct uacce_dev_list *wd_device_list(void)
{
	return list_matching(NULL);
}

struct uacce_dev_list *wd_get_accel_list(const char *alg_name)
{
	if (!alg_name || !*alg_name || strchr(alg_name, '\n')) {
		errno = EINVAL;
		return NULL;
	}
	return list_matching(alg_name);
}

/* ---------------------------------------------------------------- choice */

/* How good a device is for a caller on some node; smaller is better in the order of the members. */
struct rank {
	bool full; /* no queue free now: only if every device is so */
	int distance;
	int nfree; /* larger is better */
};

static bool is_better(const struct rank *a, const struct rank *b)
{
	if (a->full != b->full)
		return !a->full;
	if (a->distance != b->distance)
		return a->distance < b->distance;
	return a->nfree > b->nfree;
}

static struct rank rank_of(struct uacce_dev *dev, int node)
{
	struct rank rank = { .distance = wd_node_distance(node, dev->numa_id) };

	rank.nfree = wd_get_avail_ctx(dev);
	rank.full = rank.nfree <= 0;
	return rank;
}

static struct uacce_dev *choose(struct uacce_dev_list *list, int node)
{
	struct uacce_dev *best = NULL;
	struct rank best_rank, rank;

	for (; list; list = list->next) {
		if (!list->dev)
			continue;
		rank = rank_of(list->dev, node);
		if (!best || is_better(&rank, &best_rank)) {
			best = list->dev;
			best_rank = rank;
		}
	}
	return best;
}

struct uacce_dev *wd_get_accel_dev(const char *alg_name)
{
	struct uacce_dev_list *list = wd_get_accel_list(alg_name);
	struct uacce_dev *dev;

	if (!list)
		return NULL;
	dev = wd_clone_dev(choose(list, wd_node_here()));
	wd_free_list_accels(list);
	return dev;
}

struct uacce_dev *wd_find_dev_by_numa(struct uacce_dev_list *list, int numa_id)
{
	struct uacce_dev *best = NULL;
	int most = 0;

	if (!list)
		return WD_ERR_PTR(-WD_EINVAL);
	for (; list; list = list->next) {
		int nfree;

		if (!list->dev || list->dev->numa_id != numa_id)
			continue;
		nfree = wd_get_avail_ctx(list->dev);
		if (nfree > most) {
			best = list->dev;
			most = nfree;
		}
	}
	return best ? best : WD_ERR_PTR(-WD_ENODEV);
}

struct uacce_dev *wd_clone_dev(struct uacce_dev *dev)
{
	struct uacce_dev *copy;

	if (!dev) {
		errno = EINVAL;
		return NULL;
	}
	copy = malloc(sizeof(*copy));
	if (copy)
		memcpy(copy, dev, sizeof(*copy));
	return copy;
}

struct bitmask *wd_create_device_nodemask(struct uacce_dev_list *list)
{
	struct bitmask *mask;

	if (!list)
		return WD_ERR_PTR(-WD_EINVAL);
	wd_node_supported(); /* libnuma wants its probe first */
	mask = numa_allocate_nodemask();
	if (!mask)
		return WD_ERR_PTR(-WD_ENOMEM);
	for (; list; list = list->next)
		if (list->dev)
			numa_bitmask_setbit(mask, list->dev->numa_id);
	return mask;
}

void wd_free_device_nodemask(struct bitmask *bmp)
{
	if (bmp && !WD_IS_ERR(bmp))
		numa_bitmask_free(bmp);
}

/* ----------------------------------------------------------------- state */

int wd_get_avail_ctx(struct uacce_dev *dev)
{
	long nfree;
	int rc;

	if (!dev)
		return -WD_EINVAL;
	rc = wd_sysfs_number(dev->dev_root, "available_instances", INT_MIN, INT_MAX, &nfree);
	if (rc == -ENOENT)
		return -WD_ENODEV;
	if (rc == -EBADMSG || rc == -ERANGE || rc == -ENODATA || rc == -E2BIG)
		return -WD_EINVAL;
	if (rc)
		return rc;
	return nfree < 0 ? 0 : nfree;
}

int wd_is_isolate(struct uacce_dev *dev)
{
	long isolated;
	int rc;

	if (!dev || !dev->dev_root[0])
		return -WD_EINVAL;
	rc = wd_sysfs_number(dev->dev_root, "isolate", 0, 1, &isolated);
	if (rc == -ENOENT)
		return 0;
	return rc ? rc : (int)isolated;
}

int wd_get_dev_usage(struct uacce_dev *dev, const char *alg_name, __u8 alg_op_type)
{
	const char *line;
	long percent;
	int rc;

	if (!dev || !alg_name || !wd_device_offers(dev, alg_name))
		return -WD_EINVAL;
	line = wd_alg_class(alg_name);
	rc = wd_alg_get_dev_usage(wd_device_name(dev->char_dev_path), line ? line : alg_name,
				  alg_op_type);
	if (rc >= 0)
		return rc;
	/* Some kernels have one number for the whole device. */
	rc = wd_sysfs_number(dev->dev_root, "dev_usage", 0, 100, &percent);
	return rc ? -WD_EACCES : (int)percent;
}
