// SPDX-License-Identifier: Apache-2.0
/*
 * NUMA nodes for the rest of the library, through libnuma. It owns the one call
 * of numa_available() that libnuma wants before any other.
 */
#include <pthread.h>
#include <sched.h>
#include <numa.h>
#include "node.h"

static pthread_once_t once = PTHREAD_ONCE_INIT;
static bool supported;

static void probe(void)
{
	supported = numa_available() >= 0;
}

bool wd_node_supported(void)
{
	pthread_once(&once, probe);
	return supported;
}

int wd_node_here(void)
{
	unsigned int cpu, node;

	if (getcpu(&cpu, &node))
		return 0;
	return (int)node;
}

/* libnuma says 0 for what it does not know, which would be nearer than the node itself (10). */
int wd_node_distance(int a, int b)
{
	int distance;

	if (a == b)
		return 10;
	if (!wd_node_supported() || a < 0 || b < 0)
		return WD_NODE_UNKNOWN_DISTANCE;
	distance = numa_distance(a, b);
	return distance > 0 ? distance : WD_NODE_UNKNOWN_DISTANCE;
}

int wd_node_max(void)
{
	return wd_node_supported() ? numa_max_node() : 0;
}
