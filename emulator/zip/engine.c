/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The emulated ZIP engine: takes an element apart, refuses what cannot be, hands
 * the rest to an algorithm and puts the results into the element. Every word of
 * the element comes from an untrusted client; after this file all sizes are
 * bounded. Words the device does not write keep the client's values.
 */
#include "emulator/engine.h"

#include <errno.h>
#include <string.h>

#include "dma_span.h"
#include "include/uapi/hisi_qm.h"
#include "request.h"
#include "worker.h"

/* What a request type asks for. */
struct algorithm {
	uint32_t type;
	int (*compress)(struct zip_request *r);
	int (*decompress)(struct zip_request *r);
	uint32_t max_flat_nbytes;
	bool is_in_type0; /* known to elements of type 0 */
	bool is_stateless_only;
	bool has_literals;
	bool has_window;
	bool needs_input;
};

#define DEFLATE_FAMILY(t)                                                                       \
	{                                                                                       \
		.type = (t), .compress = zip_compress, .decompress = zip_decompress,            \
		.max_flat_nbytes = ZIP_MAX_FLAT_NBYTES, .is_in_type0 = true, .has_window = true \
	}
#define LZ77_FAMILY(t, max)                                                                        \
	{                                                                                          \
		.type = (t), .compress = zip_lz77, .max_flat_nbytes = (max), .has_literals = true, \
		.has_window = true                                                                 \
	}

static const struct algorithm algorithms[] = {
	DEFLATE_FAMILY(ZIP_REQ_DEFLATE),
	DEFLATE_FAMILY(ZIP_REQ_ZLIB),
	DEFLATE_FAMILY(ZIP_REQ_GZIP),
	{.type = ZIP_REQ_LZ4,
	 .compress = zip_lz4,
	 .max_flat_nbytes = ZIP_MAX_FLAT_NBYTES,
	 .is_stateless_only = true,
	 .needs_input = true},
	LZ77_FAMILY(ZIP_REQ_LZ77_ONLY, ZIP_MAX_FLAT_NBYTES - 16),
	LZ77_FAMILY(ZIP_REQ_LZ77_ONLY_PRICE, ZIP_MAX_FLAT_NBYTES - 16),
	LZ77_FAMILY(ZIP_REQ_LZ77_ZSTD, ZIP_MAX_LZ77_ZSTD_NBYTES),
	LZ77_FAMILY(ZIP_REQ_LZ77_ZSTD_PRICE, ZIP_MAX_LZ77_ZSTD_NBYTES),
};

static const uint32_t window_nbytes[] = {4 << 10, 8 << 10, 16 << 10, 24 << 10, 32 << 10};

static const struct algorithm *algorithm_find(uint32_t type)
{
	for (size_t i = 0; i < sizeof(algorithms) / sizeof(algorithms[0]); i++) {
		if (algorithms[i].type == type)
			return &algorithms[i];
	}
	return NULL;
}

static bool element_type_is_known(const struct emu_job *job, const struct hisi_zip_sqe *sqe)
{
	return field_get(sqe, ZIP_SQE_TYPE) == (job->qm_version <= 2 ? 0 : 3);
}

static bool is_acceptable(const struct algorithm *a, const struct zip_request *r,
			  const struct hisi_zip_sqe *sqe, bool is_decompression)
{
	bool is_list = field_get(sqe, ZIP_BUFFER_TYPE) == ZIP_BUF_SGL;
	bool is_type0 = field_get(sqe, ZIP_SQE_TYPE) == 0;
	uint32_t max_nbytes = a->max_flat_nbytes;

	/* Only the deflate family is described with lists longer than a flat buffer. */
	if (is_list && a->decompress)
		max_nbytes = ZIP_MAX_REQUEST_NBYTES;
	if (is_type0 && !a->is_in_type0)
		return false;
	if (is_decompression ? !a->decompress : !a->compress)
		return false;
	if (r->is_stateful && a->is_stateless_only)
		return false;
	if (a->has_window && !is_decompression && !r->window_nbytes)
		return false;
	return field_get(sqe, ZIP_BUFFER_TYPE) <= ZIP_BUF_SGL && r->input_nbytes <= max_nbytes &&
	       (r->input_nbytes || !a->needs_input);
}

static int open_span(struct zip_request *r, struct dma_span *span, const struct hisi_zip_sqe *sqe,
		     unsigned int addr_word, uint32_t skip, uint32_t nbytes)
{
	uint64_t addr = field_get_addr(sqe, addr_word);

	if (nbytes > ZIP_MAX_REQUEST_NBYTES)
		nbytes = ZIP_MAX_REQUEST_NBYTES;
	if (field_get(sqe, ZIP_BUFFER_TYPE) == ZIP_BUF_FLAT)
		return dma_span_flat(span, r->dma, addr, nbytes);
	return dma_span_list(span, r->dma, addr, skip, nbytes);
}

static int open_spans(struct zip_request *r, const struct algorithm *a,
		      const struct hisi_zip_sqe *sqe)
{
	int ret = open_span(r, r->in, sqe, ZIP_ADDR_SOURCE, field_get(sqe, ZIP_IN_SGE_OFFSET),
			    r->input_nbytes);

	if (!ret && r->in->left < r->input_nbytes)
		ret = ZIP_ST_BAD_LIST;
	if (!ret)
		ret = open_span(r, r->out, sqe, ZIP_ADDR_DEST, field_get(sqe, ZIP_OUT_SGE_OFFSET),
				field_get(sqe, ZIP_DEST_AVAIL));
	if (!ret && a->has_literals)
		ret = open_span(r, r->literals, sqe, ZIP_ADDR_LITERAL, 0,
				field_get(sqe, ZIP_LITERAL_LENGTH));
	return ret;
}

static void decode(struct zip_request *r, struct zip_worker *worker, struct emu_job *job,
		   const struct hisi_zip_sqe *sqe)
{
	uint32_t window = field_get(sqe, ZIP_WINDOW_SIZE);

	*r = (struct zip_request){
		.worker = worker,
		.dma = job->dma,
		.type = field_get(sqe, ZIP_REQUEST_TYPE),
		.is_stateful = field_get(sqe, ZIP_STREAM_MODE),
		.is_first = field_get(sqe, ZIP_STREAM_NEW),
		.is_finish = field_get(sqe, ZIP_FLUSH_TYPE) == ZIP_FLUSH_FINISH,
		.input_nbytes = field_get(sqe, ZIP_INPUT_LENGTH),
		.in = &worker->in,
		.out = &worker->out,
		.literals = &worker->literals,
		.ctx_addr = field_get_addr(sqe, ZIP_ADDR_CTX),
		.ctx_word = {field_get(sqe, ZIP_CTX_DW0), field_get(sqe, ZIP_CTX_DW1),
			     field_get(sqe, ZIP_CTX_DW2)},
		.isize = field_get(sqe, ZIP_ISIZE),
		.checksum = field_get(sqe, ZIP_CHECKSUM),
	};
	if (window < sizeof(window_nbytes) / sizeof(window_nbytes[0]))
		r->window_nbytes = window_nbytes[window];
	/* The state words of a stateless request are leftovers of some stream. */
	if (!r->is_stateful)
		memset(r->ctx_word, 0, sizeof(r->ctx_word));
}

/*
 * Older clients send such an element when they only want a turn of the queue
 * (hardware facts, Q2): it must leave everything as it is.
 */
enum { NO_EFFECT_ROOM = 16 };

static bool has_no_effect(const struct zip_request *r, const struct hisi_zip_sqe *sqe)
{
	return r->is_stateful && !r->input_nbytes &&
	       field_get(sqe, ZIP_DEST_AVAIL) <= NO_EFFECT_ROOM;
}

static int run(struct zip_request *r, const struct emu_job *job, const struct hisi_zip_sqe *sqe)
{
	const struct algorithm *a = algorithm_find(r->type);
	bool is_decompression = job->qc_type == ZIP_QUEUE_DECOMP;
	int ret;

	if (!a || job->qc_type > ZIP_QUEUE_DECOMP || !element_type_is_known(job, sqe) ||
	    !is_acceptable(a, r, sqe, is_decompression))
		return ZIP_ST_BAD_REQUEST;
	if (has_no_effect(r, sqe))
		return ZIP_ST_OK;
	ret = open_spans(r, a, sqe);
	if (ret)
		return ret;
	return is_decompression ? a->decompress(r) : a->compress(r);
}

static void write_results(struct hisi_zip_sqe *sqe, const struct zip_request *r,
			  const struct emu_job *job, int status)
{
	field_set(sqe, ZIP_CONSUMED, r->consumed);
	field_set(sqe, ZIP_PRODUCED, r->produced);
	if (job->qm_version > 2) /* not a word of type 0 elements */
		field_set(sqe, ZIP_COMP_DATA_LENGTH, r->literal_nbytes);
	field_set(sqe, ZIP_STATUS, (uint32_t)status);
	field_set(sqe, ZIP_LAST_BLOCK, r->is_last_block);
	field_set(sqe, ZIP_CTX_DW0, r->ctx_word[0]);
	field_set(sqe, ZIP_CTX_DW1, r->ctx_word[1]);
	field_set(sqe, ZIP_CTX_DW2, r->ctx_word[2]);
	field_set(sqe, ZIP_ISIZE, r->isize);
	field_set(sqe, ZIP_CHECKSUM, r->checksum);
}

static int zip_execute(void *worker, struct emu_job *job)
{
	struct hisi_zip_sqe sqe;
	struct zip_request r;
	int ret;

	memcpy(&sqe, job->sqe, sizeof(sqe));
	decode(&r, worker, job, &sqe);
	ret = run(&r, job, &sqe);
	zip_worker_trim(worker);
	write_results(&sqe, &r, job, ret < 0 ? ZIP_ST_DMA_FAULT : ret);
	memcpy(job->sqe, &sqe, sizeof(sqe));
	return ret < 0 ? ret : 0;
}

/* The sets of a device of that version (uacce facts, section 5), in the kernel's order. */
static const char *zip_algorithms(unsigned int qm_version)
{
	if (qm_version <= 2)
		return "zlib\ngzip\n";
	return "zlib\ngzip\ndeflate\nlz77_zstd\nlz77_only\nlz4\n";
}

const struct emu_engine emu_engine_zip = {
	.kind = "zip",
	.driver_name = "hisi_zip",
	.sqe_nbytes = sizeof(struct hisi_zip_sqe),
	.qc_types = 3, /* clients may set up type 2 (DAE), of which no element is served */
	.algorithms = zip_algorithms,
	.worker_new = zip_worker_new,
	.worker_free = zip_worker_free,
	.execute = zip_execute,
};
