// SPDX-License-Identifier: Apache-2.0
/*
 * The kernel's part of the inline device: one node, its queues' pages, the
 * ioctls that a driver needs. No policy, no checks: the only caller is the
 * benchmark it is linked into.
 */
#include "inline_device.h"
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "uapi/uacce.h"
#include "wd.h"

struct inline_queue inline_queues[INLINE_MAX_QUEUES];
static int queue_fd[INLINE_MAX_QUEUES];
static unsigned int nqueues;

int open(const char *path, int flags, ...);
int ioctl(int fd, unsigned long cmd, ...);

size_t inline_dus_nbytes(void)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	size_t rings = INLINE_DEPTH * (sizeof(struct hisi_zip_sqe) + sizeof(struct hisi_qm_cqe));

	return (rings + page - 1) / page * page + page;
}

void inline_device_describe(struct uacce_dev *dev)
{
	memset(dev, 0, sizeof(*dev));
	dev->flags = UACCE_DEV_SVA;
	strcpy(dev->api, "hisi_qm_v3");
	strcpy(dev->algs, "zlib\ngzip\ndeflate\n");
	strcpy(dev->dev_root, "/sys/class/uacce/hisi_zip-0");
	strcpy(dev->char_dev_path, INLINE_NODE);
	dev->qfrs_offs[UACCE_QFRT_MMIO] = 65536;
	dev->qfrs_offs[UACCE_QFRT_DUS] = inline_dus_nbytes();
}

static void *pages(size_t nbytes)
{
	return (void *)syscall(SYS_mmap, NULL, nbytes, PROT_READ | PROT_WRITE,
			       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

static struct inline_queue *queue_of(int fd)
{
	for (unsigned int i = 0; i < nqueues; i++)
		if (queue_fd[i] == fd)
			return &inline_queues[i];
	return NULL;
}

static int open_queue(void)
{
	struct inline_queue *q = &inline_queues[nqueues];

	if (nqueues == INLINE_MAX_QUEUES) {
		errno = EBUSY;
		return -1;
	}
	q->dus = pages(inline_dus_nbytes());
	q->mmio = pages(65536);
	q->sq = (struct hisi_zip_sqe *)q->dus;
	q->cq = (struct hisi_qm_cqe *)(q->dus + INLINE_DEPTH * sizeof(struct hisi_zip_sqe));
	q->phase = 1;
	queue_fd[nqueues] = (int)syscall(SYS_openat, AT_FDCWD, "/dev/null", O_RDWR, 0);
	return queue_fd[nqueues++];
}

int open(const char *path, int flags, ...)
{
	va_list ap;
	mode_t mode;

	if (!strcmp(path, INLINE_NODE))
		return open_queue();
	va_start(ap, flags);
	mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(ap, mode_t) : 0;
	va_end(ap);
	return (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}

int ioctl(int fd, unsigned long cmd, ...)
{
	struct inline_queue *q = queue_of(fd);
	va_list ap;
	void *arg;

	va_start(ap, cmd);
	arg = va_arg(ap, void *);
	va_end(ap);
	if (!q)
		return (int)syscall(SYS_ioctl, fd, cmd, arg);
	if (cmd == UACCE_IOC_START || cmd == UACCE_IOC_PUT)
		return 0;
	if (cmd == HISI_QM_IOC_SET_QP_CTX) {
		((struct hisi_qp_ctx *)arg)->id = (uint16_t)(q - inline_queues);
		return 0;
	}
	if (cmd == HISI_QM_IOC_SET_QP_INFO) {
		struct hisi_qp_info *info = arg;

		info->sqe_size = sizeof(struct hisi_zip_sqe);
		info->sq_depth = INLINE_DEPTH;
		info->cq_depth = INLINE_DEPTH;
		return 0;
	}
	errno = EINVAL; /* as every kernel answers a number it does not know */
	return -1;
}

void *mmap(void *addr, size_t length, int prot, int flags, int fd, off_t offset)
{
	struct inline_queue *q = fd >= 0 ? queue_of(fd) : NULL;

	if (!q)
		return (void *)syscall(SYS_mmap, addr, length, prot, flags, fd, offset);
	return offset ? q->dus : q->mmio;
}
