/* SPDX-License-Identifier: Apache-2.0 */
/* The address space of one client, as the device reaches it. */
#ifndef EMULATOR_DMA_H
#define EMULATOR_DMA_H

#include <stdatomic.h>
#include <stdbool.h>
#include <sys/types.h>

#include "../engine.h"

struct emu_dma {
	pid_t pid;
	int pidfd;
	/* Set once the queue must not reach the client any more. */
	atomic_bool cut;
};

/* Takes over @pidfd. */
void dma_bind(struct emu_dma *dma, pid_t pid, int pidfd);
void dma_unbind(struct emu_dma *dma);
bool dma_client_is_gone(const struct emu_dma *dma);

#endif
