// SPDX-License-Identifier: Apache-2.0
/*
 * Owns the text form of a device's configuration, "KIND,key=value,...", as the
 * command line and the control socket take it.
 */
#include <ctype.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "device.h"

#define SPEC_MAX 256

static const struct emu_engine *const engines[] = {
	&emu_engine_zip,
	&emu_engine_null,
};

static const struct emu_engine *engine_find(const char *kind)
{
	unsigned int i;

	for (i = 0; i < sizeof(engines) / sizeof(engines[0]); i++) {
		if (strcmp(engines[i]->kind, kind) == 0)
			return engines[i];
	}
	return NULL;
}

static bool parse_number(const char *text, long min, long max, long *value)
{
	char *end;

	if (!isdigit((unsigned char)*text) && *text != '-')
		return false;
	*value = strtol(text, &end, 10);
	return !*end && *value >= min && *value <= max;
}

static bool parse_switch(const char *text, bool *value)
{
	*value = strcmp(text, "on") == 0;
	return *value || strcmp(text, "off") == 0;
}

static const char *set_qm(struct device_config *config, const char *value)
{
	if (strcmp(value, "v2") && strcmp(value, "v3") && strcmp(value, "v5"))
		return "qm is v2, v3 or v5";
	config->qm_version = (unsigned int)(value[1] - '0');
	return NULL;
}

static const char *set_put(struct device_config *config, const char *value)
{
	if (strcmp(value, "stop") && strcmp(value, "release"))
		return "put is stop or release";
	config->put_releases = *value == 'r';
	return NULL;
}

static const char *set_driver(struct device_config *config, const char *value)
{
	size_t length = strlen(value), i;

	if (!length || length >= sizeof(config->driver))
		return "driver name is empty or too long";
	for (i = 0; i < length; i++) {
		if (!isalnum((unsigned char)value[i]) && value[i] != '_')
			return "driver name is of letters, digits and _";
	}
	memcpy(config->driver, value, length + 1);
	return NULL;
}

static const char *set_shadow(struct device_config *config, const char *value)
{
	return parse_switch(value, &config->shadow) ? NULL : "shadow is on or off";
}

static const char *set_isolation(struct device_config *config, const char *value)
{
	return parse_switch(value, &config->isolated_doorbells) ? NULL : "isolation is on or off";
}

#define NUMBER_SETTER(key, field, min, max)                                             \
	static const char *set_##field(struct device_config *config, const char *value) \
	{                                                                               \
		long number;                                                            \
                                                                                        \
		if (!parse_number(value, min, max, &number))                            \
			return key " is a number from " #min " to " #max;               \
		config->field = (__typeof__(config->field))number;                      \
		return NULL;                                                            \
	}

NUMBER_SETTER("queues", queues, 1, 1024)
NUMBER_SETTER("depth", depth, 2, 4096)
NUMBER_SETTER("numa", numa_node, -1, 1023)
NUMBER_SETTER("isolate-strategy", isolate_strategy, 0, 65535)
NUMBER_SETTER("drain-ms", drain_ms, 0, 60000)

static const struct spec_key {
	const char *name;
	const char *(*set)(struct device_config *config, const char *value);
} spec_keys[] = {
	{"qm", set_qm},
	{"queues", set_queues},
	{"depth", set_depth},
	{"numa", set_numa_node},
	{"put", set_put},
	{"shadow", set_shadow},
	{"isolation", set_isolation},
	{"driver", set_driver},
	{"isolate-strategy", set_isolate_strategy},
	{"drain-ms", set_drain_ms},
};

static const char *set_key(struct device_config *config, char *word, bool *isolation_given)
{
	char *value = strchr(word, '=');
	unsigned int i;

	if (!value)
		return "expected key=value";
	*value++ = '\0';
	for (i = 0; i < sizeof(spec_keys) / sizeof(spec_keys[0]); i++) {
		if (strcmp(word, spec_keys[i].name))
			continue;
		*isolation_given |= spec_keys[i].set == set_isolation;
		return spec_keys[i].set(config, value);
	}
	return "unknown key (qm, queues, depth, numa, put, shadow, isolation, driver, "
	       "isolate-strategy, drain-ms)";
}

static void set_defaults(struct device_config *config)
{
	*config = (struct device_config){
		.qm_version = 3,
		.queues = 64,
		.depth = 1024,
		.shadow = true,
		.drain_ms = 1000,
	};
}

const char *device_parse(const char *spec, struct device_config *config)
{
	bool isolation_given = false;
	const char *wrong = NULL;
	char words[SPEC_MAX], *save, *word;

	set_defaults(config);
	if (strlen(spec) >= sizeof(words))
		return "too long";
	strcpy(words, spec);
	word = strtok_r(words, ",", &save);
	config->engine = word ? engine_find(word) : NULL;
	if (!config->engine)
		return "unknown kind (zip, null)";
	strcpy(config->driver, config->engine->driver_name);
	while (!wrong && (word = strtok_r(NULL, ",", &save)))
		wrong = set_key(config, word, &isolation_given);
	if (wrong)
		return wrong;
	if (!isolation_given)
		config->isolated_doorbells = config->qm_version >= 3;
	if (config->isolated_doorbells && config->qm_version < 3)
		return "isolation needs qm=v3 or later";
	return NULL;
}
