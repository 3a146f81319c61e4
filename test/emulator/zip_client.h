/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A client of the ZIP engine for its tests: memory the engine may touch, and
 * requests built by the facts (hisi-zip, sections 3 to 8), read by a third pair
 * of eyes beside driver and engine. The engine is called directly.
 */
#ifndef TEST_EMULATOR_ZIP_CLIENT_H
#define TEST_EMULATOR_ZIP_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "emulator/engine.h"
#include "include/uapi/hisi_qm.h"
#include "include/uapi/hisi_zip.h"

enum { CLIENT_REGIONS = 4096, CLIENT_READS = 4096 };

/* The client's address space: all else is not mapped. Test double of the real one. */
struct emu_dma {
	struct client_region {
		uint8_t *data;
		size_t nbytes;
		bool is_writable;
	} region[CLIENT_REGIONS];
	unsigned int nregions;
	bool is_gone; /* the process has ended: nothing can be reached */
	/* What the engine read since nreads was cleared: for those who look for double fetches. */
	struct client_read {
		uint64_t addr;
		size_t nbytes;
	} read[CLIENT_READS];
	unsigned int nreads;
};

struct zip_client {
	struct emu_dma dma;
	void *worker;
	unsigned int qm_version;
};

struct zip_client *client_new(void); /* version 3 */
void client_free(struct zip_client *c);
/* Exactly @nbytes (so that a sanitizer sees a byte too many), filled with 0xa5. */
void *client_alloc(struct zip_client *c, size_t nbytes);
void *client_copy(struct zip_client *c, const void *data, size_t nbytes);
void client_release(struct zip_client *c, void *data);

/* A hardware list of @nentries empty entries, and one entry of it set. */
struct hisi_sgl *client_list(struct zip_client *c, unsigned int nentries);
void list_put(struct hisi_sgl *list, unsigned int index, const void *data, size_t nbytes);

/* Run an element on a queue of that type; what execute() returned. */
int client_run(struct zip_client *c, unsigned int qc_type, struct hisi_zip_sqe *sqe);

/* A stateless element with flat buffers, as the user library sends it. */
struct hisi_zip_sqe element(uint32_t type, const void *in, size_t nin, void *out, size_t nout);

/* One stream: the context buffer and the words that travel through the element. */
struct zip_stream {
	struct zip_client *c;
	unsigned int qc_type;
	uint32_t type;
	uint32_t window_code;
	uint8_t *ctx;	  /* 64 KiB in the client's memory */
	uint32_t word[5]; /* dwords 15, 28, 29, 30, 31 */
	bool is_started;
	/* results of the last request */
	uint32_t consumed, produced, status;
	bool is_end;
};

void stream_open(struct zip_stream *s, struct zip_client *c, unsigned int qc_type, uint32_t type);
void stream_close(struct zip_stream *s);
struct hisi_zip_sqe stream_element(const struct zip_stream *s, const void *in, size_t nin,
				   void *out, size_t nout, bool is_finish);
void stream_results(struct zip_stream *s, const struct hisi_zip_sqe *sqe);
/* Buffers in the client's memory. Returns what execute() returned. */
int stream_run(struct zip_stream *s, const void *in, size_t nin, void *out, size_t nout,
	       bool is_finish);

/* Plain text of many kinds, the same in every run. */
enum data_kind { DATA_ZEROS, DATA_TEXT, DATA_RANDOM, DATA_BINARY, DATA_RUNS, DATA_KINDS };
void data_fill(enum data_kind kind, uint8_t *data, size_t nbytes);

/* A small generator of its own, so that a failure can be repeated from its seed. */
uint32_t next_random(uint64_t *state);

#endif
