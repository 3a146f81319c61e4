/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A driver that satisfies the contract and serves no device: each message is
 * complete when it is submitted, and handed back by reap() in order.
 */
#ifndef TEST_LIB_FAKE_DRIVER_H
#define TEST_LIB_FAKE_DRIVER_H

#include "drv/wd_driver.h"

/* All operations and the abi; names, type and priority are the test's. */
extern const struct wd_driver fake_driver;

/* How many queues of fake drivers are open; which open shall fail (1 = the next; 0: none). */
extern int fake_queues_open, fake_open_fails_at;

#endif
