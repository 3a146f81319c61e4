// SPDX-License-Identifier: Apache-2.0
/*
 * Contexts on files that stand for a node: a plain file can be mapped, a FIFO can
 * be waited for, and what the kernel answers to commands is pretended here. The
 * same functions on a device: test_ctx_device.c.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "drv/wd_driver.h"
#include "run.h"
#include "scratch.h"
#include "uapi/wd_shadow.h"
#include "wd_internal.h"

/* ------------------------------------------------------ pretended commands */

static unsigned long commands[16];
static int ncommands, command_errno;

int __wrap_ioctl(int fd, unsigned long cmd, ...);

int __wrap_ioctl(int fd, unsigned long cmd, ...)
{
	va_list ap;
	void *arg;

	ck_assert_int_ge(fcntl(fd, F_GETFD), 0);
	commands[ncommands++ % 16] = cmd;
	if (command_errno) {
		errno = command_errno;
		return -1;
	}
	if (!_IOC_SIZE(cmd))
		return 0;
	va_start(ap, cmd);
	arg = va_arg(ap, void *);
	va_end(ap);
	*(unsigned int *)arg += 1;
	return 5;
}

/* The library's open(); a number set here is what it gets. */
static int open_answer;

int __real_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...);

int __wrap_open(const char *path, int flags, ...)
{
	va_list ap;
	int mode;

	if (open_answer)
		return open_answer;
	va_start(ap, flags);
	mode = va_arg(ap, int); /* not used unless flags ask for it */
	va_end(ap);
	return __real_open(path, flags, mode);
}

static long page(void)
{
	return sysconf(_SC_PAGESIZE);
}

/* A node of 32 pages, each beginning with its number. */
static struct uacce_dev device(void)
{
	struct uacce_dev dev = { .flags = UACCE_DEV_SVA, .numa_id = 3, .api = "hisi_qm_v3" };
	const char *path = scratch("hisi_zip-7");
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	ck_assert_int_ge(fd, 0);
	for (long i = 0; i < 32; i++)
		ck_assert_int_eq(pwrite(fd, &i, sizeof(i), i * page()), sizeof(i));
	ck_assert_int_eq(ftruncate(fd, 32 * page()), 0);
	close(fd);
	strcpy(dev.char_dev_path, path);
	dev.qfrs_offs[UACCE_QFRT_MMIO] = page();
	dev.qfrs_offs[UACCE_QFRT_DUS] = 3 * page();
	return dev;
}

static handle_t ctx_or_die(struct uacce_dev *dev)
{
	handle_t ctx = wd_request_ctx(dev);

	ck_assert_msg(ctx, "%s", strerror(errno));
	return ctx;
}

/* -------------------------------------------------------------- requesting */

START_TEST(request_null_or_nameless_device_einval)
{
	struct uacce_dev dev = { 0 };

	ck_assert_uint_eq(wd_request_ctx(NULL), 0);
	ck_assert_int_eq(errno, EINVAL);
	ck_assert_uint_eq(wd_request_ctx(&dev), 0);
	ck_assert_int_eq(errno, EINVAL);
	memset(dev.char_dev_path, 'x', sizeof(dev.char_dev_path)); /* no end */
	ck_assert_uint_eq(wd_request_ctx(&dev), 0);
	ck_assert_int_eq(errno, EINVAL);
}
END_TEST

START_TEST(request_keeps_the_errno_of_open)
{
	struct uacce_dev dev = device();

	strcat(dev.char_dev_path, "x");
	ck_assert_uint_eq(wd_request_ctx(&dev), 0);
	ck_assert_int_eq(errno, ENOENT);
	strcpy(dev.char_dev_path, scratch_dir);
	ck_assert_uint_eq(wd_request_ctx(&dev), 0);
	ck_assert_int_eq(errno, EISDIR);
}
END_TEST

START_TEST(context_knows_its_device_after_the_caller_forgot_it)
{
	struct uacce_dev dev = device();
	handle_t ctx = ctx_or_die(&dev);
	struct wd_ctx_h *pub = (struct wd_ctx_h *)ctx;

	memset(&dev, 0xff, sizeof(dev));
	ck_assert_str_eq(wd_ctx_get_dev_name(ctx), "hisi_zip-7");
	ck_assert_str_eq(pub->drv_name, "hisi_zip");
	ck_assert_str_eq(wd_ctx_get_api(ctx), "hisi_qm_v3");
	ck_assert_int_eq(wd_get_numa_id(ctx), 3);
	ck_assert_int_eq(wd_is_sva(ctx), 1);
	ck_assert_int_eq(pub->fd, wd_ctx_fd(ctx));
	ck_assert(fcntl(pub->fd, F_GETFD) & FD_CLOEXEC);
	wd_release_ctx(ctx);
}
END_TEST

START_TEST(context_keeps_a_pointer)
{
	struct uacce_dev dev = device();
	handle_t ctx = ctx_or_die(&dev);

	ck_assert_ptr_null(wd_ctx_get_priv(ctx));
	ck_assert_int_eq(wd_ctx_set_priv(ctx, &dev), 0);
	ck_assert_ptr_eq(wd_ctx_get_priv(ctx), &dev);
	wd_release_ctx(ctx);
}
END_TEST

/* Handles that stand for no hardware: 0, and contexts of the CPU, which are smaller. */
static void expect_refusals(handle_t ctx)
{
	ck_assert_int_eq(wd_ctx_start(ctx), -WD_EINVAL);
	ck_assert_int_eq(wd_release_ctx_force(ctx), -WD_EINVAL);
	ck_assert_int_eq(wd_ctx_set_priv(ctx, &ctx), -WD_EINVAL);
	ck_assert_ptr_null(wd_ctx_get_priv(ctx));
	ck_assert_ptr_null(wd_ctx_get_api(ctx));
	ck_assert_ptr_null(wd_ctx_get_dev_name(ctx));
	errno = 0;
	ck_assert_ptr_null(wd_ctx_mmap_qfr(ctx, UACCE_QFRT_DUS));
	ck_assert_int_eq(errno, EINVAL);
	wd_ctx_unmap_qfr(ctx, UACCE_QFRT_DUS);
	ck_assert_uint_eq(wd_ctx_get_region_size(ctx, UACCE_QFRT_DUS), 0);
	ck_assert_int_eq(wd_ctx_wait(ctx, 0), -WD_EINVAL);
	ck_assert_int_eq(wd_ctx_set_io_cmd(ctx, UACCE_CMD_START, NULL), -WD_EINVAL);
	ck_assert_int_lt(wd_is_sva(ctx), 0);
	ck_assert_int_eq(wd_get_numa_id(ctx), -WD_EINVAL);
	ck_assert_int_eq(wd_ctx_reopen(ctx), -WD_EINVAL);
	ck_assert_int_eq(wd_ctx_fd(ctx), -WD_EINVAL);
	wd_release_ctx(ctx);
}

START_TEST(every_function_refuses_a_null_handle)
{
	expect_refusals(0);
}
END_TEST

START_TEST(every_function_refuses_a_context_of_the_cpu)
{
	struct wd_soft_ctx *soft = calloc(1, sizeof(*soft)); /* a sanitizer guards its end */

	soft->fd = MAX_FD_NUM + 1;
	expect_refusals((handle_t)soft);
	soft->fd = -1;
	expect_refusals((handle_t)soft);
	free(soft);
}
END_TEST

START_TEST(f33_standard_descriptors_closed_at_start_are_not_taken)
{
	struct uacce_dev dev = device();
	handle_t ctx;

	close(STDIN_FILENO);
	close(STDERR_FILENO);
	ctx = ctx_or_die(&dev);
	ck_assert_int_gt(wd_ctx_fd(ctx), STDERR_FILENO);
	ck_assert_int_eq(fcntl(STDIN_FILENO, F_GETFD), -1);
	ck_assert_int_eq(fcntl(STDERR_FILENO, F_GETFD), -1);
	ck_assert(fcntl(wd_ctx_fd(ctx), F_GETFD) & FD_CLOEXEC);
	wd_release_ctx(ctx);
}
END_TEST

/* -------------------------------------------------------------- regions */

START_TEST(region_is_mapped_at_its_number_of_pages_and_once)
{
	struct uacce_dev dev = device();
	handle_t ctx = ctx_or_die(&dev);
	long *mmio = wd_ctx_mmap_qfr(ctx, UACCE_QFRT_MMIO);
	long *dus = wd_ctx_mmap_qfr(ctx, UACCE_QFRT_DUS);
	long *shadow = wd_ctx_mmap_qfr(ctx, WD_SHADOW_REGION);

	ck_assert_ptr_nonnull(mmio);
	ck_assert_ptr_nonnull(dus);
	ck_assert_ptr_nonnull(shadow);
	ck_assert_int_eq(*mmio, 0);
	ck_assert_int_eq(*dus, 1);
	ck_assert_int_eq(dus[2 * page() / sizeof(long)], 3);
	ck_assert_int_eq(*shadow, WD_SHADOW_REGION);
	ck_assert_ptr_eq(wd_ctx_mmap_qfr(ctx, UACCE_QFRT_DUS), dus);
	ck_assert_ptr_eq(wd_ctx_mmap_qfr(ctx, WD_SHADOW_REGION), shadow);
	ck_assert_uint_eq(wd_ctx_get_region_size(ctx, UACCE_QFRT_DUS), 3 * page());
	ck_assert_uint_eq(wd_ctx_get_region_size(ctx, WD_SHADOW_REGION), page());
	wd_release_ctx(ctx);
	/* Nothing is left mapped. */
	ck_assert_int_eq(msync(dus, page(), MS_ASYNC), -1);
	ck_assert_int_eq(msync(shadow, page(), MS_ASYNC), -1);
}
END_TEST

START_TEST(region_can_be_unmapped_twice_and_mapped_again)
{
	struct uacce_dev dev = device();
	handle_t ctx = ctx_or_die(&dev);
	char *a = wd_ctx_mmap_qfr(ctx, UACCE_QFRT_DUS), *other;

	wd_ctx_unmap_qfr(ctx, UACCE_QFRT_DUS);
	other = mmap(a, page(), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1,
		     0);
	*other = 5;
	wd_ctx_unmap_qfr(ctx, UACCE_QFRT_DUS); /* not mapped: must not hit what is there now */
	ck_assert_int_eq(*other, 5);
	ck_assert_ptr_nonnull(wd_ctx_mmap_qfr(ctx, UACCE_QFRT_DUS));
	wd_release_ctx(ctx);
	ck_assert_int_eq(*other, 5);
}
END_TEST

START_TEST(region_that_does_not_exist_einval)
{
	struct uacce_dev dev = device();
	handle_t ctx = ctx_or_die(&dev);

	errno = 0;
	ck_assert_ptr_null(wd_ctx_mmap_qfr(ctx, UACCE_QFRT_SS));
	ck_assert_int_eq(errno, EINVAL);
	ck_assert_ptr_null(wd_ctx_mmap_qfr(ctx, UACCE_QFRT_MAX));
	ck_assert_ptr_null(wd_ctx_mmap_qfr(ctx, (enum uacce_qfrt)-1));
	ck_assert_uint_eq(wd_ctx_get_region_size(ctx, UACCE_QFRT_MAX), 0);
	ck_assert_uint_eq(wd_ctx_get_region_size(ctx, (enum uacce_qfrt)-1), 0);
	wd_ctx_unmap_qfr(ctx, UACCE_QFRT_MAX);
	wd_release_ctx(ctx);
}
END_TEST

/* -------------------------------------------------------------- commands */

START_TEST(start_and_stop_are_the_kernels_commands)
{
	struct uacce_dev dev = device();
	handle_t ctx = ctx_or_die(&dev);

	ck_assert_int_eq(wd_ctx_start(ctx), 0);
	ck_assert_int_eq(wd_release_ctx_force(ctx), 0);
	ck_assert_int_eq(ncommands, 2);
	ck_assert_uint_eq(commands[0], 0x5700);
	ck_assert_uint_eq(commands[1], 0x5701);
	command_errno = EIO;
	ck_assert_int_eq(wd_ctx_start(ctx), -EIO);
	ck_assert_int_eq(wd_release_ctx_force(ctx), -EIO);
	command_errno = ENXIO; /* older kernels release the queue at the first stop */
	ck_assert_int_eq(wd_ctx_start(ctx), -ENXIO);
	ck_assert_int_eq(wd_release_ctx_force(ctx), 0);
	wd_release_ctx(ctx);
}
END_TEST

START_TEST(io_cmd_passes_command_argument_and_answer)
{
	struct uacce_dev dev = device();
	handle_t ctx = ctx_or_die(&dev);
	unsigned int arg = 41;

	ck_assert_int_eq(wd_ctx_set_io_cmd(ctx, _IOWR('H', 10, unsigned int), &arg), 5);
	ck_assert_uint_eq(arg, 42);
	command_errno = EFAULT;
	ck_assert_int_eq(wd_ctx_set_io_cmd(ctx, 0x1234, NULL), -1);
	ck_assert_int_eq(errno, EFAULT);
	wd_release_ctx(ctx);
}
END_TEST

/* --------------------------------------------------------------- waiting */

static struct uacce_dev fifo_device(void)
{
	struct uacce_dev dev = device();

	strcpy(dev.char_dev_path, scratch("hisi_fifo-0"));
	ck_assert_int_eq(mkfifo(dev.char_dev_path, 0600), 0);
	return dev;
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec * 1e-9;
}

START_TEST(wait_tells_readable_from_time_over)
{
	struct uacce_dev dev = fifo_device();
	handle_t ctx = ctx_or_die(&dev);
	double start = now();

	ck_assert_int_eq(wd_ctx_wait(ctx, 0), 0);
	ck_assert_int_eq(wd_ctx_wait(ctx, 30), 0);
	ck_assert_double_ge(now() - start, 0.03);
	ck_assert_int_eq(write(wd_ctx_fd(ctx), "x", 1), 1);
	ck_assert_int_gt(wd_ctx_wait(ctx, 0), 0);
	ck_assert_int_gt(wd_ctx_wait(ctx, 65535), 0);
	wd_release_ctx(ctx);
}
END_TEST

static volatile sig_atomic_t nsignals;

static void on_alarm(int sig)
{
	(void)sig;
	nsignals++;
}

/* Signals all the time: they neither end the wait nor prolong it. */
START_TEST(f22_wait_goes_on_after_signals_until_its_deadline)
{
	struct sigaction act = { .sa_handler = on_alarm };
	struct itimerval often = { { 0, 2000 }, { 0, 2000 } };
	struct uacce_dev dev = fifo_device();
	handle_t ctx = ctx_or_die(&dev);
	double start;

	sigaction(SIGALRM, &act, NULL);
	setitimer(ITIMER_REAL, &often, NULL);
	start = now();
	ck_assert_int_eq(wd_ctx_wait(ctx, 100), 0);
	ck_assert_double_ge(now() - start, 0.1);
	ck_assert_int_gt(nsignals, 1);
	ck_assert_int_eq(write(wd_ctx_fd(ctx), "x", 1), 1);
	ck_assert_int_gt(wd_ctx_wait(ctx, 1000), 0);
	memset(&often, 0, sizeof(often));
	setitimer(ITIMER_REAL, &often, NULL);
	wd_release_ctx(ctx);
}
END_TEST

START_TEST(f15_wait_on_a_device_that_is_gone_enodev)
{
	struct uacce_dev dev = fifo_device();
	handle_t ctx = ctx_or_die(&dev);
	int ends[2];

	/* The reading end of a pipe without a writer: a hang-up and nothing to read. */
	ck_assert_int_eq(pipe(ends), 0);
	close(ends[1]);
	ck_assert_int_ge(dup2(ends[0], wd_ctx_fd(ctx)), 0);
	ck_assert_int_eq(wd_ctx_wait(ctx, 1000), -WD_ENODEV);
	wd_release_ctx(ctx);
}
END_TEST

/* ---------------------------------------------------------------- reopen */

static ino_t inode_of(int fd)
{
	struct stat st;

	ck_assert_int_eq(fstat(fd, &st), 0);
	return st.st_ino;
}

START_TEST(reopen_opens_the_node_anew_under_the_same_number)
{
	struct uacce_dev dev = device();
	handle_t ctx = ctx_or_die(&dev);
	int fd = wd_ctx_fd(ctx), spare;
	ino_t old = inode_of(fd);

	ck_assert_int_eq(rename(dev.char_dev_path, scratch("old")), 0);
	device(); /* another file under the name */
	ck_assert_int_eq(wd_ctx_reopen(ctx), 0);
	ck_assert_int_eq(wd_ctx_fd(ctx), fd);
	ck_assert_uint_ne(inode_of(fd), old);
	ck_assert(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	spare = dup(fd);
	ck_assert_int_eq(spare, fd + 1); /* no descriptor was left open */
	close(spare);
	wd_release_ctx(ctx);
}
END_TEST

START_TEST(reopen_with_mappings_is_refused)
{
	struct uacce_dev dev = device();
	handle_t ctx = ctx_or_die(&dev);

	wd_ctx_mmap_qfr(ctx, UACCE_QFRT_DUS);
	ck_assert_int_eq(wd_ctx_reopen(ctx), -WD_EBUSY);
	wd_ctx_unmap_qfr(ctx, UACCE_QFRT_DUS);
	wd_ctx_mmap_qfr(ctx, WD_SHADOW_REGION);
	ck_assert_int_eq(wd_ctx_reopen(ctx), -WD_EBUSY);
	wd_ctx_unmap_qfr(ctx, WD_SHADOW_REGION);
	ck_assert_int_eq(wd_ctx_reopen(ctx), 0);
	wd_release_ctx(ctx);
}
END_TEST

START_TEST(reopen_of_a_device_that_is_gone_keeps_the_handle)
{
	struct uacce_dev dev = device();
	handle_t ctx = ctx_or_die(&dev);
	int fd = wd_ctx_fd(ctx);

	ck_assert_int_eq(unlink(dev.char_dev_path), 0);
	ck_assert_int_eq(wd_ctx_reopen(ctx), -ENOENT);
	ck_assert_int_eq(wd_ctx_fd(ctx), fd);
	device();
	ck_assert_int_eq(wd_ctx_reopen(ctx), 0);
	wd_release_ctx(ctx);
}
END_TEST

/* ------------------------------------------------------------------ fork */

static void in_child(void (*check)(handle_t ctx), handle_t ctx)
{
	int status;
	pid_t pid = fork();

	ck_assert_int_ge(pid, 0);
	if (!pid) {
		check(ctx);
		_exit(0);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
}

static char *parents_region;

/* Where the parent has its region, the child has something of its own. */
static void child_releases(handle_t ctx)
{
	char *own = mmap(parents_region, page(), PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);

	*own = 5;
	wd_ctx_unmap_qfr(ctx, UACCE_QFRT_DUS);
	ck_assert_int_eq(*own, 5);
	wd_release_ctx(ctx);
	ck_assert_int_eq(*own, 5);
}

START_TEST(f21_child_releases_without_unmapping_what_is_its_own)
{
	struct uacce_dev dev = device();
	handle_t ctx = ctx_or_die(&dev);

	parents_region = wd_ctx_mmap_qfr(ctx, UACCE_QFRT_DUS);
	in_child(child_releases, ctx);
	ck_assert_int_eq(*(long *)parents_region, 1);
	ck_assert_ptr_eq(wd_ctx_mmap_qfr(ctx, UACCE_QFRT_DUS), parents_region);
	wd_release_ctx(ctx);
}
END_TEST

static void child_is_refused(handle_t ctx)
{
	ck_assert_ptr_null(wd_ctx_mmap_qfr(ctx, UACCE_QFRT_DUS));
	ck_assert_int_eq(errno, EOWNERDEAD);
	ck_assert_int_eq(wd_ctx_start(ctx), -EOWNERDEAD);
	ck_assert_int_eq(wd_release_ctx_force(ctx), -EOWNERDEAD);
	ck_assert_int_eq(ncommands, 0);
}

START_TEST(f21_child_cannot_start_stop_or_map_the_parents_queue)
{
	struct uacce_dev dev = device();
	handle_t ctx = ctx_or_die(&dev);

	wd_ctx_mmap_qfr(ctx, UACCE_QFRT_DUS);
	in_child(child_is_refused, ctx);
	wd_release_ctx(ctx);
}
END_TEST

static void child_reopens(handle_t ctx)
{
	ck_assert_int_eq(wd_ctx_reopen(ctx), 0); /* the mapping is the parent's */
	ck_assert_ptr_nonnull(wd_ctx_mmap_qfr(ctx, UACCE_QFRT_DUS));
	ck_assert_int_eq(wd_ctx_start(ctx), 0);
	wd_release_ctx(ctx);
}

START_TEST(f21_child_opens_its_own_queue_by_reopen)
{
	struct uacce_dev dev = device();
	handle_t ctx = ctx_or_die(&dev);

	wd_ctx_mmap_qfr(ctx, UACCE_QFRT_DUS);
	in_child(child_reopens, ctx);
	wd_release_ctx(ctx);
}
END_TEST

static void grandchild(handle_t ctx)
{
	in_child(child_is_refused, ctx);
	child_is_refused(ctx);
}

START_TEST(f21_grandchild_is_refused_too)
{
	struct uacce_dev dev = device();
	handle_t ctx = ctx_or_die(&dev);

	in_child(grandchild, ctx);
	ck_assert_int_eq(wd_ctx_start(ctx), 0);
	wd_release_ctx(ctx);
}
END_TEST

/* ------------------------------------------------------------------ leaks */

START_TEST(f33_two_thousand_descriptors_open_before)
{
	struct uacce_dev dev = device();
	struct rlimit limit;
	handle_t ctx;
	int last = 0;

	getrlimit(RLIMIT_NOFILE, &limit);
	limit.rlim_cur = limit.rlim_max < 4096 ? limit.rlim_max : 4096;
	setrlimit(RLIMIT_NOFILE, &limit);
	for (int i = 0; i < 2000; i++)
		last = dup(0);
	ck_assert_int_gt(last, 2000);
	ctx = ctx_or_die(&dev);
	ck_assert_int_gt(wd_ctx_fd(ctx), last);
	ck_assert_int_gt(wd_ctx_wait(ctx, 10), 0); /* beyond what select() could do */
	ck_assert_int_eq(wd_ctx_reopen(ctx), 0);
	wd_release_ctx(ctx);
}
END_TEST

/* Numbers beyond this mean contexts of the CPU. */
START_TEST(f30_descriptor_number_out_of_range_emfile)
{
	struct uacce_dev dev = device();

	open_answer = MAX_FD_NUM + 1;
	ck_assert_uint_eq(wd_request_ctx(&dev), 0);
	ck_assert_int_eq(errno, EMFILE);
}
END_TEST

START_TEST(f33_thousand_contexts_come_and_go_without_a_trace)
{
	struct uacce_dev dev = device();
	handle_t ctx[100];
	int before = dup(0), after;

	close(before);
	for (int round = 0; round < 10; round++) {
		for (int i = 0; i < 100; i++) {
			ctx[i] = ctx_or_die(&dev);
			ck_assert_ptr_nonnull(wd_ctx_mmap_qfr(ctx[i], UACCE_QFRT_MMIO));
		}
		for (int i = 0; i < 100; i++)
			wd_release_ctx(ctx[i]);
	}
	after = dup(0);
	ck_assert_int_eq(after, before);
	close(after);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("ctx");
	TCase *tc = tcase_create("ctx");

	tcase_add_checked_fixture(tc, scratch_make, scratch_remove);
	tcase_add_test(tc, request_null_or_nameless_device_einval);
	tcase_add_test(tc, request_keeps_the_errno_of_open);
	tcase_add_test(tc, context_knows_its_device_after_the_caller_forgot_it);
	tcase_add_test(tc, context_keeps_a_pointer);
	tcase_add_test(tc, every_function_refuses_a_null_handle);
	tcase_add_test(tc, every_function_refuses_a_context_of_the_cpu);
	tcase_add_test(tc, f33_standard_descriptors_closed_at_start_are_not_taken);
	tcase_add_test(tc, region_is_mapped_at_its_number_of_pages_and_once);
	tcase_add_test(tc, region_can_be_unmapped_twice_and_mapped_again);
	tcase_add_test(tc, region_that_does_not_exist_einval);
	tcase_add_test(tc, start_and_stop_are_the_kernels_commands);
	tcase_add_test(tc, io_cmd_passes_command_argument_and_answer);
	tcase_add_test(tc, wait_tells_readable_from_time_over);
	tcase_add_test(tc, f22_wait_goes_on_after_signals_until_its_deadline);
	tcase_add_test(tc, f15_wait_on_a_device_that_is_gone_enodev);
	tcase_add_test(tc, reopen_opens_the_node_anew_under_the_same_number);
	tcase_add_test(tc, reopen_with_mappings_is_refused);
	tcase_add_test(tc, reopen_of_a_device_that_is_gone_keeps_the_handle);
	tcase_add_test(tc, f21_child_releases_without_unmapping_what_is_its_own);
	tcase_add_test(tc, f21_child_cannot_start_stop_or_map_the_parents_queue);
	tcase_add_test(tc, f21_child_opens_its_own_queue_by_reopen);
	tcase_add_test(tc, f21_grandchild_is_refused_too);
	tcase_add_test(tc, f33_two_thousand_descriptors_open_before);
	tcase_add_test(tc, f30_descriptor_number_out_of_range_emfile);
	tcase_add_test(tc, f33_thousand_contexts_come_and_go_without_a_trace);
	suite_add_tcase(suite, tc);
	return run_suite(suite);
}
