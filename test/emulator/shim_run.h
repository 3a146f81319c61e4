/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests that are programs under wd-emulate: they start themselves again below
 * it, and then use a device as any program would. The only thing they know of
 * the emulator is its control socket, to make things happen to the device.
 */
#ifndef TEST_SHIM_RUN_H
#define TEST_SHIM_RUN_H

#include <check.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NAME0 "hisi_zip-0"
#define NODE0 "/dev/" NAME0
#define CLASS0 "/sys/class/uacce/" NAME0

#define IOC_START 0x5700UL
#define IOC_PUT 0x5701UL
#define IOC_UNKNOWN 0x5799UL
#define IOC_SET_QP_CTX 0xC004480AUL
#define IOC_SET_QP_INFO 0xC010480BUL

#define DOORBELL 0x1000
#define DEPTH 1024

struct qp_ctx {
	uint16_t id;
	uint16_t type;
};

struct qp_info {
	uint32_t sqe_size;
	uint16_t sq_depth;
	uint16_t cq_depth;
	uint64_t reserved;
};

/* Returns when the program is under wd-emulate with @spec as its device. */
void shim_enter(char **argv, const char *spec);
/* Run the suite; exit status. @spec as above. */
int shim_main(char **argv, const char *spec, Suite *suite);

/* One command to the daemon; its answer in a static buffer. */
const char *control(const char *command);
long attribute(const char *name);
uint64_t now_ms(void);

struct queue {
	int fd;
	uint8_t *dus;
	size_t dus_nbytes;
	volatile uint8_t *mmio;
	size_t mmio_nbytes;
	uint16_t id;
	unsigned int tail, head, phase;
	uint32_t submitted, completed;
};

/* Open, map, start. */
void queue_open(struct queue *q);
void queue_close(struct queue *q);
void doorbell(struct queue *q, unsigned int command, unsigned int index, unsigned int notify);
/* @count elements and the doorbell. */
void queue_submit(struct queue *q, unsigned int count);
bool queue_has_completion(struct queue *q);
/* Are all submitted elements completed, although not consumed? */
bool queue_is_done(struct queue *q);
/* Wait for all that was submitted, check each, acknowledge with @notify. */
void queue_consume(struct queue *q, unsigned int notify);
/* One there and back. */
void queue_check(struct queue *q);

#define wait_until(condition)                                                           \
	do {                                                                            \
		uint64_t wait_end_ = now_ms() + 20000;                                  \
		while (!(condition))                                                    \
			ck_assert_msg(now_ms() < wait_end_, "in vain: %s", #condition); \
	} while (0)

#define ck_assert_errno(call, error)                                                           \
	do {                                                                                   \
		errno = 0;                                                                     \
		ck_assert_msg((call) == -1 && errno == (error), "%s: errno %d", #call, errno); \
	} while (0)

#endif
