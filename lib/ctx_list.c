// SPDX-License-Identifier: Apache-2.0
/*
 * The contexts of the process that pools of DMA memory may be made for. It owns
 * the list; the contexts belong to who listed them.
 */
#include <limits.h>
#include <stdlib.h>
#include "ctx.h"
#include "fork.h"
#include "node.h"
#include "wd_bmm.h"

struct listed {
	handle_t ctx;
	bool taken;
	char alg[CRYPTO_MAX_ALG_NAME];
	struct listed *next;
};

static struct listed *list;
static struct wd_lock lock;

int wd_insert_ctx_list(handle_t h_ctx, char *alg_name)
{
	struct listed *item;

	if (!h_ctx || !alg_name)
		return -WD_EINVAL;
	if (!wd_ctx_is_hw(h_ctx))
		return 0;
	item = calloc(1, sizeof(*item));
	if (!item)
		return -WD_ENOMEM;
	item->ctx = h_ctx;
	strncpy(item->alg, alg_name, sizeof(item->alg) - 1);
	wd_fork_lock(&lock);
	item->next = list;
	list = item;
	wd_lock_release(&lock);
	return 0;
}

void wd_remove_ctx_list(void)
{
	struct listed *item, *next;

	wd_fork_lock(&lock);
	item = list;
	list = NULL;
	wd_lock_release(&lock);
	for (; item; item = next) {
		next = item->next;
		free(item);
	}
}

/* Newer ones first: among equally near ones the oldest is found last and wins. */
static struct listed *nearest(const char *alg, int node)
{
	struct listed *best = NULL;
	int best_distance = INT_MAX;

	for (struct listed *item = list; item; item = item->next) {
		int distance;

		if (item->taken || !strstr(item->alg, alg))
			continue;
		distance = wd_node_distance(node, wd_get_numa_id(item->ctx));
		if (distance <= best_distance) {
			best = item;
			best_distance = distance;
		}
	}
	return best;
}

handle_t wd_find_ctx(const char *alg_name)
{
	struct listed *item;
	handle_t ctx = 0;

	if (!alg_name)
		return 0;
	wd_fork_lock(&lock);
	item = nearest(alg_name, wd_node_here());
	if (item) {
		item->taken = true;
		ctx = item->ctx;
	}
	wd_lock_release(&lock);
	return ctx;
}
