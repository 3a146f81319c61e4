/* SPDX-License-Identifier: Apache-2.0 */
/*
 * NUMA nodes: where the calling thread runs and how far nodes are apart. Works,
 * with everything equally near, on systems without NUMA.
 */
#ifndef WD_LIB_NODE_H
#define WD_LIB_NODE_H

#include <stdbool.h>

#define WD_NODE_UNKNOWN_DISTANCE 255 /* farther than any the firmware gives for a neighbour */

bool wd_node_supported(void);
int wd_node_here(void);
int wd_node_distance(int a, int b);
int wd_node_max(void);

#endif
