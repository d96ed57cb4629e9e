/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_BASE_CRC32C_H
#define GATEWAY_BASE_CRC32C_H

#include <stddef.h>
#include <stdint.h>

/* CRC-32C (Castagnoli, RFC 3720 appendix B.4). crc: 0 to begin, or the result so far. */
uint32_t crc32c(uint32_t crc, const void *p, size_t n);

#endif
