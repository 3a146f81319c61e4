// SPDX-License-Identifier: Apache-2.0
/*
 * Columns of devices and how libsmartcols prints them.
 */
#include <ctype.h>
#include <errno.h>
#include <libsmartcols.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "device_table.h"
#include "wdctl.h"

/* Text of the property, to be freed, or NULL if it is not known. */
typedef char *property_fn(struct device *dev);

static char *number(long long value)
{
	char *text;

	return asprintf(&text, "%lld", value) < 0 ? NULL : text;
}

static char *text_of(const struct device *dev, const char *known, const char *attribute)
{
	return dev->usable ? strdup(known) : device_attribute(dev, attribute);
}

/* A number the library did not check for us; only digits are passed on as a number. */
static char *number_of(const struct device *dev, long long known, const char *attribute)
{
	char *text = dev->usable ? number(known) : device_attribute(dev, attribute);
	const char *p = text && *text == '-' ? text + 1 : text;

	if (p && *p && !p[strspn(p, "0123456789")])
		return text;
	free(text);
	return NULL;
}

static char *get_name(struct device *dev)
{
	return strdup(dev->name);
}

static char *get_driver(struct device *dev)
{
	return strdup(dev->driver);
}

static char *get_api(struct device *dev)
{
	return text_of(dev, dev->dev.api, "api");
}

static char *get_free(struct device *dev)
{
	int n = wd_get_avail_ctx(&dev->dev);

	return n < 0 ? NULL : number(n);
}

static char *get_node(struct device *dev)
{
	return number_of(dev, dev->dev.numa_id, "device/numa_node");
}

static char *get_isolated(struct device *dev)
{
	int rc = wd_is_isolate(&dev->dev);

	return rc < 0 ? NULL : strdup(rc ? "yes" : "no");
}

/* One name per line, as in sysfs. */
static char *get_algorithms(struct device *dev)
{
	char *text = text_of(dev, dev->dev.algs, "algorithms");
	size_t n = text ? strlen(text) : 0;

	while (n && text[n - 1] == '\n')
		text[--n] = '\0';
	return text;
}

static char *get_usable(struct device *dev)
{
	return strdup(dev->usable ? "yes" : "no");
}

static char *get_path(struct device *dev)
{
	return strdup(dev->dev.char_dev_path);
}

static char *get_sysfs(struct device *dev)
{
	return strdup(dev->dev.dev_root);
}

static char *get_flags(struct device *dev)
{
	return number_of(dev, dev->dev.flags, "flags");
}

static char *get_sva(struct device *dev)
{
	char *flags = get_flags(dev), *text = NULL;

	if (flags)
		text = strdup(strtoull(flags, NULL, 10) & UACCE_DEV_SVA ? "yes" : "no");
	free(flags);
	return text;
}

static char *get_mmio(struct device *dev)
{
	return number_of(dev, (long long)dev->dev.qfrs_offs[UACCE_QFRT_MMIO], "region_mmio_size");
}

static char *get_dus(struct device *dev)
{
	return number_of(dev, (long long)dev->dev.qfrs_offs[UACCE_QFRT_DUS], "region_dus_size");
}

/*
 * The definition. Names in JSON are the headings in small letters; a list of
 * names is an array there and separated by commas for people.
 */
static const struct property {
	const char *heading;
	property_fn *get;
	int json;
	bool in_list;
} properties[] = {
	{ "NAME", get_name, SCOLS_JSON_STRING, true },
	{ "DRIVER", get_driver, SCOLS_JSON_STRING, true },
	{ "API", get_api, SCOLS_JSON_STRING, true },
	{ "NODE", get_node, SCOLS_JSON_NUMBER, true },
	{ "FREE", get_free, SCOLS_JSON_NUMBER, true },
	{ "ISOLATED", get_isolated, SCOLS_JSON_BOOLEAN, true },
	{ "ALGORITHMS", get_algorithms, SCOLS_JSON_ARRAY_STRING, true },
	{ "USABLE", get_usable, SCOLS_JSON_BOOLEAN, false },
	{ "PATH", get_path, SCOLS_JSON_STRING, false },
	{ "SYSFS", get_sysfs, SCOLS_JSON_STRING, false },
	{ "FLAGS", get_flags, SCOLS_JSON_NUMBER, false },
	{ "SVA", get_sva, SCOLS_JSON_BOOLEAN, false },
	{ "MMIO_SIZE", get_mmio, SCOLS_JSON_NUMBER, false },
	{ "DUS_SIZE", get_dus, SCOLS_JSON_NUMBER, false },
};

#define NPROPERTIES (sizeof(properties) / sizeof(properties[0]))

static int out_of_memory(void)
{
	complain("%s", strerror(ENOMEM));
	return -1;
}

/* The value as it goes into a cell. */
static char *cell(const struct property *p, struct device *dev, bool json)
{
	char *text = p->get(dev);

	if (!json && text && p->json == SCOLS_JSON_ARRAY_STRING)
		for (char *c = text; (c = strchr(c, '\n'));)
			*c = ',';
	return text;
}

static struct libscols_table *new_table(const char *name, bool json)
{
	struct libscols_table *table = scols_new_table();

	if (table && (scols_table_set_name(table, name) || scols_table_enable_json(table, json))) {
		scols_unref_table(table);
		return NULL;
	}
	return table;
}

static int add_column(struct libscols_table *table, const struct property *p, bool json)
{
	bool is_array = p->json == SCOLS_JSON_ARRAY_STRING;
	int flags = p->json == SCOLS_JSON_NUMBER ? SCOLS_FL_RIGHT : 0;
	struct libscols_column *column;

	if (json && is_array)
		flags |= SCOLS_FL_WRAP;
	column = scols_table_new_column(table, p->heading, 0, flags);
	if (!column || scols_column_set_json_type(column, p->json))
		return -1;
	if (!json || !is_array)
		return 0;
	if (scols_column_set_safechars(column, "\n"))
		return -1;
	return scols_column_set_wrapfunc(column, scols_wrapnl_chunksize, scols_wrapnl_nextchunk,
					 NULL);
}

static int add_columns(struct libscols_table *table, bool all, bool json)
{
	for (size_t i = 0; i < NPROPERTIES; i++)
		if ((all || properties[i].in_list) && add_column(table, &properties[i], json))
			return -1;
	return 0;
}

static int add_device(struct libscols_table *table, struct device *dev, bool all, bool json)
{
	struct libscols_line *line = scols_table_new_line(table, NULL);
	size_t n = 0;

	if (!line)
		return -1;
	for (size_t i = 0; i < NPROPERTIES; i++)
		if ((all || properties[i].in_list) &&
		    scols_line_refer_data(line, n++, cell(&properties[i], dev, json)))
			return -1;
	return 0;
}

int device_table_list(const struct devices *d, bool json)
{
	struct libscols_table *table = new_table("devices", json);
	int rc = table ? add_columns(table, false, json) : -1;

	for (size_t i = 0; i < d->count && !rc; i++)
		rc = add_device(table, &d->item[i], false, json);
	if (!rc)
		rc = scols_print_table(table);
	scols_unref_table(table);
	return rc ? out_of_memory() : 0;
}

/* For people the table lies on its side. */
static int add_properties(struct libscols_table *table, struct device *dev)
{
	if (!scols_table_new_column(table, "PROPERTY", 0, 0) ||
	    !scols_table_new_column(table, "VALUE", 0, 0))
		return -1;
	for (size_t i = 0; i < NPROPERTIES; i++) {
		struct libscols_line *line = scols_table_new_line(table, NULL);

		if (!line || scols_line_set_data(line, 0, properties[i].heading) ||
		    scols_line_refer_data(line, 1, cell(&properties[i], dev, false)))
			return -1;
	}
	return scols_table_enable_noheadings(table, 1);
}

int device_table_info(struct device *dev, bool json)
{
	struct libscols_table *table = new_table("device", json);
	int rc = -1;

	if (table && json)
		rc = add_columns(table, true, true) ? -1 : add_device(table, dev, true, true);
	else if (table)
		rc = add_properties(table, dev);
	if (!rc)
		rc = scols_print_table(table);
	scols_unref_table(table);
	return rc ? out_of_memory() : 0;
}
