/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Logging of the library, and of programs that want their lines in the same place. Owns the levels,
 * the one function every line goes through, its replaceable sink, and the WD_ERR() family of
 * macros. It owns no policy: which levels are shown is the library's default sink's affair.
 *
 * The functions are WarpDrive's own (version node WARPDRIVE_1.0); the macro names are UADK's.
 */
#ifndef WD_LOG_H
#define WD_LOG_H

#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * enum wd_log_level - importance of a line
 * @WD_LOG_ERR: an operation failed, or the device broke its word
 * @WD_LOG_WARN: it went on, but not as asked for
 * @WD_LOG_INFO: what was chosen: device, driver, number of queues
 * @WD_LOG_DEBUG: for people who look into the library
 */
enum wd_log_level {
	WD_LOG_ERR = 0,
	WD_LOG_WARN = 1,
	WD_LOG_INFO = 2,
	WD_LOG_DEBUG = 3,
};

/**
 * wd_log() - hand one line to the log.
 *
 * Formats the line and passes it to the handler of wd_log_set_handler(), or to standard error if
 * there is none. Without a handler, only levels up to the one in the environment variable
 * WD_LOG_LEVEL (error, warn, info, debug, or 0 to 3; default warn) are shown, ten lines a second at
 * most, and the number of lines left out is said; a handler receives every line of every level.
 *
 * @level: enum wd_log_level; a value outside is taken as the nearest one.
 * @fmt: printf format, not NULL. Newlines at the end of the line are dropped.
 *
 * Return: nothing. A line that is too long for the formatter is cut, never lost. errno is
 *	preserved.
 *
 * Ownership: nothing is kept. Any thread may call it at any time; not from a signal handler.
 */
void wd_log(int level, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/**
 * wd_log_set_handler() - replace the sink of the log.
 *
 * @handler: called with each line: its level, the text without a newline at the end, and @arg.
 *	The text is valid only during the call. NULL restores the default sink.
 * @arg: passed through to @handler; may be NULL.
 *
 * Return: nothing.
 *
 * Ownership: @arg stays the caller's and must live until the handler is replaced and no thread is
 *	in it any more. The handler may be called by several threads at once and must not call
 *	wd_log() or wd_log_set_handler(). This function may be called by any thread.
 */
void wd_log_set_handler(void (*handler)(int level, const char *line, void *arg), void *arg);

/* A program that wants no reference to the library for its lines defines WD_NO_LOG. */
#ifndef WD_NO_LOG
#define WD_ERR(...)	wd_log(WD_LOG_ERR, __VA_ARGS__)
#define WD_WARN(...)	wd_log(WD_LOG_WARN, __VA_ARGS__)
#define WD_INFO(...)	wd_log(WD_LOG_INFO, __VA_ARGS__)
#define WD_DEBUG(...)	wd_log(WD_LOG_DEBUG, __VA_ARGS__)
#else
#define OPEN_LOG(s)
#define WD_ERR(...)	((void)fprintf(stderr, __VA_ARGS__))
#define WD_WARN(...)	((void)fprintf(stderr, __VA_ARGS__))
#define WD_INFO(...)	((void)fprintf(stderr, __VA_ARGS__))
#define WD_DEBUG(...)	((void)fprintf(stderr, __VA_ARGS__))
#endif

/* An error line with the name of the queue's device in front. format is a string literal. */
#define WD_DEV_ERR(h_ctx, format, ...) \
	WD_ERR("%s: " format "\n", wd_ctx_get_dev_name(h_ctx), ##__VA_ARGS__)

#define WD_CONSOLE	printf

#ifdef __cplusplus
}
#endif

#endif /* WD_LOG_H */
