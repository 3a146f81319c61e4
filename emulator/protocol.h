/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the preloaded shim and wd-emulatord say to each other. One connection
 * (Unix, SOCK_SEQPACKET, $WD_EMULATOR_DIR/socket) is one open of a device node,
 * and its descriptor is the descriptor the program gets: duplicates, fork,
 * descriptor passing and exec have the kernel's own life-time rules, and the
 * last close is seen by the daemon as a hang-up.
 *
 * OPEN is the first packet of a connection and is answered on it. Every later
 * request carries, as SCM_RIGHTS, one end of a fresh SOCK_SEQPACKET pair and is
 * answered there, so that processes and threads sharing the connection never
 * see each other's answers. The only thing the daemon sends on the connection
 * itself after OPEN is a one-byte packet each time a completion event is raised
 * ("interrupt"); who polls drains it and asks POLL.
 *
 * MAP: the pair's end stays open on both sides as the token of the mapping. The
 * region counts as mapped, and keeps the queue, until the program's end is
 * closed (munmap or death). For the MMIO region accesses are sent over the token
 * itself: STORE without an answer, LOAD answered on the token.
 *
 * The daemon trusts nothing that arrives: sizes, numbers, order.
 */
#ifndef EMULATOR_PROTOCOL_H
#define EMULATOR_PROTOCOL_H

#include <stdint.h>

#define EMU_PROTOCOL_VERSION 1
#define EMU_DIR_ENV "WD_EMULATOR_DIR" /* holds: socket, control, sys/, dev/ (see below) */
#define EMU_IOCTL_ARG_MAX 64

enum emu_op {
	EMU_OPEN = 1,	/* name -> error */
	EMU_IOCTL = 2,	/* cmd, data[] in -> error, data[] out */
	EMU_MAP = 3,	/* value = region number, length = bytes -> error; DUS and shadow: memory descriptor */
	EMU_POLL = 4,	/* -> value = poll mask (the kernel's walk over new completions) */
	EMU_STORE = 5,	/* on an MMIO token: offset, size, value */
	EMU_LOAD = 6,	/* on an MMIO token: offset, size -> value */
};

struct emu_request {
	uint32_t version;
	uint32_t op;
	uint32_t cmd;	 /* ioctl number; size in bytes of a load or store (1, 2, 4, 8) */
	uint32_t reserved;
	uint64_t offset; /* MMIO offset */
	uint64_t value;	 /* stored value; region number */
	uint64_t length; /* mapping length in bytes */
	union {
		char name[64];			 /* NUL terminated device name, e.g. hisi_zip-0 */
		uint8_t data[EMU_IOCTL_ARG_MAX]; /* ioctl argument, _IOC_SIZE(cmd) bytes */
	};
};

struct emu_reply {
	uint32_t version;
	int32_t error; /* 0 or a positive errno */
	uint64_t value;
	uint8_t data[EMU_IOCTL_ARG_MAX];
};

/*
 * Files below $WD_EMULATOR_DIR, kept by the daemon:
 *   socket	 the queue socket above
 *   control	 SOCK_STREAM, one command line -> one answer line "ok ..." or "error ..."
 *   pid	 decimal pid of the daemon
 *   sys/class/uacce/NAME -> ../../devices/platform/wd-emulator.N/uacce/NAME
 *   sys/devices/platform/wd-emulator.N/{numa_node,uevent}
 *   sys/devices/platform/wd-emulator.N/uacce/NAME/{api,flags,available_instances,
 *	algorithms,region_mmio_size,region_dus_size,isolate,isolate_strategy,dev,uevent}
 *   sys/devices/platform/wd-emulator.N/uacce/NAME/{device -> ../.., subsystem -> ../../../../../class/uacce}
 * available_instances and isolate are replaced (rename) when they change.
 * isolate_strategy is written by programs: the shim sends such a write as the
 * control command "isolate-strategy NAME TEXT" and turns the answer into errno.
 * Device numbers: major EMU_MAJOR, minor = id.
 */
#define EMU_MAJOR 511

#endif
