// SPDX-License-Identifier: Apache-2.0
/*
 * The pipeline of chunks.
 */
#include <errno.h>
#include <string.h>
#include "compress.h"
#include "progress.h"
#include "report.h"

struct run {
	struct compressor *z;
	struct frame *fr;
	const struct input *in;
	struct output *out;
	unsigned int sent;  /* chunks, */
	unsigned int taken; /* and those of them that came back */
	bool at_end;
};

static int open_sender(struct compressor *z, enum format f, const char *file)
{
	if (z->sender)
		return 0;
	if (engine_start(z->engine, f, WD_DIR_COMPRESS, file))
		return -1;
	z->ops = f == FORMAT_LZ4 ? &chunk_blocks : &chunk_streams;
	z->sender = z->ops->open(z->engine, z->opts, f);
	if (z->sender)
		return 0;
	report_error(file, "the accelerator gives no session: %s", strerror(errno));
	return -1;
}

static struct chunk **slot(const struct run *r, unsigned int number)
{
	return &r->z->ring[number % r->z->opts->threads];
}

/* Read the next chunk and send it; at the end of the input there may be none. */
static int send_one(struct run *r)
{
	struct chunk **c = slot(r, r->sent);
	ssize_t n;

	if (!*c && !(*c = chunk_new(r->in->name)))
		return -1;
	n = input_read(r->in, (*c)->src, CHUNK_NBYTES);
	if (n < 0) {
		report_error(r->in->name, "%s", strerror(errno));
		return -1;
	}
	(*c)->src_nbytes = (uint32_t)n;
	(*c)->last = r->at_end = n < (ssize_t)CHUNK_NBYTES;
	if (!n)
		return 0;
	if (open_sender(r->z, r->fr->format, r->in->name))
		return -1;
	r->z->ops->send(r->z->sender, *c);
	r->sent++;
	return 0;
}

/* Wait for the oldest chunk. One that is lost belongs to the device for ever. */
static struct chunk *take_one(struct run *r)
{
	struct chunk **c = slot(r, r->taken++);
	struct chunk *taken = *c;

	r->z->ops->wait(r->z->sender, taken);
	if (!taken->done)
		*c = NULL;
	return taken;
}

static int write_one(struct run *r)
{
	const struct chunk *c = take_one(r);

	if (c->problem)
		report_error(r->in->name, "%s", c->problem);
	else if (c->code)
		report_error(r->in->name, "%s", engine_code_text(c->code));
	if (c->problem || c->code || frame_chunk(r->fr, r->out, c))
		return -1;
	progress_update(r->fr->nbytes, r->out->nbytes);
	return 0;
}

static int run_chunks(struct run *r)
{
	int rc = 0;

	while (!rc && !(r->at_end && r->sent == r->taken)) {
		if (!r->at_end && r->sent - r->taken < r->z->opts->threads)
			rc = send_one(r);
		else
			rc = write_one(r);
	}
	while (r->sent != r->taken)
		take_one(r);
	return rc;
}

int compress_file(struct compressor *z, struct frame *fr, const struct input *in,
		  struct output *out)
{
	struct run r = { .z = z, .fr = fr, .in = in, .out = out };
	int rc = frame_begin(fr, out);

	if (!rc)
		rc = run_chunks(&r);
	if (!rc)
		rc = frame_end(fr, out);
	frame_free(fr);
	return rc;
}

void compressor_free(struct compressor *z)
{
	if (z->sender)
		z->ops->close(z->sender);
	z->sender = NULL;
	for (unsigned int i = 0; i < OPTIONS_MAX_THREADS; i++)
		chunk_free(z->ring[i]);
}
