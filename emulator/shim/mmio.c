// SPDX-License-Identifier: Apache-2.0
/*
 * Owns what an MMIO access becomes: a STORE packet, or a LOAD packet and its
 * answer. A store waits while the device's queue of packets is full, so none is
 * lost; the order of one thread's accesses is the order of its packets. A
 * device that is gone swallows stores and answers loads with all ones, as a
 * device pulled out of its slot does.
 */
#include "shim.h"

#include "mmio.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../protocol.h"
#include "deadline.h"

#define LOAD_TIMEOUT_MS 5000

static bool send_packet(struct region *region, const struct emu_request *request)
{
	long sent;

	do {
		sent = syscall(SYS_sendto, region->token, request, sizeof(*request), MSG_NOSIGNAL,
			       NULL, 0);
	} while (sent < 0 && errno == EINTR);
	return sent == sizeof(*request);
}

void mmio_store(struct region *region, uint64_t offset, unsigned int nbytes, uint64_t value)
{
	struct emu_request request = {
		.version = EMU_PROTOCOL_VERSION,
		.op = EMU_STORE,
		.cmd = nbytes,
		.offset = offset,
		.value = value,
	};

	send_packet(region, &request);
}

/* The next answer on the token; false: none in time. */
static bool receive_answer(struct region *region, const struct deadline *deadline,
			   struct emu_reply *reply)
{
	long got;

	for (;;) {
		got = syscall(SYS_recvfrom, region->token, reply, sizeof(*reply), MSG_DONTWAIT,
			      NULL, NULL);
		if (got == sizeof(*reply))
			return true;
		if (got >= 0 || (errno != EAGAIN && errno != EINTR))
			return false;
		if (errno == EAGAIN && !deadline_poll(deadline, region->token, POLLIN))
			return false;
	}
}

/*
 * Answers carry no number, but they come in order: those to earlier loads that
 * were given up come first.
 */
static uint64_t load_locked(struct region *region, const struct emu_request *request,
			    const struct deadline *deadline)
{
	struct emu_reply reply;

	if (!send_packet(region, request))
		return UINT64_MAX;
	region->late_answers++;
	do {
		if (!receive_answer(region, deadline, &reply))
			return UINT64_MAX;
	} while (--region->late_answers);
	return reply.error ? UINT64_MAX : reply.value;
}

static bool lock_loads(struct region *region, const struct deadline *deadline)
{
	unsigned int unlocked = 0;

	while (!atomic_compare_exchange_strong(&region->load_lock, &unlocked, 1)) {
		unlocked = 0;
		if (deadline_now_ns() > deadline->ns)
			return false;
		syscall(SYS_sched_yield);
	}
	return true;
}

uint64_t mmio_load(struct region *region, uint64_t offset, unsigned int nbytes)
{
	struct deadline deadline = deadline_in_ms(LOAD_TIMEOUT_MS);
	struct emu_request request = {
		.version = EMU_PROTOCOL_VERSION,
		.op = EMU_LOAD,
		.cmd = nbytes,
		.offset = offset,
	};
	uint64_t value;

	if (!lock_loads(region, &deadline))
		return UINT64_MAX;
	value = load_locked(region, &request, &deadline);
	region->load_lock = 0;
	return value;
}
