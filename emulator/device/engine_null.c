// SPDX-License-Identifier: Apache-2.0
/*
 * The null engine: takes ZIP elements, touches no client memory, and reports
 * the whole input as consumed and nothing as produced. For measuring what the
 * queue itself costs. Keeps no state.
 */
#include <stddef.h>

#include "../engine.h"
#include "hisi_zip.h"

static const char *null_algorithms(unsigned int qm_version)
{
	return qm_version < 3 ? "zlib\ngzip\n" : "zlib\ngzip\ndeflate\nlz77_zstd\nlz77_only\nlz4\n";
}

static void *null_worker_new(void)
{
	static char nothing;

	return &nothing;
}

static void null_worker_free(void *worker)
{
	(void)worker;
}

static int null_execute(void *worker, struct emu_job *job)
{
	struct hisi_zip_sqe *sqe = (struct hisi_zip_sqe *)job->sqe;

	(void)worker;
	field_set(sqe, ZIP_CONSUMED, field_get(sqe, ZIP_INPUT_LENGTH));
	field_set(sqe, ZIP_PRODUCED, 0);
	field_set(sqe, ZIP_COMP_DATA_LENGTH, 0);
	field_set(sqe, ZIP_STATUS, ZIP_ST_OK);
	field_set(sqe, ZIP_LAST_BLOCK, 0);
	return 0;
}

const struct emu_engine emu_engine_null = {
	.kind = "null",
	.driver_name = "hisi_zip",
	.sqe_nbytes = sizeof(struct hisi_zip_sqe),
	.qc_types = 3,
	.algorithms = null_algorithms,
	.worker_new = null_worker_new,
	.worker_free = null_worker_free,
	.execute = null_execute,
};
