/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The line between the emulated queue manager and an engine behind it. The
 * queue manager fetches elements, keeps order, writes results and completions;
 * an engine is a pure worker: it is given a private copy of one element, reads
 * and writes the client's memory through emu_dma_*, and leaves its results in
 * the copy. Engines keep nothing about a client between elements: what a stream
 * needs lives in the client's context area, as on the hardware.
 */
#ifndef EMULATOR_ENGINE_H
#define EMULATOR_ENGINE_H

#include <stddef.h>
#include <stdint.h>

#define EMU_SQE_MAX 128

struct emu_dma; /* one client address space */

/*
 * Copy @nbytes between the device and the client. 0, or -EFAULT when any byte
 * is not accessible (a prefix may have been copied), or -ESRCH when the client
 * is gone. Lengths are bounded by the caller; addresses need no check before.
 */
int emu_dma_read(struct emu_dma *dma, void *dst, uint64_t addr, size_t nbytes);
int emu_dma_write(struct emu_dma *dma, uint64_t addr, const void *src, size_t nbytes);

struct emu_job {
	struct emu_dma *dma;
	unsigned int qm_version; /* 2, 3, 5: the number in the api string */
	unsigned int qc_type;	 /* algorithm type of the queue: zip 0 compress, 1 decompress */
	_Alignas(64) uint8_t sqe[EMU_SQE_MAX]; /* in: the element; out: with results */
};

struct emu_engine {
	const char *kind;	 /* word in --device: "zip", "null" */
	const char *driver_name; /* "hisi_zip": prefix of the device name */
	unsigned int sqe_nbytes;
	unsigned int qc_types; /* how many algorithm types it knows */
	/* The text of the sysfs attribute `algorithms`, newline terminated lines. */
	const char *(*algorithms)(unsigned int qm_version);
	/* Scratch memory of one worker thread; NULL on out of memory. */
	void *(*worker_new)(void);
	void (*worker_free)(void *worker);
	/*
	 * Run one element. 0: it completes (the status is in the element). -EFAULT:
	 * an address was bad; the queue manager lets the element complete with the
	 * results as the engine left them, logs and counts it. Other negative
	 * values: the element is so malformed that the queue dies (CQE error).
	 * Must end in bounded time whatever the element says.
	 */
	int (*execute)(void *worker, struct emu_job *job);
};

extern const struct emu_engine emu_engine_zip;
extern const struct emu_engine emu_engine_null;

#endif
