// SPDX-License-Identifier: Apache-2.0
/*
 * Names of algorithms. A device lists classes ("cipher") or single algorithms
 * ("zlib"); a program names algorithms ("cbc(aes)"). This file owns the table
 * from one to the other.
 */
#include <string.h>
#include "device.h"
#include "wd_alg.h"

struct alg_class {
	const char *alg;
	const char *line;
};

static const struct alg_class alg_classes[] = {
	{ "zlib", "zlib" },
	{ "gzip", "gzip" },
	{ "deflate", "deflate" },
	{ "lz77_zstd", "lz77_zstd" },
	{ "lz77_only", "lz77_only" },
	{ "lz4", "lz4" },

	{ "ecb(aes)", "cipher" },
	{ "cbc(aes)", "cipher" },
	{ "xts(aes)", "cipher" },
	{ "ctr(aes)", "cipher" },
	{ "ofb(aes)", "cipher" },
	{ "cfb(aes)", "cipher" },
	{ "cbc-cs1(aes)", "cipher" },
	{ "cbc-cs2(aes)", "cipher" },
	{ "cbc-cs3(aes)", "cipher" },
	{ "ecb(sm4)", "cipher" },
	{ "cbc(sm4)", "cipher" },
	{ "xts(sm4)", "cipher" },
	{ "ctr(sm4)", "cipher" },
	{ "ofb(sm4)", "cipher" },
	{ "cfb(sm4)", "cipher" },
	{ "cbc-cs1(sm4)", "cipher" },
	{ "cbc-cs2(sm4)", "cipher" },
	{ "cbc-cs3(sm4)", "cipher" },
	{ "ecb(des)", "cipher" },
	{ "cbc(des)", "cipher" },
	{ "ecb(des3_ede)", "cipher" },
	{ "cbc(des3_ede)", "cipher" },

	{ "sm3", "digest" },
	{ "md5", "digest" },
	{ "sha1", "digest" },
	{ "sha224", "digest" },
	{ "sha256", "digest" },
	{ "sha384", "digest" },
	{ "sha512", "digest" },
	{ "sha512-224", "digest" },
	{ "sha512-256", "digest" },
	{ "xcbc-mac-96(aes)", "digest" },
	{ "xcbc-prf-128(aes)", "digest" },
	{ "cmac(aes)", "digest" },
	{ "gmac(aes)", "digest" },

	{ "ccm(aes)", "aead" },
	{ "gcm(aes)", "aead" },
	{ "ccm(sm4)", "aead" },
	{ "gcm(sm4)", "aead" },
	{ "authenc(generic,cbc(aes))", "aead" },
	{ "authenc(generic,cbc(sm4))", "aead" },

	{ "rsa", "rsa" },
	{ "dh", "dh" },
	{ "sm2", "sm2" },
	{ "ecdh", "ecdh" },
	{ "ecdsa", "ecdsa" },
	{ "x25519", "x25519" },
	{ "x448", "x448" },

	{ "hashagg", "hashagg" },
	{ "hashjoin", "hashjoin" },
	{ "join-gather", "hashjoin" },
	{ "gather", "gather" },
	{ "udma", "udma" },
};

const char *wd_alg_class(const char *alg)
{
	for (size_t i = 0; i < ARRAY_SIZE(alg_classes); i++)
		if (!strcmp(alg, alg_classes[i].alg))
			return alg_classes[i].line;
	return NULL;
}

int wd_get_alg_type(const char *alg_name, char *alg_type)
{
	const char *line;

	if (!alg_name || !alg_type)
		return -WD_EINVAL;
	line = wd_alg_class(alg_name);
	if (!line)
		return -WD_EINVAL;
	strcpy(alg_type, line); /* all of the table are shorter than ALG_NAME_SIZE */
	return 0;
}
