// SPDX-License-Identifier: Apache-2.0
/* Owns what shim_run.h says; the queue part is written from the uacce facts alone. */
#include "shim_run.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define INSIDE "SHIM_TEST_INSIDE"

void shim_enter(char **argv, const char *spec)
{
	char self[4096];
	ssize_t length;

	if (getenv(INSIDE))
		return;
	setenv(INSIDE, "1", 1);
	length = readlink("/proc/self/exe", self, sizeof(self) - 1);
	if (length < 0)
		abort();
	self[length] = '\0';
	execl(WD_EMULATE, WD_EMULATE, "--device", spec, "--", self, argv[1], (char *)NULL);
	perror(WD_EMULATE);
	exit(99);
}

int shim_main(char **argv, const char *spec, Suite *suite)
{
	SRunner *runner;
	int failed;

	shim_enter(argv, spec);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

const char *control(const char *command)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	static char answer[65536];
	ssize_t got;
	size_t used = 0;
	int fd;

	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s/control", getenv("WD_EMULATOR_DIR"));
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(connect(fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
	ck_assert_int_gt(dprintf(fd, "%s\n", command), 0);
	do {
		got = read(fd, answer + used, sizeof(answer) - 1 - used);
		ck_assert_int_gt(got, 0);
		used += (size_t)got;
		answer[used] = '\0';
	} while (!strchr(answer, '\n'));
	*strchr(answer, '\n') = '\0';
	close(fd);
	return answer;
}

long attribute(const char *name)
{
	char path[256];
	FILE *file;
	long value;

	snprintf(path, sizeof(path), CLASS0 "/%s", name);
	file = fopen(path, "r");
	ck_assert_msg(file != NULL, "%s", path);
	ck_assert_int_eq(fscanf(file, "%ld", &value), 1);
	fclose(file);
	return value;
}

uint64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

void queue_open(struct queue *q)
{
	struct qp_ctx ctx = {0, 0};

	memset(q, 0, sizeof(*q));
	q->fd = open(NODE0, O_RDWR | O_CLOEXEC);
	ck_assert_int_ge(q->fd, 0);
	q->dus_nbytes = (size_t)attribute("region_dus_size");
	q->mmio_nbytes = (size_t)attribute("region_mmio_size");
	q->dus = mmap(NULL, q->dus_nbytes, PROT_READ | PROT_WRITE, MAP_SHARED, q->fd,
		      sysconf(_SC_PAGESIZE));
	ck_assert_ptr_ne(q->dus, MAP_FAILED);
	q->mmio = mmap(NULL, q->mmio_nbytes, PROT_READ | PROT_WRITE, MAP_SHARED, q->fd, 0);
	ck_assert_ptr_ne((void *)(uintptr_t)q->mmio, MAP_FAILED);
	ck_assert_int_eq(ioctl(q->fd, IOC_SET_QP_CTX, &ctx), 0);
	ck_assert_int_eq(ioctl(q->fd, IOC_START), 0);
	q->id = ctx.id;
	q->phase = 1;
}

void queue_close(struct queue *q)
{
	ck_assert_int_eq(ioctl(q->fd, IOC_PUT), 0);
	ck_assert_int_eq(munmap(q->dus, q->dus_nbytes), 0);
	ck_assert_int_eq(munmap((void *)(uintptr_t)q->mmio, q->mmio_nbytes), 0);
	ck_assert_int_eq(close(q->fd), 0);
}

void doorbell(struct queue *q, unsigned int command, unsigned int index, unsigned int notify)
{
	__sync_synchronize();
	*(volatile uint64_t *)(q->mmio + DOORBELL) = (uint64_t)q->id | (uint64_t)command << 12 |
						     (uint64_t)index << 32 | (uint64_t)notify << 48;
}

static volatile uint32_t *element(struct queue *q, unsigned int slot)
{
	return (volatile uint32_t *)(void *)(q->dus + slot * 128UL);
}

void queue_submit(struct queue *q, unsigned int count)
{
	unsigned int i;

	for (i = 0; i < count; i++) {
		memset(q->dus + q->tail * 128UL, 0, 128);
		element(q, q->tail)[0] = 0xffffffff;	 /* consumed */
		element(q, q->tail)[4] = q->submitted++; /* input length */
		q->tail = (q->tail + 1) % DEPTH;
	}
	doorbell(q, 0, q->tail, 0);
}

static volatile uint16_t *completion(struct queue *q, unsigned int ahead)
{
	unsigned int slot = (q->head + ahead) % DEPTH;

	return (volatile uint16_t *)(void *)(q->dus + 128UL * DEPTH + 16UL * slot);
}

static bool is_valid(struct queue *q, unsigned int ahead)
{
	unsigned int phase = q->phase ^ (q->head + ahead >= DEPTH);
	bool valid = (completion(q, ahead)[7] & 1u) == phase;

	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	return valid;
}

bool queue_has_completion(struct queue *q)
{
	return is_valid(q, 0);
}

bool queue_is_done(struct queue *q)
{
	return q->submitted == q->completed || is_valid(q, q->submitted - q->completed - 1);
}

void queue_consume(struct queue *q, unsigned int notify)
{
	unsigned int slot;

	while (q->completed != q->submitted) {
		wait_until(queue_has_completion(q));
		slot = completion(q, 0)[4];
		ck_assert_uint_eq(slot, q->completed % DEPTH);
		ck_assert_uint_eq(element(q, slot)[0], q->completed);
		q->completed++;
		if (++q->head == DEPTH) {
			q->head = 0;
			q->phase ^= 1;
		}
	}
	doorbell(q, 1, q->head, notify);
}

void queue_check(struct queue *q)
{
	queue_submit(q, 1);
	queue_consume(q, 0);
}
