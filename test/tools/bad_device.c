// SPDX-License-Identifier: Apache-2.0
/*
 * To be preloaded: stands between a program and libwd_comp and makes the device
 * worse than it is. BAD_FLIP=N: one bit is wrong in the output of the N-th
 * request (1 is the first). BAD_CODE=C with BAD_TIMES=N: the first N requests
 * fail with the negative code -C. BAD_GROW=1: streams that go on are as long as
 * their room, by empty stored blocks (RFC 1951), and right all the same.
 */
#include <dlfcn.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include "wd_comp.h"

#define EXPORT __attribute__((visibility("default")))

typedef int request_fn(handle_t session, struct wd_comp_req *req);

struct real_callback {
	wd_alg_comp_cb_t *cb;
	void *param;
	int flip;
};

static atomic_int requests;

static int number(const char *name)
{
	const char *text = getenv(name);

	return text ? atoi(text) : 0;
}

static void flip_bit(const struct wd_comp_req *req)
{
	if (req->dst_len)
		((unsigned char *)req->dst)[req->dst_len / 2] ^= 4;
}

static void *flip_then_call_back(struct wd_comp_req *req, void *arg)
{
	struct real_callback real = *(struct real_callback *)arg;

	free(arg);
	if (real.flip)
		flip_bit(req);
	return real.cb(req, real.param);
}

static void grow(struct wd_comp_req *req, __u32 room)
{
	static const unsigned char empty_block[] = { 0x00, 0x00, 0x00, 0xff, 0xff };

	while (room - req->dst_len >= sizeof(empty_block)) {
		memcpy((unsigned char *)req->dst + req->dst_len, empty_block, sizeof(empty_block));
		req->dst_len += sizeof(empty_block);
	}
}

EXPORT int wd_do_comp_strm(handle_t session, struct wd_comp_req *req)
{
	request_fn *next = (request_fn *)(uintptr_t)dlsym(RTLD_NEXT, "wd_do_comp_strm");
	int n = atomic_fetch_add(&requests, 1) + 1;
	__u32 room = req->dst_len;
	int rc;

	if (n <= number("BAD_TIMES"))
		return -number("BAD_CODE");
	rc = next(session, req);
	if (!rc && number("BAD_GROW") && !req->last)
		grow(req, room);
	if (!rc && n == number("BAD_FLIP"))
		flip_bit(req);
	return rc;
}

EXPORT int wd_do_comp_async(handle_t session, struct wd_comp_req *req)
{
	request_fn *next = (request_fn *)(uintptr_t)dlsym(RTLD_NEXT, "wd_do_comp_async");
	int n = atomic_fetch_add(&requests, 1) + 1;
	struct wd_comp_req changed = *req;
	struct real_callback *real;
	int rc;

	if (n <= number("BAD_TIMES"))
		return -number("BAD_CODE");
	real = malloc(sizeof(*real));
	if (!real)
		return -WD_ENOMEM;
	*real = (struct real_callback){ req->cb, req->cb_param, n == number("BAD_FLIP") };
	changed.cb = flip_then_call_back;
	changed.cb_param = real;
	rc = next(session, &changed);
	if (rc)
		free(real);
	return rc;
}
