/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A private wd-emulatord and a client that speaks emulator/protocol.h to it
 * without a shim. Waits have a deadline of ten seconds; running into it fails
 * the test.
 */
#ifndef TEST_DEVICE_CLIENT_H
#define TEST_DEVICE_CLIENT_H

#include <check.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "emulator/protocol.h"
#include "include/uapi/hisi_qm.h"
#include "include/uapi/hisi_zip.h"
#include "include/uapi/uacce.h"
#include "include/uapi/wd_shadow.h"

#define NAME0 "hisi_zip-0"

struct daemon {
	pid_t pid;
	char dir[64];
};

/* Path of the program under test. */
const char *daemon_program(void);
/* @args: further arguments, NULL terminated list; may be NULL for one default null device. */
void daemon_start(struct daemon *d, const char *const *args);
/* In the directory that @d names already. */
void daemon_start_in(struct daemon *d, const char *const *args);
/* One device. */
void daemon_start_device(struct daemon *d, const char *spec);
/* End it by SIGTERM; checks that it ends well and leaves nothing. */
void daemon_stop(struct daemon *d);
bool daemon_is_alive(const struct daemon *d);
/* Path below the directory, in a static buffer. */
const char *daemon_path(const struct daemon *d, const char *name);
/* Text of a device's attribute, in a static buffer. */
const char *daemon_attribute(const struct daemon *d, const char *device, const char *name);
long daemon_number(const struct daemon *d, const char *device, const char *name);
int daemon_connect(const struct daemon *d, int type, const char *name);
/* Send a control line, return the answer without newline, in a static buffer. */
const char *daemon_control(const struct daemon *d, const char *line);
/* A counter of a queue from "stats". */
unsigned long daemon_counter(const struct daemon *d, unsigned int queue, const char *counter);
/* CPU time used so far, in clock ticks. */
unsigned long daemon_ticks(const struct daemon *d);

struct client {
	int fd;
	uint16_t id;
	struct hisi_qp_info info;
	uint8_t *dus;
	size_t dus_nbytes;
	int dus_token, mmio_token, shadow_token;
	struct wd_shadow_page *shadow;
	unsigned int tail, head, phase;
};

uint64_t test_now_ms(void);

/* Open a device; the error number. */
int client_open(struct client *c, const struct daemon *d, const char *name);
void client_map_rings(struct client *c, const struct daemon *d, const char *name);
/* Open, map, start: ready to submit. */
void client_start(struct client *c, const struct daemon *d, const char *name, unsigned int type);
void client_start_shadow(struct client *c, const struct daemon *d, const char *name);
void client_close(struct client *c);

/* One request; the error number. Token or memory descriptors are returned in fds (-1: none). */
int client_request(struct client *c, struct emu_request *request, struct emu_reply *reply,
		   int *token, int *memory);
void client_send_fd(int to, int fd);
int client_receive_fd(int from);
int client_ioctl(struct client *c, uint32_t cmd, void *arg);
/* *token and *memory may be NULL when only the error number matters. */
int client_map(struct client *c, uint64_t region, uint64_t nbytes, int *token, int *memory);
unsigned int client_poll(struct client *c);
void client_store(struct client *c, uint64_t offset, unsigned int nbytes, uint64_t value);
uint64_t client_load(struct client *c, uint64_t offset, unsigned int nbytes, int *error);

struct hisi_zip_sqe *client_sqe(struct client *c, unsigned int slot);
/* A fresh element whose input length is @value. */
void client_fill(struct client *c, unsigned int slot, uint32_t value);
struct hisi_qm_cqe client_cqe(struct client *c, unsigned int slot);
uint32_t client_tx(struct client *c);
uint32_t client_rx(struct client *c);
void client_ring_sq(struct client *c, unsigned int index);
void client_ring_cq(struct client *c, unsigned int index, unsigned int notify);
void client_wait_cqe(struct client *c, unsigned int slot, unsigned int phase);
/* Fill @count elements after the tail with the values @first, @first + 1, ... and ring. */
void client_submit(struct client *c, unsigned int count, uint32_t first);
/* Wait for the next completion, check its index and result, acknowledge it. */
void client_consume(struct client *c, unsigned int slot, uint32_t value);
/* Whole round: one element there and back. */
void client_check_alive(struct client *c, uint32_t value);
/* Is an interrupt packet there within @ms? Takes one. */
bool client_interrupt(struct client *c, int ms);
unsigned int client_drain_interrupts(struct client *c);

/* main() of a test program. */
int device_test_run(const char *name, double timeout_s, void (*add_tests)(TCase *));

#define wait_until(condition)                                                                \
	do {                                                                                 \
		uint64_t wait_end_ = test_now_ms() + 10000;                                  \
		while (!(condition))                                                         \
			ck_assert_msg(test_now_ms() < wait_end_, "in vain: %s", #condition); \
	} while (0)

#endif
