/* SPDX-License-Identifier: Apache-2.0 */
/* See inline_device.h. */
#include <check.h>
#include <stdlib.h>
#include "emulator/engine.h"
#include "inline_device.h"

/* The engine's way to memory: this process's own, except that NULL pages are nobody's. */
int emu_dma_read(struct emu_dma *dma, void *dst, uint64_t addr, size_t nbytes)
{
	(void)dma;
	if (nbytes && addr < 65536)
		return -EFAULT;
	memcpy(dst, (const void *)(uintptr_t)addr, nbytes);
	return 0;
}

int emu_dma_write(struct emu_dma *dma, uint64_t addr, const void *src, size_t nbytes)
{
	(void)dma;
	if (nbytes && addr < 65536)
		return -EFAULT;
	memcpy((void *)(uintptr_t)addr, src, nbytes);
	return 0;
}

static void *worker(void)
{
	static void *one;

	if (!one)
		one = emu_engine_zip.worker_new();
	if (!one)
		abort();
	return one;
}

static __attribute__((destructor)) void worker_free(void)
{
	emu_engine_zip.worker_free(worker());
}

void inline_device_open(struct inline_device *d, unsigned int version, uint32_t op_type)
{
	struct wd_queue_config config = { .ctx = fake_ctx(&d->fake), .op_type = op_type };

	memset(d, 0, sizeof(*d));
	fake_init(&d->fake, version);
	ck_assert_int_eq(hisi_zip_driver.queue_open(&config, &d->q), 0);
}

void inline_device_close(struct inline_device *d)
{
	hisi_zip_driver.queue_close(d->q);
	fake_free(&d->fake);
}

void inline_device_work(struct inline_device *d)
{
	struct emu_job job = { .qm_version = qm_api_version(d->fake.dev.api),
			       .qc_type = d->fake.qc_type };

	while (d->fake.sq_head != fake_tail(&d->fake)) {
		struct hisi_zip_sqe *sqe = fake_sqe(&d->fake, d->fake.sq_head);

		if (d->before)
			d->before(d, sqe);
		memcpy(job.sqe, sqe, sizeof(*sqe));
		ck_assert_int_eq(emu_engine_zip.execute(worker(), &job), 0);
		memcpy(sqe, job.sqe, sizeof(*sqe));
		d->jobs++;
		if (d->after)
			d->after(d, sqe);
		fake_complete(&d->fake);
	}
}

int inline_device_run(struct inline_device *d, struct wd_comp_msg *msg)
{
	struct wd_msg *done[2];
	int ret = hisi_zip_driver.submit(d->q, &msg->head);

	if (ret)
		return ret;
	inline_device_work(d);
	ck_assert_int_eq(hisi_zip_driver.reap(d->q, done, 2), 1);
	ck_assert_ptr_eq(done[0], &msg->head);
	return 0;
}
