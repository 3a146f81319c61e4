/* SPDX-License-Identifier: Apache-2.0 */
/* One open file description of a device node, as Linux's uacce treats it. */
#ifndef EMULATOR_KERNEL_MODEL_H
#define EMULATOR_KERNEL_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "device.h"

enum file_state { FILE_INIT, FILE_STARTED, FILE_ZOMBIE };

enum file_region { REGION_MMIO, REGION_DUS, REGION_SHADOW, REGIONS };

enum stop_reason { STOP_NONE, STOP_PUT, STOP_RELEASE };

struct emu_file {
	struct emu_device *dev;
	struct emu_queue *queue; /* NULL once released */
	enum file_state state;
	unsigned int qc_type;
	bool shadow;
	bool mm_gone;
	bool mapped[REGIONS];
	int notify_fd;

	/* A stop under way. */
	enum stop_reason stop;
	bool abandoned;
	uint64_t stop_deadline_ns;
	struct emu_file *stop_next;
	/* A stop that had to wait, or the release, is over: after STOP_RELEASE the file is free. */
	void (*stopped)(struct emu_file *file, enum stop_reason reason);
};

/* Positive errno, 0, or FILE_WAIT: the answer comes by file->stopped(). */
#define FILE_WAIT (-1)

/* @file is zeroed by the caller but for notify_fd and stopped. Takes over @pidfd on success. */
int file_open(struct emu_file *file, const char *name, int pid, int pidfd);
int file_ioctl(struct emu_file *file, uint32_t cmd, void *data);
/* What to map; on success the region counts as mapped. *fd is -1 for MMIO. */
int file_map(struct emu_file *file, uint64_t region, uint64_t nbytes, enum file_region *mapped,
	     int *fd);
void file_unmap(struct emu_file *file, enum file_region region);
uint64_t file_poll(struct emu_file *file);
void file_store(struct emu_file *file, uint64_t offset, uint32_t nbytes, uint64_t value);
int file_load(struct emu_file *file, uint64_t offset, uint32_t nbytes, uint64_t *value);
/* The address space is gone: the queue stops at once. */
void file_mm_gone(struct emu_file *file);
/* No interrupt may be sent to the connection any more. */
void file_mute(struct emu_file *file);
/* Last reference gone: stop, then free the queue; the answer comes by file->stopped(). */
void file_release(struct emu_file *file);
/* Go on with stops under way; the time of the next deadline. */
uint64_t file_service(uint64_t now_ns);

#endif
