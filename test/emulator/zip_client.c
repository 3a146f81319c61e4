/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the test's memory, its requests and its plain texts; see the header. */
#include "zip_client.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const struct client_region *region_find(const struct emu_dma *dma, uint64_t addr,
					       size_t nbytes)
{
	for (unsigned int i = 0; i < dma->nregions; i++) {
		const struct client_region *region = &dma->region[i];
		uint64_t offset = addr - (uintptr_t)region->data;

		if (region->data && offset <= region->nbytes && nbytes <= region->nbytes - offset)
			return region;
	}
	return NULL;
}

int emu_dma_read(struct emu_dma *dma, void *dst, uint64_t addr, size_t nbytes)
{
	if (!nbytes)
		return 0;
	if (dma->is_gone)
		return -ESRCH;
	if (!region_find(dma, addr, nbytes))
		return -EFAULT;
	if (dma->nreads < CLIENT_READS)
		dma->read[dma->nreads++] = (struct client_read){addr, nbytes};
	memcpy(dst, (const void *)(uintptr_t)addr, nbytes);
	return 0;
}

int emu_dma_write(struct emu_dma *dma, uint64_t addr, const void *src, size_t nbytes)
{
	const struct client_region *region;

	if (!nbytes)
		return 0;
	if (dma->is_gone)
		return -ESRCH;
	region = region_find(dma, addr, nbytes);
	if (!region || !region->is_writable)
		return -EFAULT;
	memcpy((void *)(uintptr_t)addr, src, nbytes);
	return 0;
}

struct zip_client *client_new(void)
{
	struct zip_client *c = calloc(1, sizeof(*c));

	if (!c)
		abort();
	c->qm_version = 3;
	c->worker = emu_engine_zip.worker_new();
	if (!c->worker)
		abort();
	return c;
}

void client_free(struct zip_client *c)
{
	for (unsigned int i = 0; i < c->dma.nregions; i++)
		free(c->dma.region[i].data);
	emu_engine_zip.worker_free(c->worker);
	free(c);
}

void *client_alloc(struct zip_client *c, size_t nbytes)
{
	/* Room for a list must be aligned to 64; malloc(0) may be NULL. */
	void *data = NULL;
	unsigned int i = 0;

	while (i < c->dma.nregions && c->dma.region[i].data)
		i++;
	if (i == CLIENT_REGIONS || posix_memalign(&data, 64, nbytes ? nbytes : 1))
		abort();
	memset(data, 0xa5, nbytes);
	c->dma.region[i] = (struct client_region){data, nbytes, true};
	if (i == c->dma.nregions)
		c->dma.nregions++;
	return data;
}

void *client_copy(struct zip_client *c, const void *data, size_t nbytes)
{
	void *copy = client_alloc(c, nbytes);

	if (nbytes)
		memcpy(copy, data, nbytes);
	return copy;
}

void client_release(struct zip_client *c, void *data)
{
	for (unsigned int i = 0; i < c->dma.nregions; i++) {
		if (c->dma.region[i].data == data) {
			free(data);
			c->dma.region[i].data = NULL;
			return;
		}
	}
	abort();
}

struct hisi_sgl *client_list(struct zip_client *c, unsigned int nentries)
{
	size_t nbytes = sizeof(struct hisi_sgl) + nentries * sizeof(struct hisi_sge);
	struct hisi_sgl *list = client_alloc(c, nbytes);

	memset(list, 0, nbytes);
	list->entry_sum_in_chain = htole16((uint16_t)nentries);
	list->entry_sum_in_sgl = htole16((uint16_t)nentries);
	list->entry_capacity = htole16((uint16_t)nentries);
	return list;
}

void list_put(struct hisi_sgl *list, unsigned int index, const void *data, size_t nbytes)
{
	list->entries[index].buf = htole64((uintptr_t)data);
	list->entries[index].len = htole32((uint32_t)nbytes);
}

int client_run(struct zip_client *c, unsigned int qc_type, struct hisi_zip_sqe *sqe)
{
	struct emu_job job = {.dma = &c->dma, .qm_version = c->qm_version, .qc_type = qc_type};
	int ret;

	memcpy(job.sqe, sqe, sizeof(*sqe));
	ret = emu_engine_zip.execute(c->worker, &job);
	memcpy(sqe, job.sqe, sizeof(*sqe));
	return ret;
}

struct hisi_zip_sqe element(uint32_t type, const void *in, size_t nin, void *out, size_t nout)
{
	struct hisi_zip_sqe sqe;

	memset(&sqe, 0, sizeof(sqe));
	sqe.dw[7] = htole32(0x3a000000);
	field_set(&sqe, ZIP_REQUEST_TYPE, type);
	field_set(&sqe, ZIP_WINDOW_SIZE, 4);
	field_set(&sqe, ZIP_INPUT_LENGTH, (uint32_t)nin);
	field_set(&sqe, ZIP_DEST_AVAIL, (uint32_t)nout);
	field_set(&sqe, ZIP_TAG_TYPE3, 0x12345678);
	field_set_addr(&sqe, ZIP_ADDR_SOURCE, (uintptr_t)in);
	field_set_addr(&sqe, ZIP_ADDR_DEST, (uintptr_t)out);
	return sqe;
}

void stream_open(struct zip_stream *s, struct zip_client *c, unsigned int qc_type, uint32_t type)
{
	memset(s, 0, sizeof(*s));
	s->c = c;
	s->qc_type = qc_type;
	s->type = type;
	s->window_code = 4;
	s->ctx = client_alloc(c, ZIP_CTX_NBYTES);
	memset(s->ctx, 0, ZIP_CTX_NBYTES);
}

void stream_close(struct zip_stream *s)
{
	client_release(s->c, s->ctx);
	s->ctx = NULL;
}

struct hisi_zip_sqe stream_element(const struct zip_stream *s, const void *in, size_t nin,
				   void *out, size_t nout, bool is_finish)
{
	struct hisi_zip_sqe sqe = element(s->type, in, nin, out, nout);

	/* The four values of the facts, section 3, for type 3. */
	if (s->is_started)
		sqe.dw[7] = htole32(is_finish ? 0x36000000 : 0x34000000);
	else
		sqe.dw[7] = htole32(is_finish ? 0x3e000000 : 0x3c000000);
	field_set(&sqe, ZIP_WINDOW_SIZE, s->window_code);
	field_set_addr(&sqe, ZIP_ADDR_CTX, (uintptr_t)s->ctx + ZIP_CTX_DEVICE_OFFSET);
	field_set(&sqe, ZIP_CTX_DW0, s->word[0]);
	field_set(&sqe, ZIP_CTX_DW1, s->word[1]);
	field_set(&sqe, ZIP_CTX_DW2, s->word[2]);
	field_set(&sqe, ZIP_ISIZE, s->word[3]);
	field_set(&sqe, ZIP_CHECKSUM, s->word[4]);
	return sqe;
}

void stream_results(struct zip_stream *s, const struct hisi_zip_sqe *sqe)
{
	s->is_started = true;
	s->word[0] = field_get(sqe, ZIP_CTX_DW0);
	s->word[1] = field_get(sqe, ZIP_CTX_DW1);
	s->word[2] = field_get(sqe, ZIP_CTX_DW2);
	s->word[3] = field_get(sqe, ZIP_ISIZE);
	s->word[4] = field_get(sqe, ZIP_CHECKSUM);
	s->consumed = field_get(sqe, ZIP_CONSUMED);
	s->produced = field_get(sqe, ZIP_PRODUCED);
	s->status = field_get(sqe, ZIP_STATUS);
	s->is_end = field_get(sqe, ZIP_LAST_BLOCK);
}

int stream_run(struct zip_stream *s, const void *in, size_t nin, void *out, size_t nout,
	       bool is_finish)
{
	struct hisi_zip_sqe sqe = stream_element(s, in, nin, out, nout, is_finish);
	int ret = client_run(s->c, s->qc_type, &sqe);

	stream_results(s, &sqe);
	return ret;
}

uint32_t next_random(uint64_t *state)
{
	*state = *state * 6364136223846793005ull + 1442695040888963407ull;
	return (uint32_t)(*state >> 33);
}

static void fill_text(uint8_t *data, size_t nbytes, uint64_t *seed)
{
	static const char *const words[] = {"queue", "the ",   "device ", "doorbell",
					    " is ",  ", ",     "and ",	  "completion ",
					    "0x",    "ring\n", "a",	  "writes "};
	size_t n = 0;

	while (n < nbytes) {
		const char *word = words[next_random(seed) % (sizeof(words) / sizeof(words[0]))];

		for (; *word && n < nbytes; word++)
			data[n++] = (uint8_t)*word;
	}
}

/* Records with a counter, small numbers and a few addresses. */
static void fill_binary(uint8_t *data, size_t nbytes, uint64_t *seed)
{
	for (size_t n = 0; n < nbytes; n++) {
		switch (n % 16) {
		case 0:
			data[n] = (uint8_t)(n >> 4);
			break;
		case 1:
			data[n] = (uint8_t)(n >> 12);
			break;
		case 5:
			data[n] = (uint8_t)next_random(seed);
			break;
		case 9:
			data[n] = next_random(seed) % 8;
			break;
		default:
			data[n] = n % 16 > 10 ? 0x7f : 0;
		}
	}
}

static void fill_runs(uint8_t *data, size_t nbytes, uint64_t *seed)
{
	size_t n = 0;

	while (n < nbytes) {
		uint8_t byte = (uint8_t)next_random(seed);
		size_t run = next_random(seed) % 700;

		while (run-- && n < nbytes)
			data[n++] = byte;
	}
}

void data_fill(enum data_kind kind, uint8_t *data, size_t nbytes)
{
	uint64_t seed = 1 + (uint64_t)kind;

	switch (kind) {
	case DATA_TEXT:
		fill_text(data, nbytes, &seed);
		break;
	case DATA_RANDOM:
		for (size_t n = 0; n < nbytes; n++)
			data[n] = (uint8_t)next_random(&seed);
		break;
	case DATA_BINARY:
		fill_binary(data, nbytes, &seed);
		break;
	case DATA_RUNS:
		fill_runs(data, nbytes, &seed);
		break;
	case DATA_ZEROS:
	case DATA_KINDS:
		memset(data, 0, nbytes);
		break;
	}
}
