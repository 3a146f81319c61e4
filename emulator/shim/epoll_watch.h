/* SPDX-License-Identifier: Apache-2.0 */
/* The table of nodes watched by epoll, around fork. */
#ifndef EMULATOR_EPOLL_WATCH_H
#define EMULATOR_EPOLL_WATCH_H

void epoll_watch_before_fork(void);
void epoll_watch_after_fork(void);

#endif
