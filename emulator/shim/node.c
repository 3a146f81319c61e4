// SPDX-License-Identifier: Apache-2.0
/*
 * Owns the device nodes of emulated devices: opening one is a connection to the
 * daemon, an ioctl is a question over it, and to stat it is a character device.
 */
#include "shim.h"

#include "node.h"

#include <asm/ioctls.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/ioctl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>
#include <unistd.h>

#include "../protocol.h"
#include "descriptor.h"
#include "emudir.h"
#include "fork.h"
#include "hisi_qm.h"
#include "path.h"
#include "region.h"
#include "request.h"
#include "uacce.h"
#include "wd_shadow.h"

#ifndef PR_SET_PTRACER
#define PR_SET_PTRACER 0x59616d61
#endif

#define ADDRESS_ATTEMPTS 100
#define IOCTL_UNKNOWN 0x5799 /* no device knows it */

static int connect_node(const char *name, int access_mode)
{
	struct node_address address;
	unsigned int i;
	int fd = -EADDRINUSE;

	/* Another process may have thought of the same address. */
	for (i = 0; fd == -EADDRINUSE && i < ADDRESS_ATTEMPTS; i++) {
		descriptor_address(&address, name, access_mode);
		fd = emudir_connect(SOCK_SEQPACKET, "socket", address.bytes, address.nbytes);
	}
	if (fd == -ENOENT || fd == -ECONNREFUSED)
		return -ENXIO;
	return fd;
}

/* The device reads and writes our memory; a system with Yama wants to be told whom to let. */
static void allow_dma(int fd)
{
	struct ucred peer;
	socklen_t nbytes = sizeof(peer);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &nbytes) == 0 && peer.pid > 0)
		prctl(PR_SET_PTRACER, (unsigned long)peer.pid, 0, 0, 0);
}

static int check_flags(int flags)
{
	if (flags & O_CREAT && flags & O_EXCL)
		return EEXIST;
	return flags & O_DIRECTORY ? ENOTDIR : 0;
}

int node_open(const char *name, int flags)
{
	int error = check_flags(flags), fd = -1;

	if (error)
		goto err_errno;
	fd = connect_node(name, flags & O_ACCMODE);
	if (fd < 0) {
		error = -fd;
		goto err_errno;
	}
	allow_dma(fd);
	fork_watch();
	error = request_open(fd, name);
	if (error)
		goto err_close;
	if (!(flags & O_CLOEXEC))
		REAL(fcntl)(fd, F_SETFD, 0);
	if (flags & O_NONBLOCK)
		REAL(fcntl)(fd, F_SETFL, O_NONBLOCK);
	descriptor_set(fd, DESCRIPTOR_NODE);
	return fd;

err_close:
	REAL(close)(fd);
err_errno:
	errno = error;
	return -1;
}

/* Owner and times are those of the device's directory entry, as devtmpfs has it. */
int node_stat(const char *name, struct stat *st)
{
	char path[PLACE_PATH_MAX];

	snprintf(path, sizeof(path), "%.900s/sys/class/uacce/%.63s", emudir(), name);
	if (REAL(lstat)(path, st))
		return -1;
	st->st_mode = S_IFCHR | 0600;
	st->st_rdev = makedev(EMU_MAJOR, path_device_id(name));
	st->st_size = 0;
	st->st_blocks = 0;
	st->st_nlink = 1;
	return 0;
}

int node_access(const char *name, int mode)
{
	if (!path_is_device(name)) {
		errno = ENOENT;
		return -1;
	}
	if (mode & X_OK) {
		errno = EACCES;
		return -1;
	}
	return 0;
}

/* Copies that fail instead of faulting. */
static bool copy_in(void *to, const void *from, size_t nbytes)
{
	struct iovec local = {to, nbytes}, remote = {(void *)(uintptr_t)from, nbytes};
	ssize_t done = process_vm_readv(getpid(), &local, 1, &remote, 1, 0);

	if (done < 0 && (errno == ENOSYS || errno == EPERM)) {
		memcpy(to, from, nbytes);
		return true;
	}
	return done == (ssize_t)nbytes;
}

static bool copy_out(void *to, const void *from, size_t nbytes)
{
	struct iovec local = {(void *)(uintptr_t)from, nbytes}, remote = {to, nbytes};
	ssize_t done = process_vm_writev(getpid(), &local, 1, &remote, 1, 0);

	if (done < 0 && (errno == ENOSYS || errno == EPERM)) {
		memcpy(to, from, nbytes);
		return true;
	}
	return done == (ssize_t)nbytes;
}

static int ask_ioctl(int fd, uint32_t cmd, struct emu_request *request, struct emu_reply *reply)
{
	int error;

	request->op = EMU_IOCTL;
	request->cmd = cmd;
	error = request_ask(fd, request, reply, NULL, NULL);
	return error ? error : reply->error;
}

static bool takes_argument(uint32_t cmd)
{
	return cmd == HISI_QM_IOC_SET_QP_CTX || cmd == HISI_QM_IOC_SET_QP_INFO ||
	       cmd == WD_SHADOW_IOC_ENABLE;
}

/* The kernel looks at the queue's state first, then at the number, then at the pointer. */
static int bad_pointer(int fd, uint32_t cmd)
{
	struct emu_request request = {0};
	struct emu_reply reply;
	int error = ask_ioctl(fd, IOCTL_UNKNOWN, &request, &reply);

	return error == EINVAL && takes_argument(cmd) ? EFAULT : error;
}

static int do_ioctl(int fd, uint32_t cmd, void *arg)
{
	struct emu_request request = {0};
	struct emu_reply reply;
	size_t nbytes = _IOC_SIZE(cmd);
	int error;

	if (_IOC_DIR(cmd) == _IOC_NONE || nbytes > EMU_IOCTL_ARG_MAX)
		nbytes = 0;
	if (_IOC_DIR(cmd) & _IOC_WRITE && nbytes && !copy_in(request.data, arg, nbytes))
		return bad_pointer(fd, cmd);
	error = ask_ioctl(fd, cmd, &request, &reply);
	if (error)
		return error;
	if (_IOC_DIR(cmd) & _IOC_READ && nbytes && !copy_out(arg, reply.data, nbytes))
		return EFAULT;
	return 0;
}

int node_ioctl(int fd, unsigned long request, void *arg)
{
	int error;

	/* These the kernel answers itself, for any descriptor. */
	if (request == FIOCLEX || request == FIONCLEX || request == FIONBIO)
		return REAL(ioctl)(fd, request, arg);
	error = do_ioctl(fd, (uint32_t)request, arg);
	if (!error)
		return 0;
	errno = error;
	return -1;
}
