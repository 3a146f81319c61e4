// SPDX-License-Identifier: Apache-2.0
/*
 * The test side of emulator/protocol.h: starts a daemon in a directory of its
 * own, opens queues by hand, and knows just enough of the ring format to check
 * what the device writes.
 */
#include "device_client.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define ARGS_MAX 16
#define TIMEOUT_MS 10000

uint64_t test_now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

const char *daemon_program(void)
{
	const char *path = getenv("WD_EMULATORD");

	return path ? path : EMULATORD;
}

static void run_daemon(struct daemon *d, const char *const *args, int ready)
{
	char ready_text[16];
	const char *argv[ARGS_MAX + 8];
	unsigned int n = 0;

	/*
	 * Should the test die, the daemon cleans up and ends too: out of the reach
	 * of libcheck, which kills the group of a failed test without mercy.
	 */
	setsid();
	prctl(PR_SET_PDEATHSIG, (unsigned long)SIGTERM, 0ul, 0ul, 0ul);
	snprintf(ready_text, sizeof(ready_text), "%d", ready);
	argv[n++] = daemon_program();
	argv[n++] = "--dir";
	argv[n++] = d->dir;
	argv[n++] = "--ready-fd";
	argv[n++] = ready_text;
	while (args && *args && n < ARGS_MAX)
		argv[n++] = *args++;
	argv[n] = NULL;
	execv(argv[0], (char *const *)argv);
	_exit(127);
}

void daemon_start_in(struct daemon *d, const char *const *args)
{
	static const char *const standard[] = {"--device", "null", NULL};
	char text[8] = "";
	int ready[2];

	ck_assert_int_eq(pipe(ready), 0);
	d->pid = fork();
	ck_assert_int_ge(d->pid, 0);
	if (d->pid == 0) {
		close(ready[0]);
		run_daemon(d, args ? args : standard, ready[1]);
	}
	close(ready[1]);
	ck_assert_int_eq(read(ready[0], text, sizeof(text)), 6);
	ck_assert_str_eq(text, "ready\n");
	close(ready[0]);
}

void daemon_start(struct daemon *d, const char *const *args)
{
	strcpy(d->dir, "/tmp/wd-test-device-XXXXXX");
	/* A free name; the daemon makes the directory, so it removes it whatever happens to us. */
	ck_assert_ptr_nonnull(mkdtemp(d->dir));
	ck_assert_int_eq(rmdir(d->dir), 0);
	daemon_start_in(d, args);
}

void daemon_start_device(struct daemon *d, const char *spec)
{
	const char *const args[] = {"--device", spec, NULL};

	daemon_start(d, args);
}

void daemon_stop(struct daemon *d)
{
	int status;

	kill(d->pid, SIGTERM);
	ck_assert_int_eq(waitpid(d->pid, &status, 0), d->pid);
	ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "daemon status %#x", status);
	ck_assert_int_eq(access(d->dir, F_OK), -1);
}

bool daemon_is_alive(const struct daemon *d)
{
	return waitpid(d->pid, NULL, WNOHANG) == 0;
}

const char *daemon_path(const struct daemon *d, const char *name)
{
	static char path[256];

	snprintf(path, sizeof(path), "%s/%s", d->dir, name);
	return path;
}

const char *daemon_attribute(const struct daemon *d, const char *device, const char *name)
{
	static char text[512];
	char path[256];
	ssize_t nbytes;
	int fd;

	snprintf(path, sizeof(path), "%s/sys/class/uacce/%s/%s", d->dir, device, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	ck_assert_msg(fd >= 0, "%s: %s", path, strerror(errno));
	nbytes = read(fd, text, sizeof(text) - 1);
	close(fd);
	ck_assert_int_ge(nbytes, 0);
	text[nbytes] = '\0';
	return text;
}

long daemon_number(const struct daemon *d, const char *device, const char *name)
{
	char *end;
	long value = strtol(daemon_attribute(d, device, name), &end, 10);

	ck_assert_str_eq(end, "\n");
	return value;
}

int daemon_connect(const struct daemon *d, int type, const char *name)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);

	ck_assert_int_ge(fd, 0);
	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s/%s", d->dir, name);
	ck_assert_int_eq(connect(fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
	return fd;
}

static bool readable(int fd, int ms)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};

	return poll(&p, 1, ms) == 1;
}

const char *daemon_control(const struct daemon *d, const char *line)
{
	static char answer[1 << 18];
	size_t nbytes = 0;
	ssize_t got;
	int fd = daemon_connect(d, SOCK_STREAM, "control");

	ck_assert_int_eq(dprintf(fd, "%s\n", line), (int)strlen(line) + 1);
	do {
		ck_assert_msg(readable(fd, TIMEOUT_MS), "no answer to %s", line);
		got = read(fd, answer + nbytes, sizeof(answer) - 1 - nbytes);
		ck_assert_int_gt(got, 0);
		nbytes += (size_t)got;
	} while (answer[nbytes - 1] != '\n');
	answer[nbytes - 1] = '\0';
	close(fd);
	return answer;
}

unsigned long daemon_counter(const struct daemon *d, unsigned int queue, const char *counter)
{
	char key[64];
	const char *place = daemon_control(d, "stats " NAME0);

	snprintf(key, sizeof(key), "{\"queue\":%u,", queue);
	place = strstr(place, key);
	ck_assert_msg(place, "no queue %u in stats", queue);
	snprintf(key, sizeof(key), "\"%s\":", counter);
	place = strstr(place, key);
	ck_assert_msg(place, "no %s in stats", counter);
	return strtoul(place + strlen(key), NULL, 10);
}

unsigned long daemon_ticks(const struct daemon *d)
{
	unsigned long user, system;
	char path[64];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)d->pid);
	f = fopen(path, "r");
	ck_assert_ptr_nonnull(f);
	ck_assert_int_eq(fscanf(f, "%*d %*s %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu",
				&user, &system),
			 2);
	fclose(f);
	return user + system;
}

int client_open(struct client *c, const struct daemon *d, const char *name)
{
	struct emu_request request = {.version = EMU_PROTOCOL_VERSION, .op = EMU_OPEN};
	struct emu_reply reply;

	memset(c, 0, sizeof(*c));
	c->dus_token = c->mmio_token = c->shadow_token = -1;
	c->phase = 1;
	c->fd = daemon_connect(d, SOCK_SEQPACKET, "socket");
	strncpy(request.name, name, sizeof(request.name) - 1);
	ck_assert_int_eq(send(c->fd, &request, sizeof(request), 0), sizeof(request));
	ck_assert(readable(c->fd, TIMEOUT_MS));
	ck_assert_int_eq(recv(c->fd, &reply, sizeof(reply), 0), sizeof(reply));
	ck_assert_uint_eq(reply.version, EMU_PROTOCOL_VERSION);
	if (reply.error) {
		close(c->fd);
		c->fd = -1;
	}
	return reply.error;
}

static void send_with_fd(int to, const void *data, size_t nbytes, int fd)
{
	union {
		struct cmsghdr head;
		char space[CMSG_SPACE(sizeof(int))];
	} control = {0};
	struct iovec iov = {.iov_base = (void *)(uintptr_t)data, .iov_len = nbytes};
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control.space,
		.msg_controllen = sizeof(control.space),
	};

	control.head.cmsg_level = SOL_SOCKET;
	control.head.cmsg_type = SCM_RIGHTS;
	control.head.cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(&control.head), &fd, sizeof(int));
	ck_assert_int_eq(sendmsg(to, &msg, MSG_NOSIGNAL), (ssize_t)nbytes);
}

static void receive_with_fd(int from, void *data, size_t nbytes, int *fd)
{
	union {
		struct cmsghdr head;
		char space[CMSG_SPACE(sizeof(int))];
	} control;
	struct iovec iov = {.iov_base = data, .iov_len = nbytes};
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control.space,
		.msg_controllen = sizeof(control.space),
	};

	ck_assert_msg(readable(from, TIMEOUT_MS), "no answer of the daemon");
	ck_assert_int_eq(recvmsg(from, &msg, MSG_CMSG_CLOEXEC), (ssize_t)nbytes);
	*fd = -1;
	if (CMSG_FIRSTHDR(&msg))
		memcpy(fd, CMSG_DATA(CMSG_FIRSTHDR(&msg)), sizeof(int));
}

void client_send_fd(int to, int fd)
{
	send_with_fd(to, "", 1, fd);
}

int client_receive_fd(int from)
{
	char byte;
	int fd;

	receive_with_fd(from, &byte, 1, &fd);
	ck_assert_int_ge(fd, 0);
	return fd;
}

int client_request(struct client *c, struct emu_request *request, struct emu_reply *reply,
		   int *token, int *memory)
{
	int pair[2], fd;

	request->version = EMU_PROTOCOL_VERSION;
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	send_with_fd(c->fd, request, sizeof(*request), pair[1]);
	close(pair[1]);
	receive_with_fd(pair[0], reply, sizeof(*reply), &fd);
	if (memory)
		*memory = fd;
	else if (fd >= 0)
		close(fd);
	if (token && !reply->error)
		*token = pair[0];
	else
		close(pair[0]);
	return reply->error;
}

int client_ioctl(struct client *c, uint32_t cmd, void *arg)
{
	struct emu_request request = {.op = EMU_IOCTL, .cmd = cmd};
	struct emu_reply reply;
	int error;

	if (arg)
		memcpy(request.data, arg, _IOC_SIZE(cmd));
	error = client_request(c, &request, &reply, NULL, NULL);
	if (arg && !error)
		memcpy(arg, reply.data, _IOC_SIZE(cmd));
	return error;
}

int client_map(struct client *c, uint64_t region, uint64_t nbytes, int *token, int *memory)
{
	struct emu_request request = {.op = EMU_MAP, .value = region, .length = nbytes};
	struct emu_reply reply;

	return client_request(c, &request, &reply, token, memory);
}

unsigned int client_poll(struct client *c)
{
	struct emu_request request = {.op = EMU_POLL};
	struct emu_reply reply;

	ck_assert_int_eq(client_request(c, &request, &reply, NULL, NULL), 0);
	return (unsigned int)reply.value;
}

void client_store(struct client *c, uint64_t offset, unsigned int nbytes, uint64_t value)
{
	struct emu_request request = {
		.version = EMU_PROTOCOL_VERSION,
		.op = EMU_STORE,
		.cmd = nbytes,
		.offset = offset,
		.value = value,
	};

	ck_assert_int_eq(send(c->mmio_token, &request, sizeof(request), MSG_NOSIGNAL),
			 sizeof(request));
}

uint64_t client_load(struct client *c, uint64_t offset, unsigned int nbytes, int *error)
{
	struct emu_request request = {
		.version = EMU_PROTOCOL_VERSION,
		.op = EMU_LOAD,
		.cmd = nbytes,
		.offset = offset,
	};
	struct emu_reply reply;
	int fd;

	ck_assert_int_eq(send(c->mmio_token, &request, sizeof(request), MSG_NOSIGNAL),
			 sizeof(request));
	receive_with_fd(c->mmio_token, &reply, sizeof(reply), &fd);
	*error = reply.error;
	return reply.value;
}

void client_map_rings(struct client *c, const struct daemon *d, const char *name)
{
	int memory;

	c->dus_nbytes = (size_t)daemon_number(d, name, "region_dus_size");
	ck_assert_int_eq(client_map(c, UACCE_REGION_DUS, c->dus_nbytes, &c->dus_token, &memory), 0);
	c->dus = mmap(NULL, c->dus_nbytes, PROT_READ | PROT_WRITE, MAP_SHARED, memory, 0);
	ck_assert_ptr_ne(c->dus, MAP_FAILED);
	/* As with the real thing, a child does not inherit it. */
	ck_assert_int_eq(madvise(c->dus, c->dus_nbytes, MADV_DONTFORK), 0);
	close(memory);
	ck_assert_int_eq(client_map(c, UACCE_REGION_MMIO,
				    (uint64_t)daemon_number(d, name, "region_mmio_size"),
				    &c->mmio_token, NULL),
			 0);
}

static void open_and_map(struct client *c, const struct daemon *d, const char *name,
			 unsigned int type)
{
	struct hisi_qp_ctx ctx = {.qc_type = (uint16_t)type};

	ck_assert_int_eq(client_open(c, d, name), 0);
	client_map_rings(c, d, name);
	ck_assert_int_eq(client_ioctl(c, HISI_QM_IOC_SET_QP_CTX, &ctx), 0);
	ck_assert_int_eq(client_ioctl(c, HISI_QM_IOC_SET_QP_INFO, &c->info), 0);
	c->id = ctx.id;
}

void client_start(struct client *c, const struct daemon *d, const char *name, unsigned int type)
{
	open_and_map(c, d, name, type);
	ck_assert_int_eq(client_ioctl(c, UACCE_IOC_START, NULL), 0);
}

void client_start_shadow(struct client *c, const struct daemon *d, const char *name)
{
	struct wd_shadow_enable enable = {.version = WD_SHADOW_VERSION};
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	int memory;

	open_and_map(c, d, name, 0);
	ck_assert_int_eq(client_ioctl(c, WD_SHADOW_IOC_ENABLE, &enable), 0);
	ck_assert_uint_eq(enable.version, WD_SHADOW_VERSION);
	ck_assert_int_eq(client_map(c, WD_SHADOW_REGION, page, &c->shadow_token, &memory), 0);
	c->shadow = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_SHARED, memory, 0);
	ck_assert_ptr_ne(c->shadow, MAP_FAILED);
	close(memory);
	ck_assert_int_eq(client_ioctl(c, UACCE_IOC_START, NULL), 0);
}

static void close_if_open(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

void client_close(struct client *c)
{
	if (c->dus)
		munmap(c->dus, c->dus_nbytes);
	if (c->shadow)
		munmap(c->shadow, (size_t)sysconf(_SC_PAGESIZE));
	c->dus = NULL;
	c->shadow = NULL;
	close_if_open(&c->dus_token);
	close_if_open(&c->mmio_token);
	close_if_open(&c->shadow_token);
	close_if_open(&c->fd);
}

struct hisi_zip_sqe *client_sqe(struct client *c, unsigned int slot)
{
	return (struct hisi_zip_sqe *)(c->dus + (size_t)slot * c->info.sqe_size);
}

void client_fill(struct client *c, unsigned int slot, uint32_t value)
{
	struct hisi_zip_sqe *sqe = client_sqe(c, slot);

	memset(sqe, 0, sizeof(*sqe));
	field_set(sqe, ZIP_INPUT_LENGTH, value);
	field_set(sqe, ZIP_STATUS, 0xff);
}

struct hisi_qm_cqe client_cqe(struct client *c, unsigned int slot)
{
	const uint8_t *ring = c->dus + (size_t)c->info.sqe_size * c->info.sq_depth;
	const struct hisi_qm_cqe *cqe = (const struct hisi_qm_cqe *)ring + slot;
	struct hisi_qm_cqe copy = {0};

	copy.dw[3] = __atomic_load_n(&cqe->dw[3], __ATOMIC_ACQUIRE);
	copy.dw[2] = __atomic_load_n(&cqe->dw[2], __ATOMIC_RELAXED);
	return copy;
}

uint32_t client_tx(struct client *c)
{
	return le32toh(__atomic_load_n((uint32_t *)(c->dus + c->dus_nbytes - 4), __ATOMIC_SEQ_CST));
}

uint32_t client_rx(struct client *c)
{
	return le32toh(__atomic_load_n((uint32_t *)(c->dus + c->dus_nbytes - 8), __ATOMIC_SEQ_CST));
}

void client_ring_sq(struct client *c, unsigned int index)
{
	uint64_t value = qm_doorbell_v2(c->id, QM_DOORBELL_SQ, (uint16_t)index, 0);

	if (c->shadow) {
		__atomic_store_n(&c->shadow->sq_doorbell, value, __ATOMIC_RELEASE);
		__atomic_thread_fence(__ATOMIC_SEQ_CST);
		if (!__atomic_load_n(&c->shadow->sq_sleeping, __ATOMIC_RELAXED))
			return;
	}
	client_store(c, QM_DOORBELL_OFFSET_V2, 8, value);
}

void client_ring_cq(struct client *c, unsigned int index, unsigned int notify)
{
	uint64_t value = qm_doorbell_v2(c->id, QM_DOORBELL_CQ, (uint16_t)index, (uint8_t)notify);

	if (c->shadow)
		__atomic_store_n(&c->shadow->cq_doorbell, value, __ATOMIC_RELEASE);
	else
		client_store(c, QM_DOORBELL_OFFSET_V2, 8, value);
}

void client_wait_cqe(struct client *c, unsigned int slot, unsigned int phase)
{
	uint64_t end = test_now_ms() + TIMEOUT_MS;
	struct hisi_qm_cqe cqe = client_cqe(c, slot);

	while (field_get(&cqe, QM_CQE_PHASE) != phase) {
		ck_assert_msg(test_now_ms() < end, "no completion in slot %u", slot);
		sched_yield();
		cqe = client_cqe(c, slot);
	}
}

void client_submit(struct client *c, unsigned int count, uint32_t first)
{
	unsigned int i;

	for (i = 0; i < count; i++)
		client_fill(c, (c->tail + i) % c->info.sq_depth, first + i);
	c->tail = (c->tail + count) % c->info.sq_depth;
	client_ring_sq(c, c->tail);
}

void client_consume(struct client *c, unsigned int slot, uint32_t value)
{
	struct hisi_zip_sqe *sqe = client_sqe(c, slot);
	struct hisi_qm_cqe cqe;

	client_wait_cqe(c, c->head, c->phase);
	cqe = client_cqe(c, c->head);
	ck_assert_uint_eq(field_get(&cqe, QM_CQE_SQ_HEAD), slot);
	ck_assert_uint_eq(field_get(&cqe, QM_CQE_SQ_NUM), c->id);
	ck_assert_uint_eq(field_get(sqe, ZIP_CONSUMED), value);
	ck_assert_uint_eq(field_get(sqe, ZIP_STATUS), 0);
	if (++c->head == c->info.cq_depth) {
		c->head = 0;
		c->phase ^= 1;
	}
	client_ring_cq(c, c->head, 0);
}

void client_check_alive(struct client *c, uint32_t value)
{
	unsigned int slot = c->tail;

	client_submit(c, 1, value);
	client_consume(c, slot, value);
}

bool client_interrupt(struct client *c, int ms)
{
	char byte;

	return readable(c->fd, ms) && recv(c->fd, &byte, 1, MSG_DONTWAIT) == 1;
}

unsigned int client_drain_interrupts(struct client *c)
{
	unsigned int count = 0;

	while (client_interrupt(c, 0))
		count++;
	return count;
}

int device_test_run(const char *name, double timeout_s, void (*add_tests)(TCase *))
{
	Suite *suite = suite_create(name);
	TCase *tcase = tcase_create(name);
	SRunner *runner;
	int failed;

	tcase_set_timeout(tcase, timeout_s);
	add_tests(tcase);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
