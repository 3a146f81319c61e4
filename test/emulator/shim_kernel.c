// SPDX-License-Identifier: Apache-2.0
/*
 * A device node as a program under wd-emulate sees it: open, ioctl, mmap and
 * their errors, in the words of the uacce facts (conformance checklist, section
 * 17; the numbers of its lines are beside the tests).
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "shim_run.h"

#define QUEUES 16

static long page;
static size_t dus_nbytes, mmio_nbytes;

static int open_node(void)
{
	int fd = open(NODE0, O_RDWR | O_CLOEXEC);

	ck_assert_int_ge(fd, 0);
	return fd;
}

static void *map(int fd, size_t nbytes, long region)
{
	return mmap(NULL, nbytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, region * page);
}

static void setup(void)
{
	/* The queues of the test before may still be on their way back. */
	wait_until(attribute("available_instances") == QUEUES);
	page = sysconf(_SC_PAGESIZE);
	dus_nbytes = (size_t)attribute("region_dus_size");
	mmio_nbytes = (size_t)attribute("region_mmio_size");
}

/* 1 to 4 */
START_TEST(attributes_have_their_forms)
{
	const char *const decimal[] = {"flags", "available_instances", "region_mmio_size",
				       "region_dus_size"};
	struct qp_info info = {.reserved = 0x1122334455667788};
	char text[64], *end;
	size_t i, rings;
	FILE *file;
	int fd;

	file = fopen(CLASS0 "/api", "r");
	ck_assert(fgets(text, sizeof(text), file));
	fclose(file);
	ck_assert(!strncmp(text, "hisi_qm_v", 9) && strtoul(text + 9, &end, 10) && *end == '\n');
	for (i = 0; i < sizeof(decimal) / sizeof(decimal[0]); i++) {
		snprintf(text, sizeof(text), CLASS0 "/%s", decimal[i]);
		file = fopen(text, "r");
		ck_assert_uint_gt(fread(text, 1, sizeof(text), file), 1);
		fclose(file);
		strtoul(text, &end, 10);
		ck_assert(*end == '\n');
	}
	fd = open_node();
	ck_assert_int_eq(ioctl(fd, IOC_SET_QP_INFO, &info), 0);
	ck_assert_uint_eq(info.reserved, 0x1122334455667788);
	rings = info.sqe_size * (size_t)info.sq_depth + 16 * (size_t)info.cq_depth;
	ck_assert_uint_eq(dus_nbytes,
			  (rings + (size_t)page - 1) / (size_t)page * (size_t)page + (size_t)page);
	close(fd);
}
END_TEST

/* 6 */
START_TEST(opens_count_down_to_ebusy)
{
	long free_queues = attribute("available_instances"), i;
	int fds[QUEUES];

	for (i = 0; i < free_queues; i++) {
		ck_assert_int_eq(attribute("available_instances"), free_queues - i);
		fds[i] = open_node();
	}
	ck_assert_errno(open(NODE0, O_RDWR), EBUSY);
	for (i = 0; i < free_queues; i++)
		close(fds[i]);
	ck_assert_int_eq(attribute("available_instances"), free_queues);
}
END_TEST

/* 7, 8 */
START_TEST(queue_numbers_stay_and_differ)
{
	struct qp_ctx a = {99, 0}, b = {0, 2}, again = {0, 1};
	int fd = open_node(), other = open_node();

	ck_assert_int_eq(ioctl(fd, IOC_SET_QP_CTX, &a), 0);
	ck_assert_int_eq(ioctl(other, IOC_SET_QP_CTX, &b), 0);
	ck_assert_uint_ne(a.id, b.id);
	ck_assert_uint_eq(b.type, 2);
	ck_assert_int_eq(ioctl(fd, IOC_SET_QP_CTX, &again), 0);
	ck_assert_uint_eq(again.id, a.id);
	again.type = 3;
	ck_assert_errno(ioctl(fd, IOC_SET_QP_CTX, &again), EINVAL);
	close(fd);
	close(other);
}
END_TEST

/* 10 to 12 */
START_TEST(start_and_put_follow_the_states)
{
	struct queue q;
	int fd = open_node();

	ck_assert_int_eq(ioctl(fd, IOC_PUT), 0);
	close(fd);
	queue_open(&q);
	ck_assert_errno(ioctl(q.fd, IOC_START), EINVAL);
	queue_check(&q);
	ck_assert_int_eq(ioctl(q.fd, IOC_PUT), 0);
	ck_assert_int_eq(ioctl(q.fd, IOC_START), 0);
	queue_close(&q);
}
END_TEST

/* 13, 14 */
START_TEST(ioctl_errors_come_in_the_kernels_order)
{
	int fd = open_node();
	void *unreadable = mmap(NULL, (size_t)page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	void *read_only = mmap(NULL, (size_t)page, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	ck_assert_errno(ioctl(fd, IOC_UNKNOWN), EINVAL);
	ck_assert_errno(ioctl(fd, 0xC0FF4899UL, unreadable), EINVAL);
	ck_assert_errno(ioctl(fd, IOC_SET_QP_CTX, NULL), EFAULT);
	ck_assert_errno(ioctl(fd, IOC_SET_QP_CTX, (void *)8), EFAULT);
	ck_assert_errno(ioctl(fd, IOC_SET_QP_INFO, unreadable), EFAULT);
	ck_assert_errno(ioctl(fd, IOC_SET_QP_INFO, read_only), EFAULT);
	/* Three bytes of four. */
	ck_assert_errno(ioctl(fd, IOC_SET_QP_CTX, (char *)read_only + page - 3), EFAULT);
	ck_assert_errno(ioctl(fd, FIONREAD, unreadable), EINVAL);
	ck_assert_int_eq(ioctl(fd, FIOCLEX), 0);
	ck_assert_int_eq(fcntl(fd, F_GETFD), FD_CLOEXEC);
	munmap(unreadable, (size_t)page);
	munmap(read_only, (size_t)page);
	close(fd);
}
END_TEST

/* 15, 16 */
START_TEST(mmap_takes_what_the_kernel_takes)
{
	int fd = open_node();
	void *rings, *doorbells;

	ck_assert_ptr_eq(map(fd, (size_t)page, 2), MAP_FAILED);
	ck_assert_int_eq(errno, EINVAL);
	ck_assert_ptr_eq(map(fd, dus_nbytes - (size_t)page, 1), MAP_FAILED);
	ck_assert_int_eq(errno, EINVAL);
	ck_assert_ptr_eq(map(fd, dus_nbytes + (size_t)page, 1), MAP_FAILED);
	ck_assert_int_eq(errno, EINVAL);
	ck_assert_ptr_eq(map(fd, mmio_nbytes + (size_t)page, 0), MAP_FAILED);
	ck_assert_int_eq(errno, EINVAL);
	ck_assert_ptr_eq(map(fd, 0, 0), MAP_FAILED);
	ck_assert_int_eq(errno, EINVAL);
	ck_assert_ptr_eq(mmap(NULL, (size_t)page, PROT_READ, MAP_SHARED, fd, 1), MAP_FAILED);
	ck_assert_int_eq(errno, EINVAL);
	ck_assert_ptr_eq(mmap(NULL, (size_t)page, PROT_READ, 0, fd, 0), MAP_FAILED);
	ck_assert_int_eq(errno, EINVAL);
	rings = map(fd, dus_nbytes, 1);
	ck_assert_ptr_ne(rings, MAP_FAILED);
	ck_assert_ptr_eq(map(fd, dus_nbytes, 1), MAP_FAILED);
	ck_assert_int_eq(errno, EEXIST);
	/* The region's being mapped is found before the size's being wrong. */
	ck_assert_ptr_eq(map(fd, dus_nbytes + 1, 1), MAP_FAILED);
	ck_assert_int_eq(errno, EEXIST);
	doorbells = map(fd, (size_t)page, 0);
	ck_assert_ptr_ne(doorbells, MAP_FAILED);
	munmap(doorbells, (size_t)page);
	munmap(rings, dus_nbytes);
	close(fd);
}
END_TEST

START_TEST(region_can_be_mapped_again_after_munmap)
{
	int fd = open_node(), i;
	void *rings, *doorbells;

	for (i = 0; i < 200; i++) {
		rings = map(fd, dus_nbytes, 1);
		ck_assert_ptr_ne(rings, MAP_FAILED);
		doorbells = map(fd, mmio_nbytes, 0);
		ck_assert_ptr_ne(doorbells, MAP_FAILED);
		munmap(rings, dus_nbytes);
		munmap(doorbells, mmio_nbytes);
	}
	close(fd);
}
END_TEST

START_TEST(open_mode_limits_the_mapping)
{
	int fd = open(NODE0, O_RDONLY);
	void *rings;

	ck_assert_int_eq(fcntl(fd, F_GETFL) & O_ACCMODE, O_RDONLY);
	ck_assert_ptr_eq(map(fd, dus_nbytes, 1), MAP_FAILED);
	ck_assert_int_eq(errno, EACCES);
	rings = mmap(NULL, dus_nbytes, PROT_READ, MAP_SHARED, fd, page);
	ck_assert_ptr_ne(rings, MAP_FAILED);
	munmap(rings, dus_nbytes);
	close(fd);
	fd = open(NODE0, O_WRONLY);
	ck_assert_ptr_eq(mmap(NULL, dus_nbytes, PROT_READ, MAP_SHARED, fd, page), MAP_FAILED);
	ck_assert_int_eq(errno, EACCES);
	close(fd);
}
END_TEST

START_TEST(fixed_mapping_replaces_a_region)
{
	int fd = open_node();
	void *rings = map(fd, dus_nbytes, 1), *again;

	ck_assert_ptr_eq(mmap(rings, dus_nbytes, PROT_READ | PROT_WRITE,
			      MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0),
			 rings);
	*(volatile int *)rings = 1;
	again = map(fd, dus_nbytes, 1);
	ck_assert_ptr_ne(again, MAP_FAILED);
	munmap(rings, dus_nbytes);
	munmap(again, dus_nbytes);
	close(fd);
}
END_TEST

START_TEST(region_in_pieces_stays_mapped_until_the_last_is_gone)
{
	int fd = open_node();
	char *rings = map(fd, dus_nbytes, 1);

	ck_assert_int_eq(munmap(rings + page, (size_t)page), 0); /* a hole */
	ck_assert_int_eq(munmap(rings, (size_t)page), 0);
	ck_assert_ptr_eq(map(fd, dus_nbytes, 1), MAP_FAILED);
	ck_assert_int_eq(errno, EEXIST);
	rings[2 * page] = 1;
	ck_assert_int_eq(munmap(rings + 2 * page, dus_nbytes - 2 * (size_t)page), 0);
	rings = map(fd, dus_nbytes, 1);
	ck_assert_ptr_ne(rings, MAP_FAILED);
	munmap(rings, dus_nbytes);
	close(fd);
}
END_TEST

START_TEST(mmio_region_in_pieces_still_rings)
{
	struct queue q;

	queue_open(&q);
	ck_assert_uint_ge(q.mmio_nbytes, 4 * (size_t)page);
	ck_assert_int_eq(munmap((void *)(uintptr_t)q.mmio, (size_t)page), 0);
	ck_assert_int_eq(munmap((void *)(uintptr_t)(q.mmio + 3 * page), (size_t)page), 0);
	queue_check(&q);
	ck_assert_int_eq(munmap((void *)(uintptr_t)q.mmio, q.mmio_nbytes), 0);
	ck_assert_ptr_ne(map(q.fd, mmio_nbytes, 0), MAP_FAILED);
	close(q.fd);
}
END_TEST

/* 18 */
START_TEST(mremap_moves_no_region)
{
	int fd = open_node();
	char *rings = map(fd, dus_nbytes, 1);
	char *place = mmap(NULL, 2 * dus_nbytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	ck_assert_ptr_eq(
		mremap(rings, dus_nbytes, dus_nbytes, MREMAP_MAYMOVE | MREMAP_FIXED, place),
		MAP_FAILED);
	ck_assert_int_eq(errno, EPERM);
	ck_assert_ptr_eq(mremap(rings, dus_nbytes, 2 * dus_nbytes, MREMAP_MAYMOVE), MAP_FAILED);
	ck_assert_int_eq(errno, EFAULT);
	ck_assert_ptr_eq(mremap(rings, dus_nbytes, dus_nbytes, MREMAP_MAYMOVE), rings);
	rings[0] = 1;
	munmap(place, 2 * dus_nbytes);
	munmap(rings, dus_nbytes);
	close(fd);
}
END_TEST

START_TEST(part_of_the_rings_can_be_made_read_only)
{
	struct queue q;

	queue_open(&q);
	ck_assert_int_eq(mprotect(q.dus + 128 * DEPTH, q.dus_nbytes - 128 * DEPTH, PROT_READ), 0);
	queue_check(&q);
	queue_close(&q);
}
END_TEST

/* 17 */
START_TEST(child_of_fork_has_no_mappings)
{
	struct queue q;
	int status, i;
	pid_t pid;

	queue_open(&q);
	for (i = 0; i < 2; i++) {
		pid = fork();
		if (pid == 0) {
			setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
			signal(SIGSEGV, SIG_DFL);
			if (i)
				*(volatile uint64_t *)(q.mmio + DOORBELL) = 0;
			else
				*(volatile uint32_t *)(void *)q.dus = 0;
			_exit(0);
		}
		ck_assert_int_eq(waitpid(pid, &status, 0), pid);
		ck_assert(WIFSIGNALED(status));
		ck_assert_int_eq(WTERMSIG(status), SIGSEGV);
	}
	queue_check(&q);
	queue_close(&q);
}
END_TEST

/* 20 */
START_TEST(removed_device_answers_enxio)
{
	struct qp_ctx ctx = {0, 0};
	struct queue q;
	struct stat st;

	queue_open(&q);
	ck_assert_str_eq(control("unplug " NAME0), "ok");
	ck_assert_errno(ioctl(q.fd, IOC_SET_QP_CTX, &ctx), ENXIO);
	ck_assert_errno(ioctl(q.fd, IOC_SET_QP_CTX, NULL), ENXIO);
	ck_assert_errno(ioctl(q.fd, IOC_START), ENXIO);
	ck_assert_int_eq(fstat(q.fd, &st), 0);
	ck_assert(S_ISCHR(st.st_mode));
	ck_assert_errno(open(NODE0, O_RDWR), ENOENT);
	ck_assert_errno(access(CLASS0, F_OK), ENOENT);
	munmap(q.dus, q.dus_nbytes);
	munmap((void *)(uintptr_t)q.mmio, q.mmio_nbytes);
	ck_assert_ptr_eq(map(q.fd, dus_nbytes, 1), MAP_FAILED);
	ck_assert_int_eq(errno, ENXIO);
	ck_assert_int_eq(close(q.fd), 0);
	/* The lowest free number is taken again. */
	ck_assert_str_eq(control("plug null,queues=16"), "ok " NAME0);
	queue_open(&q);
	queue_check(&q);
	queue_close(&q);
}
END_TEST

/* 21 */
START_TEST(mapping_keeps_the_queue_after_close)
{
	long before = attribute("available_instances");
	int fd = open_node();
	void *rings = map(fd, dus_nbytes, 1);

	close(fd);
	ck_assert_int_eq(attribute("available_instances"), before - 1);
	munmap(rings, dus_nbytes);
	wait_until(attribute("available_instances") == before);
}
END_TEST

static void write_strategy(const char *text, int error)
{
	int fd = open(CLASS0 "/isolate_strategy", O_WRONLY | O_TRUNC);

	ck_assert_int_ge(fd, 0);
	if (error)
		ck_assert_errno((int)write(fd, text, strlen(text)), error);
	else
		ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
}

/* 22 */
START_TEST(strategy_takes_numbers_of_sixteen_bits)
{
	write_strategy("65536\n", EINVAL);
	write_strategy("abc", EINVAL);
	write_strategy("", 0); /* nothing is written at all */
	write_strategy("1 2\n", EINVAL);
	write_strategy("3\nstop\n", EINVAL);
	write_strategy("0x10\n", 0);
	ck_assert_int_eq(attribute("isolate_strategy"), 16);
	write_strategy("0", 0);
	ck_assert_int_eq(attribute("isolate_strategy"), 0);
}
END_TEST

/* 25 */
START_TEST(reopened_queue_has_a_clean_completion_ring)
{
	size_t cq = 128 * DEPTH, i;
	struct queue q;

	queue_open(&q);
	queue_submit(&q, 5);
	queue_consume(&q, 0);
	memset(q.dus + q.dus_nbytes - 8, 0x55, 8);
	queue_close(&q);
	queue_open(&q);
	for (i = cq; i < cq + 16 * DEPTH; i++)
		ck_assert_uint_eq(q.dus[i], 0);
	for (i = q.dus_nbytes - 8; i < q.dus_nbytes; i++)
		ck_assert_uint_eq(q.dus[i], 0);
	queue_close(&q);
}
END_TEST

START_TEST(node_can_not_be_read_written_or_sought)
{
	char byte = 0;
	struct iovec iov = {&byte, 1};
	int fd = open_node();

	ck_assert_errno((int)read(fd, &byte, 1), EINVAL);
	ck_assert_errno((int)write(fd, &byte, 1), EINVAL);
	ck_assert_errno((int)readv(fd, &iov, 1), EINVAL);
	ck_assert_errno((int)writev(fd, &iov, 1), EINVAL);
	ck_assert_errno((int)lseek(fd, 0, SEEK_SET), ESPIPE);
	ck_assert_errno((int)pread(fd, &byte, 1, 0), ESPIPE);
	close(fd);
	fd = open(NODE0, O_RDONLY);
	ck_assert_errno((int)write(fd, &byte, 1), EBADF);
	close(fd);
}
END_TEST

START_TEST(doorbell_reads_as_zero)
{
	struct queue q;

	queue_open(&q);
	ck_assert_uint_eq(*(volatile uint64_t *)(q.mmio + DOORBELL), 0);
	ck_assert_uint_eq(*(volatile uint8_t *)(q.mmio + 3), 0);
	queue_check(&q);
	queue_close(&q);
}
END_TEST

/* Nothing comes after this one. */
START_TEST(killed_daemon_is_a_removed_device)
{
	struct qp_ctx ctx = {0, 0};
	struct pollfd pollfd;
	char path[256];
	struct queue q;
	FILE *file;
	int pid;

	queue_open(&q);
	queue_check(&q);
	snprintf(path, sizeof(path), "%s/pid", getenv("WD_EMULATOR_DIR"));
	file = fopen(path, "r");
	ck_assert_int_eq(fscanf(file, "%d", &pid), 1);
	fclose(file);
	ck_assert_int_eq(kill(pid, SIGKILL), 0);
	wait_until(ioctl(q.fd, IOC_SET_QP_CTX, &ctx) == -1);
	ck_assert_errno(ioctl(q.fd, IOC_SET_QP_CTX, &ctx), ENXIO);
	doorbell(&q, 0, 1, 0);
	ck_assert_uint_eq(*(volatile uint32_t *)(uintptr_t)q.mmio, 0xffffffff);
	pollfd = (struct pollfd){.fd = q.fd, .events = POLLIN};
	ck_assert_int_eq(poll(&pollfd, 1, 20), 0);
	ck_assert_errno(open(NODE0, O_RDWR), ENXIO);
	ck_assert_int_eq(munmap(q.dus, q.dus_nbytes), 0);
	ck_assert_int_eq(munmap((void *)(uintptr_t)q.mmio, q.mmio_nbytes), 0);
	ck_assert_int_eq(close(q.fd), 0);
}
END_TEST

int main(int argc, char **argv)
{
	Suite *suite = suite_create("shim_kernel");
	TCase *tcase = tcase_create("node");

	(void)argc;
	tcase_add_checked_fixture(tcase, setup, NULL);
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, attributes_have_their_forms);
	tcase_add_test(tcase, opens_count_down_to_ebusy);
	tcase_add_test(tcase, queue_numbers_stay_and_differ);
	tcase_add_test(tcase, start_and_put_follow_the_states);
	tcase_add_test(tcase, ioctl_errors_come_in_the_kernels_order);
	tcase_add_test(tcase, mmap_takes_what_the_kernel_takes);
	tcase_add_test(tcase, region_can_be_mapped_again_after_munmap);
	tcase_add_test(tcase, open_mode_limits_the_mapping);
	tcase_add_test(tcase, fixed_mapping_replaces_a_region);
	tcase_add_test(tcase, region_in_pieces_stays_mapped_until_the_last_is_gone);
	tcase_add_test(tcase, mmio_region_in_pieces_still_rings);
	tcase_add_test(tcase, mremap_moves_no_region);
	tcase_add_test(tcase, part_of_the_rings_can_be_made_read_only);
	tcase_add_test(tcase, child_of_fork_has_no_mappings);
	tcase_add_test(tcase, removed_device_answers_enxio);
	tcase_add_test(tcase, mapping_keeps_the_queue_after_close);
	tcase_add_test(tcase, strategy_takes_numbers_of_sixteen_bits);
	tcase_add_test(tcase, reopened_queue_has_a_clean_completion_ring);
	tcase_add_test(tcase, node_can_not_be_read_written_or_sought);
	tcase_add_test(tcase, doorbell_reads_as_zero);
	tcase_add_test(tcase, killed_daemon_is_a_removed_device);
	suite_add_tcase(suite, tcase);
	return shim_main(argv, "null,queues=16", suite);
}
