/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A hostile client against the ZIP engine: the fuzzer's bytes are its memory, its
 * lists, contexts and elements. Whatever they say, the engine comes back with 0 or
 * -EFAULT, keeps the words it must keep, and reports no more than there was.
 *
 * With -DFUZZ_STANDALONE it is a program that runs pseudo-random inputs, or the
 * files named, without libFuzzer.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "emulator/engine.h"
#include "include/uapi/hisi_qm.h"
#include "include/uapi/hisi_zip.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t nbytes);

#define CHECK(x)                                                                \
	do {                                                                    \
		if (!(x)) {                                                     \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #x); \
			abort();                                                \
		}                                                               \
	} while (0)

/* The client's memory: a context at 0, lists at LISTS, data from DATA on. */
enum {
	LISTS = 0xa000,
	DATA = 0xc000,
	ARENA_NBYTES = 0x18000,
	STEPS_MAX = 24,
};
#define BASE 0x10000ull

struct emu_dma {
	uint8_t arena[ARENA_NBYTES];
};

static struct emu_dma client;
static void *worker;

int emu_dma_read(struct emu_dma *dma, void *dst, uint64_t addr, size_t nbytes)
{
	if (addr < BASE || addr - BASE > ARENA_NBYTES || nbytes > ARENA_NBYTES - (addr - BASE))
		return -EFAULT;
	if (nbytes)
		memcpy(dst, dma->arena + (addr - BASE), nbytes);
	return 0;
}

int emu_dma_write(struct emu_dma *dma, uint64_t addr, const void *src, size_t nbytes)
{
	if (addr < BASE || addr - BASE > ARENA_NBYTES || nbytes > ARENA_NBYTES - (addr - BASE))
		return -EFAULT;
	if (nbytes)
		memcpy(dma->arena + (addr - BASE), src, nbytes);
	return 0;
}

struct input {
	const uint8_t *p, *end;
};

static uint32_t take(struct input *in, int nbytes)
{
	uint32_t v = 0;

	while (nbytes-- && in->p < in->end)
		v = v << 8 | *in->p++;
	return v;
}

/* Some bytes of the input to a place in the arena. */
static void poke(struct input *in)
{
	uint32_t at = take(in, 3) % ARENA_NBYTES;
	size_t n = take(in, 1);

	if (n > (size_t)(in->end - in->p))
		n = (size_t)(in->end - in->p);
	if (n > ARENA_NBYTES - at)
		n = ARENA_NBYTES - at;
	memcpy(client.arena + at, in->p, n);
	in->p += n;
}

/* One of four lists, each linked to any of them or to none. */
static void poke_list(struct input *in)
{
	uint32_t control = take(in, 2);
	struct hisi_sgl *list = (void *)(client.arena + LISTS + 1024 * (control & 3));
	uint32_t next = control >> 2 & 7;

	list->next = htole64(next < 4 ? BASE + LISTS + 1024 * next : 0);
	list->entry_sum_in_sgl = htole16(control >> 5 & 31);
	for (uint32_t i = 0; i < (control >> 5 & 31) && i < 30; i++) {
		list->entries[i].buf = htole64(BASE + DATA + take(in, 2) % (ARENA_NBYTES - DATA));
		list->entries[i].len = htole32(take(in, 1) << (control >> 10 & 7));
	}
}

static uint64_t place(struct input *in, bool is_list)
{
	uint32_t v = take(in, 2);

	if (v == 0xffff)
		return (uint64_t)take(in, 4) << 32 | take(in, 4);
	return is_list ? BASE + LISTS + 1024 * (v & 3) : BASE + DATA + v % (ARENA_NBYTES - DATA);
}

/* An element that gets past the first look; @last lends its words to a stream. */
static struct hisi_zip_sqe make_element(struct input *in, const struct hisi_zip_sqe *last)
{
	static const uint8_t types[] = {1, 2, 3, 4, 0x40, 0x41, 0x42, 0x43};
	uint32_t control = take(in, 4);
	bool is_list = control & 8;
	struct hisi_zip_sqe sqe = *last;

	field_set(&sqe, ZIP_SQE_TYPE, 3);
	field_set(&sqe, ZIP_REQUEST_TYPE, types[control & 7]);
	field_set(&sqe, ZIP_BUFFER_TYPE, is_list);
	field_set(&sqe, ZIP_STREAM_MODE, control >> 4);
	field_set(&sqe, ZIP_STREAM_NEW, control >> 5);
	field_set(&sqe, ZIP_FLUSH_TYPE, control >> 6);
	field_set(&sqe, ZIP_WINDOW_SIZE, (control >> 7 & 7) % 5);
	field_set(&sqe, ZIP_IN_SGE_OFFSET, control >> 24);
	field_set(&sqe, ZIP_INPUT_LENGTH, take(in, 2));
	field_set(&sqe, ZIP_DEST_AVAIL, take(in, 2));
	field_set(&sqe, ZIP_LITERAL_LENGTH, 0xffff);
	field_set_addr(&sqe, ZIP_ADDR_SOURCE, place(in, is_list));
	field_set_addr(&sqe, ZIP_ADDR_DEST, place(in, is_list));
	field_set_addr(&sqe, ZIP_ADDR_LITERAL, place(in, is_list));
	field_set_addr(&sqe, ZIP_ADDR_CTX, BASE);
	return sqe;
}

static struct hisi_zip_sqe raw_element(struct input *in)
{
	struct hisi_zip_sqe sqe;

	for (int i = 0; i < 32; i++)
		sqe.dw[i] = htole32(take(in, 4));
	return sqe;
}

static void run(struct hisi_zip_sqe *sqe, unsigned int version, unsigned int qc_type)
{
	struct emu_job job = {.dma = &client, .qm_version = version, .qc_type = qc_type};
	struct hisi_zip_sqe before = *sqe;
	int ret;

	memcpy(job.sqe, sqe, sizeof(*sqe));
	ret = emu_engine_zip.execute(worker, &job);
	memcpy(sqe, job.sqe, sizeof(*sqe));
	CHECK(ret == 0 || ret == -EFAULT);
	CHECK(!ret || field_get(sqe, ZIP_STATUS) >= 0x80);
	CHECK(field_get(sqe, ZIP_CONSUMED) <= field_get(&before, ZIP_INPUT_LENGTH));
	CHECK(field_get(sqe, ZIP_PRODUCED) <= field_get(&before, ZIP_DEST_AVAIL));
	CHECK(!memcmp(&sqe->dw[4], &before.dw[4], 11 * 4));
	CHECK(!memcmp(&sqe->dw[16], &before.dw[16], 12 * 4));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t nbytes)
{
	struct input in = {data, data + nbytes};
	struct hisi_zip_sqe sqe;

	if (!worker)
		worker = emu_engine_zip.worker_new();
	CHECK(worker);
	memset(&sqe, 0, sizeof(sqe));
	memset(&client, 0, sizeof(client));
	for (size_t i = DATA; nbytes && i < ARENA_NBYTES; i++)
		client.arena[i] = data[i % nbytes];
	for (int step = 0; step < STEPS_MAX && in.p < in.end; step++) {
		uint32_t op = take(&in, 1);

		switch (op & 7) {
		case 0:
			poke(&in);
			break;
		case 1:
			poke_list(&in);
			break;
		case 2:
			sqe = raw_element(&in);
			run(&sqe, op >> 4, op >> 3 & 1);
			break;
		default:
			sqe = make_element(&in, &sqe);
			run(&sqe, 3, op >> 3 & 1);
		}
	}
	return 0;
}

#ifdef FUZZ_STANDALONE
static int run_file(const char *name)
{
	static uint8_t data[1 << 20];
	FILE *file = fopen(name, "rb");
	size_t n;

	if (!file) {
		perror(name);
		return EXIT_FAILURE;
	}
	n = fread(data, 1, sizeof(data), file);
	fclose(file);
	return LLVMFuzzerTestOneInput(data, n);
}

int main(int argc, char **argv)
{
	uint64_t state = 42;
	uint8_t data[600];
	int ret = 0;

	for (int i = 1; i < argc; i++)
		ret |= run_file(argv[i]);
	for (int round = 0; round < 4000 && argc == 1; round++) {
		size_t n = 100 + (size_t)round % (sizeof(data) - 100);

		for (size_t i = 0; i < n; i++) {
			state = state * 6364136223846793005ull + 1442695040888963407ull;
			data[i] = (uint8_t)(state >> 40);
		}
		ret |= LLVMFuzzerTestOneInput(data, n);
	}
	emu_engine_zip.worker_free(worker);
	return ret;
}
#endif
