/* SPDX-License-Identifier: Apache-2.0 */
/* One emulated device: configuration, queues, and what happens to it as a whole. */
#ifndef EMULATOR_DEVICE_H
#define EMULATOR_DEVICE_H

#include <stdbool.h>
#include <stdint.h>

#include "../engine.h"
#include "fault.h"
#include "queue.h"

#define DEVICE_NAME_MAX 64
#define DEVICE_ERRORS_MAX 65536 /* largest threshold + 1 */

struct device_config {
	const struct emu_engine *engine;
	char driver[DEVICE_NAME_MAX - 12]; /* room for the id */
	unsigned int qm_version;
	unsigned int queues;
	unsigned int depth;
	int numa_node;
	bool put_releases;
	bool shadow;
	bool isolated_doorbells;
	unsigned int isolate_strategy;
	unsigned int drain_ms;
};

enum device_state {
	DEVICE_OK,
	DEVICE_RESETTING,
	DEVICE_FAILED, /* a reset failed: opens give EPERM for good */
	DEVICE_GONE,
};

struct emu_device {
	struct device_config config;
	char name[DEVICE_NAME_MAX];
	unsigned int id;
	enum device_state state;
	size_t page_nbytes;
	size_t dus_nbytes;
	size_t mmio_nbytes;
	size_t cq_offset;
	struct emu_queue *queues;
	bool *queue_in_use;
	unsigned int queues_used;
	unsigned int quarantined;
	unsigned int next_queue; /* cyclic allocation */
	unsigned int files;	 /* open descriptions, also of a device that is gone */
	struct fault_table faults;

	/* Isolation: times of the errors of the last hour, oldest first. */
	bool isolate;
	unsigned int isolate_strategy;
	uint64_t *error_times;
	unsigned int errors;

	/* A reset under way. */
	uint64_t reset_until_ns;
	uint64_t reset_deadline_ns;
	bool reset_fails;
	void (*reset_done)(void *arg);
	void *reset_arg;

	struct emu_device *next;
};

extern struct emu_device *device_list;

/* Parse "KIND,key=value,..."; NULL, or what is wrong with it in words. */
const char *device_parse(const char *spec, struct device_config *config);
/* 0 or a positive errno. */
int device_plug(const struct device_config *config, struct emu_device **plugged);
/* Surprise removal. The memory goes when the last file does. */
void device_unplug(struct emu_device *dev);
/* At the end of the program: free all that is unplugged. */
void device_exit(void);
struct emu_device *device_find(const char *name);
/* Start a reset of at least @hold_ms; @done is called when it is over. */
int device_reset(struct emu_device *dev, unsigned int hold_ms, bool fails, void (*done)(void *arg),
		 void *arg);
/* Go on with resets under way; the time of the next thing to do. */
uint64_t device_service(uint64_t now_ns);
void device_forget_reset_waiter(void *arg);

/* A free queue number in use from now on, or NULL. */
struct emu_queue *device_get_queue(struct emu_device *dev);
/* Free the number; while a worker has not come back from it, it stays in quarantine. */
void device_put_queue(struct emu_device *dev, struct emu_queue *q);
unsigned int device_available(const struct emu_device *dev);
void device_get(struct emu_device *dev);
void device_put(struct emu_device *dev);

void device_isolate(struct emu_device *dev, bool isolate);
/* Text as written to sysfs; 0 or a positive errno. */
int device_set_strategy(struct emu_device *dev, const char *text);

#endif
