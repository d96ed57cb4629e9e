/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The engine's id and boots, in dir/engine: three lines, "id HEX", "boots N" and "crc HEX", the
 * CRC-32C of the two before; a file without the third is taken too. It is replaced by rename. The
 * id: RFC 3411 SnmpEngineID, our enterprise number with the first bit set, then format 5 (octets)
 * and six random ones: no address of the machine in it, and none that a clone shares unless its
 * state folder was cloned too. It stands twice in the report that discovery gets, to whoever asked:
 * six keep that (IP and UDP counted) within 1.5 times the question.
 */
#include "gateway/snmp/engine.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "config.h"
#include "gateway/base/buf.h"
#include "gateway/base/crc32c.h"
#include "gateway/base/error.h"
#include "gateway/base/log.h"
#include "gateway/base/slice.h"
#include "gateway/base/write.h"

static const uint32_t enterprise[] = {EOG_ENTERPRISE_OID_ARCS};
enum { BOOTS_MAX = 0x7fffffff, N_RANDOM = 6 };

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return -1;
}

void gwsnmp_engine_hex(const struct gwsnmp_engine *engine, char *out)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < engine->n_id; i++) {
        *out++ = digits[engine->id[i] >> 4];
        *out++ = digits[engine->id[i] & 15];
    }
    *out = '\0';
}

static void write_sum(struct buf *out, struct slice lines)
{
    buf_printf(out, "crc %08x\n", crc32c(0, lines.p, lines.n));
}

/* What comes behind the lines: their checksum, or nothing. More may follow: store_in_place(). */
static bool is_sum_right(struct slice lines, struct slice rest)
{
    struct buf sum = {0};
    write_sum(&sum, lines);
    bool is_right = !rest.n || slice_starts_with(rest, buf_get(&sum));
    buf_free(&sum);
    return is_right;
}

static int parse(struct slice text, struct gwsnmp_engine *out)
{
    struct slice first, second, word, value, rest;
    int64_t boots;

    if (!slice_cut(text, '\n', &first, &rest) || !slice_cut(rest, '\n', &second, &rest))
        return GW_ERR_DAMAGED;
    if (!is_sum_right(slice_head(text, text.n - rest.n), rest))
        return GW_ERR_DAMAGED;
    if (!slice_cut(first, ' ', &word, &value) || !slice_equal(word, SLICE("id")))
        return GW_ERR_DAMAGED;
    if (value.n < 10 || value.n > 2 * GWSNMP_ENGINE_ID_MAX || value.n % 2)
        return GW_ERR_DAMAGED;
    for (size_t i = 0; i < value.n; i += 2) {
        int high = hex_digit(value.p[i]), low = hex_digit(value.p[i + 1]);
        if (high < 0 || low < 0)
            return GW_ERR_DAMAGED;
        out->id[i / 2] = (unsigned char)(high << 4 | low);
    }
    out->n_id = value.n / 2;
    if (!slice_cut(second, ' ', &word, &value) || !slice_equal(word, SLICE("boots")) ||
        !slice_to_int(value, &boots) || boots < 0 || boots > BOOTS_MAX)
        return GW_ERR_DAMAGED;
    out->boots = (uint32_t)boots;
    return GW_OK;
}

static int load(const char *path, struct gwsnmp_engine *out)
{
    char bytes[256];
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOENT ? GW_ERR_NOT_FOUND : GW_ERR_IO;
    ssize_t n = read(fd, bytes, sizeof bytes);
    close(fd);
    return n < 0 ? GW_ERR_IO : parse(slice_of(bytes, (size_t)n), out);
}

static int make(struct gwsnmp_engine *out)
{
    uint32_t number = enterprise[6];
    out->id[0] = (unsigned char)(number >> 24 | 0x80);
    out->id[1] = (unsigned char)(number >> 16);
    out->id[2] = (unsigned char)(number >> 8);
    out->id[3] = (unsigned char)number;
    out->id[4] = 5;
    out->n_id = 5 + N_RANDOM;
    out->boots = 0;
    return getrandom(out->id + 5, N_RANDOM, 0) == N_RANDOM ? GW_OK : GW_ERR_IO;
}

/* A full disk has no room for a second file, but the block of this one is there; and without an
   engine nobody could be told that the disk is full. One sector is written whole or not at all. */
static int store_in_place(const char *path, struct slice text)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC), error = GW_ERR_IO;
    if (fd < 0)
        return error;
    if (write_whole(fd, text) == GW_OK && fsync(fd) == 0)
        error = GW_OK;
    close(fd);
    return error;
}

/* The file is the old one or the new one, never half. */
static int store(const char *path, const struct gwsnmp_engine *engine)
{
    char hex[2 * GWSNMP_ENGINE_ID_MAX + 1];
    struct buf text = {0};
    gwsnmp_engine_hex(engine, hex);
    buf_printf(&text, "id %s\nboots %u\n", hex, engine->boots);
    write_sum(&text, buf_get(&text));
    int error = write_beside(path, buf_get(&text));
    if (!error)
        error = write_adopt(path);
    if (error && (errno == ENOSPC || errno == EDQUOT))
        error = store_in_place(path, buf_get(&text));
    buf_free(&text);
    return error;
}

int gwsnmp_engine_start(const char *dir, struct gwsnmp_engine *out)
{
    char path[PATH_MAX];
    if ((size_t)snprintf(path, sizeof path, "%s/engine", dir) >= sizeof path - sizeof ".new")
        return GW_ERR_INVALID;

    memset(out, 0, sizeof *out);
    int error = load(path, out);
    if (error == GW_ERR_IO) {
        log_error("snmp", "engine file cannot be read file=%s reason=\"%s\"", path,
                  strerror(errno));
        return GW_ERR_IO;
    }
    if (error || out->boots == BOOTS_MAX) {
        if (error != GW_ERR_NOT_FOUND)
            log_warn(
                "snmp",
                "new SNMP engine id: receivers of v3 notifications must learn it file=%s reason=%s",
                path, error ? "damaged" : "boots at its end");
        if (make(out) != GW_OK)
            return GW_ERR_IO;
    }
    out->boots++;
    error = store(path, out);
    if (error)
        log_error("snmp", "engine file cannot be written file=%s reason=\"%s\"", path,
                  strerror(errno));
    return error;
}

int gwsnmp_engine_advance(const char *dir, uint32_t by)
{
    char path[PATH_MAX];
    struct gwsnmp_engine engine = {0};
    if ((size_t)snprintf(path, sizeof path, "%s/engine", dir) >= sizeof path - sizeof ".new")
        return GW_ERR_INVALID;
    int error = load(path, &engine);
    if (error)
        return error == GW_ERR_NOT_FOUND ? GW_OK : error;
    engine.boots = engine.boots > BOOTS_MAX - by ? BOOTS_MAX : engine.boots + by;
    return store(path, &engine);
}
