// SPDX-License-Identifier: Apache-2.0
/*
 * Gathering devices from the library and from sysfs.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "devices.h"
#include "wdctl.h"

#define CLASS_DIR "/sys/class/uacce"

/* Every line the attribute "algorithms" may have: the library is asked by line. */
static const char *const class_lines[] = {
	"zlib",	  "gzip", "deflate", "lz77_zstd", "lz77_only", "lz4",	 "cipher",
	"digest", "aead", "rsa",     "dh",	  "ecdh",      "ecdsa",	 "sm2",
	"x25519", "x448", "hashagg", "hashjoin",  "gather",    "udma",
};

#define NLINES (sizeof(class_lines) / sizeof(class_lines[0]))

struct device *devices_find(struct devices *d, const char *name)
{
	const char *base = strncmp(name, "/dev/", 5) ? name : name + 5;

	for (size_t i = 0; i < d->count; i++)
		if (!strcmp(d->item[i].name, base))
			return &d->item[i];
	return NULL;
}

/* Add an empty device; NULL if there is no memory. */
static struct device *add(struct devices *d, const char *name)
{
	struct device *grown = reallocarray(d->item, d->count + 1, sizeof(*grown)), *dev;
	char path[64 + NAME_MAX];

	if (!grown)
		return NULL;
	d->item = grown;
	dev = &d->item[d->count];
	memset(dev, 0, sizeof(*dev));
	snprintf(path, sizeof(path), "/dev/%s", name);
	dev->name = strdup(name);
	dev->driver = wd_get_accel_name(path, 1);
	if (!dev->driver)
		dev->driver = strdup(name); /* no hyphen in it */
	d->count++;
	return dev->name && dev->driver ? dev : NULL;
}

static int add_usable(struct devices *d, struct uacce_dev *found)
{
	char *name = wd_get_accel_name(found->char_dev_path, 0);
	struct device *dev;
	int rc = 0;

	if (name && !devices_find(d, name)) {
		dev = add(d, name);
		if (dev) {
			dev->dev = *found;
			dev->usable = true;
		}
		rc = dev ? 0 : -1;
	}
	free(name);
	return rc;
}

static int add_line(struct devices *d, const char *line)
{
	struct uacce_dev_list *list = wd_get_accel_list(line);
	int rc = 0;

	if (!list)
		return errno == ENOMEM ? -1 : 0;
	for (struct uacce_dev_list *l = list; l && !rc; l = l->next)
		rc = add_usable(d, l->dev);
	wd_free_list_accels(list);
	return rc;
}

/* As much as the functions of the library need to be asked about it. */
static int add_left_out(struct devices *d, const char *name)
{
	struct device *dev;
	size_t n;

	if (name[0] == '.' || strlen(name) >= WD_NAME_SIZE || devices_find(d, name))
		return 0;
	dev = add(d, name);
	if (!dev)
		return -1;
	n = strlen(name) + 1;
	memcpy(dev->dev.dev_root, CLASS_DIR "/", sizeof(CLASS_DIR));
	memcpy(dev->dev.dev_root + sizeof(CLASS_DIR), name, n);
	memcpy(dev->dev.char_dev_path, "/dev/", 5);
	memcpy(dev->dev.char_dev_path + 5, name, n);
	return 0;
}

static int add_all_left_out(struct devices *d)
{
	DIR *dir = opendir(CLASS_DIR);
	struct dirent *entry;
	int rc = 0;

	if (!dir)
		return 0; /* no driver was ever loaded here */
	while (!rc && (entry = readdir(dir)))
		rc = add_left_out(d, entry->d_name);
	closedir(dir);
	return rc;
}

static int by_name(const void *a, const void *b)
{
	const struct device *x = a, *y = b;

	return strverscmp(x->name, y->name);
}

int devices_load(struct devices *d)
{
	int rc = 0;

	*d = (struct devices){ 0 };
	for (size_t i = 0; i < NLINES && !rc; i++)
		rc = add_line(d, class_lines[i]);
	if (!rc)
		rc = add_all_left_out(d);
	if (rc) {
		complain("%s", strerror(ENOMEM));
		devices_free(d);
		return -1;
	}
	if (d->count)
		qsort(d->item, d->count, sizeof(d->item[0]), by_name);
	return 0;
}

void devices_free(struct devices *d)
{
	for (size_t i = 0; i < d->count; i++) {
		free(d->item[i].name);
		free(d->item[i].driver);
	}
	free(d->item);
	*d = (struct devices){ 0 };
}

char *device_attribute(const struct device *dev, const char *attribute)
{
	char path[PATH_STR_SIZE + 64], text[4096];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "%s/%s", dev->dev.dev_root, attribute);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return NULL;
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (n <= 0)
		return NULL;
	while (n && text[n - 1] == '\n')
		n--;
	text[n] = '\0';
	return n ? strdup(text) : NULL;
}
