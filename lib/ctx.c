// SPDX-License-Identifier: Apache-2.0
/*
 * Contexts: opening a device node, mapping its regions, starting, waiting,
 * closing, and opening it anew under the same number. It owns the descriptor and
 * the mappings; what is in them belongs to the driver. Behind the public structure
 * is a private tail, so its layout stays UADK's.
 *
 * A child of fork() inherits the descriptor but not the mappings, and the queue
 * stays the parent's. So the child may close the descriptor or open its own queue in
 * its place; it never unmaps, starts or stops what is the parent's.
 */
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>
#include "ctx.h"
#include "device.h"
#include "drv/wd_driver.h"
#include "fork.h"
#include "uapi/wd_shadow.h"

struct ctx {
	struct wd_ctx_h pub; /* first: the handle is its address */
	void *shadow;	     /* page of shadow doorbells, or NULL */
	struct wd_process owner;
};

bool wd_ctx_is_hw(handle_t h)
{
	/* A context of the CPU is smaller than this structure, but begins alike. */
	return h && !WD_IS_ERR(h) && ((struct wd_ctx_h *)h)->fd >= 0 &&
	       ((struct wd_ctx_h *)h)->fd <= MAX_FD_NUM;
}

static struct ctx *ctx_of(handle_t h)
{
	return wd_ctx_is_hw(h) ? (struct ctx *)h : NULL;
}

static void close_keeping_errno(int fd)
{
	int saved = errno;

	close(fd);
	errno = saved;
}

/* ------------------------------------------------------------ open, close */

/*
 * A program may have started with its standard descriptors closed: then a queue
 * must not become the place its messages go to.
 */
static int above_standard(int fd)
{
	int moved;

	if (fd > STDERR_FILENO)
		return fd;
	moved = fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	close_keeping_errno(fd);
	return moved;
}

static int open_node(const char *path)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);

	if (fd < 0)
		return -1;
	fd = above_standard(fd);
	if (fd > MAX_FD_NUM) { /* such a number means a context of the CPU */
		close(fd);
		errno = EMFILE;
		return -1;
	}
	return fd;
}

static int name_ctx(struct wd_ctx_h *pub)
{
	const char *name = wd_device_name(pub->dev_path);

	pub->dev_name = strdup(name);
	pub->drv_name = strndup(name, wd_device_driver_len(name));
	return pub->dev_name && pub->drv_name ? 0 : -1;
}

static void free_ctx(struct ctx *ctx)
{
	free(ctx->pub.dev_name);
	free(ctx->pub.drv_name);
	free(ctx->pub.dev);
	free(ctx);
}

handle_t wd_request_ctx(struct uacce_dev *dev)
{
	struct ctx *ctx;
	int saved;

	if (!dev || !dev->char_dev_path[0] ||
	    strnlen(dev->char_dev_path, sizeof(dev->char_dev_path)) == sizeof(dev->char_dev_path)) {
		errno = EINVAL;
		return 0;
	}
	ctx = calloc(1, sizeof(*ctx));
	if (!ctx)
		return 0;
	ctx->owner = wd_process_self();
	ctx->pub.dev = wd_clone_dev(dev);
	if (!ctx->pub.dev)
		goto err_free;
	strcpy(ctx->pub.dev_path, dev->char_dev_path);
	memcpy(ctx->pub.qfrs_offs, dev->qfrs_offs, sizeof(ctx->pub.qfrs_offs));
	if (name_ctx(&ctx->pub))
		goto err_free;

	ctx->pub.fd = open_node(ctx->pub.dev_path);
	if (ctx->pub.fd < 0)
		goto err_free;
	return (handle_t)ctx;

err_free:
	saved = errno;
	free_ctx(ctx);
	errno = saved;
	return 0;
}

void wd_release_ctx(handle_t h_ctx)
{
	struct ctx *ctx = ctx_of(h_ctx);

	if (!ctx)
		return;
	for (int i = 0; i < UACCE_QFRT_MAX; i++)
		wd_ctx_unmap_qfr(h_ctx, i);
	wd_ctx_unmap_qfr(h_ctx, WD_SHADOW_REGION);
	close(ctx->pub.fd);
	ctx->pub.fd = -1;
	free_ctx(ctx);
}

/* ----------------------------------------------------------------- reopen */

/* Mappings hold the old queue: it would live on unseen. */
static bool has_mappings(const struct ctx *ctx)
{
	for (int i = 0; i < UACCE_QFRT_MAX; i++)
		if (ctx->pub.qfrs_base[i])
			return true;
	return ctx->shadow;
}

static void forget_mappings(struct ctx *ctx)
{
	memset(ctx->pub.qfrs_base, 0, sizeof(ctx->pub.qfrs_base));
	ctx->shadow = NULL;
}

/* Put @fd in the place of the context's descriptor and let go of it. */
static int replace_fd(struct ctx *ctx, int fd)
{
	int rc = dup3(fd, ctx->pub.fd, O_CLOEXEC) < 0 ? -errno : 0;

	close(fd);
	return rc;
}

/*
 * The last free queue may be our own: let go of it first, with a placeholder
 * under the number so that no other thread gets it. If opening fails then, the
 * context keeps the placeholder, on which every operation fails cleanly.
 */
static int reopen_after_close(struct ctx *ctx)
{
	int fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	int rc;

	if (fd < 0)
		return -errno;
	rc = replace_fd(ctx, fd);
	if (rc)
		return rc;
	fd = open_node(ctx->pub.dev_path);
	return fd < 0 ? -errno : replace_fd(ctx, fd);
}

int wd_ctx_reopen(handle_t h)
{
	struct ctx *ctx = ctx_of(h);
	int fd, rc;

	if (!ctx)
		return -WD_EINVAL;
	if (!wd_process_is_self(&ctx->owner))
		forget_mappings(ctx);
	if (has_mappings(ctx))
		return -WD_EBUSY;

	fd = open_node(ctx->pub.dev_path);
	if (fd >= 0)
		rc = replace_fd(ctx, fd);
	else if (errno == EBUSY)
		rc = reopen_after_close(ctx);
	else
		rc = -errno;
	if (!rc)
		ctx->owner = wd_process_self();
	return rc;
}

int wd_ctx_fd(handle_t h)
{
	struct ctx *ctx = ctx_of(h);

	return ctx ? ctx->pub.fd : -WD_EINVAL;
}

/* ---------------------------------------------------------------- regions */

static void **base_of(struct ctx *ctx, unsigned int region)
{
	if (region < UACCE_QFRT_MAX)
		return &ctx->pub.qfrs_base[region];
	return region == WD_SHADOW_REGION ? &ctx->shadow : NULL;
}

static size_t size_of(const struct ctx *ctx, unsigned int region)
{
	if (region < UACCE_QFRT_MAX)
		return ctx->pub.qfrs_offs[region];
	return region == WD_SHADOW_REGION ? (size_t)sysconf(_SC_PAGESIZE) : 0;
}

void *wd_ctx_mmap_qfr(handle_t h_ctx, enum uacce_qfrt qfrt)
{
	struct ctx *ctx = ctx_of(h_ctx);
	void **base, *p;

	if (!ctx || !(base = base_of(ctx, qfrt)) || !size_of(ctx, qfrt)) {
		errno = EINVAL;
		return NULL;
	}
	if (!wd_process_is_self(&ctx->owner)) {
		errno = EOWNERDEAD; /* the queue is the parent's, and so is any cached base */
		return NULL;
	}
	p = *base;
	if (p)
		return p;
	p = mmap(NULL, size_of(ctx, qfrt), PROT_READ | PROT_WRITE, MAP_SHARED, ctx->pub.fd,
		 (off_t)qfrt * sysconf(_SC_PAGESIZE));
	if (p == MAP_FAILED)
		return NULL;
	*base = p;
	return p;
}

void wd_ctx_unmap_qfr(handle_t h_ctx, enum uacce_qfrt qfrt)
{
	struct ctx *ctx = ctx_of(h_ctx);
	void **base = ctx ? base_of(ctx, qfrt) : NULL;

	if (!base || !*base)
		return;
	/* In a child of fork() the address is free, or something else's by now. */
	if (wd_process_is_self(&ctx->owner))
		munmap(*base, size_of(ctx, qfrt));
	*base = NULL;
}

unsigned long wd_ctx_get_region_size(handle_t h_ctx, enum uacce_qfrt qfrt)
{
	struct ctx *ctx = ctx_of(h_ctx);

	return ctx ? size_of(ctx, qfrt) : 0;
}

void *wd_ctx_map_ss(handle_t h, size_t nbytes)
{
	struct ctx *ctx = ctx_of(h);
	void *p;

	if (!ctx || !nbytes) {
		errno = EINVAL;
		return NULL;
	}
	if (ctx->pub.qfrs_base[UACCE_QFRT_SS]) {
		errno = EEXIST;
		return NULL;
	}
	ctx->pub.qfrs_offs[UACCE_QFRT_SS] = nbytes;
	p = wd_ctx_mmap_qfr(h, UACCE_QFRT_SS);
	if (!p)
		ctx->pub.qfrs_offs[UACCE_QFRT_SS] = 0;
	return p;
}

/* --------------------------------------------------------------- commands */

static int command(handle_t h, unsigned long cmd)
{
	struct ctx *ctx = ctx_of(h);

	if (!ctx)
		return -WD_EINVAL;
	if (!wd_process_is_self(&ctx->owner))
		return -EOWNERDEAD;
	return ioctl(ctx->pub.fd, cmd) < 0 ? -errno : 0;
}

int wd_ctx_start(handle_t h_ctx)
{
	return command(h_ctx, UACCE_CMD_START);
}

/* Older kernels release the queue at the first stop and say ENXIO at a second one. */
int wd_release_ctx_force(handle_t h_ctx)
{
	int rc = command(h_ctx, UACCE_CMD_PUT_Q);

	return rc == -ENXIO ? 0 : rc;
}

int wd_ctx_set_io_cmd(handle_t h_ctx, unsigned long cmd, void *arg)
{
	struct ctx *ctx = ctx_of(h_ctx);

	if (!ctx)
		return -WD_EINVAL;
	return arg ? ioctl(ctx->pub.fd, cmd, arg) : ioctl(ctx->pub.fd, cmd);
}

/* ---------------------------------------------------------------- waiting */

static int64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000LL + now.tv_nsec;
}

/* poll() until @ms have passed, however many signals arrive. */
static int poll_until(struct pollfd *pfd, int ms)
{
	int64_t deadline = now_ns() + ms * 1000000LL;

	for (;;) {
		int rc = poll(pfd, 1, ms);
		int64_t left;

		if (rc >= 0 || errno != EINTR)
			return rc;
		left = deadline - now_ns();
		ms = left > 0 ? (int)((left + 999999) / 1000000) : 0;
	}
}

int wd_ctx_wait(handle_t h_ctx, __u16 ms)
{
	struct ctx *ctx = ctx_of(h_ctx);
	struct pollfd pfd = { .events = POLLIN };
	int rc;

	if (!ctx)
		return -WD_EINVAL;
	pfd.fd = ctx->pub.fd;
	rc = poll_until(&pfd, ms);
	if (rc < 0)
		return -errno;
	if (rc && !(pfd.revents & POLLIN))
		return pfd.revents & POLLNVAL ? -EBADF : -WD_ENODEV;
	return rc;
}

/* -------------------------------------------------------------- questions */

int wd_ctx_set_priv(handle_t h_ctx, void *priv)
{
	struct ctx *ctx = ctx_of(h_ctx);

	if (!ctx)
		return -WD_EINVAL;
	ctx->pub.priv = priv;
	return 0;
}

void *wd_ctx_get_priv(handle_t h_ctx)
{
	struct ctx *ctx = ctx_of(h_ctx);

	return ctx ? ctx->pub.priv : NULL;
}

char *wd_ctx_get_api(handle_t h_ctx)
{
	struct ctx *ctx = ctx_of(h_ctx);

	return ctx ? ctx->pub.dev->api : NULL;
}

char *wd_ctx_get_dev_name(handle_t h_ctx)
{
	struct ctx *ctx = ctx_of(h_ctx);

	return ctx ? ctx->pub.dev_name : NULL;
}

int wd_is_sva(handle_t h_ctx)
{
	struct ctx *ctx = ctx_of(h_ctx);

	if (!ctx)
		return -WD_EINVAL;
	return !!(ctx->pub.dev->flags & UACCE_DEV_SVA);
}

int wd_get_numa_id(handle_t h_ctx)
{
	struct ctx *ctx = ctx_of(h_ctx);

	return ctx ? ctx->pub.dev->numa_id : -WD_EINVAL;
}
