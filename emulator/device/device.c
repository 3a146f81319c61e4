// SPDX-License-Identifier: Apache-2.0
/*
 * Owns the list of devices: plugging, removal, queue numbers, reset and
 * isolation, as a kernel driver of the queue manager would do them. Runs in the
 * main thread only. Files opened on a device are kernel_model.c's.
 */
#include "device.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "hisi_qm.h"
#include "log.h"
#include "sysfs.h"
#include "worker.h"

#define RESET_TIMEOUT_NS (2 * NS_PER_S)
#define ERROR_MEMORY_NS (3600 * NS_PER_S)
#define ISOLATED_WINDOW_NBYTES 65536

struct emu_device *device_list;
static struct emu_device *gone_list; /* unplugged, but files or workers hold it */

struct emu_device *device_find(const char *name)
{
	struct emu_device *dev;

	for (dev = device_list; dev; dev = dev->next) {
		if (strcmp(dev->name, name) == 0)
			return dev;
	}
	return NULL;
}

static unsigned int lowest_free_id(void)
{
	struct emu_device *dev = device_list;
	unsigned int id = 0;

	while (dev) {
		if (dev->id == id) {
			id++;
			dev = device_list;
		} else {
			dev = dev->next;
		}
	}
	return id;
}

static void set_geometry(struct emu_device *dev)
{
	const struct device_config *config = &dev->config;
	size_t rings;

	dev->page_nbytes = (size_t)sysconf(_SC_PAGESIZE);
	dev->cq_offset = (size_t)config->engine->sqe_nbytes * config->depth;
	rings = dev->cq_offset + config->depth * sizeof(struct hisi_qm_cqe);
	/* One page more than the rings need: the status words are at its end. */
	dev->dus_nbytes =
		((rings + dev->page_nbytes - 1) / dev->page_nbytes + 1) * dev->page_nbytes;
	if (config->isolated_doorbells)
		dev->mmio_nbytes = ISOLATED_WINDOW_NBYTES;
	else if (dev->page_nbytes > QM_DOORBELL_OFFSET_V2)
		dev->mmio_nbytes = dev->page_nbytes;
	else
		dev->mmio_nbytes = QM_DOORBELL_OFFSET_V2 + dev->page_nbytes;
}

static void device_free(struct emu_device *dev)
{
	unsigned int i;

	for (i = 0; dev->queues && i < dev->config.queues; i++)
		queue_destroy(&dev->queues[i]);
	fault_table_clear(&dev->faults);
	free(dev->queues);
	free(dev->queue_in_use);
	free(dev->error_times);
	free(dev);
}

static struct emu_device *device_new(const struct device_config *config)
{
	struct emu_device *dev = calloc(1, sizeof(*dev));
	unsigned int i;

	if (!dev)
		return NULL;
	dev->config = *config;
	dev->isolate_strategy = config->isolate_strategy;
	fault_table_init(&dev->faults);
	set_geometry(dev);
	dev->queues = calloc(config->queues, sizeof(*dev->queues));
	dev->queue_in_use = calloc(config->queues, sizeof(*dev->queue_in_use));
	for (i = 0; dev->queues && i < config->queues; i++)
		queue_init(&dev->queues[i], dev, i);
	dev->error_times = calloc(config->isolate_strategy + 1, sizeof(*dev->error_times));
	if (dev->queues && dev->queue_in_use && dev->error_times)
		return dev;
	device_free(dev);
	return NULL;
}

int device_plug(const struct device_config *config, struct emu_device **plugged)
{
	struct emu_device *dev = device_new(config), **link = &device_list;
	int error;

	if (!dev)
		return ENOMEM;
	dev->id = lowest_free_id();
	snprintf(dev->name, sizeof(dev->name), "%s-%u", config->driver, dev->id);
	error = sysfs_add(dev);
	if (error) {
		device_free(dev);
		return error;
	}
	while (*link && (*link)->id < dev->id)
		link = &(*link)->next;
	dev->next = *link;
	*link = dev;
	*plugged = dev;
	log_info("%s plugged", dev->name);
	return 0;
}

static void set_words(struct emu_device *dev, void (*set)(struct emu_queue *))
{
	unsigned int i;

	for (i = 0; i < dev->config.queues; i++)
		set(&dev->queues[i]);
}

static void abandon_all(struct emu_device *dev)
{
	unsigned int i;

	/* The order a client may rely on: no submission, stop, no completion. */
	set_words(dev, queue_set_tx);
	for (i = 0; i < dev->config.queues; i++) {
		if (dev->queue_in_use[i])
			queue_abandon(&dev->queues[i]);
	}
}

static bool all_quiet(struct emu_device *dev)
{
	unsigned int i;

	for (i = 0; i < dev->config.queues; i++) {
		if (!queue_is_quiet(&dev->queues[i]))
			return false;
	}
	return true;
}

static void answer_reset(struct emu_device *dev)
{
	void (*done)(void *arg) = dev->reset_done;

	dev->reset_done = NULL;
	if (done)
		done(dev->reset_arg);
}

void device_unplug(struct emu_device *dev)
{
	struct emu_device **link = &device_list;

	while (*link != dev)
		link = &(*link)->next;
	*link = dev->next;
	sysfs_remove(dev);
	dev->state = DEVICE_GONE;
	abandon_all(dev);
	set_words(dev, queue_set_rx);
	answer_reset(dev);
	dev->next = gone_list;
	gone_list = dev;
	log_info("%s unplugged", dev->name);
}

static void note_error(struct emu_device *dev, uint64_t now_ns)
{
	unsigned int old = 0;

	if (!dev->isolate_strategy)
		return;
	while (old < dev->errors && now_ns - dev->error_times[old] > ERROR_MEMORY_NS)
		old++;
	memmove(dev->error_times, dev->error_times + old,
		(dev->errors - old) * sizeof(*dev->error_times));
	dev->errors -= old;
	if (dev->errors >= dev->isolate_strategy)
		device_isolate(dev, true);
	else
		dev->error_times[dev->errors++] = now_ns;
}

static void reset_finish(struct emu_device *dev, uint64_t now_ns, bool quiet)
{
	set_words(dev, queue_set_rx);
	if (!quiet)
		log_error("%s: a queue did not stop for the reset", dev->name);
	dev->state = quiet && !dev->reset_fails ? DEVICE_OK : DEVICE_FAILED;
	if (dev->state == DEVICE_FAILED)
		device_isolate(dev, true);
	else
		note_error(dev, now_ns);
	answer_reset(dev);
}

static uint64_t reset_step(struct emu_device *dev, uint64_t now_ns)
{
	bool quiet = all_quiet(dev);

	/* A worker that leaves pokes the main thread, so there is no need to poll. */
	if (!quiet && now_ns < dev->reset_deadline_ns)
		return dev->reset_deadline_ns;
	if (quiet && now_ns < dev->reset_until_ns)
		return dev->reset_until_ns;
	reset_finish(dev, now_ns, quiet);
	return NEVER_NS;
}

int device_reset(struct emu_device *dev, unsigned int hold_ms, bool fails, void (*done)(void *arg),
		 void *arg)
{
	if (dev->state == DEVICE_RESETTING)
		return EBUSY;
	log_info("%s reset", dev->name);
	dev->state = DEVICE_RESETTING;
	dev->reset_until_ns = clock_now_ns() + hold_ms * NS_PER_MS;
	dev->reset_deadline_ns = dev->reset_until_ns + RESET_TIMEOUT_NS;
	dev->reset_fails = fails;
	dev->reset_done = done;
	dev->reset_arg = arg;
	abandon_all(dev);
	return 0;
}

void device_forget_reset_waiter(void *arg)
{
	struct emu_device *dev;

	for (dev = device_list; dev; dev = dev->next) {
		if (dev->reset_done && dev->reset_arg == arg)
			dev->reset_done = NULL;
	}
}

static bool is_forgotten(struct emu_device *dev)
{
	bool forgotten = dev->files == 0;
	unsigned int i;

	for (i = 0; forgotten && i < dev->config.queues; i++)
		forgotten = queue_is_quiet(&dev->queues[i]) && sched_forget(&dev->queues[i]);
	return forgotten;
}

static void free_number(struct emu_device *dev, struct emu_queue *q)
{
	dev->queue_in_use[q->number] = false;
	dev->queues_used--;
	sysfs_update_instances(dev);
}

void device_put_queue(struct emu_device *dev, struct emu_queue *q)
{
	if (queue_is_quiet(q)) {
		free_number(dev, q);
		return;
	}
	log_error("%s queue %u did not stop and is in quarantine", dev->name, q->number);
	q->quarantined = true;
	dev->quarantined++;
}

static void end_quarantine(struct emu_device *dev)
{
	unsigned int i;

	for (i = 0; dev->quarantined && i < dev->config.queues; i++) {
		if (!dev->queues[i].quarantined || !queue_is_quiet(&dev->queues[i]))
			continue;
		dev->queues[i].quarantined = false;
		dev->quarantined--;
		free_number(dev, &dev->queues[i]);
	}
}

uint64_t device_service(uint64_t now_ns)
{
	struct emu_device *dev, **link = &gone_list;
	uint64_t next_ns = NEVER_NS, due_ns;

	for (dev = device_list; dev; dev = dev->next) {
		end_quarantine(dev);
		if (dev->state != DEVICE_RESETTING)
			continue;
		due_ns = reset_step(dev, now_ns);
		if (due_ns < next_ns)
			next_ns = due_ns;
	}
	while ((dev = *link)) {
		if (is_forgotten(dev)) {
			*link = dev->next;
			device_free(dev);
			continue;
		}
		/* Files take their time and tell; a worker is through in a moment. */
		if (!dev->files && now_ns + 10 * NS_PER_MS < next_ns)
			next_ns = now_ns + 10 * NS_PER_MS;
		link = &dev->next;
	}
	return next_ns;
}

void device_exit(void)
{
	struct emu_device *dev;

	while ((dev = gone_list)) {
		gone_list = dev->next;
		device_free(dev);
	}
}

struct emu_queue *device_get_queue(struct emu_device *dev)
{
	unsigned int i, number;

	for (i = 0; i < dev->config.queues; i++) {
		number = (dev->next_queue + i) % dev->config.queues;
		if (dev->queue_in_use[number])
			continue;
		dev->next_queue = number + 1;
		dev->queue_in_use[number] = true;
		dev->queues_used++;
		return &dev->queues[number];
	}
	return NULL;
}

unsigned int device_available(const struct emu_device *dev)
{
	return dev->config.queues - dev->queues_used;
}

void device_get(struct emu_device *dev)
{
	dev->files++;
}

void device_put(struct emu_device *dev)
{
	dev->files--;
}

void device_isolate(struct emu_device *dev, bool isolate)
{
	dev->isolate = isolate;
	sysfs_update_isolation(dev);
}

static int parse_strategy(const char *text, unsigned int *value)
{
	unsigned long long number;
	char *end;

	if (*text < '0' || *text > '9')
		return EINVAL;
	errno = 0;
	number = strtoull(text, &end, 0);
	if (*end == '\n')
		end++;
	if (errno || *end || number >= DEVICE_ERRORS_MAX)
		return EINVAL;
	*value = (unsigned int)number;
	return 0;
}

int device_set_strategy(struct emu_device *dev, const char *text)
{
	unsigned int value;
	uint64_t *times;
	int error = parse_strategy(text, &value);

	if (error)
		return error;
	if (dev->isolate)
		return EPERM;
	times = calloc(value + 1, sizeof(*times));
	if (!times)
		return ENOMEM;
	free(dev->error_times);
	dev->error_times = times;
	dev->errors = 0;
	dev->isolate_strategy = value;
	sysfs_update_isolation(dev);
	return 0;
}
