// SPDX-License-Identifier: Apache-2.0
/*
 * The driver registry: which driver offers which algorithm, for the algorithm
 * core (wd_core_driver_find()) and in the form of wd_alg.h. It owns the list and
 * the counts of uses. It does not load files (driver_load.c) and does not call
 * drivers (driver_bridge.c, driver_call.c).
 */
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include "device.h"
#include "driver.h"
#include "driver_entry.h"
#include "fork.h"

static struct wd_alg_list head; /* empty, as UADK has it; entries follow */
static struct driver_entry *retired; /* unregistered while in use, linked by item.next */
static unsigned int nregistered;
static struct wd_lock lock;

/* ------------------------------------------------------------------- list */

static struct driver_entry *first(void)
{
	return (struct driver_entry *)head.next;
}

static struct driver_entry *next(const struct driver_entry *e)
{
	return (struct driver_entry *)e->item.next;
}

static struct driver_entry *find_pair(const char *drv_name, const char *alg_name)
{
	struct driver_entry *e;

	for (e = first(); e; e = next(e))
		if (!strcmp(e->item.drv_name, drv_name) && !strcmp(e->item.alg_name, alg_name))
			return e;
	return NULL;
}

static struct driver_entry *find_table(const struct wd_alg_driver *drv)
{
	struct driver_entry *e;

	for (e = first(); e; e = next(e))
		if (e->item.drv == drv)
			return e;
	return NULL;
}

static void append(struct driver_entry *e)
{
	struct wd_alg_list *last = &head;

	while (last->next)
		last = last->next;
	last->next = &e->item; /* complete already: walkers without the lock see all of it */
}

static struct driver_entry *new_entry(const char *drv_name, const char *alg_name)
{
	struct driver_entry *e = calloc(1, sizeof(*e));
	const char *line = wd_alg_class(alg_name);

	if (!e)
		return NULL;
	strncpy(e->item.drv_name, drv_name, sizeof(e->item.drv_name) - 1);
	strncpy(e->item.alg_name, alg_name, sizeof(e->item.alg_name) - 1);
	strncpy(e->item.alg_type, line ? line : alg_name, sizeof(e->item.alg_type) - 1);
	e->item.available = true;
	return e;
}

/* Take *@link out of the list; a driver somebody still holds is kept until he lets go. */
static void drop(struct wd_alg_list **link)
{
	struct driver_entry *e = (struct driver_entry *)*link;

	*link = e->item.next;
	if (!e->item.refcnt) {
		free(e);
		return;
	}
	e->item.next = retired ? &retired->item : NULL;
	retired = e;
}

static void free_retired(struct driver_entry *e)
{
	struct driver_entry **link = &retired;

	while (*link != e)
		link = (struct driver_entry **)&(*link)->item.next;
	*link = next(e);
	free(e);
}

/* ---------------------------------------------------------- native drivers */

static const char *what_is_wrong(const struct wd_driver *drv)
{
	if (drv->abi != WD_DRIVER_ABI)
		return "it was built for another version of the library";
	if (!drv->name || !drv->name[0] || strlen(drv->name) >= DEV_NAME_LEN)
		return "it has no usable name";
	if (!drv->family || !drv->algs || !drv->algs[0])
		return "it names no algorithm";
	for (const char *const *alg = drv->algs; *alg; alg++)
		if (!(*alg)[0] || strlen(*alg) >= ALG_NAME_SIZE)
			return "the name of an algorithm is empty or too long";
	if (!drv->queue_open || !drv->queue_close || !drv->session_init || !drv->submit ||
	    !drv->reap || !drv->arm || !drv->kick || !drv->stop || !drv->abort ||
	    !drv->restart || !drv->forked || (drv->stream_nbytes && !drv->stream_reset))
		return "an operation is missing";
	return NULL;
}

static bool is_registered(const struct wd_driver *drv)
{
	struct driver_entry *e;

	for (e = first(); e; e = next(e))
		if (e->native && (e->native == drv || (!strcmp(e->native->name, drv->name) &&
						       !strcmp(e->native->family, drv->family))))
			return true;
	return false;
}

static void free_entries(struct wd_alg_list *item)
{
	while (item) {
		struct wd_alg_list *following = item->next;

		free(item); /* the item is the first member of its entry */
		item = following;
	}
}

/* A chain of one entry per algorithm, or NULL. */
static struct driver_entry *native_entries(const struct wd_driver *drv)
{
	struct wd_alg_list *chain = NULL, **link = &chain;

	for (const char *const *alg = drv->algs; *alg; alg++) {
		struct driver_entry *e = new_entry(drv->name, *alg);

		if (!e) {
			free_entries(chain);
			return NULL;
		}
		e->native = drv;
		wd_driver_bridge(e, *alg);
		e->item.priority = drv->priority;
		e->item.calc_type = drv->calc_type;
		e->item.drv = &e->table;
		*link = &e->item;
		link = &e->item.next;
	}
	return (struct driver_entry *)chain;
}

int wd_driver_register(const struct wd_driver *drv)
{
	struct driver_entry *entries;
	const char *why;
	int rc = 0;

	if (!drv)
		return -WD_EINVAL;
	why = what_is_wrong(drv);
	if (why) {
		/* With another abi the other members may not be where we think. */
		WD_ERR("driver %s refused: %s\n",
		       drv->abi == WD_DRIVER_ABI && drv->name ? drv->name : "(unknown)", why);
		return -WD_EINVAL;
	}
	entries = native_entries(drv);
	if (!entries)
		return -WD_ENOMEM;

	wd_fork_lock(&lock);
	if (is_registered(drv))
		rc = -WD_EEXIST;
	else
		append(entries);
	nregistered += !rc;
	wd_lock_release(&lock);
	if (rc)
		free_entries(&entries->item);
	return rc;
}

void wd_driver_unregister(const struct wd_driver *drv)
{
	struct wd_alg_list **link = &head.next;

	if (!drv)
		return;
	wd_fork_lock(&lock);
	while (*link) {
		if (((struct driver_entry *)*link)->native == drv)
			drop(link);
		else
			link = &(*link)->next;
	}
	wd_lock_release(&lock);
}

unsigned int wd_driver_count(void)
{
	unsigned int n;

	wd_fork_lock(&lock);
	n = nregistered;
	wd_lock_release(&lock);
	return n;
}

bool wd_driver_is_known(const char *name, size_t n)
{
	struct driver_entry *e;
	bool known = false;

	wd_fork_lock(&lock);
	for (e = first(); e && !known; e = next(e))
		known = e->native && strlen(e->item.drv_name) == n &&
			!memcmp(e->item.drv_name, name, n);
	wd_lock_release(&lock);
	return known;
}

static bool is_for_device(const struct driver_entry *e, const char *device_name)
{
	size_t n;

	if (!device_name)
		return true;
	n = wd_device_driver_len(device_name);
	return strlen(e->item.drv_name) == n && !memcmp(e->item.drv_name, device_name, n);
}

const struct wd_driver *wd_core_driver_find(const char *alg, const char *device_name)
{
	struct driver_entry *e, *best = NULL;

	if (!alg)
		return NULL;
	wd_drivers_load();
	wd_fork_lock(&lock);
	for (e = first(); e; e = next(e))
		if (e->native && !e->disabled && !strcmp(e->item.alg_name, alg) &&
		    is_for_device(e, device_name) &&
		    (!best || e->item.priority > best->item.priority))
			best = e;
	if (best)
		best->item.refcnt++;
	wd_lock_release(&lock);
	return best ? best->native : NULL;
}

/* One use of any of the driver's entries: uses are counted, not told apart. */
static struct driver_entry *used_entry(struct driver_entry *e, const struct wd_driver *drv)
{
	while (e && (e->native != drv || !e->item.refcnt))
		e = next(e);
	return e;
}

void wd_core_driver_put(const struct wd_driver *drv)
{
	struct driver_entry *e;

	if (!drv)
		return;
	wd_fork_lock(&lock);
	e = used_entry(first(), drv);
	if (e) {
		e->item.refcnt--;
	} else {
		e = used_entry(retired, drv);
		if (e && !--e->item.refcnt)
			free_retired(e);
	}
	wd_lock_release(&lock);
}

/* --------------------------------------------------- the form of wd_alg.h */

/* An accelerator that is not there, or instructions this CPU does not have? */
static bool device_exists(const char *alg)
{
	struct uacce_dev_list *list = wd_get_accel_list(alg);

	wd_free_list_accels(list);
	return list;
}

static bool cpu_can(const struct wd_alg_driver *drv)
{
#ifdef __aarch64__
	unsigned long caps = getauxval(AT_HWCAP);

	if (drv->calc_type == UADK_ALG_SVE_INSTR)
		return caps & HWCAP_SVE;
	if (strstr(drv->alg_name, "sm3"))
		return caps & HWCAP_CE_SM3;
	if (strstr(drv->alg_name, "sm4"))
		return caps & HWCAP_CE_SM4;
	return caps & HWCAP_CE_AES;
#else
	(void)drv;
	return false;
#endif
}

static bool can_work(const struct wd_alg_driver *drv)
{
	switch (drv->calc_type) {
	case UADK_ALG_SOFT:
		return true;
	case UADK_ALG_CE_INSTR:
	case UADK_ALG_SVE_INSTR:
		return cpu_can(drv);
	case UADK_ALG_HW:
		return device_exists(drv->alg_name);
	default:
		return false;
	}
}

static bool is_usable_name(const char *name, size_t size)
{
	return name && name[0] && strnlen(name, size) < size;
}

int wd_alg_driver_register(struct wd_alg_driver *drv)
{
	struct driver_entry *e;

	if (!drv || !is_usable_name(drv->drv_name, DEV_NAME_LEN) ||
	    !is_usable_name(drv->alg_name, ALG_NAME_SIZE) || !drv->init || !drv->exit ||
	    !drv->send || !drv->recv)
		return -WD_EINVAL;
	if (!can_work(drv))
		return -WD_ENODEV;
	e = new_entry(drv->drv_name, drv->alg_name);
	if (!e)
		return -WD_ENOMEM;
	e->item.priority = drv->priority;
	e->item.calc_type = drv->calc_type;
	e->item.drv = drv;

	wd_fork_lock(&lock);
	if (!find_pair(drv->drv_name, drv->alg_name)) {
		append(e);
		nregistered++;
		e = NULL;
	}
	wd_lock_release(&lock);
	free(e);
	return 0;
}

void wd_alg_driver_unregister(struct wd_alg_driver *drv)
{
	struct wd_alg_list **link = &head.next;

	if (!drv)
		return;
	wd_fork_lock(&lock);
	while (*link && ((*link)->drv != drv || ((struct driver_entry *)*link)->native))
		link = &(*link)->next;
	if (*link)
		drop(link);
	wd_lock_release(&lock);
}

static bool has_device(struct uacce_dev_list *list, const struct driver_entry *e)
{
	for (; list; list = list->next)
		if (is_for_device(e, wd_device_name(list->dev->char_dev_path)) &&
		    wd_device_offers(list->dev, e->item.alg_name))
			return true;
	return false;
}

/* Devices come and go: see which native accelerators are there now. */
static void refresh_available(void)
{
	struct uacce_dev_list *list = wd_device_list();
	struct driver_entry *e;

	wd_fork_lock(&lock);
	for (e = first(); e; e = next(e))
		if (e->native && e->item.calc_type == UADK_ALG_HW)
			e->item.available = !e->disabled && has_device(list, e);
	wd_lock_release(&lock);
	wd_free_list_accels(list);
}

struct wd_alg_list *wd_get_alg_head(void)
{
	wd_drivers_load();
	refresh_available();
	return &head;
}

struct wd_alg_driver *wd_request_drv(const char *alg_name, bool hw_mask)
{
	struct driver_entry *e, *best = NULL;

	if (!alg_name)
		return NULL;
	wd_drivers_load();
	refresh_available();
	wd_fork_lock(&lock);
	for (e = first(); e; e = next(e)) {
		bool is_hw = e->item.calc_type == UADK_ALG_HW;

		if (e->item.available && is_hw != hw_mask && !strcmp(e->item.alg_name, alg_name) &&
		    (!best || e->item.priority > best->item.priority))
			best = e;
	}
	if (best)
		best->item.refcnt++;
	wd_lock_release(&lock);
	return best ? best->item.drv : NULL;
}

void wd_release_drv(struct wd_alg_driver *drv)
{
	struct driver_entry *e;

	if (!drv)
		return;
	wd_fork_lock(&lock);
	e = find_table(drv);
	if (e) {
		e->item.refcnt -= e->item.refcnt > 0;
	} else {
		for (e = retired; e && e->item.drv != drv;)
			e = next(e);
		if (e && !--e->item.refcnt)
			free_retired(e);
	}
	wd_lock_release(&lock);
}

bool wd_drv_alg_support(const char *alg_name, struct wd_alg_driver *drv)
{
	bool supported;

	if (!alg_name || !drv || !drv->drv_name)
		return false;
	wd_fork_lock(&lock);
	supported = find_pair(drv->drv_name, alg_name);
	wd_lock_release(&lock);
	return supported;
}

static void set_disabled(struct wd_alg_driver *drv, bool disabled)
{
	struct driver_entry *e;

	if (!drv)
		return;
	wd_fork_lock(&lock);
	e = find_table(drv);
	if (e) {
		e->disabled = disabled;
		e->item.available = !disabled;
	}
	wd_lock_release(&lock);
}

void wd_enable_drv(struct wd_alg_driver *drv)
{
	set_disabled(drv, false);
}

void wd_disable_drv(struct wd_alg_driver *drv)
{
	set_disabled(drv, true);
}

static struct wd_alg_driver *find_with_usage(const char *dev_name, const char *alg_type)
{
	struct driver_entry *e;

	for (e = first(); e; e = next(e))
		if (is_for_device(e, dev_name) && !strcmp(e->item.alg_type, alg_type))
			return e->item.drv;
	return NULL;
}

int wd_alg_get_dev_usage(const char *dev_name, const char *alg_type, __u8 op_type)
{
	struct hisi_dev_usage question = { .dev_name = dev_name, .alg_op_type = op_type };

	if (!dev_name || !alg_type)
		return -WD_EINVAL;
	wd_drivers_load();
	wd_fork_lock(&lock);
	question.drv = find_with_usage(dev_name, alg_type);
	wd_lock_release(&lock);
	if (!question.drv)
		return -WD_EACCES;
	return question.drv->get_usage ? question.drv->get_usage(&question) : -WD_EINVAL;
}
