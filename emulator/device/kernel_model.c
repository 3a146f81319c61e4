// SPDX-License-Identifier: Apache-2.0
/*
 * Owns the behaviour of an open device node: states, ioctls, mapping rules,
 * poll, stop and release, with Linux's error numbers and order of checks (uacce
 * facts, sections 7 to 12). It knows no socket; connection.c brings requests
 * here. Runs in the main thread only.
 */
#include "kernel_model.h"

#include <errno.h>
#include <poll.h>
#include <string.h>

#include "clock.h"
#include "hisi_qm.h"
#include "log.h"
#include "sysfs.h"
#include "uacce.h"
#include "wd_shadow.h"
#include "worker.h"

#define QC_TYPE_MAX 2
/* After it was cut off, a worker needs no longer than an engine's longest element. */
#define ABANDON_TIMEOUT_NS NS_PER_S

static struct emu_file *stopping_files;

int file_open(struct emu_file *file, const char *name, int pid, int pidfd)
{
	struct emu_device *dev = device_find(name);
	struct emu_queue *q;
	int error;

	if (!dev)
		return ENODEV;
	if (dev->state != DEVICE_OK)
		return EPERM;
	q = device_get_queue(dev);
	if (!q)
		return EBUSY;
	error = queue_open(q, pid, pidfd);
	if (error) {
		device_put_queue(dev, q);
		return error;
	}
	file->dev = dev;
	file->queue = q;
	file->state = FILE_INIT;
	device_get(dev);
	sysfs_update_instances(dev);
	return 0;
}

static bool is_zombie(const struct emu_file *file)
{
	return file->state == FILE_ZOMBIE || file->mm_gone || file->dev->state == DEVICE_GONE;
}

static int file_start(struct emu_file *file)
{
	int error;

	if (file->state != FILE_INIT)
		return EINVAL;
	if (file->dev->state == DEVICE_FAILED)
		return EIO;
	if (file->dev->state != DEVICE_OK)
		return EPERM;
	error = queue_start(file->queue, file->qc_type, file->notify_fd);
	if (!error)
		file->state = FILE_STARTED;
	return error;
}

static void free_queue(struct emu_file *file)
{
	if (!file->queue)
		return;
	queue_close(file->queue);
	device_put_queue(file->dev, file->queue);
	file->queue = NULL;
}

static void stop_finish(struct emu_file *file)
{
	enum stop_reason reason = file->stop;

	file->stop = STOP_NONE;
	if (reason == STOP_RELEASE) {
		free_queue(file);
		device_put(file->dev);
	} else if (file->dev->config.put_releases) {
		free_queue(file);
		file->state = FILE_ZOMBIE;
	} else if (file->state == FILE_STARTED) {
		file->state = FILE_INIT;
	}
}

/* True: done already. False: file_service() goes on with it. */
static bool stop_begin(struct emu_file *file, enum stop_reason reason)
{
	bool quiet = !file->queue || file->state == FILE_INIT || queue_drain(file->queue);

	file->stop = reason;
	if (quiet)
		return true;
	file->abandoned = false;
	file->stop_deadline_ns = clock_now_ns() + file->dev->config.drain_ms * NS_PER_MS;
	file->stop_next = stopping_files;
	stopping_files = file;
	return false;
}

static int file_put(struct emu_file *file)
{
	if (file->state == FILE_INIT && !file->dev->config.put_releases)
		return 0;
	if (!stop_begin(file, STOP_PUT))
		return FILE_WAIT;
	stop_finish(file);
	return 0;
}

static int set_qp_ctx(struct emu_file *file, struct hisi_qp_ctx *ctx)
{
	if (ctx->qc_type > QC_TYPE_MAX)
		return EINVAL;
	file->qc_type = ctx->qc_type;
	ctx->id = (uint16_t)file->queue->number;
	return 0;
}

static void get_qp_info(const struct emu_file *file, struct hisi_qp_info *info)
{
	info->sqe_size = file->dev->config.engine->sqe_nbytes;
	info->sq_depth = (uint16_t)file->dev->config.depth;
	info->cq_depth = (uint16_t)file->dev->config.depth;
}

static int enable_shadow(struct emu_file *file, struct wd_shadow_enable *enable)
{
	int error;

	if (!file->dev->config.shadow || !enable->version || enable->reserved)
		return EINVAL;
	if (file->state != FILE_INIT)
		return EINVAL;
	error = queue_enable_shadow(file->queue);
	if (error)
		return error;
	file->shadow = true;
	enable->version = WD_SHADOW_VERSION;
	return 0;
}

int file_ioctl(struct emu_file *file, uint32_t cmd, void *data)
{
	struct hisi_qp_ctx ctx;
	struct hisi_qp_info info;
	struct wd_shadow_enable enable;
	int error;

	if (is_zombie(file))
		return ENXIO;
	switch (cmd) {
	case UACCE_IOC_START:
		return file_start(file);
	case UACCE_IOC_PUT:
		return file_put(file);
	case HISI_QM_IOC_SET_QP_CTX:
		memcpy(&ctx, data, sizeof(ctx));
		error = set_qp_ctx(file, &ctx);
		memcpy(data, &ctx, sizeof(ctx));
		return error;
	case HISI_QM_IOC_SET_QP_INFO:
		memcpy(&info, data, sizeof(info));
		get_qp_info(file, &info);
		memcpy(data, &info, sizeof(info));
		return 0;
	case WD_SHADOW_IOC_ENABLE:
		memcpy(&enable, data, sizeof(enable));
		error = enable_shadow(file, &enable);
		memcpy(data, &enable, sizeof(enable));
		return error;
	default:
		return EINVAL;
	}
}

static int region_of(const struct emu_file *file, uint64_t number, enum file_region *region)
{
	if (number == UACCE_REGION_MMIO)
		*region = REGION_MMIO;
	else if (number == UACCE_REGION_DUS)
		*region = REGION_DUS;
	else if (number == WD_SHADOW_REGION && file->shadow)
		*region = REGION_SHADOW;
	else
		return EINVAL;
	return 0;
}

static bool size_fits(const struct emu_file *file, enum file_region region, uint64_t nbytes)
{
	const struct emu_device *dev = file->dev;
	size_t page = dev->page_nbytes;

	if (!nbytes || nbytes > UINT64_MAX - page)
		return false;
	nbytes = (nbytes + page - 1) / page * page;
	if (region == REGION_MMIO)
		return nbytes <= dev->mmio_nbytes;
	return nbytes == (region == REGION_DUS ? dev->dus_nbytes : page);
}

int file_map(struct emu_file *file, uint64_t number, uint64_t nbytes, enum file_region *mapped,
	     int *fd)
{
	enum file_region region;
	int error = region_of(file, number, &region);

	if (error)
		return error;
	if (is_zombie(file))
		return ENXIO;
	if (file->mapped[region])
		return EEXIST;
	if (!size_fits(file, region, nbytes))
		return EINVAL;
	*fd = -1;
	if (region == REGION_DUS)
		*fd = file->queue->dus_fd;
	else if (region == REGION_SHADOW)
		*fd = file->queue->shadow_fd;
	file->mapped[region] = true;
	*mapped = region;
	return 0;
}

void file_unmap(struct emu_file *file, enum file_region region)
{
	file->mapped[region] = false;
}

uint64_t file_poll(struct emu_file *file)
{
	if (is_zombie(file) || !queue_poll(file->queue))
		return 0;
	return POLLIN | POLLRDNORM;
}

void file_store(struct emu_file *file, uint64_t offset, uint32_t nbytes, uint64_t value)
{
	if (is_zombie(file) || !file->queue)
		return;
	if (offset == QM_DOORBELL_OFFSET_V2 && nbytes == sizeof(value))
		queue_doorbell_mmio(file->queue, value);
	else
		queue_count_trap(file->queue, true);
}

/* Usage of one kind of engine, in engines: used in 15:0, total in 31:16. */
static uint32_t usage(unsigned int channel)
{
	return sched_busy(channel) | sched_workers() << 16;
}

int file_load(struct emu_file *file, uint64_t offset, uint32_t nbytes, uint64_t *value)
{
	uint64_t word = 0;
	unsigned int channel;

	if (is_zombie(file))
		return ENXIO;
	if ((nbytes != 1 && nbytes != 2 && nbytes != 4 && nbytes != 8) || offset % nbytes ||
	    offset >= file->dev->mmio_nbytes)
		return EINVAL;
	channel = (unsigned int)((offset - QM_USAGE_OFFSET) / 4);
	if (file->dev->config.qm_version >= 5 && offset >= QM_USAGE_OFFSET &&
	    channel <= QC_TYPE_MAX)
		word = (uint64_t)usage(channel) >> offset % 4 * 8;
	*value = nbytes == 8 ? word : word & ((1ull << nbytes * 8) - 1);
	return 0;
}

void file_mm_gone(struct emu_file *file)
{
	file->mm_gone = true;
	if (file->queue)
		queue_stop_now(file->queue, "its process is gone");
}

void file_mute(struct emu_file *file)
{
	file->notify_fd = -1;
	if (file->queue)
		queue_mute(file->queue);
}

void file_release(struct emu_file *file)
{
	if (file->queue && dma_client_is_gone(&file->queue->dma))
		file_mm_gone(file);
	if (file->stop) {
		/* A PUT whose caller died while it waited: the same stop serves both. */
		file->stop = STOP_RELEASE;
	} else if (stop_begin(file, STOP_RELEASE)) {
		stop_finish(file);
		file->stopped(file, STOP_RELEASE);
	}
}

static bool stop_is_over(struct emu_file *file, uint64_t now_ns)
{
	if (queue_is_quiet(file->queue))
		return true;
	if (now_ns < file->stop_deadline_ns)
		return false;
	if (file->abandoned)
		return true;
	log_info("%s queue %u did not drain in time", file->dev->name, file->queue->number);
	file->abandoned = true;
	file->stop_deadline_ns = now_ns + ABANDON_TIMEOUT_NS;
	queue_abandon(file->queue);
	return queue_is_quiet(file->queue);
}

uint64_t file_service(uint64_t now_ns)
{
	struct emu_file *file, **link = &stopping_files, *over = NULL;
	uint64_t next_ns = NEVER_NS;

	while ((file = *link)) {
		if (stop_is_over(file, now_ns)) {
			*link = file->stop_next;
			file->stop_next = over;
			over = file;
			continue;
		}
		if (file->stop_deadline_ns < next_ns)
			next_ns = file->stop_deadline_ns;
		link = &file->stop_next;
	}
	/* Afterwards: an answer may begin the next stop. */
	while ((file = over)) {
		enum stop_reason reason = file->stop;

		over = file->stop_next;
		stop_finish(file);
		file->stopped(file, reason);
	}
	return next_ns;
}
