// SPDX-License-Identifier: Apache-2.0
/*
 * The schedulers that come with the library. It owns the sets of contexts
 * ("regions") a scheduler was given, the choice of a context when a session is
 * made, and the order in which contexts are polled. A session keeps the contexts
 * chosen for it: picking only reads its key, so the core may remember the answer.
 */
#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include "node.h"
#include "sched_rr.h"

#define MAX_POS 65536	 /* contexts of one scheduler; a process has no more descriptors for them */
#define POLL_SHARE 16	 /* completions taken from one context before it is the next one's turn */

/* Contexts begin..end serve one operation in one mode on one node or device. */
struct region {
	bool valid;
	uint32_t begin;
	uint32_t end;
	_Atomic uint32_t next; /* sessions placed here so far */
};

struct sched {
	struct wd_sched pub; /* first: what the caller has is its address */
	bool by_device; /* SCHED_POLICY_DEV: places are devices, not nodes */
	uint32_t ntypes;
	uint32_t nplaces; /* 0: a policy without regions */
	user_poll_func poll;
	uint32_t *async; /* contexts to poll, each once, ascending */
	uint32_t nasync;
	_Atomic uint32_t turn; /* where the next poll starts */
	struct region regions[]; /* [place][mode][type] */
};

/* What a session has; freed by whoever frees the session. */
struct sched_key {
	uint32_t pos[CTX_MODE_MAX];
};

static struct region *region_at(struct sched *s, uint32_t place, uint32_t mode, uint32_t type)
{
	return &s->regions[(place * CTX_MODE_MAX + mode) * s->ntypes + type];
}

/* -------------------------------------------------------- making a session */

static struct region *nearest_region(struct sched *s, int node, uint32_t mode, uint32_t type)
{
	struct region *best = NULL;
	int best_distance = 0;

	for (uint32_t place = 0; place < s->nplaces; place++) {
		struct region *r = region_at(s, place, mode, type);
		int distance;

		if (!r->valid)
			continue;
		distance = wd_node_distance(node, place);
		if (!best || distance < best_distance) {
			best = r;
			best_distance = distance;
		}
	}
	return best;
}

/* The sessions of a region take its contexts in turn. */
static uint32_t place_session(struct region *r)
{
	uint32_t n;

	if (!r)
		return INVALID_POS;
	n = atomic_fetch_add_explicit(&r->next, 1, memory_order_relaxed);
	return r->begin + n % (r->end - r->begin + 1);
}

static handle_t new_key(struct region *sync, struct region *async)
{
	struct sched_key *key = malloc(sizeof(*key));

	if (!key)
		return (handle_t)WD_ERR_PTR(-WD_ENOMEM);
	key->pos[CTX_MODE_SYNC] = place_session(sync);
	key->pos[CTX_MODE_ASYNC] = place_session(async);
	return (handle_t)key;
}

static handle_t rr_session(handle_t h_sched_ctx, void *sched_param)
{
	struct sched *s = (struct sched *)h_sched_ctx;
	const struct sched_params *param = sched_param;
	uint32_t type = param ? param->type : 0;
	int node = param ? param->numa_id : NUMA_NO_NODE;

	if (!s || type >= s->ntypes)
		return (handle_t)WD_ERR_PTR(-WD_EINVAL);
	if (node < 0)
		node = wd_node_here();
	return new_key(nearest_region(s, node, CTX_MODE_SYNC, type),
		       nearest_region(s, node, CTX_MODE_ASYNC, type));
}

/* Without a parameter: the first device that has anything. Memory of one device suits no other. */
static uint32_t first_device(struct sched *s, uint32_t type)
{
	for (uint32_t place = 0; place < s->nplaces; place++)
		for (uint32_t mode = 0; mode < CTX_MODE_MAX; mode++)
			if (region_at(s, place, mode, type)->valid)
				return place;
	return 0;
}

static struct region *valid_region(struct sched *s, uint32_t place, uint32_t mode, uint32_t type)
{
	struct region *r = region_at(s, place, mode, type);

	return r->valid ? r : NULL;
}

static handle_t dev_session(handle_t h_sched_ctx, void *sched_param)
{
	struct sched *s = (struct sched *)h_sched_ctx;
	const struct sched_params *param = sched_param;
	uint32_t type = param ? param->type : 0;
	struct region *sync, *async;
	uint32_t dev;

	if (!s || type >= s->ntypes)
		return (handle_t)WD_ERR_PTR(-WD_EINVAL);
	dev = param ? param->dev_id : first_device(s, type);
	if (dev >= s->nplaces)
		return (handle_t)WD_ERR_PTR(-WD_EINVAL);
	sync = valid_region(s, dev, CTX_MODE_SYNC, type);
	async = valid_region(s, dev, CTX_MODE_ASYNC, type);
	if (!sync && !async)
		return (handle_t)WD_ERR_PTR(-WD_EINVAL);
	return new_key(sync, async);
}

static handle_t keyless_session(handle_t h_sched_ctx, void *sched_param)
{
	(void)h_sched_ctx;
	(void)sched_param;
	return 0;
}

/* ---------------------------------------------------------------- picking */

static __u32 pick_by_key(handle_t h_sched_ctx, void *sched_key, const int sched_mode)
{
	const struct sched_key *key = sched_key;

	(void)h_sched_ctx;
	if (!key || (unsigned int)sched_mode >= CTX_MODE_MAX)
		return INVALID_POS;
	return key->pos[sched_mode];
}

static __u32 pick_first(handle_t h_sched_ctx, void *sched_key, const int sched_mode)
{
	(void)h_sched_ctx;
	(void)sched_key;
	(void)sched_mode;
	return 0;
}

static __u32 pick_by_mode(handle_t h_sched_ctx, void *sched_key, const int sched_mode)
{
	(void)h_sched_ctx;
	(void)sched_key;
	return sched_mode == CTX_MODE_SYNC ? 0 : 1;
}

/* ---------------------------------------------------------------- polling */

/* Poll one context. Completions, which are also added to *@count, or a code other than -EAGAIN. */
static int poll_one(struct sched *s, uint32_t pos, uint32_t want, __u32 *count)
{
	__u32 got = 0;
	int rc = s->poll(pos, want, &got);

	/* -EAGAIN may come with completions, and so may an error: they are counted all the same. */
	*count += got;
	if (rc < 0 && rc != -WD_EAGAIN)
		return rc;
	return (int)got;
}

/*
 * One time round all asynchronous contexts, each up to its share, starting where
 * the last poll ended, so that a caller who wants little does not always ask the
 * same ones. Who was cut short because the caller had enough comes first the next
 * time, unless he was the first this time. A context in trouble does not keep the
 * others waiting. Completions; and in *@error the first error.
 */
static uint32_t poll_round(struct sched *s, uint32_t want, __u32 *count, int *error)
{
	uint32_t at = atomic_load_explicit(&s->turn, memory_order_relaxed) % s->nasync;
	uint32_t left = want, turn = at;

	for (uint32_t i = 0; i < s->nasync && left; i++) {
		uint32_t share = left < POLL_SHARE ? left : POLL_SHARE;
		int got = poll_one(s, s->async[at], share, count);
		uint32_t after = at + 1 < s->nasync ? at + 1 : 0;

		turn = i && share < POLL_SHARE ? at : after;
		at = after;
		if (got < 0)
			*error = *error ? *error : got;
		else
			left -= (uint32_t)got < left ? (uint32_t)got : left;
	}
	atomic_store_explicit(&s->turn, turn, memory_order_relaxed);
	return want - left;
}

static int poll_rr(handle_t h_sched_ctx, __u32 expect, __u32 *count)
{
	struct sched *s = (struct sched *)h_sched_ctx;
	int error = 0;

	if (!s || !count || !expect)
		return -WD_EINVAL;
	if (!s->nasync)
		return 0;
	/* Until there are enough, or a whole round has found nothing. */
	while (expect && !error) {
		uint32_t got = poll_round(s, expect, count, &error);

		if (!got)
			break;
		expect -= got;
	}
	return error;
}

static int poll_pos(handle_t h_sched_ctx, uint32_t pos, __u32 expect, __u32 *count)
{
	struct sched *s = (struct sched *)h_sched_ctx;
	int got;

	if (!s || !count || !expect)
		return -WD_EINVAL;
	got = poll_one(s, pos, expect, count);
	return got < 0 ? got : 0;
}

static int poll_first(handle_t h_sched_ctx, __u32 expect, __u32 *count)
{
	return poll_pos(h_sched_ctx, 0, expect, count);
}

static int poll_second(handle_t h_sched_ctx, __u32 expect, __u32 *count)
{
	return poll_pos(h_sched_ctx, 1, expect, count);
}

/* --------------------------------------------------------- the scheduler */

static const struct wd_sched policies[SCHED_POLICY_BUTT] = {
	[SCHED_POLICY_RR] = { "RR scheduler", SCHED_POLICY_RR, rr_session, pick_by_key, poll_rr,
			      0 },
	[SCHED_POLICY_NONE] = { "None scheduler", SCHED_POLICY_NONE, keyless_session, pick_first,
				poll_first, 0 },
	[SCHED_POLICY_SINGLE] = { "Single scheduler", SCHED_POLICY_SINGLE, keyless_session,
				  pick_by_mode, poll_second, 0 },
	[SCHED_POLICY_DEV] = { "Device scheduler", SCHED_POLICY_DEV, dev_session, pick_by_key,
			       poll_rr, 0 },
};

int wd_core_sched_is_rr(const struct wd_sched *sched)
{
	return sched &&
	       (sched->pick_next_ctx == pick_by_key || sched->pick_next_ctx == pick_first ||
		sched->pick_next_ctx == pick_by_mode);
}

struct wd_sched *wd_core_sched_rr_alloc(__u8 sched_type, __u8 type_num, __u16 numa_num,
					user_poll_func func)
{
	uint32_t nplaces = sched_type == SCHED_POLICY_DEV ? DEVICE_REGION_MAX : numa_num;
	bool uses_regions = sched_type == SCHED_POLICY_RR || sched_type == SCHED_POLICY_DEV;
	struct sched *s;

	if (sched_type >= SCHED_POLICY_BUTT || !func || (uses_regions && (!type_num || !nplaces))) {
		errno = EINVAL;
		return NULL;
	}
	if (!uses_regions)
		nplaces = 0;
	s = calloc(1, sizeof(*s) +
		   (size_t)nplaces * CTX_MODE_MAX * type_num * sizeof(struct region));
	if (!s)
		return NULL;
	s->pub = policies[sched_type];
	s->pub.h_sched_ctx = (handle_t)s;
	s->by_device = sched_type == SCHED_POLICY_DEV;
	s->ntypes = type_num;
	s->nplaces = nplaces;
	s->poll = func;
	return &s->pub;
}

/* The caller may pass a copy of what he got; only the original is freed. */
void wd_core_sched_rr_release(struct wd_sched *sched)
{
	struct sched *s;

	if (!sched || !wd_core_sched_is_rr(sched))
		return;
	s = (struct sched *)sched->h_sched_ctx;
	if (!s || sched != &s->pub)
		return;
	free(s->async);
	free(s);
}

/* ---------------------------------------------------------------- regions */

static void mark_async(const struct sched *s, uint64_t *polled)
{
	for (uint32_t i = 0; i < s->nplaces * CTX_MODE_MAX * s->ntypes; i++) {
		const struct region *r = &s->regions[i];

		if (!r->valid || i / s->ntypes % CTX_MODE_MAX != CTX_MODE_ASYNC)
			continue;
		for (uint32_t pos = r->begin; pos <= r->end; pos++)
			polled[pos / 64] |= 1ULL << pos % 64;
	}
}

/* List anew the contexts to poll: regions may overlap, and none is to be asked twice. */
static int list_async(struct sched *s)
{
	uint64_t *polled = calloc(MAX_POS / 64, sizeof(*polled));
	uint32_t *list = NULL, n = 0;
	int rc = -WD_ENOMEM;

	if (!polled)
		return rc;
	mark_async(s, polled);
	for (uint32_t i = 0; i < MAX_POS / 64; i++)
		n += __builtin_popcountll(polled[i]);
	list = malloc((n ? n : 1) * sizeof(*list));
	if (!list)
		goto free_polled;
	n = 0;
	for (uint32_t pos = 0; pos < MAX_POS; pos++)
		if (polled[pos / 64] >> pos % 64 & 1)
			list[n++] = pos;
	free(s->async);
	s->async = list;
	s->nasync = n;
	rc = 0;

free_polled:
	free(polled);
	return rc;
}

/* The region a caller speaks of, or NULL when he speaks of none that exists. */
static struct region *find_region(struct sched *s, const struct sched_params *param)
{
	uint32_t place;

	/* dev_id is not there in programs built against older headers: it is for devices only. */
	if (s->by_device)
		place = param->dev_id;
	else
		place = param->numa_id == NUMA_NO_NODE ? 0 : (uint32_t)param->numa_id;
	if (place >= s->nplaces || param->mode >= CTX_MODE_MAX || param->type >= s->ntypes)
		return NULL;
	return region_at(s, place, param->mode, param->type);
}

int wd_core_sched_rr_instance(const struct wd_sched *sched, struct sched_params *param)
{
	struct region *r, saved;
	struct sched *s;
	int rc;

	if (!sched || !param || !wd_core_sched_is_rr(sched) || !sched->h_sched_ctx)
		return -WD_EINVAL;
	s = (struct sched *)sched->h_sched_ctx;
	if (!s->nplaces)
		return 0; /* a policy without regions */
	r = find_region(s, param);
	if (!r || param->begin > param->end || param->end >= MAX_POS)
		return -WD_EINVAL;

	saved = *r;
	r->valid = true;
	r->begin = param->begin;
	r->end = param->end;
	rc = param->mode == CTX_MODE_ASYNC ? list_async(s) : 0;
	if (rc)
		*r = saved;
	return rc;
}
