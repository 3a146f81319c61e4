// SPDX-License-Identifier: Apache-2.0
/*
 * A client of the uacce ABI that knows nothing of this project: numbers and
 * rules are taken from the description of the interface alone, it includes no
 * header of ours, every doorbell is one 64-bit store, there is no shadow
 * page. Several threads work on a queue each, several others share one queue
 * under their own locks; each element carries a number that the device must
 * give back, each completion must be the next one. A lost doorbell shows as a
 * queue that stands still, a merged or invented one as a wrong completion.
 *
 * Usage: shim_client [JOBS] (or SHIM_CLIENT_JOBS): jobs of each thread.
 * Exit status 77: there is no device.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define CLASS_DIR "/sys/class/uacce"
#define IOC_START 0x5700
#define IOC_PUT 0x5701
#define IOC_SET_QP_CTX 0xC004480AUL
#define IOC_SET_QP_INFO 0xC010480BUL
#define CQE_NBYTES 16
#define SQE_INPUT_LENGTH 4 /* dword */
#define SQE_CONSUMED 0
#define STALL_NS 20000000000LL

#define OWN_QUEUE_THREADS 3
#define SHARING_THREADS 4
#define BATCH_MAX 6
#define DEFAULT_JOBS 4000

struct qp_ctx {
	uint16_t id;
	uint16_t type;
};

struct qp_info {
	uint32_t sqe_size;
	uint16_t sq_depth;
	uint16_t cq_depth;
	uint64_t reserved;
};

struct queue {
	int fd;
	uint8_t *dus;
	volatile uint8_t *mmio;
	size_t dus_nbytes, mmio_nbytes;
	uint16_t id;
	struct qp_info info;
	unsigned int doorbell; /* offset */

	pthread_mutex_t submit_lock;
	unsigned int tail;
	uint32_t next_number;
	pthread_mutex_t consume_lock;
	unsigned int head, phase;
	uint32_t next_expected;
	unsigned int outstanding; /* atomic */
	unsigned long doorbells;
};

static char device[256];

static void die(const char *what)
{
	fprintf(stderr, "shim_client: %s: %s\n", what, strerror(errno));
	exit(EXIT_FAILURE);
}

#define CHECK(condition)                                                                         \
	do {                                                                                     \
		if (!(condition)) {                                                              \
			fprintf(stderr, "shim_client: line %d: not %s\n", __LINE__, #condition); \
			exit(EXIT_FAILURE);                                                      \
		}                                                                                \
	} while (0)

static long long now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000LL + now.tv_nsec;
}

/* --- finding the device --- */

static void read_attribute(const char *name, char *text, size_t nbytes)
{
	char path[512];
	FILE *file;

	snprintf(path, sizeof(path), CLASS_DIR "/%s/%s", device, name);
	file = fopen(path, "r");
	if (!file || !fgets(text, (int)nbytes, file))
		die(path);
	fclose(file);
}

static unsigned long read_number(const char *name)
{
	char text[64], *end;
	unsigned long number;

	read_attribute(name, text, sizeof(text));
	number = strtoul(text, &end, 10);
	CHECK(end != text && *end == '\n');
	return number;
}

static void find_device(void)
{
	DIR *dir = opendir(CLASS_DIR);
	struct dirent *entry;

	while (dir && (entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(device, sizeof(device), "%s", entry->d_name);
	}
	if (dir)
		closedir(dir);
	if (!device[0])
		exit(77);
}

/* --- a queue --- */

static void open_queue(struct queue *q)
{
	char path[512], node[PATH_MAX], api[64];
	struct qp_ctx ctx = {0, 0};
	long page = sysconf(_SC_PAGESIZE);

	snprintf(path, sizeof(path), "/dev/%s", device);
	if (!realpath(path, node) || access(node, R_OK | W_OK))
		die(path);
	q->fd = open(node, O_RDWR | O_CLOEXEC);
	if (q->fd < 0)
		die(node);
	q->dus_nbytes = read_number("region_dus_size");
	q->mmio_nbytes = read_number("region_mmio_size");
	q->dus = mmap(NULL, q->dus_nbytes, PROT_READ | PROT_WRITE, MAP_SHARED, q->fd, page);
	if (q->dus == MAP_FAILED)
		die("mmap of the rings");
	q->mmio = mmap(NULL, q->mmio_nbytes, PROT_READ | PROT_WRITE, MAP_SHARED, q->fd, 0);
	if (q->mmio == MAP_FAILED)
		die("mmap of the doorbell");
	if (ioctl(q->fd, IOC_SET_QP_CTX, &ctx) || ioctl(q->fd, IOC_SET_QP_INFO, &q->info))
		die("ioctl");
	q->id = ctx.id;
	read_attribute("api", api, sizeof(api));
	CHECK(strncmp(api, "hisi_qm_v", 9) == 0);
	q->doorbell = atoi(api + 9) == 1 ? 0x340 : 0x1000;
	if (ioctl(q->fd, IOC_START))
		die("START");
	q->phase = 1;
	pthread_mutex_init(&q->submit_lock, NULL);
	pthread_mutex_init(&q->consume_lock, NULL);
}

static void close_queue(struct queue *q)
{
	if (ioctl(q->fd, IOC_PUT))
		die("PUT");
	munmap(q->dus, q->dus_nbytes);
	munmap((void *)(uintptr_t)q->mmio, q->mmio_nbytes);
	close(q->fd);
}

static void ring(struct queue *q, unsigned int command, unsigned int index, unsigned int notify)
{
	uint64_t value = (uint64_t)(q->id & 0x3ff) | (uint64_t)command << 12 |
			 (uint64_t)index << 32 | (uint64_t)notify << 48;

	__sync_synchronize();
	__atomic_store_n((uint64_t *)(uintptr_t)(q->mmio + q->doorbell), value, __ATOMIC_RELAXED);
	__atomic_fetch_add(&q->doorbells, 1, __ATOMIC_RELAXED);
}

static volatile uint32_t *sqe_word(struct queue *q, unsigned int slot, unsigned int word)
{
	return (volatile uint32_t *)(q->dus + (size_t)slot * q->info.sqe_size) + word;
}

static volatile uint16_t *cqe_half(struct queue *q, unsigned int slot, unsigned int half)
{
	size_t ring_nbytes = (size_t)q->info.sqe_size * q->info.sq_depth;

	return (volatile uint16_t *)(q->dus + ring_nbytes + (size_t)slot * CQE_NBYTES) + half;
}

/* Some elements; how many there was room for. Submission lock held. */
static unsigned int submit(struct queue *q, unsigned int wanted)
{
	unsigned int used = __atomic_load_n(&q->outstanding, __ATOMIC_ACQUIRE), i, word;
	unsigned int room = q->info.sq_depth - 1u - used;

	if (wanted > room)
		wanted = room;
	if (!wanted)
		return 0;
	CHECK(*(volatile uint32_t *)(q->dus + q->dus_nbytes - 4) != 1);
	for (i = 0; i < wanted; i++) {
		for (word = 0; word < q->info.sqe_size / 4; word++)
			*sqe_word(q, q->tail, word) = 0;
		*sqe_word(q, q->tail, SQE_INPUT_LENGTH) = q->next_number++;
		*sqe_word(q, q->tail, SQE_CONSUMED) = 0xffffffff;
		q->tail = (q->tail + 1) % q->info.sq_depth;
	}
	__atomic_fetch_add(&q->outstanding, wanted, __ATOMIC_ACQ_REL);
	ring(q, 0, q->tail, 0);
	return wanted;
}

/* What is there; how many. Consumption lock held. */
static unsigned int consume(struct queue *q, unsigned int notify)
{
	unsigned int count = 0, slot;

	while ((*cqe_half(q, q->head, 7) & 1u) == q->phase) {
		/* Also what the submitter wrote, for whoever checks our order. */
		CHECK(__atomic_load_n(&q->outstanding, __ATOMIC_ACQUIRE) > count);
		slot = *cqe_half(q, q->head, 4);
		CHECK(slot == q->next_expected % q->info.sq_depth);
		CHECK(*cqe_half(q, q->head, 5) == q->id);
		CHECK(*sqe_word(q, slot, SQE_CONSUMED) == q->next_expected);
		__atomic_store_n(&q->next_expected, q->next_expected + 1, __ATOMIC_RELEASE);
		if (++q->head == q->info.cq_depth) {
			q->head = 0;
			q->phase ^= 1;
		}
		count++;
	}
	if (!count)
		return 0;
	CHECK(*(volatile uint32_t *)(q->dus + q->dus_nbytes - 8) != 1);
	ring(q, 1, q->head, notify);
	__atomic_fetch_sub(&q->outstanding, count, __ATOMIC_ACQ_REL);
	return count;
}

static void wait_some(struct queue *q, unsigned int *idle, long long *since)
{
	struct pollfd pollfd = {.fd = q->fd, .events = POLLIN};

	if (*idle == 0)
		*since = now_ns();
	if (++*idle < 50) {
		sched_yield();
		return;
	}
	if (now_ns() - *since > STALL_NS) {
		fprintf(stderr,
			"shim_client: queue %u stands still: submitted %u, completed %u, tail %u, "
			"head %u\n",
			q->id, q->next_number, q->next_expected, q->tail, q->head);
		exit(EXIT_FAILURE);
	}
	poll(&pollfd, 1, 20);
}

/* --- a thread with a queue of its own --- */

static unsigned long jobs = DEFAULT_JOBS;

static void *own_queue(void *arg)
{
	unsigned int seed = (unsigned int)(uintptr_t)arg, idle = 0, done;
	struct queue q = {0};
	long long since = 0;

	open_queue(&q);
	while (q.next_expected < jobs) {
		done = 0;
		if (q.next_number < jobs) {
			unsigned int wanted = 1 + (unsigned int)rand_r(&seed) % BATCH_MAX;

			if (wanted > jobs - q.next_number)
				wanted = (unsigned int)(jobs - q.next_number);
			done = submit(&q, wanted);
		}
		done += consume(&q, 1);
		if (done)
			idle = 0;
		else
			wait_some(&q, &idle, &since);
	}
	CHECK(q.next_expected == jobs && q.outstanding == 0);
	close_queue(&q);
	return (void *)q.doorbells;
}

/* --- threads that share one --- */

static struct queue shared;
static unsigned long shared_left; /* submission lock */

static unsigned int shared_submit(unsigned int *seed)
{
	unsigned int wanted = 1 + (unsigned int)rand_r(seed) % BATCH_MAX, done;

	pthread_mutex_lock(&shared.submit_lock);
	if (wanted > shared_left)
		wanted = (unsigned int)shared_left;
	done = wanted ? submit(&shared, wanted) : 0;
	shared_left -= done;
	pthread_mutex_unlock(&shared.submit_lock);
	return done;
}

static void *share_queue(void *arg)
{
	unsigned int seed = (unsigned int)(uintptr_t)arg, idle = 0, done;
	long long since = 0;
	unsigned long all = jobs * SHARING_THREADS;

	while (__atomic_load_n(&shared.next_expected, __ATOMIC_ACQUIRE) < all) {
		done = shared_submit(&seed);
		if (pthread_mutex_trylock(&shared.consume_lock) == 0) {
			done += consume(&shared, 1);
			pthread_mutex_unlock(&shared.consume_lock);
		}
		if (done)
			idle = 0;
		else
			wait_some(&shared, &idle, &since);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	const char *wanted = argc > 1 ? argv[1] : getenv("SHIM_CLIENT_JOBS");
	pthread_t threads[OWN_QUEUE_THREADS + SHARING_THREADS];
	unsigned long doorbells = 0;
	long long begin = now_ns();
	uintptr_t i;
	void *result;

	if (wanted)
		jobs = strtoul(wanted, NULL, 10);
	find_device();
	open_queue(&shared);
	shared_left = jobs * SHARING_THREADS;
	for (i = 0; i < OWN_QUEUE_THREADS + SHARING_THREADS; i++) {
		if (pthread_create(&threads[i], NULL,
				   i < OWN_QUEUE_THREADS ? own_queue : share_queue,
				   (void *)(i + 1)))
			die("pthread_create");
	}
	for (i = 0; i < OWN_QUEUE_THREADS + SHARING_THREADS; i++) {
		pthread_join(threads[i], &result);
		doorbells += (uintptr_t)result;
	}
	CHECK(shared.next_expected == jobs * SHARING_THREADS && shared.outstanding == 0);
	doorbells += shared.doorbells;
	close_queue(&shared);
	printf("%lu jobs, %lu doorbells, none lost, %lld ms\n",
	       jobs * (OWN_QUEUE_THREADS + SHARING_THREADS), doorbells,
	       (now_ns() - begin) / 1000000);
	return EXIT_SUCCESS;
}
