/* SPDX-License-Identifier: GPL-3.0-or-later */
/* CRC-32C: the processor's instruction where there is one, else a table. */
#include "gateway/base/crc32c.h"

#include <pthread.h>
#include <string.h>

static uint32_t table[256];
static pthread_once_t table_once = PTHREAD_ONCE_INIT;

static void make_table(void)
{
    for (uint32_t i = 0; i < 256; i++) {
        uint32_t c = i;
        for (int k = 0; k < 8; k++)
            c = c & 1 ? c >> 1 ^ 0x82f63b78u : c >> 1;
        table[i] = c;
    }
}

static uint32_t by_table(uint32_t c, const unsigned char *p, size_t n)
{
    pthread_once(&table_once, make_table);
    while (n--)
        c = c >> 8 ^ table[(c ^ *p++) & 0xff];
    return c;
}

#if defined(__x86_64__)
/*
 * The instruction takes eight bytes a cycle, but its result comes three cycles later. So three
 * parts of a longer text go side by side, and are joined: a part's CRC is multiplied by x to the
 * number of bits behind it, modulo the polynomial, which is one carry-less product and the
 * instruction again. Source: V. Gopal et al., Fast CRC Computation for iSCSI Polynomial Using CRC32
 * Instruction, 2011.
 */
enum { PART_WORDS = 64, JOINED_LEAST = 192 };

static uint32_t joins[2 * PART_WORDS + 1]; /* x^(64 words - 33), the instruction gives the rest */
static pthread_once_t joins_once = PTHREAD_ONCE_INIT;

static void make_joins(void)
{
    uint32_t c = 0x80000000u; /* 1: the highest power is the lowest bit */
    for (size_t bits = 1; bits <= 64u * 2 * PART_WORDS - 33; bits++) {
        c = c & 1 ? c >> 1 ^ 0x82f63b78u : c >> 1;
        if ((bits + 33) % 64 == 0)
            joins[(bits + 33) / 64] = c;
    }
}

static inline uint64_t word_at(const unsigned char *p)
{
    uint64_t word;
    memcpy(&word, p, sizeof word);
    return word;
}

__attribute__((target("sse4.2"))) static uint32_t by_instruction(uint32_t crc,
                                                                 const unsigned char *p, size_t n)
{
    uint64_t c = crc;
    for (; n >= 8; n -= 8, p += 8)
        c = __builtin_ia32_crc32di(c, word_at(p));
    while (n--)
        c = __builtin_ia32_crc32qi((uint32_t)c, *p++);
    return (uint32_t)c;
}

typedef long long word_pair __attribute__((vector_size(16)));

/* c as it is in front of that many words of zeros. */
__attribute__((target("sse4.2,pclmul"))) static inline uint32_t before_words(uint64_t c,
                                                                             size_t words)
{
    word_pair product =
        __builtin_ia32_pclmulqdq128((word_pair){(long long)c, 0}, (word_pair){joins[words], 0}, 0);
    return (uint32_t)__builtin_ia32_crc32di(0, (uint64_t)product[0]);
}

__attribute__((target("sse4.2,pclmul"))) static uint32_t by_parts(uint32_t crc,
                                                                  const unsigned char *p, size_t n)
{
    pthread_once(&joins_once, make_joins);
    while (n >= JOINED_LEAST) {
        size_t words = n / 24 < PART_WORDS ? n / 24 : PART_WORDS, part = 8 * words;
        uint64_t a = crc, b = 0, c = 0;
        for (size_t i = 0; i < part; i += 8) {
            a = __builtin_ia32_crc32di(a, word_at(p + i));
            b = __builtin_ia32_crc32di(b, word_at(p + part + i));
            c = __builtin_ia32_crc32di(c, word_at(p + 2 * part + i));
        }
        crc = before_words(a, 2 * words) ^ before_words(b, words) ^ (uint32_t)c;
        p += 3 * part;
        n -= 3 * part;
    }
    return by_instruction(crc, p, n);
}
#endif

uint32_t crc32c(uint32_t crc, const void *p, size_t n)
{
#if defined(__x86_64__)
    if (n >= JOINED_LEAST && __builtin_cpu_supports("sse4.2") && __builtin_cpu_supports("pclmul"))
        return ~by_parts(~crc, p, n);
    if (__builtin_cpu_supports("sse4.2"))
        return ~by_instruction(~crc, p, n);
#endif
    return ~by_table(~crc, p, n);
}
