// SPDX-License-Identifier: Apache-2.0
/*
 * Owns the list of faults set on one device and decides when each strikes. The
 * data path asks by kind at its fault points; what then goes wrong is done
 * there. Commands come from the control socket.
 */
#include "fault.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define FAULTS_MAX 64
#define ANY_QUEUE UINT64_MAX

struct fault {
	enum fault_kind kind;
	uint64_t queue; /* ANY_QUEUE or a number */
	uint64_t left;	/* how often it still strikes */
	uint64_t every; /* at each n-th occasion */
	uint64_t seen;	/* occasions so far */
	uint64_t arg;
	struct fault *next;
};

static const struct fault_description {
	const char *name;
	uint64_t default_arg;
} descriptions[FAULT_KINDS] = {
	[FAULT_LOSE_DOORBELL] = {"lose-doorbell", 0},
	[FAULT_DELAY] = {"delay", 1000},
	[FAULT_HANG] = {"hang", 0},
	[FAULT_CORRUPT_LENGTH] = {"corrupt-length", UINT32_MAX},
	[FAULT_CORRUPT_STATUS] = {"corrupt-status", 0xff},
	[FAULT_DROP_COMPLETION] = {"drop-completion", 0},
	[FAULT_REPEAT_COMPLETION] = {"repeat-completion", 0},
	[FAULT_BAD_INDEX] = {"bad-index", UINT16_MAX},
	[FAULT_BAD_PHASE] = {"bad-phase", 0},
	[FAULT_DROP_INTERRUPT] = {"drop-interrupt", 0},
	[FAULT_REFUSE_DRAIN] = {"refuse-drain", 0},
};

void fault_table_init(struct fault_table *table)
{
	atomic_init(&table->armed, false);
	pthread_mutex_init(&table->lock, NULL);
	table->first = NULL;
	table->count = 0;
}

void fault_table_clear(struct fault_table *table)
{
	struct fault *next;

	pthread_mutex_lock(&table->lock);
	atomic_store(&table->armed, false);
	while (table->first) {
		next = table->first->next;
		free(table->first);
		table->first = next;
	}
	table->count = 0;
	pthread_mutex_unlock(&table->lock);
}

static int parse_kind(const char *word, enum fault_kind *kind)
{
	unsigned int i;

	for (i = 0; i < FAULT_KINDS; i++) {
		if (strcmp(word, descriptions[i].name) == 0) {
			*kind = (enum fault_kind)i;
			return 0;
		}
	}
	return -EINVAL;
}

static uint64_t *setting_named(struct fault *fault, const char *name)
{
	static const char *const arg_names[] = {"arg", "usec", "index", "value", "status"};
	unsigned int i;

	if (strcmp(name, "queue") == 0)
		return &fault->queue;
	if (strcmp(name, "count") == 0)
		return &fault->left;
	if (strcmp(name, "every") == 0)
		return &fault->every;
	for (i = 0; i < sizeof(arg_names) / sizeof(arg_names[0]); i++) {
		if (strcmp(name, arg_names[i]) == 0)
			return &fault->arg;
	}
	return NULL;
}

static int parse_setting(struct fault *fault, char *word)
{
	char *value = strchr(word, '=');
	uint64_t *setting;
	char *end;

	if (!value)
		return -EINVAL;
	*value++ = '\0';
	setting = setting_named(fault, word);
	if (!setting || *value < '0' || *value > '9')
		return -EINVAL;
	errno = 0;
	*setting = strtoull(value, &end, 0);
	return errno || *end ? -EINVAL : 0;
}

static int parse_fault(struct fault *fault, char *words)
{
	char *save, *word = strtok_r(words, " \t", &save);
	int error;

	if (!word)
		return -EINVAL;
	error = parse_kind(word, &fault->kind);
	if (error)
		return error;
	fault->queue = ANY_QUEUE;
	fault->left = UINT64_MAX;
	fault->every = 1;
	fault->arg = descriptions[fault->kind].default_arg;
	while (!error && (word = strtok_r(NULL, " \t", &save)))
		error = parse_setting(fault, word);
	return !error && (!fault->every || !fault->left) ? -EINVAL : error;
}

int fault_table_add(struct fault_table *table, char *words)
{
	struct fault *fault;
	int error;

	if (table->count >= FAULTS_MAX)
		return -ENOSPC;
	fault = calloc(1, sizeof(*fault));
	if (!fault)
		return -ENOMEM;
	error = parse_fault(fault, words);
	if (error) {
		free(fault);
		return error;
	}
	pthread_mutex_lock(&table->lock);
	fault->next = table->first;
	table->first = fault;
	table->count++;
	atomic_store(&table->armed, true);
	pthread_mutex_unlock(&table->lock);
	return 0;
}

static bool strikes_now(struct fault *fault)
{
	if (!fault->left || ++fault->seen % fault->every)
		return false;
	if (fault->left != UINT64_MAX)
		fault->left--;
	return true;
}

bool fault_table_hit(struct fault_table *table, enum fault_kind kind, unsigned int queue,
		     uint64_t *arg)
{
	struct fault *fault;
	bool hit = false;

	pthread_mutex_lock(&table->lock);
	for (fault = table->first; fault && !hit; fault = fault->next) {
		if (fault->kind != kind || (fault->queue != ANY_QUEUE && fault->queue != queue))
			continue;
		hit = strikes_now(fault);
		if (hit && arg)
			*arg = fault->arg;
	}
	pthread_mutex_unlock(&table->lock);
	return hit;
}

void fault_table_print(struct fault_table *table, FILE *out)
{
	const struct fault *fault;

	pthread_mutex_lock(&table->lock);
	for (fault = table->first; fault; fault = fault->next) {
		fprintf(out, "%s{\"fault\":\"%s\",\"every\":%llu,\"seen\":%llu,\"arg\":%llu",
			fault == table->first ? "" : ",", descriptions[fault->kind].name,
			(unsigned long long)fault->every, (unsigned long long)fault->seen,
			(unsigned long long)fault->arg);
		if (fault->queue != ANY_QUEUE)
			fprintf(out, ",\"queue\":%llu", (unsigned long long)fault->queue);
		if (fault->left != UINT64_MAX)
			fprintf(out, ",\"left\":%llu", (unsigned long long)fault->left);
		fputc('}', out);
	}
	pthread_mutex_unlock(&table->lock);
}
